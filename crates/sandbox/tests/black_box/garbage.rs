//! Whatever comes is answered, and never by a fault of the sandbox's own.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::Practice;

/// How many bodies each address gets.
const BODIES: usize = 60;

/// Bytes of any kind, and texts that begin like something that is understood.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let beginnings = prop::sample::select(vec![
        "",
        "{\"code\":\"",
        "{\"out_trade_no\":",
        "app_id=1&method=alipay.trade.query&charset=gbk&sign_type=RSA2&sign=",
        "method=alipay.trade.precreate&biz_content=",
        "{\"alipay\":{\"delay\":{\"wait_ms\":",
    ]);
    (beginnings, prop::collection::vec(any::<u8>(), 0..200))
        .prop_map(|(beginning, bytes)| [beginning.as_bytes(), &bytes].concat())
}

#[tokio::test]
async fn any_bytes_to_any_address_are_refused_and_break_nothing() {
    let practice = Practice::open().await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut runner = TestRunner::default();
    let mchid = "mchid=\"1\",nonce_str=\"1\",timestamp=\"1\",serial_no=\"1\",signature=\"WECHATPAY/SIGNTEST/\"";
    for path in [
        "/gateway.do",
        "/gateway.do?charset=%ff&sign=%%%",
        "/v3/alipay/trade/precreate",
        "/v3/alipay/trade/query?%00",
        "/v3/pay/transactions/native",
        "/v3/pay/transactions/out-trade-no/%F0%9F%8D%B5/close",
        "/v3/refund/domestic/refunds",
        "/phone/scan",
        "/phone/pay",
        "/phone/decline",
    ] {
        for _ in 0..BODIES {
            let body = body().new_tree(&mut runner).expect("a body").current();
            let request = http
                .post(format!("{}{path}", practice.sandbox.base_url))
                .header("user-agent", "test")
                .header("authorization", format!("WECHATPAY2-SHA256-RSA2048 {mchid}"))
                .body(body.clone());
            let answer = request.send().await.expect("an answer");
            assert!(answer.status().as_u16() < 500, "{path}: {} to {body:?}", answer.status());
        }
    }
    let health = http.get(format!("{}/healthz", practice.sandbox.base_url)).send().await.expect("an answer");
    assert!(health.status().is_success());
}
