//! WeChat Pay's keys: a public key, platform certificates, or both while a merchant moves from one to the other.
//!
//! Every signature names its key (`Wechatpay-Serial`), which is looked up verbatim. Platform certificates are replaced
//! every few years, announced ten days before; an unknown serial makes us fetch the list (`GET /v3/certificates`).

use super::answer::{Signed, Unproven};
use super::resource::Resource;
use super::{Wechat, WechatConfig};
use crate::SetupError;
use crate::certificate::Certificate;
use crate::http::{ANSWER_BYTES_MAX, Reply};
use crate::keyring::Keyring;
use crate::keys::{SigningKey, VerifyingKey};
use reqwest::Method;
use serde::Deserialize;
use std::path::Path;

const CERTIFICATES: &str = "/v3/certificates?algorithm_type=RSA";
/// Serials of public keys begin so; they are not in the list of certificates.
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

/// What verifies WeChat Pay's signatures.
pub(super) struct WechatKeys {
    ring: Keyring,
    /// Sent as `Wechatpay-Serial`, which asks for an answer signed under that key.
    pub(super) preferred_serial: Option<String>,
    /// Whether unknown serials may be those of platform certificates.
    has_certificates: bool,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    serial_no: String,
    encrypt_certificate: Resource,
}

fn invalid(setting: &'static str, why: &str) -> SetupError {
    SetupError::Invalid { setting, why: why.into() }
}

impl WechatKeys {
    pub(super) fn read(config: &WechatConfig, merchant_key: &SigningKey) -> Result<WechatKeys, SetupError> {
        let ring = Keyring::default();
        let mut preferred_serial = None;
        if let Some(path) = &config.platform_certificate {
            let (serial, key) = platform_certificate(path, config.platform_serial.as_deref(), merchant_key)?;
            ring.insert(serial.clone(), key);
            preferred_serial = Some(serial);
        }
        match (&config.public_key_id, &config.public_key) {
            (Some(serial), Some(path)) => {
                let key = VerifyingKey::read("wechat.public_key", path)?;
                if merchant_key.matches(&key) {
                    let why = "holds the merchant's own public key. Put WeChat Pay's there (pub_key.pem)".into();
                    return Err(SetupError::NotAKey { setting: "wechat.public_key", path: path.clone(), why });
                }
                ring.insert(serial.clone(), key);
                preferred_serial = Some(serial.clone());
            }
            (Some(_), None) => return Err(invalid("wechat.public_key", "is missing: the file of pub_key.pem")),
            (None, Some(_)) => {
                return Err(invalid("wechat.public_key_id", "is missing: it begins with PUB_KEY_ID_ in the console"));
            }
            (None, None) => {}
        }
        let has_certificates = config.platform_certificate.is_some() || config.public_key.is_none();
        Ok(WechatKeys { ring, preferred_serial, has_certificates })
    }

    pub(super) fn verify(&self, signed: &Signed<'_>, body: &[u8]) -> Result<(), Unproven> {
        let key = self.ring.get(signed.serial).ok_or(Unproven::UnknownKey)?;
        signed.verify(&key, body)
    }
}

fn platform_certificate(
    path: &Path,
    serial: Option<&str>,
    merchant_key: &SigningKey,
) -> Result<(String, VerifyingKey), SetupError> {
    let setting = "wechat.platform_certificate";
    let not = |why: &str| SetupError::NotAKey { setting, path: path.to_owned(), why: why.into() };
    let certificates = Certificate::read(setting, path)?;
    let certificate = certificates.first().ok_or_else(|| not("is empty"))?;
    let key = certificate.key.clone().ok_or_else(|| not("holds no RSA key of at least 2048 bits"))?;
    if merchant_key.matches(&key) {
        return Err(not("is the merchant's own certificate. Put WeChat Pay's platform certificate there"));
    }
    match serial {
        // Taken as it is written: the channel's header is compared with it verbatim.
        Some(serial) if same_serial(serial, &certificate.wechat_serial) => Ok((serial.to_owned(), key)),
        Some(_) => Err(invalid("wechat.platform_serial", "is not the serial of wechat.platform_certificate")),
        None => Ok((certificate.wechat_serial.clone(), key)),
    }
}

/// Whether two hexadecimal serials are one number.
fn same_serial(a: &str, b: &str) -> bool {
    a.trim_start_matches('0').eq_ignore_ascii_case(b.trim_start_matches('0'))
}

impl Wechat {
    /// What an answer's signature headers prove; `None` when there is not even a signature.
    pub(super) async fn prove(&self, reply: &Reply) -> Option<Result<(), Unproven>> {
        if !reply.headers.contains_key("wechatpay-signature") {
            return None;
        }
        let Some(signed) = Signed::from_headers(|name| reply.header(name)) else {
            return Some(Err(Unproven::BadSignature));
        };
        if let Err(unproven) = signed.check_fresh((self.now)()) {
            return Some(Err(unproven));
        }
        match self.keys.verify(&signed, &reply.body) {
            Err(Unproven::UnknownKey) if self.may_be_certificate(signed.serial) => {
                self.fetch_certificates(signed.serial).await;
                Some(self.keys.verify(&signed, &reply.body))
            }
            verified => Some(verified),
        }
    }

    fn may_be_certificate(&self, serial: &str) -> bool {
        self.keys.has_certificates && !serial.starts_with(PUBLIC_KEY_ID)
    }

    async fn fetch_certificates(&self, wanted: &str) {
        let asking = self.keys.ring.ask((self.now)()).await;
        // Whoever asked before us may have brought it.
        if asking.is_none() || self.keys.ring.get(wanted).is_some() {
            return;
        }
        match self.certificates().await {
            Ok(fetched) => {
                for (serial, key) in fetched {
                    tracing::info!(wechat.serial = serial, "a platform certificate of WeChat Pay's is in use");
                    self.keys.ring.insert(serial, key);
                }
            }
            Err(why) => tracing::error!(wechat.serial = wanted, "platform certificates cannot be fetched: {why}"),
        }
    }

    /// The valid certificates of the list. The list may be signed under one of its own, so trust begins with the APIv3
    /// key: only WeChat Pay and the merchant can have sealed them.
    async fn certificates(&self) -> Result<Vec<(String, VerifyingKey)>, String> {
        let reply =
            self.send(Method::GET, CERTIFICATES, None, ANSWER_BYTES_MAX).await.map_err(|error| error.to_string())?;
        if reply.status != 200 {
            return Err(format!("HTTP status {}", reply.status));
        }
        let list: List = serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
        let now_s = (self.now)();
        let mut fetched = Vec::new();
        for item in list.data {
            let pem = self.resource_key.open(&item.encrypt_certificate)?;
            let pem = String::from_utf8(pem).map_err(|_| "a certificate is not PEM")?;
            let certificate = Certificate::all(&pem).into_iter().next().ok_or("a certificate cannot be read")?;
            if !same_serial(&certificate.wechat_serial, &item.serial_no) {
                return Err("a certificate has another serial than the list says".into());
            }
            if let (true, Some(key)) = (certificate.is_valid_at(now_s), certificate.key) {
                fetched.push((item.serial_no, key));
            }
        }
        let signed = Signed::from_headers(|name| reply.header(name)).ok_or("the list is not signed")?;
        signed.check_fresh(now_s).map_err(|unproven| unproven.to_string())?;
        let listed = fetched.iter().find(|(serial, _)| serial == signed.serial).map(|(_, key)| key.clone());
        let key = listed.or_else(|| self.keys.ring.get(signed.serial)).ok_or("the list is signed under a third key")?;
        signed.verify(&key, &reply.body).map_err(|unproven| unproven.to_string())?;
        Ok(fetched)
    }
}
