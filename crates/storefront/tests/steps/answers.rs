//! What becomes of an order by what its channel answers.

use crate::house::{DEADLINE_S, House, PRICE};
use crate::till::{Call, Trouble};
use futures_util::FutureExt as _;
use gateway::{Error, Standing};
use order::PayType;
use order::state::{AttemptState, ClosedBy, OrderState};
use storefront::push::Change;

fn ours() -> Trouble {
    Trouble::Fails(Error::Ours { setting: "alipay.app_id", why: "no such application".into() })
}

#[tokio::test]
async fn an_order_whose_first_request_the_channel_does_not_accept_is_closed() {
    let house = House::open().await;
    house.alipay.troubles(Call::Prepay, [ours()]);
    let placed = house.place("ann", "plate", PayType::Alipay).await.unwrap();
    house.settle().await;
    let order = house.record(&placed).await.order;
    assert_eq!((order.state, order.closed_by), (OrderState::Closed, Some(ClosedBy::Channel)));
    assert_eq!(house.held_and_sold().await, (0, 0));
}

#[tokio::test]
async fn a_later_request_that_is_not_accepted_says_nothing_of_the_one_before() {
    let house = House::open().await;
    house.alipay.troubles(Call::Prepay, [Trouble::LostAnswer, ours()]);
    let placed = house.place("ann", "plate", PayType::Alipay).await.unwrap();
    house.pass(2).await;
    assert_eq!(house.alipay.called(Call::Prepay), 2);
    assert_eq!(house.state(&placed).await, OrderState::Reserved, "the first one may have made a trade");
    house.pass(10).await;
    assert_eq!(house.state(&placed).await, OrderState::AwaitingPayment);
}

#[tokio::test]
async fn the_payer_reads_the_goods_and_how_many() {
    let house = House::open().await;
    house.place_at("ann", "fins", 2, 1).await.unwrap();
    house.settle().await;
    assert_eq!(house.alipay.subjects(), ["fins x2"]);
}

#[tokio::test]
async fn another_amount_that_went_back_by_itself_is_booked_both_ways() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Alipay).await;
    house.alipay.says([Standing::ClosedAfterPayment(house.alipay.paid(&placed.pay_id, PRICE - 1))]);
    house.pass(3).await;
    let order = house.record(&placed).await.order;
    assert_eq!((order.state, order.attempts[0].state), (OrderState::Refunded, AttemptState::Mismatch));
    assert_eq!(house.delivered_booked_fins().await, (0, 1, 0));
    assert_eq!(house.number("SELECT amount FROM ledger WHERE entry LIKE 'refund:%' AND line = 1").await, PRICE - 1);
    assert_eq!(house.held_and_sold().await, (0, 0));
}

#[tokio::test]
async fn what_went_back_to_whoever_paid_another_merchant_is_not_booked() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Alipay).await;
    let mut payment = house.alipay.paid(&placed.pay_id, PRICE);
    payment.merchant.partner_id = "somebody else".into();
    house.alipay.says([Standing::ClosedAfterPayment(payment)]);
    house.pass(3).await;
    let order = house.record(&placed).await.order;
    assert_eq!((order.state, order.attempts[0].state), (OrderState::Closing, AttemptState::Mismatch));
    assert_eq!(house.delivered_booked_fins().await, (0, 0, 0));
}

#[tokio::test]
async fn whoever_listens_hears_of_what_changed_and_of_nothing_else() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Wechat).await;
    let mut listener = house.shop.push.listen(Change::Order(placed.order_id.clone()));
    house.pass(DEADLINE_S + 10).await;
    assert_eq!(house.state(&placed).await, OrderState::Closed);
    assert!(listener.heard().now_or_never().is_some(), "it ended");
    // It is asked about once more, and the channel says what is known already.
    let (asked, revision) = (house.wechat.called(Call::Query), house.record(&placed).await.revision);
    house.pass(30).await;
    assert_eq!(house.wechat.called(Call::Query), asked + 1);
    assert_eq!(house.record(&placed).await.revision, revision);
    assert!(listener.heard().now_or_never().is_none(), "nothing changed");
}
