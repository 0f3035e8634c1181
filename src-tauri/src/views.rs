//! What crosses to the page: the room, a purchase as the page draws it, and errors.

use crate::qr::Qr;
use api::{AnswerFault, CallError, ErrorCode, Goods, Refusal, Room};
use order::state::{ClosedBy, OrderState, RefundReason};
use order::{GoodsKind, PayType};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the app stands before a room.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "entrance", rename_all = "snake_case")]
pub enum Entrance {
    /// It is inside.
    Open {
        /// The room.
        room: Room,
        /// Whether it is the practice room: no real money moves.
        practice: bool,
        /// Fingerprint of the key the shop signs with.
        shop_key: String,
        /// The room's link, to be passed on; a practice room has none.
        link: Option<String>,
    },
    /// The shop is unknown: the viewer decides.
    AskTrust {
        /// The room the link names.
        room_id: String,
        /// The shop's address.
        shop_url: String,
        /// Fingerprint of its key.
        shop_key: String,
    },
    /// The shop at this address used to have another key.
    KeyChanged {
        /// The room the link names.
        room_id: String,
        /// The shop's address.
        shop_url: String,
        /// Fingerprint of the key that was trusted.
        known_key: String,
        /// Fingerprint of the key in the link.
        shop_key: String,
    },
}

/// The room and what is for sale in it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct Shelf {
    /// The room.
    pub room: Room,
    /// Its goods, in the order of the shelf.
    pub goods: Vec<Goods>,
    /// The shop's clock when this was sent, Unix seconds: deals and starts are counted from it.
    #[ts(type = "number")]
    pub now_s: i64,
}

/// A room that was entered before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KnownRoom {
    /// Its link.
    pub link: String,
    /// What its show was called.
    pub title: String,
    /// Who hosts it.
    pub host: String,
    /// The shop's address.
    pub shop_url: String,
    /// Fingerprint of the shop's key that is trusted.
    pub shop_key: String,
    /// When it was last entered, Unix seconds of this computer's clock.
    #[ts(type = "number")]
    pub entered_at: i64,
}

/// What the page has chosen that the program must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// The language of notifications and of the tray.
    pub language: Language,
    /// Whether results are notified while the window is not in front.
    pub notifications: bool,
}

/// A language the app speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Chinese, simplified.
    Zh,
    /// English.
    En,
}

/// What the app is.
#[derive(Clone, Debug, Serialize, TS)]
pub struct About {
    /// Its version.
    pub version: String,
    /// Whether it has the practice room inside.
    pub practice: bool,
    /// Where it keeps what belongs to the viewer.
    pub data_folder: String,
}

/// Whether this window runs the room's shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Hosting {
    /// The streamer whose token is known here and taken by the shop.
    pub streamer: Option<String>,
    /// Whether the room can be rehearsed here: it is the practice room.
    pub rehearsal: bool,
}

/// The pretend phone on a real one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct LanPhone {
    /// Whether phones in the same network may open it.
    pub on: bool,
    /// What a phone opens, while it is on.
    pub url: Option<String>,
    /// The same as a code.
    pub qr: Option<Qr>,
}

/// What a command failed at, beside the storefront's own codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LocalCode {
    /// The shop did not answer.
    NoAnswer,
    /// Its answer must not be used.
    UnusableAnswer,
    /// This computer's disk.
    Storage,
    /// The link is no room link.
    BadLink,
    /// The practice room did not start.
    PracticeFailed,
    /// No room is open yet, or there is no such purchase.
    NotReady,
}

/// The code of a failed command: the words hang on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(untagged)]
pub enum CommandCode {
    /// The app's own.
    Local(LocalCode),
    /// The storefront's.
    Shop(ErrorCode),
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CommandError {
    /// The code.
    pub code: CommandCode,
    /// For logs and support.
    pub message: String,
}

impl CommandError {
    /// An error of the app itself.
    pub fn local(code: LocalCode, message: impl std::fmt::Display) -> CommandError {
        CommandError { code: CommandCode::Local(code), message: message.to_string() }
    }
}

impl From<CallError> for CommandError {
    fn from(error: CallError) -> CommandError {
        let message = error.to_string();
        match error {
            CallError::NoAnswer(_) => CommandError::local(LocalCode::NoAnswer, message),
            CallError::Unusable(_) => CommandError::local(LocalCode::UnusableAnswer, message),
            CallError::Refused(refusal) => CommandError { code: CommandCode::Shop(refusal.code), message },
        }
    }
}

/// What the viewer wants to buy, as the page knows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct BuyRequest {
    /// The goods.
    pub goods_id: String,
    /// Pieces.
    pub quantity: u32,
    /// The payment type.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// The version of the price the viewer saw.
    #[ts(type = "number")]
    pub price_version: i64,
    /// The amount the viewer saw, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// For the streamer.
    pub note: Option<String>,
    /// Where merchandise is sent: an address of the viewer's book.
    pub address_id: Option<String>,
}

/// The goods of a purchase, as they were when it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Bought {
    /// The goods.
    pub goods_id: String,
    /// Their number on the shelf.
    pub lot: u32,
    /// Their name.
    pub title: String,
    /// What delivery means.
    #[ts(type = "GoodsKind")]
    pub kind: GoodsKind,
    /// Shark fins a piece.
    pub fins: Option<u32>,
    /// Id of their picture.
    pub picture: Option<String>,
}

/// Why the app says "checking".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckingWhy {
    /// The viewer says they paid.
    Asked,
    /// The time to pay is up.
    TimeUp,
    /// The order is being cancelled.
    Cancelled,
    /// The channel switched to did not take the order, and an earlier code may have been paid.
    Refused,
}

/// Money of an order that goes back, or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct MoneyBack {
    /// Why.
    #[ts(type = "RefundReason")]
    pub reason: RefundReason,
    /// How much, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// The channel it was paid with and goes back by.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// It has arrived.
    pub done: bool,
}

/// One payment on a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ReceiptPaid {
    /// The channel.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// The channel's number of the payment, as the wallet shows it.
    pub channel_no: String,
    /// How much, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// When the channel booked it, Unix seconds.
    #[ts(type = "number")]
    pub paid_at: i64,
}

/// A receipt whose signature, under the pinned key, and journal lines were checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ReceiptView {
    /// The order.
    pub order_id: String,
    /// The goods' name when the order was made.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// What was due, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// Shark fins that delivery credits.
    #[ts(type = "number | null")]
    pub fins: Option<i64>,
    /// When the order was made, Unix seconds.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When the goods were delivered, Unix seconds.
    #[ts(type = "number | null")]
    pub delivered_at: Option<i64>,
    /// How it stands, or ended.
    #[ts(type = "OrderState")]
    pub state: OrderState,
    /// What was paid.
    pub payments: Vec<ReceiptPaid>,
    /// What goes or went back.
    pub refunds: Vec<MoneyBack>,
    /// Fingerprint of the key it is signed with.
    pub shop_key: String,
    /// When it was signed, Unix seconds of the shop's clock.
    #[ts(type = "number")]
    pub signed_at: i64,
}

/// Where a purchase stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// The params are out, the answer is not here.
    Ordering,
    /// The order waits for its turn at the channel; its goods are held.
    InLine {
        /// Its place, 1 being next.
        position: u32,
        /// Seconds left to pay when this was sent.
        #[ts(type = "number")]
        expires_in_s: i64,
        /// The shop can be heard.
        online: bool,
    },
    /// No answer came. The same request may be sent again.
    NoAnswer,
    /// The storefront refused.
    Refused {
        /// Why, and what the reaction needs.
        refusal: Refusal,
    },
    /// The answer must not be used; no code was shown.
    Unusable {
        /// The check that failed.
        fault: AnswerFault,
    },
    /// The code can be scanned.
    AwaitingPayment {
        /// The code.
        qr: Qr,
        /// Seconds left to pay when this was sent.
        #[ts(type = "number")]
        expires_in_s: i64,
        /// The wallet has opened it (only Alipay tells).
        scanned: bool,
        /// The shop can be heard.
        online: bool,
    },
    /// The channel is being asked; the code is hidden.
    Checking {
        /// Why.
        why: CheckingWhy,
        /// How long already, seconds.
        #[ts(type = "number")]
        since_s: i64,
        /// The shop can be heard.
        online: bool,
    },
    /// Paid and delivered.
    Delivered {
        /// When the channel booked the payment, Unix seconds.
        #[ts(type = "number")]
        paid_at: i64,
        /// Shark fins credited.
        #[ts(type = "number | null")]
        fins: Option<i64>,
        /// What goes back all the same: a second payment, or what the shop returns.
        refunds: Vec<MoneyBack>,
    },
    /// Ended unpaid, by the channel's word.
    Closed {
        /// Who or what ended it.
        #[ts(type = "ClosedBy")]
        by: ClosedBy,
    },
    /// Money is going back.
    Refunding {
        /// Why.
        #[ts(type = "RefundReason")]
        reason: RefundReason,
        /// How much, fen.
        #[ts(type = "number")]
        paid_fen: i64,
    },
    /// Money went back.
    Refunded {
        /// Why.
        #[ts(type = "RefundReason")]
        reason: RefundReason,
        /// How much, fen.
        #[ts(type = "number")]
        paid_fen: i64,
    },
}

/// A purchase, as the page draws it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct PurchaseView {
    /// The app's own id of it.
    pub request_id: String,
    /// The order, once it is known.
    pub order_id: Option<String>,
    /// The goods.
    pub bought: Bought,
    /// Pieces.
    pub quantity: u32,
    /// What is due, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// The payment type: what was paid with, once something was.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// The payment type before, when the viewer changed it: that code is not shown any more.
    #[ts(type = "PayType | null")]
    pub switched_from: Option<PayType>,
    /// The payment type the shop did not change to; the code before it stands.
    #[ts(type = "PayType | null")]
    pub not_switched_to: Option<PayType>,
    /// The viewer has put the result away; it is watched in case a payment comes to light.
    pub seen: bool,
    /// Where it stands.
    pub stage: Stage,
}
