//! Delivery of notices.

use serde_json::{Value, json};

use crate::Practice;

#[tokio::test]
async fn alipay_repeats_a_notice_until_the_body_is_exactly_success() {
    let mut practice = Practice::open().await;
    practice.shop.will_answer(&[(500, "success"), (200, "success\n"), (200, "SUCCESS"), (200, "success")]);
    let (number, code) = practice.merchant.alipay_order(100, &practice.shop.url("alipay")).await;
    practice.merchant.phone("pay", &code).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        let notice = practice.shop.next().await;
        assert!(notice.alipay_verifies(&practice.merchant), "{notice:?}");
        assert_eq!(notice.headers["content-type"], "application/x-www-form-urlencoded; charset=utf-8");
        let form = notice.form();
        assert_eq!(form["out_trade_no"], number);
        assert_eq!((form["trade_status"].as_str(), form["total_amount"].as_str()), ("TRADE_SUCCESS", "1.00"));
        assert_eq!(form["seller_id"], practice.merchant.text(&practice.merchant.alipay["seller_id"]));
        let bill: Value = serde_json::from_str(&form["fund_bill_list"]).expect("JSON in a field");
        assert_eq!(bill[0]["fundChannel"], "ALIPAYACCOUNT");
        ids.push(form["notify_id"].clone());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    // A second trade's notice comes next: the first is not repeated any more.
    let (other, code) = practice.merchant.alipay_order(200, &practice.shop.url("alipay")).await;
    practice.merchant.phone("pay", &code).await;
    assert_eq!(practice.shop.next().await.form()["out_trade_no"], other);
    assert!(practice.shop.came_already().is_none());
}

#[tokio::test]
async fn wechat_repeats_with_the_same_id_and_a_fresh_signature_until_200_or_204() {
    let mut practice = Practice::open().await;
    practice.shop.will_answer(&[(401, ""), (500, "{\"code\":\"SUCCESS\"}"), (204, "")]);
    let (number, code) = practice.merchant.wechat_order(100, &practice.shop.url("wechat")).await;
    practice.merchant.phone("pay", &code).await;
    let mut seen: Vec<(Value, String)> = Vec::new();
    for _ in 0..3 {
        let notice = practice.shop.next().await;
        assert!(practice.merchant.wechat_verifies(&notice.headers, &notice.body), "{notice:?}");
        let envelope: Value = serde_json::from_str(&notice.body).expect("JSON");
        assert_eq!(envelope["event_type"], "TRANSACTION.SUCCESS");
        let resource = &envelope["resource"];
        assert_eq!(
            (&resource["original_type"], &resource["associated_data"]),
            (&json!("transaction"), &json!("transaction"))
        );
        let content: Value = serde_json::from_str(&practice.merchant.open_sealed(resource)).expect("JSON");
        assert_eq!(content["out_trade_no"], number.as_str());
        assert_eq!((&content["trade_state"], &content["amount"]["total"]), (&json!("SUCCESS"), &json!(100)));
        seen.push((envelope["id"].clone(), notice.headers["wechatpay-nonce"].clone()));
    }
    assert!(seen.iter().all(|(id, _)| *id == seen[0].0), "{seen:?}");
    assert_ne!(seen[0].1, seen[1].1);
    let (other, code) = practice.merchant.wechat_order(100, &practice.shop.url("wechat")).await;
    practice.merchant.phone("pay", &code).await;
    let notice = practice.shop.next().await;
    let envelope: Value = serde_json::from_str(&notice.body).expect("JSON");
    assert!(practice.merchant.open_sealed(&envelope["resource"]).contains(&other));
}

#[tokio::test]
async fn a_notice_nobody_takes_is_given_up_after_the_schedule() {
    let mut practice = Practice::open().await;
    practice.shop.will_answer(&[(500, ""); 6]);
    let (_, code) = practice.merchant.alipay_order(100, &practice.shop.url("alipay")).await;
    practice.merchant.phone("pay", &code).await;
    for _ in 0..6 {
        practice.shop.next().await;
    }
    // The next to come is another trade's, after which the first one's end is in the books.
    let (other, code) = practice.merchant.alipay_order(100, &practice.shop.url("alipay")).await;
    practice.merchant.phone("pay", &code).await;
    assert_eq!(practice.shop.next().await.form()["out_trade_no"], other);
    assert_eq!(practice.books().await["totals"]["alipay"]["notices"]["given_up"], 1);
}

#[tokio::test]
async fn without_a_schedule_of_ones_own_the_published_ones_hold() {
    let mut practice = Practice::open_with(|options| options.notice_schedule = None).await;
    practice.shop.will_answer(&[(500, ""); 100]);
    let (_, alipay) = practice.merchant.alipay_order(100, &practice.shop.url("alipay")).await;
    practice.merchant.phone("pay", &alipay).await;
    practice.shop.next().await;
    let pauses_s = [240, 600, 600, 3600, 7200, 21_600, 54_000];
    for pause_s in pauses_s {
        wait_for_attempt_in_books(&practice).await;
        practice.sandbox.clock().advance(std::time::Duration::from_secs(pause_s + 1));
        practice.shop.next().await;
    }
    let (_, wechat) = practice.merchant.wechat_order(100, &practice.shop.url("wechat")).await;
    practice.merchant.phone("pay", &wechat).await;
    practice.shop.next().await;
    let pauses_s = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];
    for pause_s in pauses_s {
        wait_for_attempt_in_books(&practice).await;
        practice.sandbox.clock().advance(std::time::Duration::from_secs(pause_s + 1));
        practice.shop.next().await;
    }
}

/// The shop answers before the sandbox has written down that it did; the clock must not move in between.
async fn wait_for_attempt_in_books(practice: &Practice) {
    let written = async {
        loop {
            let totals = practice.books().await["totals"].clone();
            if totals["alipay"]["notices_due"] == 0 && totals["wechat"]["notices_due"] == 0 {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), written).await.expect("the attempt is written down");
}

#[tokio::test]
async fn refunds_and_closings_at_alipay_are_told_too() {
    let mut practice = Practice::open().await;
    let url = practice.shop.url("alipay");
    let (number, code) = practice.merchant.alipay_order(1000, &url).await;
    practice.merchant.phone("pay", &code).await;
    assert!(!practice.shop.next().await.form().contains_key("refund_fee"));
    for (request, amount, status, fee) in
        [("r1", "3.00", "TRADE_SUCCESS", "3.00"), ("r2", "7.00", "TRADE_CLOSED", "10.00")]
    {
        let biz = json!({"out_trade_no": number, "refund_amount": amount, "out_request_no": request});
        practice.merchant.alipay("alipay.trade.refund", biz).await;
        let notice = practice.shop.next().await;
        assert!(notice.alipay_verifies(&practice.merchant));
        let form = notice.form();
        assert_eq!((form["trade_status"].as_str(), form["refund_fee"].as_str()), (status, fee));
        assert_eq!(form["out_biz_no"], request);
        assert!(form.contains_key("gmt_refund"));
    }
    let (_, code) = practice.merchant.alipay_order(1000, &url).await;
    practice.merchant.phone("decline", &code).await;
    assert_eq!(practice.shop.next().await.form()["trade_status"], "TRADE_CLOSED");
}
