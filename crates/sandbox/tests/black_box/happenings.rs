//! What happens, as it is told to whoever watches, and a channel that is down.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Practice;

impl Practice {
    /// What happened, the oldest first, each as its kind, its amount and its fault.
    async fn happened(&self) -> Vec<(String, Value, Value)> {
        let list = self.merchant.get_json("/happenings").await["happenings"].clone();
        let list = list.as_array().expect("a list").iter().rev();
        list.map(|one| {
            (one["what"].as_str().expect("a kind").to_owned(), one["amount_fen"].clone(), one["fault"].clone())
        })
        .collect()
    }

    /// Waits until so much has happened.
    async fn until_happened(&self, count: u64) {
        let mut newest = 0;
        let wait = async {
            while newest < count {
                let list = self.merchant.get_json(&format!("/happenings?after={newest}")).await;
                newest = list["happenings"][0]["seq"].as_u64().unwrap_or_default();
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("so much happens");
    }
}

#[tokio::test]
async fn calls_phones_and_notices_are_told_in_their_order_with_what_went_wrong() {
    let mut practice = Practice::open().await;
    let merchant = &practice.merchant;
    practice.faults(json!({"wechat": {"notice_dropped": {}}, "alipay": {"notice_doubled": {"copies": 2}}})).await;
    let (number, code) = merchant.wechat_order(100, &practice.shop.url("wechat")).await;
    merchant.phone("pay", &code).await;
    merchant.wechat_query(&number).await;
    let dropped = json!("notice_dropped");
    let said = |what: &str, amount: Value, fault: &Value| (what.to_owned(), amount, fault.clone());
    let expected = vec![
        said("code_asked", json!(100), &Value::Null),
        said("scanned", json!(100), &Value::Null),
        said("paid", json!(100), &Value::Null),
        said("notice", Value::Null, &dropped),
        said("query", Value::Null, &Value::Null),
    ];
    assert_eq!(practice.happened().await, expected);

    let (_, code) = merchant.alipay_order(250, &practice.shop.url("alipay")).await;
    merchant.phone("scan", &code).await;
    merchant.phone("pay", &code).await;
    practice.shop.next().await;
    practice.shop.next().await;
    practice.until_happened(10).await;
    let doubled = json!("notice_doubled");
    let expected = vec![
        said("code_asked", json!(250), &Value::Null),
        said("scanned", json!(250), &Value::Null),
        said("paid", json!(250), &Value::Null),
        said("notice", Value::Null, &doubled),
        said("notice", Value::Null, &doubled),
    ];
    assert_eq!(practice.happened().await[5..], expected);
}

#[tokio::test]
async fn what_is_not_signed_is_not_told() {
    let practice = Practice::open().await;
    let biz = json!({"out_trade_no": "x1"});
    let mut params = practice.merchant.alipay_params("alipay.trade.query", &biz, "");
    practice.merchant.alipay_send(&params).await;
    assert_eq!(practice.happened().await.len(), 1);
    params.insert("sign".to_owned(), "x".to_owned());
    practice.merchant.alipay_send(&params).await;
    assert_eq!(practice.happened().await.len(), 1);
}

#[tokio::test]
async fn a_channel_that_is_down_answers_nothing_and_sends_its_notices_once_it_is_up_again() {
    let mut practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (number, code) = merchant.alipay_order(100, &practice.shop.url("alipay")).await;
    // Paid just before: its notice is what waits.
    practice.faults(json!({"alipay": {"notice_late": {"wait_ms": 60_000}}})).await;
    assert_eq!(merchant.phone("pay", &code).await.1["state"], "paid");
    practice.faults(json!({"alipay": {"channel_down": {}}})).await;
    let biz = json!({"out_trade_no": number});
    let (status, _) = merchant.alipay_send(&merchant.alipay_params("alipay.trade.query", &biz, "")).await;
    assert_eq!(status, 502);
    let (_, other) = merchant.wechat_order(100, &practice.shop.url("wechat")).await;
    assert_eq!(merchant.phone("scan", &other).await.0, 200, "the other channel is up");
    let (status, trouble) = merchant.phone("pay", &code).await;
    assert_eq!((status, &trouble["code"]), (503, &json!("channel_down")));
    practice.sandbox.clock().advance(Duration::from_secs(61));
    merchant.phone("pay", &other).await;
    // The other channel's notice comes; this one's was due before it and waits.
    assert!(practice.shop.next().await.body.contains("TRANSACTION.SUCCESS"));
    assert_eq!(practice.books().await["totals"]["alipay"]["notices_due"], 1);
    practice.faults(json!({"alipay": {}})).await;
    assert_eq!(practice.shop.next().await.form()["out_trade_no"], number);
    assert_eq!(practice.fired("alipay", "channel_down").await, 2, "one call and one phone");
}
