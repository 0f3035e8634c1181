//! The states, and the reasons beside them, with their names in views and in the database.

use serde::{Deserialize, Serialize};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Stock is held, no payment string exists yet.
    Reserved,
    /// At least one payment string is out and can be paid.
    AwaitingPayment,
    /// Ending: the channels are asked before anything is said. The code is hidden, the stock stays held.
    Closing,
    /// Ended unpaid, by proof. The stock is back.
    Closed,
    /// Paid and delivered, in one transaction.
    Delivered,
    /// Money came that cannot be delivered; its return has not started.
    RefundDue,
    /// The return was asked for, its result is not known yet.
    Refunding,
    /// All of it went back.
    Refunded,
}

impl OrderState {
    /// Every state.
    pub const ALL: [OrderState; 8] = [
        OrderState::Reserved,
        OrderState::AwaitingPayment,
        OrderState::Closing,
        OrderState::Closed,
        OrderState::Delivered,
        OrderState::RefundDue,
        OrderState::Refunding,
        OrderState::Refunded,
    ];

    /// Whether the order holds stock that is not sold.
    #[must_use]
    pub const fn holds_stock(self) -> bool {
        match self {
            OrderState::Reserved | OrderState::AwaitingPayment | OrderState::Closing => true,
            OrderState::Closed
            | OrderState::Delivered
            | OrderState::RefundDue
            | OrderState::Refunding
            | OrderState::Refunded => false,
        }
    }

    /// Whether only new evidence of a payment can still change it.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            OrderState::Closed | OrderState::Delivered | OrderState::Refunded => true,
            OrderState::Reserved
            | OrderState::AwaitingPayment
            | OrderState::Closing
            | OrderState::RefundDue
            | OrderState::Refunding => false,
        }
    }

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            OrderState::Reserved => "reserved",
            OrderState::AwaitingPayment => "awaiting_payment",
            OrderState::Closing => "closing",
            OrderState::Closed => "closed",
            OrderState::Delivered => "delivered",
            OrderState::RefundDue => "refund_due",
            OrderState::Refunding => "refunding",
            OrderState::Refunded => "refunded",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<OrderState> {
        OrderState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Where an attempt stands. `Sent` and `CloseSent` mean that a call is out and its result is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Written, nothing sent.
    New,
    /// The prepay call was or is being made; its result is unknown.
    Sent,
    /// The payment string is here.
    QrReady,
    /// The buyer's wallet opened it (only Alipay tells).
    Scanned,
    /// The close call was or is being made; its result is unknown.
    CloseSent,
    /// The channel said it can no longer be paid.
    Closed,
    /// The channel refused to make it, definitely.
    Rejected,
    /// Paid, by evidence in which every field matched.
    Paid,
    /// The channel has a payment whose fields differ from what was asked for. What is ours of it goes back; what is not
    /// is quarantined, and a person looks.
    Mismatch,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [AttemptState; 9] = [
        AttemptState::New,
        AttemptState::Sent,
        AttemptState::QrReady,
        AttemptState::Scanned,
        AttemptState::CloseSent,
        AttemptState::Closed,
        AttemptState::Rejected,
        AttemptState::Paid,
        AttemptState::Mismatch,
    ];

    /// Whether somebody might still pay it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            AttemptState::New
            | AttemptState::Sent
            | AttemptState::QrReady
            | AttemptState::Scanned
            | AttemptState::CloseSent => true,
            AttemptState::Closed | AttemptState::Rejected | AttemptState::Paid | AttemptState::Mismatch => false,
        }
    }

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            AttemptState::New => "new",
            AttemptState::Sent => "sent",
            AttemptState::QrReady => "qr_ready",
            AttemptState::Scanned => "scanned",
            AttemptState::CloseSent => "close_sent",
            AttemptState::Closed => "closed",
            AttemptState::Rejected => "rejected",
            AttemptState::Paid => "paid",
            AttemptState::Mismatch => "mismatch",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<AttemptState> {
        AttemptState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Written, nothing sent.
    New,
    /// The refund call was or is being made; its result is unknown.
    Sent,
    /// The channel accepted it and is at it.
    Processing,
    /// The money is back with the payer.
    Done,
    /// The channel cannot return it by itself; a person looks, the same number is tried again.
    Abnormal,
    /// The channel ended it for good and nothing went back (WeChat Pay `CLOSED`); the next number took its place.
    Closed,
}

impl RefundState {
    /// Every state.
    pub const ALL: [RefundState; 6] = [
        RefundState::New,
        RefundState::Sent,
        RefundState::Processing,
        RefundState::Done,
        RefundState::Abnormal,
        RefundState::Closed,
    ];

    /// Whether it will not change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            RefundState::Done | RefundState::Closed => true,
            RefundState::New | RefundState::Sent | RefundState::Processing | RefundState::Abnormal => false,
        }
    }

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RefundState::New => "new",
            RefundState::Sent => "sent",
            RefundState::Processing => "processing",
            RefundState::Done => "done",
            RefundState::Abnormal => "abnormal",
            RefundState::Closed => "closed",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<RefundState> {
        RefundState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Who or what ended an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The deadline passed.
    Time,
    /// The viewer cancelled.
    Viewer,
    /// The channel refused the order or closed the trade.
    Channel,
    /// The shop stopped selling.
    Shop,
}

impl ClosedBy {
    /// Every reason.
    pub const ALL: [ClosedBy; 4] = [ClosedBy::Time, ClosedBy::Viewer, ClosedBy::Channel, ClosedBy::Shop];

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ClosedBy::Time => "time",
            ClosedBy::Viewer => "viewer",
            ClosedBy::Channel => "channel",
            ClosedBy::Shop => "shop",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<ClosedBy> {
        ClosedBy::ALL.into_iter().find(|by| by.as_str() == name)
    }
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// Paid after the order had closed, and nothing could be delivered any more.
    Late,
    /// Another attempt of the same order was paid and delivered.
    Twice,
    /// The channel itself returned the payment while the attempt was being closed.
    Returned,
    /// The streamer takes goods back.
    Streamer,
    /// Another sum was paid than was asked for.
    Mismatch,
    /// A person returned it at the channel itself; found in the channel's bill.
    Console,
}

impl RefundReason {
    /// Every reason.
    pub const ALL: [RefundReason; 6] = [
        RefundReason::Late,
        RefundReason::Twice,
        RefundReason::Returned,
        RefundReason::Streamer,
        RefundReason::Mismatch,
        RefundReason::Console,
    ];

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RefundReason::Late => "late",
            RefundReason::Twice => "twice",
            RefundReason::Returned => "returned",
            RefundReason::Streamer => "streamer",
            RefundReason::Mismatch => "mismatch",
            RefundReason::Console => "console",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<RefundReason> {
        RefundReason::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}
