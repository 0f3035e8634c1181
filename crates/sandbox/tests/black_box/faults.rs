//! Every fault fires, does what it says, is counted, and is off when its count is used up.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Practice;
use crate::merchant::number;

#[tokio::test]
async fn faults_are_reported_refused_and_replaced() {
    let practice = Practice::open().await;
    let answer = practice.faults(json!({"alipay": {"rate_limited": {"count": 2, "calls": ["query"]}}})).await;
    assert_eq!(answer["alipay"]["rate_limited"]["count"], 2);
    for _ in 0..2 {
        assert_eq!(practice.merchant.alipay_query("x1").await["code"], "40005");
    }
    assert_eq!(practice.merchant.alipay_query("x1").await["code"], "40004");
    assert_eq!(practice.fired("alipay", "rate_limited").await, 2);
    practice.faults(json!({"alipay": {}})).await;
    assert_eq!(practice.fired("alipay", "rate_limited").await, 2, "what has fired stays counted");
    for bad in [json!({"alipay": {"gremlins": {}}}), json!({"paypal": {}}), json!({"alipay": {"delay": {"wait": 1}}})] {
        let (status, refused) = practice.merchant.put_json("/faults", &bad).await;
        assert_eq!((status, &refused["code"]), (400, &json!("invalid_faults")));
    }
}

#[tokio::test]
async fn faults_in_the_data_folder_hold_from_the_start() {
    let practice = Practice::open_with(|options| {
        let faults = json!({"clock_speed": 3, "wechat": {"rate_limited": {"count": 1}}});
        std::fs::write(options.data.join("faults.json"), faults.to_string()).expect("a file");
    })
    .await;
    assert_eq!(practice.sandbox.clock().speed(), 3);
    let refused = practice.merchant.wechat_query("whatever1").await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "FREQUENCY_LIMITED"));
    assert_eq!(practice.merchant.wechat_query("whatever1").await.status, 404);
}

#[tokio::test]
async fn errors_before_the_effect_leave_nothing_and_errors_after_it_leave_the_effect() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let biz = |number: &str| json!({"out_trade_no": number, "total_amount": "1.00", "subject": "壶"});
    for (fault, happened) in [
        ("http_error_before", false),
        ("http_error_after", true),
        ("system_error_before", false),
        ("system_error_after", true),
        ("rate_limited", false),
        ("order_refused", false),
    ] {
        practice.faults(json!({"alipay": {fault: {"count": 1}}, "wechat": {fault: {"count": 1}}})).await;
        let (mine, theirs) = (number(), number());
        let (status, raw) =
            merchant.alipay_send(&merchant.alipay_params("alipay.trade.precreate", &biz(&mine), "")).await;
        let answer = merchant.alipay_read("alipay.trade.precreate", &raw);
        assert!(status == 502 || answer.is_some_and(|answer| answer["code"] != "10000"), "{fault}: {raw}");
        let body = merchant.wechat_body(&theirs, 100, "https://shop.example/n");
        let answer = merchant.wechat_unverified("POST", "/v3/pay/transactions/native", Some(&body)).await;
        assert!(answer.status >= 400, "{fault}: {answer:?}");
        assert_eq!((practice.fired("alipay", fault).await, practice.fired("wechat", fault).await), (1, 1), "{fault}");
        let books = practice.books().await.to_string();
        assert_eq!((books.contains(&mine), books.contains(&theirs)), (happened, happened), "{fault}");
        // The fault is used up: the same call again succeeds.
        assert_eq!(merchant.alipay("alipay.trade.precreate", biz(&mine)).await["code"], "10000");
        assert_eq!(merchant.wechat_native(&body).await.status, 200);
    }
}

#[tokio::test]
async fn a_timeout_gives_no_answer_before_or_after_the_effect() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    for (fault, happened) in [("timeout_before", false), ("timeout_after", true)] {
        practice.faults(json!({"alipay": {fault: {"count": 1}}})).await;
        let mine = number();
        let biz = json!({"out_trade_no": mine, "total_amount": "1.00", "subject": "壶"});
        let params = merchant.alipay_params("alipay.trade.precreate", &biz, "");
        let mut call = Box::pin(merchant.alipay_send(&params));
        // The call hangs; the fault having fired is the event to wait for, then the effect, if any, is in the books.
        let fired = async {
            while practice.fired("alipay", fault).await == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            answer = &mut call => panic!("{fault} answered {answer:?}"),
            fired = tokio::time::timeout(Duration::from_secs(20), fired) => fired.expect("the fault fires"),
        }
        assert_eq!(practice.books().await.to_string().contains(&mine), happened, "{fault}");
    }
}

#[tokio::test]
async fn signatures_of_answers_are_spoiled_on_demand() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let method = "alipay.trade.query";
    for fault in ["answer_signature_probe", "answer_signature_wrong", "answer_signature_missing"] {
        practice.faults(json!({"alipay": {fault: {"count": 1}}, "wechat": {fault: {"count": 1}}})).await;
        let (_, raw) = merchant.alipay_send(&merchant.alipay_params(method, &json!({"out_trade_no": "x1"}), "")).await;
        assert!(merchant.alipay_read(method, &raw).is_none(), "{fault}: {raw}");
        let body = merchant.wechat_body(&number(), 100, "https://shop.example/n");
        let answer = merchant.wechat_unverified("POST", "/v3/pay/transactions/native", Some(&body)).await;
        assert!(answer.status == 200 && !merchant.wechat_verifies(&answer.headers, &answer.body), "{fault}");
        match fault {
            "answer_signature_probe" => {
                assert!(raw.contains("\"sign\":\"WECHATPAY/SIGNTEST/"), "{raw}");
                let probe = &answer.headers["wechatpay-signature"];
                assert!(probe.starts_with("WECHATPAY/SIGNTEST/") && !probe.len().is_multiple_of(4), "{probe}");
            }
            "answer_signature_missing" => {
                assert!(!raw.contains("\"sign\"") && !answer.headers.contains_key("wechatpay-signature"));
            }
            _ => assert!(raw.contains("\"sign\"") && answer.headers.contains_key("wechatpay-signature")),
        }
        assert_eq!(merchant.alipay_query("x1").await["code"], "40004", "the next answer verifies");
    }
}

#[tokio::test]
async fn signatures_of_notices_are_spoiled_once_and_the_right_one_follows() {
    let mut practice = Practice::open().await;
    for fault in ["notice_signature_probe", "notice_signature_wrong", "notice_signature_missing"] {
        practice.faults(json!({"alipay": {fault: {"count": 1}}, "wechat": {fault: {"count": 1}}})).await;
        practice.shop.will_answer(&[(401, "fail")]);
        let (_, code) = practice.merchant.alipay_order(100, &practice.shop.url("alipay")).await;
        practice.merchant.phone("pay", &code).await;
        assert!(!practice.shop.next().await.alipay_verifies(&practice.merchant), "{fault}");
        assert!(practice.shop.next().await.alipay_verifies(&practice.merchant), "{fault}");
        practice.shop.will_answer(&[(401, "fail")]);
        let (_, code) = practice.merchant.wechat_order(100, &practice.shop.url("wechat")).await;
        practice.merchant.phone("pay", &code).await;
        let spoiled = practice.shop.next().await;
        assert!(!practice.merchant.wechat_verifies(&spoiled.headers, &spoiled.body), "{fault}");
        let right = practice.shop.next().await;
        assert!(practice.merchant.wechat_verifies(&right.headers, &right.body), "{fault}");
    }
}

#[tokio::test]
async fn notices_are_dropped_late_doubled_and_out_of_order() {
    let mut practice = Practice::open().await;
    let url = practice.shop.url("alipay");
    let pay = async |practice: &Practice| {
        let (number, code) = practice.merchant.alipay_order(100, &url).await;
        practice.merchant.phone("pay", &code).await;
        number
    };
    practice.faults(json!({"alipay": {"notice_dropped": {"count": 1}}})).await;
    pay(&practice).await;
    let second = pay(&practice).await;
    assert_eq!(practice.shop.next().await.form()["out_trade_no"], second);
    assert_eq!(practice.books().await["totals"]["alipay"]["notices"]["dropped"], 1);

    practice.faults(json!({"alipay": {"notice_late": {"count": 1, "wait_ms": 3_600_000}}})).await;
    let late = pay(&practice).await;
    let prompt = pay(&practice).await;
    assert_eq!(practice.shop.next().await.form()["out_trade_no"], prompt);
    practice.sandbox.clock().advance(Duration::from_secs(3601));
    assert_eq!(practice.shop.next().await.form()["out_trade_no"], late);

    practice.faults(json!({"alipay": {"notice_doubled": {"count": 1, "copies": 3}}})).await;
    let thrice = pay(&practice).await;
    let ids: Vec<String> = [practice.shop.next().await, practice.shop.next().await, practice.shop.next().await]
        .iter()
        .map(|notice| {
            assert_eq!(notice.form()["out_trade_no"], thrice);
            notice.form()["notify_id"].clone()
        })
        .collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2]);

    practice.faults(json!({"alipay": {"notice_reordered": {"count": 1, "wait_ms": 3_600_000}}})).await;
    let held = pay(&practice).await;
    let overtaking = pay(&practice).await;
    assert_eq!(practice.shop.next().await.form()["out_trade_no"], overtaking);
    assert_eq!(practice.shop.next().await.form()["out_trade_no"], held);
}

#[tokio::test]
async fn amounts_are_altered_under_a_good_signature() {
    let mut practice = Practice::open().await;
    let altered = json!({"answer_amount_altered": {"count": 1}, "notice_amount_altered": {"count": 1}});
    practice.faults(json!({"alipay": altered, "wechat": altered})).await;
    let (number, code) = practice.merchant.alipay_order(100, &practice.shop.url("alipay")).await;
    practice.merchant.phone("pay", &code).await;
    let notice = practice.shop.next().await;
    assert!(notice.alipay_verifies(&practice.merchant));
    assert_eq!(notice.form()["total_amount"], "1.01");
    assert_eq!(practice.merchant.alipay_query(&number).await["total_amount"], "1.01");
    assert_eq!(practice.merchant.alipay_query(&number).await["total_amount"], "1.00");

    let (number, code) = practice.merchant.wechat_order(100, &practice.shop.url("wechat")).await;
    practice.merchant.phone("pay", &code).await;
    let notice = practice.shop.next().await;
    let envelope: Value = serde_json::from_str(&notice.body).expect("JSON");
    assert!(practice.merchant.open_sealed(&envelope["resource"]).contains("\"total\":101"));
    assert_eq!(practice.merchant.wechat_query(&number).await.json()["amount"]["total"], 101);
    assert_eq!(practice.merchant.wechat_query(&number).await.json()["amount"]["total"], 100);
}

#[tokio::test]
async fn a_refund_fails_for_want_of_balance_or_ends_abnormal() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let wechat = json!({"balance_not_enough": {"count": 1}, "refund_abnormal": {"count": 1}});
    practice.faults(json!({"alipay": {"balance_not_enough": {"count": 1}}, "wechat": wechat})).await;
    let (number, code) = merchant.alipay_order(100, "").await;
    merchant.phone("pay", &code).await;
    let biz = json!({"out_trade_no": number, "refund_amount": "1.00", "out_request_no": "r1"});
    let refused = merchant.alipay("alipay.trade.refund", biz.clone()).await;
    assert_eq!(refused["sub_code"], "ACQ.SELLER_BALANCE_NOT_ENOUGH");
    assert_eq!(merchant.alipay("alipay.trade.refund", biz).await["fund_change"], "Y");

    let (number, code) = merchant.wechat_order(100, "https://shop.example/n").await;
    merchant.phone("pay", &code).await;
    let refund = || merchant.wechat_refund(&number, "R1", 100, 100, "http://127.0.0.1:10/n");
    let refused = refund().await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "NOT_ENOUGH"));
    assert_eq!(refund().await.json()["status"], "PROCESSING");
    practice.sandbox.clock().advance(Duration::from_secs(2));
    let ended = async {
        loop {
            let answer = merchant.wechat("GET", "/v3/refund/domestic/refunds/R1", None).await.json();
            if answer["status"] != "PROCESSING" {
                return answer;
            }
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await.expect("the refund ends");
    assert_eq!(ended["status"], "ABNORMAL");
}

#[tokio::test]
async fn a_code_can_be_paid_twice_on_demand() {
    let mut practice = Practice::open().await;
    practice
        .faults(json!({"alipay": {"double_payment": {"count": 1}}, "wechat": {"double_payment": {"count": 1}}}))
        .await;
    let (number, code) = practice.merchant.alipay_order(100, &practice.shop.url("alipay")).await;
    for _ in 0..2 {
        assert_eq!(practice.merchant.phone("pay", &code).await.1["state"], "paid");
    }
    assert_eq!(practice.merchant.phone("pay", &code).await.1["code"], "already_paid");
    let (one, two) = (practice.shop.next().await.form(), practice.shop.next().await.form());
    assert_eq!((one["out_trade_no"].clone(), two["out_trade_no"].clone()), (number.clone(), number.clone()));
    assert_ne!(one["trade_no"], two["trade_no"]);
    let first = practice.merchant.alipay_query(&number).await["trade_no"].clone();
    let second = if first == one["trade_no"].as_str() { &two["trade_no"] } else { &one["trade_no"] };
    let biz = json!({"trade_no": second, "refund_amount": "1.00", "out_request_no": "second"});
    assert_eq!(practice.merchant.alipay("alipay.trade.refund", biz).await["fund_change"], "Y");
    assert_eq!(practice.merchant.alipay_query(&number).await["trade_status"], "TRADE_SUCCESS");
    let (_, code) = practice.merchant.wechat_order(100, "https://shop.example/n").await;
    for _ in 0..2 {
        assert_eq!(practice.merchant.phone("pay", &code).await.1["state"], "paid");
    }
    assert_eq!(practice.books().await["totals"]["wechat"]["paid_fen"], 200);
}

#[tokio::test]
async fn wechat_changes_its_key_in_the_middle_of_an_order() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    assert_eq!(merchant.wechat("GET", "/v3/certificates", None).await.code(), "RESOURCE_NOT_EXISTS");
    let (number, _) = merchant.wechat_order(100, "https://shop.example/n").await;
    let mchid = merchant.text(&merchant.wechat["mchid"]);
    let query = format!("/v3/pay/transactions/out-trade-no/{number}?mchid={mchid}");
    for (fault, pair, listed) in
        [("certificate_key", "wechat_platform", 1), ("next_certificate_key", "wechat_platform_next", 2)]
    {
        practice.faults(json!({"wechat": {fault: {}}})).await;
        let answer = merchant.wechat_unverified("GET", &query, None).await;
        let key = merchant.public_key_file(practice.data.path(), pair);
        let certificates = merchant.wechat_unverified("GET", "/v3/certificates", None).await.json();
        let list = certificates["data"].as_array().expect("certificates");
        assert_eq!(list.len(), listed, "{fault}");
        let newest = &list[listed - 1];
        let serial = merchant.text(&newest["serial_no"]);
        assert!(merchant.wechat_verifies_with(&serial, &key, &answer.headers, &answer.body), "{fault}: {answer:?}");
        let pem = merchant.open_sealed(&newest["encrypt_certificate"]);
        assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
        if listed == 1 {
            assert_eq!(serial, merchant.text(&merchant.wechat["platform_serial"]));
        }
    }
    practice.faults(json!({"wechat": {}})).await;
    assert_eq!(merchant.wechat_query(&number).await.status, 200);
}

#[tokio::test]
async fn a_channels_clock_can_be_off() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    practice.faults(json!({"wechat": {"clock_skew": {"skew_s": 400}}})).await;
    let refused = merchant.wechat_unverified("GET", "/v3/certificates", None).await;
    assert_eq!(refused.json()["message"], "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟");
    practice.faults(json!({"wechat": {"clock_skew": {"skew_s": 200}}})).await;
    let answer = merchant.wechat("GET", "/v3/certificates", None).await;
    let stamp: i64 = answer.headers["wechatpay-timestamp"].parse().expect("seconds");
    assert!(stamp - merchant.now_ms() / 1000 > 150);
}

#[tokio::test]
async fn a_delay_holds_the_answer_back() {
    let practice = Practice::open().await;
    practice.faults(json!({"alipay": {"delay": {"count": 1, "wait_ms": 50}}})).await;
    assert_eq!(practice.merchant.alipay_query("x1").await["code"], "40004");
    assert_eq!(practice.fired("alipay", "delay").await, 1);
}
