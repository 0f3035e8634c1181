//! Orders: stock and limits.

use crate::house::{House, code};
use crate::power::Power;
use crate::till::Call;
use api::ErrorCode;
use order::PayType;

#[tokio::test]
async fn the_last_piece_is_ordered_once() {
    let house = House::open().await;
    house.place("ann", "plate", PayType::Alipay).await.unwrap();
    assert_eq!(code(house.place("ben", "plate", PayType::Alipay).await), ErrorCode::SoldOut);
    assert_eq!(house.held_and_sold().await, (1, 0));
}

#[tokio::test]
async fn the_last_piece_is_ordered_once_by_two_buyers_at_the_same_moment() {
    let power = Power::steady();
    let house = House::open_on(power.clone()).await;
    power.let_two_meet();
    let (ann, ben) =
        tokio::join!(house.place("ann", "plate", PayType::Alipay), house.place("ben", "plate", PayType::Wechat));
    let refused = if ann.is_ok() { ben } else { ann };
    assert_eq!(code(refused), ErrorCode::SoldOut);
    assert_eq!(house.number("SELECT COUNT(*) FROM orders").await, 1);
    assert_eq!(house.held_and_sold().await, (1, 0));
}

#[tokio::test]
async fn one_person_s_limit_holds_on_two_devices_at_the_same_moment() {
    let power = Power::steady();
    let house = House::open_on(power.clone()).await;
    power.let_two_meet();
    let (one, two) =
        tokio::join!(house.place("ann", "cup", PayType::Alipay), house.place("ann", "cup", PayType::Wechat));
    let refused = code(if one.is_ok() { two } else { one });
    assert!(matches!(refused, ErrorCode::RequestConflict | ErrorCode::LimitReached), "{refused:?}");
    assert_eq!(house.number("SELECT pieces FROM shares WHERE viewer_id = 'ann' AND goods_id = 'cup'").await, 1);
    assert_eq!(house.held_and_sold().await, (1, 0));
}

#[tokio::test]
async fn stock_is_held_before_the_channel_is_asked_for_a_code() {
    let house = House::open().await;
    house.place("ann", "plate", PayType::Wechat).await.unwrap();
    assert_eq!((house.held_and_sold().await, house.wechat.called(Call::Prepay)), ((1, 0), 0));
    house.settle().await;
    assert_eq!((house.held_and_sold().await, house.wechat.called(Call::Prepay)), ((1, 0), 1));
}
