//! What one commit may change about one order.

use super::{AttemptFacts, Facts, RefundFacts};
use crate::books::Stand;
use crate::failure::{Failure, broken};
use crate::stage::Scene;
use std::collections::BTreeMap;

/// One step of an order, by the rows of the transition table.
const ORDER_STEPS: &[(&str, &str)] = &[
    ("reserved", "awaiting_payment"),
    ("reserved", "closing"),
    ("reserved", "closed"),
    ("reserved", "delivered"),
    ("reserved", "refund_due"),
    ("reserved", "refunded"),
    ("awaiting_payment", "closing"),
    ("awaiting_payment", "closed"),
    ("awaiting_payment", "delivered"),
    ("awaiting_payment", "refund_due"),
    ("awaiting_payment", "refunded"),
    ("closing", "closed"),
    ("closing", "delivered"),
    ("closing", "refund_due"),
    ("closing", "refunded"),
    // Rows 8 and 16: the only ways out of an end.
    ("closed", "delivered"),
    ("closed", "refund_due"),
    ("closed", "refunded"),
    ("refunded", "refund_due"),
    ("refund_due", "refunding"),
    ("refund_due", "refunded"),
    ("refunding", "refunded"),
    ("refunding", "refund_due"),
];

/// One step of an attempt.
const ATTEMPT_STEPS: &[(&str, &str)] = &[
    ("new", "sent"),
    ("new", "rejected"),
    ("sent", "qr_ready"),
    ("sent", "rejected"),
    ("sent", "scanned"),
    ("sent", "close_sent"),
    ("sent", "closed"),
    ("sent", "paid"),
    ("sent", "mismatch"),
    ("qr_ready", "scanned"),
    ("qr_ready", "close_sent"),
    ("qr_ready", "closed"),
    ("qr_ready", "paid"),
    ("qr_ready", "mismatch"),
    ("scanned", "close_sent"),
    ("scanned", "closed"),
    ("scanned", "paid"),
    ("scanned", "mismatch"),
    ("close_sent", "closed"),
    ("close_sent", "paid"),
    ("close_sent", "mismatch"),
    ("closed", "paid"),
    ("closed", "mismatch"),
];

/// One step of a refund.
const REFUND_STEPS: &[(&str, &str)] = &[
    ("new", "sent"),
    ("new", "done"),
    ("sent", "processing"),
    ("sent", "abnormal"),
    ("sent", "done"),
    ("sent", "closed"),
    ("processing", "closed"),
    ("abnormal", "closed"),
    ("processing", "sent"),
    ("processing", "abnormal"),
    ("processing", "done"),
    ("abnormal", "sent"),
    ("abnormal", "processing"),
    ("abnormal", "done"),
];

/// Whether so many steps lead from one state to another.
fn leads(steps: &[(&str, &str)], from: &str, to: &str, most: i64) -> bool {
    from == to
        || (most > 0
            && steps.iter().filter(|(start, _)| *start == from).any(|(_, next)| leads(steps, next, to, most - 1)))
}

/// Judges an order right after a commit that wrote `events` lines about it.
pub(super) fn check(before: Option<&Facts>, now: &Facts, events: i64, scene: &mut Scene) -> Result<(), Failure> {
    scene.note(|| {
        let attempts: Vec<&str> = now.attempts.iter().map(|attempt| attempt.state.as_str()).collect();
        let refunds: Vec<&str> = now.refunds.iter().map(|refund| refund.state.as_str()).collect();
        format!("{} is {}, attempts {attempts:?}, refunds {refunds:?}", now.order_id, now.state)
    });
    steps(before, now, events)?;
    match (before.map(|before| before.state.as_str()), now.state.as_str()) {
        (Some("closed"), "delivered") => scene.tally.add("row 8: paid after the end, delivered all the same"),
        (Some("closed"), "refund_due") => scene.tally.add("row 8: paid after the end, goes back"),
        (Some("closing"), "delivered") => scene.tally.add("row 11: paid while it was being ended"),
        (Some("refunded"), "refund_due") => scene.tally.add("row 16: paid again after a refund"),
        _ => {}
    }
    let id = &now.order_id;
    let delivered = i64::from(now.state == "delivered");
    if now.deliveries != delivered {
        return broken(format!("{id} is {} and has {} deliveries", now.state, now.deliveries));
    }
    let mut back: BTreeMap<&str, i64> = BTreeMap::new();
    for refund in now.refunds.iter().filter(|refund| refund.state != "closed") {
        *back.entry(refund.pay_id.as_str()).or_default() += refund.amount;
    }
    let mut delivering = 0;
    for attempt in &now.attempts {
        let whole = now.refunds.iter().any(|refund| refund.pay_id == attempt.pay_id && is_whole(refund));
        let returned = back.get(attempt.pay_id.as_str()).copied().unwrap_or(0);
        match attempt.paid {
            None if returned > 0 => return broken(format!("{} is refunded and was not paid", attempt.pay_id)),
            None => {}
            Some(paid) if returned > paid => {
                return broken(format!("{} was paid {paid} and is refunded {returned}", attempt.pay_id));
            }
            Some(paid) if whole && returned != paid => {
                return broken(format!("{} was paid {paid}, not delivered, and {returned} goes back", attempt.pay_id));
            }
            Some(paid) => {
                if !whole {
                    delivering += 1;
                }
                check_taken(now, attempt, paid, whole, scene)?;
            }
        }
    }
    if delivering != delivered {
        return broken(format!("{id} is {} and {delivering} paid attempts are kept for it", now.state));
    }
    if now.state == "closed" && before.is_some_and(|before| before.state != "closed") {
        check_closed(now, scene)?;
    }
    Ok(())
}

/// Whether a refund is of an attempt that was not delivered.
pub(super) fn is_whole(refund: &RefundFacts) -> bool {
    // One that the channel ended gave its place to the next.
    refund.state != "closed" && is_undelivered(refund)
}

/// Whether a refund's money was never earned.
pub(super) fn is_undelivered(refund: &RefundFacts) -> bool {
    matches!(refund.reason.as_str(), "late" | "twice" | "returned" | "mismatch")
}

fn steps(before: Option<&Facts>, now: &Facts, events: i64) -> Result<(), Failure> {
    let id = &now.order_id;
    // An order is seen first with the line that placed it, and perhaps more of the same transaction.
    let from = before.map_or("reserved", |before| before.state.as_str());
    if !leads(ORDER_STEPS, from, &now.state, events) {
        return broken(format!("{id} went from {from} to {} by {events} events", now.state));
    }
    let Some(before) = before else { return Ok(()) };
    let same = |one: &Facts| (one.viewer_id.clone(), one.goods_id.clone(), one.quantity, one.amount, one.fins);
    if same(before) != same(now) {
        return broken(format!("the promise of {id} changed"));
    }
    for old in &before.attempts {
        let Some(new) = now.attempts.iter().find(|new| new.pay_id == old.pay_id) else {
            return broken(format!("{} is gone", old.pay_id));
        };
        if !leads(ATTEMPT_STEPS, &old.state, &new.state, events) || (old.paid.is_some() && old.paid != new.paid) {
            return broken(format!("{} went from {old:?} to {new:?} by {events} events", old.pay_id));
        }
    }
    for old in &before.refunds {
        let Some(new) = now.refunds.iter().find(|new| new.refund_id == old.refund_id) else {
            return broken(format!("{} is gone", old.refund_id));
        };
        let same = (new.amount, &new.reason, &new.pay_id) == (old.amount, &old.reason, &old.pay_id);
        if !same || !leads(REFUND_STEPS, &old.state, &new.state, events) {
            return broken(format!("{} went from {old:?} to {new:?} by {events} events", old.refund_id));
        }
    }
    Ok(())
}

/// Invariant 2, by the channel's own books: what counts as paid was paid there, to the fen.
fn check_taken(
    order: &Facts,
    attempt: &AttemptFacts,
    paid: i64,
    whole: bool,
    scene: &mut Scene,
) -> Result<(), Failure> {
    let now = scene.now;
    let trade = scene.books.trade(&attempt.pay_id, now);
    let taken = trade.and_then(|trade| trade.taken.as_ref().map(|taken| (trade.pay_type, taken.amount)));
    if taken != Some((attempt.pay_type, paid)) {
        return broken(format!("{} counts as paid {paid}; its channel has {taken:?}", attempt.pay_id));
    }
    if !whole && paid != order.amount {
        return broken(format!("{} was delivered for {paid} instead of {}", order.order_id, order.amount));
    }
    Ok(())
}

/// Rules U and S: an order ends unpaid only when its channels let nobody pay it any more. Where the channel itself breaks
/// its word, or the server's clock ran ahead, a late payment is what row 8 is for.
fn check_closed(order: &Facts, scene: &mut Scene) -> Result<(), Failure> {
    let now = scene.now;
    if scene.clock_was_set {
        return Ok(());
    }
    for attempt in &order.attempts {
        let Some(trade) = scene.books.trade(&attempt.pay_id, now) else { continue };
        // A code that nobody was ever shown, nobody can pay.
        let payable = trade.is_payable(now) && !trade.lax && trade.code == attempt.code;
        let paid = trade.stand == Stand::Paid && !trade.lax && trade.returned() == 0;
        if payable || paid {
            return broken(format!(
                "{} was closed while its channel has {} as {:?}",
                order.order_id, attempt.pay_id, trade.stand
            ));
        }
    }
    Ok(())
}
