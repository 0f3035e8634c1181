//! WeChat Pay API v3.

use std::time::Duration;

use serde_json::json;

use crate::Practice;
use crate::merchant::number;

#[tokio::test]
async fn an_order_is_paid_through_its_latest_code_only() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let number = number();
    let body = merchant.wechat_body(&number, 22_800, "https://shop.example/notices/wechat");
    let first = merchant.wechat_native(&body).await;
    let old = merchant.text(&first.json()["code_url"]);
    assert!(old.starts_with("weixin://wxpay/bizpayurl?pr="), "{old}");
    let new = merchant.text(&merchant.wechat_native(&body).await.json()["code_url"]);
    assert_ne!(old, new);
    assert_eq!(merchant.phone("pay", &old).await.1["code"], "superseded");

    let unpaid = merchant.wechat_query(&number).await.json();
    assert_eq!(unpaid["trade_state"], "NOTPAY");
    assert_eq!(unpaid["amount"], json!({"payer_currency": "CNY", "total": 22_800}));
    assert!(unpaid.get("transaction_id").is_none());

    assert_eq!(merchant.phone("pay", &new).await.1["state"], "paid");
    let paid = merchant.wechat_query(&number).await.json();
    assert_eq!((&paid["trade_state"], &paid["amount"]["total"]), (&json!("SUCCESS"), &json!(22_800)));
    assert_eq!(paid["trade_type"], "NATIVE");
    let (mchid, id) = (merchant.text(&merchant.wechat["mchid"]), merchant.text(&paid["transaction_id"]));
    let by_id = merchant.wechat("GET", &format!("/v3/pay/transactions/id/{id}?mchid={mchid}"), None).await;
    assert_eq!(by_id.json()["out_trade_no"], number.as_str());
    assert_eq!(merchant.wechat_native(&body).await.code(), "ORDERPAID");
    assert_eq!(merchant.wechat_close(&number).await.code(), "ORDERPAID");
}

#[tokio::test]
async fn a_changed_order_with_a_used_number_is_refused() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let number = number();
    let mut body = merchant.wechat_body(&number, 100, "https://shop.example/n");
    assert_eq!(merchant.wechat_native(&body).await.status, 200);
    body["amount"]["total"] = json!(101);
    let refused = merchant.wechat_native(&body).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "OUT_TRADE_NO_USED"));
}

#[tokio::test]
async fn a_code_lives_two_hours_and_time_expire_ends_payment_without_closing() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (_, code) = merchant.wechat_order(100, "https://shop.example/n").await;
    practice.sandbox.clock().advance(Duration::from_secs(7201));
    assert_eq!(merchant.phone("pay", &code).await.1["code"], "expired");

    let number = number();
    let mut body = merchant.wechat_body(&number, 100, "https://shop.example/n");
    body["time_expire"] = json!("2020-01-01T00:00:00+08:00");
    let code = merchant.text(&merchant.wechat_native(&body).await.json()["code_url"]);
    assert_eq!(merchant.phone("scan", &code).await.0, 200, "a past moment is moved to a minute from now");
    practice.sandbox.clock().advance(Duration::from_secs(61));
    assert_eq!(merchant.phone("pay", &code).await.1["code"], "expired");
    assert_eq!(merchant.wechat_query(&number).await.json()["trade_state"], "NOTPAY");
    practice.sandbox.clock().advance(Duration::from_secs(7 * 86_400));
    assert_eq!(merchant.wechat_query(&number).await.json()["trade_state"], "CLOSED");
}

#[tokio::test]
async fn close_answers_a_signed_204_and_is_repeatable() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (number, code) = merchant.wechat_order(100, "https://shop.example/n").await;
    for _ in 0..2 {
        let closed = merchant.wechat_close(&number).await;
        assert_eq!((closed.status, closed.body.as_str()), (204, ""));
    }
    assert_eq!(merchant.phone("pay", &code).await.1["code"], "closed");
    assert_eq!(merchant.wechat_query(&number).await.json()["trade_state"], "CLOSED");
    let body = merchant.wechat_body(&number, 100, "https://shop.example/n");
    assert_eq!(merchant.wechat_native(&body).await.code(), "ORDER_CLOSED");

    assert_eq!(merchant.wechat_close("never_ordered_1").await.status, 204);
    let unknown = merchant.wechat_query("never_ordered_1").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "ORDER_NOT_EXIST"));
    let body = merchant.wechat_body("never_ordered_1", 100, "https://shop.example/n");
    assert_eq!(merchant.wechat_native(&body).await.code(), "INVALID_REQUEST", "the number is used up");
}

#[tokio::test]
async fn nothing_before_authentication_is_signed_and_everything_after_it_is() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let target = "/v3/pay/transactions/native";
    let body = merchant.wechat_body(&number(), 100, "https://shop.example/n").to_string();
    let good = merchant.wechat_authorization("POST", target, &body);
    let stale = {
        let text = good.clone();
        let at = text.find("timestamp=\"").expect("a timestamp") + 11;
        format!("{}{}{}", &text[..at], merchant.now_ms() / 1000 - 301, &text[at + 10..])
    };
    let cases = [
        (String::new(), 401, "签名信息错误，验签失败"),
        ("Bearer x".to_owned(), 401, "签名信息错误，验签失败"),
        (good.replace("SHA256", "SM3"), 401, "HTTP头Authorization认证类型不正确"),
        (stale, 401, "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"),
        (merchant.wechat_authorization("POST", target, "{}"), 401, "签名错误"),
    ];
    for (authorization, status, message) in cases {
        let refused = merchant.wechat_send("POST", target, &body, &authorization).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, "SIGN_ERROR"), "{refused:?}");
        assert_eq!(refused.json()["message"], message);
        assert!(!refused.headers.contains_key("wechatpay-signature") && !refused.headers.contains_key("request-id"));
    }
    let wrong = merchant.wechat_authorization("POST", target, "{}");
    let detail = merchant.wechat_send("POST", target, &body, &wrong).await.json()["detail"].clone();
    assert_eq!(detail["sign_information"]["url"], target);
    let shown = detail["sign_information"]["truncated_sign_message"].as_str().expect("the text");
    assert!(shown.starts_with("POST\n/v3/pay/transactions/native\n"), "{shown}");

    assert_eq!(merchant.wechat_send("POST", target, &body, &good).await.status, 200);
    let unknown = merchant.wechat_query("nobody_knows").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "ORDER_NOT_EXIST"));
    let gone = merchant.wechat_send("GET", "/v3/pay/nothing", "", &good).await;
    assert_eq!((gone.status, gone.body.as_str()), (404, ""));
    let verb = merchant.wechat_send("GET", target, "", &good).await;
    assert_eq!((verb.status, verb.body.as_str()), (405, ""));
}

#[tokio::test]
async fn fields_that_break_a_rule_are_refused() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let cases = [
        ("/payer", json!({"openid": "x"}), "PARAM_ERROR"),
        ("/appid", json!("wx0000000000000000"), "APPID_MCHID_NOT_MATCH"),
        ("/mchid", json!("1600000000"), "PARAM_ERROR"),
        ("/out_trade_no", json!("short"), "PARAM_ERROR"),
        ("/out_trade_no", json!(12_345_678), "PARAM_ERROR"),
        ("/notify_url", json!("https://shop.example/n?a=1"), "PARAM_ERROR"),
        ("/description", json!("茶🍵"), "PARAM_ERROR"),
        ("/description", json!("a".repeat(128)), "PARAM_ERROR"),
        ("/attach", json!(null), "PARAM_ERROR"),
        ("/amount", json!({"total": 0}), "PARAM_ERROR"),
        ("/amount", json!({"total": 1.5}), "PARAM_ERROR"),
        ("/amount", json!({"total": 1, "currency": "USD"}), "PARAM_ERROR"),
        ("/time_expire", json!("tomorrow"), "PARAM_ERROR"),
    ];
    for (path, value, code) in cases {
        let mut body = merchant.wechat_body(&number(), 100, "https://shop.example/n");
        body[&path[1..]] = value;
        let refused = merchant.wechat_native(&body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{path}: {refused:?}");
    }
}

#[tokio::test]
async fn a_refund_is_accepted_then_arrives_and_a_repeat_is_the_same_refund() {
    let mut practice = Practice::open().await;
    let url = practice.shop.url("wechat");
    let merchant = &practice.merchant;
    let (number, code) = merchant.wechat_order(1000, "https://shop.example/n").await;
    let refused = merchant.wechat_refund(&number, "R1", 100, 1000, &url).await;
    assert_eq!((refused.status, refused.code().as_str()), (404, "RESOURCE_NOT_EXISTS"));
    merchant.phone("pay", &code).await;

    let accepted = merchant.wechat_refund(&number, "R1", 300, 1000, &url).await;
    assert_eq!((accepted.status, &accepted.json()["status"]), (200, &json!("PROCESSING")));
    let repeat = merchant.wechat_refund(&number, "R1", 300, 1000, &url).await;
    assert_eq!(repeat.json()["refund_id"], accepted.json()["refund_id"]);
    assert_eq!(merchant.wechat_refund(&number, "R1", 301, 1000, &url).await.status, 400);
    assert_eq!(merchant.wechat_refund(&number, "R2", 701, 1000, &url).await.status, 400);
    assert_eq!(merchant.wechat_refund(&number, "R2", 1, 999, &url).await.status, 400);
    assert_eq!(merchant.wechat_query(&number).await.json()["trade_state"], "REFUND");

    practice.sandbox.clock().advance(Duration::from_secs(2));
    let notice = practice.shop.next().await;
    assert!(merchant.wechat_verifies(&notice.headers, &notice.body), "{notice:?}");
    let envelope: serde_json::Value = serde_json::from_str(&notice.body).expect("JSON");
    assert_eq!(envelope["event_type"], "REFUND.SUCCESS");
    let content: serde_json::Value = serde_json::from_str(&merchant.open_sealed(&envelope["resource"])).expect("JSON");
    assert_eq!((&content["refund_status"], &content["amount"]["refund"]), (&json!("SUCCESS"), &json!(300)));
    let done = merchant.wechat("GET", "/v3/refund/domestic/refunds/R1", None).await.json();
    assert_eq!(done["status"], "SUCCESS");
    assert!(done["success_time"].is_string());
    assert_eq!(merchant.wechat("GET", "/v3/refund/domestic/refunds/R9", None).await.code(), "RESOURCE_NOT_EXISTS");
}
