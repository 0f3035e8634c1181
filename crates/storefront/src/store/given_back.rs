//! What each request of a room's streamers gave back. There is one row for a request, for ever.

use super::{Record, StoreError, fits, id};
use order::{Fen, OrderId, RefundId, RequestId, RoomId};
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// A request for money to go back, and the refund it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GivenBack {
    /// The order.
    pub(crate) order_id: OrderId,
    /// The refund.
    pub(crate) refund_id: RefundId,
    /// How much.
    pub(crate) amount: Fen,
    /// Why, for the streamer's own books.
    pub(crate) reason: String,
}

/// What a request gave.
pub(crate) async fn given_back(
    tx: &mut AnyConnection,
    room_id: &RoomId,
    request_id: &RequestId,
) -> Result<Option<GivenBack>, StoreError> {
    let row = sqlx::query(
        "SELECT order_id, refund_id, amount_fen, reason FROM given_back WHERE room_id = $1 AND request_id = $2",
    )
    .bind(room_id.as_str())
    .bind(request_id.as_str())
    .fetch_optional(tx)
    .await?;
    let read = |row: sqlx::any::AnyRow| {
        Ok(GivenBack {
            order_id: id(row.try_get(0)?, "order id", "given_back")?,
            refund_id: id(row.try_get(1)?, "refund id", "given_back")?,
            amount: fits(row.try_get(2)?, "amount", "given_back")?,
            reason: row.try_get(3)?,
        })
    };
    row.map(read).transpose()
}

/// Writes what a request gave.
pub(crate) async fn keep_given_back(
    tx: &mut AnyConnection,
    room_id: &RoomId,
    request_id: &RequestId,
    given: &GivenBack,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO given_back (room_id, request_id, order_id, refund_id, amount_fen, reason)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(room_id.as_str())
    .bind(request_id.as_str())
    .bind(given.order_id.as_str())
    .bind(given.refund_id.as_str())
    .bind(given.amount.get())
    .bind(&given.reason)
    .execute(tx)
    .await?;
    Ok(())
}

/// Why an order's refunds were made, where a streamer said it.
pub(super) async fn reasons(tx: &mut AnyConnection, record: &Record) -> Result<BTreeMap<RefundId, String>, StoreError> {
    let rows = sqlx::query("SELECT refund_id, reason FROM given_back WHERE order_id = $1 AND reason <> ''")
        .bind(record.order.id.as_str())
        .fetch_all(tx)
        .await?;
    rows.iter().map(|row| Ok((id(row.try_get(0)?, "refund id", "given_back")?, row.try_get(1)?))).collect()
}
