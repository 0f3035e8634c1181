//! AEAD_AES_256_GCM: how WeChat Pay wraps what only the merchant may read.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::random;

/// Encrypts `text` with the APIv3 key; the nonce is 12 ASCII characters used as bytes.
pub(crate) fn seal(apiv3_key: &str, associated_data: &str, text: &str) -> (String, String) {
    let nonce = random::mixed(12);
    (seal_with(apiv3_key, &nonce, associated_data, text), nonce)
}

fn seal_with(apiv3_key: &str, nonce: &str, associated_data: &str, text: &str) -> String {
    let key = UnboundKey::new(&AES_256_GCM, apiv3_key.as_bytes()).expect("the APIv3 key has 32 bytes");
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("the nonce has 12 bytes");
    let mut sealed = text.as_bytes().to_vec();
    LessSafeKey::new(key)
        .seal_in_place_append_tag(nonce, Aad::from(associated_data.as_bytes()), &mut sealed)
        .expect("a text of any length can be sealed");
    STANDARD.encode(sealed)
}

/// A sealed object as it stands in notices and in the list of certificates.
pub(crate) fn sealed(apiv3_key: &str, associated_data: &str, text: &str) -> Value {
    let (ciphertext, nonce) = seal(apiv3_key, associated_data, text);
    json!({
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": ciphertext,
        "associated_data": associated_data,
        "nonce": nonce,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_texts_are_sealed_to_the_published_ciphertexts() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/vectors/wechat-vectors.json")).expect("the vectors");
        let list = vectors["aead"].as_array().expect("a list");
        let mut checked = 0;
        for vector in list {
            let field = |name: &str| vector[name].as_str().unwrap_or_default();
            if field("plaintext").is_empty() || field("apiv3_key").len() != 32 || field("nonce").len() != 12 {
                continue;
            }
            let sealed = seal_with(field("apiv3_key"), field("nonce"), field("associated_data"), field("plaintext"));
            assert_eq!(sealed, field("ciphertext"), "{}", vector["id"]);
            checked += 1;
        }
        assert!(checked > 0, "no vector fits");
    }
}
