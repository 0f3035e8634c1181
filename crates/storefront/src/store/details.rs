//! What belongs to an order beside its money: note, address, the viewer's wish for a refund with the streamer's answer,
//! and how it was sent.

use super::lists::{self, Beside};
use super::{Record, Store, StoreError, fits};
use api::{Declined, OrderDetails, RefundRequest, Shipment};
use order::OrderId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// What is read of an order from other tables than its own.
pub(crate) struct Papers {
    /// The number of its goods on the shelf today; 0 when they are on none.
    pub(crate) lot: u32,
    /// The viewer's wish for a refund.
    pub(crate) refund_request: Option<RefundRequest>,
    /// How it was sent.
    pub(crate) shipment: Option<Shipment>,
}

impl Store {
    /// What belongs to an order beside its money.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn details_of(&self, record: &Record) -> Result<OrderDetails, StoreError> {
        let mut connection = self.read().await?;
        let Papers { refund_request, shipment, .. } = papers(&mut connection, &record.order.id).await?;
        Ok(OrderDetails {
            note: record.snapshot.note.clone(),
            address: record.snapshot.address.clone(),
            refund_request,
            shipment,
        })
    }

    /// Keeps a viewer's wish for a refund. The first one of an order stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_refund(&self, order_id: OrderId, reason: String, now: i64) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let before = lists::beside(tx, &order_id).await?;
                let asked = sqlx::query(
                    "INSERT INTO refund_requests (order_id, reason, asked_at) VALUES ($1, $2, $3)
                     ON CONFLICT (order_id) DO NOTHING",
                )
                .bind(order_id.as_str())
                .bind(reason)
                .bind(now)
                .execute(&mut *tx)
                .await?;
                if asked.rows_affected() == 0 {
                    return Ok(());
                }
                follow(tx, &order_id, before).await
            })
        })
        .await
    }
}

/// Reads what belongs to an order.
pub(crate) async fn papers(tx: &mut AnyConnection, order_id: &OrderId) -> Result<Papers, StoreError> {
    let row = sqlx::query(
        "SELECT g.lot, w.reason, w.asked_at, w.declined, w.answered_at, s.carrier, s.number, s.shipped_at
         FROM orders o LEFT JOIN goods g ON g.goods_id = o.goods_id
         LEFT JOIN refund_requests w ON w.order_id = o.order_id
         LEFT JOIN shipments s ON s.order_id = o.order_id WHERE o.order_id = $1",
    )
    .bind(order_id.as_str())
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(Papers { lot: 0, refund_request: None, shipment: None }) };
    let lot: Option<i64> = row.try_get(0)?;
    Ok(Papers {
        lot: fits(lot.unwrap_or_default().max(0), "lot", "goods")?,
        refund_request: read_wish(&row)?,
        shipment: read_shipment(&row)?,
    })
}

fn read_wish(row: &AnyRow) -> Result<Option<RefundRequest>, StoreError> {
    let wish: (Option<String>, Option<i64>) = (row.try_get(1)?, row.try_get(2)?);
    let Some((reason, asked_at)) = wish.0.zip(wish.1) else { return Ok(None) };
    let no: (Option<String>, Option<i64>) = (row.try_get(3)?, row.try_get(4)?);
    Ok(Some(RefundRequest { reason, asked_at, declined: no.0.zip(no.1).map(|(reason, at)| Declined { reason, at }) }))
}

fn read_shipment(row: &AnyRow) -> Result<Option<Shipment>, StoreError> {
    let (carrier, number): (Option<String>, Option<String>) = (row.try_get(5)?, row.try_get(6)?);
    let parcel = carrier.zip(number).zip(row.try_get(7)?);
    Ok(parcel.map(|((carrier, number), shipped_at)| Shipment { carrier, number, shipped_at }))
}

/// Answers a viewer's wish that waits: by a refund, or by a no in words. `false` when none waits; then nothing is written.
pub(crate) async fn answer_wish(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    no: Option<&str>,
    now: i64,
) -> Result<bool, StoreError> {
    let before = lists::beside(tx, order_id).await?;
    if !before.wish_waits {
        return Ok(false);
    }
    sqlx::query("UPDATE refund_requests SET answered_at = $2, declined = $3 WHERE order_id = $1")
        .bind(order_id.as_str())
        .bind(now)
        .bind(no)
        .execute(&mut *tx)
        .await?;
    follow(tx, order_id, before).await?;
    Ok(true)
}

/// Writes how an order was sent, in place of what was said of it before.
pub(crate) async fn ship(tx: &mut AnyConnection, order_id: &OrderId, parcel: &Shipment) -> Result<(), StoreError> {
    let before = lists::beside(tx, order_id).await?;
    sqlx::query(
        "INSERT INTO shipments (order_id, carrier, number, shipped_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (order_id) DO UPDATE SET carrier = $2, number = $3, shipped_at = $4",
    )
    .bind(order_id.as_str())
    .bind(&parcel.carrier)
    .bind(&parcel.number)
    .bind(parcel.shipped_at)
    .execute(&mut *tx)
    .await?;
    follow(tx, order_id, before).await
}

async fn follow(tx: &mut AnyConnection, order_id: &OrderId, before: Beside) -> Result<(), StoreError> {
    match super::load(tx, order_id).await? {
        Some(record) => lists::follow_beside(tx, &record, before).await,
        None => Ok(()),
    }
}
