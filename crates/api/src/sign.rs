//! Signed answers: Ed25519 (RFC 8032) over a canonical text, under the key that the app pinned when it joined the room.
//!
//! The canonical text of a JSON object is all its fields except `sign`, sorted by name, as `name=value` joined with
//! `&`: texts as they are, numbers in decimal, arrays and objects as compact JSON. It is built from the object as
//! received, so a field this program does not know is covered too.
//!
//! Free text may itself contain `&name=`. That can add no field that the reader knows: readers take known fields by name
//! with their types; the free text of a view is its `title`, which sorts after every other known field, and in ext it is
//! `code`, between which and the next known field, `expires_in_s`, no known name sorts.

use aws_lc_rs::signature::{self, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE};
use serde_json::{Map, Value};
use std::fmt;

/// Length of an Ed25519 public key, bytes.
const KEY_BYTES: usize = 32;

/// The text that is signed.
#[must_use]
pub fn canonical_text(object: &Map<String, Value>) -> String {
    let mut names: Vec<&String> = object.keys().filter(|name| *name != "sign").collect();
    names.sort();
    let fields = names.into_iter().map(|name| match &object[name] {
        Value::String(text) => format!("{name}={text}"),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            format!("{name}={other}")
        }
    });
    fields.collect::<Vec<_>>().join("&")
}

/// A text is not a shop's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a shop key is 32 bytes in base64")]
pub struct KeyError;

/// A storefront's public key. Joining a room pins it.
#[derive(Clone, PartialEq, Eq)]
pub struct ShopKey([u8; KEY_BYTES]);

impl ShopKey {
    /// Reads base64, in the plain or the URL alphabet, with or without padding.
    ///
    /// # Errors
    /// [`KeyError`] when it is not 32 bytes.
    pub fn from_base64(text: &str) -> Result<ShopKey, KeyError> {
        let plain = text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_");
        let padding = "=".repeat(plain.len().next_multiple_of(4).saturating_sub(plain.len()));
        let bytes = URL_SAFE.decode(plain + &padding).map_err(|_| KeyError)?;
        bytes.try_into().map(ShopKey).map_err(|_| KeyError)
    }

    /// The key in base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        BASE64.encode(self.0)
    }

    /// The id that signed objects name their key by: the first 8 bytes of the key's SHA-256, in hex.
    #[must_use]
    pub fn key_id(&self) -> String {
        hex(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.0).as_ref()[..8])
    }

    /// What people compare: the first 16 bytes of the key's SHA-256, in hex, in groups of four.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.0);
        digest.as_ref()[..16].chunks(2).map(hex).collect::<Vec<_>>().join(" ")
    }

    /// Whether `object` carries this key's id and a signature of it that verifies.
    #[must_use]
    pub fn verifies(&self, object: &Map<String, Value>) -> bool {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let (Some(key_id), Some(sign)) = (text("key_id"), text("sign")) else { return false };
        let Ok(sign) = BASE64.decode(sign) else { return false };
        let key = signature::UnparsedPublicKey::new(&signature::ED25519, &self.0);
        key_id == self.key_id() && key.verify(canonical_text(object).as_bytes(), &sign).is_ok()
    }
}

impl fmt::Debug for ShopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShopKey({})", self.key_id())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A storefront's private key.
pub struct ShopSigner {
    pair: Ed25519KeyPair,
    key: ShopKey,
    key_id: String,
}

impl ShopSigner {
    /// Makes a new key and its PKCS#8 form, to be kept in a file that only the storefront can read.
    ///
    /// # Errors
    /// [`KeyError`] when the system gives no randomness.
    pub fn generate() -> Result<(ShopSigner, Vec<u8>), KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError)?;
        let pkcs8 = pair.to_pkcs8().map_err(|_| KeyError)?;
        Ok((ShopSigner::from_pkcs8(pkcs8.as_ref())?, pkcs8.as_ref().to_vec()))
    }

    /// Reads a key in PKCS#8.
    ///
    /// # Errors
    /// [`KeyError`] when it is not an Ed25519 key.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<ShopSigner, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError)?;
        let bytes = pair.public_key().as_ref().try_into().map_err(|_| KeyError)?;
        let key = ShopKey(bytes);
        Ok(ShopSigner { pair, key_id: key.key_id(), key })
    }

    /// The public half.
    #[must_use]
    pub fn key(&self) -> &ShopKey {
        &self.key
    }

    /// Puts `key_id` and `sign` into the object.
    pub fn sign(&self, object: &mut Map<String, Value>) {
        object.insert("key_id".into(), Value::String(self.key_id.clone()));
        object.remove("sign");
        let sign = self.pair.sign(canonical_text(object).as_bytes());
        object.insert("sign".into(), Value::String(BASE64.encode(sign.as_ref())));
    }
}

impl fmt::Debug for ShopSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShopSigner({})", self.key_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_canonical_text_is_the_contract_s() {
        let object = object(json!({
            "order_id": "O1", "amount_fen": 22800, "code": "https://qr.alipay.com/bax?a=1&b=2", "sign": "x",
            "attempts": [{"pay_id": "P", "state": "paid"}], "live": true,
        }));
        assert_eq!(
            canonical_text(&object),
            "amount_fen=22800&attempts=[{\"pay_id\":\"P\",\"state\":\"paid\"}]&code=https://qr.alipay.com/bax?a=1&b=2\
             &live=true&order_id=O1"
        );
    }

    #[test]
    fn a_signed_object_verifies_until_any_field_changes() {
        let (signer, pkcs8) = ShopSigner::generate().unwrap();
        assert_eq!(ShopSigner::from_pkcs8(&pkcs8).unwrap().key(), signer.key());
        let mut signed = object(json!({"amount_fen": 1, "goods_id": "teapot", "title": "茶壶"}));
        signer.sign(&mut signed);
        assert!(signer.key().verifies(&signed));
        for name in ["amount_fen", "goods_id", "title", "key_id", "sign"] {
            let mut forged = signed.clone();
            forged.insert(name.into(), json!("forged"));
            assert!(!signer.key().verifies(&forged), "{name}");
            forged.remove(name);
            assert!(!signer.key().verifies(&forged), "without {name}");
        }
        let mut more = signed.clone();
        more.insert("extra".into(), json!(1));
        assert!(!signer.key().verifies(&more));
        let (other, _) = ShopSigner::generate().unwrap();
        assert!(!other.key().verifies(&signed));
    }

    #[test]
    fn a_key_is_read_in_every_base64_that_links_carry() {
        let (signer, _) = ShopSigner::generate().unwrap();
        let plain = signer.key().to_base64();
        for text in [plain.clone(), plain.trim_end_matches('=').into(), plain.replace('+', "-").replace('/', "_")] {
            assert_eq!(ShopKey::from_base64(&text).as_ref(), Ok(signer.key()));
        }
        assert_eq!(ShopKey::from_base64("AAAA"), Err(KeyError));
        assert_eq!(ShopKey::from_base64("not base64 at all"), Err(KeyError));
    }

    #[test]
    fn nothing_of_the_private_key_is_printed() {
        let (signer, _) = ShopSigner::generate().unwrap();
        assert_eq!(format!("{signer:?}"), format!("ShopSigner({})", signer.key().key_id()));
    }
}
