//! How orders end: at the deadline, late, twice, and both at once.

use crate::house::{DEADLINE_S, House, PRICE, viewer};
use crate::till::{Call, Gate, Stands, Till, Trouble};
use order::state::{AttemptState, ClosedBy, Event, OrderState};
use order::{Fen, PayType};
use std::sync::Arc;
use storefront::store::{ApplyError, Evidence, Placed, PlainDisk};
use tokio::task::JoinHandle;

#[tokio::test]
async fn an_order_is_closed_at_its_channel_before_it_is_called_closed() {
    for pay_type in PayType::ALL {
        let house = House::open().await;
        let placed = house.ordered(pay_type).await;
        house.pass(DEADLINE_S + 1).await;
        assert_eq!(house.state(&placed).await, OrderState::Closed);
        assert_eq!(house.till(pay_type).trade(&placed.pay_id).stands, Stands::Closed, "its code can still be paid");
    }
}

#[tokio::test]
async fn an_order_nobody_pays_ends_by_itself_and_gives_its_stock_back() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Alipay).await;
    assert_eq!(house.held_and_sold().await, (1, 0));
    house.pass(DEADLINE_S + 60).await;
    let order = house.record(&placed).await.order;
    assert_eq!((order.state, order.closed_by), (OrderState::Closed, Some(ClosedBy::Time)));
    assert_eq!(house.held_and_sold().await, (0, 0));
}

#[tokio::test]
async fn stock_comes_back_although_the_answer_to_the_close_was_lost() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Wechat).await;
    house.wechat.troubles(Call::Close, [Trouble::LostAnswer]);
    house.pass(DEADLINE_S + 60).await;
    assert_eq!(house.state(&placed).await, OrderState::Closed);
    assert_eq!(house.held_and_sold().await, (0, 0));
}

#[tokio::test]
async fn a_close_without_an_answer_proves_nothing_however_often_it_is_tried() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Wechat).await;
    house.wechat.troubles(Call::Close, vec![Trouble::LostRequest; 10]);
    house.pass(DEADLINE_S + 120).await;
    assert_eq!(house.state(&placed).await, OrderState::Closing);
    assert_eq!(house.held_and_sold().await, (1, 0), "it can still be paid");
    assert!(house.wechat.called(Call::Close) > 5);
    house.wechat.pay(&placed.pay_id);
    house.pass(60).await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
}

#[tokio::test]
async fn a_prepay_call_without_an_answer_is_no_refusal_however_often_it_is_tried() {
    let house = House::open().await;
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    house.alipay.troubles(Call::Prepay, vec![Trouble::LostAnswer; 8]);
    house.pass(100).await;
    assert_eq!(house.state(&placed).await, OrderState::Reserved);
    house.pass(60).await;
    assert_eq!(house.state(&placed).await, OrderState::AwaitingPayment);
    assert_eq!(house.alipay.trades(), [placed.pay_id.to_string()], "one trade, under one number");
}

#[tokio::test]
async fn what_was_paid_in_time_is_delivered_where_closing_would_give_the_money_back() {
    let alipay = Till::new(PayType::Alipay).returning_on_close();
    let house = House::furnish(Arc::new(PlainDisk), alipay, Till::new(PayType::Wechat)).await;
    let placed = house.ordered(PayType::Alipay).await;
    // Between the last query of the schedule and the deadline.
    house.pass(DEADLINE_S - 5).await;
    house.alipay.pay(&placed.pay_id);
    house.pass(60).await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    assert_eq!(house.alipay.trade(&placed.pay_id).stands, Stands::Paid);
}

/// A worker that has a call on its way.
type Worker = JoinHandle<Result<(), ApplyError>>;

/// A shop at the moment an order has ended: its close call is on its way to Alipay, held at the gate.
async fn closing_at(gate: &Arc<Gate>, alipay: Till) -> (House, Placed, Worker) {
    let house = House::furnish(Arc::new(PlainDisk), alipay, Till::new(PayType::Wechat)).await;
    let placed = house.ordered(PayType::Alipay).await;
    house.alipay.troubles(Call::Close, [Trouble::HeldBefore(gate.clone())]);
    house.skip(DEADLINE_S + 1);
    let beside = house.settle_beside();
    gate.arrived().await;
    (house, placed, beside)
}

/// An Alipay that gives back what was paid when it is asked to end it.
fn returning() -> Till {
    Till::new(PayType::Alipay).returning_on_close()
}

/// The same, where that happens: the order is paid, and the worker that made the call is taken for dead.
async fn closing_behind(gate: &Arc<Gate>) -> (House, Placed, Worker) {
    let (house, placed, beside) = closing_at(gate, returning()).await;
    house.alipay.pay(&placed.pay_id);
    house.skip(65);
    (house, placed, beside)
}

/// The close call arrives, and what it gives back buys nothing.
async fn is_given_back(house: &House, placed: &Placed, gate: &Gate, beside: Worker) {
    gate.let_go();
    beside.await.unwrap().unwrap();
    house.pass(120).await;
    assert_eq!(house.state(placed).await, OrderState::Refunded);
    assert_eq!(house.delivered_booked_fins().await.0, 0);
    assert_eq!(house.held_and_sold().await, (0, 0));
}

#[tokio::test]
async fn a_payment_that_a_close_call_on_its_way_gives_back_buys_nothing() {
    let gate = Gate::new();
    let (house, placed, beside) = closing_behind(&gate).await;
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Closing, "paid, and it may not stay so");
    is_given_back(&house, &placed, &gate, beside).await;
}

#[tokio::test]
async fn a_payment_that_the_only_close_call_tells_of_is_delivered_at_once() {
    let gate = Gate::new();
    let (house, placed, beside) = closing_at(&gate, Till::new(PayType::Alipay)).await;
    house.alipay.pay(&placed.pay_id);
    gate.let_go();
    beside.await.unwrap().unwrap();
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
}

#[tokio::test]
async fn no_close_call_is_over_because_the_clock_was_set_forward() {
    let gate = Gate::new();
    let (house, placed, beside) = closing_behind(&gate).await;
    house.settle().await;
    house.set_clock(400);
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Closing, "paid, and it may not stay so");
    is_given_back(&house, &placed, &gate, beside).await;
}

#[tokio::test]
async fn a_payment_that_no_close_call_can_give_back_any_more_is_delivered() {
    let gate = Gate::new();
    let (house, placed, beside) = closing_behind(&gate).await;
    house.pass(150).await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    assert_eq!(house.held_and_sold().await, (0, 1));
    beside.abort();
}

#[tokio::test]
async fn a_late_payment_that_an_earlier_close_call_gives_back_buys_nothing() {
    let gate = Gate::new();
    let (house, placed, beside) = closing_at(&gate, returning()).await;
    house.skip(65);
    house.settle().await;
    assert_eq!((house.state(&placed).await, house.alipay.called(Call::Close)), (OrderState::Closed, 2));
    house.alipay.pay(&placed.pay_id);
    house.hear(PayType::Alipay, &house.alipay.notice(&placed.pay_id, "payment")).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Closed, "paid, and it may not stay so");
    is_given_back(&house, &placed, &gate, beside).await;
}

#[tokio::test]
async fn no_trade_ends_nothing_while_the_only_close_call_has_no_answer() {
    let house = House::open().await;
    house.alipay.troubles(Call::Prepay, [Trouble::LostRequest]);
    house.alipay.troubles(Call::Close, [Trouble::LostRequest]);
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    house.settle().await;
    house.shop.cancel(&viewer("ann"), &placed.order_id).await.unwrap();
    house.settle().await;
    assert_eq!((house.state(&placed).await, house.alipay.called(Call::Close)), (OrderState::Closing, 1));
    house.skip(DEADLINE_S + 120);
    house.settle().await;
    assert_eq!((house.state(&placed).await, house.alipay.called(Call::Close)), (OrderState::Closed, 2));
}

#[tokio::test]
async fn a_close_call_that_does_not_begin_at_once_does_not_begin() {
    // It is written down first, and may be sent for five seconds from then, by the clock and by what has really passed.
    for (slow_s, set_s, state, calls) in [
        (5, 0, OrderState::Closed, 1),
        (6, 0, OrderState::Closing, 0),
        (6, -6, OrderState::Closing, 0),
        (0, 6, OrderState::Closing, 0),
    ] {
        let house = House::open().await;
        let placed = house.ordered(PayType::Alipay).await;
        house.skip(DEADLINE_S + 1);
        let house = house.on_a_slow_disk(slow_s, set_s).await;
        house.settle().await;
        assert_eq!(
            (house.state(&placed).await, house.alipay.called(Call::Close)),
            (state, calls),
            "{slow_s} s, set by {set_s} s"
        );
        let house = house.restarted().await;
        house.pass(60).await;
        assert_eq!(house.state(&placed).await, OrderState::Closed);
    }
}

#[tokio::test]
async fn a_late_payment_is_delivered_while_there_is_stock() {
    let house = House::open().await;
    let placed = house.place("ann", "plate", PayType::Alipay).await.unwrap();
    house.pass(DEADLINE_S + 10).await;
    assert_eq!(house.state(&placed).await, OrderState::Closed);
    house.alipay.pay(&placed.pay_id);
    house.hear(PayType::Alipay, &house.alipay.notice(&placed.pay_id, "payment")).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    assert_eq!(house.held_and_sold().await, (0, 1));
    // Under the attempt's own number, so that it can be booked once only.
    let entry = house.number("SELECT COUNT(*) FROM ledger, attempts WHERE entry = 'payment:' || pay_id AND line = 1");
    assert_eq!(entry.await, 1);
}

#[tokio::test]
async fn a_late_payment_goes_back_whole_when_nothing_is_left() {
    let house = House::open().await;
    let late = house.place("ann", "plate", PayType::Alipay).await.unwrap();
    house.pass(DEADLINE_S + 10).await;
    let other = house.place("ben", "plate", PayType::Wechat).await.unwrap();
    house.settle().await;
    house.wechat.pay(&other.pay_id);
    house.pass(10).await;
    assert_eq!(house.state(&other).await, OrderState::Delivered);
    house.alipay.pay(&late.pay_id);
    house.hear(PayType::Alipay, &house.alipay.notice(&late.pay_id, "payment")).await.unwrap();
    house.pass(10).await;
    assert_eq!(house.state(&late).await, OrderState::Refunded);
    assert_eq!(house.alipay.refunds(), [(late.pay_id.whole_refund().to_string(), PRICE)]);
    assert_eq!(house.held_and_sold().await, (0, 1));
}

#[tokio::test]
async fn a_deadline_and_a_payment_at_the_same_moment_end_in_one_delivery_whichever_is_first() {
    for payment_first in [true, false] {
        let house = House::open().await;
        let placed = house.ordered(PayType::Alipay).await;
        let (pay_id, now) = (placed.pay_id.clone(), house.now());
        let paid = Event::Paid { pay_id: pay_id.clone(), amount: Fen::new(PRICE).unwrap(), restock: false };
        let end = Event::EndAsked { by: ClosedBy::Time, at: now };
        let closed = Event::CloseProved { pay_id: pay_id.clone(), at: now };
        let events = if payment_first { [paid, end, closed] } else { [end, paid, closed] };
        for event in events {
            house.shop.store.apply(&placed.order_id, event, Evidence::text("a race"), now).await.unwrap();
        }
        let order = house.record(&placed).await.order;
        assert_eq!((order.state, order.attempts[0].state), (OrderState::Delivered, AttemptState::Paid));
        assert_eq!(house.held_and_sold().await, (0, 1));
        assert_eq!(house.delivered_booked_fins().await, (1, 1, 60));
    }
}

#[tokio::test]
async fn both_codes_of_an_order_paid_end_in_one_delivery_and_one_full_refund() {
    let house = House::open().await;
    let left = house.ordered(PayType::Alipay).await;
    let taken = house.place_in("ann", "fins", PayType::Wechat, Some(left.order_id.clone())).await.unwrap();
    house.settle().await;
    house.wechat.pay(&taken.pay_id);
    house.hear(PayType::Wechat, &house.wechat.notice(&taken.pay_id, "payment")).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&taken).await, OrderState::Delivered);
    house.alipay.pay(&left.pay_id);
    house.hear(PayType::Alipay, &house.alipay.notice(&left.pay_id, "payment")).await.unwrap();
    house.pass(10).await;
    assert_eq!(house.state(&left).await, OrderState::Delivered);
    assert_eq!(house.alipay.refunds(), [(left.pay_id.whole_refund().to_string(), PRICE)]);
    assert!(house.wechat.refunds().is_empty());
    assert_eq!(house.delivered_booked_fins().await, (1, 2, 60));
}

#[tokio::test]
async fn an_attempt_overtaken_by_another_s_payment_comes_to_an_end_although_its_channel_does_not_end_it() {
    let house = House::open().await;
    let first = house.ordered(PayType::Wechat).await;
    // The other channel never hears of its trade, so it has none to end.
    house.alipay.troubles(Call::Prepay, vec![Trouble::LostRequest; 10]);
    house.alipay.troubles(Call::Close, vec![Trouble::LostRequest; 1_000]);
    let other = house.place_in("ann", "fins", PayType::Alipay, Some(first.order_id.clone())).await.unwrap();
    house.settle().await;
    house.wechat.pay(&first.pay_id);
    house.hear(PayType::Wechat, &house.wechat.notice(&first.pay_id, "payment")).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&first).await, OrderState::Delivered);
    house.pass(DEADLINE_S + 120).await;
    let order = house.record(&first).await.order;
    assert_eq!(order.attempt(&other.pay_id).unwrap().state, AttemptState::Closed);
    house.pass(2 * 86_400).await;
    assert_eq!(house.number("SELECT COUNT(*) FROM jobs").await, 0, "it is asked about for ever");
}

#[tokio::test]
async fn no_trade_said_before_the_time_to_pay_was_over_ends_nothing_however_late_it_is_read() {
    let house = House::open().await;
    house.alipay.troubles(Call::Prepay, [Trouble::LostRequest]);
    house.alipay.troubles(Call::Close, vec![Trouble::LostRequest; 100]);
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    house.settle().await;
    house.shop.cancel(&viewer("ann"), &placed.order_id).await.unwrap();
    house.settle().await;
    let gate = Gate::new();
    house.alipay.troubles(Call::Query, [Trouble::HeldAfter(Arc::clone(&gate))]);
    house.alipay.troubles(Call::Query, vec![Trouble::LostRequest; 10]);
    house.skip(2);
    let attending = house.settle_beside();
    gate.arrived().await;
    house.skip(DEADLINE_S + 120);
    gate.let_go();
    attending.await.unwrap().unwrap();
    assert_eq!(house.state(&placed).await, OrderState::Closing, "it may have been paid meanwhile");
}
