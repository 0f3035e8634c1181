//! Notices that are new while a query is under way, and notices that come again.

use crate::house::House;
use crate::till::{Call, Gate, Trouble};
use order::PayType;
use order::state::OrderState;
use std::sync::Arc;

#[tokio::test]
async fn a_new_notice_asks_although_a_query_is_under_way() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Wechat).await;
    let gate = Gate::new();
    house.wechat.troubles(Call::Query, [Trouble::HeldAfter(Arc::clone(&gate))]);
    house.hear(PayType::Wechat, &house.wechat.notice(&placed.pay_id, "other")).await.unwrap();
    let worker = house.settle_beside();
    gate.arrived().await;
    // The answer on its way says "not paid". The payment comes after it, and with it a notice of its own.
    house.wechat.pay(&placed.pay_id);
    house.hear(PayType::Wechat, &house.wechat.notice(&placed.pay_id, "payment")).await.unwrap();
    gate.let_go();
    worker.await.unwrap().unwrap();
    assert_eq!(house.wechat.called(Call::Query), 2);
    assert_eq!(house.state(&placed).await, OrderState::Delivered, "no time has passed");
}

#[tokio::test]
async fn a_notice_that_comes_again_asks_again_once_a_while_has_passed_since_the_last_answer() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Wechat).await;
    let notice = house.wechat.notice(&placed.pay_id, "payment");
    let asks = async || house.number("SELECT asks FROM attempts").await;
    house.hear(PayType::Wechat, &notice).await.unwrap();
    // Its query is still due.
    house.hear(PayType::Wechat, &notice).await.unwrap();
    assert_eq!(asks().await, 1);
    house.settle().await;
    assert_eq!(house.wechat.called(Call::Query), 1);
    for (seconds, asked) in [(0, 1), (9, 1), (1, 2)] {
        house.skip(seconds);
        house.hear(PayType::Wechat, &notice).await.unwrap();
        assert_eq!(asks().await, asked, "{seconds} s later");
    }
    house.settle().await;
    // A clock that was set back says nothing about when it was asked.
    house.skip(-100);
    house.hear(PayType::Wechat, &notice).await.unwrap();
    assert_eq!(asks().await, 3);
    assert_eq!(house.number("SELECT COUNT(*) FROM inbox").await, 1, "it is kept once");
}
