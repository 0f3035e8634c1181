//! Money that cannot be kept goes back: payments that came too late or twice, refunds whose result is unknown, and what
//! the channels' own books say of it in the end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::answer::Ext;
use api::{Client, Goods, OrderView};
use futures_util::StreamExt;
use order::state::{AttemptState, OrderState, RefundReason, RefundState};
use order::{OrderId, PayType};
use serde_json::{Value, json};
use sqlx::Row;
use std::time::Duration;
use support::{World, until, wish};

const BOTH: [PayType; 2] = [PayType::Alipay, PayType::Wechat];
/// Longest a test waits for a refund: calls that time out take 10 s each.
const WAIT: Duration = Duration::from_secs(120);

async fn put(world: &World, faults: Value) {
    let url = format!("{}/faults", world.sandbox.base_url);
    let answer = world.phone.put(url).json(&faults).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

async fn get(world: &World, path: &str) -> Value {
    world.phone.get(format!("{}{path}", world.sandbox.base_url)).send().await.unwrap().json().await.unwrap()
}

async fn fired(world: &World, pay_type: PayType, fault: &str) -> u64 {
    get(world, "/faults").await[pay_type.as_str()][fault]["fired"].as_u64().unwrap_or_default()
}

/// The channels say "closed" to whatever is closed, and leave it payable.
async fn ignore_closes(world: &World) {
    put(world, json!({"alipay": {"close_ignored": {}}, "wechat": {"close_ignored": {}}})).await;
}

async fn order(client: &Client, goods: &Goods, pay_type: PayType, request: u128) -> Ext {
    let (params, asked) = wish(goods, 1, pay_type, request);
    client.pay_order(&params, &asked).await.unwrap()
}

/// The same order, to be paid through another channel.
async fn switch(client: &Client, goods: &Goods, pay_type: PayType, request: u128, order_id: &OrderId) -> Ext {
    let (mut params, mut asked) = wish(goods, 1, pay_type, request);
    params.order_id = Some(order_id.clone());
    asked.order_id = Some(order_id.clone());
    client.pay_order(&params, &asked).await.unwrap()
}

/// An order that the viewer cancelled and the shop closed, by the channel's word.
async fn closed(client: &Client, goods: &Goods, pay_type: PayType, request: u128) -> Ext {
    let ext = order(client, goods, pay_type, request).await;
    client.cancel(&ext.order_id).await.unwrap();
    until(client, &ext.order_id, &[OrderState::Closed]).await;
    ext
}

/// Follows an order until its view is as wanted.
async fn seen(client: &Client, order_id: &OrderId, wanted: impl Fn(&OrderView) -> bool) -> OrderView {
    let follow = async {
        let mut views = Box::pin(client.order_events(order_id).await.unwrap());
        while let Some(view) = views.next().await {
            let view = view.unwrap();
            if wanted(&view) {
                return view;
            }
        }
        panic!("the stream ended");
    };
    tokio::time::timeout(WAIT, follow).await.expect("the order comes to what is wanted")
}

async fn paid(world: &World, ext: &Ext) {
    let shown = world.phone("pay", &ext.code).await;
    assert_eq!(shown["state"], "paid", "{shown}");
}

/// The channel's books have one refund of the whole payment, under the number that is derived from the attempt.
async fn went_back_once(world: &World, ext: &Ext) {
    let books = get(world, "/books").await;
    let of = |what: &str| -> Vec<Value> {
        let rows = books[what].as_array().unwrap();
        rows.iter().filter(|row| row["out_trade_no"] == ext.pay_id.as_str()).cloned().collect()
    };
    let (trades, refunds) = (of("trades"), of("refunds"));
    assert_eq!(trades.len(), 1, "{books}");
    let amount = ext.amount_fen.get();
    assert_eq!((&trades[0]["paid_fen"], &trades[0]["refunded_fen"]), (&json!(amount), &json!(amount)));
    let numbers: Vec<_> = refunds.iter().map(|refund| (&refund["number"], &refund["amount_fen"])).collect();
    assert_eq!(numbers, [(&json!(ext.pay_id.whole_refund()), &json!(amount))]);
    assert_eq!(refunds[0]["state"], "success");
}

/// Our ledger adds up, and has as much with each channel as the channel has of us.
async fn books_agree(world: &World) {
    let books = get(world, "/books").await;
    let mut connection = world.shop.shop.store.read().await.unwrap();
    let rows = sqlx::query("SELECT account, unit, CAST(SUM(amount) AS BIGINT) FROM ledger GROUP BY account, unit");
    let rows = rows.fetch_all(&mut *connection).await.unwrap();
    let sums: Vec<(String, String, i64)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.try_get(2).unwrap())).collect();
    for pay_type in BOTH {
        let account = format!("channel_cash:{pay_type}");
        let cash: i64 = sums.iter().filter(|(name, ..)| *name == account).map(|(.., sum)| sum).sum();
        assert_eq!(json!(cash), books["totals"][pay_type.as_str()]["balance_fen"], "{account}");
    }
    for unit in ["CNY", "FIN"] {
        assert_eq!(sums.iter().filter(|(_, of, _)| of == unit).map(|(.., sum)| sum).sum::<i64>(), 0, "{unit}");
    }
    // What is neither earned nor owed back any more.
    let open: i64 =
        sums.iter().filter(|(name, ..)| name == "suspense" || name == "refunds_payable").map(|(.., sum)| sum).sum();
    assert_eq!(open, 0);
}

/// An order paid through both channels; the payment that comes second, through `returned`, is to go back.
async fn paid_twice(world: &World, client: &Client, returned: PayType, request: u128, faults: Value) -> Ext {
    let goods = client.goods().await.unwrap();
    let kept = if returned == PayType::Alipay { PayType::Wechat } else { PayType::Alipay };
    ignore_closes(world).await;
    let second = order(client, &goods[1], returned, request).await;
    let first = switch(client, &goods[1], kept, request + 1, &second.order_id).await;
    paid(world, &first).await;
    until(client, &first.order_id, &[OrderState::Delivered]).await;
    put(world, json!({returned.as_str(): faults})).await;
    paid(world, &second).await;
    second
}

#[tokio::test]
async fn a_late_payment_is_delivered_when_the_goods_are_still_there() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    ignore_closes(&world).await;
    for (pay_type, request) in [(PayType::Alipay, 1), (PayType::Wechat, 2)] {
        let goods = client.goods().await.unwrap();
        let ext = closed(&client, &goods[0], pay_type, request).await;
        assert_eq!(client.goods().await.unwrap()[0].stock_left, goods[0].stock_left);
        paid(&world, &ext).await;
        let view = until(&client, &ext.order_id, &[OrderState::Delivered, OrderState::RefundDue]).await;
        assert_eq!((view.state, view.refunds.len()), (OrderState::Delivered, 0));
        assert_eq!(client.goods().await.unwrap()[0].stock_left, goods[0].stock_left - 1);
    }
    books_agree(&world).await;
    world.stop().await;
}

#[tokio::test]
async fn a_late_payment_goes_back_in_full_when_the_goods_are_gone() {
    let world = World::new(300).await;
    ignore_closes(&world).await;
    let mut late = Vec::new();
    for pay_type in BOTH {
        let client = world.viewer().await;
        let goods = client.goods().await.unwrap();
        let ext = closed(&client, &goods[2], pay_type, 1).await;
        late.push((client, ext));
    }
    let buyer = world.viewer().await;
    let goods = buyer.goods().await.unwrap();
    let ext = order(&buyer, &goods[2], PayType::Alipay, 1).await;
    paid(&world, &ext).await;
    until(&buyer, &ext.order_id, &[OrderState::Delivered]).await;
    for (client, ext) in &late {
        paid(&world, ext).await;
        let view = until(client, &ext.order_id, &[OrderState::Refunded, OrderState::Delivered]).await;
        assert_eq!((view.state, view.refunds[0].reason), (OrderState::Refunded, RefundReason::Late));
        went_back_once(&world, ext).await;
    }
    books_agree(&world).await;
    world.stop().await;
}

#[tokio::test]
async fn of_two_channels_that_were_both_paid_the_first_delivers_and_the_other_goes_back() {
    let world = World::new(300).await;
    ignore_closes(&world).await;
    let client = world.viewer().await;
    let mut request = 0;
    for (left, chosen) in [(PayType::Alipay, PayType::Wechat), (PayType::Wechat, PayType::Alipay)] {
        for left_is_paid_first in [true, false] {
            let goods = client.goods().await.unwrap();
            request += 2;
            let left = order(&client, &goods[1], left, request).await;
            let chosen = switch(&client, &goods[1], chosen, request + 1, &left.order_id).await;
            assert_eq!((&left.order_id, left.pay_id != chosen.pay_id), (&chosen.order_id, true));
            let (first, second) = if left_is_paid_first { (&left, &chosen) } else { (&chosen, &left) };
            paid(&world, first).await;
            until(&client, &left.order_id, &[OrderState::Delivered]).await;
            paid(&world, second).await;
            let done = |view: &OrderView| view.refunds.iter().any(|refund| refund.state == RefundState::Done);
            let view = seen(&client, &left.order_id, done).await;
            assert_eq!(view.state, OrderState::Delivered);
            assert_eq!(
                (&view.refunds[0].pay_id, view.refunds[0].reason, view.refunds.len()),
                (&second.pay_id, RefundReason::Twice, 1)
            );
            went_back_once(&world, second).await;
        }
    }
    // 60 fins for each of the four orders, once.
    assert_eq!(client.viewer().await.unwrap().fins_balance, 240);
    books_agree(&world).await;
    world.stop().await;
}

/// Each fault comes over the refund of one order; the refund ends as done, once, whatever its answers were.
async fn refunds_survive(pay_type: PayType, cases: &[(&str, &str, u64)]) {
    let world = World::new(300).await;
    let client = world.viewer().await;
    for ((fault, call, count), request) in cases.iter().zip((10_u128..).step_by(10)) {
        let before = fired(&world, pay_type, fault).await;
        let faults = json!({*fault: {"calls": [call], "count": count}});
        let ext = paid_twice(&world, &client, pay_type, request, faults).await;
        let done = |view: &OrderView| view.refunds.iter().any(|refund| refund.state == RefundState::Done);
        let view = seen(&client, &ext.order_id, done).await;
        assert_eq!((view.state, view.refunds.len()), (OrderState::Delivered, 1), "{fault} {call}");
        assert_eq!(fired(&world, pay_type, fault).await - before, *count, "{fault} {call}");
        went_back_once(&world, &ext).await;
    }
    books_agree(&world).await;
    world.stop().await;
}

const ERRORS: [(&str, &str, u64); 7] = [
    ("http_error_before", "refund", 2),
    ("http_error_after", "refund", 1),
    ("system_error_before", "refund", 2),
    ("system_error_after", "refund", 1),
    ("rate_limited", "refund", 1),
    ("answer_signature_wrong", "refund", 1),
    ("http_error_before", "refund_query", 2),
];
const TIMEOUTS: [(&str, &str, u64); 2] = [("timeout_before", "refund", 1), ("timeout_after", "refund", 1)];

#[tokio::test]
async fn an_alipay_refund_whose_answer_is_an_error_is_repeated_and_made_once() {
    refunds_survive(PayType::Alipay, &ERRORS).await;
}

#[tokio::test]
async fn a_wechat_refund_whose_answer_is_an_error_is_repeated_and_made_once() {
    refunds_survive(PayType::Wechat, &ERRORS).await;
}

#[tokio::test]
async fn an_alipay_refund_without_an_answer_is_repeated_and_made_once() {
    refunds_survive(PayType::Alipay, &TIMEOUTS).await;
}

#[tokio::test]
async fn a_wechat_refund_without_an_answer_is_repeated_and_made_once() {
    refunds_survive(PayType::Wechat, &TIMEOUTS).await;
}

#[tokio::test]
async fn a_refund_waits_for_the_merchant_s_balance_and_is_then_made_once() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    for (pay_type, request) in [(PayType::Alipay, 10), (PayType::Wechat, 20)] {
        let faults = json!({"balance_not_enough": {"count": 2}});
        let ext = paid_twice(&world, &client, pay_type, request, faults).await;
        let is = |wanted: RefundState| move |view: &OrderView| view.refunds.iter().any(|refund| refund.state == wanted);
        seen(&client, &ext.order_id, is(RefundState::Abnormal)).await;
        seen(&client, &ext.order_id, is(RefundState::Done)).await;
        assert_eq!(fired(&world, pay_type, "balance_not_enough").await, 2);
        went_back_once(&world, &ext).await;
    }
    books_agree(&world).await;
    world.stop().await;
}

#[tokio::test]
async fn an_abnormal_refund_waits_for_a_person_at_the_channel_and_stays_one_refund() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let faults = json!({"refund_abnormal": {"count": 1}});
    let ext = paid_twice(&world, &client, PayType::Wechat, 10, faults).await;
    let abnormal = |view: &OrderView| view.refunds.iter().any(|refund| refund.state == RefundState::Abnormal);
    seen(&client, &ext.order_id, abnormal).await;
    let url = format!("{}/merchant/settle", world.sandbox.base_url);
    let settled = world.phone.post(url).json(&json!({"number": ext.pay_id.whole_refund()})).send().await.unwrap();
    assert!(settled.status().is_success(), "{}", settled.text().await.unwrap());
    let done = |view: &OrderView| view.refunds.iter().all(|refund| refund.state == RefundState::Done);
    let view = seen(&client, &ext.order_id, done).await;
    assert_eq!((view.state, view.refunds.len()), (OrderState::Delivered, 1));
    went_back_once(&world, &ext).await;
    books_agree(&world).await;
    world.stop().await;
}

#[tokio::test]
async fn nothing_is_delivered_for_money_a_person_returned_before_the_shop_heard_of_it() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    put(
        &world,
        json!({"alipay": {"close_ignored": {}, "notice_dropped": {}}, "wechat": {"close_ignored": {}, "notice_dropped": {}}}),
    )
    .await;
    for (pay_type, request) in [(PayType::Alipay, 1), (PayType::Wechat, 2)] {
        let ext = closed(&client, &goods[0], pay_type, request).await;
        paid(&world, &ext).await;
        let by_hand = json!({"channel": pay_type, "out_trade_no": ext.pay_id, "amount_fen": 22_800});
        let url = format!("{}/merchant/refund", world.sandbox.base_url);
        assert!(world.phone.post(url).json(&by_hand).send().await.unwrap().status().is_success());
        client.ask(&ext.order_id).await.unwrap();
        // Alipay says that all of it went back, WeChat Pay only that some did.
        let expected = match pay_type {
            PayType::Alipay => (OrderState::Refunded, AttemptState::Paid),
            PayType::Wechat => (OrderState::Closed, AttemptState::Mismatch),
        };
        seen(&client, &ext.order_id, |view| (view.state, view.attempts[0].state) == expected).await;
    }
    let goods = client.goods().await.unwrap();
    assert_eq!((goods[0].stock_left, goods[0].held), (5, 0));
    world.stop().await;
}
