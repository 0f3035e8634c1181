//! The sandbox in this process, a shop set up against it by its own credentials file, and a place for its notices.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod shop;

use gateway::{Alipay, AlipayConfig, Channel, Http, Limits, NowS, Prepay, Refund, RefundStanding, Standing};
use gateway::{Wechat, WechatConfig};
use order::{Expected, Fen, OrderId, PayId, PayType, Payment, RefundId};
use sandbox::{Options, Running};
use serde::Deserialize;
use serde_json::{Value, json};
use shop::Shop;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// The end of every wait: longer than a busy machine needs.
pub(crate) const WAIT: Duration = Duration::from_secs(60);
/// What every order here costs.
pub(crate) const PRICE: i64 = 1234;
pub(crate) const BOTH: [PayType; 2] = [PayType::Alipay, PayType::Wechat];

/// Keys made once for all tests: making them is slow, and no test here is about that.
static KEYS: OnceLock<TempDir> = OnceLock::new();

/// `credentials.json`, read into the gateway's own configuration.
#[derive(Clone, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) alipay: AlipayConfig,
    pub(crate) wechat: WechatConfig,
}

pub(crate) struct Practice {
    pub(crate) sandbox: Running,
    pub(crate) shop: Shop,
    pub(crate) credentials: Credentials,
    pub(crate) alipay: Arc<dyn Channel>,
    pub(crate) wechat: Arc<dyn Channel>,
    http: reqwest::Client,
    _data: TempDir,
}

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
const DAY_S: i64 = 86_400;

/// `yyyy-MM-dd` in GMT+8.
pub(crate) fn china_day(unix_s: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(unix_s).unwrap().to_offset(time::macros::offset!(+8)).date().to_string()
}

/// The name of a channel in the sandbox's JSON.
pub(crate) fn name(pay_type: PayType) -> &'static str {
    match pay_type {
        PayType::Alipay => "alipay",
        PayType::Wechat => "wechat",
    }
}

pub(crate) fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

pub(crate) fn fresh_id() -> PayId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    OrderId::from_bits(NEXT.fetch_add(1, Ordering::SeqCst).into()).attempt(1)
}

pub(crate) fn refund_id(pay_id: &PayId, number: u32) -> RefundId {
    RefundId::new(format!("{pay_id}R{number}")).unwrap()
}

/// A client that gives up after `total`.
pub(crate) fn http(total: Duration) -> Http {
    Http::new(Limits { connect: total, total }).unwrap()
}

impl Practice {
    pub(crate) async fn open() -> Practice {
        let data = TempDir::new().unwrap();
        lend_keys(data.path());
        let mut options = Options::new(data.path());
        options.notice_schedule = Some(vec![Duration::from_millis(20); 5]);
        let sandbox = sandbox::start(options).await.unwrap();
        let credentials: Credentials = serde_json::from_slice(&std::fs::read(&sandbox.credentials).unwrap()).unwrap();
        let (alipay, wechat) = channels(&credentials, http(WAIT), &clock(&sandbox));
        let shop = Shop::open(alipay.clone(), wechat.clone()).await;
        let http = reqwest::Client::builder().no_proxy().timeout(WAIT).build().unwrap();
        Practice { sandbox, shop, credentials, alipay, wechat, http, _data: data }
    }

    pub(crate) fn channel(&self, pay_type: PayType) -> &Arc<dyn Channel> {
        match pay_type {
            PayType::Alipay => &self.alipay,
            PayType::Wechat => &self.wechat,
        }
    }

    /// A channel that gives up soon.
    pub(crate) fn impatient(&self, pay_type: PayType, total: Duration) -> Arc<dyn Channel> {
        let (alipay, wechat) = channels(&self.credentials, http(total), &clock(&self.sandbox));
        match pay_type {
            PayType::Alipay => alipay,
            PayType::Wechat => wechat,
        }
    }

    pub(crate) fn wechat_with(&self, config: WechatConfig) -> Wechat {
        Wechat::new(config, http(WAIT), clock(&self.sandbox)).unwrap()
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.sandbox.clock().now_ms() / 1000
    }

    /// Moves the clock to the next noon in GMT+8, so that the days of a test do not depend on when it runs.
    pub(crate) fn to_noon(&self) {
        let past_noon_s = (self.now_s() - 4 * 3600).rem_euclid(DAY_S);
        self.sandbox.clock().advance(Duration::from_secs((DAY_S - past_noon_s).try_into().unwrap()));
    }

    /// A day on which one order was paid at each channel, and whose bill is ready.
    pub(crate) async fn day_with_a_bill(&self) -> String {
        self.to_noon();
        let day = china_day(self.now_s());
        for pay_type in BOTH {
            self.paid(pay_type).await;
        }
        self.sandbox.clock().advance(22 * HOUR);
        day
    }

    /// A wish for a fresh order's code.
    pub(crate) fn wish(&self, pay_type: PayType) -> Prepay {
        Prepay {
            pay_id: fresh_id(),
            amount: fen(PRICE),
            subject: "粗陶侧把壶 a/b=c&d".into(),
            expires_at_s: self.now_s() + 300,
            notify_url: self.shop.url(pay_type),
        }
    }

    /// A wish for `amount_fen` of a payment back.
    pub(crate) fn back(&self, pay_type: PayType, pay_id: &PayId, number: u32, amount_fen: i64) -> Refund {
        Refund {
            pay_id: pay_id.clone(),
            refund_id: refund_id(pay_id, number),
            amount: fen(amount_fen),
            total: fen(PRICE),
            reason: "sold out".into(),
            notify_url: self.shop.url(pay_type),
        }
    }

    /// A fresh order and its code.
    pub(crate) async fn ordered(&self, pay_type: PayType) -> (PayId, String) {
        let wish = self.wish(pay_type);
        let code = self.channel(pay_type).prepay(&wish).await.unwrap();
        (wish.pay_id, code)
    }

    pub(crate) async fn scanned(&self, pay_type: PayType) -> (PayId, String) {
        let (pay_id, code) = self.ordered(pay_type).await;
        self.phone("scan", &code).await;
        (pay_id, code)
    }

    pub(crate) async fn paid(&self, pay_type: PayType) -> PayId {
        let (pay_id, code) = self.ordered(pay_type).await;
        self.phone("pay", &code).await;
        pay_id
    }

    /// The payment a query shows, whatever went back of it.
    pub(crate) async fn payment(&self, pay_type: PayType, pay_id: &PayId) -> Payment {
        match self.channel(pay_type).query(pay_id).await.unwrap() {
            Standing::Paid(payment) | Standing::SomeReturned(payment) => payment,
            other => panic!("not paid: {other:?}"),
        }
    }

    /// What the shop expects of a payment, as it compares it before anything is delivered.
    pub(crate) fn expected(&self, pay_type: PayType, pay_id: &PayId) -> Expected {
        let merchant = self.channel(pay_type).merchant().clone();
        Expected { pay_id: pay_id.clone(), pay_type, merchant, amount: fen(PRICE) }
    }

    /// Asks until the refund has ended.
    pub(crate) async fn ended(&self, pay_type: PayType, refund: &Refund) -> RefundStanding {
        let ended = async {
            loop {
                let standing = self.channel(pay_type).refund_query(&refund.pay_id, &refund.refund_id).await.unwrap();
                if standing != RefundStanding::Processing {
                    return standing;
                }
            }
        };
        // WeChat Pay's refunds take a second to arrive.
        self.sandbox.clock().advance(Duration::from_secs(2));
        tokio::time::timeout(WAIT, ended).await.expect("the refund ends")
    }

    /// Presses a button of the phone; the answer's HTTP status.
    pub(crate) async fn press(&self, act: &str, code: &str) -> u16 {
        let url = format!("{}/phone/{act}", self.sandbox.base_url);
        self.http.post(url).json(&json!({"code": code})).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn phone(&self, act: &str, code: &str) {
        assert_eq!(self.press(act, code).await, 200, "{act}");
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.sandbox.base_url)).send().await.unwrap().json().await.unwrap()
    }

    /// What the sandbox's books say of one trade.
    pub(crate) async fn booked(&self, pay_id: &PayId) -> Option<Value> {
        let books = self.get("/books").await;
        books["trades"].as_array().unwrap().iter().find(|trade| trade["out_trade_no"] == pay_id.as_str()).cloned()
    }

    /// Replaces a channel's faults.
    pub(crate) async fn faults(&self, pay_type: PayType, faults: Value) {
        let url = format!("{}/faults", self.sandbox.base_url);
        let body = json!({name(pay_type): faults});
        let answer = self.http.put(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{body}: {}", answer.text().await.unwrap());
    }

    /// How often a fault has fired so far.
    pub(crate) async fn fired(&self, pay_type: PayType, fault: &str) -> u64 {
        self.get("/faults").await[name(pay_type)][fault]["fired"].as_u64().unwrap_or_default()
    }
}

fn clock(sandbox: &Running) -> NowS {
    let clock = sandbox.clock().clone();
    Arc::new(move || clock.now_ms() / 1000)
}

fn channels(credentials: &Credentials, http: Http, now: &NowS) -> (Arc<dyn Channel>, Arc<dyn Channel>) {
    let alipay = Alipay::new(credentials.alipay.clone(), http.clone(), now.clone()).unwrap();
    let wechat = Wechat::new(credentials.wechat.clone(), http, now.clone()).unwrap();
    (Arc::new(alipay), Arc::new(wechat))
}

fn lend_keys(data: &Path) {
    let keys = KEYS.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().to_owned();
        // A runtime of its own: this runs inside a test's.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async { sandbox::start(Options::new(path)).await.unwrap().stop().await });
        })
        .join()
        .unwrap();
        folder
    });
    std::fs::copy(keys.path().join("identity.json"), data.join("identity.json")).unwrap();
    std::fs::create_dir(data.join("keys")).unwrap();
    for file in std::fs::read_dir(keys.path().join("keys")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), data.join("keys").join(file.file_name())).unwrap();
    }
}
