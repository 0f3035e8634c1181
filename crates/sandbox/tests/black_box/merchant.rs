//! A merchant: signs requests, verifies answers and notices. Written from the documents, sharing nothing with the
//! sandbox.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use sandbox::{Clock, Running};
use serde_json::{Value, json};

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A merchant order number nobody used before.
pub(crate) fn number() -> String {
    format!("T{:08}", NUMBER.fetch_add(1, Ordering::SeqCst))
}

fn pem(path: &Value) -> Vec<u8> {
    let text = std::fs::read_to_string(path.as_str().expect("a path")).expect("a key file");
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).expect("base64")
}

pub(crate) fn sign(key: &RsaKeyPair, text: &[u8]) -> String {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).expect("a signature");
    STANDARD.encode(signature)
}

pub(crate) fn verifies(spki: &[u8], text: &[u8], signature: &str) -> bool {
    let Ok(raw) = STANDARD.decode(signature) else { return false };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki).verify(text, &raw).is_ok()
}

/// `yyyy-MM-dd HH:mm:ss` in GMT+8, reckoned by hand (days-from-civil, inverted).
pub(crate) fn china_text(now_ms: i64) -> String {
    let local_s = now_ms / 1000 + 8 * 3600;
    let (days, second) = (local_s.div_euclid(86_400), local_s.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// An answer of WeChat Pay.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

pub(crate) struct Merchant {
    http: reqwest::Client,
    base: String,
    clock: Clock,
    pub(crate) alipay: Value,
    pub(crate) wechat: Value,
    pub(crate) app_key: RsaKeyPair,
    pub(crate) alipay_public: Vec<u8>,
    pub(crate) merchant_key: RsaKeyPair,
    pub(crate) wechat_public: Vec<u8>,
}

impl Merchant {
    pub(crate) fn open(sandbox: &Running) -> Self {
        let text = std::fs::read_to_string(&sandbox.credentials).expect("credentials");
        let credentials: Value = serde_json::from_str(&text).expect("JSON");
        let (alipay, wechat) = (credentials["alipay"].clone(), credentials["wechat"].clone());
        let private = |path: &Value| RsaKeyPair::from_pkcs8(&pem(path)).expect("a private key");
        Self {
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            base: sandbox.base_url.clone(),
            clock: sandbox.clock().clone(),
            app_key: private(&alipay["app_private_key"]),
            alipay_public: pem(&alipay["alipay_public_key"]),
            merchant_key: private(&wechat["merchant_private_key"]),
            wechat_public: pem(&wechat["public_key"]),
            alipay,
            wechat,
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(crate) fn text(&self, value: &Value) -> String {
        value.as_str().expect("a text").to_owned()
    }

    pub(crate) async fn get_json(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.base)).send().await.expect("an answer").json().await.expect("JSON")
    }

    pub(crate) async fn get_raw(&self, url: &str) -> (u16, Vec<u8>) {
        let url = if url.starts_with("http") { url.to_owned() } else { format!("{}{url}", self.base) };
        let answer = self.http.get(url).send().await.expect("an answer");
        (answer.status().as_u16(), answer.bytes().await.expect("a body").to_vec())
    }

    pub(crate) async fn put_json(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.http.put(format!("{}{path}", self.base)).json(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// The phone: `scan`, `pay` or `decline`.
    pub(crate) async fn phone(&self, act: &str, code: &str) -> (u16, Value) {
        self.phone_as(act, &json!({"code": code})).await
    }

    pub(crate) async fn phone_as(&self, act: &str, body: &Value) -> (u16, Value) {
        let answer = self.http.post(format!("{}/phone/{act}", self.base)).json(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// The parameters of a classic request, signed.
    pub(crate) fn alipay_params(&self, method: &str, biz: &Value, notify_url: &str) -> BTreeMap<String, String> {
        let mut params = BTreeMap::from([
            ("app_id", self.text(&self.alipay["app_id"])),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", china_text(self.now_ms())),
            ("version", "1.0".to_owned()),
            ("biz_content", biz.to_string()),
            ("notify_url", notify_url.to_owned()),
        ])
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<BTreeMap<_, _>>();
        self.alipay_sign(&mut params);
        params
    }

    pub(crate) fn alipay_sign(&self, params: &mut BTreeMap<String, String>) {
        params.remove("sign");
        let parts: Vec<String> = params
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        params.insert("sign".to_owned(), sign(&self.app_key, parts.join("&").as_bytes()));
    }

    /// Posts classic parameters and returns the raw answer.
    pub(crate) async fn alipay_send(&self, params: &BTreeMap<String, String>) -> (u16, String) {
        let gateway = self.text(&self.alipay["gateway"]);
        let answer = self.http.post(gateway).form(params).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    }

    /// A classic call whose answer must verify.
    pub(crate) async fn alipay(&self, method: &str, biz: Value) -> Value {
        self.alipay_notified(method, biz, "").await
    }

    pub(crate) async fn alipay_notified(&self, method: &str, biz: Value, notify_url: &str) -> Value {
        let (status, raw) = self.alipay_send(&self.alipay_params(method, &biz, notify_url)).await;
        assert_eq!(status, 200, "{raw}");
        self.alipay_read(method, &raw).expect("the signature verifies")
    }

    /// The body of an answer if its signature verifies over its raw bytes.
    pub(crate) fn alipay_read(&self, method: &str, raw: &str) -> Option<Value> {
        let root = format!("{{\"{}_response\":", method.replace('.', "_"));
        let (body, sign) = raw.strip_prefix(&root)?.rsplit_once(",\"sign\":\"")?;
        verifies(&self.alipay_public, body.as_bytes(), sign.strip_suffix("\"}")?)
            .then(|| serde_json::from_str(body).expect("JSON"))
    }

    /// A precreated order; returns its number and code.
    pub(crate) async fn alipay_order(&self, fen: i64, notify_url: &str) -> (String, String) {
        let number = number();
        let amount = format!("{}.{:02}", fen / 100, fen % 100);
        let biz = json!({"out_trade_no": number, "total_amount": amount, "subject": "粗陶侧把壶"});
        let answer = self.alipay_notified("alipay.trade.precreate", biz, notify_url).await;
        assert_eq!(answer["code"], "10000", "{answer}");
        (number, self.text(&answer["qr_code"]))
    }

    pub(crate) async fn alipay_query(&self, number: &str) -> Value {
        self.alipay("alipay.trade.query", json!({"out_trade_no": number})).await
    }

    /// The headers of a WeChat Pay request.
    pub(crate) fn wechat_authorization(&self, method: &str, target: &str, body: &str) -> String {
        let stamp = self.now_ms() / 1000;
        let text = format!("{method}\n{target}\n{stamp}\n593BEC0C\n{body}\n");
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"593BEC0C\",signature=\"{}\",timestamp=\"{stamp}\",serial_no=\"{}\"",
            self.text(&self.wechat["mchid"]),
            sign(&self.merchant_key, text.as_bytes()),
            self.text(&self.wechat["merchant_serial"]),
        )
    }

    /// Sends with the given Authorization, or none.
    pub(crate) async fn wechat_send(&self, method: &str, target: &str, body: &str, authorization: &str) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, format!("{}{target}", self.base)).header("user-agent", "test");
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let answer = request.send().await.expect("an answer");
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: answer.text().await.expect("a text"),
        }
    }

    pub(crate) async fn wechat_unverified(&self, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let authorization = self.wechat_authorization(method, target, &body);
        self.wechat_send(method, target, &body, &authorization).await
    }

    /// A call whose answer must be signed by the public-key pair.
    pub(crate) async fn wechat(&self, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let answer = self.wechat_unverified(method, target, body).await;
        assert!(self.wechat_verifies(&answer.headers, &answer.body), "the signature does not verify: {answer:?}");
        answer
    }

    /// Whether the five headers sign the body with the public-key pair.
    pub(crate) fn wechat_verifies(&self, headers: &BTreeMap<String, String>, body: &str) -> bool {
        self.wechat_verifies_with(&self.text(&self.wechat["public_key_id"]), &self.wechat_public, headers, body)
    }

    pub(crate) fn wechat_verifies_with(
        &self,
        serial: &str,
        spki: &[u8],
        headers: &BTreeMap<String, String>,
        body: &str,
    ) -> bool {
        let get = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
        let fresh =
            get("wechatpay-timestamp").parse::<i64>().is_ok_and(|stamp| (stamp - self.now_ms() / 1000).abs() < 300);
        let text = format!("{}\n{}\n{body}\n", get("wechatpay-timestamp"), get("wechatpay-nonce"));
        fresh
            && get("wechatpay-signature-type") == "WECHATPAY2-SHA256-RSA2048"
            && get("wechatpay-serial") == serial
            && verifies(spki, text.as_bytes(), get("wechatpay-signature"))
    }

    pub(crate) fn wechat_body(&self, number: &str, fen: i64, notify_url: &str) -> Value {
        json!({
            "appid": self.wechat["appid"],
            "mchid": self.wechat["mchid"],
            "description": "粗陶侧把壶",
            "out_trade_no": number,
            "notify_url": notify_url,
            "amount": {"total": fen, "currency": "CNY"},
        })
    }

    pub(crate) async fn wechat_native(&self, body: &Value) -> Answer {
        self.wechat("POST", "/v3/pay/transactions/native", Some(body)).await
    }

    /// A Native order; returns its number and code.
    pub(crate) async fn wechat_order(&self, fen: i64, notify_url: &str) -> (String, String) {
        let number = number();
        let answer = self.wechat_native(&self.wechat_body(&number, fen, notify_url)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        (number, self.text(&answer.json()["code_url"]))
    }

    pub(crate) async fn wechat_query(&self, number: &str) -> Answer {
        let mchid = self.text(&self.wechat["mchid"]);
        self.wechat("GET", &format!("/v3/pay/transactions/out-trade-no/{number}?mchid={mchid}"), None).await
    }

    pub(crate) async fn wechat_close(&self, number: &str) -> Answer {
        let body = json!({"mchid": self.wechat["mchid"]});
        self.wechat("POST", &format!("/v3/pay/transactions/out-trade-no/{number}/close"), Some(&body)).await
    }

    pub(crate) async fn wechat_refund(
        &self,
        number: &str,
        refund: &str,
        fen: i64,
        total: i64,
        notify_url: &str,
    ) -> Answer {
        let body = json!({
            "out_trade_no": number,
            "out_refund_no": refund,
            "notify_url": notify_url,
            "amount": {"refund": fen, "total": total, "currency": "CNY"},
        });
        self.wechat("POST", "/v3/refund/domestic/refunds", Some(&body)).await
    }

    /// Opens a sealed resource with the APIv3 key.
    pub(crate) fn open_sealed(&self, resource: &Value) -> String {
        let text = |name: &str| resource[name].as_str().expect("a text").to_owned();
        let key = UnboundKey::new(&AES_256_GCM, self.text(&self.wechat["apiv3_key"]).as_bytes()).expect("a key");
        let nonce = Nonce::try_assume_unique_for_key(text("nonce").as_bytes()).expect("a nonce");
        let mut sealed = STANDARD.decode(text("ciphertext")).expect("base64");
        let aad = text("associated_data");
        let opened =
            LessSafeKey::new(key).open_in_place(nonce, Aad::from(aad.as_bytes()), &mut sealed).expect("opened");
        String::from_utf8(opened.to_vec()).expect("UTF-8")
    }

    /// The public key file of one of the sandbox's pairs, which the tests may read as the sandbox's owner.
    pub(crate) fn public_key_file(&self, data: &Path, name: &str) -> Vec<u8> {
        pem(&json!(data.join("keys").join(format!("{name}_public_key.pem"))))
    }
}
