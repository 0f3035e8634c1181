//! The storefront's error codes, and what comes with them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Why the storefront refused. There is one code for each reaction the app has, and no other; `0` in an answer means
/// none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The price is another one now. Data: `price_fen`, `price_version`.
    PriceChanged,
    /// Fewer pieces are left than wanted. Data: `stock_left`.
    SoldOut,
    /// There is no such item in this room, or it was taken off.
    NotOnSale,
    /// The viewer would have more than one person may. Data: `limit`, `bought`.
    LimitReached,
    /// The channel gave no payment string. With `retry_after_s` the order stands and the same request may be sent again;
    /// without it the channel has refused for good, or is not set up. With `queue_position` the order waits for its turn
    /// at the channel; its views say how it moves up. Data: `order_id`, `retry_after_s`, `queue_position`.
    ChannelUnavailable,
    /// The request id was used for other params, or another order for these goods is still open. Data: `order_id`.
    RequestConflict,
    /// Too often. Data: `retry_after_s`.
    TooManyRequests,
    /// No token, or not a valid one.
    Unauthorised,
    /// There is nothing there that belongs to this viewer.
    NotFound,
    /// The shop takes no orders at present. What was ordered before goes on.
    ShopPaused,
    /// The address is not, or no longer, in the viewer's book.
    AddressUnknown,
    /// Somebody else changed it meanwhile: look again, and decide anew.
    Stale,
    /// More is to go back than can. Data: `refundable_fen`.
    RefundExceeds,
    /// The picture is no JPEG, PNG or WebP, or too small, or too large.
    PictureUnusable,
    /// The request itself cannot be understood.
    InvalidParams,
    /// A fault of the storefront. Nothing was charged; asking again is safe.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [ErrorCode; 16] = [
        ErrorCode::PriceChanged,
        ErrorCode::SoldOut,
        ErrorCode::NotOnSale,
        ErrorCode::LimitReached,
        ErrorCode::ChannelUnavailable,
        ErrorCode::RequestConflict,
        ErrorCode::TooManyRequests,
        ErrorCode::Unauthorised,
        ErrorCode::NotFound,
        ErrorCode::ShopPaused,
        ErrorCode::AddressUnknown,
        ErrorCode::Stale,
        ErrorCode::RefundExceeds,
        ErrorCode::PictureUnusable,
        ErrorCode::InvalidParams,
        ErrorCode::Internal,
    ];

    /// The HTTP status that goes with the code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            ErrorCode::InvalidParams | ErrorCode::PictureUnusable => 400,
            ErrorCode::Unauthorised => 401,
            ErrorCode::NotFound | ErrorCode::NotOnSale => 404,
            ErrorCode::PriceChanged
            | ErrorCode::SoldOut
            | ErrorCode::LimitReached
            | ErrorCode::RequestConflict
            | ErrorCode::AddressUnknown
            | ErrorCode::Stale
            | ErrorCode::RefundExceeds => 409,
            ErrorCode::TooManyRequests => 429,
            ErrorCode::Internal => 500,
            ErrorCode::ChannelUnavailable | ErrorCode::ShopPaused => 503,
        }
    }
}

/// What the reaction to a refusal needs; the data of an answer whose error is not 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(optional_fields)]
pub struct RefusalData {
    /// The price now, for one piece, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub price_fen: Option<i64>,
    /// The version of that price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub price_version: Option<i64>,
    /// Pieces left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_left: Option<u32>,
    /// How many one viewer may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many this viewer has or has on order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought: Option<u32>,
    /// What can still go back, fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub refundable_fen: Option<i64>,
    /// When to try again, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// The order's place among those that wait for their turn at the channel, 1 being next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u32>,
    /// The order the refusal speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
}

/// A refusal with what the reaction to it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Refusal {
    /// The code that decides the words.
    pub code: ErrorCode,
    /// The storefront's own words, for logs and support.
    pub message: String,
    /// What the reaction needs.
    #[serde(flatten)]
    pub data: Box<RefusalData>,
}

impl Refusal {
    /// A refusal that needs no data.
    #[must_use]
    pub fn plain(code: ErrorCode, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into(), data: Box::default() }
    }
}
