//! OpenAPI v3.

use serde_json::{Value, json};

use crate::Practice;
use crate::merchant::{Merchant, number, sign, verifies};

/// A v3 call; the answer's signature must verify.
async fn call(practice: &Practice, method: &str, target: &str, body: Option<&Value>) -> (u16, Value) {
    let merchant: &Merchant = &practice.merchant;
    let body = body.map(Value::to_string).unwrap_or_default();
    let claim = format!(
        "app_id={},nonce=5f9fba93-bbb2-40f0-b328-04d5ead3e131,timestamp={}",
        merchant.text(&merchant.alipay["app_id"]),
        merchant.now_ms()
    );
    let text = format!("{claim}\n{method}\n{target}\n{body}\n");
    let authorization = format!("ALIPAY-SHA256withRSA {claim},sign={}", sign(&merchant.app_key, text.as_bytes()));
    let answer = merchant.wechat_send(method, target, &body, &authorization).await;
    let text = format!("{}\n{}\n{}\n", answer.headers["alipay-timestamp"], answer.headers["alipay-nonce"], answer.body);
    assert!(verifies(&merchant.alipay_public, text.as_bytes(), &answer.headers["alipay-signature"]), "{answer:?}");
    (answer.status, answer.json())
}

#[tokio::test]
async fn an_order_lives_its_life_over_rest() {
    let mut practice = Practice::open().await;
    let number = number();
    let url = practice.shop.url("alipay");
    let order = json!({"out_trade_no": number, "total_amount": "2.00", "subject": "壶", "notify_url": url});
    let (status, answer) = call(&practice, "POST", "/v3/alipay/trade/precreate", Some(&order)).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.get("code").is_none());
    let code = answer["qr_code"].as_str().expect("a code").to_owned();

    let mine = json!({"out_trade_no": number});
    let (status, answer) = call(&practice, "POST", "/v3/alipay/trade/query", Some(&mine)).await;
    assert_eq!((status, &answer["code"]), (400, &json!("ACQ.TRADE_NOT_EXIST")));
    practice.merchant.phone("pay", &code).await;
    assert!(practice.shop.next().await.alipay_verifies(&practice.merchant));
    let (_, answer) = call(&practice, "GET", &format!("/v3/alipay/trade/query?out_trade_no={number}"), None).await;
    assert_eq!(answer["trade_status"], "TRADE_SUCCESS");
    let refund = json!({"out_trade_no": number, "refund_amount": "2.00"});
    let (_, answer) = call(&practice, "POST", "/v3/alipay/trade/refund", Some(&refund)).await;
    assert_eq!(answer["fund_change"], "Y");
    let ask = json!({"out_trade_no": number, "out_request_no": number});
    let (_, answer) = call(&practice, "POST", "/v3/alipay/trade/fastpay/refund/query", Some(&ask)).await;
    assert_eq!(answer["refund_status"], "REFUND_SUCCESS");
    let (status, answer) = call(&practice, "POST", "/v3/alipay/trade/close", Some(&mine)).await;
    assert_eq!((status, &answer["code"]), (400, &json!("ACQ.TRADE_STATUS_ERROR")));
    let other = json!({"out_trade_no": "never1"});
    let (status, answer) = call(&practice, "POST", "/v3/alipay/trade/cancel", Some(&other)).await;
    assert_eq!((status, &answer["retry_flag"]), (200, &json!("N")));
}

#[tokio::test]
async fn a_wrong_or_stale_signature_is_refused_without_the_prefix() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let app = merchant.text(&merchant.alipay["app_id"]);
    let send = async |claim: String| {
        let text = format!("{claim}\nPOST\n/v3/alipay/trade/query\n{{}}\n");
        let authorization = format!("ALIPAY-SHA256withRSA {claim},sign={}", sign(&merchant.app_key, text.as_bytes()));
        let answer = merchant.wechat_send("POST", "/v3/alipay/trade/query", "{ }", &authorization).await;
        (answer.status, answer.code())
    };
    let now = merchant.now_ms();
    assert_eq!(send(format!("app_id={app},timestamp={now},nonce=n")).await, (401, "invalid-signature".to_owned()));
    let stale = format!("app_id={app},timestamp={},nonce=n,expired_seconds=600", now - 700_000);
    assert_eq!(send(stale).await, (400, "invalid-timestamp".to_owned()));
    assert_eq!(send(format!("app_id=1,timestamp={now},nonce=n")).await, (400, "invalid-app-id".to_owned()));
}
