//! What the channels keep about a trade and a refund.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::faults::{Fault, Faults};

/// A payment channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Alipay, face-to-face codes (precreate).
    Alipay,
    /// WeChat Pay, Native codes.
    Wechat,
}

impl Channel {
    /// The name in JSON and in the books.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alipay => "alipay",
            Self::Wechat => "wechat",
        }
    }
}

/// Where a trade stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// A code was given out and nobody scanned it. Alipay has no trade yet; WeChat Pay says NOTPAY.
    Ordered,
    /// A buyer opened the cashier. Alipay says WAIT_BUYER_PAY; WeChat Pay still says NOTPAY.
    Scanned,
    /// Paid, perhaps refunded since.
    Paid,
    /// Closed without payment.
    Closed,
    /// Cancelled or closed at Alipay before anybody scanned: there never will be a trade.
    Void,
}

/// How an Alipay cancel ended, so that a repeated cancel says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cancelled {
    Close,
    Refund,
}

/// A trade of one channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Trade {
    /// Row number; 0 before the first save.
    #[serde(skip)]
    pub(crate) id: i64,
    pub(crate) channel: Channel,
    pub(crate) out_trade_no: String,
    /// Alipay's trade_no or WeChat Pay's transaction_id, once there is one.
    pub(crate) trade_no: Option<String>,
    pub(crate) state: State,
    pub(crate) amount_fen: i64,
    pub(crate) paid_fen: i64,
    /// Accepted refunds, done or in progress.
    pub(crate) refunded_fen: i64,
    pub(crate) subject: String,
    /// The order as first asked for; a repeated order must be the same.
    pub(crate) order: Map<String, Value>,
    pub(crate) notify_url: Option<String>,
    /// When the order was first asked for.
    pub(crate) ordered_ms: i64,
    /// When the buyer opened the cashier.
    pub(crate) scanned_ms: Option<i64>,
    /// The last moment to pay.
    pub(crate) expires_ms: i64,
    pub(crate) paid_ms: Option<i64>,
    pub(crate) closed_ms: Option<i64>,
    /// The buyer this trade is bound to since the scan.
    pub(crate) buyer: Option<String>,
    pub(crate) cancelled: Option<Cancelled>,
}

impl Trade {
    /// A new order nobody scanned yet.
    pub(crate) fn ordered(channel: Channel, out_trade_no: &str, now_ms: i64) -> Self {
        Self {
            id: 0,
            channel,
            out_trade_no: out_trade_no.to_owned(),
            trade_no: None,
            state: State::Ordered,
            amount_fen: 0,
            paid_fen: 0,
            refunded_fen: 0,
            subject: String::new(),
            order: Map::new(),
            notify_url: None,
            ordered_ms: now_ms,
            scanned_ms: None,
            expires_ms: now_ms,
            paid_ms: None,
            closed_ms: None,
            buyer: None,
            cancelled: None,
        }
    }

    /// Whether a buyer could still pay, as far as the trade itself goes.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Ordered | State::Scanned)
    }

    /// Whether a close or cancel of this trade is to be answered as done without being done.
    pub(crate) fn close_is_ignored(&self, faults: &Faults, call: &str) -> bool {
        self.is_open() && faults.fire(self.channel, Fault::CloseIgnored, call).is_some()
    }

    /// Shows a paid trade as it was before the payment, if queries are to lag behind.
    pub(crate) fn look_behind(&mut self, faults: &Faults) {
        if self.state == State::Paid && faults.fire(self.channel, Fault::QueryBehind, "query").is_some() {
            self.state = State::Scanned;
            self.paid_fen = 0;
            self.paid_ms = None;
        }
    }

    pub(crate) fn close(&mut self, now_ms: i64) {
        self.state = State::Closed;
        self.closed_ms = Some(now_ms);
    }

    /// Text the merchant gave with the order, if any.
    pub(crate) fn ordered_text(&self, field: &str) -> Option<&str> {
        self.order.get(field).and_then(Value::as_str)
    }
}

/// Where a refund stands; Alipay's are done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundState {
    Processing,
    Success,
    Abnormal,
}

/// One refund of one trade.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    /// Row number; 0 before the first save.
    #[serde(skip)]
    pub(crate) id: i64,
    pub(crate) channel: Channel,
    pub(crate) trade_id: i64,
    pub(crate) out_trade_no: String,
    /// The merchant's number: out_request_no or out_refund_no.
    pub(crate) number: String,
    /// WeChat Pay's own number; Alipay has none.
    pub(crate) refund_id: String,
    pub(crate) amount_fen: i64,
    pub(crate) reason: Option<String>,
    pub(crate) notify_url: Option<String>,
    /// The request as first made; a repeated one must be the same.
    pub(crate) request: Map<String, Value>,
    pub(crate) state: RefundState,
    pub(crate) created_ms: i64,
    /// When a refund in progress ends.
    pub(crate) due_ms: i64,
    pub(crate) done_ms: Option<i64>,
    /// A refund that is to end ABNORMAL.
    pub(crate) fails: bool,
}
