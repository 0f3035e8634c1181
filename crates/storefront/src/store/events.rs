//! One event, one transaction: the new state, everything the machine says goes with it, the journal and the job.

use super::goods::Moved;
use super::lists::Standing;
use super::orders::{ApplyError, Evidence, Record};
use super::rows::{self, load};
use super::{StoreError, addresses, goods, halts, invariants, jobs, journal, ledger, lists};
use order::state::{ClosedBy, Effect, Event, OrderState};
use order::{GoodsKind, OrderId};
use sqlx::AnyConnection;

/// Takes an event. The caller's transaction keeps all of it or nothing.
pub(crate) async fn apply(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    mut event: Event,
    evidence: &Evidence,
    now: i64,
) -> Result<Record, ApplyError> {
    let before = load(tx, order_id).await?.ok_or(ApplyError::NoSuchOrder)?;
    if let Event::Paid { restock, .. } = &mut event {
        *restock = before.order.state == OrderState::Closed && can_restock(tx, &before).await?;
    }
    let mut after = before.clone();
    let effects = after.order.apply(&event)?;
    if after.order == before.order {
        return Ok(before);
    }
    after.revision = before.revision.saturating_add(1);
    save(tx, &before, &mut after, evidence).await?;
    relist(tx, &before, &after).await?;
    for effect in &effects {
        take_effect(tx, &after, effect, now).await?;
    }
    journal::append_event(tx, order_id, &event, evidence, now).await?;
    invariants::check(tx, &after, &effects, now).await;
    // What is next may have changed: whoever looks after the order looks again.
    jobs::wake(tx, order_id, now).await?;
    Ok(after)
}

/// Puts an order on the lists it is on after an event. What is beside it comes to delivered orders only.
async fn relist(tx: &mut AnyConnection, before: &Record, after: &Record) -> Result<(), StoreError> {
    let beside = match before.order.state {
        OrderState::Delivered => lists::beside(tx, &before.order.id).await?,
        OrderState::Reserved
        | OrderState::AwaitingPayment
        | OrderState::Closing
        | OrderState::Closed
        | OrderState::RefundDue
        | OrderState::Refunding
        | OrderState::Refunded => lists::Beside::default(),
    };
    let before = Standing { order: &before.order, snapshot: &before.snapshot, beside };
    lists::follow(tx, Some(before), Standing { order: &after.order, ..before }).await
}

/// Row 8: whether a late payment can still be delivered.
async fn can_restock(tx: &mut AnyConnection, record: &Record) -> Result<bool, StoreError> {
    let snapshot = &record.snapshot;
    let Some(row) = goods::find_on_sale(tx, &snapshot.goods_id).await? else { return Ok(false) };
    // A deal's price is for its pieces only, also when the money is late.
    let of_deal = row.deal.as_ref().filter(|deal| deal.price_version == snapshot.price_version);
    let left = of_deal.map_or(row.goods.stock_left, |deal| deal.left().min(row.goods.stock_left));
    if left < snapshot.quantity {
        return Ok(false);
    }
    let (pieces, _) = goods::share(tx, snapshot.viewer_id.as_str(), &snapshot.goods_id).await?;
    let would_have = pieces.saturating_add(snapshot.quantity);
    Ok(row.goods.limit_per_viewer.is_none_or(|limit| would_have <= limit))
}

async fn save(
    tx: &mut AnyConnection,
    before: &Record,
    after: &mut Record,
    evidence: &Evidence,
) -> Result<(), ApplyError> {
    let order = &after.order;
    sqlx::query("UPDATE orders SET state = $2, closed_by = $3, revision = $4 WHERE order_id = $1")
        .bind(order.id.as_str())
        .bind(order.state.as_str())
        .bind(order.closed_by.map(ClosedBy::as_str))
        .bind(after.revision)
        .execute(&mut *tx)
        .await?;
    for (number, attempt) in (1_i64..).zip(&order.attempts) {
        if before.order.attempt(&attempt.pay_id) != Some(attempt) {
            let mut trade = match after.trades.remove(&attempt.pay_id) {
                Some(trade) => trade,
                None => evidence.new_trade().ok_or(ApplyError::NoMerchant)?,
            };
            trade.learn(attempt, evidence);
            rows::save_attempt(tx, &order.id, number, attempt, &trade).await?;
            after.trades.insert(attempt.pay_id.clone(), trade);
        }
    }
    for (number, refund) in (1_i64..).zip(&order.refunds) {
        if before.order.refund(&refund.refund_id) != Some(refund) {
            rows::save_refund(tx, &order.id, number, refund).await?;
        }
    }
    Ok(())
}

async fn take_effect(tx: &mut AnyConnection, record: &Record, effect: &Effect, now: i64) -> Result<(), ApplyError> {
    let (order, snapshot) = (&record.order, &record.snapshot);
    let pieces = i64::from(snapshot.quantity);
    let viewer = snapshot.viewer_id.as_str();
    match effect {
        Effect::ReleaseStock => {
            goods::set_share(tx, viewer, &snapshot.goods_id, pieces.saturating_neg(), None).await?;
            let back = Moved { available: pieces, reserved: pieces.saturating_neg(), sold: 0 };
            let moved = goods::move_stock(tx, &snapshot.goods_id, snapshot.price_version, back).await?;
            held_or_halt(tx, record, moved, now).await?;
        }
        Effect::SellHeld => {
            goods::set_share(tx, viewer, &snapshot.goods_id, 0, None).await?;
            let sold = Moved { available: 0, reserved: pieces.saturating_neg(), sold: pieces };
            let moved = goods::move_stock(tx, &snapshot.goods_id, snapshot.price_version, sold).await?;
            held_or_halt(tx, record, moved, now).await?;
        }
        Effect::SellAgain => {
            let (_, open) = goods::share(tx, viewer, &snapshot.goods_id).await?;
            goods::set_share(tx, viewer, &snapshot.goods_id, pieces, open.as_deref()).await?;
            // Looked at in this very transaction: `can_restock`.
            let again = Moved { available: pieces.saturating_neg(), reserved: 0, sold: pieces };
            if !goods::move_stock(tx, &snapshot.goods_id, snapshot.price_version, again).await? {
                return Err(ApplyError::Stock(snapshot.goods_id.clone()));
            }
        }
        Effect::BookPayment { pay_id, amount } => {
            let pay_type = record.pay_type(pay_id)?;
            ledger::book_payment(tx, pay_id.as_str(), pay_type, amount.get(), now).await?;
        }
        Effect::Deliver => deliver(tx, record, now).await?,
        Effect::OpenRefund { refund } => {
            let (id, amount) = (refund.refund_id.as_str(), refund.amount.get());
            ledger::book_refund_due(tx, id, refund.reason, amount, now).await?;
        }
        Effect::BookRefund { refund_id } => {
            let refund = order.refund(refund_id).ok_or(ApplyError::NoSuchOrder)?;
            let pay_type = record.pay_type(&refund.pay_id)?;
            ledger::book_refund(tx, refund_id.as_str(), pay_type, refund.amount.get(), now).await?;
        }
        Effect::Alarm { mismatch } => {
            tracing::error!(order.id = %order.id, %mismatch, "a payment differs from its order: it is quarantined");
        }
    }
    Ok(())
}

/// An order's pieces are always among those held. Where they are not, the stock is wrong: no more is sold, and who paid
/// gets the goods all the same.
async fn held_or_halt(tx: &mut AnyConnection, record: &Record, moved: bool, now: i64) -> Result<(), StoreError> {
    if moved {
        return Ok(());
    }
    let (order_id, goods_id) = (&record.order.id, &record.snapshot.goods_id);
    let reason = format!("the pieces of order {order_id} are not among those held of {goods_id}");
    tracing::error!(order.id = %order_id, %reason, "the books are wrong: no new orders are taken");
    halts::halt(tx, halts::BOOKS, &reason, now).await
}

/// The delivery record, and for fins the credit, which is the delivery itself.
async fn deliver(tx: &mut AnyConnection, record: &Record, now: i64) -> Result<(), StoreError> {
    let Record { order, snapshot, .. } = record;
    sqlx::query(
        "INSERT INTO deliveries (order_id, viewer_id, goods_id, kind, quantity, fins, note, delivered_at, address)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(order.id.as_str())
    .bind(snapshot.viewer_id.as_str())
    .bind(snapshot.goods_id.as_str())
    .bind(snapshot.kind.as_str())
    .bind(i64::from(snapshot.quantity))
    .bind(snapshot.fins)
    .bind(snapshot.note.as_deref())
    .bind(now)
    .bind(snapshot.address.as_ref().map(addresses::as_kept))
    .execute(&mut *tx)
    .await?;
    ledger::book_sale(tx, order.id.as_str(), order.amount.get(), now).await?;
    match (snapshot.kind, snapshot.fins) {
        (GoodsKind::Fins, Some(fins)) => {
            ledger::book_fins(tx, order.id.as_str(), snapshot.viewer_id.as_str(), fins, now).await?;
            sqlx::query("UPDATE viewers SET fins_balance = fins_balance + $2 WHERE viewer_id = $1")
                .bind(snapshot.viewer_id.as_str())
                .bind(fins)
                .execute(tx)
                .await?;
        }
        (GoodsKind::Fins, None) => {
            let value = order.id.to_string();
            return Err(StoreError::Damaged {
                table: "orders",
                value,
                what: "order that says how many fins to credit",
            });
        }
        (GoodsKind::Merchandise, _) => {}
    }
    Ok(())
}
