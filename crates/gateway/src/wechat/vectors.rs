//! Published signatures of WeChat Pay and its SDKs, `tests/vectors/wechat-vectors.json`.

use super::answer::{Signed, Unproven};
use super::call::text_to_sign;
use super::resource::{Resource, ResourceKey};
use crate::Secret;
use crate::keys::{SigningKey, VerifyingKey, der};
use serde_json::Value;

fn all() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/wechat-vectors.json")).unwrap()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{}: no {name}", vector["id"]))
}

fn signing_key(all: &Value, name: &str) -> SigningKey {
    SigningKey::parse(text(&all["keys"][name], "private_key_pem")).unwrap()
}

fn public_key(all: &Value, name: &str) -> VerifyingKey {
    VerifyingKey::from_der(&der(text(&all["keys"][name], "public_key_pem"), &["PUBLIC KEY"]).unwrap()).unwrap()
}

#[test]
fn requests_are_signed_as_the_documentation_signs_them() {
    let all = all();
    for vector in all["request_sign"].as_array().unwrap().iter().chain(all["pay_sign"].as_array().unwrap()) {
        let message = match vector["method"].as_str() {
            None => text(vector, "message").to_owned(),
            Some(method) => {
                let part = |name| text(vector, name);
                text_to_sign(method, part("url"), part("timestamp"), part("nonce_str"), part("body"))
            }
        };
        assert_eq!(message, text(vector, "message"));
        let key = signing_key(&all, text(vector, "key"));
        assert_eq!(key.sign(message.as_bytes()).unwrap(), text(vector, "signature"), "{}", vector["id"]);
    }
    assert!(signing_key(&all, "doc_merchant").matches(&public_key(&all, "doc_merchant")));
}

fn signed<'a>(headers: &'a Value) -> Signed<'a> {
    Signed {
        timestamp: text(headers, "Wechatpay-Timestamp"),
        nonce: text(headers, "Wechatpay-Nonce"),
        signature: text(headers, "Wechatpay-Signature"),
        serial: "unused",
    }
}

#[test]
fn a_documented_answer_verifies_and_a_changed_one_does_not() {
    let all = all();
    let vector = &all["response_verify"][0];
    let (key, body) = (public_key(&all, "doc_platform_public"), text(vector, "body"));
    let answer = signed(&vector["headers"]);
    assert_eq!(answer.verify(&key, body.as_bytes()), Ok(()));
    assert_eq!(answer.verify(&key, body.replace("JyC", "JyD").as_bytes()), Err(Unproven::BadSignature));
    assert_eq!(Signed { nonce: "d824", ..answer }.verify(&key, body.as_bytes()), Err(Unproven::BadSignature));
    // The documentation prints the same signature beside another key.
    let other = public_key(&all, text(&all["known_bad"][0], "key"));
    assert_eq!(answer.verify(&other, body.as_bytes()), Err(Unproven::BadSignature));
}

#[test]
fn timestamps_count_as_fresh_for_five_minutes_either_way() {
    let all = all();
    let answer = signed(&all["response_verify"][0]["headers"]);
    let at = 1_722_850_421;
    for (now_s, fresh) in
        [(at, true), (at + 300, true), (at - 300, true), (at + 301, false), (at - 301, false), (i64::MIN, false)]
    {
        assert_eq!(answer.check_fresh(now_s).is_ok(), fresh, "{now_s}");
    }
    assert_eq!(Signed { timestamp: "soon", ..answer }.check_fresh(at), Err(Unproven::BadSignature));
}

#[test]
fn a_signature_probe_is_a_wrong_signature_and_nothing_more() {
    let all = all();
    let probe = &all["negative"].as_array().unwrap().iter().find(|v| v["id"] == "signature-probe-sample").unwrap();
    let answer = Signed { signature: text(probe, "signature"), ..signed(&all["response_verify"][0]["headers"]) };
    assert_eq!(answer.verify(&public_key(&all, "doc_platform_public"), b"{}"), Err(Unproven::BadSignature));
}

fn resource(vector: &Value) -> Resource {
    Resource {
        algorithm: "AEAD_AES_256_GCM".into(),
        ciphertext: text(vector, "ciphertext").into(),
        associated_data: text(vector, "associated_data").into(),
        nonce: text(vector, "nonce").into(),
    }
}

#[test]
fn resources_decrypt_and_changed_ones_do_not() {
    let all = all();
    let vector = &all["aead"][0];
    let key = ResourceKey::new(&Secret::new(text(vector, "apiv3_key"))).ok().unwrap();
    assert_eq!(key.open(&resource(vector)).unwrap(), text(vector, "plaintext").as_bytes());
    let mut wrong = 0;
    for vector in all["negative"].as_array().unwrap().iter().filter(|v| v["expect"] == "authentication failure") {
        assert!(key.open(&resource(vector)).is_err(), "{}", vector["id"]);
        wrong += 1;
    }
    assert_eq!(wrong, 2);
    for change in [
        |r: &mut Resource| r.nonce = "short".into(),
        |r: &mut Resource| r.ciphertext = "ulw=".into(),
        |r: &mut Resource| r.ciphertext = "not base64".into(),
        |r: &mut Resource| r.algorithm = "AES".into(),
    ] {
        let mut changed = resource(vector);
        change(&mut changed);
        assert!(key.open(&changed).is_err());
    }
}

#[test]
fn an_apiv3_key_of_another_length_is_refused() {
    let all = all();
    for key in [text(&all["aead"][1], "apiv3_key"), "", "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb0"] {
        let error = ResourceKey::new(&Secret::new(key)).err().unwrap().to_string();
        assert!(error.contains("wechat.apiv3_key"), "{error}");
    }
}

#[test]
fn a_wrapped_certificate_opens_to_its_pem() {
    let all = all();
    let vector = &all["certificates_response"][0];
    let key = ResourceKey::new(&Secret::new(text(vector, "apiv3_key"))).ok().unwrap();
    let pem = key.open(&resource(&vector["body"]["data"][0]["encrypt_certificate"])).unwrap();
    assert_eq!(pem, text(vector, "expect_pem").as_bytes());
}
