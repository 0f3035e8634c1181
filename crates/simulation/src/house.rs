//! One process of the storefront, from its start to its end, and the database all processes of a world share.

use crate::channel::SimChannel;
use crate::failure::Failure;
use crate::place::Place;
use crate::stage::{SimClock, SimDisk, SimRandom, Stage};
use api::{RoomState, ShopSigner};
use gateway::Channel;
use order::{Fen, GoodsId, GoodsKind, PayType, RoomId, ViewerId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use storefront::closes::Closes;
use storefront::limits::{Limits, LimitsConfig};
use storefront::metrics::Metrics;
use storefront::pressure::SoldOut;
use storefront::push::Push;
use storefront::shop::Shop;
use storefront::store::{NewGoods, NewRoom, Store, Streamer};
use storefront::throttle::Lines;
use tokio::sync::{Notify, oneshot};

/// How long a process's writer may take to end.
const END_LIMIT: Duration = Duration::from_secs(60);
/// Viewers of every world.
pub const VIEWERS: usize = 16;

/// An item of every world's shelf.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id.
    pub goods_id: GoodsId,
    /// Price of one piece, fen.
    pub price: i64,
    /// The version of that price.
    pub version: i64,
    /// How many one viewer may have.
    pub limit: Option<u32>,
    /// Fins for each piece.
    pub fins: Option<u32>,
    /// Pieces at the start.
    pub stock: u32,
}

/// The shelf of every world: a last piece, a hot item, one with a limit, and things there is enough of.
#[must_use]
pub fn shelf() -> Vec<Item> {
    let item = |name: &str, price, stock, limit, fins| {
        let goods_id = GoodsId::new(name).ok()?;
        Some(Item { goods_id, price, version: 1, limit, fins, stock })
    };
    let items = [
        item("cup", 8_800, 1, None, None),
        item("pot", 22_800, 5, Some(2), None),
        item("tea", 990, 60, Some(3), None),
        item("clay", 100, 1_000_000, None, None),
        item("fins60", 600, 1_000_000, None, Some(60)),
        item("fins6", 60, 30, Some(10), Some(6)),
    ];
    items.into_iter().flatten().collect()
}

/// The viewer of that number.
#[must_use]
pub fn viewer(number: usize) -> Option<ViewerId> {
    ViewerId::new(format!("viewer-{number}")).ok()
}

/// The key every world's answers are signed with, and the database every world begins with.
#[derive(Debug)]
pub struct Template {
    place: Place,
    key: Vec<u8>,
}

/// A process of the storefront.
pub struct House {
    /// The shop.
    pub shop: Arc<Shop>,
    ended: oneshot::Receiver<()>,
}

/// Who runs the room.
#[must_use]
pub fn streamer() -> Option<Streamer> {
    Some(Streamer { streamer_id: "host".into(), name: "Host".into(), room_id: RoomId::new("tea").ok()? })
}

impl Template {
    /// Makes the database with schema, shelf and viewers, by the storefront's own code.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn make(place: &Place) -> Result<Template, Failure> {
        let (_, key) = ShopSigner::generate().map_err(|error| Failure::Row(error.to_string()))?;
        let store = Store::open(&place.first().await?).await?;
        let room_id = RoomId::new("tea").map_err(|error| Failure::Row(error.to_string()))?;
        let room = NewRoom::new(room_id, "Tea".into(), "Host".into(), "Kiln".into(), RoomState::Live);
        store.open_room(room, shelf().into_iter().filter_map(|item| goods(&item)).collect()).await?;
        for number in 0..VIEWERS {
            if let Some(viewer) = viewer(number) {
                store.add_viewer(viewer, format!("token of viewer {number}"), crate::stage::START).await?;
            }
        }
        drop(store);
        place.keep_first().await?;
        Ok(Template { place: place.clone(), key })
    }

    /// A new database like this one, under a name of its own, and its address.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn copy(&self, name: &str) -> Result<String, Failure> {
        self.place.begin(name).await
    }

    /// Removes the database of that name.
    ///
    /// # Errors
    /// [`Failure::Sql`].
    pub async fn remove(&self, name: &str) -> Result<(), Failure> {
        self.place.remove(name).await
    }

    /// The worlds' signing key.
    ///
    /// # Errors
    /// [`Failure::Row`] when it is none, which it always is.
    pub fn signer(&self) -> Result<ShopSigner, Failure> {
        ShopSigner::from_pkcs8(&self.key).map_err(|error| Failure::Row(error.to_string()))
    }
}

fn goods(item: &Item) -> Option<NewGoods> {
    Some(NewGoods {
        goods_id: item.goods_id.clone(),
        title: format!("Item {}", item.goods_id),
        note: None,
        description: None,
        kind: if item.fins.is_some() { GoodsKind::Fins } else { GoodsKind::Merchandise },
        fins: item.fins,
        price: Fen::new(item.price).ok()?,
        stock: item.stock,
        limit_per_viewer: item.limit,
        on_sale: true,
        pinned: false,
        picture: None,
        deal: None,
    })
}

impl House {
    /// Starts a process over a database. Its leases are still those of the process before.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn open(
        stage: &Arc<Stage>,
        database: &str,
        signer: ShopSigner,
        order_deadline_s: i64,
    ) -> Result<House, Failure> {
        let (disk, ended) = SimDisk::new(Arc::clone(stage));
        let store = Store::open_on(database, Arc::new(disk)).await?;
        let channels = PayType::ALL.map(|pay_type| {
            let channel: Arc<dyn Channel> = Arc::new(SimChannel::new(Arc::clone(stage), pay_type));
            (pay_type, channel)
        });
        let shop = Arc::new(Shop {
            store,
            channels: BTreeMap::from(channels),
            clock: Arc::new(SimClock(Arc::clone(stage))),
            random: Arc::new(SimRandom(Arc::clone(stage))),
            signer,
            push: Push::default(),
            limits: Limits::new(LimitsConfig::OFF),
            lines: Lines::default(),
            sold_out: SoldOut::default(),
            closes: Closes::default(),
            order_deadline_s,
            public_url: "https://shop.example".into(),
            due: Notify::new(),
            metrics: Metrics::default(),
        });
        Ok(House { shop, ended })
    }

    /// Ends the process: returns once nothing of it touches the database any more. Its tasks must be gone.
    ///
    /// # Errors
    /// [`Failure::TooSlow`].
    pub async fn end(self) -> Result<(), Failure> {
        let House { shop, ended } = self;
        drop(shop);
        // Nothing is ever sent: that the sender is gone is what is heard.
        let _gone = tokio::time::timeout(END_LIMIT, ended).await.map_err(|_| Failure::TooSlow("ending a process"))?;
        Ok(())
    }
}
