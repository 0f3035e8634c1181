//! The classic gateway.

use std::time::Duration;

use serde_json::json;

use crate::Practice;
use crate::merchant::number;

#[tokio::test]
async fn there_is_no_trade_before_the_scan() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (number, code) = merchant.alipay_order(22_800, "").await;
    assert!(code.starts_with("https://qr.alipay.com/bax"), "{code}");

    let query = merchant.alipay_query(&number).await;
    assert_eq!(query["code"], "40004");
    assert_eq!(query["sub_code"], "ACQ.TRADE_NOT_EXIST");
    assert_eq!(query["receipt_amount"], "0.00");

    let (status, shown) = merchant.phone("scan", &code).await;
    assert_eq!((status, &shown["amount_fen"], &shown["state"]), (200, &json!(22_800), &json!("waiting")));
    let query = merchant.alipay_query(&number).await;
    assert_eq!(query["trade_status"], "WAIT_BUYER_PAY");
    assert_eq!(query["total_amount"], "228.00");
    assert_eq!(query["buyer_pay_amount"], "0.00");
    assert!(query.get("send_pay_date").is_none());
}

#[tokio::test]
async fn a_paid_trade_is_found_by_either_number() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (number, code) = merchant.alipay_order(1, "").await;
    assert_eq!(merchant.phone("pay", &code).await.0, 200);
    let query = merchant.alipay_query(&number).await;
    assert_eq!(query["trade_status"], "TRADE_SUCCESS");
    assert_eq!(query["buyer_pay_amount"], "0.01");
    assert_eq!(query["fund_bill_list"][0]["fund_channel"], "ALIPAYACCOUNT");
    let by_trade_no =
        merchant.alipay("alipay.trade.query", json!({"trade_no": query["trade_no"], "out_trade_no": "other"})).await;
    assert_eq!(by_trade_no["out_trade_no"], number.as_str());
}

#[tokio::test]
async fn precreate_again_gives_the_same_code_and_other_data_is_refused() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let number = number();
    let biz = |amount: &str| json!({"out_trade_no": number, "total_amount": amount, "subject": "壶"});
    let first = merchant.alipay("alipay.trade.precreate", biz("1.00")).await;
    assert_eq!(merchant.alipay("alipay.trade.precreate", biz("1.0")).await["qr_code"], first["qr_code"]);
    let other = merchant.alipay("alipay.trade.precreate", biz("1.01")).await;
    assert_eq!(other["sub_code"], "ACQ.CONTEXT_INCONSISTENT");

    practice.sandbox.clock().advance(Duration::from_secs(2 * 3600 + 1));
    let (status, trouble) = merchant.phone("pay", first["qr_code"].as_str().expect("a code")).await;
    assert_eq!((status, &trouble["code"]), (410, &json!("expired")));
    let fresh = merchant.alipay("alipay.trade.precreate", biz("1.00")).await;
    assert_ne!(fresh["qr_code"], first["qr_code"]);
    let (status, trouble) = merchant.phone("pay", first["qr_code"].as_str().expect("a code")).await;
    assert_eq!((status, &trouble["code"]), (410, &json!("superseded")));
    assert_eq!(merchant.phone("pay", fresh["qr_code"].as_str().expect("a code")).await.0, 200);
    let paid = merchant.alipay("alipay.trade.precreate", biz("1.00")).await;
    assert_eq!(paid["sub_code"], "ACQ.TRADE_HAS_SUCCESS");
}

#[tokio::test]
async fn a_scanned_trade_closes_at_its_time_and_says_so() {
    let mut practice = Practice::open().await;
    let merchant = &practice.merchant;
    let number = number();
    let expire = crate::merchant::china_text(merchant.now_ms() + 300_000);
    let biz = json!({"out_trade_no": number, "total_amount": "1.00", "subject": "壶", "time_expire": expire});
    let order = merchant.alipay_notified("alipay.trade.precreate", biz.clone(), &practice.shop.url("alipay")).await;
    let code = order["qr_code"].as_str().expect("a code");
    assert_eq!(merchant.phone("scan", code).await.0, 200);
    practice.sandbox.clock().advance(Duration::from_secs(301));
    let notice = practice.shop.next().await;
    assert!(notice.alipay_verifies(merchant));
    assert_eq!(notice.form()["trade_status"], "TRADE_CLOSED");
    assert_eq!(merchant.alipay_query(&number).await["trade_status"], "TRADE_CLOSED");
    assert_eq!(merchant.phone("pay", code).await.1["code"], "closed");
    assert_eq!(merchant.alipay("alipay.trade.precreate", biz).await["sub_code"], "ACQ.TRADE_HAS_CLOSE");

    let late = crate::merchant::china_text(merchant.now_ms() - 1000);
    let biz = json!({"out_trade_no": "late1", "total_amount": "1.00", "subject": "壶", "time_expire": late});
    let refused = merchant.alipay("alipay.trade.precreate", biz).await;
    assert_eq!(refused["sub_code"], "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR");
}

#[tokio::test]
async fn cancel_makes_an_unscanned_code_worthless_and_closes_or_refunds_a_trade() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let cancel = |number: String| merchant.alipay("alipay.trade.cancel", json!({"out_trade_no": number}));

    let (number, code) = merchant.alipay_order(100, "").await;
    let answer = cancel(number.clone()).await;
    assert_eq!((&answer["code"], &answer["retry_flag"]), (&json!("10000"), &json!("N")));
    assert!(answer.get("action").is_none() && answer.get("trade_no").is_none(), "{answer}");
    assert_eq!(merchant.phone("pay", &code).await.1["code"], "closed");
    let again = merchant
        .alipay(
            "alipay.trade.precreate",
            json!({"out_trade_no": number, "total_amount": "1.00", "subject": "粗陶侧把壶"}),
        )
        .await;
    let code = again["qr_code"].as_str().expect("codes are still given out");
    assert_eq!(merchant.phone("pay", code).await.1["code"], "closed");

    let (number, code) = merchant.alipay_order(100, "").await;
    merchant.phone("scan", &code).await;
    assert_eq!(cancel(number.clone()).await["action"], "close");
    assert_eq!(cancel(number).await["action"], "close");

    let (number, code) = merchant.alipay_order(100, "").await;
    merchant.phone("pay", &code).await;
    assert_eq!(cancel(number.clone()).await["action"], "refund");
    assert_eq!(cancel(number.clone()).await["action"], "refund");
    assert_eq!(merchant.alipay_query(&number).await["trade_status"], "TRADE_CLOSED");
    let totals = &practice.books().await["totals"]["alipay"];
    assert_eq!((&totals["paid_fen"], &totals["refunded_fen"]), (&json!(100), &json!(100)));
}

#[tokio::test]
async fn close_needs_a_trade_that_waits_and_kills_the_code_even_when_refused() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let close = |number: String| merchant.alipay("alipay.trade.close", json!({"out_trade_no": number}));

    let (number, code) = merchant.alipay_order(100, "").await;
    assert_eq!(close(number).await["sub_code"], "ACQ.TRADE_NOT_EXIST");
    assert_eq!(merchant.phone("pay", &code).await.1["code"], "closed");

    let (number, code) = merchant.alipay_order(100, "").await;
    merchant.phone("scan", &code).await;
    assert_eq!(close(number.clone()).await["code"], "10000");
    assert_eq!(close(number).await["sub_code"], "ACQ.TRADE_STATUS_ERROR");
    assert_eq!(merchant.phone("pay", &code).await.1["code"], "closed");
}

#[tokio::test]
async fn refunds_are_done_once_each_and_never_exceed_what_was_paid() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (number, code) = merchant.alipay_order(1000, "").await;
    let refund = |request: &str, amount: &str| {
        let biz = json!({"out_trade_no": number, "refund_amount": amount, "out_request_no": request});
        merchant.alipay("alipay.trade.refund", biz)
    };
    assert_eq!(refund("r1", "3.00").await["sub_code"], "ACQ.TRADE_NOT_EXIST");
    merchant.phone("pay", &code).await;

    let first = refund("r1", "3.00").await;
    assert_eq!((&first["fund_change"], &first["refund_fee"]), (&json!("Y"), &json!("3.00")));
    let replay = refund("r1", "3.00").await;
    assert_eq!((&replay["fund_change"], &replay["refund_fee"]), (&json!("N"), &json!("3.00")));
    assert_eq!(refund("r1", "4.00").await["sub_code"], "ACQ.DISCORDANT_REPEAT_REQUEST");
    assert_eq!(refund("r2", "7.01").await["sub_code"], "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
    assert_eq!(merchant.alipay_query(&number).await["trade_status"], "TRADE_SUCCESS");
    assert_eq!(refund("r3", "7.00").await["refund_fee"], "10.00");
    assert_eq!(merchant.alipay_query(&number).await["trade_status"], "TRADE_CLOSED");

    let ask = |request: &str| {
        let biz = json!({"out_trade_no": number, "out_request_no": request});
        merchant.alipay("alipay.trade.fastpay.refund.query", biz)
    };
    let known = ask("r3").await;
    assert_eq!((&known["refund_status"], &known["refund_amount"]), (&json!("REFUND_SUCCESS"), &json!("7.00")));
    let unknown = ask("r2").await;
    assert_eq!((&unknown["code"], unknown.get("refund_status")), (&json!("10000"), None));
}

#[tokio::test]
async fn a_request_that_is_not_whole_is_refused_by_its_proper_code() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let method = "alipay.trade.query";
    let good = merchant.alipay_params(method, &json!({"out_trade_no": "x1"}), "");
    let cases: [(&str, Option<&str>, &str); 9] = [
        ("method", None, "isv.missing-method"),
        ("sign_type", None, "isv.missing-signature-type"),
        ("timestamp", None, "isv.missing-timestamp"),
        ("version", None, "isv.missing-version"),
        ("sign_type", Some("RSA"), "isv.invalid-signature-type"),
        ("charset", Some("klingon"), "isv.invalid-charset"),
        ("timestamp", Some("2001-01-01 00:00:00"), "isv.invalid-timestamp"),
        ("method", Some("alipay.trade.guess"), "isv.invalid-method"),
        ("biz_content", Some("[]"), "isv.invalid-parameter"),
    ];
    for (name, value, sub_code) in cases {
        let mut params = good.clone();
        match value {
            Some(value) => params.insert(name.to_owned(), value.to_owned()),
            None => params.remove(name),
        };
        merchant.alipay_sign(&mut params);
        let (status, raw) = merchant.alipay_send(&params).await;
        assert_eq!(status, 200);
        assert!(raw.contains(&format!("\"sub_code\":\"{sub_code}\"")), "{sub_code}: {raw}");
    }

    let mut params = good.clone();
    params.insert("biz_content".to_owned(), "{\"out_trade_no\":\"x2\"}".to_owned());
    let (_, raw) = merchant.alipay_send(&params).await;
    let refused = merchant.alipay_read(method, &raw).expect("a signed refusal");
    assert_eq!(refused["sub_code"], "isv.invalid-signature");
    assert!(refused["sub_msg"].as_str().is_some_and(|text| text.contains("&amp;biz_content={")), "{refused}");

    let mut params = good;
    params.insert("app_id".to_owned(), "2021000000000000".to_owned());
    let (_, raw) = merchant.alipay_send(&params).await;
    assert!(raw.contains("isv.invalid-app-id") && !raw.contains("\"sign\""), "{raw}");
}

#[tokio::test]
async fn parameters_count_wherever_they_stand_and_answers_escape_slashes() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let biz = json!({"out_trade_no": number(), "total_amount": 1.5, "subject": "壶 + 100% 🍵", "body": "a&b=c"});
    let mut params = merchant.alipay_params("alipay.trade.precreate", &biz, "");
    params.insert("alipay_sdk".to_owned(), "something/1.0".to_owned());
    merchant.alipay_sign(&mut params);
    let pairs: Vec<(String, String)> = params.into_iter().collect();
    let (query, form) = pairs.split_at(4);
    let gateway = merchant.text(&merchant.alipay["gateway"]);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = client.post(gateway.clone()).query(query).form(form).send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/html;charset=utf-8");
    assert!(answer.headers().contains_key("trace_id"));
    let raw = answer.text().await.expect("a text");
    assert!(raw.contains(r"https:\/\/qr.alipay.com\/bax"), "{raw}");
    assert!(merchant.alipay_read("alipay.trade.precreate", &raw).is_some(), "{raw}");

    let all = client.get(gateway).query(&pairs).send().await.expect("an answer").text().await.expect("a text");
    assert!(merchant.alipay_read("alipay.trade.precreate", &all).is_some(), "{all}");
}

#[tokio::test]
async fn fields_that_break_a_rule_are_named() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let good = json!({"out_trade_no": "ok1", "total_amount": "1.00", "subject": "壶"});
    let cases = [
        ("out_trade_no", json!("a-b")),
        ("total_amount", json!("1.005")),
        ("total_amount", json!("0.00")),
        ("subject", json!("a/b")),
        ("subject", json!("")),
        ("timeout_express", json!("1.5h")),
        ("timeout_express", json!("16d")),
        ("time_expire", json!("2026-01-01T00:00:00")),
        ("product_code", json!("QUICK")),
    ];
    for (field, value) in cases {
        let mut biz = good.clone();
        biz[field] = value;
        let answer = merchant.alipay("alipay.trade.precreate", biz).await;
        assert_eq!(answer["sub_code"], "ACQ.INVALID_PARAMETER", "{field}: {answer}");
        assert!(answer["sub_msg"].as_str().is_some_and(|text| text.contains(field)), "{field}: {answer}");
    }
}

#[tokio::test]
async fn certificate_mode_names_the_certificate_that_signs() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let identity = std::fs::read_to_string(practice.data.path().join("identity.json")).expect("identity");
    let identity: serde_json::Value = serde_json::from_str(&identity).expect("JSON");
    let mut params = merchant.alipay_params("alipay.trade.query", &json!({"out_trade_no": "x1"}), "");
    for name in ["app_cert_sn", "alipay_root_cert_sn"] {
        params.insert(name.to_owned(), merchant.text(&identity[name]));
    }
    merchant.alipay_sign(&mut params);
    let (_, raw) = merchant.alipay_send(&params).await;
    let sn = format!(",\"alipay_cert_sn\":\"{}\"", merchant.text(&identity["alipay_cert_sn"]));
    assert!(raw.contains(&sn), "{raw}");
    assert!(merchant.alipay_read("alipay.trade.query", &raw.replace(&sn, "")).is_some(), "{raw}");

    params.insert("app_cert_sn".to_owned(), "0".repeat(32));
    merchant.alipay_sign(&mut params);
    let (_, raw) = merchant.alipay_send(&params).await;
    assert!(raw.contains("isv.invalid-app-cert-sn"), "{raw}");

    let download = json!({"alipay_cert_sn": identity["alipay_cert_sn"]});
    let answer = merchant.alipay("alipay.open.app.alipaycert.download", download).await;
    assert!(answer["alipay_cert_content"].as_str().is_some_and(|text| text.len() > 1000), "{answer}");
}
