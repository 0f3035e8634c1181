//! The show in numbers.

use order::GoodsId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The show in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ShowFigures {
    /// Orders made from here on are counted, Unix seconds of the shop's clock.
    #[ts(type = "number")]
    pub since: i64,
    /// The shop's clock, Unix seconds.
    #[ts(type = "number")]
    pub now_s: i64,
    /// Viewers who ordered.
    pub buyers: u32,
    /// Orders made.
    pub orders: u32,
    /// Those that may still be paid.
    pub open: u32,
    /// Those that were paid and delivered.
    pub paid: u32,
    /// Those that ended unpaid.
    pub closed: u32,
    /// Pieces of paid orders.
    pub pieces: u32,
    /// What was paid for them, fen.
    #[ts(type = "number")]
    pub paid_fen: i64,
    /// Refunds made or under way.
    pub refunds: u32,
    /// What they come to, fen.
    #[ts(type = "number")]
    pub refunded_fen: i64,
    /// Length of a step, seconds.
    pub step_s: u32,
    /// Orders and payments over time, oldest first, 60 steps at most; a step with nothing in it is there too.
    pub steps: Vec<FigureStep>,
    /// By item, the best first.
    pub goods: Vec<GoodsFigures>,
}

/// A step of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct FigureStep {
    /// When it begins, Unix seconds.
    #[ts(type = "number")]
    pub at: i64,
    /// Orders made in it.
    pub orders: u32,
    /// Of these, those that were paid.
    pub paid: u32,
    /// What was paid for them, fen.
    #[ts(type = "number")]
    pub paid_fen: i64,
}

/// An item in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct GoodsFigures {
    /// The item.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub goods_id: GoodsId,
    /// Its number on the shelf today.
    pub lot: u32,
    /// Its name today.
    pub title: String,
    /// Orders made.
    pub orders: u32,
    /// Those that were paid and delivered.
    pub paid: u32,
    /// Pieces of them.
    pub pieces: u32,
    /// What was paid for them, fen.
    #[ts(type = "number")]
    pub paid_fen: i64,
    /// What of it goes or went back, fen.
    #[ts(type = "number")]
    pub refunded_fen: i64,
}
