//! What belongs to an order beside its money, and a viewer's wish to have the money back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::answer::Ext;
use api::details::REASON_MAX_CHARS;
use api::{Client, ErrorCode, OrderDetails};
use order::state::{Event, OrderState};
use order::{Fen, OrderId, PayType};
use storefront::clock::{Clock, SystemClock};
use storefront::store::Evidence;
use support::{World, audit, refused, until, wish};

async fn order(client: &Client, pay_type: PayType, request: u128) -> Ext {
    let goods = client.goods().await.unwrap();
    let (mut params, asked) = wish(&goods[0], 1, pay_type, request);
    params.note = Some("no ribbon".into());
    client.pay_order(&params, &asked).await.unwrap()
}

async fn delivered(world: &World, client: &Client, request: u128) -> Ext {
    let ext = order(client, PayType::Alipay, request).await;
    world.phone("pay", &ext.code).await;
    until(client, &ext.order_id, &[OrderState::Delivered]).await;
    ext
}

/// The streamer gives some of an order's money back.
async fn take_back(world: &World, ext: &Ext, fen: i64) {
    let event = Event::TakenBack {
        pay_id: ext.pay_id.clone(),
        refund_id: ext.pay_id.whole_refund(),
        amount: Fen::new(fen).unwrap(),
    };
    let (store, now) = (&world.shop.shop.store, SystemClock.now_s());
    store.apply(&ext.order_id, event, Evidence::text("the streamer"), now).await.unwrap();
}

#[tokio::test]
async fn a_delivered_order_s_money_can_be_asked_back_and_the_first_wish_stays() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let ext = delivered(&world, &client, 1).await;
    let before = OrderDetails { note: Some("no ribbon".into()), ..OrderDetails::default() };
    assert_eq!(client.details(&ext.order_id).await.unwrap(), before);
    let asked_from = SystemClock.now_s();
    let first = client.ask_refund(&ext.order_id, "  裂了一道缝  ").await.unwrap();
    let wanted = first.refund_request.clone().unwrap();
    assert_eq!((wanted.reason.as_str(), &first.note), ("裂了一道缝", &before.note));
    assert!((asked_from..=SystemClock.now_s()).contains(&wanted.asked_at), "{wanted:?}");
    assert_eq!(client.ask_refund(&ext.order_id, "it changed my mind").await.unwrap(), first);
    assert_eq!(client.details(&ext.order_id).await.unwrap(), first);
    // A wish moves no money: the streamer decides.
    let view = client.order(&ext.order_id).await.unwrap();
    assert_eq!((view.state, view.refunds.len()), (OrderState::Delivered, 0));
    // What was asked once is answered with it, also when the money is on its way.
    take_back(&world, &ext, 22_800).await;
    assert_eq!(client.ask_refund(&ext.order_id, "now").await.unwrap(), first);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn of_two_wishes_at_the_same_moment_one_stays() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let ext = delivered(&world, &client, 1).await;
    let store = &world.shop.shop.store;
    let ask = |reason: &str, now| store.ask_refund(ext.order_id.clone(), reason.to_owned(), now);
    let (one, two) = tokio::join!(ask("one", 1), ask("two", 2));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    let kept = client.details(&ext.order_id).await.unwrap().refund_request.unwrap();
    assert!(matches!((kept.reason.as_str(), kept.asked_at), ("one", 1) | ("two", 2)), "{kept:?}");
    world.stop().await;
}

#[tokio::test]
async fn only_money_that_was_paid_and_is_not_on_its_way_back_is_asked_back() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let conflict = async |ext: &Ext| {
        let refusal = refused(client.ask_refund(&ext.order_id, "why").await);
        assert_eq!((refusal.code, refusal.data.order_id), (ErrorCode::RequestConflict, Some(ext.order_id.to_string())));
        assert_eq!(client.details(&ext.order_id).await.unwrap().refund_request, None);
    };
    let open = order(&client, PayType::Wechat, 1).await;
    conflict(&open).await;
    client.cancel(&open.order_id).await.unwrap();
    until(&client, &open.order_id, &[OrderState::Closed]).await;
    conflict(&open).await;
    let whole = delivered(&world, &client, 2).await;
    take_back(&world, &whole, 22_800).await;
    conflict(&whole).await;
    let part = delivered(&world, &client, 3).await;
    take_back(&world, &part, 22_799).await;
    client.ask_refund(&part.order_id, "the last fen").await.unwrap();
    world.stop().await;
}

#[tokio::test]
async fn a_reason_has_one_to_its_most_characters() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let ext = delivered(&world, &client, 1).await;
    for reason in ["", " \t\n ", &"长".repeat(REASON_MAX_CHARS + 1)] {
        let refusal = refused(client.ask_refund(&ext.order_id, reason).await);
        assert_eq!(refusal.code, ErrorCode::InvalidParams);
        assert!(refusal.message.contains("reason must be 1 to 200 characters"), "{refusal:?}");
    }
    let longest = "长".repeat(REASON_MAX_CHARS);
    let details = client.ask_refund(&ext.order_id, &format!(" {longest} ")).await.unwrap();
    assert_eq!(details.refund_request.unwrap().reason, longest);
    world.stop().await;
}

#[tokio::test]
async fn another_viewer_s_order_has_no_details_and_no_wish() {
    let world = World::new(300).await;
    let (owner, stranger) = (world.viewer().await, world.viewer().await);
    let ext = delivered(&world, &owner, 1).await;
    let nobodys = OrderId::new("00000000000000000000000001").unwrap();
    let mut answers = Vec::new();
    for order_id in [&ext.order_id, &nobodys] {
        answers.push(refused(stranger.details(order_id).await));
        answers.push(refused(stranger.ask_refund(order_id, "mine").await));
    }
    assert_eq!(answers[0].code, ErrorCode::NotFound);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(owner.details(&ext.order_id).await.unwrap().refund_request, None);
    world.stop().await;
}
