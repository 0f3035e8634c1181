//! Money that a streamer gives back: whole or part, once for a request, never more than came.

use crate::bench::{Bench, TEAPOT, back, no, studio_of};
use crate::support::{program, refused, until_view};
use api::receipt::verify_text;
use api::studio::TimelineEvent;
use api::{ErrorCode, OrderFilter};
use futures_util::StreamExt;
use order::state::{OrderState, RefundReason, RefundState};
use order::{OrderId, PayType};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_whole_refund_goes_to_the_payer_once_and_takes_the_order_off_what_is_to_be_sent() {
    let bench = Bench::new().await;
    for (pay_type, request) in [(PayType::Alipay, 1), (PayType::Wechat, 2)] {
        let ext = bench.bought(0, pay_type, request).await;
        let before = bench.paper(&ext).await;
        assert_eq!((before.refundable_fen, before.attempts[0].refundable_fen), (TEAPOT, TEAPOT));
        let to_ship = async || bench.studio.studio_orders(OrderFilter::ToShip, "", None).await.unwrap().orders.len();
        assert_eq!(to_ship().await, 1);
        let draft = back(100 + request, TEAPOT, "裂了");
        let paper = bench.studio.refund_order(&ext.order_id, &draft).await.unwrap();
        assert_eq!((paper.refundable_fen, paper.order.refunds.len(), to_ship().await), (0, 1, 0));
        let done = bench.refunded(&ext).await;
        let refund = &done.order.refunds[0];
        assert_eq!((refund.amount_fen, refund.reason), (TEAPOT, RefundReason::Streamer));
        let number = refund.refund_id.to_string();
        assert_eq!(bench.at_the_channel(&ext).await, [(number, TEAPOT, "success".to_owned())]);
        // The order stays delivered: its goods are the viewer's until they send them back.
        assert_eq!((done.order.state, done.address), (OrderState::Delivered, None));
    }
    // What went back frees neither stock nor the limit of one person.
    assert_eq!(bench.viewer.goods().await.unwrap()[0].stock_left, 3);
    bench.end().await;
}

#[tokio::test]
async fn parts_go_back_one_after_the_other_and_never_more_than_came() {
    let bench = Bench::new().await;
    let ext = bench.bought(0, PayType::Alipay, 1).await;
    let first = bench.studio.refund_order(&ext.order_id, &back(11, 10_000, "")).await.unwrap();
    assert_eq!(first.refundable_fen, 12_800);
    let more = refused(bench.studio.refund_order(&ext.order_id, &back(12, 12_801, "")).await);
    assert_eq!((more.code, more.data.refundable_fen), (ErrorCode::RefundExceeds, Some(12_800)));
    // Something of it is still to be sent.
    assert_eq!(bench.studio.studio_orders(OrderFilter::ToShip, "", None).await.unwrap().orders.len(), 1);
    bench.studio.refund_order(&ext.order_id, &back(13, 12_800, "the rest")).await.unwrap();
    let nothing = refused(bench.studio.refund_order(&ext.order_id, &back(14, 1, "")).await);
    assert_eq!((nothing.code, nothing.data.refundable_fen), (ErrorCode::RefundExceeds, Some(0)));
    let done = bench.refunded(&ext).await;
    assert_eq!(done.order.refunds.iter().map(|refund| refund.amount_fen).collect::<Vec<_>>(), [10_000, 12_800]);
    let moved: Vec<i64> = bench.at_the_channel(&ext).await.into_iter().map(|(_, amount, _)| amount).collect();
    assert_eq!(moved.iter().sum::<i64>(), TEAPOT, "{moved:?}");
    bench.end().await;
}

#[tokio::test]
async fn the_same_request_is_the_same_refund_for_ever_and_another_body_under_it_is_refused() {
    let bench = Bench::new().await;
    let (ext, other) = (bench.bought(0, PayType::Wechat, 1).await, bench.bought(1, PayType::Wechat, 2).await);
    let draft = back(7, 500, " a scratch ");
    let first = bench.studio.refund_order(&ext.order_id, &draft).await.unwrap();
    let again = bench.studio.refund_order(&ext.order_id, &back(7, 500, "a scratch")).await.unwrap();
    assert_eq!((first.order.refunds.len(), again.order.refunds.len()), (1, 1));
    let done = bench.refunded(&ext).await;
    // Also when it is over, and when everything else has gone back.
    bench.studio.refund_order(&ext.order_id, &back(8, TEAPOT - 500, "")).await.unwrap();
    bench.refunded(&ext).await;
    let after = bench.studio.refund_order(&ext.order_id, &draft).await.unwrap();
    assert_eq!((after.order.refunds.len(), &after.order.refunds[0]), (2, &done.order.refunds[0]));
    for (order_id, draft) in [
        (&ext.order_id, back(7, 501, "a scratch")),
        (&ext.order_id, back(7, 500, "another reason")),
        (&other.order_id, back(7, 500, "a scratch")),
    ] {
        let refusal = refused(bench.studio.refund_order(order_id, &draft).await);
        let expected = (ErrorCode::RequestConflict, Some(ext.order_id.to_string()));
        assert_eq!((refusal.code, refusal.data.order_id), expected, "{draft:?}");
    }
    assert_eq!(bench.at_the_channel(&other).await, []);
    bench.end().await;
}

#[tokio::test]
async fn only_a_delivered_order_of_the_streamer_s_own_room_goes_back() {
    let bench = Bench::new().await;
    let stranger = studio_of(&bench.world, "ceramics", "Mo").await;
    let paid = bench.bought(0, PayType::Alipay, 1).await;
    let nobodys = OrderId::from_bits(7);
    let answers = [
        refused(stranger.refund_order(&paid.order_id, &back(1, 1, "")).await),
        refused(stranger.studio_order(&paid.order_id).await),
        refused(stranger.decline_refund(&paid.order_id, &no("no")).await),
        refused(bench.studio.refund_order(&nobodys, &back(1, 1, "")).await),
        refused(bench.studio.studio_order(&nobodys).await),
    ];
    assert_eq!(answers[0].code, ErrorCode::NotFound);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(stranger.studio_orders(OrderFilter::All, "", None).await.unwrap().orders, []);
    // Neither a viewer's token nor none opens a studio, and a streamer's is no viewer's.
    let codes = [
        refused(bench.viewer.refund_order(&paid.order_id, &back(1, 1, "")).await).code,
        refused(bench.viewer.studio_orders(OrderFilter::All, "", None).await).code,
        refused(bench.viewer.show_figures(None).await).code,
        refused(bench.viewer.export_orders().await).code,
        refused(bench.studio.order(&paid.order_id).await).code,
    ];
    assert_eq!(codes, [ErrorCode::Unauthorised; 5]);
    // Nothing came of what is not paid, so nothing of it goes back.
    let (open, closed) = (bench.ordered(1, PayType::Wechat, 2).await, bench.closed(2, 3).await);
    for ext in [&open, &closed] {
        let refusal = refused(bench.studio.refund_order(&ext.order_id, &back(5, 1, "")).await);
        assert_eq!((refusal.code, refusal.data.refundable_fen), (ErrorCode::RefundExceeds, Some(0)));
        assert_eq!(bench.paper(ext).await.refundable_fen, 0);
    }
    bench.end().await;
}

#[tokio::test]
async fn a_wish_for_no_money_or_without_a_request_is_refused_in_words() {
    let bench = Bench::new().await;
    let ext = bench.bought(0, PayType::Alipay, 1).await;
    let path = format!("orders/{}/refunds", ext.order_id);
    let good = json!({"request_id": order::id::base32(1), "amount_fen": 1, "reason": ""});
    let with = |name: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, words) in [
        (with("amount_fen", json!(0)), "amount_fen must be 1 to"),
        (with("amount_fen", json!(-5)), "amount_fen must be 1 to"),
        (with("amount_fen", json!(1.5)), "the params are not right"),
        (with("amount_fen", json!(i64::MAX)), "amount_fen must be 1 to"),
        (with("request_id", json!("short")), "a request id must be 16 to 40 characters"),
        (with("reason", json!("长".repeat(201))), "reason must be at most 200 characters"),
        (with("price_fen", json!(1)), "the params are not right"),
    ] {
        let (status, answer) = bench.call("POST", &path, Some(body.clone())).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_params")), "{body}");
        assert!(answer["msg"].as_str().unwrap().contains(words), "{body}: {answer}");
    }
    let (status, _) = bench.call("POST", &path, Some(with("reason", json!("长".repeat(200))))).await;
    assert_eq!(status, 200);
    bench.refunded(&ext).await;
    bench.end().await;
}

#[tokio::test]
async fn a_payment_goes_back_in_at_most_as_many_parts_as_its_channel_takes() {
    let bench = Bench::new().await;
    let ext = bench.bought(0, PayType::Wechat, 1).await;
    for request in 0..50 {
        bench.studio.refund_order(&ext.order_id, &back(1_000 + request, 1, "")).await.unwrap();
    }
    let refusal = refused(bench.studio.refund_order(&ext.order_id, &back(2_000, 1, "")).await);
    assert_eq!(refusal.code, ErrorCode::RequestConflict);
    assert!(refusal.message.contains("as many parts as its channel allows"), "{refusal:?}");
    let done = bench.refunded(&ext).await;
    assert_eq!((done.order.refunds.len(), done.refundable_fen), (50, TEAPOT - 50));
    assert_eq!(bench.at_the_channel(&ext).await.len(), 50);
    bench.end().await;
}

#[tokio::test]
async fn a_refund_that_is_stuck_is_seen_so_and_then_seen_done() {
    let bench = Bench::new().await;
    let stuck = async || bench.studio.studio_orders(OrderFilter::Stuck, "", None).await.unwrap().orders.len();
    for (pay_type, request) in [(PayType::Alipay, 1), (PayType::Wechat, 2)] {
        let ext = bench.bought(0, pay_type, request).await;
        bench.put_faults(json!({pay_type.as_str(): {"balance_not_enough": {"count": 2}}})).await;
        bench.studio.refund_order(&ext.order_id, &back(request, 300, "")).await.unwrap();
        let is = |wanted| move |view: &api::OrderView| view.refunds.iter().any(|refund| refund.state == wanted);
        until_view(&bench.viewer, &ext.order_id, is(RefundState::Abnormal)).await;
        let paper = bench.paper(&ext).await;
        let said: Vec<_> = paper.timeline.iter().map(|line| line.what).collect();
        assert!(said.contains(&TimelineEvent::RefundStuck), "{said:?}");
        bench.refunded(&ext).await;
        assert_eq!(stuck().await, 0);
    }
    // WeChat Pay waits for a person; until then it stays on the list.
    let ext = bench.bought(1, PayType::Wechat, 3).await;
    bench.put_faults(json!({"wechat": {"refund_abnormal": {"count": 1}}})).await;
    bench.studio.refund_order(&ext.order_id, &back(3, 600, "")).await.unwrap();
    until_view(&bench.viewer, &ext.order_id, |view| {
        view.refunds[..].iter().any(|of| of.state == RefundState::Abnormal)
    })
    .await;
    assert_eq!(stuck().await, 1);
    let number = bench.paper(&ext).await.order.refunds[0].refund_id.clone();
    let url = format!("{}/merchant/settle", bench.world.sandbox.base_url);
    let settled = bench.world.phone.post(url).json(&json!({"number": number})).send().await.unwrap();
    assert!(settled.status().is_success());
    bench.refunded(&ext).await;
    assert_eq!((stuck().await, bench.at_the_channel(&ext).await.len()), (0, 1));
    bench.end().await;
}

#[tokio::test]
async fn the_viewer_and_the_studio_hear_of_a_refund_as_it_goes() {
    let bench = Bench::new().await;
    let ext = bench.bought(1, PayType::Alipay, 1).await;
    let mut heard = Box::pin(bench.studio.studio_events().await.unwrap());
    bench.studio.refund_order(&ext.order_id, &back(1, 600, "")).await.unwrap();
    let mut seen = async |wanted: RefundState| {
        loop {
            let word = tokio::time::timeout(Duration::from_secs(60), heard.next()).await.expect("a word").unwrap();
            if word.unwrap() == "orders" && bench.paper(&ext).await.order.refunds[0].state == wanted {
                return;
            }
        }
    };
    seen(RefundState::Done).await;
    let view = bench.viewer.order(&ext.order_id).await.unwrap();
    assert_eq!((view.refunds.len(), view.refunds[0].state), (1, RefundState::Done));
    bench.end().await;
}

#[tokio::test]
async fn the_timeline_tells_the_order_s_life_with_the_channel_s_numbers_and_no_address() {
    let bench = Bench::new().await;
    let ext = bench.ordered_to("Lin Xia", "no ribbon", 1).await;
    bench.pay(&ext).await;
    bench.studio.refund_order(&ext.order_id, &back(1, 800, "a scratch on the lid")).await.unwrap();
    let paper = bench.refunded(&ext).await;
    let lines = &paper.timeline;
    let told: Vec<_> = lines.iter().map(|line| line.what).filter(|what| *what != TimelineEvent::Scanned).collect();
    let expected = [
        TimelineEvent::Placed,
        TimelineEvent::PrepaySent,
        TimelineEvent::PrepayReady,
        TimelineEvent::Paid,
        TimelineEvent::TakenBack,
        TimelineEvent::RefundSent,
    ];
    assert_eq!(told[..6], expected);
    assert_eq!(told.last(), Some(&TimelineEvent::RefundDone));
    let of = |what| lines.iter().find(|line| line.what == what).unwrap();
    let paid = of(TimelineEvent::Paid);
    assert_eq!((paid.pay_type, paid.amount_fen), (Some(PayType::Wechat), Some(TEAPOT)));
    assert_eq!((&paid.channel_no, paid.channel_no.is_some()), (&paper.attempts[0].channel_no, true));
    assert!(paid.evidence.starts_with("query: Paid"), "{}", paid.evidence);
    assert_eq!(of(TimelineEvent::Placed).evidence, "");
    assert_eq!(of(TimelineEvent::TakenBack).evidence, "asked by the streamer: a scratch on the lid");
    assert_eq!(of(TimelineEvent::RefundDone).amount_fen, Some(800));
    assert!(lines.windows(2).all(|pair| pair[0].seq < pair[1].seq && pair[0].hash != pair[1].hash));
    let text = serde_json::to_string(lines).unwrap();
    for secret in ["Lin Xia", "571 8765", "龙井路", "no ribbon", &ext.code] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    // What is still to be sent has its address on the page, beside the lines.
    assert_eq!((paper.address.unwrap().name.as_str(), paper.note.as_deref()), ("Lin Xia", Some("no ribbon")));
    bench.end().await;
}

#[tokio::test]
async fn the_viewer_s_receipt_has_the_refund_and_not_the_streamer_s_reason() {
    let bench = Bench::new().await;
    let ext = bench.bought(0, PayType::Wechat, 1).await;
    bench.studio.refund_order(&ext.order_id, &back(1, 800, "a difficult customer")).await.unwrap();
    let done = bench.refunded(&ext).await;
    let text = bench.viewer.receipt(&ext.order_id).await.unwrap();
    let receipt = verify_text(&text, Some(&bench.world.shop.key)).unwrap().receipt;
    let refund = &receipt.refunds[0];
    assert_eq!((receipt.refunds.len(), refund.amount_fen, refund.reason), (1, 800, RefundReason::Streamer));
    assert_eq!((&refund.refund_id, refund.state), (&done.order.refunds[0].refund_id, RefundState::Done));
    assert!(!text.contains("difficult"), "{text}");
    let (clean, said) = program(bench.world.folder.path(), &["check"]).await;
    assert!(clean && said.contains("0 differences"), "{said}");
    bench.end().await;
}
