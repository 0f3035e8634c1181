//! The pretend phone.

use std::time::Duration;

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

#[tokio::test]
async fn the_wallet_shows_what_the_buyer_has_and_has_paid() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let full = merchant.get_json("/phone/wallet?channel=alipay").await;
    assert_eq!(full, json!({"channel": "alipay", "balance_fen": 10_000_000, "bills": []}));
    for fen in [100, 2500] {
        let (_, code) = merchant.alipay_order(fen, "").await;
        merchant.phone("pay", &code).await;
    }
    let (number, code) = merchant.alipay_order(700, "").await;
    merchant.phone("pay", &code).await;
    let biz = json!({"out_trade_no": number, "refund_amount": "2.00", "out_request_no": "r1"});
    merchant.alipay("alipay.trade.refund", biz).await;
    let (_, code) = merchant.alipay_order(800, "").await;
    merchant.phone_as("pay", &json!({"code": code, "buyer": "second"})).await;
    let (_, code) = merchant.wechat_order(900, "https://shop.example/n").await;
    merchant.phone("pay", &code).await;

    let wallet = merchant.get_json("/phone/wallet?channel=alipay").await;
    assert_eq!(wallet["balance_fen"], 10_000_000 - 100 - 2500 - 500);
    let bills = wallet["bills"].as_array().expect("a list");
    let listed: Vec<_> =
        bills.iter().map(|bill| (bill["amount_fen"].as_i64(), bill["refunded_fen"].as_i64())).collect();
    assert_eq!(listed, [(Some(700), Some(200)), (Some(2500), Some(0)), (Some(100), Some(0))]);
    assert_eq!(merchant.get_json("/phone/wallet?channel=wechat").await["balance_fen"], 10_000_000 - 900);
    assert_eq!(merchant.get_raw("/phone/wallet?channel=other").await.0, 400);
}

#[tokio::test]
async fn a_scan_says_how_long_the_order_can_be_paid_and_after_that_it_cannot() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    for channel in ["alipay", "wechat"] {
        let (_, code) = match channel {
            "alipay" => merchant.alipay_order(100, "").await,
            _ => merchant.wechat_order(100, "https://shop.example/n").await,
        };
        let left = merchant.phone("scan", &code).await.1["open_for_ms"].as_u64().expect("a time");
        assert!(left > 3_600_000, "{left}");
        practice.sandbox.clock().advance(Duration::from_millis(left));
        let trouble = merchant.phone("pay", &code).await.1["code"].clone();
        assert!(trouble == "expired" || trouble == "closed", "{trouble}");
    }
}

#[tokio::test]
async fn the_newest_code_is_the_last_one_that_nobody_has_scanned_and_that_can_be_paid() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    assert_eq!(merchant.get_json("/phone/newest").await, json!({"code": null}));
    let (_, first) = merchant.alipay_order(100, "").await;
    let (_, second) = merchant.wechat_order(200, "https://shop.example/n").await;
    assert_eq!(merchant.get_json("/phone/newest").await["code"], json!(second));
    merchant.phone("scan", &second).await;
    assert_eq!(merchant.get_json("/phone/newest").await["code"], json!(first));
    practice.sandbox.clock().advance(Duration::from_secs(3 * 3600));
    assert_eq!(merchant.get_json("/phone/newest").await, json!({"code": null}));
}

#[tokio::test]
async fn a_door_for_phones_leads_to_the_phone_and_to_nothing_else_and_can_be_closed() {
    let practice = Practice::open().await;
    let (_, code) = practice.merchant.alipay_order(100, "").await;
    let door = practice.sandbox.open_phone_door(([127, 0, 0, 1], 0).into()).await.expect("a door");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let at = |path: &str| format!("http://{}{path}", door.addr);
    for path in ["/phone", "/phone/phone.css", "/phone/phone.js", "/phone/newest", "/phone/wallet?channel=alipay"] {
        assert_eq!(http.get(at(path)).send().await.expect("an answer").status(), 200, "{path}");
    }
    // Every other address of the sandbox, by every method that one of them takes.
    let others =
        ["/", "/calls", "/happenings", "/books", "/faults", "/healthz", "/merchant/refund", "/merchant/settle"];
    let channels = ["/gateway.do", "/v3/alipay/trade", "/v3/pay/transactions/native", "/bill/alipay"];
    for path in others.into_iter().chain(channels) {
        for method in [reqwest::Method::GET, reqwest::Method::POST, reqwest::Method::PUT] {
            let here = http.request(method.clone(), at(path)).send().await.expect("an answer").status();
            assert_eq!(here, 404, "{method} {path}");
        }
    }
    let paid = http.post(at("/phone/pay")).json(&json!({"code": code})).send().await.expect("an answer");
    assert_eq!(paid.status(), 200);
    let totals = practice.books().await["totals"].clone();
    assert_eq!(totals["alipay"]["paid_fen"], json!(100));
    // A connection that was used before is closed as well.
    let phone = at("/phone");
    door.close().await;
    assert!(http.get(phone).send().await.is_err(), "a closed door answers");
}
