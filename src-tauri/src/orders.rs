//! The viewer's orders at the open shop, as the page lists them: every view is signed and checked before it comes here.

use crate::views::MoneyBack;
use api::OrderDetails;
use order::state::{AttemptState, ClosedBy, OrderState};
use order::{GoodsKind, PayType};
use serde::Serialize;
use ts_rs::TS;

/// One order in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct OrderSummary {
    /// The order.
    pub order_id: String,
    /// The goods.
    pub goods_id: String,
    /// What delivery means.
    #[ts(type = "GoodsKind")]
    pub kind: GoodsKind,
    /// The goods' name when the order was made.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// What is due, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// Shark fins that delivery credits.
    #[ts(type = "number | null")]
    pub fins: Option<i64>,
    /// The payment type: what was paid with, once something was, else what was chosen last.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// Where it stands.
    #[ts(type = "OrderState")]
    pub state: OrderState,
    /// Who or what ended it.
    #[ts(type = "ClosedBy | null")]
    pub closed_by: Option<ClosedBy>,
    /// When it was made, Unix seconds.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When the channel booked the payment, Unix seconds.
    #[ts(type = "number | null")]
    pub paid_at: Option<i64>,
    /// Seconds left to pay when this was sent, 0 once it cannot be paid.
    #[ts(type = "number")]
    pub expires_in_s: i64,
    /// What goes or went back.
    pub refunds: Vec<MoneyBack>,
}

/// A page of the list, newest first.
#[derive(Clone, Debug, Serialize, TS)]
pub struct OrdersPage {
    /// The orders.
    pub orders: Vec<OrderSummary>,
    /// What to ask for the page after this one; nothing when this is the last.
    pub next: Option<String>,
}

/// One attempt of an order.
#[derive(Clone, Debug, Serialize, TS)]
pub struct AttemptLine {
    /// The channel's merchant order number.
    pub pay_id: String,
    /// The channel.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// Where it stands.
    #[ts(type = "AttemptState")]
    pub state: AttemptState,
}

/// One order with all that belongs to it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct OrderPaper {
    /// As the list has it.
    pub order: OrderSummary,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptLine>,
    /// Note, address and wish for a refund.
    pub details: OrderDetails,
}
