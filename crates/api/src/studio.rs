//! The studio: what the streamer of a room sees and does, under the streamer's token.
//!
//! What is edited carries the revision it was read at. An edit of an older one is refused with `stale`: somebody else
//! was there meanwhile, and nothing of theirs is lost.

use crate::PostalAddress;
use crate::details::RefundRequest;
use crate::room::{Deal, Goods, Room, RoomState};
use order::state::{AttemptState, ClosedBy, OrderState, RefundReason, RefundState};
use order::{GoodsId, GoodsKind, OrderId, PayId, PayType, RefundId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Longest title of an item or a room, characters.
pub const TITLE_MAX_CHARS: usize = 60;
/// Longest one line about an item, characters.
pub const NOTE_MAX_CHARS: usize = 60;
/// Longest description of an item, characters.
pub const DESCRIPTION_MAX_CHARS: usize = 2_000;
/// Highest price, fen: what one payment of either channel may be.
pub const PRICE_MAX_FEN: i64 = 9_999_999;
/// Most pieces of one item that wait for buyers.
pub const STOCK_MAX: u32 = 99_999;
/// Largest picture taken, bytes.
pub const PICTURE_MAX_BYTES: usize = 5 << 20;
/// Smallest side of a picture, pixels.
pub const PICTURE_MIN_SIDE: u32 = 400;
/// Largest CSV file taken, bytes.
pub const CSV_MAX_BYTES: usize = 1 << 20;
/// Longest deal, seconds: thirty days.
pub const DEAL_MAX_S: u32 = 30 * 86_400;

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

/// What came of a CSV file, or would come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ImportReport {
    /// Whether it was taken: never in a dry run, and never when a row is wrong.
    pub taken: bool,
    /// Each row.
    pub rows: Vec<ImportRow>,
}

/// A row of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ImportRow {
    /// The line of the file, counted from 1, the header being the first.
    pub line: u32,
    /// The title it has.
    pub title: String,
    /// What it does.
    pub outcome: ImportOutcome,
    /// What is wrong with it.
    pub problems: Vec<ImportProblem>,
}

/// What a row of a CSV file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It becomes a new item.
    Added,
    /// It changes the item whose id it has.
    Changed,
    /// It is as the item whose id it has.
    Same,
    /// It cannot be taken.
    Wrong,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ImportProblem {
    /// The column.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong with it.
    pub code: ImportCode,
}

/// What can be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportCode {
    /// The column is not in the file, or more columns are in the row than in the header.
    Columns,
    /// Nothing stands there.
    Missing,
    /// It is longer than it may be.
    TooLong,
    /// It is no whole number, or neither true nor false.
    NotReadable,
    /// It is smaller or larger than it may be.
    OutOfRange,
    /// There is no such kind, picture or item.
    Unknown,
    /// A deal has price, pieces and minutes, or none of them.
    DealIncomplete,
    /// The price of a deal must be below the item's own.
    DealPrice,
    /// The pieces of a deal must be at most the stock.
    DealPieces,
    /// Another row has the same id.
    Twice,
}

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
