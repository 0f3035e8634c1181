//! A shop in this process whose time is the sandbox's, so that days can pass, and which no notice reaches.

use crate::support::{self, CSV, sandbox_in, wish};
use async_trait::async_trait;
use gateway::{Alipay, Channel, Http, Limits, NowS, Prepay, Wechat};
use order::{Fen, OrderId, PayId, PayType, RoomId, ViewerId};
use serde_json::{Value, json};
use sqlx::{Connection, Row};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use storefront::clock::Clock;
use storefront::reconcile::{Day, Report};
use storefront::shop::Shop;
use storefront::store::{NewRoom, Record};
use storefront::{import, serve, watcher};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) const BOTH: [PayType; 2] = [PayType::Alipay, PayType::Wechat];
pub(crate) const HOUR_S: i64 = 3_600;
/// Longest a test waits for anything.
const WAIT: Duration = Duration::from_secs(60);

/// The sandbox's clock, which a test moves.
struct Moved(sandbox::Clock);

#[async_trait]
impl Clock for Moved {
    fn now_s(&self) -> i64 {
        self.0.now_ms().div_euclid(1000)
    }

    fn uptime_s(&self) -> i64 {
        self.now_s()
    }

    /// Looks often: the clock may be moved meanwhile.
    async fn sleep_until(&self, at_s: i64) {
        if self.now_s() < at_s {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A task of the shop's, until it is stopped.
pub(crate) struct Task {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Task {
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(WAIT, self.task).await.expect("the task ends").unwrap();
    }
}

/// An order with the code that pays it.
pub(crate) struct Bought {
    pub(crate) viewer: ViewerId,
    pub(crate) order_id: OrderId,
    pub(crate) pay_id: PayId,
    pub(crate) code: String,
}

pub(crate) struct Bench {
    pub(crate) shop: Arc<Shop>,
    pub(crate) sandbox: sandbox::Running,
    pub(crate) http: reqwest::Client,
    folder: tempfile::TempDir,
}

/// Waits for a condition that other tasks bring about.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(WAIT, waiting).await.unwrap_or_else(|_| panic!("not in {WAIT:?}: {what}"));
}

impl Bench {
    /// Begins at noon in China, so that what is done at once is done on one day.
    pub(crate) async fn open() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = sandbox_in(folder.path()).await;
        let clock: Arc<dyn Clock> = Arc::new(Moved(sandbox.clock().clone()));
        let config = support::config(folder.path(), &sandbox.credentials, 300);
        // A port at which nobody listens: every notice is lost.
        let mut shop = serve::open(&config, SocketAddr::from(([127, 0, 0, 1], 10))).await.unwrap();
        let now: NowS = {
            let clock = Arc::clone(&clock);
            Arc::new(move || clock.now_s())
        };
        let http = Http::new(Limits::default()).unwrap();
        let alipay = Alipay::new(config.alipay.unwrap(), http.clone(), Arc::clone(&now)).unwrap();
        let wechat = Wechat::new(config.wechat.unwrap(), http, now).unwrap();
        let alipay: Arc<dyn Channel> = Arc::new(alipay);
        shop.channels = [(PayType::Alipay, alipay), (PayType::Wechat, Arc::new(wechat))].into();
        shop.clock = clock;
        let room_id = RoomId::new("tea").unwrap();
        let room = NewRoom::new(room_id.clone(), "Tea".into(), "Host".into(), "Kiln".into(), api::RoomState::Live);
        shop.store.make_room(room).await.unwrap();
        let mut ids = ["g1", "g2", "g3"].into_iter();
        let new_id = || ids.next().and_then(|id| order::GoodsId::new(id).ok());
        shop.store.add_goods(room_id, import::goods(CSV, 0, new_id, |_| None).unwrap()).await.unwrap();
        let bench = Bench {
            shop: Arc::new(shop),
            sandbox,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            folder,
        };
        let noon = bench.today().begin_s() + 12 * HOUR_S;
        let noon = if bench.now_s() < noon { noon } else { noon + 24 * HOUR_S };
        bench.advance(noon - bench.now_s());
        bench
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.shop.clock.now_s()
    }

    pub(crate) fn today(&self) -> Day {
        Day::of(self.now_s()).unwrap()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.sandbox.clock().advance(Duration::from_secs(seconds.try_into().unwrap()));
    }

    /// Moves the clock to a time, Unix seconds.
    pub(crate) fn to(&self, at_s: i64) {
        self.advance(at_s - self.now_s());
    }

    /// The same faults at both channels; none left over from before.
    pub(crate) async fn faults(&self, faults: Value) {
        let url = format!("{}/faults", self.sandbox.base_url);
        let answer = self.http.put(url).json(&json!({"alipay": faults, "wechat": faults})).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.sandbox.base_url);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    pub(crate) async fn pay(&self, code: &str) {
        assert_eq!(self.post("/phone/pay", json!({"code": code})).await["state"], "paid");
    }

    /// A person returns money at the channel's console.
    pub(crate) async fn return_by_hand(&self, pay_type: PayType, pay_id: &PayId, amount_fen: i64) -> String {
        let body = json!({"channel": pay_type, "out_trade_no": pay_id, "amount_fen": amount_fen});
        self.post("/merchant/refund", body).await["number"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn books(&self) -> Value {
        self.http.get(format!("{}/books", self.sandbox.base_url)).send().await.unwrap().json().await.unwrap()
    }

    /// Changes the channels' own books behind everybody's back.
    pub(crate) async fn change_channels_books(&self, sql: &'static str) {
        let url = format!("sqlite:{}", self.folder.path().join("sandbox/books.sqlite").display());
        let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
        assert!(sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected() > 0);
    }

    /// The shop at work.
    pub(crate) fn watching(&self) -> Task {
        let (stop, stopping) = watch::channel(false);
        Task { stop, task: tokio::spawn(watcher::watch(Arc::clone(&self.shop), stopping)) }
    }

    /// The shop reading its bills day by day.
    pub(crate) fn reading_daily(&self) -> Task {
        let (stop, stopping) = watch::channel(false);
        Task { stop, task: tokio::spawn(storefront::reconcile::read_daily(Arc::clone(&self.shop), stopping)) }
    }

    pub(crate) async fn viewer(&self) -> ViewerId {
        let name = order::id::base32(self.shop.random.bits().unwrap());
        let viewer = ViewerId::new(name.clone()).unwrap();
        self.shop.store.add_viewer(viewer.clone(), name, self.now_s()).await.unwrap();
        viewer
    }

    /// A new viewer orders one piece; the shop must be at work.
    pub(crate) async fn order(&self, goods: usize, pay_type: PayType) -> Bought {
        let viewer = self.viewer().await;
        let room = RoomId::new("tea").unwrap();
        let shelf = self.shop.store.goods_of(&room, 0).await.unwrap();
        let (params, _) = wish(&shelf[goods], 1, pay_type, 1);
        let answer = self.shop.pay_order(&viewer, "127.0.0.1", params).await.unwrap();
        let ext = &answer["ext"];
        let text = |name: &str| ext[name].as_str().unwrap().to_owned();
        Bought {
            viewer,
            order_id: OrderId::new(text("order_id")).unwrap(),
            pay_id: PayId::new(text("pay_id")).unwrap(),
            code: text("code"),
        }
    }

    pub(crate) async fn record(&self, bought: &Bought) -> Record {
        self.shop.store.order(&bought.order_id).await.unwrap().unwrap()
    }

    /// Waits until the order is as wanted.
    pub(crate) async fn comes_to(&self, bought: &Bought, wanted: impl Fn(&Record) -> bool) -> Record {
        until("the order comes to what is wanted", async || wanted(&self.record(bought).await)).await;
        self.record(bought).await
    }

    /// An order of another system of the merchant's, or whoever uses its numbers, paid.
    pub(crate) async fn paid_elsewhere(&self, pay_type: PayType, pay_id: &PayId, amount_fen: i64) {
        let request = Prepay {
            pay_id: pay_id.clone(),
            amount: Fen::new(amount_fen).unwrap(),
            subject: "Something else".into(),
            expires_at_s: self.now_s() + 300,
            notify_url: "http://127.0.0.1:10/elsewhere".into(),
        };
        let code = self.shop.channels[&pay_type].prepay(&request).await.unwrap();
        self.pay(&code).await;
    }

    pub(crate) async fn reconcile(&self, pay_type: PayType, day: &Day) -> Report {
        let (_running, stop) = watch::channel(false);
        self.shop.reconcile(pay_type, day, &stop).await.unwrap()
    }

    /// How many lines the journal and the ledger have.
    pub(crate) async fn written(&self) -> (i64, i64) {
        let mut connection = self.shop.store.read().await.unwrap();
        let sql = "SELECT (SELECT COUNT(*) FROM journal), (SELECT COUNT(*) FROM ledger)";
        let row = sqlx::query(sql).fetch_one(&mut *connection).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// Invariant 5: the channels' books equal ours.
    pub(crate) async fn books_agree(&self) {
        let books = self.books().await;
        let mut connection = self.shop.store.read().await.unwrap();
        for pay_type in BOTH {
            let row = sqlx::query("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM ledger WHERE account = $1")
                .bind(format!("channel_cash:{pay_type}"))
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            let cash: i64 = row.get(0);
            assert_eq!(json!(cash), books["totals"][pay_type.as_str()]["balance_fen"], "{pay_type}");
        }
    }
}
