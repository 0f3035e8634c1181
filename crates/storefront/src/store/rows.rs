//! The rows of orders, attempts and refunds, read and written whole.

use super::lists::{Beside, Standing};
use super::orders::{Record, Snapshot, Trade};
use super::{StoreError, addresses, fits, id, jobs, journal, known, lists};
use order::state::{Attempt, AttemptState, ClosedBy, Order, OrderState, Refund, RefundReason, RefundState};
use order::{Fen, GoodsKind, Merchant, OrderId, PayId, PayType, RequestId, ViewerId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// What a viewer's request gave: the order, its attempt, and the params it came with.
pub(crate) async fn by_request(
    tx: &mut AnyConnection,
    viewer_id: &ViewerId,
    request_id: &RequestId,
) -> Result<Option<(OrderId, PayId, String)>, StoreError> {
    let row = sqlx::query("SELECT order_id, pay_id, params FROM requests WHERE viewer_id = $1 AND request_id = $2")
        .bind(viewer_id.as_str())
        .bind(request_id.as_str())
        .fetch_optional(tx)
        .await?;
    let read = |row: AnyRow| {
        Ok((
            id(row.try_get(0)?, "order id", "requests")?,
            id(row.try_get(1)?, "payment id", "requests")?,
            row.try_get(2)?,
        ))
    };
    row.map(read).transpose()
}

/// Writes what a viewer's request gave. There is one row for a request, for ever.
pub(crate) async fn answer_request(
    tx: &mut AnyConnection,
    viewer_id: &ViewerId,
    request_id: &RequestId,
    params: &str,
    order_id: &OrderId,
    pay_id: &PayId,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO requests (viewer_id, request_id, params, order_id, pay_id) VALUES ($1, $2, $3, $4, $5)")
        .bind(viewer_id.as_str())
        .bind(request_id.as_str())
        .bind(params)
        .bind(order_id.as_str())
        .bind(pay_id.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// Row 1 of the machine: writes a new order with its first attempt and its job. The caller took the stock in the same
/// transaction.
pub(crate) async fn insert(
    tx: &mut AnyConnection,
    order: &Order,
    snapshot: &Snapshot,
    params: &str,
    merchant: &Merchant,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO orders (order_id, viewer_id, room_id, goods_id, kind, title, quantity, amount_fen, fins, note,
            state, closed_by, created_at, deadline_at, revision, price_version, address, deal)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, $12, $13, 1, $14, $15, $16)",
    )
    .bind(order.id.as_str())
    .bind(snapshot.viewer_id.as_str())
    .bind(snapshot.room_id.as_str())
    .bind(snapshot.goods_id.as_str())
    .bind(snapshot.kind.as_str())
    .bind(&snapshot.title)
    .bind(i64::from(snapshot.quantity))
    .bind(order.amount.get())
    .bind(snapshot.fins)
    .bind(snapshot.note.as_deref())
    .bind(order.state.as_str())
    .bind(snapshot.created_at)
    .bind(order.deadline_at)
    .bind(snapshot.price_version)
    .bind(snapshot.address.as_ref().map(addresses::as_kept))
    .bind(i64::from(snapshot.is_deal))
    .execute(&mut *tx)
    .await?;
    let trade = Trade::new(merchant.clone());
    for (number, attempt) in (1_i64..).zip(&order.attempts) {
        save_attempt(tx, &order.id, number, attempt, &trade).await?;
    }
    lists::follow(tx, None, Standing { order, snapshot, beside: Beside::default() }).await?;
    journal::append_placed(tx, order, snapshot, params, merchant).await?;
    jobs::wake(tx, &order.id, snapshot.created_at).await
}

/// Writes an attempt, new or changed.
pub(super) async fn save_attempt(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    number: i64,
    attempt: &Attempt,
    trade: &Trade,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO attempts (pay_id, order_id, number, pay_type, partner_id, app_id, state, code, ready_at, tried_at,
            tries, channel_no, paid_at, ending_at, paid_fen, asks, asks_settled, ask_fails)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 0)
         ON CONFLICT (pay_id) DO UPDATE SET state = $7, code = $8, ready_at = $9, tried_at = $10, tries = $11,
            channel_no = $12, paid_at = $13, ending_at = $14, paid_fen = $15",
    )
    .bind(attempt.pay_id.as_str())
    .bind(order_id.as_str())
    .bind(number)
    .bind(attempt.pay_type.as_str())
    .bind(&trade.merchant.partner_id)
    .bind(&trade.merchant.app_id)
    .bind(attempt.state.as_str())
    .bind(trade.code.as_deref())
    .bind(attempt.ready_at)
    .bind(attempt.tried_at)
    .bind(i64::from(attempt.tries))
    .bind(trade.channel_no.as_deref())
    .bind(trade.paid_at)
    .bind(attempt.ending_at)
    .bind(attempt.paid.map(Fen::get))
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes a refund, new or changed.
pub(super) async fn save_refund(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    number: i64,
    refund: &Refund,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO refunds (refund_id, order_id, number, pay_id, amount_fen, reason, state, tried_at, tries)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (refund_id) DO UPDATE SET state = $7, tried_at = $8, tries = $9",
    )
    .bind(refund.refund_id.as_str())
    .bind(order_id.as_str())
    .bind(number)
    .bind(refund.pay_id.as_str())
    .bind(refund.amount.get())
    .bind(refund.reason.as_str())
    .bind(refund.state.as_str())
    .bind(refund.tried_at)
    .bind(i64::from(refund.tries))
    .execute(tx)
    .await?;
    Ok(())
}

/// Reads an order, whole.
pub(crate) async fn load(tx: &mut AnyConnection, order_id: &OrderId) -> Result<Option<Record>, StoreError> {
    let row = sqlx::query(
        "SELECT viewer_id, room_id, goods_id, kind, title, quantity, fins, note, created_at, state, amount_fen,
            deadline_at, closed_by, revision, price_version, address, deal FROM orders WHERE order_id = $1",
    )
    .bind(order_id.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let attempts = sqlx::query(
        "SELECT pay_id, pay_type, state, ready_at, asked_at, asks, ask_fails, tried_at, tries, partner_id, app_id,
            code, channel_no, paid_at, asks_settled, ask_failed_at, ending_at, paid_fen FROM attempts WHERE order_id = $1 ORDER BY number",
    )
    .bind(order_id.as_str())
    .fetch_all(&mut *tx)
    .await?;
    let attempts = attempts.iter().map(read_attempt).collect::<Result<Vec<_>, _>>()?;
    // Nothing goes back of what nobody paid.
    let refunds = if attempts.iter().any(|(attempt, _)| attempt.paid.is_some()) {
        let query =
            "SELECT refund_id, pay_id, amount_fen, reason, state, tried_at, tries FROM refunds WHERE order_id = $1
             ORDER BY number";
        sqlx::query(query).bind(order_id.as_str()).fetch_all(tx).await?
    } else {
        Vec::new()
    };
    let trades = attempts.iter().map(|(attempt, trade)| (attempt.pay_id.clone(), trade.clone())).collect();
    let order = Order {
        id: order_id.clone(),
        state: known(row.try_get(9)?, "order state", "orders", OrderState::named)?,
        amount: fits(row.try_get(10)?, "amount", "orders")?,
        deadline_at: row.try_get(11)?,
        closed_by: maybe(row.try_get(12)?, "reason of closing", "orders", ClosedBy::named)?,
        attempts: attempts.into_iter().map(|(attempt, _)| attempt).collect(),
        refunds: refunds.iter().map(read_refund).collect::<Result<_, _>>()?,
    };
    Ok(Some(Record { order, snapshot: read_snapshot(&row)?, trades, revision: row.try_get(13)? }))
}

fn maybe<T>(
    value: Option<String>,
    what: &'static str,
    table: &'static str,
    named: fn(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    value.map(|value| known(value, what, table, named)).transpose()
}

fn read_snapshot(row: &AnyRow) -> Result<Snapshot, StoreError> {
    Ok(Snapshot {
        viewer_id: id(row.try_get(0)?, "viewer id", "orders")?,
        room_id: id(row.try_get(1)?, "room id", "orders")?,
        goods_id: id(row.try_get(2)?, "goods id", "orders")?,
        kind: known(row.try_get(3)?, "kind of goods", "orders", GoodsKind::named)?,
        title: row.try_get(4)?,
        quantity: fits(row.try_get(5)?, "quantity", "orders")?,
        fins: row.try_get(6)?,
        note: row.try_get(7)?,
        price_version: row.try_get(14)?,
        is_deal: row.try_get::<i64, _>(16)? != 0,
        address: row.try_get::<Option<String>, _>(15)?.map(addresses::kept).transpose()?,
        created_at: row.try_get(8)?,
    })
}

fn read_attempt(row: &AnyRow) -> Result<(Attempt, Trade), StoreError> {
    let asks: i64 = row.try_get(5)?;
    let attempt = Attempt {
        pay_id: id(row.try_get(0)?, "payment id", "attempts")?,
        pay_type: known(row.try_get(1)?, "payment type", "attempts", PayType::named)?,
        state: known(row.try_get(2)?, "attempt state", "attempts", AttemptState::named)?,
        ready_at: row.try_get(3)?,
        ending_at: row.try_get(16)?,
        paid: row.try_get::<Option<i64>, _>(17)?.map(|fen| fits(fen, "amount", "attempts")).transpose()?,
        asked_at: row.try_get(4)?,
        ask_now: asks > row.try_get::<i64, _>(14)?,
        ask_failed_at: row.try_get(15)?,
        ask_fails: fits(row.try_get(6)?, "count", "attempts")?,
        tried_at: row.try_get(7)?,
        tries: fits(row.try_get(8)?, "count", "attempts")?,
    };
    let trade = Trade {
        merchant: Merchant { partner_id: row.try_get(9)?, app_id: row.try_get(10)? },
        code: row.try_get(11)?,
        channel_no: row.try_get(12)?,
        paid_at: row.try_get(13)?,
        asks,
    };
    Ok((attempt, trade))
}

fn read_refund(row: &AnyRow) -> Result<Refund, StoreError> {
    Ok(Refund {
        refund_id: id(row.try_get(0)?, "refund id", "refunds")?,
        pay_id: id(row.try_get(1)?, "payment id", "refunds")?,
        amount: fits::<Fen>(row.try_get(2)?, "amount", "refunds")?,
        reason: known(row.try_get(3)?, "reason of a refund", "refunds", RefundReason::named)?,
        state: known(row.try_get(4)?, "refund state", "refunds", RefundState::named)?,
        tried_at: row.try_get(5)?,
        tries: fits(row.try_get(6)?, "count", "refunds")?,
    })
}
