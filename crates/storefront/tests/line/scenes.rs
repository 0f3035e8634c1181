//! What may come to an order while it waits, on a clock that stands still. Nobody is called unless a scene calls.

use crate::house::{DEADLINE_S, House, viewer};
use crate::till::Call;
use api::{OrderView, Params};
use order::state::{AttemptState, ClosedBy, OrderState};
use order::{GoodsId, PayType};
use serde_json::Value;
use std::sync::Arc;
use storefront::limits::LimitsConfig;
use storefront::store::Placed;
use storefront::throttle::Lines;
use tokio::sync::watch;

/// A channel that takes one order a second.
fn slow(house: &mut House, alipay_per_second: u32) {
    let limits = LimitsConfig { alipay_per_second, ..LimitsConfig::OFF };
    Arc::get_mut(&mut house.shop).unwrap().lines = Lines::new(&limits);
}

/// A house whose line at Alipay has somebody in it. Whoever comes now waits until a scene calls.
async fn crowded() -> (House, Vec<Placed>) {
    let mut house = House::open().await;
    slow(&mut house, 1);
    let mut placed = Vec::new();
    for who in ["ben", "cay"] {
        for goods in ["fins", "cup"] {
            placed.push(house.place(who, goods, PayType::Alipay).await.unwrap());
            house.settle().await;
            if house.shop.lines.length(PayType::Alipay).0 > 0 {
                return (house, placed);
            }
        }
    }
    panic!("a channel of one order a second took four at once");
}

/// What the viewer is told.
async fn view(house: &House, placed: &Placed) -> OrderView {
    serde_json::from_value(Value::Object(house.shop.view(&house.record(placed).await))).unwrap()
}

async fn ann_waits(house: &House) -> Placed {
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    house.settle().await;
    let told = view(house, &placed).await;
    assert_eq!((told.state, told.queue_position), (OrderState::Reserved, Some(2)));
    assert_eq!(told.attempts[0].state, AttemptState::New);
    placed
}

/// Calls those whose turn it is until nobody waits.
async fn call_all(house: &House) {
    let (_go, stop) = watch::channel(false);
    while house.shop.lines.length(PayType::Alipay).0 > 0 {
        let called = house.shop.lines.called().await;
        for lease in house.shop.store.lease_called(called, house.now()).await.unwrap() {
            house.shop.attend_in_turn(lease, true, &stop).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_order_that_waits_holds_its_goods_and_is_sent_when_its_turn_comes() {
    let (house, before) = crowded().await;
    let placed = ann_waits(&house).await;
    assert_eq!(house.held_and_sold().await.0, i64::try_from(before.len()).unwrap() + 1);
    assert!(!house.alipay.trades().contains(&placed.pay_id.to_string()));
    call_all(&house).await;
    let told = view(&house, &placed).await;
    assert_eq!((told.state, told.queue_position), (OrderState::AwaitingPayment, None));
    assert!(house.alipay.trades().contains(&placed.pay_id.to_string()));
}

#[tokio::test]
async fn who_cancels_in_line_is_let_go_at_once_and_the_channel_never_hears_of_it() {
    let (house, _) = crowded().await;
    let placed = ann_waits(&house).await;
    let record = house.shop.cancel(&viewer("ann"), &placed.order_id).await.unwrap();
    assert_eq!((record.order.state, record.order.closed_by), (OrderState::Closed, Some(ClosedBy::Viewer)));
    assert_eq!(house.shop.lines.position(&placed.order_id), None);
    let next = house.place("ann", "plate", PayType::Alipay).await.unwrap();
    house.settle().await;
    assert_eq!(view(&house, &next).await.queue_position, Some(2), "an empty place was counted");
    call_all(&house).await;
    assert!(!house.alipay.trades().contains(&placed.pay_id.to_string()));
}

#[tokio::test]
async fn the_time_to_pay_goes_on_in_line_and_ends_an_order_that_was_never_sent() {
    let (house, before) = crowded().await;
    let waiting = before.last().unwrap();
    house.pass(DEADLINE_S).await;
    let order = house.record(waiting).await.order;
    assert_eq!((order.state, order.closed_by), (OrderState::Closed, Some(ClosedBy::Time)));
    assert_eq!(view(&house, waiting).await.queue_position, None);
    assert!(!house.alipay.trades().contains(&waiting.pay_id.to_string()));
}

#[tokio::test]
async fn another_way_to_pay_leads_out_of_the_line() {
    let (house, _) = crowded().await;
    let placed = ann_waits(&house).await;
    house.place_in("ann", "fins", PayType::Wechat, Some(placed.order_id.clone())).await.unwrap();
    house.settle().await;
    let told = view(&house, &placed).await;
    assert_eq!((told.state, told.queue_position), (OrderState::AwaitingPayment, None));
    assert_eq!(house.shop.lines.length(PayType::Alipay).0, 1);
}

#[tokio::test]
async fn a_payment_is_not_kept_waiting_by_the_line_its_order_stands_in() {
    let (house, _) = crowded().await;
    let placed = house.ordered(PayType::Wechat).await;
    house.place_in("ann", "fins", PayType::Alipay, Some(placed.order_id.clone())).await.unwrap();
    house.wechat.pay(&placed.pay_id);
    let notice = house.wechat.notice(&placed.pay_id, "paid");
    house.hear(PayType::Wechat, &notice).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    assert_eq!(house.shop.lines.position(&placed.order_id), None);
    assert_eq!(house.alipay.called(Call::Prepay), 1, "a new attempt of a paid order was sent");
}

#[tokio::test]
async fn the_line_forms_anew_after_a_restart_and_the_oldest_are_first() {
    let (house, _) = crowded().await;
    let mut waiting = Vec::new();
    for goods in ["plate", "fins", "cup"] {
        house.skip(1);
        waiting.push(house.place("ann", goods, PayType::Alipay).await.unwrap());
        house.settle().await;
    }
    let mut house = house.restarted().await;
    slow(&mut house, 1);
    // All are looked at, and the newest first: a place is by age. The first of them goes at once, nobody else is there.
    let (_go, stop) = watch::channel(false);
    let mut leases = house.shop.store.lease_due(house.now(), 100).await.unwrap();
    leases.sort_by_key(|lease| std::cmp::Reverse(waiting.iter().position(|placed| placed.order_id == lease.order_id)));
    for lease in leases {
        house.shop.attend(lease, &stop).await.unwrap();
    }
    let places: Vec<_> = waiting.iter().filter_map(|placed| house.shop.lines.position(&placed.order_id)).collect();
    assert!(places.len() >= 2 && places.is_sorted(), "{places:?}");
    call_all(&house).await;
    for placed in &waiting {
        assert_eq!(house.state(placed).await, OrderState::AwaitingPayment);
    }
}

#[tokio::test]
async fn an_order_that_would_wait_for_half_its_time_is_refused() {
    let (house, _) = crowded().await;
    let half = usize::try_from(DEADLINE_S / 2).unwrap();
    let params = |request: u128| {
        Params::new(
            order::RequestId::new(order::id::base32(request)).unwrap(),
            GoodsId::new("fins").unwrap(),
            1,
            PayType::Alipay,
            1,
        )
    };
    let mut refused = None;
    for number in 0..=half {
        let who = viewer(&format!("viewer-{number}"));
        house.shop.store.add_viewer(who.clone(), format!("hash {number}"), house.now()).await.unwrap();
        let answer = house.shop.place(&who, "192.0.2.1", params(1_000_000 + u128::try_from(number).unwrap())).await;
        house.settle().await;
        if answer.is_err() {
            refused = Some((house.shop.lines.length(PayType::Alipay).0, crate::house::refusal(answer)));
            break;
        }
    }
    let (waiting, refusal) = refused.unwrap();
    assert_eq!((waiting, refusal.code), (half, api::ErrorCode::TooManyRequests));
    assert!(refusal.data.retry_after_s.is_some());
}
