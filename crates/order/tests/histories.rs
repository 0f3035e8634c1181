//! Every history of the machine: all sequences of events, to a stated length, against the invariants.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use order::state::{AttemptState, ClosedBy, Effect, Event, Order, OrderState, RefundReason, RefundState};
use order::{Fen, Mismatch, OrderId, PayId, PayType, RefundId};
use std::collections::{BTreeMap, HashSet};

const LENGTH: usize = 6;

/// What the shop's books would say after the effects so far.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Books {
    held: i64,
    sold: i64,
    deliveries: u32,
    booked: BTreeMap<String, i64>,
    refunds_opened: BTreeMap<String, i64>,
    refunds_booked: BTreeMap<String, u32>,
}

impl Books {
    fn take(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::ReleaseStock => self.held -= 1,
                Effect::SellHeld => {
                    self.held -= 1;
                    self.sold += 1;
                }
                Effect::SellAgain => self.sold += 1,
                Effect::BookPayment { pay_id, amount } => {
                    *self.booked.entry(pay_id.to_string()).or_default() += amount.get();
                }
                Effect::Deliver => self.deliveries += 1,
                Effect::OpenRefund { refund } => {
                    *self.refunds_opened.entry(refund.pay_id.to_string()).or_default() += refund.amount.get();
                }
                Effect::BookRefund { refund_id } => {
                    *self.refunds_booked.entry(refund_id.to_string()).or_default() += 1;
                }
                Effect::Alarm { .. } => {}
            }
        }
    }
}

fn events(order: &Order) -> Vec<Event> {
    let amount = order.amount;
    let part = Fen::new(40).unwrap();
    let mut events =
        vec![Event::EndAsked { by: ClosedBy::Time, at: 10 }, Event::EndAsked { by: ClosedBy::Viewer, at: 11 }];
    if order.attempts.len() < 2 {
        events.push(Event::Attempted { pay_type: PayType::Wechat, at: 3 });
    }
    let ids: Vec<PayId> = order.attempts.iter().map(|attempt| attempt.pay_id.clone()).collect();
    for pay_id in ids {
        let id = || pay_id.clone();
        events.extend([
            Event::PrepaySent { pay_id: id(), at: 4 },
            Event::PrepayReady { pay_id: id(), at: 5 },
            Event::PrepayRefused { pay_id: id() },
            Event::Scanned { pay_id: id() },
            Event::CloseSent { pay_id: id(), at: 11 },
            Event::CloseProved { pay_id: id(), at: 12 },
            Event::Paid { pay_id: id(), amount, restock: true },
            Event::Paid { pay_id: id(), amount, restock: false },
            Event::Returned { pay_id: id(), amount },
            Event::Returned { pay_id: id(), amount: part },
            Event::Differs { pay_id: id(), mismatch: Mismatch::Partner, ours: None, at: 12 },
            Event::Differs { pay_id: id(), mismatch: Mismatch::Amount, ours: Some(Fen::new(130).unwrap()), at: 12 },
            Event::TakenBack { pay_id: id(), refund_id: RefundId::new(format!("{pay_id}S1")).unwrap(), amount: part },
            Event::TakenBack { pay_id: id(), refund_id: RefundId::new(format!("{pay_id}S2")).unwrap(), amount },
            Event::ReturnedByHand {
                pay_id: id(),
                refund_id: RefundId::new(format!("{pay_id}C1")).unwrap(),
                amount: part,
            },
        ]);
    }
    for refund in &order.refunds {
        let refund_id = refund.refund_id.clone();
        events.extend([
            Event::RefundSent { refund_id: refund_id.clone(), at: 20 },
            Event::RefundAccepted { refund_id: refund_id.clone() },
            Event::RefundStuck { refund_id: refund_id.clone() },
            Event::RefundClosed { refund_id: refund_id.clone() },
            Event::RefundDone { refund_id },
        ]);
    }
    events
}

/// Whether the event carries evidence that money arrived.
fn is_money(event: &Event) -> bool {
    matches!(event, Event::Paid { .. } | Event::Returned { .. } | Event::Differs { ours: Some(_), .. })
}

fn check(before: &Order, event: &Event, after: &Order, books: &Books) {
    let say = || format!("{before:#?}\n -- {event:?} -->\n{after:#?}");
    // Invariant 3: at most one delivery, and it is there exactly when the order says so.
    assert!(books.deliveries <= 1, "delivered twice: {}", say());
    assert_eq!(books.deliveries == 1, after.state == OrderState::Delivered, "{}", say());
    // Invariants 9 and 10: stock is held exactly while the order can still sell it, and leaves once.
    assert_eq!(books.held == 1, after.state.holds_stock(), "held stock leaks: {}", say());
    assert!((0..=1).contains(&books.held) && (0..=1).contains(&books.sold), "{}", say());
    assert_eq!(books.sold == 1, after.state == OrderState::Delivered, "{}", say());
    let mut delivering = 0;
    for attempt in &after.attempts {
        let key = attempt.pay_id.to_string();
        let paid = attempt.paid.map_or(0, Fen::get);
        // Money is booked once for an attempt that was paid and never for another.
        assert_eq!(books.booked.get(&key).copied().unwrap_or(0), paid, "{}", say());
        assert!(attempt.state != AttemptState::Paid || paid == after.amount.get(), "{}", say());
        // Invariant 4: refunds never exceed what was paid.
        let back = books.refunds_opened.get(&key).copied().unwrap_or(0);
        assert!(back <= paid, "too much goes back: {}", say());
        // Invariant 1: a paid attempt is delivered, or all of it goes back; returns by a person come after delivery.
        let by_person = |reason| matches!(reason, RefundReason::Streamer | RefundReason::Console);
        let whole = after
            .refunds
            .iter()
            .filter(|refund| refund.state != RefundState::Closed && !by_person(refund.reason))
            .any(|refund| refund.pay_id == attempt.pay_id && refund.amount.get() == paid);
        if paid > 0 && !whole {
            delivering += 1;
        }
        if attempt.state == AttemptState::Mismatch {
            assert_eq!(whole, attempt.paid.is_some(), "what is ours goes back, what is not stays: {}", say());
        }
    }
    // Invariant 2: exactly the delivered order has the one attempt whose money stays.
    assert_eq!(delivering, u32::from(after.state == OrderState::Delivered), "{}", say());
    for refund in &after.refunds {
        // A number that is used up has exactly one in its place.
        let next = after.refunds.iter().filter(|other| other.refund_id == refund.refund_id.next()).count();
        assert_eq!(next, usize::from(refund.state == RefundState::Closed), "{}", say());
        let booked = books.refunds_booked.get(refund.refund_id.as_str()).copied().unwrap_or(0);
        assert_eq!(booked, u32::from(refund.state == RefundState::Done), "{}", say());
    }
    // Invariant 12: a terminal state changes only by evidence of money, and Delivered never changes.
    if before.state.is_terminal() && before.state != after.state {
        assert!(is_money(event), "{}", say());
        assert_ne!(before.state, OrderState::Delivered, "{}", say());
    }
    // Invariant 16: nothing unknown becomes closed or rejected without a channel's answer; only an attempt that was
    // never sent may be dropped by ourselves.
    for attempt in &before.attempts {
        let now = after.attempt(&attempt.pay_id).unwrap().state;
        let ended = |state| matches!(state, AttemptState::Closed | AttemptState::Rejected);
        if ended(now) && !ended(attempt.state) && attempt.state != AttemptState::New {
            assert!(matches!(event, Event::CloseProved { .. } | Event::PrepayRefused { .. }), "{}", say());
        }
        if now == AttemptState::Paid && attempt.state != AttemptState::Paid {
            assert!(matches!(event, Event::Paid { .. } | Event::Returned { .. }), "{}", say());
        }
    }
    for attempt in &after.attempts {
        let was = before.attempt(&attempt.pay_id).map(|attempt| attempt.state);
        // Row 9: nothing is closed at its channel while the order still sells with it.
        if attempt.state == AttemptState::CloseSent && was != Some(AttemptState::CloseSent) {
            assert!(!before.is_selling() || before.current() != before.attempt(&attempt.pay_id), "{}", say());
        }
        // Row 12: an order does not end while one of its attempts is quarantined.
        if after.state == OrderState::Closed && before.state != OrderState::Closed {
            assert_ne!(attempt.state, AttemptState::Mismatch, "{}", say());
        }
        // Invariant 17: while an order sells, at most its newest attempt is shown; all others are being ended.
        if after.is_selling() && attempt.state.is_open() && after.current() != Some(attempt) {
            assert!(attempt.ending_at.is_some(), "{}", say());
        }
    }
    // Row 8: a late payment is delivered only where the store can.
    if let Event::Paid { restock: false, .. } = event {
        assert!(before.state != OrderState::Closed || after.state != OrderState::Delivered, "{}", say());
    }
    // An attempt that was never sent waits for nothing once its order no longer sells.
    if !after.is_selling() {
        assert!(after.attempts.iter().all(|attempt| attempt.state != AttemptState::New), "{}", say());
    }
    // Invariant 17: an order that ended has nothing payable that nobody closes.
    if after.state == OrderState::Closed {
        assert!(after.attempts.iter().all(|attempt| !attempt.state.is_open()), "{}", say());
    }
}

#[test]
fn every_history_keeps_the_invariants() {
    let start = Order::place(OrderId::from_bits(1), Fen::new(100).unwrap(), 10, PayType::Alipay);
    let books = Books { held: 1, ..Books::default() };
    // Histories that end in the same state with the same books have the same futures: each is followed once, and
    // counted with all the ways that lead to it.
    let mut frontier: Vec<(Order, Books, u64)> = vec![(start, books, 1)];
    let (mut histories, mut refused, mut states) = (0_u64, 0_u64, 0_usize);
    for _ in 0..LENGTH {
        let mut next: BTreeMap<String, (Order, Books, u64)> = BTreeMap::new();
        for (before, books, ways) in &frontier {
            for event in events(before) {
                let mut after = before.clone();
                let Ok(effects) = after.apply(&event) else {
                    assert_eq!(after, *before, "a refused event changed something");
                    refused += ways;
                    continue;
                };
                let mut books = books.clone();
                books.take(&effects);
                check(before, &event, &after, &books);
                // The same event again changes nothing more in the books (invariant 14).
                let mut twice = after.clone();
                if let Ok(effects) = twice.apply(&event) {
                    let repeatable = !matches!(event, Event::Attempted { .. });
                    assert!(!repeatable || effects.is_empty(), "{event:?} counted twice on {after:?}");
                }
                histories += ways;
                let key = format!("{after:?}{:?}", books.refunds_opened);
                next.entry(key).and_modify(|(_, _, all)| *all += ways).or_insert((after, books, *ways));
            }
        }
        states += next.len();
        frontier = next.into_values().collect();
    }
    println!("{histories} histories to length {LENGTH} through {states} states, {refused} events refused");
    assert!(histories > 1_000_000, "the enumeration shrank to {histories}");
    let ends: HashSet<OrderState> = frontier.iter().map(|(order, _, _)| order.state).collect();
    assert_eq!(ends.len(), OrderState::ALL.len(), "some state is never reached: {ends:?}");
}

/// The viewer gets a code, chooses the other channel and gets another.
fn two_codes(order: &mut Order) -> Vec<PayId> {
    for number in 0..2 {
        let pay_id = order.attempts[number].pay_id.clone();
        order.apply(&Event::PrepaySent { pay_id: pay_id.clone(), at: 1 }).unwrap();
        order.apply(&Event::PrepayReady { pay_id, at: 1 }).unwrap();
        if number == 0 {
            order.apply(&Event::Attempted { pay_type: PayType::Wechat, at: 1 }).unwrap();
        }
    }
    order.attempts.iter().map(|attempt| attempt.pay_id.clone()).collect()
}

#[test]
fn two_attempts_both_paid_end_in_one_delivery_and_one_full_refund() {
    let mut order = Order::place(OrderId::from_bits(1), Fen::new(100).unwrap(), 10, PayType::Alipay);
    let ids = two_codes(&mut order);
    let amount = order.amount;
    for pay_id in ids.iter().rev() {
        order.apply(&Event::Paid { pay_id: pay_id.clone(), amount, restock: false }).unwrap();
    }
    assert_eq!(order.state, OrderState::Delivered);
    assert_eq!(order.refunds.len(), 1);
    assert_eq!((order.refunds[0].pay_id.clone(), order.refunds[0].amount), (ids[0].clone(), amount));
    assert_eq!(order.refunds[0].reason, RefundReason::Twice);
}

#[test]
fn an_order_is_refunded_only_when_every_late_payment_has_gone_back() {
    let mut order = Order::place(OrderId::from_bits(1), Fen::new(100).unwrap(), 10, PayType::Alipay);
    let ids = two_codes(&mut order);
    order.apply(&Event::EndAsked { by: ClosedBy::Time, at: 10 }).unwrap();
    for pay_id in &ids {
        order.apply(&Event::CloseProved { pay_id: pay_id.clone(), at: 11 }).unwrap();
    }
    let amount = order.amount;
    for pay_id in &ids {
        order.apply(&Event::Paid { pay_id: pay_id.clone(), amount, restock: false }).unwrap();
        order.apply(&Event::RefundSent { refund_id: pay_id.whole_refund(), at: 12 }).unwrap();
    }
    order.apply(&Event::RefundDone { refund_id: ids[0].whole_refund() }).unwrap();
    assert_eq!(order.state, OrderState::Refunding);
    order.apply(&Event::RefundDone { refund_id: ids[1].whole_refund() }).unwrap();
    assert_eq!(order.state, OrderState::Refunded);
}
