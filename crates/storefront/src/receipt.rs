//! What a receipt proves, in plain words, and whether a shop's journal still has its lines.

use crate::export::local_time;
use crate::store::{Reader, StoreError};
use api::journal::JournalLine;
use api::receipt::{Receipt, Verified};
use order::Fen;
use order::state::{OrderState, RefundReason, RefundState};

/// One line for each thing that the receipt proves.
#[must_use]
pub fn in_words(verified: &Verified) -> Vec<String> {
    let Verified { receipt, key, is_pinned, timestamp } = verified;
    let mut lines = vec![
        format!("order {}", receipt.order_id),
        format!(
            "goods: {} x {} ({}, {}), {} yuan, ordered {}",
            receipt.quantity,
            receipt.title,
            receipt.goods_id,
            receipt.kind,
            yuan(receipt.amount_fen),
            local_time(receipt.created_at)
        ),
        format!("outcome: {}", outcome(receipt)),
    ];
    for payment in &receipt.payments {
        lines.push(format!(
            "payment: {} yuan through {}, channel number {}, merchant order number {}, merchant {}, app {}, booked {}",
            yuan(payment.amount_fen),
            payment.pay_type,
            payment.channel_no,
            payment.pay_id,
            payment.partner_id,
            payment.app_id,
            local_time(payment.paid_at)
        ));
    }
    for refund in &receipt.refunds {
        lines.push(format!(
            "refund: {} yuan of {}, number {}, because {}: {}",
            yuan(refund.amount_fen),
            refund.pay_id,
            refund.refund_id,
            because(refund.reason),
            refund_state(refund.state)
        ));
    }
    lines.push(format!(
        "journal: {} lines, each as it was written, and all of the above follows",
        receipt.journal.len()
    ));
    lines.push(format!("signed {} with the key {}", local_time(*timestamp), key.key_id()));
    lines.push(if *is_pinned {
        "the key is the one you named: this shop signed it".to_owned()
    } else {
        format!("the key is the one in the receipt: compare its fingerprint with the shop's: {}", key.fingerprint())
    });
    lines
}

fn yuan(fen: i64) -> String {
    Fen::new(fen).map_or_else(|_| format!("{fen} fen, which is no amount of"), Fen::to_yuan)
}

fn outcome(receipt: &Receipt) -> String {
    match (receipt.outcome.state, receipt.outcome.delivered_at) {
        (OrderState::Delivered, Some(at)) => match receipt.fins {
            Some(fins) => format!("paid, and {fins} fins credited {}", local_time(at)),
            None => format!("paid, and delivered {}", local_time(at)),
        },
        (OrderState::Reserved | OrderState::AwaitingPayment, _) => "not paid yet".into(),
        (OrderState::Closing, _) => "ending; whether it was paid is being asked".into(),
        (OrderState::Closed, _) => "closed unpaid".into(),
        (OrderState::RefundDue | OrderState::Refunding, _) => {
            "paid, not delivered; the money is on its way back".into()
        }
        (OrderState::Refunded, _) => "paid, not delivered; the money went back".into(),
        (OrderState::Delivered, None) => "delivered at no time".into(),
    }
}

fn because(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Late => "it was paid after the order had closed",
        RefundReason::Twice => "the order was paid twice",
        RefundReason::Returned => "the channel returned it while the order was being closed",
        RefundReason::Streamer => "the streamer took goods back",
        RefundReason::Mismatch => "another sum was paid than was due",
        RefundReason::Console => "a person returned it at the channel",
    }
}

fn refund_state(state: RefundState) -> &'static str {
    match state {
        RefundState::New | RefundState::Sent | RefundState::Processing => "on its way",
        RefundState::Done => "the money is back",
        RefundState::Abnormal => "held up; the shop must act",
        RefundState::Closed => "ended by the channel; another took its place",
    }
}

/// Why a shop's journal does not bear a receipt out.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A line is not there as it is in the receipt.
    #[error("this shop's journal does not have line {seq} of the receipt as it is there")]
    Differs {
        /// The line.
        seq: i64,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the shop's journal still has every line of the receipt unchanged; says how many lines came after them.
///
/// # Errors
/// [`JournalError`].
pub async fn compare_journal(reader: &mut Reader, receipt: &Receipt) -> Result<usize, JournalError> {
    let kept = reader.journal_of(&receipt.order_id).await?;
    let is_kept = |line: &JournalLine| line.is_unchanged(receipt.order_id.as_str());
    for (number, line) in receipt.journal.iter().enumerate() {
        if kept.get(number).is_none_or(|kept| kept != line || !is_kept(kept)) {
            return Err(JournalError::Differs { seq: line.seq });
        }
    }
    Ok(kept.len().saturating_sub(receipt.journal.len()))
}
