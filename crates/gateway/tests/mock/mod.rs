//! A channel's server in this process, with published test keys, and a shop set up against it.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::{Alipay, AlipayConfig, Http, Limits, NowS, Prepay, Refund, Secret, Wechat, WechatConfig};
use order::{Fen, PayId, RefundId};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// What the shop's clock says: 2023-11-15 06:13:20 in GMT+8.
pub(crate) const NOW_S: i64 = 1_700_000_000;
pub(crate) const APP_ID: &str = "2021000122671080";
pub(crate) const SELLER_ID: &str = "2088621956351220";
pub(crate) const MCHID: &str = "1900007291";
pub(crate) const APPID: &str = "wxd678efh567hg6787";
pub(crate) const APIV3_KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";
pub(crate) const KEY_ID: &str = "PUB_KEY_ID_0000000000000024101100397200000006";
pub(crate) const PAY_ID: &str = "0123456789ABCDEFGHJKMNPQA1";

pub(crate) fn vectors(channel: &str) -> Value {
    let text = match channel {
        "alipay" => include_str!("../vectors/alipay-vectors.json"),
        _ => include_str!("../vectors/wechat-vectors.json"),
    };
    serde_json::from_str(text).unwrap()
}

/// A private key of the other side, or of a forger.
pub(crate) struct Signer(KeyPair);

impl Signer {
    /// From PEM or bare base64, PKCS#8 or PKCS#1.
    pub(crate) fn new(text: &str) -> Signer {
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = BASE64.decode(body).unwrap();
        Signer(KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der)).unwrap())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> String {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        BASE64.encode(signature)
    }

    pub(crate) fn public_pem(&self) -> String {
        let body = BASE64.encode(self.0.public_key().as_ref());
        format!("-----BEGIN RSA PUBLIC KEY-----\n{body}\n-----END RSA PUBLIC KEY-----\n")
    }
}

/// The key Alipay signs with here.
pub(crate) fn alipay_signer() -> Signer {
    Signer::new(vectors("alipay")["request_sign"][0]["private_key"].as_str().unwrap())
}

pub(crate) fn app_key() -> String {
    vectors("alipay")["request_sign"][3]["private_key"].as_str().unwrap().to_owned()
}

/// The key WeChat Pay signs with here.
pub(crate) fn wechat_signer() -> Signer {
    Signer::new(vectors("wechat")["keys"]["java_merchant"]["private_key_pem"].as_str().unwrap())
}

pub(crate) fn merchant_key() -> String {
    vectors("wechat")["keys"]["doc_merchant"]["private_key_pem"].as_str().unwrap().to_owned()
}

/// A key neither channel owns.
pub(crate) fn forger() -> Signer {
    Signer::new(vectors("wechat")["keys"]["go_platform"]["private_key_pem"].as_str().unwrap())
}

/// Writes a file only its owner may read.
pub(crate) fn file(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    set_mode(&path, 0o600);
    path
}

#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_: &Path, _: u32) {}

pub(crate) fn clock() -> NowS {
    Arc::new(|| NOW_S)
}

/// One client for all tests: reading the system's roots takes longer than most of them.
pub(crate) fn http() -> Http {
    static HTTP: LazyLock<Http> = LazyLock::new(|| {
        Http::new(Limits { connect: Duration::from_secs(5), total: Duration::from_secs(20) }).unwrap()
    });
    HTTP.clone()
}

/// Gives up soon, for answers that never come.
pub(crate) fn impatient() -> Http {
    static HTTP: LazyLock<Http> = LazyLock::new(|| {
        Http::new(Limits { connect: Duration::from_secs(5), total: Duration::from_millis(50) }).unwrap()
    });
    HTTP.clone()
}

pub(crate) fn alipay_config(dir: &TempDir, origin: &str) -> AlipayConfig {
    AlipayConfig {
        gateway: format!("{origin}/gateway.do"),
        app_id: APP_ID.into(),
        seller_id: SELLER_ID.into(),
        app_private_key: file(dir, "app.pem", &app_key()),
        alipay_public_key: Some(file(dir, "alipay.pem", &alipay_signer().public_pem())),
        app_certificate: None,
        alipay_certificate: None,
        alipay_root_certificate: None,
    }
}

pub(crate) fn wechat_config(dir: &TempDir, origin: &str) -> WechatConfig {
    WechatConfig {
        base_url: origin.into(),
        backup_url: None,
        mchid: MCHID.into(),
        appid: APPID.into(),
        merchant_serial: "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB".into(),
        merchant_private_key: file(dir, "apiclient_key.pem", &merchant_key()),
        apiv3_key: Secret::new(APIV3_KEY),
        public_key_id: Some(KEY_ID.into()),
        public_key: Some(file(dir, "pub_key.pem", &wechat_signer().public_pem())),
        platform_certificate: None,
        platform_serial: None,
    }
}

pub(crate) fn alipay(origin: &str, http: Http) -> Alipay {
    let dir = TempDir::new().unwrap();
    Alipay::new(alipay_config(&dir, origin), http, clock()).unwrap()
}

pub(crate) fn wechat(origin: &str, http: Http) -> Wechat {
    let dir = TempDir::new().unwrap();
    Wechat::new(wechat_config(&dir, origin), http, clock()).unwrap()
}

pub(crate) fn pay_id() -> PayId {
    PayId::new(PAY_ID).unwrap()
}

pub(crate) fn refund_id() -> RefundId {
    pay_id().whole_refund()
}

pub(crate) fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

pub(crate) fn prepay() -> Prepay {
    Prepay {
        pay_id: pay_id(),
        amount: fen(22_800),
        subject: "冰裂纹/茶壶 🍵".into(),
        expires_at_s: NOW_S + 300,
        notify_url: "https://shop.example/notices/x".into(),
    }
}

pub(crate) fn refund() -> Refund {
    Refund {
        pay_id: pay_id(),
        refund_id: refund_id(),
        amount: fen(22_800),
        total: fen(22_800),
        reason: "sold out".into(),
        notify_url: "https://shop.example/notices/x".into(),
    }
}

/// A request as the channel received it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(key, _)| key == name).unwrap_or_else(|| panic!("no header {name}")).1
    }

    /// Query and form together, as Alipay's gateway merges them.
    pub(crate) fn parameters(&self) -> std::collections::BTreeMap<String, String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let both = [query, &self.body];
        both.iter().flat_map(|text| form_urlencoded::parse(text.as_bytes()).into_owned()).collect()
    }
}

/// What the channel answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Keeps the connection and says nothing.
    pub(crate) never: bool,
}

impl Answer {
    pub(crate) fn never() -> Answer {
        Answer { never: true, ..Answer::default() }
    }

    pub(crate) fn plain(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, body: body.into(), ..Answer::default() }
    }
}

/// A channel's server: answers come from a function of what was asked.
pub(crate) struct Mock {
    pub(crate) origin: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Mock {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Mock {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (seen.clone(), Arc::new(answer));
        let handler = move |request: Request| {
            let (log, answer) = (log.clone(), answer.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let headers = parts.headers.iter();
                let asked = Seen {
                    method: parts.method.to_string(),
                    target: parts.uri.to_string(),
                    headers: headers.map(|(k, v)| (k.to_string(), v.to_str().unwrap().to_owned())).collect(),
                    body: String::from_utf8(body.to_vec()).unwrap(),
                };
                log.lock().unwrap().push(asked.clone());
                let answer = answer(&asked);
                if answer.never {
                    std::future::pending::<()>().await;
                }
                let mut response = Response::builder().status(answer.status);
                for (name, value) in &answer.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(answer.body)).unwrap()
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await.unwrap() });
        Mock { origin, seen }
    }

    /// Answers the same, whatever is asked.
    pub(crate) async fn always(answer: Answer) -> Mock {
        Mock::start(move |_| answer.clone()).await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Alipay's answer to `method`, signed.
pub(crate) fn alipay_answer(method: &str, body: &str) -> Answer {
    alipay_answer_by(&alipay_signer(), method, body)
}

pub(crate) fn alipay_answer_by(signer: &Signer, method: &str, body: &str) -> Answer {
    let root = method.replace('.', "_");
    let sign = signer.sign(body.as_bytes());
    Answer::plain(200, format!(r#"{{"{root}_response":{body},"sign":"{sign}"}}"#))
}

/// Signature headers of WeChat Pay.
pub(crate) fn wechat_headers(signer: &Signer, serial: &str, timestamp: i64, body: &[u8]) -> Vec<(String, String)> {
    let nonce = "d824f2e086d3c1df967785d13fcd22ef";
    let mut text = format!("{timestamp}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    [
        ("wechatpay-timestamp", timestamp.to_string()),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-signature", signer.sign(&text)),
        ("wechatpay-serial", serial.to_owned()),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// WeChat Pay's answer, signed.
pub(crate) fn wechat_answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        headers: wechat_headers(&wechat_signer(), KEY_ID, NOW_S, body.as_bytes()),
        body: body.into(),
        never: false,
    }
}
