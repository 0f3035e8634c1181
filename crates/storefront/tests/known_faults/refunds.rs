//! Money going back: once, under one number, until it is there.

use crate::house::{House, PRICE};
use crate::till::{Call, Trouble};
use order::state::{Event, OrderState, RefundState};
use order::{Fen, PayType, RefundId};
use storefront::store::{Evidence, Placed};

/// What the streamer gives back: a part, so that a second refund would not be too much for the channel.
pub(crate) const PART: i64 = 100;

/// A delivered order of which a part is to go back. Also its refund's number.
pub(crate) async fn to_give_back(house: &House) -> (Placed, RefundId) {
    let placed = house.ordered(PayType::Wechat).await;
    house.wechat.pay(&placed.pay_id);
    house.pass(10).await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    let refund_id = RefundId::new(format!("{}S1", placed.pay_id)).unwrap();
    let amount = Fen::new(PART).unwrap();
    let event = Event::TakenBack { pay_id: placed.pay_id.clone(), refund_id: refund_id.clone(), amount };
    let evidence = Evidence::text("a cup was broken");
    house.shop.store.apply(&placed.order_id, event, evidence, house.now()).await.unwrap();
    (placed, refund_id)
}

/// It went back once, under its number, and both sides know.
pub(crate) async fn went_back_once(house: &House, placed: &Placed, refund_id: &RefundId) {
    assert_eq!(house.wechat.refunds(), [(refund_id.to_string(), PART)]);
    let order = house.record(placed).await.order;
    assert_eq!(order.refund(refund_id).unwrap().state, RefundState::Done);
    let booked = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM ledger WHERE account = 'channel_cash:wechat'";
    assert_eq!(house.number(booked).await, PRICE - PART);
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_the_same_refund_when_it_is_tried_again() {
    let house = House::open().await;
    let (placed, refund_id) = to_give_back(&house).await;
    house.wechat.troubles(Call::Refund, [Trouble::LostRequest, Trouble::LostAnswer]);
    house.pass(600).await;
    went_back_once(&house, &placed, &refund_id).await;
}

#[tokio::test]
async fn a_refund_under_way_is_waited_for_and_no_second_one_is_sent() {
    let house = House::open().await;
    let (placed, refund_id) = to_give_back(&house).await;
    house.wechat.troubles(Call::Refund, [Trouble::Slow]);
    house.pass(3 * 86_400).await;
    assert_eq!(house.record(&placed).await.order.refund(&refund_id).unwrap().state, RefundState::Processing);
    assert_eq!((house.wechat.refunds().len(), house.wechat.called(Call::Refund)), (0, 1));
    house.wechat.settle_refunds();
    house.pass(7_200).await;
    went_back_once(&house, &placed, &refund_id).await;
}

#[tokio::test]
async fn a_refund_the_balance_does_not_cover_is_tried_until_it_does() {
    let house = House::open().await;
    let (placed, refund_id) = to_give_back(&house).await;
    house.wechat.troubles(Call::Refund, vec![Trouble::NoBalance; 6]);
    house.settle().await;
    assert_eq!(house.record(&placed).await.order.refund(&refund_id).unwrap().state, RefundState::Abnormal);
    house.pass(7_200).await;
    went_back_once(&house, &placed, &refund_id).await;
}
