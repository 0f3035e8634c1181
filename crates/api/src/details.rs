//! What belongs to an order beside its money: nothing in here decides anything, so it is not signed.

use crate::address::PostalAddress;
use crate::studio::Shipment;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Longest reason to ask for a refund, characters.
pub const REASON_MAX_CHARS: usize = 200;

/// A viewer's wish to have a delivered order's money back. The streamer decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RefundRequest {
    /// Why, in the viewer's words.
    pub reason: String,
    /// When it was asked, Unix seconds of the shop's clock.
    #[ts(type = "number")]
    pub asked_at: i64,
    /// The streamer's no, once it was said.
    #[serde(default)]
    pub declined: Option<Declined>,
}

/// What a streamer says who does not give the money back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Declined {
    /// Why, in the streamer's words.
    pub reason: String,
    /// When, Unix seconds of the shop's clock.
    #[ts(type = "number")]
    pub at: i64,
}

/// The body that asks for a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundWish {
    /// Why, in the viewer's words, 1 to 200 characters.
    pub reason: String,
}

/// What belongs to an order beside its money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct OrderDetails {
    /// What the viewer wrote to the streamer.
    pub note: Option<String>,
    /// Where it is sent, as it was when the order was made.
    pub address: Option<PostalAddress>,
    /// The viewer's wish for a refund, once there is one.
    pub refund_request: Option<RefundRequest>,
    /// How it was sent, once it was.
    #[serde(default)]
    pub shipment: Option<Shipment>,
}
