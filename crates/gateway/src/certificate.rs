//! X.509 certificates of both channels: serial numbers and public keys out of PEM.

use crate::SetupError;
use crate::keys::{VerifyingKey, read_text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use std::path::Path;
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Name};

/// Signature algorithms of RSA begin with this object identifier (PKCS#1).
const RSA_OID: &str = "1.2.840.113549.1.1";
/// `sha256WithRSAEncryption`.
const RSA_SHA256_OID: &str = "1.2.840.113549.1.1.11";
/// A chain longer than this is not one of a payment channel.
const CHAIN_MAX: usize = 8;

/// One certificate, taken apart as far as the channels need it.
#[derive(Clone)]
pub(crate) struct Certificate {
    /// Alipay's serial: lower-case hexadecimal MD5 of the issuer's name and the serial number in decimal.
    pub(crate) alipay_sn: String,
    /// WeChat Pay's serial: the serial number in upper-case hexadecimal.
    pub(crate) wechat_serial: String,
    /// Signed with an RSA key, which is what counts for Alipay's root serial.
    pub(crate) is_rsa_signed: bool,
    /// First second of validity, Unix seconds.
    pub(crate) from_s: i64,
    /// Last second of validity, Unix seconds.
    pub(crate) until_s: i64,
    /// `None` when the key is not RSA of at least 2048 bits.
    pub(crate) key: Option<VerifyingKey>,
    is_ca: bool,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    /// What the issuer signed, and its signature in base64 when it is RSA over SHA-256.
    signed: Vec<u8>,
    signature: Option<String>,
}

impl Certificate {
    fn parse(der: &[u8]) -> Option<Certificate> {
        let (_, parsed) = X509Certificate::from_der(der).ok()?;
        let tbs = &parsed.tbs_certificate;
        let algorithm = parsed.signature_algorithm.algorithm.to_id_string();
        let named = format!("{}{}", rfc2253(&tbs.issuer)?, tbs.serial);
        Some(Certificate {
            alipay_sn: Md5::digest(named.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
            wechat_serial: format!("{:X}", tbs.serial),
            is_rsa_signed: algorithm.starts_with(RSA_OID),
            from_s: tbs.validity.not_before.timestamp(),
            until_s: tbs.validity.not_after.timestamp(),
            key: VerifyingKey::from_der(tbs.subject_pki.raw).ok(),
            is_ca: tbs.is_ca(),
            issuer: tbs.issuer.as_raw().to_vec(),
            subject: tbs.subject.as_raw().to_vec(),
            signed: tbs.as_ref().to_vec(),
            signature: (algorithm == RSA_SHA256_OID).then(|| BASE64.encode(&parsed.signature_value.data)),
        })
    }

    /// Every certificate of a PEM text that can be read. Alipay's bundle of roots holds kinds that cannot (SM2).
    pub(crate) fn all(pem: &str) -> Vec<Certificate> {
        let blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
        let ders = blocks.filter_map(|block| {
            let (body, _) = block.split_once("-----END CERTIFICATE-----")?;
            let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
            BASE64.decode(packed).ok()
        });
        ders.filter_map(|der| Certificate::parse(&der)).collect()
    }

    /// Reads a file that must begin with a certificate; more may follow (a chain, a bundle).
    pub(crate) fn read(setting: &'static str, path: &Path) -> Result<Vec<Certificate>, SetupError> {
        let certificates = Certificate::all(&read_text(setting, path)?);
        if certificates.is_empty() {
            let why = "holds no certificate that can be read (PEM, BEGIN CERTIFICATE)".into();
            return Err(SetupError::NotAKey { setting, path: path.to_owned(), why });
        }
        Ok(certificates)
    }

    pub(crate) fn is_valid_at(&self, now_s: i64) -> bool {
        (self.from_s..=self.until_s).contains(&now_s)
    }

    fn is_issued_by(&self, issuer: &Certificate) -> bool {
        let (Some(key), Some(signature)) = (&issuer.key, &self.signature) else { return false };
        self.issuer == issuer.subject && key.verify(&self.signed, signature).is_ok()
    }

    /// Whether both were issued to the same name.
    pub(crate) fn names_the_same_as(&self, other: &Certificate) -> bool {
        self.subject == other.subject
    }

    /// Whether a chain of RSA signatures leads from this certificate over `between` to one of `roots`. Those on the way
    /// must be valid now; a root is trusted because it is in the configuration.
    pub(crate) fn leads_to(&self, between: &[Certificate], roots: &[Certificate], now_s: i64) -> bool {
        let mut current = self;
        for _ in 0..CHAIN_MAX {
            if !current.is_valid_at(now_s) {
                return false;
            }
            if roots.iter().any(|root| current.is_issued_by(root)) {
                return true;
            }
            // Without this anybody with a certificate from the same roots could issue another one.
            match between.iter().find(|issuer| issuer.is_ca && current.is_issued_by(issuer)) {
                Some(issuer) => current = issuer,
                None => return false,
            }
        }
        false
    }
}

/// Alipay's root serial: of every certificate in the bundle that is signed with RSA, joined with `_` in file order.
pub(crate) fn alipay_root_sn(bundle: &[Certificate]) -> String {
    let rsa = bundle.iter().filter(|certificate| certificate.is_rsa_signed);
    rsa.map(|certificate| certificate.alipay_sn.as_str()).collect::<Vec<_>>().join("_")
}

/// A name as RFC 2253 writes it, which is how Alipay's SDKs feed it to the digest: the last part first, no spaces.
fn rfc2253(name: &X509Name<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for attribute in name.iter_attributes() {
        let label = match attribute.attr_type().to_id_string().as_str() {
            "2.5.4.3" => "CN",
            "2.5.4.6" => "C",
            "2.5.4.7" => "L",
            "2.5.4.8" => "ST",
            "2.5.4.9" => "STREET",
            "2.5.4.10" => "O",
            "2.5.4.11" => "OU",
            "0.9.2342.19200300.100.1.25" => "DC",
            "0.9.2342.19200300.100.1.1" => "UID",
            _ => return None,
        };
        parts.push(format!("{label}={}", escaped(attribute.as_str().ok()?)));
    }
    parts.reverse();
    Some(parts.join(","))
}

/// RFC 2253, section 2.4.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        let outer_space = c == ' ' && (index == 0 || index == last);
        if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') || outer_space || (c == '#' && index == 0) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn vectors(text: &str, name: &str) -> Vec<Value> {
        serde_json::from_str::<Value>(text).unwrap()[name].as_array().unwrap().clone()
    }

    #[test]
    fn alipays_serials_are_those_its_sdks_compute() {
        let all = vectors(include_str!("../tests/vectors/alipay-vectors.json"), "cert_sn");
        assert_eq!(all.len(), 4);
        for vector in all {
            let bundle = Certificate::all(vector["pem"].as_str().unwrap());
            let sn = if vector["id"] == "certsn-root" { alipay_root_sn(&bundle) } else { bundle[0].alipay_sn.clone() };
            assert_eq!(sn, vector["expected_sn"].as_str().unwrap(), "{}", vector["id"]);
        }
    }

    #[test]
    fn wechat_pays_serial_is_the_one_in_its_list() {
        let all = vectors(include_str!("../tests/vectors/wechat-vectors.json"), "certificates_response");
        let certificate = &Certificate::all(all[0]["expect_pem"].as_str().unwrap())[0];
        assert_eq!(certificate.wechat_serial, all[0]["expect_serial"].as_str().unwrap());
        assert!(certificate.key.is_some());
    }

    #[test]
    fn names_are_escaped_as_rfc_2253_says() {
        assert_eq!(escaped("a,b+c"), r"a\,b\+c");
        assert_eq!(escaped(" #a b "), r"\ #a b\ ");
        assert_eq!(escaped("#a"), r"\#a");
    }

    #[test]
    fn text_without_a_certificate_holds_none() {
        for text in ["", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----AA==-----END CERTIFICATE-----"] {
            assert!(Certificate::all(text).is_empty(), "{text}");
        }
    }
}
