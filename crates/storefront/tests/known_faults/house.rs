//! A shop over two tills, whose clock stands still until a scene moves it.

use crate::till::Till;
use api::{ErrorCode, Params, Refusal, ShopSigner};
use async_trait::async_trait;
use gateway::Channel;
use order::state::OrderState;
use order::{Fen, GoodsId, GoodsKind, OrderId, PayType, RequestId, RoomId, ViewerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use storefront::clock::Clock;
use storefront::closes::Closes;
use storefront::limits::{Limits, LimitsConfig};
use storefront::metrics::Metrics;
use storefront::notices::NotTaken;
use storefront::pressure::SoldOut;
use storefront::push::Push;
use storefront::random::{NoRandomness, Random};
use storefront::shop::{Shop, ShopError};
use storefront::store::{ApplyError, Difference, Disk, NewGoods, NewRoom, Placed, PlainDisk, Reader, Record, Store};
use storefront::throttle::Lines;
use tempfile::TempDir;
use tokio::sync::{Notify, watch};

/// When every scene begins, Unix seconds.
const START: i64 = 1_700_000_000;
/// Seconds an order can be paid.
pub(crate) const DEADLINE_S: i64 = 300;
/// The price of a cup and of a pack of fins.
pub(crate) const PRICE: i64 = 8_800;
/// Cups on the shelf.
pub(crate) const CUPS: i64 = 2;

/// A clock that stands still until it is moved, or set.
#[derive(Debug)]
struct StillClock {
    /// What passed, and when it began: Unix seconds if nobody ever sets it.
    time: AtomicI64,
    /// By how much it was set, seconds.
    set_s: AtomicI64,
}

#[async_trait]
impl Clock for StillClock {
    fn now_s(&self) -> i64 {
        self.uptime_s() + self.set_s.load(Ordering::SeqCst)
    }

    fn uptime_s(&self) -> i64 {
        self.time.load(Ordering::SeqCst)
    }

    async fn sleep_until(&self, _: i64) {
        std::future::pending::<()>().await;
    }
}

struct Counted(AtomicU64);

impl Random for Counted {
    fn bits(&self) -> Result<u128, NoRandomness> {
        Ok(self.0.fetch_add(1, Ordering::SeqCst).into())
    }
}

pub(crate) struct House {
    pub(crate) shop: Arc<Shop>,
    pub(crate) alipay: Arc<Till>,
    pub(crate) wechat: Arc<Till>,
    clock: Arc<StillClock>,
    random: Arc<Counted>,
    folder: TempDir,
}

fn goods(id: &str, kind: GoodsKind, stock: u32, limit: Option<u32>) -> NewGoods {
    NewGoods {
        goods_id: GoodsId::new(id).unwrap(),
        title: id.into(),
        note: None,
        description: None,
        kind,
        fins: (kind == GoodsKind::Fins).then_some(60),
        price: Fen::new(PRICE).unwrap(),
        stock,
        limit_per_viewer: limit,
        on_sale: true,
        pinned: false,
        picture: None,
        deal: None,
    }
}

pub(crate) fn viewer(name: &str) -> ViewerId {
    ViewerId::new(name).unwrap()
}

/// What the shop refused with.
pub(crate) fn refusal(answer: Result<Placed, ShopError>) -> Refusal {
    match answer {
        Err(ShopError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Why the shop refused.
pub(crate) fn code(answer: Result<Placed, ShopError>) -> ErrorCode {
    refusal(answer).code
}

impl House {
    pub(crate) async fn open() -> House {
        House::open_on(Arc::new(PlainDisk)).await
    }

    pub(crate) async fn open_on(disk: Arc<dyn Disk>) -> House {
        House::furnish(disk, Till::new(PayType::Alipay), Till::new(PayType::Wechat)).await
    }

    /// A room with two cups, of which one person may have one, one last plate, and packs of fins; viewers Ann, Ben and Cay.
    pub(crate) async fn furnish(disk: Arc<dyn Disk>, alipay: Till, wechat: Till) -> House {
        let folder = tempfile::tempdir().unwrap();
        let (clock, random) = (
            Arc::new(StillClock { time: AtomicI64::new(START), set_s: AtomicI64::new(0) }),
            Arc::new(Counted(AtomicU64::new(1))),
        );
        let (alipay, wechat) = (Arc::new(alipay), Arc::new(wechat));
        let shop = shop(&folder, disk, [&alipay, &wechat], &clock, &random).await;
        let room =
            NewRoom::new(RoomId::new("tea").unwrap(), "Tea".into(), "Host".into(), "Kiln".into(), api::RoomState::Live);
        let cups = u32::try_from(CUPS).unwrap();
        let shelf = vec![
            goods("cup", GoodsKind::Merchandise, cups, Some(1)),
            goods("plate", GoodsKind::Merchandise, 1, None),
            goods("fins", GoodsKind::Fins, 1_000, None),
        ];
        shop.store.open_room(room, shelf).await.unwrap();
        for name in ["ann", "ben", "cay"] {
            shop.store.add_viewer(viewer(name), format!("hash of {name}"), START).await.unwrap();
        }
        House { shop, alipay, wechat, clock, random, folder }
    }

    pub(crate) fn till(&self, pay_type: PayType) -> &Till {
        match pay_type {
            PayType::Alipay => &self.alipay,
            PayType::Wechat => &self.wechat,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now_s()
    }

    /// What is left after the process was killed: the database, the channels and the time.
    pub(crate) async fn restarted(self) -> House {
        self.restarted_on(Arc::new(PlainDisk)).await
    }

    /// After a restart on a disk whose every commit takes so many seconds.
    /// Each commit takes so many seconds, and the clock is set by `set_s` meanwhile.
    pub(crate) async fn on_a_slow_disk(self, seconds: i64, set_s: i64) -> House {
        let clock = Arc::clone(&self.clock);
        self.restarted_on(Arc::new(SlowDisk { clock, seconds, set_s })).await
    }

    pub(crate) async fn restarted_on(self, disk: Arc<dyn Disk>) -> House {
        let House { shop: killed, alipay, wechat, clock, random, folder } = self;
        drop(killed);
        let shop = shop(&folder, disk, [&alipay, &wechat], &clock, &random).await;
        shop.store.drop_leases().await.unwrap();
        House { shop, alipay, wechat, clock, random, folder }
    }

    pub(crate) async fn place(&self, who: &str, goods: &str, pay_type: PayType) -> Result<Placed, ShopError> {
        self.place_in(who, goods, pay_type, None).await
    }

    /// Orders one piece, or another way to pay an open order.
    pub(crate) async fn place_in(
        &self,
        who: &str,
        goods: &str,
        pay_type: PayType,
        order_id: Option<OrderId>,
    ) -> Result<Placed, ShopError> {
        let params = Params { order_id, ..self.params(goods, pay_type) };
        self.shop.place(&viewer(who), "192.0.2.1", params).await
    }

    /// Orders pieces at the price of that version.
    pub(crate) async fn place_at(
        &self,
        who: &str,
        goods: &str,
        quantity: u32,
        price_version: i64,
    ) -> Result<Placed, ShopError> {
        let params = Params { quantity, price_version, ..self.params(goods, PayType::Alipay) };
        self.shop.place(&viewer(who), "192.0.2.1", params).await
    }

    /// A new request for one piece at the item's own price.
    fn params(&self, goods: &str, pay_type: PayType) -> Params {
        let request = self.random.bits().unwrap();
        Params::new(RequestId::new(order::id::base32(request)).unwrap(), GoodsId::new(goods).unwrap(), 1, pay_type, 1)
    }

    /// Ann orders a pack of fins, and its code is there.
    pub(crate) async fn ordered(&self, pay_type: PayType) -> Placed {
        let placed = self.place("ann", "fins", pay_type).await.unwrap();
        self.settle().await;
        assert_eq!(self.state(&placed).await, OrderState::AwaitingPayment);
        placed
    }

    /// Does everything that is due now.
    pub(crate) async fn settle(&self) {
        self.try_settle().await.unwrap();
    }

    pub(crate) async fn try_settle(&self) -> Result<(), ApplyError> {
        let (_go, stop) = watch::channel(false);
        loop {
            let leases = self.shop.store.lease_due(self.now(), 100).await?;
            if leases.is_empty() {
                return Ok(());
            }
            for lease in leases {
                self.shop.attend(lease, &stop).await?;
            }
        }
    }

    /// Begins what is due, beside the scene. It goes on until it is done or the scene kills it.
    pub(crate) fn settle_beside(&self) -> tokio::task::JoinHandle<Result<(), ApplyError>> {
        let (shop, now) = (Arc::clone(&self.shop), self.now());
        tokio::spawn(async move {
            let (_go, stop) = watch::channel(false);
            for lease in shop.store.lease_due(now, 100).await? {
                shop.attend(lease, &stop).await?;
            }
            Ok(())
        })
    }

    /// Moves the clock without anybody looking.
    pub(crate) fn skip(&self, seconds: i64) {
        self.clock.time.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Sets the clock, by so many seconds.
    pub(crate) fn set_clock(&self, seconds: i64) {
        self.clock.set_s.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Lets time go by, doing everything when it is due.
    pub(crate) async fn pass(&self, seconds: i64) {
        let end = self.now() + seconds;
        loop {
            self.settle().await;
            match self.shop.store.next_wake().await.unwrap() {
                Some(at) if at <= end && at > self.now() => self.skip(at - self.now()),
                Some(at) if at <= end => panic!("due at {at} and nobody does it"),
                Some(_) | None => break,
            }
        }
        self.skip(end - self.now());
        self.settle().await;
    }

    pub(crate) async fn hear(&self, pay_type: PayType, body: &[u8]) -> Result<(), NotTaken> {
        self.shop.take_notice(pay_type, &[], body).await
    }

    pub(crate) async fn record(&self, placed: &Placed) -> Record {
        self.shop.store.order(&placed.order_id).await.unwrap().unwrap()
    }

    pub(crate) async fn state(&self, placed: &Placed) -> OrderState {
        self.record(placed).await.order.state
    }

    /// The one number that a query finds.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.shop.store.read().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
    }

    /// What an audit of the database finds.
    pub(crate) async fn audit(&self) -> Vec<String> {
        let url = testbed::database(&self.folder.path().join("shop.db"));
        let mut found = Vec::new();
        let mut take = |difference: Difference| found.push(difference.to_string());
        Reader::open(&url).await.unwrap().audit(self.now(), &mut take, &mut |_, _, _| {}).await.unwrap();
        found
    }

    /// Pieces of all goods that open orders hold, and that are sold.
    pub(crate) async fn held_and_sold(&self) -> (i64, i64) {
        (
            self.number("SELECT CAST(SUM(reserved) AS BIGINT) FROM goods").await,
            self.number("SELECT CAST(SUM(sold) AS BIGINT) FROM goods").await,
        )
    }

    /// Deliveries, payments in the ledger, and Ann's fins.
    pub(crate) async fn delivered_booked_fins(&self) -> (i64, i64, i64) {
        (
            self.number("SELECT COUNT(*) FROM deliveries").await,
            self.number("SELECT COUNT(*) FROM ledger WHERE entry LIKE 'payment:%' AND line = 1").await,
            self.number("SELECT fins_balance FROM viewers WHERE viewer_id = 'ann'").await,
        )
    }
}

#[derive(Debug)]
struct SlowDisk {
    clock: Arc<StillClock>,
    seconds: i64,
    set_s: i64,
}

#[async_trait]
impl Disk for SlowDisk {
    async fn before_write(&self) {}

    fn before_commit(&self) -> Result<(), String> {
        self.clock.time.fetch_add(self.seconds, Ordering::SeqCst);
        self.clock.set_s.fetch_add(self.set_s, Ordering::SeqCst);
        Ok(())
    }

    fn committed(&self) {}
}

async fn shop(
    folder: &TempDir,
    disk: Arc<dyn Disk>,
    tills: [&Arc<Till>; 2],
    clock: &Arc<StillClock>,
    random: &Arc<Counted>,
) -> Arc<Shop> {
    let url = testbed::database(&folder.path().join("shop.db"));
    let channel = |till: &Arc<Till>| -> (PayType, Arc<dyn Channel>) { (till.pay_type(), Arc::clone(till) as _) };
    Arc::new(Shop {
        store: Store::open_on(&url, disk).await.unwrap(),
        channels: tills.into_iter().map(channel).collect(),
        clock: Arc::clone(clock) as _,
        random: Arc::clone(random) as _,
        signer: ShopSigner::generate().unwrap().0,
        push: Push::default(),
        limits: Limits::new(LimitsConfig::default()),
        lines: Lines::default(),
        sold_out: SoldOut::default(),
        closes: Closes::default(),
        order_deadline_s: DEADLINE_S,
        public_url: "http://127.0.0.1:9".into(),
        due: Notify::new(),
        metrics: Metrics::default(),
    })
}
