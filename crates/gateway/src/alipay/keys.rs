//! Alipay's keys, in public-key mode or in certificate mode ("signing with public key certificates").
//!
//! Certificate mode sends `app_cert_sn` and `alipay_root_cert_sn` with each request, and `alipay_cert_sn` in each answer
//! and notice says which certificate signed it. A new one is fetched by that number and must lead to Alipay's roots.

use super::answer::{Envelope, Head};
use super::{Alipay, AlipayConfig, code};
use crate::SetupError;
use crate::certificate::{Certificate, alipay_root_sn};
use crate::http::ANSWER_BYTES_MAX;
use crate::keyring::Keyring;
use crate::keys::{BadSignature, SigningKey, VerifyingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use std::path::{Path, PathBuf};

const DOWNLOAD: &str = "alipay.open.app.alipaycert.download";

/// What verifies Alipay's signatures.
pub(super) enum AlipayKeys {
    PublicKey(VerifyingKey),
    Certificates(Certificates),
}

pub(super) struct Certificates {
    pub(super) app_cert_sn: String,
    pub(super) alipay_root_cert_sn: String,
    roots: Vec<Certificate>,
    /// The file from the console: who Alipay is, and perhaps who vouches for it.
    alipay: Vec<Certificate>,
    ring: Keyring,
}

/// Why a signature of Alipay's proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unproven {
    BadSignature,
    UnknownKey { serial: String },
}

impl From<BadSignature> for Unproven {
    fn from(_: BadSignature) -> Unproven {
        Unproven::BadSignature
    }
}

#[derive(Deserialize)]
struct Downloaded {
    /// Base64 of PEM.
    alipay_cert_content: String,
}

fn missing(setting: &'static str, what: &str) -> SetupError {
    SetupError::Invalid {
        setting,
        why: format!("is missing. Save {what} from the console and put the file's path here"),
    }
}

/// The certificates of a file, and the key of the first.
fn first_of(
    setting: &'static str,
    path: Option<&PathBuf>,
    what: &str,
) -> Result<(Vec<Certificate>, VerifyingKey), SetupError> {
    let path = path.ok_or_else(|| missing(setting, what))?;
    let certificates = Certificate::read(setting, path)?;
    match certificates.first().and_then(|certificate| certificate.key.clone()) {
        Some(key) => Ok((certificates, key)),
        None => {
            let why = "holds no RSA key of at least 2048 bits".into();
            Err(SetupError::NotAKey { setting, path: path.clone(), why })
        }
    }
}

impl AlipayKeys {
    pub(super) fn read(config: &AlipayConfig, app_key: &SigningKey) -> Result<AlipayKeys, SetupError> {
        let certificates = [&config.app_certificate, &config.alipay_certificate, &config.alipay_root_certificate];
        let in_certificate_mode = certificates.iter().any(|path| path.is_some());
        match &config.alipay_public_key {
            Some(_) if in_certificate_mode => Err(SetupError::Invalid {
                setting: "alipay.alipay_public_key",
                why: "cannot be used together with certificates: an application is in one mode or the other".into(),
            }),
            Some(path) => AlipayKeys::public_key(path, app_key),
            None if in_certificate_mode => AlipayKeys::certificates(config, app_key),
            None => Err(missing("alipay.alipay_public_key", "Alipay's public key")),
        }
    }

    fn public_key(path: &Path, app_key: &SigningKey) -> Result<AlipayKeys, SetupError> {
        let key = VerifyingKey::read("alipay.alipay_public_key", path)?;
        if app_key.matches(&key) {
            return Err(SetupError::NotAKey {
                setting: "alipay.alipay_public_key",
                path: path.to_owned(),
                why:
                    "holds the application's own public key. Put Alipay's public key there: the console shows it after \
                      the application's has been uploaded"
                        .into(),
            });
        }
        Ok(AlipayKeys::PublicKey(key))
    }

    fn certificates(config: &AlipayConfig, app_key: &SigningKey) -> Result<AlipayKeys, SetupError> {
        let (app, app_public_key) =
            first_of("alipay.app_certificate", config.app_certificate.as_ref(), "the application's certificate")?;
        if !app_key.matches(&app_public_key) {
            return Err(SetupError::Invalid {
                setting: "alipay.app_certificate",
                why: "does not belong to alipay.app_private_key. Put the two of one application there".into(),
            });
        }
        let (alipay, key) =
            first_of("alipay.alipay_certificate", config.alipay_certificate.as_ref(), "Alipay's certificate")?;
        if app_key.matches(&key) {
            return Err(SetupError::Invalid {
                setting: "alipay.alipay_certificate",
                why: "is the application's own. Put Alipay's there (alipayCertPublicKey_RSA2.crt)".into(),
            });
        }
        let setting = "alipay.alipay_root_certificate";
        let path =
            config.alipay_root_certificate.as_ref().ok_or_else(|| missing(setting, "Alipay's root certificate"))?;
        let roots = Certificate::read(setting, path)?;
        let alipay_root_cert_sn = alipay_root_sn(&roots);
        if alipay_root_cert_sn.is_empty() {
            let why = "holds no root that signs with RSA. Put alipayRootCert.crt there".into();
            return Err(SetupError::NotAKey { setting, path: path.clone(), why });
        }
        let ring = Keyring::default();
        ring.insert(alipay[0].alipay_sn.clone(), key);
        Ok(AlipayKeys::Certificates(Certificates {
            app_cert_sn: app[0].alipay_sn.clone(),
            alipay_root_cert_sn,
            roots,
            alipay,
            ring,
        }))
    }

    /// The key that `serial` names.
    fn get(&self, serial: Option<&str>) -> Result<VerifyingKey, Unproven> {
        match self {
            AlipayKeys::PublicKey(key) => Ok(key.clone()),
            AlipayKeys::Certificates(certificates) => {
                let serial = serial.ok_or(Unproven::BadSignature)?;
                certificates.ring.get(serial).ok_or_else(|| Unproven::UnknownKey { serial: serial.to_owned() })
            }
        }
    }
}

impl AlipayKeys {
    /// Verifies a notice. In certificate mode notices need not name the certificate.
    pub(super) fn verify_notice(&self, serial: Option<&str>, text: &str, sign: &str) -> Result<(), Unproven> {
        match (self, serial) {
            (AlipayKeys::Certificates(certificates), None) => {
                let keys = certificates.ring.all();
                let verified = keys.iter().any(|key| key.verify(text.as_bytes(), sign).is_ok());
                if verified { Ok(()) } else { Err(Unproven::BadSignature) }
            }
            (AlipayKeys::Certificates(_) | AlipayKeys::PublicKey(_), serial) => {
                Ok(self.get(serial)?.verify(text.as_bytes(), sign)?)
            }
        }
    }
}

impl Alipay {
    /// Verifies an answer, fetching Alipay's certificate first when the answer names one we do not have.
    pub(super) async fn prove(&self, envelope: &Envelope<'_>) -> Result<(), Unproven> {
        match (self.alipay_keys.get(envelope.cert_sn.as_deref()), &self.alipay_keys) {
            (Ok(key), _) => Ok(envelope.verify(&key)?),
            (Err(Unproven::UnknownKey { serial }), AlipayKeys::Certificates(certificates)) => {
                Ok(envelope.verify(&self.fetched_key(certificates, serial).await?)?)
            }
            (Err(unproven), _) => Err(unproven),
        }
    }

    async fn fetched_key(&self, certificates: &Certificates, serial: String) -> Result<VerifyingKey, Unproven> {
        let asking = certificates.ring.ask((self.now)()).await;
        // Whoever asked before us may have brought it.
        if let Some(key) = certificates.ring.get(&serial) {
            return Ok(key);
        }
        if asking.is_none() {
            return Err(Unproven::UnknownKey { serial });
        }
        match self.download(certificates, &serial).await {
            Ok(key) => {
                tracing::info!(alipay.cert_sn = serial, "Alipay's new certificate is in use");
                certificates.ring.insert(serial, key.clone());
                Ok(key)
            }
            Err(why) => {
                tracing::error!(alipay.cert_sn = serial, "Alipay signs under a certificate that cannot be used: {why}");
                Err(Unproven::UnknownKey { serial })
            }
        }
    }

    async fn download(&self, certificates: &Certificates, serial: &str) -> Result<VerifyingKey, String> {
        let biz_content = format!(r#"{{"alipay_cert_sn":{}}}"#, serde_json::Value::from(serial));
        let request = self.signed_request(DOWNLOAD, biz_content, None).map_err(|error| error.to_string())?;
        let reply = self.http.send(request, ANSWER_BYTES_MAX).await.map_err(|no_reply| no_reply.why)?;
        let text = std::str::from_utf8(&reply.body).map_err(|_| "the answer is not UTF-8")?;
        let envelope = Envelope::parse(text, DOWNLOAD)?;
        let head: Head = serde_json::from_str(envelope.body).map_err(|error| error.to_string())?;
        if head.code != code::DONE {
            return Err(format!("{} {}", head.code, head.sub_code));
        }
        let body: Downloaded = serde_json::from_str(envelope.body).map_err(|error| error.to_string())?;
        let pem = BASE64.decode(body.alipay_cert_content).map_err(|_| "the certificate is not base64")?;
        let pem = String::from_utf8(pem).map_err(|_| "the certificate is not PEM")?;
        let key = certificates.trusted(&Certificate::all(&pem), serial, (self.now)())?;
        // The answer is signed under the certificate it brings, or under one we have.
        let signer = envelope.cert_sn.as_deref().filter(|sn| *sn != serial);
        let signer =
            signer.map_or(Some(key.clone()), |sn| certificates.ring.get(sn)).ok_or("signed under a third one")?;
        envelope.verify(&signer).map_err(|_| "the answer does not verify")?;
        Ok(key)
    }
}

impl Certificates {
    /// The key of the first certificate of a chain, when it is the one asked for, is Alipay's and leads to a root.
    fn trusted(&self, chain: &[Certificate], serial: &str, now_s: i64) -> Result<VerifyingKey, String> {
        let (first, between) = chain.split_first().ok_or("there is no certificate in the answer")?;
        if first.alipay_sn != serial {
            return Err("it is another certificate".into());
        }
        // Applications' certificates lead to the same roots.
        if !self.alipay.first().is_some_and(|known| first.names_the_same_as(known)) {
            return Err("it is issued to another name than Alipay's certificate in the configuration".into());
        }
        let between = [between, &self.alipay].concat();
        if !first.leads_to(&between, &self.roots, now_s) {
            return Err("it does not lead to the roots in alipay.alipay_root_certificate".into());
        }
        first.key.clone().ok_or_else(|| "it holds no RSA key of at least 2048 bits".into())
    }
}
