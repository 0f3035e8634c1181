//! The lists of a room's orders: which order is on which, page by page, and what words find.

use crate::bench::{Bench, TEAPOT, back};
use crate::support::{audit, refused, until, wish};
use api::{ErrorCode, OrderFilter, ShipmentDraft, StudioOrders};
use order::state::{OrderState, RefundReason};
use order::{Fen, GoodsId, PayType};
use serde_json::json;
use storefront::clock::{Clock, SystemClock};
use storefront::store::NewDeal;

const EVERY: [OrderFilter; 8] = [
    OrderFilter::All,
    OrderFilter::Unpaid,
    OrderFilter::Paid,
    OrderFilter::ToShip,
    OrderFilter::Wishes,
    OrderFilter::Refunds,
    OrderFilter::Stuck,
    OrderFilter::Closed,
];

async fn page(bench: &Bench, filter: OrderFilter, words: &str) -> StudioOrders {
    bench.studio.studio_orders(filter, words, None).await.unwrap()
}

async fn numbers(bench: &Bench, filter: OrderFilter, words: &str) -> Vec<String> {
    let page = page(bench, filter, words).await;
    let mut ids: Vec<String> = page.orders.iter().map(|order| order.order_id.to_string()).collect();
    ids.sort_unstable();
    ids
}

fn sorted(ids: &[&order::OrderId]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn each_order_is_on_the_lists_it_belongs_on_and_moves_with_what_happens() {
    let bench = Bench::new().await;
    let teapot = bench.bought(0, PayType::Alipay, 1).await;
    let fins = bench.bought(1, PayType::Wechat, 2).await;
    let closed = bench.closed(1, 3).await;
    let open = bench.ordered(2, PayType::Wechat, 4).await;
    let (teapot, fins, closed, open) = (&teapot.order_id, &fins.order_id, &closed.order_id, &open.order_id);
    let on = async |expected: [&[&order::OrderId]; 8]| {
        for (filter, ids) in EVERY.into_iter().zip(expected) {
            assert_eq!(numbers(&bench, filter, "").await, sorted(ids), "{filter:?}");
        }
        assert_eq!(audit(&bench.world.database()).await, Vec::<String>::new());
    };
    let all = &[teapot, fins, closed, open][..];
    on([all, &[open], &[teapot, fins], &[teapot], &[], &[], &[], &[closed]]).await;
    bench.viewer.ask_refund(fins, "too many").await.unwrap();
    on([all, &[open], &[teapot, fins], &[teapot], &[fins], &[], &[], &[closed]]).await;
    bench.studio.refund_order(fins, &back(1, 600, "")).await.unwrap();
    bench.studio.refund_order(teapot, &back(2, 100, "")).await.unwrap();
    until(&bench.viewer, fins, &[OrderState::Delivered]).await;
    on([all, &[open], &[teapot, fins], &[teapot], &[], &[teapot, fins], &[], &[closed]]).await;
    let draft = ShipmentDraft { carrier: "SF".into(), number: "SF77001234".into() };
    bench.studio.ship(teapot, &draft).await.unwrap();
    bench.viewer.cancel(open).await.unwrap();
    until(&bench.viewer, open, &[OrderState::Closed]).await;
    on([all, &[], &[teapot, fins], &[], &[], &[teapot, fins], &[], &[closed, open]]).await;
    bench.end().await;
}

#[tokio::test]
async fn a_late_payment_that_goes_back_is_a_refund_and_none_of_the_streamer_s() {
    let bench = Bench::new().await;
    bench.put_faults(json!({"alipay": {"close_ignored": {}}, "wechat": {"close_ignored": {}}})).await;
    let late = bench.closed(2, 1).await;
    bench.bought(2, PayType::Wechat, 2).await;
    bench.world.phone("pay", &late.code).await;
    until(&bench.viewer, &late.order_id, &[OrderState::Refunded]).await;
    let paper = bench.paper(&late).await;
    assert_eq!((paper.order.state, paper.order.refunds[0].reason), (OrderState::Refunded, RefundReason::Late));
    assert_eq!((paper.refundable_fen, paper.address), (0, None));
    for (filter, expected) in [(OrderFilter::Refunds, 1), (OrderFilter::Closed, 0), (OrderFilter::ToShip, 1)] {
        assert_eq!(numbers(&bench, filter, "").await.len(), expected, "{filter:?}");
    }
    let exceeds = refused(bench.studio.refund_order(&late.order_id, &back(1, 1, "")).await);
    assert_eq!((exceeds.code, exceeds.data.refundable_fen), (ErrorCode::RefundExceeds, Some(0)));
    bench.end().await;
}

#[tokio::test]
async fn of_an_order_paid_twice_the_row_says_what_it_was_delivered_for() {
    let bench = Bench::new().await;
    bench.put_faults(json!({"alipay": {"close_ignored": {}}, "wechat": {"close_ignored": {}}})).await;
    let first = bench.ordered(1, PayType::Alipay, 1).await;
    let goods = bench.viewer.goods().await.unwrap();
    let (mut params, mut asked) = wish(&goods[1], 1, PayType::Wechat, 2);
    (params.order_id, asked.order_id) = (Some(first.order_id.clone()), Some(first.order_id.clone()));
    let second = bench.viewer.pay_order(&params, &asked).await.unwrap();
    bench.pay(&second).await;
    bench.pay(&first).await;
    let paper = bench.refunded(&first).await;
    assert_eq!((paper.order.pay_type, paper.order.refunds[0].reason), (PayType::Wechat, RefundReason::Twice));
    // What came twice went back by itself; what was delivered for can still go back.
    let left: Vec<i64> = paper.attempts.iter().map(|attempt| attempt.refundable_fen).collect();
    assert_eq!((left, paper.refundable_fen), (vec![0, 600], 600));
    bench.studio.refund_order(&first.order_id, &back(1, 600, "")).await.unwrap();
    assert_eq!(bench.refunded(&first).await.order.refunds[1].pay_id, second.pay_id);
    bench.end().await;
}

#[tokio::test]
async fn a_row_says_what_was_ordered_by_whom_and_how_it_was_paid() {
    let bench = Bench::new().await;
    let now = SystemClock.now_s();
    let deal = NewDeal { price: Fen::new(500).unwrap(), starts_at: now, ends_at: now + 3_600, pieces: 3 };
    bench.world.shop.shop.store.set_deal(GoodsId::new("g2").unwrap(), Some(deal)).await.unwrap();
    let fins = bench.bought(1, PayType::Wechat, 1).await;
    let teapot = bench.ordered(0, PayType::Alipay, 2).await;
    // Of a switched order the way that was chosen last, until one is paid.
    let goods = bench.viewer.goods().await.unwrap();
    let (mut params, mut asked) = wish(&goods[0], 1, PayType::Wechat, 3);
    (params.order_id, asked.order_id) = (Some(teapot.order_id.clone()), Some(teapot.order_id.clone()));
    let switched = bench.viewer.pay_order(&params, &asked).await.unwrap();
    let other = bench.world.viewer().await;
    let (params, asked) = wish(&goods[2], 1, PayType::Alipay, 4);
    let others = other.pay_order(&params, &asked).await.unwrap();
    let rows = page(&bench, OrderFilter::All, "").await.orders;
    let row = |id: &order::OrderId| rows.iter().find(|row| row.order_id == *id).unwrap();
    let (fins, teapot, others) = (row(&fins.order_id), row(&teapot.order_id), row(&others.order_id));
    assert_eq!((fins.deal, fins.amount_fen, fins.lot, fins.title.as_str()), (true, 500, 2, "60 shark fins"));
    assert!(fins.paid_at.is_some() && !fins.quarantined);
    assert_eq!((teapot.deal, teapot.amount_fen, teapot.pay_type), (false, TEAPOT, PayType::Wechat));
    assert_eq!((teapot.state, teapot.paid_at), (OrderState::AwaitingPayment, None));
    assert_eq!((&fins.buyer, fins.buyer.len()), (&teapot.buyer, 8));
    assert_ne!(fins.buyer, others.buyer);
    let viewer = bench.viewer.viewer().await.unwrap().viewer_id.to_string();
    assert!(!serde_json::to_string(&rows).unwrap().contains(&viewer));
    // The deal that ends does not change what the order was made at.
    bench.world.shop.shop.store.set_deal(GoodsId::new("g2").unwrap(), None).await.unwrap();
    assert!(page(&bench, OrderFilter::Paid, "").await.orders[0].deal);
    bench.pay(&switched).await;
    assert_eq!(bench.paper(&switched).await.attempts.len(), 2);
    bench.end().await;
}

#[tokio::test]
async fn words_are_found_in_titles_and_numbers_of_the_list_that_is_asked() {
    let bench = Bench::new().await;
    let teapot = bench.bought(0, PayType::Alipay, 1).await;
    let cup = bench.bought(2, PayType::Wechat, 2).await;
    let closed = bench.closed(1, 3).await;
    bench.studio.refund_order(&teapot.order_id, &back(1, 100, "")).await.unwrap();
    bench.refunded(&teapot).await;
    bench
        .studio
        .ship(&cup.order_id, &ShipmentDraft { carrier: "SF".into(), number: "sf-77 001".into() })
        .await
        .unwrap();
    let (t, c, x) = (teapot.order_id.to_string(), cup.order_id.to_string(), closed.order_id.to_string());
    let paper = bench.paper(&teapot).await;
    let (tail, low) = (t[t.len() - 4..].to_owned(), t[t.len() - 8..].to_lowercase());
    let channel_no = paper.attempts[0].channel_no.clone().unwrap();
    let refund = paper.order.refunds[0].refund_id.to_string();
    for (filter, words, expected) in [
        (OrderFilter::All, "clay", vec![&t]),
        (OrderFilter::All, "TEA  clay", vec![&t]),
        (OrderFilter::All, "clay cup", vec![]),
        (OrderFilter::All, "%", vec![]),
        (OrderFilter::Closed, "fins", vec![&x]),
        (OrderFilter::Paid, "fins", vec![]),
        (OrderFilter::All, " a", vec![&t, &c, &x]),
        (OrderFilter::All, t.as_str(), vec![&t]),
        (OrderFilter::All, tail.as_str(), vec![&t]),
        (OrderFilter::All, low.as_str(), vec![&t]),
        (OrderFilter::All, &tail[1..], vec![]),
        (OrderFilter::Closed, tail.as_str(), vec![]),
        (OrderFilter::All, teapot.pay_id.as_str(), vec![&t]),
        (OrderFilter::All, channel_no.as_str(), vec![&t]),
        (OrderFilter::All, refund.as_str(), vec![&t]),
        (OrderFilter::Refunds, channel_no.as_str(), vec![&t]),
        (OrderFilter::All, "sf-77 001", vec![&c]),
        (OrderFilter::All, "nothing of this kind", vec![]),
    ] {
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        expected.sort_unstable();
        assert_eq!(numbers(&bench, filter, words).await, expected, "{filter:?} {words:?}");
    }
    bench.end().await;
}

#[tokio::test]
async fn what_no_page_answered_with_is_refused() {
    let bench = Bench::new().await;
    for query in [
        "filter=some",
        "filter=",
        "next=",
        "next=yesterday",
        "next=1",
        "next=1.",
        "next=.01ABCDEFGHJKMNPQRSTVWXYZ01",
        "next=1.a'b",
        "page=2",
    ] {
        let (status, answer) = bench.call("GET", &format!("orders?{query}"), None).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_params")), "{query}: {answer}");
    }
    let long = "x".repeat(101);
    let (status, _) = bench.call("GET", &format!("orders?words={long}"), None).await;
    assert_eq!(status, 400);
    let (status, answer) = bench.call("GET", "orders", None).await;
    assert_eq!((status, answer), (200, json!({"orders": [], "next": null})));
    bench.end().await;
}
