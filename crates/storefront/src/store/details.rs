//! What belongs to an order beside its money: note, address, and the viewer's wish for a refund.

use super::{Record, Store, StoreError};
use api::{OrderDetails, RefundRequest};
use order::OrderId;
use sqlx::Row;

impl Store {
    /// What belongs to an order beside its money.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn details_of(&self, record: &Record) -> Result<OrderDetails, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT reason, asked_at FROM refund_requests WHERE order_id = $1")
            .bind(record.order.id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        let asked = |row: sqlx::any::AnyRow| {
            Ok::<_, StoreError>(RefundRequest { reason: row.try_get(0)?, asked_at: row.try_get(1)? })
        };
        Ok(OrderDetails {
            note: record.snapshot.note.clone(),
            address: record.snapshot.address.clone(),
            refund_request: row.map(asked).transpose()?,
        })
    }

    /// Keeps a viewer's wish for a refund. The first one of an order stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_refund(&self, order_id: OrderId, reason: String, now: i64) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO refund_requests (order_id, reason, asked_at) VALUES ($1, $2, $3)
                     ON CONFLICT (order_id) DO NOTHING",
                )
                .bind(order_id.as_str())
                .bind(reason)
                .bind(now)
                .execute(tx)
                .await?;
                Ok(())
            })
        })
        .await
    }
}
