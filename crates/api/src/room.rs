//! Rooms, goods and viewers as a client sees them.

use crate::Secret;
use order::{GoodsId, GoodsKind, RoomId, ViewerId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Whether the show is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoomState {
    /// Not yet.
    Soon,
    /// Now.
    Live,
    /// No longer.
    Over,
}

impl RoomState {
    /// Every state.
    pub const ALL: [RoomState; 3] = [RoomState::Soon, RoomState::Live, RoomState::Over];

    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RoomState::Soon => "soon",
            RoomState::Live => "live",
            RoomState::Over => "over",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<RoomState> {
        RoomState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A live room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Room {
    /// Its id.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub room_id: RoomId,
    /// What the show is called.
    pub title: String,
    /// Who hosts it.
    pub host: String,
    /// The shop, as the payment apps name the payee.
    pub shop: String,
    /// Whether the show is on.
    pub state: RoomState,
    /// Id of the cover picture.
    pub cover: Option<String>,
    /// A line from the streamer to everybody.
    pub notice: Option<String>,
    /// Address of the show's HLS playlist: https, or http on the shop's own machine.
    pub stream: Option<String>,
    /// When the show is to begin, Unix seconds of the shop's clock.
    #[ts(type = "number | null")]
    pub starts_at: Option<i64>,
    /// The payment types the shop has set up.
    #[ts(type = "Array<PayType>")]
    #[schema(value_type = Vec<String>)]
    pub pay_types: Vec<order::PayType>,
}

/// A lower price for a while, for some pieces. Outside its time, and once its pieces are taken, the item has its own
/// price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Deal {
    /// Price of one piece while it runs, fen.
    #[ts(type = "number")]
    pub price_fen: i64,
    /// The version of that price: what `params` carry to buy at it.
    #[ts(type = "number")]
    pub price_version: i64,
    /// When it begins, Unix seconds of the shop's clock.
    #[ts(type = "number")]
    pub starts_at: i64,
    /// When it ends, Unix seconds of the shop's clock.
    #[ts(type = "number")]
    pub ends_at: i64,
    /// Pieces it was made for.
    pub pieces: u32,
    /// Pieces of it that can be bought now.
    pub pieces_left: u32,
}

/// An item on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Goods {
    /// The target identifier.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub goods_id: GoodsId,
    /// The number the host says aloud.
    pub lot: u32,
    /// Its name.
    pub title: String,
    /// One line: size, origin.
    pub note: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// What delivery means.
    #[ts(type = "GoodsKind")]
    #[schema(value_type = String, pattern = "^(merchandise|fins)$")]
    pub kind: GoodsKind,
    /// Shark fins credited for each piece, for goods of kind `fins`.
    pub fins: Option<u32>,
    /// Price of one piece outside a deal, fen.
    #[ts(type = "number")]
    pub price_fen: i64,
    /// Rises whenever the price changes. No price of the item, a deal's neither, ever has the same version.
    #[ts(type = "number")]
    pub price_version: i64,
    /// The deal that is planned or runs.
    pub deal: Option<Deal>,
    /// Pieces that can be bought now.
    pub stock_left: u32,
    /// Pieces in unpaid orders, which may come back.
    pub held: u32,
    /// How many one viewer may have.
    pub limit_per_viewer: Option<u32>,
    /// Whether it can be ordered.
    pub on_sale: bool,
    /// Whether the host is explaining it.
    pub pinned: bool,
    /// Id of its picture.
    pub picture: Option<String>,
}

/// A viewer's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Viewer {
    /// The viewer.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub viewer_id: ViewerId,
    /// Shark fins the viewer owns.
    #[ts(type = "number")]
    pub fins_balance: i64,
}

/// A new guest viewer. The token is shown once; the storefront keeps only its hash.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ViewerToken {
    /// The viewer.
    #[schema(value_type = String)]
    pub viewer_id: ViewerId,
    /// Bearer token of all further calls.
    #[schema(value_type = String)]
    pub token: Secret,
}
