//! The list of calls, the start page and the program's help.

use std::process::Command;

use serde_json::{Value, json};

use crate::Practice;
use crate::merchant::sign;

async fn latest(practice: &Practice) -> Value {
    practice.merchant.get_json("/calls").await["calls"][0].clone()
}

#[tokio::test]
async fn a_good_call_is_listed_with_its_number_and_result() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    assert_eq!(merchant.get_json("/calls").await, json!({"calls": []}));
    let (number, code) = merchant.alipay_order(100, "").await;
    let call = latest(&practice).await;
    assert_eq!((&call["channel"], &call["operation"]), (&json!("alipay"), &json!("alipay.trade.precreate")));
    assert_eq!((&call["out_trade_no"], &call["signature"]), (&json!(number), &json!({"state": "good"})));
    assert_eq!((&call["answer"]["status"], &call["answer"]["result"]), (&json!(200), &json!("10000")));
    assert!(call["answer"]["body"].as_str().is_some_and(|body| body.contains("qr_code")));
    merchant.phone("pay", &code).await;
    merchant.alipay_query(&number).await;
    assert_eq!(latest(&practice).await["answer"]["result"], "10000 TRADE_SUCCESS");

    let (number, _) = merchant.wechat_order(100, "https://shop.example/n").await;
    merchant.wechat_query(&number).await;
    let call = latest(&practice).await;
    assert_eq!((&call["channel"], &call["http_method"]), (&json!("wechat"), &json!("GET")));
    assert_eq!(call["path"], format!("/v3/pay/transactions/out-trade-no/{number}"));
    assert_eq!((&call["out_trade_no"], &call["signature"]["state"]), (&json!(number), &json!("good")));
    assert_eq!(call["answer"]["result"], "NOTPAY");
    assert_eq!(call["number"], 4);
}

#[tokio::test]
async fn a_broken_signature_of_alipay_is_explained() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let mut params = merchant.alipay_params("alipay.trade.query", &json!({"out_trade_no": "A1"}), "");
    let joined = |left_out: &str| {
        let parts: Vec<String> = params
            .iter()
            .filter(|(name, value)| !value.is_empty() && *name != "sign" && *name != left_out)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        parts.join("&")
    };
    let (right, without) = (joined(""), joined("sign_type"));
    params.insert("sign".to_owned(), sign(&merchant.app_key, without.as_bytes()));
    merchant.alipay_send(&params).await;
    let call = latest(&practice).await;
    assert_eq!(call["answer"]["result"], "40002 isv.invalid-signature");
    let signature = &call["signature"];
    assert_eq!((&signature["state"], &signature["signed_text"]), (&json!("bad"), &json!(right)));
    assert_eq!(signature["signed_bytes"], right.len());
    assert_eq!(signature["hints"][0]["code"], "sign_type_left_out");
    let at = right.find("sign_type").expect("it is signed");
    assert_eq!(signature["hints"][0]["first_difference"]["byte"], at);
    assert_eq!(signature["hints"][0]["first_difference"]["signed_bytes"], without.len());

    for (sign, code) in [
        (sign(&merchant.merchant_key, right.as_bytes()), "other_channels_key"),
        (sign(&merchant.app_key, b"another text"), "unexplained"),
        ("no base64!".to_owned(), "not_base64"),
        ("c2hvcnQ=".to_owned(), "length"),
        (sign(&merchant.app_key, right.as_bytes()).replace('+', " "), "plus_lost"),
    ] {
        let plain = !sign.contains(' ') && code == "plus_lost";
        params.insert("sign".to_owned(), sign);
        merchant.alipay_send(&params).await;
        let signature = latest(&practice).await["signature"].clone();
        // One signature in two hundred has no plus at all.
        let found = signature["hints"][0]["code"].as_str();
        assert!(found == Some(code) || plain && signature["state"] == "good", "{code}: {signature}");
    }
    params.remove("sign");
    merchant.alipay_send(&params).await;
    assert_eq!(latest(&practice).await["signature"]["state"], "missing");
}

#[tokio::test]
async fn a_broken_signature_of_wechat_is_explained() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let target = "/v3/pay/transactions/native";
    let body = json!({"out_trade_no": "W1", "amount": {"total": 1}}).to_string();
    let written_again = "{\"out_trade_no\": \"W1\", \"amount\": {\"total\": 1}}";
    for (method, signed_target, signed_body, code) in [
        ("POST", target, written_again, "body_written_again"),
        ("POST", target, "", "no_body"),
        ("post", target, body.as_str(), "lower_case_method"),
        ("POST", &format!("{}{target}", practice.sandbox.base_url), body.as_str(), "whole_url"),
        ("POST", target, "{}", "unexplained"),
    ] {
        let authorization = merchant.wechat_authorization(method, signed_target, signed_body);
        let answer = merchant.wechat_send("POST", target, &body, &authorization).await;
        assert_eq!(answer.status, 401);
        let call = latest(&practice).await;
        assert_eq!(call["signature"]["hints"][0]["code"], code, "{call}");
        assert_eq!((&call["out_trade_no"], &call["answer"]["result"]), (&json!("W1"), &json!("SIGN_ERROR")));
        let text = call["signature"]["signed_text"].as_str().expect("the text");
        assert!(text.starts_with(&format!("POST\n{target}\n")) && text.ends_with(&format!("\n{body}\n")), "{text}");
    }
    merchant.wechat_send("GET", "/v3/certificates", "", "Bearer x").await;
    assert_eq!(latest(&practice).await["signature"]["state"], "missing");
}

#[tokio::test]
async fn a_broken_signature_of_alipay_v3_is_explained() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let target = "/v3/alipay/trade/query?a=1";
    let claim = format!("app_id={},timestamp={},nonce=n", merchant.text(&merchant.alipay["app_id"]), merchant.now_ms());
    let text = format!("{claim}\nPOST\n/v3/alipay/trade/query\n{{}}\n");
    let authorization = format!("ALIPAY-SHA256withRSA {claim},sign={}", sign(&merchant.app_key, text.as_bytes()));
    merchant.wechat_send("POST", target, "{}", &authorization).await;
    let call = latest(&practice).await;
    assert_eq!((&call["channel"], &call["answer"]["result"]), (&json!("alipay"), &json!("invalid-signature")));
    assert_eq!(call["signature"]["hints"][0]["code"], "no_query");
}

#[tokio::test]
async fn only_the_latest_hundred_calls_are_kept_and_long_texts_are_cut() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    for number in 0..103 {
        merchant.wechat_send("GET", &format!("/v3/unknown/{number}"), "", "").await;
    }
    let body = json!({"out_trade_no": "W1", "description": "字 ".repeat(20_000)}).to_string();
    merchant.wechat_send("POST", "/v3/pay/transactions/native", &body, "").await;
    let calls = merchant.get_json("/calls").await["calls"].clone();
    let calls = calls.as_array().expect("a list");
    assert_eq!((calls.len(), &calls[0]["number"], &calls[99]["number"]), (100, &json!(104), &json!(5)));
    assert!(calls[0]["request"].as_str().is_some_and(|text| text.chars().count() < 3100));
}

#[tokio::test]
async fn a_call_that_is_never_answered_is_listed_all_the_same() {
    let practice = Practice::open().await;
    practice.faults(json!({"alipay": {"timeout_before": {}}})).await;
    let merchant = &practice.merchant;
    let params = merchant.alipay_params("alipay.trade.query", &json!({"out_trade_no": "A1"}), "");
    let listed = async {
        loop {
            let call = latest(&practice).await;
            if !call.is_null() {
                return call;
            }
        }
    };
    let call = tokio::select! {
        call = listed => call,
        answer = merchant.alipay_send(&params) => panic!("{answer:?}"),
    };
    assert_eq!((&call["out_trade_no"], &call["answer"]), (&json!("A1"), &Value::Null));
}

/// The inner lines of every private key, and the APIv3 key.
fn secrets(practice: &Practice) -> Vec<String> {
    let mut secrets = vec![practice.merchant.text(&practice.merchant.wechat["apiv3_key"])];
    for file in std::fs::read_dir(practice.data.path().join("keys")).expect("keys") {
        let path = file.expect("a key").path();
        if path.display().to_string().contains("private_key") {
            let pem = std::fs::read_to_string(path).expect("a key");
            secrets.extend(pem.lines().filter(|line| !line.starts_with("-----") && line.len() > 20).map(str::to_owned));
        }
    }
    assert!(secrets.len() > 12 * 20, "{}", secrets.len());
    secrets
}

#[tokio::test]
async fn no_secret_is_shown_even_when_a_merchant_sends_it() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let apiv3_key = merchant.text(&merchant.wechat["apiv3_key"]);
    let pem = |path: &Value| std::fs::read_to_string(merchant.text(path)).expect("a key");
    let bare: String = pem(&merchant.alipay["app_private_key"]).lines().filter(|line| !line.starts_with('-')).collect();
    let biz = json!({"out_trade_no": apiv3_key, "key": bare, "pem": pem(&merchant.wechat["merchant_private_key"])});
    merchant.alipay("alipay.trade.query", biz.clone()).await;
    merchant.alipay("alipay.trade.query", json!({"out_trade_no": "A1", "key": bare})).await;
    let mut params = merchant.alipay_params("alipay.trade.query", &biz, "");
    params.insert("sign".to_owned(), sign(&merchant.app_key, apiv3_key.as_bytes()));
    merchant.alipay_send(&params).await;
    let target = format!("/v3/certificates?key={apiv3_key}");
    merchant.wechat_send("GET", &target, &apiv3_key, &merchant.wechat_authorization("GET", "/x", "")).await;
    let (_, calls) = merchant.get_raw("/calls").await;
    let (status, page) = merchant.get_raw("/").await;
    let (calls, page) = (String::from_utf8(calls).expect("UTF-8"), String::from_utf8(page).expect("UTF-8"));
    assert_eq!(status, 200);
    assert_eq!(calls.matches("\"number\":").count(), 4);
    for secret in secrets(&practice) {
        assert!(!page.contains(&secret) && !calls.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn the_start_page_names_the_files_and_loads_nothing() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let answer = merchant.wechat_send("GET", "/?lang=zh", "", "").await;
    assert_eq!(answer.status, 200);
    let policy = &answer.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(answer.body.contains("<html lang=\"zh-CN\">") && answer.body.contains("href=\"/phone\""));
    let shown = [&merchant.alipay["gateway"], &merchant.alipay["app_private_key"], &merchant.wechat["mchid"]];
    for value in shown {
        assert!(answer.body.contains(&merchant.text(value)), "{value}");
    }
    assert!(answer.body.contains(&practice.sandbox.credentials.display().to_string()));
    assert!(!answer.body.contains("{{") && !answer.body.contains("src="));
}

#[test]
fn the_help_teaches() {
    let told = Command::new(env!("CARGO_BIN_EXE_sandbox")).arg("--help").output().expect("the program runs");
    let text = String::from_utf8(told.stdout).expect("UTF-8");
    for word in
        ["credentials.json", "/phone", "notice_dropped", "timeout_after", "--clock-speed", "/gateway.do", "4m, 10m"]
    {
        assert!(text.contains(word), "{word}\n{text}");
    }
    let (_, guide) = text.split_once("\nFirst start\n").expect("the guide");
    assert!(guide.lines().all(|line| line.chars().count() <= 120), "{guide}");
}
