//! Notices: doubled, wrong, lost, and at the same time as a query.

use crate::house::{House, PRICE};
use crate::power::Power;
use crate::till::{Call, Gate, Till, Trouble};
use gateway::NoticeError;
use order::PayType;
use order::state::OrderState;
use std::sync::Arc;
use storefront::notices::NotTaken;
use storefront::store::PlainDisk;

#[tokio::test]
async fn a_notice_that_cannot_be_kept_is_not_acknowledged() {
    let power = Power::steady();
    let house = House::open_on(power.clone()).await;
    let placed = house.ordered(PayType::Alipay).await;
    house.alipay.pay(&placed.pay_id);
    let notice = house.alipay.notice(&placed.pay_id, "payment");
    power.fail_after(0);
    let answer = house.hear(PayType::Alipay, &notice).await;
    assert!(matches!(answer, Err(NotTaken::Store(_))), "{answer:?}");
    power.fail_after(i64::MAX);
    house.hear(PayType::Alipay, &notice).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
}

#[tokio::test]
async fn writes_that_share_a_commit_are_not_acknowledged_when_it_fails() {
    let power = Power::steady();
    let house = House::open_on(power.clone()).await;
    let placed = house.ordered(PayType::Alipay).await;
    let (store, now) = (&house.shop.store, house.now());
    power.fail_after(0);
    // Both are waiting when the writer looks.
    let ask = || store.ask_now(&placed.order_id, &placed.pay_id, now);
    let (one, two) = tokio::join!(ask(), ask());
    assert!(one.is_err() && two.is_err(), "{one:?} {two:?}");
    assert_eq!(house.number("SELECT asks FROM attempts").await, 0);
}

#[tokio::test]
async fn a_notice_that_came_more_than_once_delivers_once() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Wechat).await;
    house.wechat.pay(&placed.pay_id);
    let notice = house.wechat.notice(&placed.pay_id, "payment");
    for _ in 0..3 {
        house.hear(PayType::Wechat, &notice).await.unwrap();
        house.hear(PayType::Wechat, &house.wechat.notice(&placed.pay_id, "payment")).await.unwrap();
        house.pass(60).await;
    }
    assert!(house.wechat.called(Call::Query) >= 3);
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    assert_eq!(house.delivered_booked_fins().await, (1, 1, 60));
    assert_eq!(house.held_and_sold().await, (0, 1));
    assert!(house.record(&placed).await.order.refunds.is_empty());
}

#[tokio::test]
async fn a_notice_only_claims_and_our_own_query_decides() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Alipay).await;
    let asked = house.alipay.called(Call::Query);
    house.hear(PayType::Alipay, &house.alipay.notice(&placed.pay_id, "payment")).await.unwrap();
    house.settle().await;
    assert_eq!(house.alipay.called(Call::Query), asked + 1);
    assert_eq!(house.state(&placed).await, OrderState::AwaitingPayment);
    assert_eq!(house.delivered_booked_fins().await, (0, 0, 0));
}

#[tokio::test]
async fn a_payment_of_another_amount_buys_nothing_and_goes_back() {
    for fen in [1, PRICE - 1, PRICE + 1] {
        let house = House::open().await;
        let placed = house.ordered(PayType::Wechat).await;
        house.wechat.pay_amount(&placed.pay_id, fen);
        house.hear(PayType::Wechat, &house.wechat.notice(&placed.pay_id, "payment")).await.unwrap();
        house.pass(10).await;
        assert_eq!(house.state(&placed).await, OrderState::Refunded, "{fen} fen");
        assert_eq!(house.delivered_booked_fins().await, (0, 1, 0));
        assert_eq!(house.wechat.refunds(), [(placed.pay_id.whole_refund().to_string(), fen)]);
        assert_eq!(house.held_and_sold().await, (0, 0));
    }
}

#[tokio::test]
async fn a_notice_that_tells_of_no_payment_ends_nothing() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Alipay).await;
    for kind in ["other", "closed"] {
        house.hear(PayType::Alipay, &house.alipay.notice(&placed.pay_id, kind)).await.unwrap();
        house.pass(2).await;
        assert_eq!(house.state(&placed).await, OrderState::AwaitingPayment, "{kind}");
    }
    house.alipay.pay(&placed.pay_id);
    house.pass(60).await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
}

#[tokio::test]
async fn a_shop_that_can_take_no_notice_still_finds_the_payment() {
    let wechat = Till::new(PayType::Wechat).out_of_time();
    let house = House::furnish(Arc::new(PlainDisk), Till::new(PayType::Alipay), wechat).await;
    let placed = house.ordered(PayType::Wechat).await;
    house.wechat.pay(&placed.pay_id);
    let answer = house.hear(PayType::Wechat, &house.wechat.notice(&placed.pay_id, "payment")).await;
    assert!(matches!(answer, Err(NotTaken::Refused(NoticeError::Stale))), "{answer:?}");
    house.pass(60).await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
}

#[tokio::test]
async fn a_payment_that_a_notice_and_a_query_find_at_once_is_booked_once() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Wechat).await;
    house.wechat.pay(&placed.pay_id);
    let gate = Gate::new();
    house.wechat.troubles(Call::Query, [Trouble::HeldAfter(gate.clone())]);
    // The query of the schedule has its answer and takes so long to tell it that its lease runs out.
    house.skip(3);
    let beside = house.settle_beside();
    gate.arrived().await;
    house.skip(90);
    house.hear(PayType::Wechat, &house.wechat.notice(&placed.pay_id, "payment")).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    gate.let_go();
    beside.await.unwrap().unwrap();
    house.pass(60).await;
    assert_eq!(house.delivered_booked_fins().await, (1, 1, 60));
    assert_eq!(house.held_and_sold().await, (0, 1));
    assert!(house.record(&placed).await.order.refunds.is_empty());
}
