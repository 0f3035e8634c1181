//! Signed views of an order: what the storefront says about it, under the shop's key.

use order::state::{AttemptState, ClosedBy, OrderState, RefundReason, RefundState};
use order::{GoodsId, GoodsKind, OrderId, PayId, PayType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One attempt of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// The payment identification, which is the channel's merchant order number.
    #[schema(value_type = String)]
    pub pay_id: PayId,
    /// The channel.
    #[schema(value_type = String)]
    pub pay_type: PayType,
    /// Where it stands.
    #[schema(value_type = String)]
    pub state: AttemptState,
}

/// One refund of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefundView {
    /// The attempt whose money goes back.
    #[schema(value_type = String)]
    pub pay_id: PayId,
    /// How much, fen.
    pub amount_fen: i64,
    /// Why.
    #[schema(value_type = String)]
    pub reason: RefundReason,
    /// Where it stands.
    #[schema(value_type = String)]
    pub state: RefundState,
}

/// An order, as the storefront states it at `timestamp`. `title` is the only free text: see [`crate::sign`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderView {
    /// The order.
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// Where it stands.
    #[schema(value_type = String)]
    pub state: OrderState,
    /// Who or what ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub closed_by: Option<ClosedBy>,
    /// The goods.
    #[schema(value_type = String)]
    pub goods_id: GoodsId,
    /// What delivery means.
    #[schema(value_type = String)]
    pub kind: GoodsKind,
    /// The goods' name when the order was made.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// What is due, fen.
    pub amount_fen: i64,
    /// Shark fins credited on delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fins: Option<i64>,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptView>,
    /// Its refunds, oldest first.
    pub refunds: Vec<RefundView>,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// When the channel booked the payment that was delivered or goes back, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<i64>,
    /// Seconds left to pay, 0 once it cannot be paid.
    pub expires_in_s: i64,
    /// Its place among those that wait for their turn at the channel, 1 being next; absent when it does not wait. It
    /// moves without a new revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u32>,
    /// Rises with every change of the order: a view with a smaller one is older.
    pub revision: i64,
    /// The server's time, Unix seconds.
    pub timestamp: i64,
    /// The key it is signed with.
    #[serde(default)]
    pub key_id: String,
    /// Ed25519 signature in base64.
    #[serde(default)]
    pub sign: String,
}

impl OrderView {
    /// The view of a signed object, if `key` signed it.
    #[must_use]
    pub fn verified(object: &Map<String, Value>, key: &crate::ShopKey) -> Option<OrderView> {
        if !key.verifies(object) {
            return None;
        }
        serde_json::from_value(Value::Object(object.clone())).ok()
    }
}

/// The server's time, signed together with the nonce of the client that asked.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeView {
    /// The client's nonce.
    pub nonce: String,
    /// The server's time, Unix seconds.
    pub timestamp: i64,
    /// The key it is signed with.
    #[serde(default)]
    pub key_id: String,
    /// Ed25519 signature in base64.
    #[serde(default)]
    pub sign: String,
}

#[cfg(test)]
mod tests {
    /// What [`crate::sign`] says of free text holds only while this does.
    #[test]
    fn title_sorts_after_every_other_field_of_a_view() {
        let view = super::OrderView {
            order_id: order::OrderId::from_bits(1),
            state: order::state::OrderState::Closed,
            closed_by: Some(order::state::ClosedBy::Time),
            goods_id: order::GoodsId::new("teapot").unwrap(),
            kind: order::GoodsKind::Fins,
            title: "tea".into(),
            quantity: 1,
            amount_fen: 1,
            fins: Some(1),
            attempts: vec![],
            refunds: vec![],
            created_at: 1,
            paid_at: Some(1),
            expires_in_s: 0,
            queue_position: Some(1),
            revision: 1,
            timestamp: 1,
            key_id: "k".into(),
            sign: "s".into(),
        };
        let object = serde_json::to_value(view).unwrap();
        let last = object.as_object().unwrap().keys().max().unwrap().clone();
        assert_eq!(last, "title");
    }
}
