//! A shop's books without a shop: what its writer decides, and whether it is right.

use crate::placing::Wish;
use crate::shop::ShopError;
use crate::store::{
    ApplyError, Difference, Disk, Evidence, NewGoods, NewRoom, Placed, Reader, Record, Store, StoreError,
};
use api::error::RefusalData;
use api::{ErrorCode, Params, Refusal};
use order::state::Event;
use order::{Fen, GoodsId, GoodsKind, Merchant, OrderId, PayId, PayType, Payment, RequestId, RoomId, ViewerId};
use sqlx::{AssertSqlSafe, Executor};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub(super) const NOW: i64 = 1_700_000_000;
const PRICE: i64 = 8_800;
pub(super) const CUPS: i64 = 3;
pub(super) const VIEWERS: usize = 10;

/// A disk that counts the commits it takes.
#[derive(Debug, Default)]
struct Counting(AtomicI64);

#[async_trait::async_trait]
impl Disk for Counting {
    async fn before_write(&self) {}

    fn before_commit(&self) -> Result<(), String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn committed(&self) {}
}

/// A shop's database with three cups on the shelf, plenty of plates, and viewers.
pub(super) struct Books {
    pub(super) store: Store,
    disk: Arc<Counting>,
    url: String,
    /// Requests and orders so far.
    count: AtomicU64,
    _folder: tempfile::TempDir,
}

pub(super) fn viewer(number: usize) -> ViewerId {
    ViewerId::new(format!("viewer{number}")).unwrap()
}

fn merchant() -> Merchant {
    Merchant { partner_id: "2088".into(), app_id: "2021".into() }
}

fn goods(id: &str, stock: i64) -> NewGoods {
    NewGoods {
        goods_id: GoodsId::new(id).unwrap(),
        title: id.into(),
        note: None,
        description: None,
        kind: GoodsKind::Merchandise,
        fins: None,
        price: Fen::new(PRICE).unwrap(),
        stock: stock.try_into().unwrap(),
        limit_per_viewer: None,
        on_sale: true,
        pinned: false,
        picture: None,
        deal: None,
    }
}

pub(super) fn paid(pay_id: &PayId) -> Event {
    Event::Paid { pay_id: pay_id.clone(), amount: Fen::new(PRICE).unwrap(), restock: false }
}

/// Why the shop refused.
pub(super) fn refusal<T: std::fmt::Debug>(answer: &Result<T, ShopError>) -> (ErrorCode, &RefusalData) {
    match answer {
        Err(ShopError::Refused(Refusal { code, data, .. })) => (*code, data),
        other => panic!("not refused: {other:?}"),
    }
}

impl Books {
    pub(super) async fn open() -> Books {
        let folder = tempfile::tempdir().unwrap();
        Books::open_at(testbed::database(&folder.path().join("shop.db")), folder).await
    }

    pub(super) async fn open_at(url: String, folder: tempfile::TempDir) -> Books {
        let disk = Arc::new(Counting::default());
        let store = Store::open_on(&url, Arc::clone(&disk) as _).await.unwrap();
        let room =
            NewRoom::new(RoomId::new("tea").unwrap(), "Tea".into(), "Host".into(), "Kiln".into(), api::RoomState::Live);
        store.open_room(room, vec![goods("cup", CUPS), goods("plate", 100)]).await.unwrap();
        for number in 0..VIEWERS {
            store.add_viewer(viewer(number), format!("hash {number}"), NOW).await.unwrap();
        }
        Books { store, disk, url, count: AtomicU64::new(1), _folder: folder }
    }

    /// A new request for one piece.
    pub(super) fn params(&self, goods: &str) -> Params {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        Params::new(
            RequestId::new(order::id::base32(number.into())).unwrap(),
            GoodsId::new(goods).unwrap(),
            1,
            PayType::Alipay,
            1,
        )
    }

    pub(super) async fn ask(&self, who: usize, params: Params) -> Result<Placed, ShopError> {
        let order_id = OrderId::from_bits(self.count.fetch_add(1, Ordering::SeqCst).into());
        let wish = Wish { viewer: viewer(who), params, merchant: merchant(), now: NOW };
        let placed = self.store.decide(wish.needs(), move |batch| wish.place(batch, &order_id, NOW + 300));
        Ok(placed.await?.0)
    }

    pub(super) async fn buy(&self, who: usize, goods: &str) -> Result<Placed, ShopError> {
        self.ask(who, self.params(goods)).await
    }

    pub(super) async fn take(&self, placed: &Placed, event: Event) -> Result<Record, ApplyError> {
        self.store.apply(&placed.order_id, event, Evidence::text("a scene"), NOW).await
    }

    /// The channel says that an order was paid.
    pub(super) async fn pay(&self, placed: &Placed) -> Result<Record, ApplyError> {
        let pay_id = placed.pay_id.clone();
        let payment = Payment {
            pay_id: pay_id.clone(),
            pay_type: PayType::Alipay,
            merchant: merchant(),
            amount: Fen::new(PRICE).unwrap(),
            currency: "CNY".into(),
            channel_no: format!("no. {pay_id}"),
            paid_at: NOW,
        };
        let evidence = Evidence { payment: Some(payment), ..Evidence::text("a scene") };
        self.store.apply(&placed.order_id, paid(&pay_id), evidence, NOW).await
    }

    pub(super) async fn record(&self, placed: &Placed) -> Record {
        self.store.order(&placed.order_id).await.unwrap().unwrap()
    }

    /// How many commits there were so far.
    pub(super) fn commits(&self) -> i64 {
        self.disk.0.load(Ordering::SeqCst)
    }

    pub(super) async fn execute(&self, sql: String) {
        let run = self.store.write(move |tx| {
            Box::pin(async move {
                tx.execute(AssertSqlSafe(sql)).await?;
                Ok::<_, StoreError>(())
            })
        });
        run.await.unwrap();
    }

    /// Puts half of an order's payment into the ledger, where no machine wrote it: an entry is booked once only, so the
    /// database refuses the payment.
    pub(super) async fn spoil(&self, placed: &Placed) {
        self.execute(format!("INSERT INTO ledger VALUES ('payment:{}', 1, 'suspense', 'CNY', 0, 0)", placed.pay_id))
            .await;
    }

    /// Takes it out again.
    pub(super) async fn mend(&self, placed: &Placed) {
        self.execute(format!("DELETE FROM ledger WHERE entry = 'payment:{}'", placed.pay_id)).await;
    }

    /// A write that stands alone and fails when half of it is done.
    pub(super) async fn half(&self) -> Result<(), StoreError> {
        let half = self.store.write(|tx| {
            Box::pin(async move {
                tx.execute("UPDATE goods SET title = 'half'").await?;
                tx.execute("UPDATE goods SET title = NULL").await?;
                Ok(())
            })
        });
        half.await
    }

    /// The one number that a query finds.
    pub(super) async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.store.read().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
    }

    /// Pieces of an item that can be ordered, are held and are sold.
    pub(super) async fn stock(&self, goods: &'static str) -> (i64, i64, i64) {
        let mut connection = self.store.read().await.unwrap();
        let query = sqlx::query_as("SELECT available, reserved, sold FROM goods WHERE goods_id = $1");
        query.bind(goods).fetch_one(&mut *connection).await.unwrap()
    }

    /// Every order lived again from the journal gives the rows, the stock and the ledger.
    pub(super) async fn are_right(&self) {
        let mut found = Vec::new();
        let mut take = |difference: Difference| found.push(difference.to_string());
        let mut reader = Reader::open(&self.url).await.unwrap();
        reader.audit(NOW, &mut take, &mut |_, _, _| {}).await.unwrap();
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(self.number("SELECT COUNT(*) FROM halts").await, 0);
        assert_eq!(self.number("SELECT COUNT(*) FROM goods WHERE title = 'half'").await, 0);
    }
}
