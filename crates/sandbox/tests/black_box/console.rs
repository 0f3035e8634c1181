//! The merchant's console, and the faults of a channel whose word is not what its till does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Practice;
use crate::merchant::china_text;

impl Practice {
    async fn console(&self, act: &str, ask: &Value) -> (u16, Value) {
        let url = format!("{}/merchant/{act}", self.sandbox.base_url);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.post(url).json(ask).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }
}

#[tokio::test]
async fn money_returned_at_the_console_is_in_the_books_and_on_the_bill() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (alipay, code) = merchant.alipay_order(1000, "").await;
    merchant.phone("pay", &code).await;
    let (wechat, code) = merchant.wechat_order(1000, "https://shop.example/n").await;
    merchant.phone("pay", &code).await;
    let mut numbers = Vec::new();
    for (channel, number) in [("alipay", &alipay), ("wechat", &wechat)] {
        let ask = |fen: i64| json!({"channel": channel, "out_trade_no": number, "amount_fen": fen});
        for fen in [300, 700] {
            let (status, back) = practice.console("refund", &ask(fen)).await;
            assert_eq!((status, &back["amount_fen"], &back["state"]), (200, &json!(fen), &json!("success")), "{back}");
            numbers.push(back["number"].as_str().expect("a number").to_owned());
        }
        for fen in [1, 0, -1] {
            let (status, refused) = practice.console("refund", &ask(fen)).await;
            assert_eq!((status, &refused["code"]), (409, &json!("too_much")), "{fen}");
        }
    }
    let unpaid = merchant.alipay_order(500, "").await.0;
    let ask = json!({"channel": "alipay", "out_trade_no": unpaid, "amount_fen": 1});
    assert_eq!(practice.console("refund", &ask).await.1["code"], "no_trade");
    assert_eq!(practice.console("refund", &json!({"channel": "cash"})).await.1["code"], "invalid_request");
    assert_eq!(practice.books().await["totals"]["wechat"]["balance_fen"], 0);

    assert_eq!(merchant.alipay_query(&alipay).await["trade_status"], "TRADE_CLOSED");
    assert_eq!(merchant.wechat_query(&wechat).await.json()["trade_state"], "REFUND");
    let day = china_text(merchant.now_ms())[..10].to_owned();
    practice.sandbox.clock().advance(Duration::from_secs(33 * 3600));
    let target = format!("/v3/bill/tradebill?bill_date={day}&bill_type=REFUND");
    let answer = merchant.wechat("GET", &target, None).await.json();
    let url = merchant.text(&answer["download_url"]);
    let path = &url[url.find("/v3/").expect("a path")..];
    let file = merchant.wechat_send("GET", path, "", &merchant.wechat_authorization("GET", path, "")).await.body;
    assert!(numbers[2..].iter().all(|number| file.contains(number.as_str())), "{file}");
}

#[tokio::test]
async fn an_abnormal_refund_is_paid_out_at_the_console_once() {
    let mut practice = Practice::open().await;
    let merchant = &practice.merchant;
    let url = practice.shop.url("wechat");
    let (number, code) = merchant.wechat_order(1000, &url).await;
    merchant.phone("pay", &code).await;
    practice.shop.next().await;
    practice.faults(json!({"wechat": {"refund_abnormal": {"count": 1}}})).await;
    let amount = json!({"refund": 1000, "total": 1000, "currency": "CNY"});
    let body = json!({"out_trade_no": number, "out_refund_no": "back1", "notify_url": url, "amount": amount});
    let ask = json!({"number": "back1"});
    assert_eq!(merchant.wechat("POST", "/v3/refund/domestic/refunds", Some(&body)).await.status, 200);
    practice.sandbox.clock().advance(Duration::from_secs(2));
    practice.shop.next().await;
    let state =
        async || merchant.wechat("GET", "/v3/refund/domestic/refunds/back1", None).await.json()["status"].clone();
    assert_eq!(state().await, "ABNORMAL");
    assert_eq!(practice.console("settle", &ask).await.1["state"], "success");
    assert_eq!(state().await, "SUCCESS");
    practice.shop.next().await;
    assert_eq!(practice.console("settle", &ask).await.1["code"], "no_refund");
    assert_eq!(practice.books().await["totals"]["wechat"]["refunded_fen"], 1000);
}

#[tokio::test]
async fn a_close_that_is_ignored_leaves_the_code_and_a_query_that_is_behind_hides_the_payment() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let faults = json!({"close_ignored": {}, "query_behind": {}});
    practice.faults(json!({"alipay": faults, "wechat": faults})).await;
    let (alipay, alipay_code) = merchant.alipay_order(100, "").await;
    let (scanned, scanned_code) = merchant.alipay_order(100, "").await;
    merchant.phone("scan", &scanned_code).await;
    let (wechat, wechat_code) = merchant.wechat_order(100, "https://shop.example/n").await;
    let number = |number: &str| json!({"out_trade_no": number});
    assert_eq!(merchant.alipay("alipay.trade.close", number(&alipay)).await["sub_code"], "ACQ.TRADE_NOT_EXIST");
    assert_eq!(merchant.alipay("alipay.trade.cancel", number(&alipay)).await["retry_flag"], "N");
    assert_eq!(merchant.alipay("alipay.trade.close", number(&scanned)).await["code"], "10000");
    let body = json!({"mchid": merchant.wechat_body("T1", 1, "https://x")["mchid"]});
    let close = format!("/v3/pay/transactions/out-trade-no/{wechat}/close");
    assert_eq!(merchant.wechat("POST", &close, Some(&body)).await.status, 204);
    for code in [&alipay_code, &scanned_code, &wechat_code] {
        assert_eq!(merchant.phone("pay", code).await.1["state"], "paid");
    }
    for paid in [&alipay, &scanned] {
        let answer = merchant.alipay_query(paid).await;
        assert_eq!((&answer["trade_status"], &answer["send_pay_date"]), (&json!("WAIT_BUYER_PAY"), &Value::Null));
    }
    assert_eq!(merchant.wechat_query(&wechat).await.json()["trade_state"], "NOTPAY");
    practice.faults(json!({"alipay": {}, "wechat": {}})).await;
    assert_eq!(merchant.alipay_query(&alipay).await["trade_status"], "TRADE_SUCCESS");
    assert_eq!(merchant.wechat_query(&wechat).await.json()["trade_state"], "SUCCESS");
    assert_eq!(practice.books().await["totals"]["alipay"]["paid_fen"], 200);
}
