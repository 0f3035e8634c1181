//! Published signatures of Alipay and its SDKs, `tests/vectors/alipay-vectors.json`.

use super::answer::Envelope;
use super::call::text_to_sign;
use super::notice::{params, signed_text};
use crate::keys::{SigningKey, VerifyingKey};
use serde_json::Value;
use std::collections::BTreeMap;

fn vectors(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../tests/vectors/alipay-vectors.json")).unwrap();
    let some = all[name].as_array().unwrap().clone();
    assert!(!some.is_empty());
    some
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{}: no {name}", vector["id"]))
}

fn public_key(vector: &Value) -> VerifyingKey {
    VerifyingKey::from_der(&crate::keys::der(text(vector, "public_key"), &[]).unwrap()).unwrap()
}

fn map(value: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn requests_are_signed_as_the_sdks_sign_them() {
    let mut signed = 0;
    for vector in vectors("request_sign") {
        let id = text(&vector, "id");
        let mut parameters = map(&vector["params"]);
        assert_eq!(text_to_sign(&parameters), text(&vector, "content"), "{id}");
        if id.starts_with("req-chloerei") {
            let why = SigningKey::parse(text(&vector, "private_key")).err().unwrap();
            assert!(why.contains("2048"), "{id}: a key of 1024 bits is refused: {why}");
        } else {
            let key = SigningKey::parse(text(&vector, "private_key")).unwrap();
            assert_eq!(key.sign(text(&vector, "content").as_bytes()).unwrap(), text(&vector, "expected_sign"), "{id}");
            assert!(key.matches(&public_key(&vector)), "{id}");
            signed += 1;
        }
        if let Some(query) = vector["encoded_query"].as_str() {
            parameters.insert("sign".into(), text(&vector, "expected_sign").into());
            let mut decoded = params(query.as_bytes()).unwrap();
            parameters.retain(|_, value| !value.is_empty());
            decoded.retain(|_, value| !value.is_empty());
            assert_eq!(decoded, parameters, "{id}");
        }
    }
    assert_eq!(signed, 3);
}

#[test]
fn answers_verify_over_their_own_bytes_and_forged_ones_do_not() {
    let mut refused = 0;
    for vector in vectors("response_verify") {
        let id = text(&vector, "id");
        let method = text(&vector, "response_key").strip_suffix("_response").unwrap().replace('_', ".");
        let envelope = Envelope::parse(text(&vector, "raw_response"), &method).unwrap();
        assert_eq!(envelope.body, text(&vector, "content"), "{id}");
        let expected = vector["expect"].as_bool().unwrap();
        assert_eq!(envelope.verify(&public_key(&vector)).is_ok(), expected, "{id}");
        refused += usize::from(!expected);
    }
    assert!(refused >= 1);
}

#[test]
fn bodies_are_cut_out_whole() {
    for vector in vectors("response_extract") {
        let method = text(&vector, "response_key").strip_suffix("_response").unwrap().replace('_', ".");
        let envelope = Envelope::parse(text(&vector, "raw"), &method).unwrap();
        assert_eq!(envelope.body, text(&vector, "expected_content"), "{}", vector["id"]);
    }
}

#[test]
fn trade_notices_verify_without_sign_type_and_forged_ones_do_not() {
    for vector in vectors("notify_verify") {
        let id = text(&vector, "id");
        let received = params(text(&vector, "form_body").as_bytes()).unwrap();
        assert_eq!(received, map(&vector["params"]), "{id}");
        let sign = &received["sign"];
        let key = public_key(&vector);
        let expected = vector["expect"].as_bool().unwrap();
        let excluded: Vec<&str> = vector["excluded"].as_array().unwrap().iter().map(|x| x.as_str().unwrap()).collect();
        if excluded == ["sign", "sign_type"] {
            assert_eq!(signed_text(&received), text(&vector, "content"), "{id}");
            assert_eq!(key.verify(signed_text(&received).as_bytes(), sign).is_ok(), expected, "{id}");
        } else {
            // Signed over sign_type too: what other kinds of message do, and trade notices never.
            assert_eq!(key.verify(text(&vector, "content").as_bytes(), sign).is_ok(), expected, "{id}");
            assert_eq!(key.verify(signed_text(&received).as_bytes(), sign).is_ok(), !expected, "{id}");
        }
    }
}

#[test]
fn the_v3_samples_check_the_same_signature() {
    for vector in vectors("v3") {
        let key = SigningKey::parse(text(&vector, "private_key")).unwrap();
        assert_eq!(key.sign(text(&vector, "content").as_bytes()).unwrap(), text(&vector, "expected_sign"));
        public_key(&vector).verify(text(&vector, "content").as_bytes(), text(&vector, "expected_sign")).unwrap();
    }
}
