//! What may happen to an order, and what must be written when it does.

use super::{ClosedBy, OrderState, Refund};
use crate::{Fen, Mismatch, OrderId, PayId, PayType, RefundId};
use serde::{Deserialize, Serialize};

/// What happened. The number of each names the row of the transition table in `docs/ARCHITECTURE.md`. Its JSON form is
/// what the journal keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// 1: the viewer chooses another way to pay an open order. The attempts before are ended.
    Attempted {
        /// The channel of the new attempt.
        pay_type: PayType,
        /// When, Unix seconds.
        at: i64,
    },
    /// 2: the prepay call is about to be made.
    PrepaySent {
        /// The attempt.
        pay_id: PayId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 3: the channel gave a payment string.
    PrepayReady {
        /// The attempt.
        pay_id: PayId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 4: the channel refused, definitely.
    PrepayRefused {
        /// The attempt.
        pay_id: PayId,
    },
    /// 6: the channel says the buyer opened it.
    Scanned {
        /// The attempt.
        pay_id: PayId,
    },
    /// 9: the deadline passed, the viewer cancelled or the shop stopped.
    EndAsked {
        /// Who or what asks.
        by: ClosedBy,
        /// When, Unix seconds.
        at: i64,
    },
    /// 9: the close call is about to be made.
    CloseSent {
        /// The attempt.
        pay_id: PayId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 10: the channel says the attempt can no longer be paid.
    CloseProved {
        /// The attempt.
        pay_id: PayId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 7, 8, 11, 16: evidence of a payment whose every field matches.
    Paid {
        /// The attempt.
        pay_id: PayId,
        /// What was paid.
        amount: Fen,
        /// Whether the goods are on sale and stock and limit allow it again; looked at only if the order is closed.
        restock: bool,
    },
    /// 11: evidence that the channel took a payment and returned all of it by itself.
    Returned {
        /// The attempt.
        pay_id: PayId,
        /// What was paid and returned.
        amount: Fen,
    },
    /// 12: the channel has a payment that differs from what was expected.
    Differs {
        /// The attempt.
        pay_id: PayId,
        /// The field.
        mismatch: Mismatch,
        /// What was collected, when the evidence proves that we have it: then it goes back.
        ours: Option<Fen>,
        /// When, Unix seconds.
        at: i64,
    },
    /// 13: the refund call is about to be made.
    RefundSent {
        /// The refund.
        refund_id: RefundId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 14: the channel accepted the refund and is at it.
    RefundAccepted {
        /// The refund.
        refund_id: RefundId,
    },
    /// 15: the channel proved that the money is back.
    RefundDone {
        /// The refund.
        refund_id: RefundId,
    },
    /// 14: the channel cannot return it by itself.
    RefundStuck {
        /// The refund.
        refund_id: RefundId,
    },
    /// 14: the channel ended the refund for good and nothing went back: it is made again under the next number.
    RefundClosed {
        /// The refund.
        refund_id: RefundId,
    },
    /// 17: the streamer returns all or part of a delivered order.
    TakenBack {
        /// The attempt that paid.
        pay_id: PayId,
        /// The number of the new refund.
        refund_id: RefundId,
        /// How much.
        amount: Fen,
    },
    /// 17: the channel's bill shows money that a person returned at the channel itself.
    ReturnedByHand {
        /// The attempt that paid.
        pay_id: PayId,
        /// Our number for that refund, derived from the channel's.
        refund_id: RefundId,
        /// How much.
        amount: Fen,
    },
}

/// What must be written in the transaction that stores the new state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Held stock and limit go back on sale.
    ReleaseStock,
    /// Held stock counts as sold.
    SellHeld,
    /// Stock is taken again and counts as sold at once (a late payment that can still be delivered).
    SellAgain,
    /// The payment enters the ledger.
    BookPayment {
        /// The attempt that was paid.
        pay_id: PayId,
        /// What was collected.
        amount: Fen,
    },
    /// The goods are delivered.
    Deliver,
    /// A refund row and its job are written.
    OpenRefund {
        /// The refund.
        refund: Refund,
    },
    /// The refund enters the ledger.
    BookRefund {
        /// The refund that is done.
        refund_id: RefundId,
    },
    /// A person must look.
    Alarm {
        /// The field that differs.
        mismatch: Mismatch,
    },
}

/// An event that the machine has no transition for. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("order {order} in state {state:?} does not take {event:?}")]
pub struct Illegal {
    /// The order.
    pub order: OrderId,
    /// Its state.
    pub state: OrderState,
    /// What did not fit.
    pub event: Box<Event>,
}
