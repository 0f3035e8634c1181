//! The stage of a rehearsal: a storefront and pretend channels of their own, which sell copies of the practice room's
//! goods. What goes wrong on it touches neither the room nor its orders, and nothing of it stays.

use super::servers::{Servers, Wanted};
use super::{PracticeError, streamer};
use api::{Goods, RoomLink, RoomState};
use order::{Fen, GoodsId, RoomId};
use rehearsal::Stage;
use std::path::Path;
use std::time::Duration;
use storefront::random::{Random, SystemRandom};
use storefront::store::{NewGoods, NewRoom, Picture, Store};

const ROOM: &str = "rehearsal";
/// Seconds to pay an order on the stage. One case waits for it; in the others the phone must be quicker, on a slow
/// computer too.
const DEADLINE_S: u32 = 12;
/// Longest a case may take: two deadlines, and what the channels are asked after them.
const CASE_LIMIT: Duration = Duration::from_secs(45);

/// What is rehearsed: copies of a room's goods.
pub(super) struct Copies {
    /// What its show is called.
    pub(super) title: String,
    host: String,
    shop: String,
    goods: Vec<Goods>,
    pictures: Vec<(String, Picture)>,
}

impl Copies {
    /// Of what is on sale in a room and has stock left.
    pub(super) async fn of(store: &Store, room_id: &RoomId, now: i64) -> Result<Copies, PracticeError> {
        let room = store.room(room_id, Vec::new()).await?.ok_or(PracticeError::NoRoom)?;
        let mut goods = store.goods_of(room_id, now).await?;
        goods.retain(|item| item.on_sale && item.stock_left > 0);
        if goods.is_empty() {
            return Err(PracticeError::NothingOnSale);
        }
        let mut pictures = Vec::new();
        for id in goods.iter().filter_map(|item| item.picture.as_ref()) {
            if let Some(picture) = store.picture(id).await? {
                pictures.push((id.clone(), picture));
            }
        }
        Ok(Copies { title: room.title, host: room.host, shop: room.shop, goods, pictures })
    }

    /// Puts them on the shelf of a new shop.
    async fn put_out(&self, store: &Store, room_id: &RoomId) -> Result<(), PracticeError> {
        for (id, (kind, body)) in &self.pictures {
            store.keep_picture(id.clone(), kind.clone(), body.clone()).await?;
        }
        let goods: Result<Vec<NewGoods>, PracticeError> = self.goods.iter().map(copy).collect();
        let room =
            NewRoom::new(room_id.clone(), self.title.clone(), self.host.clone(), self.shop.clone(), RoomState::Live);
        Ok(store.open_room(room, goods?).await?)
    }
}

/// The same item in another shop, at its own price: a deal that ends in the middle of a case would change it.
fn copy(item: &Goods) -> Result<NewGoods, PracticeError> {
    Ok(NewGoods {
        goods_id: GoodsId::new(order::id::base32(SystemRandom.bits()?))?,
        title: item.title.clone(),
        note: item.note.clone(),
        description: item.description.clone(),
        kind: item.kind,
        fins: item.fins,
        price: Fen::new(item.price_fen)?,
        stock: item.stock_left,
        limit_per_viewer: item.limit_per_viewer,
        on_sale: true,
        pinned: false,
        picture: item.picture.clone(),
        deal: None,
    })
}

/// A stage that stands.
pub(super) struct Set {
    pub(super) stage: Stage,
    servers: Servers,
}

impl Set {
    /// Sets it up in `folder`, which is there for it alone.
    pub(super) async fn up(folder: &Path, copies: &Copies) -> Result<Set, PracticeError> {
        let servers = Servers::start(folder, Wanted { shop_port: 0, sandbox_port: 0, deadline_s: DEADLINE_S }).await?;
        match stage(folder, &servers, copies).await {
            Ok(stage) => Ok(Set { stage, servers }),
            Err(error) => {
                servers.stop().await;
                Err(error)
            }
        }
    }

    /// Takes it down.
    pub(super) async fn strike(self) {
        self.servers.stop().await;
    }
}

async fn stage(folder: &Path, servers: &Servers, copies: &Copies) -> Result<Stage, PracticeError> {
    let room_id = RoomId::new(ROOM)?;
    let store = &servers.shop.shop.store;
    copies.put_out(store, &room_id).await?;
    let (_, token) = streamer::of_room(store, &room_id, &folder.join("streamer.json")).await?;
    Ok(Stage {
        shop: RoomLink { shop: super::origin(servers.shop.address)?, room_id, key: servers.shop.key.clone() },
        streamer: token,
        channels: servers.sandbox.base_url.clone(),
        case_limit: CASE_LIMIT,
    })
}
