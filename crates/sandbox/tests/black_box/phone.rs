//! The pretend phone.

use serde_json::json;

use crate::Practice;

#[tokio::test]
async fn declining_closes_the_trade_at_alipay_and_changes_nothing_at_wechat() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (number, code) = merchant.alipay_order(100, "").await;
    assert_eq!(merchant.phone("decline", &code).await.1["state"], "declined");
    assert_eq!(merchant.alipay_query(&number).await["trade_status"], "TRADE_CLOSED");
    assert_eq!(merchant.phone("pay", &code).await.1["code"], "closed");

    let (number, code) = merchant.wechat_order(100, "https://shop.example/n").await;
    assert_eq!(merchant.phone("decline", &code).await.1["state"], "declined");
    assert_eq!(merchant.wechat_query(&number).await.json()["trade_state"], "NOTPAY");
    assert_eq!(merchant.phone("pay", &code).await.1["state"], "paid");
}

#[tokio::test]
async fn a_code_is_paid_once_and_belongs_to_who_scans_it_first() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    for (_, code) in [merchant.alipay_order(100, "").await, merchant.wechat_order(100, "https://shop.example/n").await]
    {
        assert_eq!(merchant.phone("scan", &code).await.0, 200);
        let (status, trouble) = merchant.phone_as("pay", &json!({"code": code, "buyer": "second"})).await;
        assert_eq!((status, &trouble["code"]), (409, &json!("other_buyer")));
        assert_eq!(merchant.phone("pay", &code).await.1["state"], "paid");
        let (status, trouble) = merchant.phone("pay", &code).await;
        assert_eq!((status, &trouble["code"]), (409, &json!("already_paid")));
    }
    let totals = practice.books().await["totals"].clone();
    assert_eq!((&totals["alipay"]["paid_fen"], &totals["wechat"]["paid_fen"]), (&json!(100), &json!(100)));
}

#[tokio::test]
async fn what_is_no_code_gets_a_clear_error() {
    let practice = Practice::open().await;
    let (status, trouble) = practice.merchant.phone("scan", "https://qr.alipay.com/bax00000").await;
    assert_eq!((status, &trouble["code"]), (404, &json!("unknown_code")));
    let (status, trouble) = practice.merchant.phone_as("pay", &json!({"qr": "x"})).await;
    assert_eq!((status, &trouble["code"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn the_payee_is_the_one_given_or_a_name_in_the_language_of_the_page() {
    let practice = Practice::open().await;
    let (_, code) = practice.merchant.alipay_order(100, "").await;
    let shown = practice.merchant.phone_as("scan", &json!({"code": code, "lang": "zh"})).await.1;
    assert_eq!(shown["payee"], "练习店铺");
    let named = Practice::open_with(|options| options.payee = Some("山隅窑".to_owned())).await;
    let (_, code) = named.merchant.alipay_order(100, "").await;
    assert_eq!(named.merchant.phone("scan", &code).await.1["payee"], "山隅窑");
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_may_be_framed() {
    let practice = Practice::open().await;
    let answer = practice.merchant.wechat_send("GET", "/phone?code=x", "", "").await;
    assert_eq!(answer.status, 200);
    let policy = &answer.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("frame-ancestors"), "{policy}");
    assert!(!policy.contains("unsafe") && !answer.headers.contains_key("x-frame-options"));
    for file in ["/phone/phone.js", "/phone/phone.css"] {
        assert!(answer.body.contains(file));
        let (status, text) = practice.merchant.get_raw(file).await;
        assert!(status == 200 && text.len() > 1000, "{file}");
    }
    assert!(answer.body.contains("id=\"pay\"") && answer.body.contains("id=\"decline\""));
}
