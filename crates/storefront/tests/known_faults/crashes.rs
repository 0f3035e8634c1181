//! The process dies: between an intent and its call, between the channel's word and ours, and at any commit.

use crate::house::{DEADLINE_S, House};
use crate::power::Power;
use crate::refunds::{to_give_back, went_back_once};
use crate::till::{Call, Gate, Till, Trouble};
use order::PayType;
use order::state::OrderState;
use std::sync::Arc;

/// Dies while the next call of this kind is held back, and starts again.
async fn dies_at(house: House, till: Arc<Till>, call: Call, trouble: fn(Arc<Gate>) -> Trouble) -> House {
    let gate = Gate::new();
    till.troubles(call, [trouble(gate.clone())]);
    let work = house.settle_beside();
    gate.arrived().await;
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
    house.restarted().await
}

#[tokio::test]
async fn an_intent_that_was_written_and_never_sent_is_sent_after_a_crash() {
    let house = House::open().await;
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    let alipay = house.alipay.clone();
    let house = dies_at(house, alipay, Call::Prepay, Trouble::HeldBefore).await;
    assert!(house.alipay.trades().is_empty());
    house.pass(60).await;
    assert_eq!(house.state(&placed).await, OrderState::AwaitingPayment);
    assert_eq!(house.alipay.trades(), [placed.pay_id.to_string()]);
}

#[tokio::test]
async fn a_refund_that_was_written_and_never_sent_is_sent_after_a_crash() {
    let house = House::open().await;
    let (placed, refund_id) = to_give_back(&house).await;
    let wechat = house.wechat.clone();
    let house = dies_at(house, wechat, Call::Refund, Trouble::HeldBefore).await;
    assert!(house.wechat.refunds().is_empty());
    house.pass(600).await;
    went_back_once(&house, &placed, &refund_id).await;
}

#[tokio::test]
async fn a_crash_after_the_channel_made_a_trade_makes_no_second_one() {
    let house = House::open().await;
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    let alipay = house.alipay.clone();
    let house = dies_at(house, alipay, Call::Prepay, Trouble::HeldAfter).await;
    house.pass(60).await;
    assert_eq!(house.alipay.trades(), [placed.pay_id.to_string()]);
    house.alipay.pay(&placed.pay_id);
    house.pass(60).await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    assert_eq!(house.delivered_booked_fins().await, (1, 1, 60));
}

#[tokio::test]
async fn a_crash_after_the_channel_sent_money_back_sends_it_no_second_time() {
    let house = House::open().await;
    let (placed, refund_id) = to_give_back(&house).await;
    let wechat = house.wechat.clone();
    let house = dies_at(house, wechat, Call::Refund, Trouble::HeldAfter).await;
    house.pass(600).await;
    went_back_once(&house, &placed, &refund_id).await;
}

#[tokio::test]
async fn what_was_under_way_goes_on_after_a_restart() {
    let house = House::open().await;
    let (returned, refund_id) = to_give_back(&house).await;
    house.wechat.troubles(Call::Refund, vec![Trouble::NoBalance; 3]);
    house.settle().await;
    let open = house.place("ben", "plate", PayType::Alipay).await.unwrap();
    house.settle().await;
    let house = house.restarted().await;
    house.pass(DEADLINE_S + 60).await;
    went_back_once(&house, &returned, &refund_id).await;
    assert_eq!(house.state(&open).await, OrderState::Closed);
    assert_eq!(house.held_and_sold().await, (0, 1));
}

#[tokio::test]
async fn paid_and_delivered_are_one_commit_wherever_the_power_fails() {
    let mut met = Vec::new();
    for commits in 0.. {
        let power = Power::steady();
        let house = House::open_on(power.clone()).await;
        let placed = house.ordered(PayType::Alipay).await;
        house.alipay.pay(&placed.pay_id);
        house.hear(PayType::Alipay, &house.alipay.notice(&placed.pay_id, "payment")).await.unwrap();
        power.fail_after(commits);
        let survived = house.try_settle().await.is_ok();
        let delivered = house.state(&placed).await == OrderState::Delivered;
        let expected = if delivered { (1, 1, 60) } else { (0, 0, 0) };
        assert_eq!(house.delivered_booked_fins().await, expected, "the power failed after {commits} commits");
        met.push(delivered);
        let house = house.restarted().await;
        house.pass(60).await;
        assert_eq!(house.delivered_booked_fins().await, (1, 1, 60), "after {commits} commits and a restart");
        if survived {
            break;
        }
    }
    assert!(met.contains(&false) && met.len() > 3, "the power never failed in between: {met:?}");
}
