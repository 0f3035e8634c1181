//! An order's lines of the journal as its streamer reads them.

use api::journal::{Grounds, JournalLine, PLACED, Placed};
use api::studio::{TimelineEvent, TimelineLine};
use order::state::{Event, Order};
use order::{Fen, PayId, PayType, RefundId};
use std::collections::BTreeMap;

/// What a line is about.
struct Told {
    what: TimelineEvent,
    pay_type: Option<PayType>,
    amount: Option<Fen>,
    channel_no: Option<String>,
    evidence: String,
}

/// The lines in their order. `reasons` are a streamer's for refunds: they are in no receipt, so not in these lines.
///
/// # Errors
/// The number of the line that cannot be read.
pub(crate) fn timeline(
    order: &Order,
    lines: &[JournalLine],
    reasons: &BTreeMap<RefundId, String>,
) -> Result<Vec<TimelineLine>, i64> {
    let read = |line: &JournalLine| {
        let told = if line.event == PLACED { placed(line) } else { happened(order, line, reasons) };
        let Told { what, pay_type, amount, channel_no, evidence } = told.map_err(|_| line.seq)?;
        let amount_fen = amount.map(Fen::get);
        Ok(TimelineLine {
            seq: line.seq,
            at: line.at,
            what,
            pay_type,
            amount_fen,
            channel_no,
            evidence,
            hash: line.hash.clone(),
        })
    };
    lines.iter().map(read).collect()
}

/// The making of an order. Its evidence is all that was asked for, which the order's page has already.
fn placed(line: &JournalLine) -> Result<Told, serde_json::Error> {
    let placed: Placed = serde_json::from_str(&line.evidence)?;
    Ok(Told {
        what: TimelineEvent::Placed,
        pay_type: Some(placed.pay_type),
        amount: Some(placed.amount_fen),
        channel_no: None,
        evidence: String::new(),
    })
}

fn happened(
    order: &Order,
    line: &JournalLine,
    reasons: &BTreeMap<RefundId, String>,
) -> Result<Told, serde_json::Error> {
    let event: Event = serde_json::from_str(&line.event)?;
    let Grounds { text, payment, .. } = serde_json::from_str(&line.evidence)?;
    let of_attempt = |pay_id: &PayId| order.attempt(pay_id).map(|attempt| attempt.pay_type);
    let of_refund = |refund_id: &RefundId| {
        let refund = order.refund(refund_id);
        (refund.and_then(|refund| of_attempt(&refund.pay_id)), refund.map(|refund| refund.amount))
    };
    let mut reason = None;
    let (what, (pay_type, amount)) = match &event {
        Event::Attempted { pay_type, .. } => (TimelineEvent::Attempted, (Some(*pay_type), None)),
        Event::PrepaySent { pay_id, .. } => (TimelineEvent::PrepaySent, (of_attempt(pay_id), None)),
        Event::PrepayReady { pay_id, .. } => (TimelineEvent::PrepayReady, (of_attempt(pay_id), None)),
        Event::PrepayRefused { pay_id } => (TimelineEvent::PrepayRefused, (of_attempt(pay_id), None)),
        Event::Scanned { pay_id } => (TimelineEvent::Scanned, (of_attempt(pay_id), None)),
        Event::EndAsked { .. } => (TimelineEvent::EndAsked, (None, None)),
        Event::CloseSent { pay_id, .. } => (TimelineEvent::CloseSent, (of_attempt(pay_id), None)),
        Event::CloseProved { pay_id, .. } => (TimelineEvent::CloseProved, (of_attempt(pay_id), None)),
        Event::Paid { pay_id, amount, .. } => (TimelineEvent::Paid, (of_attempt(pay_id), Some(*amount))),
        Event::Returned { pay_id, amount } => (TimelineEvent::Returned, (of_attempt(pay_id), Some(*amount))),
        Event::Differs { pay_id, .. } => {
            (TimelineEvent::Differs, (of_attempt(pay_id), payment.as_ref().map(|payment| payment.amount)))
        }
        Event::RefundSent { refund_id, .. } => (TimelineEvent::RefundSent, of_refund(refund_id)),
        Event::RefundAccepted { refund_id } => (TimelineEvent::RefundAccepted, of_refund(refund_id)),
        Event::RefundDone { refund_id } => (TimelineEvent::RefundDone, of_refund(refund_id)),
        Event::RefundStuck { refund_id } => (TimelineEvent::RefundStuck, of_refund(refund_id)),
        Event::RefundClosed { refund_id } => (TimelineEvent::RefundClosed, of_refund(refund_id)),
        Event::TakenBack { pay_id, refund_id, amount } => {
            reason = reasons.get(refund_id);
            (TimelineEvent::TakenBack, (of_attempt(pay_id), Some(*amount)))
        }
        Event::ReturnedByHand { pay_id, amount, .. } => {
            (TimelineEvent::ReturnedByHand, (of_attempt(pay_id), Some(*amount)))
        }
    };
    let evidence = reason.map_or(text.clone(), |reason| format!("{text}: {reason}"));
    Ok(Told { what, pay_type, amount, channel_no: payment.map(|payment| payment.channel_no), evidence })
}
