//! Late payments: what of the shelf they still get.

use crate::house::{DEADLINE_S, House};
use order::PayType;
use order::state::OrderState;
use storefront::store::Placed;

/// Ann's order of a cup, of which one person may have one, closed unpaid.
async fn missed(house: &House) -> Placed {
    let placed = house.place("ann", "cup", PayType::Alipay).await.unwrap();
    house.pass(DEADLINE_S + 10).await;
    assert_eq!(house.state(&placed).await, OrderState::Closed);
    placed
}

async fn paid(house: &House, placed: &Placed) {
    house.alipay.pay(&placed.pay_id);
    house.hear(PayType::Alipay, &house.alipay.notice(&placed.pay_id, "payment")).await.unwrap();
    house.pass(10).await;
}

#[tokio::test]
async fn a_late_payment_gets_what_one_person_may_have() {
    let house = House::open().await;
    let late = missed(&house).await;
    paid(&house, &late).await;
    assert_eq!(house.state(&late).await, OrderState::Delivered);
    assert_eq!(house.audit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_late_payment_beyond_what_one_person_may_have_goes_back() {
    let house = House::open().await;
    let late = missed(&house).await;
    let other = house.place("ann", "cup", PayType::Alipay).await.unwrap();
    house.settle().await;
    paid(&house, &other).await;
    assert_eq!(house.state(&other).await, OrderState::Delivered);
    paid(&house, &late).await;
    assert_eq!(house.state(&late).await, OrderState::Refunded);
    assert_eq!(house.held_and_sold().await, (0, 1));
    assert_eq!(house.audit().await, Vec::<String>::new());
}
