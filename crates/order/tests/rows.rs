//! The rows of the transition table, one by one: what each event leads to and what is written with it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use order::state::{
    ATTEMPTS_MAX, AttemptState, ClosedBy, Effect, Event, Order, OrderState, Refund, RefundReason, RefundState,
};
use order::{Fen, Mismatch, OrderId, PayId, PayType, RefundId};

const AT: i64 = 1_000;

struct Life {
    order: Order,
    first: PayId,
}

impl Life {
    fn placed() -> Life {
        let order = Order::place(OrderId::from_bits(9), Fen::new(100).unwrap(), AT + 300, PayType::Alipay);
        let first = order.attempts[0].pay_id.clone();
        Life { order, first }
    }

    /// A life whose code is out.
    fn waiting() -> Life {
        let mut life = Life::placed();
        life.takes(Event::PrepaySent { pay_id: life.first.clone(), at: AT }, &[]);
        life.takes(Event::PrepayReady { pay_id: life.first.clone(), at: AT }, &[]);
        life
    }

    /// A life that ended unpaid.
    fn closed() -> Life {
        let mut life = Life::waiting();
        life.takes(Event::EndAsked { by: ClosedBy::Viewer, at: AT }, &[]);
        life.takes(Event::CloseSent { pay_id: life.first.clone(), at: AT }, &[]);
        life.takes(Event::CloseProved { pay_id: life.first.clone(), at: AT }, &[Effect::ReleaseStock]);
        life
    }

    fn delivered() -> Life {
        let mut life = Life::waiting();
        let paid = life.paid(false);
        life.takes(paid, &[life.booked(100), Effect::SellHeld, Effect::Deliver]);
        life
    }

    #[track_caller]
    fn takes(&mut self, event: Event, effects: &[Effect]) {
        assert_eq!(self.order.apply(&event).unwrap(), effects, "{event:?}");
    }

    #[track_caller]
    fn refuses(&mut self, event: Event) {
        let before = self.order.clone();
        let refused = self.order.apply(&event).unwrap_err();
        assert_eq!((refused.order, refused.state, *refused.event), (before.id.clone(), before.state, event));
        assert_eq!(self.order, before);
    }

    #[track_caller]
    fn stands(&self, order: OrderState, attempt: AttemptState) {
        assert_eq!((self.order.state, self.order.attempt(&self.first).unwrap().state), (order, attempt));
    }

    fn paid(&self, restock: bool) -> Event {
        Event::Paid { pay_id: self.first.clone(), amount: self.order.amount, restock }
    }

    fn booked(&self, fen: i64) -> Effect {
        Effect::BookPayment { pay_id: self.first.clone(), amount: Fen::new(fen).unwrap() }
    }

    fn refund(&self, fen: i64, reason: RefundReason, state: RefundState) -> Refund {
        let pay_id = self.first.clone();
        let refund_id = pay_id.whole_refund();
        Refund { refund_id, pay_id, amount: Fen::new(fen).unwrap(), reason, state, tried_at: None, tries: 0 }
    }

    fn opened(&self, fen: i64, reason: RefundReason, state: RefundState) -> Effect {
        Effect::OpenRefund { refund: self.refund(fen, reason, state) }
    }
}

#[test]
fn rows_1_to_3_a_placed_order_gets_its_code() {
    let mut life = Life::placed();
    life.stands(OrderState::Reserved, AttemptState::New);
    life.takes(Event::PrepaySent { pay_id: life.first.clone(), at: AT }, &[]);
    life.stands(OrderState::Reserved, AttemptState::Sent);
    life.takes(Event::PrepaySent { pay_id: life.first.clone(), at: AT + 1 }, &[]);
    assert_eq!((life.order.attempts[0].tries, life.order.attempts[0].tried_at), (2, Some(AT + 1)));
    life.takes(Event::PrepayReady { pay_id: life.first.clone(), at: AT + 2 }, &[]);
    life.stands(OrderState::AwaitingPayment, AttemptState::QrReady);
    let attempt = &life.order.attempts[0];
    assert_eq!((attempt.ready_at, attempt.tries, attempt.ending_at), (Some(AT + 2), 0, None));
    life.refuses(Event::PrepaySent { pay_id: life.first.clone(), at: AT });
}

#[test]
fn row_4_a_definite_refusal_ends_the_order_and_gives_the_stock_back() {
    let mut life = Life::placed();
    life.refuses(Event::PrepayRefused { pay_id: life.first.clone() });
    life.takes(Event::PrepaySent { pay_id: life.first.clone(), at: AT }, &[]);
    life.takes(Event::PrepayRefused { pay_id: life.first.clone() }, &[Effect::ReleaseStock]);
    life.stands(OrderState::Closed, AttemptState::Rejected);
    assert_eq!(life.order.closed_by, Some(ClosedBy::Channel));
}

#[test]
fn row_6_a_scan_is_noted_and_an_old_one_says_nothing_new() {
    let mut life = Life::waiting();
    life.takes(Event::Scanned { pay_id: life.first.clone() }, &[]);
    life.stands(OrderState::AwaitingPayment, AttemptState::Scanned);
    life.takes(life.paid(false), &[life.booked(100), Effect::SellHeld, Effect::Deliver]);
    life.takes(Event::Scanned { pay_id: life.first.clone() }, &[]);
    life.stands(OrderState::Delivered, AttemptState::Paid);
}

#[test]
fn row_1_another_way_to_pay_ends_the_one_before() {
    let mut life = Life::waiting();
    life.takes(Event::Attempted { pay_type: PayType::Wechat, at: AT + 9 }, &[]);
    assert_eq!(life.order.attempts[0].ending_at, Some(AT + 9));
    let second = life.order.attempts[1].clone();
    assert_eq!((second.pay_id.clone(), second.pay_type), (life.order.id.attempt(2), PayType::Wechat));
    assert_eq!(life.order.current(), Some(&second));
    assert_eq!((second.state, second.ending_at), (AttemptState::New, None));
    life.takes(Event::CloseSent { pay_id: life.first.clone(), at: AT + 9 }, &[]);
    life.takes(Event::CloseProved { pay_id: life.first.clone(), at: AT + 9 }, &[]);
    life.stands(OrderState::AwaitingPayment, AttemptState::Closed);
    // One that was never sent exists nowhere.
    life.takes(Event::Attempted { pay_type: PayType::Alipay, at: AT + 10 }, &[]);
    assert_eq!(life.order.attempts[1].state, AttemptState::Rejected);
    for _ in 3..ATTEMPTS_MAX {
        life.takes(Event::Attempted { pay_type: PayType::Alipay, at: AT + 11 }, &[]);
    }
    life.refuses(Event::Attempted { pay_type: PayType::Alipay, at: AT + 12 });
}

#[test]
fn a_code_that_comes_for_an_attempt_the_viewer_left_does_not_open_the_order() {
    let mut life = Life::placed();
    life.takes(Event::PrepaySent { pay_id: life.first.clone(), at: AT }, &[]);
    life.takes(Event::Attempted { pay_type: PayType::Wechat, at: AT }, &[]);
    life.takes(Event::PrepayReady { pay_id: life.first.clone(), at: AT }, &[]);
    life.stands(OrderState::Reserved, AttemptState::QrReady);
}

#[test]
fn rows_7_and_11_a_payment_before_or_while_closing_delivers() {
    let life = Life::delivered();
    life.stands(OrderState::Delivered, AttemptState::Paid);
    assert_eq!(life.order.attempts[0].paid, Some(life.order.amount));
    let mut life = Life::waiting();
    life.takes(Event::EndAsked { by: ClosedBy::Time, at: AT }, &[]);
    life.stands(OrderState::Closing, AttemptState::QrReady);
    life.takes(life.paid(false), &[life.booked(100), Effect::SellHeld, Effect::Deliver]);
    life.stands(OrderState::Delivered, AttemptState::Paid);
}

#[test]
fn row_8_a_late_payment_is_delivered_where_it_can_be_and_goes_back_where_it_cannot() {
    let mut life = Life::closed();
    life.takes(life.paid(true), &[life.booked(100), Effect::SellAgain, Effect::Deliver]);
    life.stands(OrderState::Delivered, AttemptState::Paid);
    let mut life = Life::closed();
    let opened = life.opened(100, RefundReason::Late, RefundState::New);
    life.takes(life.paid(false), &[life.booked(100), opened]);
    life.stands(OrderState::RefundDue, AttemptState::Paid);
}

#[test]
fn row_9_an_order_that_was_never_sent_ends_at_once() {
    let mut life = Life::placed();
    life.takes(Event::EndAsked { by: ClosedBy::Shop, at: AT }, &[Effect::ReleaseStock]);
    life.stands(OrderState::Closed, AttemptState::Rejected);
    assert_eq!(life.order.closed_by, Some(ClosedBy::Shop));
    life.takes(Event::EndAsked { by: ClosedBy::Viewer, at: AT }, &[]);
    assert_eq!(life.order.closed_by, Some(ClosedBy::Shop));
}

#[test]
fn rows_9_and_10_nothing_is_closed_at_the_channel_while_it_is_sold_with() {
    let mut life = Life::waiting();
    life.refuses(Event::CloseSent { pay_id: life.first.clone(), at: AT });
    let life = Life::closed();
    life.stands(OrderState::Closed, AttemptState::Closed);
    assert_eq!(life.order.closed_by, Some(ClosedBy::Viewer));
    assert_eq!(life.order.attempts[0].ending_at, Some(AT));
}

#[test]
fn a_trade_the_channel_closes_by_itself_ends_the_order_and_is_asked_about_from_then_on() {
    let mut life = Life::waiting();
    life.takes(Event::CloseProved { pay_id: life.first.clone(), at: AT + 7 }, &[Effect::ReleaseStock]);
    life.stands(OrderState::Closed, AttemptState::Closed);
    assert_eq!((life.order.closed_by, life.order.attempts[0].ending_at), (Some(ClosedBy::Channel), Some(AT + 7)));
    let mut life = Life::placed();
    life.refuses(Event::CloseProved { pay_id: life.first.clone(), at: AT });
}

#[test]
fn row_11_what_the_channel_returned_by_itself_is_booked_both_ways() {
    let returned = |life: &Life| Event::Returned { pay_id: life.first.clone(), amount: life.order.amount };
    let effects = |life: &Life| {
        let refund_id = life.first.whole_refund();
        let opened = life.opened(100, RefundReason::Returned, RefundState::Done);
        vec![life.booked(100), opened, Effect::BookRefund { refund_id }]
    };
    let mut life = Life::waiting();
    let expected = [effects(&life), vec![Effect::ReleaseStock]].concat();
    life.takes(returned(&life), &expected);
    life.stands(OrderState::Refunded, AttemptState::Paid);
    life.takes(returned(&life), &[]);
    let mut life = Life::closed();
    let expected = effects(&life);
    life.takes(returned(&life), &expected);
    life.stands(OrderState::Refunded, AttemptState::Paid);
    // A delivered order keeps what it delivered; its own payment is not returned by looking at it.
    let mut life = Life::delivered();
    life.takes(returned(&life), &[]);
    life.stands(OrderState::Delivered, AttemptState::Paid);
}

#[test]
fn row_12_another_sum_that_is_ours_goes_back_and_what_is_not_waits_for_a_person() {
    let differs = |life: &Life, mismatch, ours: Option<i64>| Event::Differs {
        pay_id: life.first.clone(),
        mismatch,
        ours: ours.map(|fen| Fen::new(fen).unwrap()),
        at: AT + 5,
    };
    let alarm = |mismatch| Effect::Alarm { mismatch };
    let mut life = Life::waiting();
    let opened = life.opened(130, RefundReason::Mismatch, RefundState::New);
    life.takes(
        differs(&life, Mismatch::Amount, Some(130)),
        &[alarm(Mismatch::Amount), life.booked(130), opened, Effect::ReleaseStock],
    );
    life.stands(OrderState::RefundDue, AttemptState::Mismatch);
    assert_eq!(life.order.attempts[0].paid, Some(Fen::new(130).unwrap()));
    life.takes(differs(&life, Mismatch::Amount, Some(130)), &[]);
    let mut life = Life::closed();
    let opened = life.opened(130, RefundReason::Mismatch, RefundState::New);
    life.takes(differs(&life, Mismatch::Amount, Some(130)), &[alarm(Mismatch::Amount), life.booked(130), opened]);
    life.stands(OrderState::RefundDue, AttemptState::Mismatch);

    let mut life = Life::waiting();
    life.takes(differs(&life, Mismatch::App, None), &[alarm(Mismatch::App)]);
    life.stands(OrderState::Closing, AttemptState::Mismatch);
    assert_eq!(life.order.closed_by, Some(ClosedBy::Channel));
    life.takes(differs(&life, Mismatch::App, None), &[]);
    // Once the person has put right what was wrong, the evidence counts.
    life.takes(life.paid(false), &[life.booked(100), Effect::SellHeld, Effect::Deliver]);
    life.stands(OrderState::Delivered, AttemptState::Paid);
    let mut life = Life::placed();
    life.refuses(differs(&life, Mismatch::App, None));
}

#[test]
fn row_12_the_other_attempts_of_a_quarantined_order_are_ended() {
    for ours in [None, Some(Fen::new(7).unwrap())] {
        let mut life = Life::waiting();
        life.takes(Event::Attempted { pay_type: PayType::Wechat, at: AT }, &[]);
        let second = life.order.attempts[1].pay_id.clone();
        life.takes(Event::PrepaySent { pay_id: second.clone(), at: AT }, &[]);
        let differs = Event::Differs { pay_id: life.first.clone(), mismatch: Mismatch::Amount, ours, at: AT + 5 };
        life.order.apply(&differs).unwrap();
        assert_eq!(life.order.attempt(&second).unwrap().ending_at, Some(AT + 5));
        // The order waits for both.
        life.order.apply(&Event::CloseProved { pay_id: second, at: AT + 6 }).unwrap();
        let expected = if ours.is_some() { OrderState::RefundDue } else { OrderState::Closing };
        assert_eq!(life.order.state, expected);
    }
    // A delivered order stays delivered.
    let mut life = Life::waiting();
    life.takes(Event::Attempted { pay_type: PayType::Wechat, at: AT }, &[]);
    let second = life.order.attempts[1].pay_id.clone();
    life.takes(Event::PrepaySent { pay_id: second.clone(), at: AT }, &[]);
    life.order.apply(&life.paid(false)).unwrap();
    let ours = Some(Fen::new(7).unwrap());
    life.order.apply(&Event::Differs { pay_id: second, mismatch: Mismatch::Amount, ours, at: AT }).unwrap();
    life.stands(OrderState::Delivered, AttemptState::Paid);
    assert_eq!((life.order.refunds.len(), life.order.refunds[0].amount), (1, Fen::new(7).unwrap()));
}

#[test]
fn rows_13_to_15_a_refund_goes_its_way() {
    let mut life = Life::closed();
    life.order.apply(&life.paid(false)).unwrap();
    let refund_id = life.first.whole_refund();
    let id = || refund_id.clone();
    let refund = |life: &Life| life.order.refund(&refund_id).unwrap().clone();
    life.takes(Event::RefundSent { refund_id: id(), at: AT + 1 }, &[]);
    assert_eq!((life.order.state, refund(&life).state), (OrderState::Refunding, RefundState::Sent));
    life.takes(Event::RefundSent { refund_id: id(), at: AT + 2 }, &[]);
    assert_eq!((refund(&life).tried_at, refund(&life).tries), (Some(AT + 2), 2));
    life.takes(Event::RefundStuck { refund_id: id() }, &[]);
    assert_eq!(refund(&life).state, RefundState::Abnormal);
    life.takes(Event::RefundAccepted { refund_id: id() }, &[]);
    assert_eq!(refund(&life).state, RefundState::Processing);
    life.takes(Event::RefundDone { refund_id: id() }, &[Effect::BookRefund { refund_id: id() }]);
    assert_eq!((life.order.state, refund(&life).state), (OrderState::Refunded, RefundState::Done));
    // Whatever comes later changes nothing.
    let tries = refund(&life).tries;
    life.takes(Event::RefundSent { refund_id: id(), at: AT + 3 }, &[]);
    life.takes(Event::RefundDone { refund_id: id() }, &[]);
    life.takes(Event::RefundClosed { refund_id: id() }, &[]);
    assert_eq!((refund(&life).state, refund(&life).tries), (RefundState::Done, tries));
    life.refuses(Event::RefundDone { refund_id: RefundId::new("UNKNOWN-REFUND").unwrap() });
}

#[test]
fn row_14_a_refund_the_channel_ended_for_good_is_made_again_under_the_next_number() {
    let mut life = Life::closed();
    life.order.apply(&life.paid(false)).unwrap();
    let first = life.first.whole_refund();
    life.takes(Event::RefundSent { refund_id: first.clone(), at: AT + 1 }, &[]);
    life.takes(Event::RefundClosed { refund_id: first.clone() }, &[]);
    assert_eq!(life.order.state, OrderState::Refunding);
    assert_eq!(life.order.refund(&first).unwrap().state, RefundState::Closed);
    let next = life.order.refund(&first.next()).unwrap().clone();
    assert_eq!((next.state, next.amount, next.reason), (RefundState::New, life.order.amount, RefundReason::Late));
    assert_eq!((next.tries, next.tried_at), (0, None));
    life.takes(Event::RefundClosed { refund_id: first.clone() }, &[]);
    assert_eq!(life.order.refunds.len(), 2);
    let refund_id = next.refund_id;
    life.takes(Event::RefundDone { refund_id: refund_id.clone() }, &[Effect::BookRefund { refund_id }]);
    assert_eq!(life.order.state, OrderState::Refunded);
}

#[test]
fn row_17_what_goes_back_of_a_delivered_order_never_exceeds_what_was_paid() {
    let id = |number: u32| RefundId::new(format!("RETURN{number}")).unwrap();
    let taken = |life: &Life, number: u32, fen: i64| Event::TakenBack {
        pay_id: life.first.clone(),
        refund_id: id(number),
        amount: Fen::new(fen).unwrap(),
    };
    let by_hand = |life: &Life, number: u32, fen: i64| Event::ReturnedByHand {
        pay_id: life.first.clone(),
        refund_id: id(number),
        amount: Fen::new(fen).unwrap(),
    };
    let left = |life: &Life| life.order.refundable(&life.first).get();
    let mut life = Life::waiting();
    life.refuses(taken(&life, 1, 1));
    assert_eq!(left(&life), 0);
    let mut life = Life::delivered();
    assert_eq!(left(&life), 100);
    life.refuses(taken(&life, 1, 0));
    life.refuses(taken(&life, 1, 101));
    let opened = life.order.clone().apply(&taken(&life, 1, 60)).unwrap();
    assert!(matches!(&opened[..], [Effect::OpenRefund { refund }]
        if refund.reason == RefundReason::Streamer && refund.state == RefundState::New && refund.refund_id == id(1)));
    life.takes(taken(&life, 1, 60), &opened);
    life.takes(taken(&life, 1, 60), &[]);
    assert_eq!(left(&life), 40);
    life.refuses(by_hand(&life, 2, 41));
    let effects = life.order.apply(&by_hand(&life, 2, 40)).unwrap();
    assert!(matches!(&effects[..], [Effect::OpenRefund { refund }, Effect::BookRefund { refund_id }]
        if refund.reason == RefundReason::Console && refund.state == RefundState::Done && *refund_id == id(2)));
    life.takes(by_hand(&life, 2, 40), &[]);
    life.refuses(taken(&life, 3, 1));
    // A number that is used up counts no more, the one in its place does.
    life.takes(Event::RefundClosed { refund_id: id(1) }, &[]);
    life.refuses(taken(&life, 3, 1));
    assert_eq!(left(&life), 0);
    life.stands(OrderState::Delivered, AttemptState::Paid);
}

#[test]
fn row_17_money_that_went_back_leaves_what_was_delivered_delivered_and_counts_for_its_own_attempt_only() {
    let mut life = Life::waiting();
    life.takes(Event::Attempted { pay_type: PayType::Wechat, at: AT }, &[]);
    let second = life.order.attempts[1].pay_id.clone();
    life.takes(Event::PrepaySent { pay_id: second.clone(), at: AT }, &[]);
    life.order.apply(&life.paid(false)).unwrap();
    life.order.apply(&Event::Paid { pay_id: second.clone(), amount: life.order.amount, restock: false }).unwrap();
    // All of the second payment goes back, and some of the first may all the same.
    assert_eq!((life.order.refundable(&life.first).get(), life.order.refundable(&second)), (100, Fen::ZERO));
    let amount = Fen::new(60).unwrap();
    let refund_id = RefundId::new("RETURN1").unwrap();
    life.order.apply(&Event::TakenBack { pay_id: life.first.clone(), refund_id: refund_id.clone(), amount }).unwrap();
    for refund_id in [refund_id, second.whole_refund()] {
        life.takes(Event::RefundDone { refund_id: refund_id.clone() }, &[Effect::BookRefund { refund_id }]);
        life.stands(OrderState::Delivered, AttemptState::Paid);
    }
}

#[test]
fn row_15_an_order_is_refunded_only_once_all_of_it_is_back() {
    let mut life = Life::waiting();
    life.takes(Event::Attempted { pay_type: PayType::Wechat, at: AT }, &[]);
    let second = life.order.attempts[1].pay_id.clone();
    life.takes(Event::PrepaySent { pay_id: second.clone(), at: AT }, &[]);
    life.takes(Event::EndAsked { by: ClosedBy::Viewer, at: AT }, &[]);
    for pay_id in [life.first.clone(), second.clone()] {
        life.order.apply(&Event::CloseProved { pay_id, at: AT }).unwrap();
    }
    for pay_id in [life.first.clone(), second.clone()] {
        life.order.apply(&Event::Paid { pay_id, amount: life.order.amount, restock: false }).unwrap();
    }
    life.order.apply(&Event::RefundDone { refund_id: second.whole_refund() }).unwrap();
    assert_eq!(life.order.state, OrderState::RefundDue);
    life.order.apply(&Event::RefundDone { refund_id: life.first.whole_refund() }).unwrap();
    assert_eq!(life.order.state, OrderState::Refunded);
}
