//! RSA keys: read from files once, used for every call.
//!
//! Both channels sign with RSASSA-PKCS1-v1_5 over SHA-256 ("RSA2", `SHA256-RSA2048`) and write signatures in base64.

use crate::SetupError;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, PublicKey};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::path::Path;
use zeroize::Zeroizing;

/// 2048 bits. Old merchants still have 1024-bit keys, which are within reach of an attacker.
const MODULUS_BYTES_MIN: usize = 256;
/// A key or certificate file longer than this is something else.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// The merchant's own key.
pub(crate) struct SigningKey(KeyPair);

/// A key of the channel's.
#[derive(Clone)]
pub(crate) struct VerifyingKey(ParsedPublicKey);

/// A signature that is missing, unreadable or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadSignature;

/// The system gave no randomness or memory to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CannotSign;

impl SigningKey {
    /// Reads a private key file: PEM `PRIVATE KEY` (PKCS#8), PEM `RSA PRIVATE KEY` (PKCS#1), or the bare base64 of
    /// either, as Alipay's key tool writes it.
    pub(crate) fn read(setting: &'static str, path: &Path) -> Result<SigningKey, SetupError> {
        refuse_exposed(setting, path)?;
        let text = read_text(setting, path)?;
        SigningKey::parse(&text).map_err(|why| SetupError::NotAKey { setting, path: path.to_owned(), why })
    }

    pub(crate) fn parse(text: &str) -> Result<SigningKey, String> {
        let der = Zeroizing::new(der(text, &["PRIVATE KEY", "RSA PRIVATE KEY"])?);
        let key = KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der)).map_err(|_| {
            "is not an RSA private key of at least 2048 bits (PKCS#8 or PKCS#1). Put the merchant's own private key there"
        })?;
        if key.public_modulus_len() < MODULUS_BYTES_MIN {
            return Err("is shorter than 2048 bits. Make a new key of 2048 bits and upload its public half".into());
        }
        Ok(SigningKey(key))
    }

    /// The signature of `message` in base64.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<String, CannotSign> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| CannotSign)?;
        Ok(BASE64.encode(signature))
    }

    /// Whether `key` is the public half of this key.
    pub(crate) fn matches(&self, key: &VerifyingKey) -> bool {
        // Compared through a signature, as Alipay's Java SDK does: encodings of one key may differ.
        let probe = b"is this our own public key?";
        self.sign(probe).is_ok_and(|signature| key.verify(probe, &signature).is_ok())
    }
}

impl VerifyingKey {
    /// Reads a public key file: PEM `PUBLIC KEY`, PEM `RSA PUBLIC KEY`, or the bare base64 of either.
    pub(crate) fn read(setting: &'static str, path: &Path) -> Result<VerifyingKey, SetupError> {
        let text = read_text(setting, path)?;
        der(&text, &["PUBLIC KEY", "RSA PUBLIC KEY"])
            .and_then(|der| VerifyingKey::from_der(&der))
            .map_err(|why| SetupError::NotAKey { setting, path: path.to_owned(), why })
    }

    /// A key from its `SubjectPublicKeyInfo` or PKCS#1 bytes.
    pub(crate) fn from_der(der: &[u8]) -> Result<VerifyingKey, String> {
        let key = PublicKey::from_der(der)
            .map_err(|_| "is not an RSA public key. Put the channel's public key there, not a certificate")?;
        if !has_2048_bits(key.as_ref()) {
            return Err("is shorter than 2048 bits, which is not safe. Ask the channel for its current key".into());
        }
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .map_err(|_| "is not an RSA public key of 2048 to 8192 bits. Ask the channel for its current key")?;
        Ok(VerifyingKey(parsed))
    }

    /// Checks a base64 signature. Any text is accepted for checking; what is not base64 is simply wrong, such as the
    /// probes WeChat Pay sends on purpose.
    pub(crate) fn verify(&self, message: &[u8], signature: &str) -> Result<(), BadSignature> {
        let signature = BASE64.decode(signature).map_err(|_| BadSignature)?;
        self.0.verify_sig(message, &signature).map_err(|_| BadSignature)
    }
}

/// Whether the modulus of this PKCS#1 key has at least 2048 bits. The library checks only when it verifies, when a key
/// too short would look like a wrong signature.
fn has_2048_bits(pkcs1: &[u8]) -> bool {
    match pkcs1 {
        // A sequence whose first member is an integer of more than 256 bytes, the first of them the sign's zero.
        [0x30, 0x82, _, _, 0x02, 0x82, high, low, ..] => {
            usize::from(u16::from_be_bytes([*high, *low])) > MODULUS_BYTES_MIN
        }
        _ => false,
    }
}

/// Reads a file of text that is short enough to be a key.
pub(crate) fn read_text(setting: &'static str, path: &Path) -> Result<Zeroizing<String>, SetupError> {
    let unreadable = |source| SetupError::Unreadable { setting, path: path.to_owned(), source };
    let not_a_key = |why: &str| SetupError::NotAKey { setting, path: path.to_owned(), why: why.into() };
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(not_a_key("is far too long for a key. Check the path"));
    }
    let bytes = Zeroizing::new(std::fs::read(path).map_err(unreadable)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| not_a_key("is not text. Put a PEM file or its base64 there"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(unix)]
fn refuse_exposed(setting: &'static str, path: &Path) -> Result<(), SetupError> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path);
    let mode = metadata.map_err(|source| SetupError::Unreadable { setting, path: path.to_owned(), source })?.mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(SetupError::Exposed { setting, path: path.to_owned() }) }
}

#[cfg(not(unix))]
fn refuse_exposed(_: &'static str, _: &Path) -> Result<(), SetupError> {
    Ok(())
}

/// The DER bytes of the first PEM block with one of these labels, or of a text that is base64 from end to end.
pub(crate) fn der(text: &str, labels: &[&str]) -> Result<Vec<u8>, String> {
    let Some((_, after)) = text.split_once("-----BEGIN ") else {
        return decode(text).ok_or_else(|| "holds neither PEM nor base64".into());
    };
    let (label, after) = after.split_once("-----").ok_or("breaks off in its first PEM line")?;
    if !labels.contains(&label) {
        return Err(format!("holds a {label}, but {} is wanted", labels.join(" or ")));
    }
    let end = format!("-----END {label}-----");
    let (body, _) = after.split_once(end.as_str()).ok_or_else(|| format!("has no line {end}"))?;
    decode(body).ok_or_else(|| "holds PEM that is not base64".into())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    // Keys are pasted from web pages and mails, with all kinds of white space.
    let packed = Zeroizing::new(text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect::<String>());
    let bytes = BASE64.decode(packed.as_bytes()).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Certificate;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_panics_the_readers_of_keys(text in ".*", body in "[A-Za-z0-9+/=\\s-]{0,200}", label in "[A-Z ]{0,20}") {
            let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
            for text in [text.as_str(), &body, &pem, &pem.replace(&label, "CERTIFICATE")] {
                prop_assert!(SigningKey::parse(text).is_err());
                prop_assert!(der(text, &["PUBLIC KEY"]).and_then(|der| VerifyingKey::from_der(&der)).is_err());
                prop_assert!(Certificate::all(text).is_empty());
            }
        }
    }
}
