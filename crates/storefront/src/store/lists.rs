//! The lists an order of a room is on, each a filter of the studio. They follow every event in its own transaction, so
//! that a page of any of them is read from an index, however many orders there are.

use super::StoreError;
use super::bulk::{Script, Value};
use super::orders::{Record, Snapshot};
use api::OrderFilter;
use order::state::{AttemptState, Order, OrderState, RefundState};
use order::{Fen, GoodsKind, OrderId};
use sqlx::{AnyConnection, Row};

/// Every list.
pub(super) const LISTS: [OrderFilter; 8] = [
    OrderFilter::All,
    OrderFilter::Unpaid,
    OrderFilter::Paid,
    OrderFilter::ToShip,
    OrderFilter::Wishes,
    OrderFilter::Refunds,
    OrderFilter::Stuck,
    OrderFilter::Closed,
];

/// The name of a list in the database.
pub(super) const fn name(list: OrderFilter) -> &'static str {
    match list {
        OrderFilter::All => "all",
        OrderFilter::Unpaid => "unpaid",
        OrderFilter::Paid => "paid",
        OrderFilter::ToShip => "to_ship",
        OrderFilter::Wishes => "wishes",
        OrderFilter::Refunds => "refunds",
        OrderFilter::Stuck => "stuck",
        OrderFilter::Closed => "closed",
    }
}

/// What beside an order's own state puts it on lists. Only a delivered order has any of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// The viewer wants the money back, and nobody answered.
    pub(super) wish_waits: bool,
    /// It was sent.
    pub(super) is_shipped: bool,
}

/// Reads what is beside an order.
pub(super) async fn beside(tx: &mut AnyConnection, order_id: &OrderId) -> Result<Beside, StoreError> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM refund_requests WHERE order_id = $1 AND answered_at IS NULL),
            (SELECT COUNT(*) FROM shipments WHERE order_id = $1)",
    )
    .bind(order_id.as_str())
    .fetch_one(tx)
    .await?;
    Ok(Beside { wish_waits: row.try_get::<i64, _>(0)? > 0, is_shipped: row.try_get::<i64, _>(1)? > 0 })
}

/// What of an order's money is neither back nor on its way back.
pub(crate) fn refundable(order: &Order) -> Fen {
    let left = order.attempts.iter().map(|attempt| order.refundable(&attempt.pay_id));
    left.fold(Fen::ZERO, |sum, left| sum.plus(left).unwrap_or(Fen::MAX))
}

/// Whether a payment that differs waits for a person: it may not be ours to return.
pub(super) fn is_quarantined(order: &Order) -> bool {
    let mut attempts = order.attempts.iter();
    attempts.any(|attempt| attempt.state == AttemptState::Mismatch && attempt.paid.is_none())
}

/// What decides which lists an order is on.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    /// Where it stands.
    pub(super) order: &'a Order,
    /// What it promised.
    pub(super) snapshot: &'a Snapshot,
    /// What is beside it.
    pub(super) beside: Beside,
}

impl Standing<'_> {
    /// Whether the order is on a list.
    pub(super) fn is_on(self, list: OrderFilter) -> bool {
        let Standing { order, snapshot, beside } = self;
        let is_delivered = order.state == OrderState::Delivered;
        let mut refunds = order.refunds.iter();
        match list {
            OrderFilter::All => true,
            OrderFilter::Unpaid => order.state.holds_stock(),
            OrderFilter::Paid => is_delivered,
            OrderFilter::ToShip => {
                let is_left = snapshot.kind == GoodsKind::Merchandise && !beside.is_shipped;
                is_delivered && is_left && refundable(order) > Fen::ZERO
            }
            OrderFilter::Wishes => beside.wish_waits && refundable(order) > Fen::ZERO,
            OrderFilter::Refunds => refunds.any(|refund| refund.state != RefundState::Closed),
            OrderFilter::Stuck => is_quarantined(order) || refunds.any(|refund| refund.state == RefundState::Abnormal),
            OrderFilter::Closed => order.state == OrderState::Closed,
        }
    }
}

/// What changes on the lists.
#[derive(Debug, Default)]
pub(super) struct Moves {
    onto: Vec<[Value; 5]>,
    off: Vec<[Value; 4]>,
}

impl Moves {
    /// Puts an order on the lists it is on now and takes it off those it was on. A new one was on none.
    pub(super) fn follow(&mut self, before: Option<Standing<'_>>, after: Standing<'_>) {
        let Standing { order, snapshot, .. } = after;
        for list in LISTS {
            let was = before.is_some_and(|before| before.is_on(list));
            let key = || -> [Value; 4] {
                [
                    snapshot.room_id.as_str().into(),
                    name(list).into(),
                    snapshot.created_at.into(),
                    order.id.as_str().into(),
                ]
            };
            match (was, after.is_on(list)) {
                (false, true) => {
                    let [room, list, at, order] = key();
                    self.onto.push([room, list, at, order, snapshot.title.as_str().into()]);
                }
                (true, false) => self.off.push(key()),
                (true, true) | (false, false) => {}
            }
        }
    }

    /// Writes it.
    pub(super) fn write(self, script: &mut Script) {
        // A row that is there already is no reason to hold up money: the audit would name it.
        let there = " ON CONFLICT (room_id, list, created_at, order_id) DO NOTHING";
        let into = "INSERT INTO order_lists (room_id, list, created_at, order_id, title)";
        script.add(into, self.onto, there);
        let from = "DELETE FROM order_lists WHERE (room_id, list, created_at, order_id) IN (";
        script.add(from, self.off, ")");
    }
}

/// Follows an order that did not change itself, but what is beside it did.
pub(super) async fn follow_beside(tx: &mut AnyConnection, record: &Record, was: Beside) -> Result<(), StoreError> {
    let Record { order, snapshot, .. } = record;
    let before = Standing { order, snapshot, beside: was };
    let after = Standing { beside: beside(tx, &order.id).await?, ..before };
    let mut moves = Moves::default();
    moves.follow(Some(before), after);
    let mut script = Script::default();
    moves.write(&mut script);
    Ok(script.run(tx).await?)
}
