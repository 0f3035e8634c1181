//! Who everybody is: the keys, certificates and account numbers of the pretend merchant and of the two pretend
//! channels, made at the first start and kept in the data folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::certificates::{self, Certificate};
use crate::clock::Clock;
use crate::files::{FileError, write_private};
use crate::random;
use crate::rsa::{KeyError, Signer, Verifier, pem, pkcs1_of_pkcs8};

/// Keys and numbers could not be made or read back.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file of account numbers is damaged.
    #[error("{path} does not hold the sandbox's account numbers: {source}; restore it or start with an empty folder")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Account numbers and serials, kept in `identity.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Numbers {
    pub(crate) app_id: String,
    pub(crate) seller_id: String,
    pub(crate) app_cert_sn: String,
    pub(crate) alipay_cert_sn: String,
    pub(crate) alipay_root_cert_sn: String,
    pub(crate) mchid: String,
    pub(crate) wechat_appid: String,
    pub(crate) merchant_serial: String,
    pub(crate) apiv3_key: String,
    pub(crate) public_key_id: String,
    pub(crate) platform: Vec<PlatformCertificate>,
}

/// One platform certificate of WeChat Pay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PlatformCertificate {
    pub(crate) serial: String,
    pub(crate) pem: String,
    pub(crate) from_ms: i64,
    pub(crate) until_ms: i64,
}

/// Everything with which the sandbox signs and verifies.
pub(crate) struct Keys {
    pub(crate) numbers: Numbers,
    /// Verifies what the merchant sends to Alipay.
    pub(crate) app: Verifier,
    /// Signs what Alipay says.
    pub(crate) alipay: Signer,
    /// PEM of the certificate that belongs to `alipay`.
    pub(crate) alipay_certificate: String,
    /// Verifies what the merchant sends to WeChat Pay.
    pub(crate) merchant: Verifier,
    /// Signs what WeChat Pay says in public-key mode.
    pub(crate) wechat: Signer,
    /// Sign what WeChat Pay says in certificate mode: the present and the coming certificate.
    pub(crate) platform: Signer,
    pub(crate) next_platform: Signer,
}

const APP: &str = "alipay_app";
const ALIPAY: &str = "alipay_own";
const MERCHANT: &str = "wechat_merchant";
const WECHAT: &str = "wechat_pay";
const PLATFORM: &str = "wechat_platform";
const NEXT_PLATFORM: &str = "wechat_platform_next";
const PAIRS: [&str; 6] = [APP, ALIPAY, MERCHANT, WECHAT, PLATFORM, NEXT_PLATFORM];

fn keys_folder(data: &Path) -> PathBuf {
    data.join("keys")
}

fn key_file(data: &Path, name: &str, kind: &str) -> PathBuf {
    keys_folder(data).join(format!("{name}_{kind}.pem"))
}

fn identity_file(data: &Path) -> PathBuf {
    data.join("identity.json")
}

impl Keys {
    /// Reads the keys in `data`, making them first where there are none. Slow at the first start (six RSA keys).
    pub(crate) fn open(data: &Path, clock: &Clock) -> Result<Self, IdentityError> {
        if !identity_file(data).exists() {
            make(data, clock)?;
        }
        let path = identity_file(data);
        let text = crate::files::read(&path)?;
        let numbers = serde_json::from_str(&text).map_err(|source| IdentityError::Damaged { path, source })?;
        let signer = |name: &str| -> Result<Signer, IdentityError> {
            let path = key_file(data, name, "private_key");
            Ok(Signer::from_pkcs8_pem(&path.display().to_string(), &crate::files::read(&path)?)?)
        };
        Ok(Self {
            numbers,
            app: signer(APP)?.verifier()?,
            alipay: signer(ALIPAY)?,
            alipay_certificate: crate::files::read(&keys_folder(data).join("alipay_certificate.pem"))?,
            merchant: signer(MERCHANT)?.verifier()?,
            wechat: signer(WECHAT)?,
            platform: signer(PLATFORM)?,
            next_platform: signer(NEXT_PLATFORM)?,
        })
    }

    /// All that a merchant needs, with the APIv3 key: the content of `credentials.json`.
    pub(crate) fn credentials(&self, data: &Path, base_url: &str) -> Value {
        let file = |name: &str, kind: &str| key_file(data, name, kind).display().to_string();
        let numbers = &self.numbers;
        let platform = numbers.platform.first().map_or("", |certificate| certificate.serial.as_str());
        json!({
            "alipay": {
                "gateway": format!("{base_url}/gateway.do"),
                "app_id": numbers.app_id,
                "seller_id": numbers.seller_id,
                "app_private_key": file(APP, "private_key"),
                "alipay_public_key": file(ALIPAY, "public_key"),
            },
            "wechat": {
                "base_url": base_url,
                "mchid": numbers.mchid,
                "appid": numbers.wechat_appid,
                "merchant_serial": numbers.merchant_serial,
                "merchant_private_key": file(MERCHANT, "private_key"),
                "apiv3_key": numbers.apiv3_key,
                "public_key_id": numbers.public_key_id,
                "public_key": file(WECHAT, "public_key"),
                "platform_certificate": keys_folder(data).join("wechat_platform_certificate.pem").display().to_string(),
                "platform_serial": platform,
            },
        })
    }

    /// Writes `credentials.json` for the merchant; the address may be another one at each start.
    pub(crate) fn write_credentials(&self, data: &Path, base_url: &str) -> Result<PathBuf, FileError> {
        let credentials = self.credentials(data, base_url);
        let path = data.join("credentials.json");
        write_private(&path, &format!("{credentials:#}\n"))?;
        Ok(path)
    }
}

/// Makes all keys and certificates; `identity.json` is written last, so an interrupted first start begins anew.
fn make(data: &Path, clock: &Clock) -> Result<(), IdentityError> {
    let folder = keys_folder(data);
    crate::files::make_folder(&folder)?;
    let pairs = make_pairs()?;
    for name in PAIRS {
        let pair = &pairs[name];
        let pkcs8 = pair.pkcs8_der()?;
        let pkcs1 = pkcs1_of_pkcs8(&pkcs8).ok_or(KeyError::NotMade)?;
        write_private(&key_file(data, name, "private_key"), &pem("PRIVATE KEY", &pkcs8))?;
        write_private(&key_file(data, name, "private_key.pkcs1"), &pem("RSA PRIVATE KEY", pkcs1))?;
        write_private(&key_file(data, name, "public_key"), &pem("PUBLIC KEY", &pair.spki_der()?))?;
    }
    let now = clock.now_ms();
    let mchid = format!("16{}", random::digits(8));
    let alipay_root = certificates::Authority::alipay(now)?;
    let app_id = format!("90210001{}", random::digits(8));
    let app = alipay_root.certify(&pairs[APP], &app_id)?;
    let own = alipay_root.certify(&pairs[ALIPAY], "Alipay practice gateway")?;
    let tenpay = certificates::Authority::tenpay(now)?;
    let merchant = tenpay.certify(&pairs[MERCHANT], &mchid)?;
    let platform = tenpay.certify(&pairs[PLATFORM], "Tenpay.com sign")?;
    let next = tenpay.certify(&pairs[NEXT_PLATFORM], "Tenpay.com sign")?;
    let texts = [
        ("alipay_root_certificate.pem", alipay_root.pem()),
        ("alipay_app_certificate.pem", &app.pem),
        ("alipay_certificate.pem", &own.pem),
        ("wechat_root_certificate.pem", tenpay.pem()),
        ("wechat_merchant_certificate.pem", &merchant.pem),
        ("wechat_platform_certificate.pem", &platform.pem),
        ("wechat_platform_next_certificate.pem", &next.pem),
    ];
    for (name, text) in texts {
        write_private(&folder.join(name), text)?;
    }
    let numbers = Numbers {
        app_id,
        seller_id: format!("2088{}", random::digits(12)),
        app_cert_sn: app.alipay_sn,
        alipay_cert_sn: own.alipay_sn,
        alipay_root_cert_sn: alipay_root.alipay_sn().to_owned(),
        mchid,
        wechat_appid: format!("wx{}", hex::encode(random::bytes::<8>())),
        merchant_serial: merchant.serial,
        apiv3_key: random::mixed(32),
        public_key_id: format!("PUB_KEY_ID_0{}", random::digits(27)),
        platform: vec![kept(platform), kept(next)],
    };
    write_private(&identity_file(data), &format!("{:#}\n", json!(numbers)))?;
    Ok(())
}

fn kept(certificate: Certificate) -> PlatformCertificate {
    PlatformCertificate {
        serial: certificate.serial,
        pem: certificate.pem,
        from_ms: certificate.from_ms,
        until_ms: certificate.until_ms,
    }
}

/// Key generation takes a noticeable time each, so the pairs are made side by side.
fn make_pairs() -> Result<HashMap<&'static str, Signer>, KeyError> {
    std::thread::scope(|scope| {
        let workers = PAIRS.map(|name| (name, scope.spawn(Signer::generate)));
        let mut pairs = HashMap::new();
        for (name, worker) in workers {
            pairs.insert(name, worker.join().map_err(|_| KeyError::NotMade)??);
        }
        Ok(pairs)
    })
}
