//! A shop that has lived: orders in every state, and the notices and requests that made them, kept as they came.

use crate::recorder::{Recorded, Recorder};
use crate::support;
use async_trait::async_trait;
use gateway::{Alipay, Channel, Http, NowS, Refund, Wechat};
use order::state::{ClosedBy, Event, OrderState};
use order::{Fen, GoodsId, Mismatch, OrderId, PayId, PayType, RefundId, RoomId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use storefront::clock::Clock;
use storefront::closes::Closes;
use storefront::config::Config;
use storefront::limits::{Limits, LimitsConfig};
use storefront::metrics::Metrics;
use storefront::pressure::SoldOut;
use storefront::push::{Change, Push};
use storefront::random::SystemRandom;
use storefront::shop::Shop;
use storefront::store::{Evidence, NewRoom, Record, Store};
use storefront::throttle::Lines;
use storefront::{import, keys, serve};
use tokio::sync::Notify;

const WAIT: Duration = Duration::from_secs(60);

/// Every piece of it is sold or held at the end, so no order can be made.
const CSV: &str = "title,kind,price_fen,stock,limit_per_viewer,fins\nTeapot,merchandise,22800,2,,\n\
    Fins,fins,600,1,,60\nCup,merchandise,8800,1,,\nTray,merchandise,9900,1,,\nTin,merchandise,500,1,,\n\
    Spoon,merchandise,700,1,,\nBrush,merchandise,800,1,,\n";

/// A clock that stands: what is fresh stays fresh however long the inputs take.
pub(crate) struct Standing(pub(crate) i64);

#[async_trait]
impl Clock for Standing {
    fn now_s(&self) -> i64 {
        self.0
    }

    fn uptime_s(&self) -> i64 {
        self.now_s()
    }

    async fn sleep_until(&self, _: i64) {
        std::future::pending::<()>().await;
    }
}

/// A request that was answered with an order.
#[derive(Clone)]
pub(crate) struct Answered {
    pub(crate) token: String,
    pub(crate) body: String,
    pub(crate) order_id: OrderId,
    pub(crate) pay_id: PayId,
    pub(crate) code: String,
}

pub(crate) struct Lived {
    pub(crate) notices: Vec<Recorded>,
    pub(crate) answered: Vec<Answered>,
    /// The token of a viewer who has ordered nothing.
    pub(crate) stranger: String,
    /// The time at which it stands, Unix seconds.
    pub(crate) now: i64,
    config: Config,
    sandbox: sandbox::Running,
    _folder: tempfile::TempDir,
}

/// What lives: a running shop, and its viewers.
struct Life {
    running: serve::Running,
    sandbox_url: String,
    http: reqwest::Client,
    viewers: Vec<String>,
    answered: Vec<Answered>,
}

impl Life {
    async fn viewer(&self) -> String {
        let url = format!("http://{}/v1/viewers", self.running.address);
        let guest: Value = self.http.post(url).send().await.unwrap().json().await.unwrap();
        guest["token"].as_str().unwrap().to_owned()
    }

    async fn buy(&mut self, viewer: usize, goods: u32, pay_type: PayType) -> Answered {
        let token = self.viewers[viewer].clone();
        let request_id = order::id::base32(u128::try_from(self.answered.len()).unwrap() + 1);
        let body = json!({"request_id": request_id, "goods_id": format!("g{goods}"), "quantity": 1,
            "pay_type": pay_type, "price_version": 1, "note": "请包好 💝"})
        .to_string();
        let url = format!("http://{}/v1/assist_payOrderByThird", self.running.address);
        let sent = self.http.post(url).bearer_auth(&token).body(body.clone()).send().await.unwrap();
        let answer: Value = sent.json().await.unwrap();
        assert_eq!(answer["error"], 0, "{answer}");
        let ext = &answer["data"]["ext"];
        let text = |name: &str| ext[name].as_str().unwrap().to_owned();
        let answered = Answered {
            token,
            body,
            order_id: OrderId::new(text("order_id")).unwrap(),
            pay_id: PayId::new(text("pay_id")).unwrap(),
            code: text("code"),
        };
        self.answered.push(answered.clone());
        answered
    }

    async fn phone(&self, act: &str, order: &Answered) {
        let url = format!("{}/phone/{act}", self.sandbox_url);
        let answer = self.http.post(url).json(&json!({"code": order.code})).send().await.unwrap();
        assert!(answer.status().is_success(), "{act}");
    }

    async fn until(&self, order: &Answered, state: OrderState) {
        let shop = &self.running.shop;
        let mut changes = shop.push.listen(Change::Order(order.order_id.clone()));
        let follow = async {
            while shop.store.order(&order.order_id).await.unwrap().unwrap().order.state != state {
                changes.heard().await;
            }
        };
        tokio::time::timeout(WAIT, follow).await.unwrap_or_else(|_| panic!("never {state:?}"));
    }

    async fn cancel(&self, order: &Answered) {
        let url = format!("http://{}/v1/orders/{}/cancel", self.running.address, order.order_id);
        assert!(self.http.post(url).bearer_auth(&order.token).send().await.unwrap().status().is_success());
        self.until(order, OrderState::Closed).await;
    }
}

impl Lived {
    pub(crate) async fn live() -> Lived {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = support::sandbox_in(folder.path()).await;
        let recorder = Recorder::open().await;
        let config = || {
            let mut config = support::config(folder.path(), &sandbox.credentials, 300);
            config.public_url = Some(recorder.base.clone());
            config
        };
        let running = serve::start(config()).await.unwrap();
        recorder.pass_to(format!("http://{}", running.address));
        stock(&running.shop.store).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let sandbox_url = sandbox.base_url.clone();
        let mut life = Life { running, sandbox_url, http, viewers: Vec::new(), answered: Vec::new() };
        for _ in 0..4 {
            let viewer = life.viewer().await;
            life.viewers.push(viewer);
        }
        let paid = [life.buy(0, 1, PayType::Alipay).await, life.buy(1, 1, PayType::Wechat).await];
        for order in &paid {
            life.phone("pay", order).await;
            life.until(order, OrderState::Delivered).await;
        }
        let declined = life.buy(2, 2, PayType::Alipay).await;
        life.phone("decline", &declined).await;
        life.until(&declined, OrderState::Closed).await;
        let mut cancelled = Vec::new();
        for (viewer, pay_type) in [(0, PayType::Alipay), (1, PayType::Wechat), (2, PayType::Alipay)] {
            let order = life.buy(viewer, 3, pay_type).await;
            life.cancel(&order).await;
            cancelled.push(order);
        }
        let open = [
            life.buy(0, 3, PayType::Alipay).await,
            life.buy(1, 4, PayType::Wechat).await,
            life.buy(2, 5, PayType::Alipay).await,
            life.buy(0, 6, PayType::Wechat).await,
            life.buy(1, 7, PayType::Alipay).await,
        ];
        life.phone("scan", &open[2]).await;
        recorder.until(3).await;
        let Life { running, answered, mut viewers, .. } = life;
        running.stop().await;
        // The channels now tell of refunds that the shop never hears of.
        recorder.hold();
        let mut lived = Lived {
            notices: Vec::new(),
            answered,
            stranger: viewers.pop().unwrap(),
            now: storefront::clock::SystemClock.now_s(),
            config: config(),
            sandbox,
            _folder: folder,
        };
        let shop = lived.shop(BTreeMap::new()).await;
        for (order, part) in paid.iter().zip([100, 200]) {
            give_back(&shop, order, &recorder.base, part).await;
        }
        lived.sandbox.clock().advance(Duration::from_secs(2));
        lived.notices = recorder.until(5).await;
        settle(&shop, &cancelled, &open, &viewers[0]).await;
        lived
    }

    /// The shop as it was left, with nobody at work in it, its clock standing. `others` replace channels.
    pub(crate) async fn shop(&self, others: BTreeMap<PayType, Arc<dyn Channel>>) -> Arc<Shop> {
        self.shop_at(self.now, others).await
    }

    /// The same at another time, Unix seconds.
    pub(crate) async fn shop_at(&self, now: i64, others: BTreeMap<PayType, Arc<dyn Channel>>) -> Arc<Shop> {
        let http = Http::new(gateway::Limits::default()).unwrap();
        let clock: NowS = Arc::new(move || now);
        let alipay = Alipay::new(self.config.alipay.clone().unwrap(), http.clone(), Arc::clone(&clock)).unwrap();
        let wechat = Wechat::new(self.config.wechat.clone().unwrap(), http, clock).unwrap();
        let mut channels: BTreeMap<PayType, Arc<dyn Channel>> = BTreeMap::new();
        channels.insert(PayType::Alipay, Arc::new(alipay));
        channels.insert(PayType::Wechat, Arc::new(wechat));
        channels.extend(others);
        Arc::new(Shop {
            store: Store::open(&self.config.database).await.unwrap(),
            channels,
            clock: Arc::new(Standing(now)),
            random: Arc::new(SystemRandom),
            signer: keys::signing_key(&self.config.signing_key).unwrap(),
            push: Push::default(),
            limits: Limits::new(LimitsConfig::OFF),
            lines: Lines::default(),
            sold_out: SoldOut::default(),
            closes: Closes::default(),
            order_deadline_s: 300,
            public_url: "http://127.0.0.1:9".into(),
            due: Notify::new(),
            metrics: Metrics::default(),
        })
    }

    pub(crate) async fn stop(self) {
        self.sandbox.stop().await;
    }
}

async fn stock(store: &Store) {
    let room_id = RoomId::new("tea").unwrap();
    let room = NewRoom::new(room_id.clone(), "Tea".into(), "Host".into(), "Kiln".into(), api::RoomState::Live);
    store.make_room(room).await.unwrap();
    let mut count = 0;
    let new_id = || {
        count += 1;
        GoodsId::new(format!("g{count}")).ok()
    };
    store.add_goods(room_id, import::goods(CSV, 0, new_id, |_| None).unwrap()).await.unwrap();
}

/// The channel returns part of a payment, as if a person had asked for it at the console.
async fn give_back(shop: &Shop, order: &Answered, notify: &str, part_fen: i64) {
    let record = shop.store.order(&order.order_id).await.unwrap().unwrap();
    let pay_type = record.order.attempts[0].pay_type;
    let refund = Refund {
        pay_id: order.pay_id.clone(),
        refund_id: RefundId::new(format!("{}R9", order.pay_id)).unwrap(),
        amount: Fen::new(part_fen).unwrap(),
        total: record.order.amount,
        reason: "chipped".into(),
        notify_url: format!("{notify}/notices/{pay_type}"),
    };
    shop.channels[&pay_type].refund(&refund).await.unwrap();
}

/// The states that a shop only passes through, each reached by the events that lead there.
async fn settle(shop: &Shop, cancelled: &[Answered], open: &[Answered], viewer: &str) {
    let now = shop.clock.now_s();
    let apply = async |order: &Answered, event: Event| -> Record {
        shop.store.apply(&order.order_id, event, Evidence::text("a test"), now).await.unwrap()
    };
    for (order, steps) in cancelled.iter().zip(0..) {
        let amount = shop.store.order(&order.order_id).await.unwrap().unwrap().order.amount;
        let paid = Event::Paid { pay_id: order.pay_id.clone(), amount, restock: false };
        let refund_id = apply(order, paid).await.order.refunds[0].refund_id.clone();
        if steps > 0 {
            apply(order, Event::RefundSent { refund_id: refund_id.clone(), at: now }).await;
        }
        if steps > 1 {
            apply(order, Event::RefundDone { refund_id }).await;
        }
    }
    apply(&open[2], Event::Scanned { pay_id: open[2].pay_id.clone() }).await;
    apply(&open[3], Event::EndAsked { by: ClosedBy::Viewer, at: now }).await;
    let differs = Event::Differs { pay_id: open[4].pay_id.clone(), mismatch: Mismatch::Amount, ours: None, at: now };
    apply(&open[4], differs).await;
    // One that waits for its channel: nobody is there to make the call.
    let params = json!({"request_id": order::id::base32(99), "goods_id": "g2", "quantity": 1, "pay_type": "wechat",
        "price_version": 1});
    let hash = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, viewer.as_bytes()));
    let viewer = shop.store.viewer_by_token(&hash).await.unwrap().unwrap();
    shop.place(&viewer.viewer_id, "", serde_json::from_value(params).unwrap()).await.unwrap();
}
