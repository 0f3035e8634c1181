//! One purchase from end to end over HTTP: the storefront, the sandbox's channels and phone, and the client.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::{CallError, ErrorCode};
use order::PayType;
use order::state::{AttemptState, ClosedBy, OrderState};
use support::{World, until, until_view, wish};

#[tokio::test]
async fn whoever_paid_gets_the_goods_with_either_channel() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    for (pay_type, request) in [(PayType::Alipay, 1), (PayType::Wechat, 2)] {
        let goods = client.goods().await.unwrap();
        let (params, asked) = wish(&goods[0], 1, pay_type, request);
        let ext = client.pay_order(&params, &asked).await.unwrap();
        assert!(api::answer::is_channels_own(pay_type, &ext.code), "{}", ext.code);
        let shown = world.phone("scan", &ext.code).await;
        assert_eq!(shown["amount_fen"], 22_800, "{shown}");
        world.phone("pay", &ext.code).await;
        let view = until(&client, &ext.order_id, &[OrderState::Delivered]).await;
        assert_eq!(view.attempts[0].state, AttemptState::Paid);
        assert!(view.paid_at.is_some());
    }
    let left = client.goods().await.unwrap();
    assert_eq!((left[0].stock_left, left[0].held), (3, 0));
    world.stop().await;
}

#[tokio::test]
async fn fins_are_credited_by_the_delivery_itself() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[1], 3, PayType::Wechat, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    assert_eq!(client.viewer().await.unwrap().fins_balance, 0);
    world.phone("pay", &ext.code).await;
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    assert_eq!(client.viewer().await.unwrap().fins_balance, 180);
    world.stop().await;
}

#[tokio::test]
async fn an_order_nobody_pays_ends_and_its_stock_comes_back() {
    let world = World::new(5).await;
    let client = world.viewer().await;
    for (pay_type, request) in [(PayType::Alipay, 1), (PayType::Wechat, 2)] {
        let goods = client.goods().await.unwrap();
        let (params, asked) = wish(&goods[2], 1, pay_type, request);
        let ext = client.pay_order(&params, &asked).await.unwrap();
        assert_eq!(client.goods().await.unwrap()[2].stock_left, 0);
        let view = until(&client, &ext.order_id, &[OrderState::Closed, OrderState::Delivered]).await;
        assert_eq!((view.state, view.closed_by), (OrderState::Closed, Some(ClosedBy::Time)));
        assert_eq!(client.goods().await.unwrap()[2].stock_left, 1);
        // The code is dead at the channel too.
        let late = world.phone("pay", &ext.code).await;
        assert!(late["code"].is_string() && late["message"].is_string(), "{late}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_cancelled_order_is_closed_at_the_channel_first() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    for (pay_type, request) in [(PayType::Alipay, 1), (PayType::Wechat, 2)] {
        for scanned in [false, true] {
            let goods = client.goods().await.unwrap();
            let (params, asked) = wish(&goods[0], 1, pay_type, request * 10 + u128::from(scanned));
            let ext = client.pay_order(&params, &asked).await.unwrap();
            if scanned {
                world.phone("scan", &ext.code).await;
            }
            client.cancel(&ext.order_id).await.unwrap();
            let view = until(&client, &ext.order_id, &[OrderState::Closed]).await;
            assert_eq!(view.closed_by, Some(ClosedBy::Viewer));
            let late = world.phone("pay", &ext.code).await;
            assert!(late["code"].is_string() && late["message"].is_string(), "{late}");
        }
    }
    assert_eq!(client.goods().await.unwrap()[0].stock_left, 5);
    world.stop().await;
}

#[tokio::test]
async fn a_payment_that_comes_before_the_cancellation_counts() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    world.phone("pay", &ext.code).await;
    client.cancel(&ext.order_id).await.unwrap();
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    world.stop().await;
}

#[tokio::test]
async fn a_trade_the_channel_closes_ends_the_order() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    world.phone("decline", &ext.code).await;
    let view = until(&client, &ext.order_id, &[OrderState::Closed]).await;
    assert_eq!(view.closed_by, Some(ClosedBy::Channel));
    world.stop().await;
}

#[tokio::test]
async fn the_same_request_gives_the_same_order_and_other_params_are_refused() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let first = client.pay_order(&params, &asked).await.unwrap();
    let again = client.pay_order(&params, &asked).await.unwrap();
    assert_eq!((&first.order_id, &first.pay_id, &first.code), (&again.order_id, &again.pay_id, &again.code));
    let (other, asked) = wish(&goods[1], 1, PayType::Alipay, 1);
    let Err(CallError::Refused(refusal)) = client.pay_order(&other, &asked).await else { panic!("taken") };
    assert_eq!(refusal.code, ErrorCode::RequestConflict);
    assert_eq!(client.goods().await.unwrap()[0].held, 1);
    world.stop().await;
}

#[tokio::test]
async fn an_order_switched_to_the_other_channel_is_paid_once_and_what_comes_twice_goes_back() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    for (round, (first, second)) in
        [(PayType::Alipay, PayType::Wechat), (PayType::Wechat, PayType::Alipay)].into_iter().enumerate()
    {
        let number = u128::try_from(round).unwrap() * 10;
        let (params, asked) = wish(&goods[1], 1, first, number + 1);
        let old = client.pay_order(&params, &asked).await.unwrap();
        let (mut params, mut asked) = wish(&goods[1], 1, second, number + 2);
        params.order_id = Some(old.order_id.clone());
        asked.order_id = Some(old.order_id.clone());
        let new = client.pay_order(&params, &asked).await.unwrap();
        assert_eq!((&new.order_id, new.pay_type), (&old.order_id, second));
        assert_ne!(new.pay_id, old.pay_id);
        // The same requests give the same codes; the old one is no longer to be shown.
        assert_eq!(client.pay_order(&params, &asked).await.unwrap().code, new.code);
        world.phone("pay", &new.code).await;
        let view = until(&client, &new.order_id, &[OrderState::Delivered]).await;
        assert_eq!(view.attempts.len(), 2);
        assert_eq!(view.attempts[1].state, AttemptState::Paid);
        // The code the viewer left is dead at its channel.
        let view = until_view(&client, &new.order_id, |view| !view.attempts[0].state.is_open()).await;
        assert_eq!(view.attempts[0].state, AttemptState::Closed);
        let late = world.phone("pay", &old.code).await;
        assert!(late["code"].is_string() && late["message"].is_string(), "{late}");
    }
    world.stop().await;
}

#[tokio::test]
async fn an_open_order_gives_its_code_to_another_request_that_names_it() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let first = client.pay_order(&params, &asked).await.unwrap();
    let (again, asked) = wish(&goods[0], 1, PayType::Alipay, 2);
    let Err(CallError::Refused(refusal)) = client.pay_order(&again, &asked).await else { panic!("two orders") };
    assert_eq!(refusal.data.order_id, Some(first.order_id.to_string()));
    let (mut again, mut asked) = wish(&goods[0], 1, PayType::Alipay, 3);
    again.order_id = Some(first.order_id.clone());
    asked.order_id = Some(first.order_id.clone());
    let second = client.pay_order(&again, &asked).await.unwrap();
    assert_eq!((&second.order_id, &second.pay_id, &second.code), (&first.order_id, &first.pay_id, &first.code));
    // Other goods, and somebody else's order, are refused.
    let (mut other, mut asked) = wish(&goods[1], 1, PayType::Alipay, 4);
    other.order_id = Some(first.order_id.clone());
    asked.order_id = Some(first.order_id.clone());
    let Err(CallError::Refused(refusal)) = client.pay_order(&other, &asked).await else { panic!("taken") };
    assert_eq!(refusal.code, ErrorCode::InvalidParams);
    let stranger = world.viewer().await;
    let (mut theirs, mut asked) = wish(&goods[0], 1, PayType::Wechat, 5);
    theirs.order_id = Some(first.order_id.clone());
    asked.order_id = Some(first.order_id.clone());
    let Err(CallError::Refused(refusal)) = stranger.pay_order(&theirs, &asked).await else { panic!("taken") };
    assert_eq!(refusal.code, ErrorCode::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn a_halted_shop_takes_no_orders_and_finishes_what_it_has() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    let store = &world.shop.shop.store;
    store.halt(storefront::store::OPERATOR, "stocktaking".into(), 1).await.unwrap();
    let (more, asked) = wish(&goods[1], 1, PayType::Alipay, 2);
    let Err(CallError::Refused(refusal)) = client.pay_order(&more, &asked).await else { panic!("taken") };
    assert_eq!(refusal.code, ErrorCode::ShopPaused);
    world.phone("pay", &ext.code).await;
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    store.lift(storefront::store::OPERATOR).await.unwrap();
    client.pay_order(&more, &asked).await.unwrap();
    world.stop().await;
}

#[tokio::test]
async fn each_refusal_has_its_code_and_changes_nothing() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let before = client.goods().await.unwrap();
    let refuse = async |params: &api::Params, asked: &api::Asked| match client.pay_order(params, asked).await {
        Err(CallError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let (mut params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    params.price_version = 7;
    let refusal = refuse(&params, &asked).await;
    assert_eq!((refusal.code, refusal.data.price_fen), (ErrorCode::PriceChanged, Some(22_800)));
    let (params, asked) = wish(&goods[0], 3, PayType::Alipay, 2);
    let refusal = refuse(&params, &asked).await;
    assert_eq!((refusal.code, refusal.data.limit), (ErrorCode::LimitReached, Some(2)));
    let (params, asked) = wish(&goods[2], 2, PayType::Alipay, 3);
    let refusal = refuse(&params, &asked).await;
    assert_eq!((refusal.code, refusal.data.stock_left), (ErrorCode::SoldOut, Some(1)));
    let (mut params, asked) = wish(&goods[0], 1, PayType::Alipay, 4);
    params.goods_id = order::GoodsId::new("no-such-goods").unwrap();
    assert_eq!(refuse(&params, &asked).await.code, ErrorCode::NotOnSale);
    assert_eq!(client.goods().await.unwrap(), before);
    world.stop().await;
}

#[tokio::test]
async fn an_order_waits_for_a_channel_that_is_away_and_the_same_request_fetches_its_code() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (folder, shop) = (world.folder, world.shop);
    let address = world.sandbox.addr;
    world.sandbox.stop().await;
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let Err(CallError::Refused(refusal)) = client.pay_order(&params, &asked).await else { panic!("no channel") };
    assert_eq!(refusal.code, ErrorCode::ChannelUnavailable);
    assert!(refusal.data.retry_after_s.is_some() && refusal.data.order_id.is_some());
    let mut options = sandbox::Options::new(folder.path().join("sandbox"));
    options.listen = address;
    let sandbox = sandbox::start(options).await.unwrap();
    let ext = loop {
        match client.pay_order(&params, &asked).await {
            Ok(ext) => break ext,
            Err(CallError::Refused(again)) if again.code == ErrorCode::ChannelUnavailable => {}
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(Some(ext.order_id.to_string()), refusal.data.order_id);
    shop.stop().await;
    sandbox.stop().await;
}
