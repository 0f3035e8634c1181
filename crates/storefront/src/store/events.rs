//! One event: the new state, everything the machine says goes with it, the journal and the job. It is decided whole
//! before anything of it is kept, so that an event that is not taken leaves nothing.

use super::batch::{Batch, Delivery, Needs, Share};
use super::goods::{Moved, Shelved};
use super::ledger::Entry;
use super::orders::{ApplyError, Evidence, Record};
use super::{BOOKS, StoreError};
use order::state::{Effect, Event, OrderState};
use order::{GoodsKind, OrderId};
use sqlx::AnyConnection;

/// Takes an event in the caller's transaction, which keeps all of it or nothing.
pub(crate) async fn apply_in(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    event: Event,
    evidence: &Evidence,
    now: i64,
) -> Result<Record, ApplyError> {
    let mut batch = Batch::gather(tx, &Needs::stock_of(order_id)).await?;
    let after = apply(&mut batch, order_id, event, evidence, now)?;
    batch.write(tx).await?;
    Ok(after)
}

/// Whether stock may move with an event.
pub(super) const fn moves_stock(event: &Event) -> bool {
    match event {
        Event::Attempted { .. }
        | Event::PrepaySent { .. }
        | Event::PrepayReady { .. }
        | Event::Scanned { .. }
        | Event::CloseSent { .. }
        | Event::RefundSent { .. }
        | Event::RefundAccepted { .. }
        | Event::RefundStuck { .. }
        | Event::RefundClosed { .. }
        | Event::RefundDone { .. }
        | Event::ReturnedByHand { .. }
        | Event::TakenBack { .. } => false,
        Event::PrepayRefused { .. }
        | Event::EndAsked { .. }
        | Event::CloseProved { .. }
        | Event::Paid { .. }
        | Event::Returned { .. }
        | Event::Differs { .. } => true,
    }
}

/// Takes an event.
pub(crate) fn apply(
    batch: &mut Batch,
    order_id: &OrderId,
    mut event: Event,
    evidence: &Evidence,
    now: i64,
) -> Result<Record, ApplyError> {
    let before = batch.record(order_id)?.ok_or(ApplyError::NoSuchOrder)?.clone();
    if let Event::Paid { restock, .. } = &mut event {
        *restock = before.order.state == OrderState::Closed && can_restock(batch, &before)?;
    }
    let mut after = before.clone();
    let effects = after.order.apply(&event)?;
    if after.order == before.order {
        return Ok(before);
    }
    after.revision = before.revision.saturating_add(1);
    learn(&before, &mut after, evidence)?;
    let mut outcome = Outcome::default();
    for effect in &effects {
        outcome.take(batch, &after, effect)?;
    }
    outcome.keep(batch, &after, now);
    let touched = batch.touched.entry(order_id.clone()).or_insert((now, false));
    *touched = (now, touched.1 || !effects.is_empty());
    let line = batch.head.event(order_id, &event, evidence, now);
    batch.lines.push(line);
    batch.keep(after.clone(), now)?;
    Ok(after)
}

/// Row 8: whether a late payment can still be delivered.
fn can_restock(batch: &Batch, record: &Record) -> Result<bool, StoreError> {
    let snapshot = &record.snapshot;
    let Some(row) = batch.goods(&snapshot.goods_id)?.and_then(Shelved::on_sale) else { return Ok(false) };
    // A deal's price is for its pieces only, also when the money is late.
    let of_deal = row.deal.as_ref().filter(|deal| deal.price_version == snapshot.price_version);
    let left = of_deal.map_or(row.goods.stock_left, |deal| deal.left().min(row.goods.stock_left));
    if left < snapshot.quantity {
        return Ok(false);
    }
    let has = batch.share(&snapshot.viewer_id, &snapshot.goods_id)?.pieces;
    let would_have = has.saturating_add(snapshot.quantity);
    Ok(row.goods.limit_per_viewer.is_none_or(|limit| would_have <= limit))
}

/// Takes what the evidence brought about the attempts that changed.
fn learn(before: &Record, after: &mut Record, evidence: &Evidence) -> Result<(), ApplyError> {
    for attempt in &after.order.attempts {
        if before.order.attempt(&attempt.pay_id) != Some(attempt) {
            let mut trade = match after.trades.remove(&attempt.pay_id) {
                Some(trade) => trade,
                None => evidence.new_trade().ok_or(ApplyError::NoMerchant)?,
            };
            trade.learn(attempt, evidence);
            after.trades.insert(attempt.pay_id.clone(), trade);
        }
    }
    Ok(())
}

/// What an event's effects come to, before any of it is kept.
#[derive(Default)]
struct Outcome {
    /// The goods and the viewer's share of them, once an effect moved them.
    moved: Option<(Option<Shelved>, Share)>,
    entries: Vec<Entry>,
    delivers: bool,
    fins: i64,
    /// Why the shop must stop selling.
    fault: Option<String>,
}

impl Outcome {
    fn take(&mut self, batch: &Batch, record: &Record, effect: &Effect) -> Result<(), ApplyError> {
        let order = &record.order;
        let pieces = i64::from(record.snapshot.quantity);
        match effect {
            Effect::ReleaseStock => {
                self.set_share(batch, record, |share, quantity| Share {
                    pieces: share.pieces.saturating_sub(quantity),
                    open: None,
                })?;
                self.move_held(record, Moved { available: pieces, reserved: pieces.saturating_neg(), sold: 0 });
            }
            Effect::SellHeld => {
                self.set_share(batch, record, |share, _| Share { open: None, ..share })?;
                self.move_held(record, Moved { available: 0, reserved: pieces.saturating_neg(), sold: pieces });
            }
            Effect::SellAgain => {
                self.set_share(batch, record, |share, quantity| Share {
                    pieces: share.pieces.saturating_add(quantity),
                    ..share
                })?;
                // Looked at in this very batch: `can_restock`.
                if !self.move_stock(record, Moved { available: pieces.saturating_neg(), reserved: 0, sold: pieces }) {
                    return Err(ApplyError::Stock(record.snapshot.goods_id.clone()));
                }
            }
            Effect::BookPayment { pay_id, amount } => {
                self.entries.push(Entry::payment(pay_id.as_str(), record.pay_type(pay_id)?, amount.get()));
            }
            Effect::Deliver => self.deliver(record)?,
            Effect::OpenRefund { refund } => {
                let (id, amount) = (refund.refund_id.as_str(), refund.amount.get());
                self.entries.push(Entry::refund_due(id, refund.reason, amount));
            }
            Effect::BookRefund { refund_id } => {
                let refund = order.refund(refund_id).ok_or(ApplyError::NoSuchOrder)?;
                let pay_type = record.pay_type(&refund.pay_id)?;
                self.entries.push(Entry::refund(refund_id.as_str(), pay_type, refund.amount.get()));
            }
            Effect::Alarm { mismatch } => {
                tracing::error!(order.id = %order.id, %mismatch, "a payment differs from its order: it is quarantined");
            }
        }
        Ok(())
    }

    fn set_share(
        &mut self,
        batch: &Batch,
        record: &Record,
        change: impl FnOnce(Share, u32) -> Share,
    ) -> Result<(), StoreError> {
        let snapshot = &record.snapshot;
        let (shelved, share) = match self.moved.take() {
            Some(moved) => moved,
            None => {
                let shelved = batch.goods(&snapshot.goods_id)?.cloned();
                (shelved, batch.share(&snapshot.viewer_id, &snapshot.goods_id)?)
            }
        };
        self.moved = Some((shelved, change(share, snapshot.quantity)));
        Ok(())
    }

    fn move_stock(&mut self, record: &Record, moved: Moved) -> bool {
        let price_version = record.snapshot.price_version;
        let shelved = self.moved.as_mut().and_then(|(shelved, _)| shelved.as_mut());
        shelved.is_some_and(|shelved| shelved.move_stock(price_version, moved))
    }

    /// An order's pieces are always among those held. Where they are not, the stock is wrong: no more is sold, and who
    /// paid gets the goods all the same.
    fn move_held(&mut self, record: &Record, moved: Moved) {
        if self.move_stock(record, moved) {
            return;
        }
        let (order_id, goods_id) = (&record.order.id, &record.snapshot.goods_id);
        let reason = format!("the pieces of order {order_id} are not among those held of {goods_id}");
        tracing::error!(order.id = %order_id, %reason, "the books are wrong: no new orders are taken");
        self.fault = Some(reason);
    }

    /// The delivery record, and for fins the credit, which is the delivery itself.
    fn deliver(&mut self, record: &Record) -> Result<(), StoreError> {
        let Record { order, snapshot, .. } = record;
        self.delivers = true;
        self.entries.push(Entry::sale(order.id.as_str(), order.amount.get()));
        match (snapshot.kind, snapshot.fins) {
            (GoodsKind::Fins, Some(fins)) => {
                self.entries.push(Entry::fins(order.id.as_str(), snapshot.viewer_id.as_str(), fins));
                self.fins = self.fins.saturating_add(fins);
            }
            (GoodsKind::Fins, None) => {
                let what = "order that says how many fins to credit";
                return Err(StoreError::Damaged { table: "orders", value: order.id.to_string(), what });
            }
            (GoodsKind::Merchandise, _) => {}
        }
        Ok(())
    }

    /// Keeps it.
    fn keep(self, batch: &mut Batch, record: &Record, now: i64) {
        let snapshot = &record.snapshot;
        if let Some((shelved, share)) = self.moved {
            batch.goods.insert(snapshot.goods_id.clone(), shelved);
            batch.set_share(&snapshot.viewer_id, &snapshot.goods_id, share);
        }
        batch.entries.extend(self.entries.into_iter().map(|entry| (entry, now)));
        if self.delivers {
            batch.deliveries.push(Delivery { order_id: record.order.id.clone(), at: now });
        }
        if self.fins != 0 {
            let credit = batch.fins.entry(snapshot.viewer_id.clone()).or_default();
            *credit = credit.saturating_add(self.fins);
        }
        if let Some(reason) = self.fault {
            batch.stop_selling(BOOKS, reason, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use order::state::{ClosedBy, Order};
    use order::{Fen, Mismatch, PayType, RefundId};
    use std::collections::BTreeMap;

    /// Events to a history: enough for each kind of them to be taken.
    const LENGTH: usize = 5;

    /// All that may happen to an order.
    fn events(order: &Order) -> Vec<Event> {
        let (amount, at) = (order.amount, 10);
        let mut events =
            vec![Event::EndAsked { by: ClosedBy::Viewer, at }, Event::Attempted { pay_type: PayType::Wechat, at }];
        for attempt in &order.attempts {
            let id = || attempt.pay_id.clone();
            let back = |number| RefundId::new(format!("{}{number}", attempt.pay_id)).unwrap();
            events.extend([
                Event::PrepaySent { pay_id: id(), at },
                Event::PrepayReady { pay_id: id(), at },
                Event::PrepayRefused { pay_id: id() },
                Event::Scanned { pay_id: id() },
                Event::CloseSent { pay_id: id(), at },
                Event::CloseProved { pay_id: id(), at },
                Event::Paid { pay_id: id(), amount, restock: true },
                Event::Paid { pay_id: id(), amount, restock: false },
                Event::Returned { pay_id: id(), amount },
                Event::Differs { pay_id: id(), mismatch: Mismatch::Partner, ours: None, at },
                Event::Differs { pay_id: id(), mismatch: Mismatch::Amount, ours: Some(Fen::new(1).unwrap()), at },
                Event::TakenBack { pay_id: id(), refund_id: back("S1"), amount },
                Event::ReturnedByHand { pay_id: id(), refund_id: back("C1"), amount },
            ]);
        }
        for refund in &order.refunds {
            let id = || refund.refund_id.clone();
            events.extend([
                Event::RefundSent { refund_id: id(), at },
                Event::RefundAccepted { refund_id: id() },
                Event::RefundStuck { refund_id: id() },
                Event::RefundClosed { refund_id: id() },
                Event::RefundDone { refund_id: id() },
            ]);
        }
        events
    }

    const fn is_of_stock(effect: &Effect) -> bool {
        match effect {
            Effect::ReleaseStock | Effect::SellHeld | Effect::SellAgain => true,
            Effect::BookPayment { .. }
            | Effect::Deliver
            | Effect::OpenRefund { .. }
            | Effect::BookRefund { .. }
            | Effect::Alarm { .. } => false,
        }
    }

    #[test]
    fn an_event_that_moves_stock_in_any_history_is_known_to_move_it() {
        let start = Order::place(OrderId::from_bits(1), Fen::new(100).unwrap(), 10, PayType::Alipay);
        let mut frontier = vec![start];
        // Each kind of event that the machine took: whether stock moved with one, and whether it is known to.
        let mut seen: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        for _ in 0..LENGTH {
            let mut next = BTreeMap::new();
            for before in &frontier {
                for event in events(before) {
                    let mut after = before.clone();
                    let Ok(effects) = after.apply(&event) else { continue };
                    let has_moved = effects.iter().any(is_of_stock);
                    assert!(moves_stock(&event) || !has_moved, "{event:?} moves stock: {effects:?}");
                    let kind = format!("{event:?}").split(' ').next().unwrap().to_owned();
                    let (moved, known) = seen.entry(kind).or_default();
                    (*moved, *known) = (*moved || has_moved, moves_stock(&event));
                    next.insert(format!("{after:?}"), after);
                }
            }
            frontier = next.into_values().collect();
        }
        assert_eq!(seen.len(), 18, "an event is missing: {seen:?}");
        let kinds = |of: fn(&(bool, bool)) -> bool| -> Vec<&str> {
            seen.iter().filter(|(_, seen)| of(seen)).map(|(kind, _)| kind.as_str()).collect()
        };
        let moved = kinds(|(moved, _)| *moved);
        assert_eq!(moved, ["CloseProved", "Differs", "EndAsked", "Paid", "PrepayRefused", "Returned"]);
        assert_eq!(kinds(|(_, known)| *known), moved, "whoever moves no stock need not wait for the goods");
    }
}
