//! The room and its goods, and what a streamer writes about them.

use crate::room::{Deal, Goods, Room, RoomState};
use order::{GoodsId, GoodsKind};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The whole desk of a streamer: the room and its goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Studio {
    /// The streamer's name.
    pub streamer: String,
    /// The room.
    pub room: Room,
    /// The room's revision.
    #[ts(type = "number")]
    pub room_revision: i64,
    /// Since when the show has been live, or when the last one began, Unix seconds of the shop's clock.
    #[ts(type = "number | null")]
    pub live_since: Option<i64>,
    /// The goods in the order of the shelf, those that are off sale too.
    pub goods: Vec<StudioGoods>,
    /// The shop's clock, Unix seconds.
    #[ts(type = "number")]
    pub now_s: i64,
}

/// An item as the streamer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct StudioGoods {
    /// What viewers see. `stock_left` and `held` together wait for buyers.
    pub item: Goods,
    /// Rises with each edit; sales do not change it.
    #[ts(type = "number")]
    pub revision: i64,
    /// Pieces sold.
    pub sold: u32,
    /// Open orders that hold pieces of it.
    pub open_orders: u32,
    /// The deal it had last, over or not.
    pub last_deal: Option<Deal>,
}

/// What a streamer writes about an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoodsDraft {
    /// Its name, 1 to 60 characters.
    pub title: String,
    /// One line: size, origin; 60 characters at most.
    pub note: Option<String>,
    /// More about it, 2,000 characters at most.
    pub description: Option<String>,
    /// What delivery means.
    #[ts(type = "GoodsKind")]
    #[schema(value_type = String, pattern = "^(merchandise|fins)$")]
    pub kind: GoodsKind,
    /// Shark fins credited for each piece, for goods of kind `fins`.
    pub fins: Option<u32>,
    /// Price of one piece outside a deal, fen, 1 to 9,999,999.
    #[ts(type = "number")]
    pub price_fen: i64,
    /// How many one viewer may have.
    pub limit_per_viewer: Option<u32>,
    /// Whether it can be ordered.
    pub on_sale: bool,
    /// Id of its picture.
    pub picture: Option<String>,
}

/// A new item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// What is written about it.
    pub draft: GoodsDraft,
    /// Pieces, 0 to 99,999.
    pub stock: u32,
}

/// An edit of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoodsEdit {
    /// The revision the streamer saw.
    #[ts(type = "number")]
    pub revision: i64,
    /// What is to stand from now on, all of it.
    pub draft: GoodsDraft,
    /// Pieces more, or fewer, than there were: what is sold meanwhile is not put back. Fewer than can be ordered is
    /// refused with `sold_out`.
    pub add_stock: i32,
}

/// The order of the shelf. Lot numbers follow it, but for a show that is live: its host has said them aloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoodsOrder {
    /// Every item of the room, once; anything else is `stale`.
    #[ts(type = "Array<string>")]
    #[schema(value_type = Vec<String>)]
    pub goods_ids: Vec<GoodsId>,
}

/// The item the host explains now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The item, or nothing.
    #[ts(type = "string | null")]
    #[schema(value_type = Option<String>)]
    pub goods_id: Option<GoodsId>,
}

/// A deal to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DealDraft {
    /// The revision of the item the streamer saw.
    #[ts(type = "number")]
    pub revision: i64,
    /// Price of one piece, fen, below the item's own.
    #[ts(type = "number")]
    pub price_fen: i64,
    /// Seconds until it begins; 0 is at once.
    pub starts_in_s: u32,
    /// Seconds from its begin to its end, 10 s to thirty days.
    pub lasts_s: u32,
    /// For how many pieces, at most what can be ordered.
    pub pieces: u32,
}

/// What a streamer writes about the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomDraft {
    /// The revision of the room the streamer saw.
    #[ts(type = "number")]
    pub revision: i64,
    /// What the show is called, 1 to 60 characters.
    pub title: String,
    /// A line to everybody, 200 characters at most.
    pub notice: Option<String>,
    /// Whether the show is on.
    pub state: RoomState,
    /// Address of the show's HLS playlist: https, or http on the shop's own machine.
    pub stream: Option<String>,
    /// When the show is to begin, Unix seconds of the shop's clock.
    #[ts(type = "number | null")]
    pub starts_at: Option<i64>,
    /// Id of the cover picture.
    pub cover: Option<String>,
}

/// A square of a picture, pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Its side.
    pub side: u32,
}

/// A picture that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct PictureKept {
    /// Its id.
    pub picture: String,
}
