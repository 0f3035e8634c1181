//! A room's orders with their evidence, and what a streamer does with them.

use crate::PostalAddress;
use crate::details::RefundRequest;
use order::state::{AttemptState, ClosedBy, OrderState, RefundReason, RefundState};
use order::{GoodsId, GoodsKind, OrderId, PayId, PayType, RefundId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Which orders a streamer wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderFilter {
    /// All.
    All,
    /// Those that may still be paid.
    Unpaid,
    /// Those that were delivered.
    Paid,
    /// Delivered merchandise that was not sent yet, and of which something is left to send.
    ToShip,
    /// Those whose viewer wants the money back and has no answer.
    Wishes,
    /// Those of which something goes or went back.
    Refunds,
    /// Those that need a person: a payment that differs, a refund that is stuck.
    Stuck,
    /// Those that were closed unpaid.
    Closed,
}

/// Orders of a room, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct StudioOrders {
    /// The orders.
    pub orders: Vec<StudioOrder>,
    /// What to ask for the page after this one; nothing when this is the last.
    pub next: Option<String>,
}

/// An order as the streamer sees it. Of the viewer it has no more than shipping needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct StudioOrder {
    /// The order.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// Tells viewers apart; no id of theirs.
    pub buyer: String,
    /// The goods.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub goods_id: GoodsId,
    /// Their number on the shelf today.
    pub lot: u32,
    /// Their name when the order was made.
    pub title: String,
    /// What delivery means.
    #[ts(type = "GoodsKind")]
    #[schema(value_type = String, pattern = "^(merchandise|fins)$")]
    pub kind: GoodsKind,
    /// Pieces.
    pub quantity: u32,
    /// What is due, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// Whether it was ordered at a deal's price.
    pub deal: bool,
    /// The payment type: what was paid with, once something was, else what was chosen last.
    #[ts(type = "PayType")]
    #[schema(value_type = String)]
    pub pay_type: PayType,
    /// Where it stands.
    #[ts(type = "OrderState")]
    #[schema(value_type = String)]
    pub state: OrderState,
    /// Who or what ended it.
    #[ts(type = "ClosedBy | null")]
    #[schema(value_type = Option<String>)]
    pub closed_by: Option<ClosedBy>,
    /// When it was made, Unix seconds.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When the channel booked the payment, Unix seconds.
    #[ts(type = "number | null")]
    pub paid_at: Option<i64>,
    /// What goes or went back, oldest first.
    pub refunds: Vec<StudioRefund>,
    /// The viewer's wish for a refund.
    pub refund_request: Option<RefundRequest>,
    /// How it was sent.
    pub shipment: Option<Shipment>,
    /// A payment that differs waits for a person.
    pub quarantined: bool,
}

/// A refund as the streamer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct StudioRefund {
    /// Its number at the channel.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub refund_id: RefundId,
    /// The attempt whose money goes back.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub pay_id: PayId,
    /// How much, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// Why.
    #[ts(type = "RefundReason")]
    #[schema(value_type = String)]
    pub reason: RefundReason,
    /// Where it stands.
    #[ts(type = "RefundState")]
    #[schema(value_type = String)]
    pub state: RefundState,
    /// Calls in a row that ended without a final result: more than a few, and somebody should look.
    pub tries: u32,
}

/// One trade of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct StudioAttempt {
    /// The channel's merchant order number.
    #[ts(type = "string")]
    #[schema(value_type = String)]
    pub pay_id: PayId,
    /// The channel.
    #[ts(type = "PayType")]
    #[schema(value_type = String)]
    pub pay_type: PayType,
    /// Where it stands.
    #[ts(type = "AttemptState")]
    #[schema(value_type = String)]
    pub state: AttemptState,
    /// The channel's number of the payment.
    pub channel_no: Option<String>,
    /// What was paid, fen.
    #[ts(type = "number | null")]
    pub paid_fen: Option<i64>,
    /// When the channel booked it, Unix seconds.
    #[ts(type = "number | null")]
    pub paid_at: Option<i64>,
    /// What of it can still go back, fen.
    #[ts(type = "number")]
    pub refundable_fen: i64,
}

/// One order with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct StudioPaper {
    /// As the list has it.
    pub order: StudioOrder,
    /// Its trades, oldest first.
    pub attempts: Vec<StudioAttempt>,
    /// What the viewer wrote.
    pub note: Option<String>,
    /// Where it is sent, as it was when the order was made; only while something is to be sent or was.
    pub address: Option<PostalAddress>,
    /// What of it can still go back, fen; 0 where nothing can.
    #[ts(type = "number")]
    pub refundable_fen: i64,
    /// What happened, oldest first: the order's lines of the journal.
    pub timeline: Vec<TimelineLine>,
}

/// A line of an order's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct TimelineLine {
    /// Its number in the journal.
    #[ts(type = "number")]
    pub seq: i64,
    /// When, Unix seconds.
    #[ts(type = "number")]
    pub at: i64,
    /// What happened.
    pub what: TimelineEvent,
    /// At which channel.
    #[ts(type = "PayType | null")]
    #[schema(value_type = Option<String>)]
    pub pay_type: Option<PayType>,
    /// How much, fen.
    #[ts(type = "number | null")]
    pub amount_fen: Option<i64>,
    /// The channel's number of the payment that is the evidence.
    pub channel_no: Option<String>,
    /// What the channel said, as it was kept.
    pub evidence: String,
    /// Hash of the line, which the next line's is made of.
    pub hash: String,
}

/// What can happen to an order: the events of the order machine, and its making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineEvent {
    /// The order was made and its stock held.
    Placed,
    /// Another way to pay was chosen.
    Attempted,
    /// The channel was asked for a code.
    PrepaySent,
    /// The code came.
    PrepayReady,
    /// The channel refused.
    PrepayRefused,
    /// The wallet opened it.
    Scanned,
    /// Its end was asked for.
    EndAsked,
    /// The channel was asked to end the trade.
    CloseSent,
    /// The channel proved that it cannot be paid any more.
    CloseProved,
    /// The payment was proved.
    Paid,
    /// The channel had given the money back itself.
    Returned,
    /// The payment differs.
    Differs,
    /// The refund was sent.
    RefundSent,
    /// The channel is at it.
    RefundAccepted,
    /// The channel cannot do it by itself.
    RefundStuck,
    /// The money is back.
    RefundDone,
    /// The channel ended the refund, and it is made again.
    RefundClosed,
    /// The streamer gives money back.
    TakenBack,
    /// A person gave money back at the channel itself.
    ReturnedByHand,
}

/// A refund a streamer makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundDraft {
    /// Minted by the app: the same one gives the same refund, as often as it is sent.
    pub request_id: String,
    /// How much, fen: at most what can still go back, else `refund_exceeds`.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// Why, for the streamer's own books, 200 characters at most.
    pub reason: String,
}

/// A refund a streamer does not make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// What the viewer is told, 1 to 200 characters.
    pub reason: String,
}

/// How merchandise was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Shipment {
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number.
    pub number: String,
    /// When it was marked, Unix seconds of the shop's clock.
    #[ts(type = "number")]
    pub shipped_at: i64,
}

/// What a streamer says of a parcel. Sent again it replaces what was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentDraft {
    /// Who carries it, 1 to 40 characters.
    pub carrier: String,
    /// The carrier's number, 1 to 60 characters.
    pub number: String,
}
