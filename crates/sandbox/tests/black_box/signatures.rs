//! The tests' own merchant is judged by signatures found in the wild; else it and the sandbox could be wrong together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::merchant::{china_text, verifies};

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).expect("the vectors")
}

fn spki(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).expect("base64")
}

#[test]
fn published_answers_of_alipay_verify_and_tampered_ones_do_not() {
    let vectors = vectors(include_str!("../vectors/alipay-vectors.json"));
    let mut genuine = 0;
    for vector in vectors["response_verify"].as_array().expect("a list") {
        let text = |name: &str| vector[name].as_str().expect("a text");
        let key = STANDARD.decode(text("public_key")).expect("base64");
        let good = verifies(&key, text("content").as_bytes(), text("sign"));
        assert_eq!(Some(good), vector["expect"].as_bool(), "{}", vector["id"]);
        genuine += usize::from(good);
    }
    assert!(genuine >= 4, "only {genuine} genuine answers");
}

#[test]
fn published_signatures_of_wechat_verify() {
    let vectors = vectors(include_str!("../vectors/wechat-vectors.json"));
    let key = |name: &Value| {
        let pem = &vectors["keys"][name.as_str().expect("a name")]["public_key_pem"];
        pem.as_str().map(spki)
    };
    let mut checked = 0;
    for vector in vectors["request_sign"].as_array().expect("a list") {
        let Some(key) = key(&vector["key"]) else { continue };
        let text = |name: &str| vector[name].as_str().expect("a text");
        let message = format!(
            "{}\n{}\n{}\n{}\n{}\n",
            text("method"),
            text("url"),
            vector["timestamp"].as_str().map_or_else(|| vector["timestamp"].to_string(), str::to_owned),
            text("nonce_str"),
            text("body")
        );
        assert!(verifies(&key, message.as_bytes(), text("signature")), "{}", vector["id"]);
        checked += 1;
    }
    for vector in vectors["response_verify"].as_array().expect("a list") {
        let Some(key) = key(&vector["key"]) else { continue };
        let header = |name: &str| vector["headers"][name].as_str().expect("a header");
        let body = vector["body"].as_str().expect("a body");
        let message = format!("{}\n{}\n{body}\n", header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"));
        assert!(verifies(&key, message.as_bytes(), header("Wechatpay-Signature")), "{}", vector["id"]);
        checked += 1;
    }
    assert!(checked >= 6, "only {checked} signatures");
}

#[test]
fn the_tests_write_china_time_rightly() {
    assert_eq!(china_text(1_703_112_877_000), "2023-12-21 06:54:37");
    assert_eq!(china_text(951_782_400_000), "2000-02-29 08:00:00");
}
