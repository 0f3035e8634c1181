//! What the comparison of a day's bill with our books gave.

use super::Day;
use order::{Fen, PayId, PayType, RefundId};
use serde::{Serialize, Serializer};
use std::fmt;

/// A line of a bill that our books do not have so, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Difference {
    /// The channel collected for an attempt of ours, and our books have no payment.
    NotBooked {
        /// The attempt.
        pay_id: PayId,
        /// What the bill says was paid.
        amount_fen: Fen,
    },
    /// Both have the payment, of different amounts.
    Amount {
        /// The attempt.
        pay_id: PayId,
        /// What the bill says.
        bill_fen: Fen,
        /// What our books say.
        booked_fen: Fen,
    },
    /// The channel collected under another number of its own than the one we booked: one code was paid twice.
    PaidAgain {
        /// The attempt.
        pay_id: PayId,
        /// The channel's own number of this payment.
        channel_no: String,
        /// How much.
        amount_fen: Fen,
    },
    /// Our books have a payment of that day, and the bill does not.
    NotOnBill {
        /// The attempt.
        pay_id: PayId,
        /// What our books say was paid.
        booked_fen: Fen,
    },
    /// The channel returned money by a refund of ours that our books have not done.
    RefundNotDone {
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount_fen: Fen,
    },
    /// Both have the refund, of different amounts.
    RefundAmount {
        /// Its number at the channel.
        number: String,
        /// What the bill says.
        bill_fen: Fen,
        /// What our books say.
        booked_fen: Fen,
    },
    /// A person returned money at the channel, and with what our books return it is more than was paid.
    ReturnedTooMuch {
        /// The attempt.
        pay_id: PayId,
        /// The refund's number at the channel.
        number: String,
        /// How much.
        amount_fen: Fen,
    },
    /// The number is made as ours are, and we do not know it, or it is of the other channel.
    UnknownNumber {
        /// Merchant order number.
        number: String,
        /// How much came in, or went back.
        amount_fen: Fen,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::NotBooked { pay_id, amount_fen } => {
                write!(f, "the bill has a payment of {amount_fen} for {pay_id}, which our books do not have")
            }
            Difference::Amount { pay_id, bill_fen, booked_fen } => {
                write!(f, "the payment for {pay_id} is {bill_fen} on the bill and {booked_fen} in our books")
            }
            Difference::PaidAgain { pay_id, channel_no, amount_fen } => {
                write!(f, "{pay_id} was paid a second time: {amount_fen} as {channel_no}; return it at the channel")
            }
            Difference::NotOnBill { pay_id, booked_fen } => {
                write!(f, "our books have a payment of {booked_fen} for {pay_id}, which the bill does not have")
            }
            Difference::RefundNotDone { refund_id, amount_fen } => {
                write!(f, "the bill has the refund {refund_id} of {amount_fen}, which our books have not done")
            }
            Difference::RefundAmount { number, bill_fen, booked_fen } => {
                write!(f, "the refund {number} is {bill_fen} on the bill and {booked_fen} in our books")
            }
            Difference::ReturnedTooMuch { pay_id, number, amount_fen } => write!(
                f,
                "the bill has the refund {number} of {amount_fen} for {pay_id}, made by a person; with our own refunds \
                 that is more than our books have as paid"
            ),
            Difference::UnknownNumber { number, amount_fen } => {
                write!(f, "the bill has {amount_fen} under {number}, made as our numbers are, which we do not know")
            }
        }
    }
}

/// Money that a person returned at the channel, taken into our books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByHand {
    /// The attempt.
    pub pay_id: PayId,
    /// The refund's number at the channel.
    pub number: String,
    /// How much.
    pub amount_fen: Fen,
}

/// How many lines, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Lines.
    pub lines: u64,
    /// Fen.
    pub fen: i64,
}

impl Sum {
    pub(super) fn add(&mut self, amount: Fen) {
        self.lines = self.lines.saturating_add(1);
        self.fen = self.fen.saturating_add(amount.get());
    }
}

/// One day of one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The day.
    #[serde(serialize_with = "day")]
    pub day: Day,
    /// The channel.
    pub pay_type: PayType,
    /// The bill's payments, those of the merchant's other systems included.
    pub payments: Sum,
    /// The bill's refunds, likewise.
    pub refunds: Sum,
    /// Lines of the merchant's other systems: no matter of ours.
    pub others: Sum,
    /// What differed, until the channel was asked: found by the bill.
    pub found: Vec<Difference>,
    /// What people returned at the channel and our books learned from this bill.
    pub by_hand: Vec<ByHand>,
    /// What still differs: a person must look.
    pub differences: Vec<Difference>,
}

fn day<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(day.as_str())
}

impl Report {
    pub(super) fn new(day: Day, pay_type: PayType) -> Report {
        let none = Sum::default();
        Report {
            day,
            pay_type,
            payments: none,
            refunds: none,
            others: none,
            found: Vec::new(),
            by_hand: Vec::new(),
            differences: Vec::new(),
        }
    }

    /// Lines of the bill.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.payments.lines.saturating_add(self.refunds.lines)
    }
}
