//! The journal of an order as people outside the storefront may read it: its lines, the hash that chains them, and the
//! order lived again from them.

use order::state::{Effect, Event, Order};
use order::{
    Expected, Fen, GoodsId, GoodsKind, Merchant, Mismatch, OrderId, PayId, PayType, Payment, RoomId, ViewerId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The event of an order's first line; its evidence is [`Placed`] as JSON. Every other event is an
/// [`Event`] as JSON, and its evidence is [`Grounds`] as JSON.
pub const PLACED: &str = "placed";

/// How the events of a streamer's acts begin, such as `studio_goods_edited`. Their lines belong to no order.
pub const STUDIO: &str = "studio_";

/// One line of the journal. Which order it belongs to, the one who keeps it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JournalLine {
    /// Its number in the shop's journal, which is one for all orders: 1, 2, 3, ...
    pub seq: i64,
    /// The hash of the line before it, of whatever order; empty before the first.
    pub previous: String,
    /// What happened: `placed`, or an object with the name in its field `event`.
    pub event: String,
    /// Why it is believed: what was asked for, or the channel's answer.
    pub evidence: String,
    /// When it was written, Unix seconds.
    pub at: i64,
    /// SHA-256 in hex over [`line_hash`]'s text.
    pub hash: String,
}

impl JournalLine {
    /// Whether the line is as it was written, for this order.
    #[must_use]
    pub fn is_unchanged(&self, order_id: &str) -> bool {
        self.hash == line_hash(&self.previous, self.seq, order_id, &self.event, &self.evidence, self.at)
    }

    /// The event's name, such as `placed` or `paid`; `None` when the line holds no event.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        if self.event == PLACED {
            return Some(PLACED.to_owned());
        }
        let event: serde_json::Value = serde_json::from_str(&self.event).ok()?;
        event.get("event")?.as_str().map(str::to_owned)
    }
}

/// The hash of a line: SHA-256 in hex over the JSON array of the hash before it and every field of the line.
#[must_use]
pub fn line_hash(previous: &str, seq: i64, order_id: &str, event: &str, evidence: &str, at: i64) -> String {
    let line = serde_json::json!([previous, seq, order_id, event, evidence, at]).to_string();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, line.as_bytes());
    crate::sign::hex(digest.as_ref())
}

/// What an order promised when it was made, and what it was made from: the evidence of its first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Who ordered.
    pub viewer_id: ViewerId,
    /// Where.
    pub room_id: RoomId,
    /// The goods.
    pub goods_id: GoodsId,
    /// What delivery means.
    pub kind: GoodsKind,
    /// The goods' name.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// What is due.
    pub amount_fen: Fen,
    /// Shark fins credited on delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fins: Option<i64>,
    /// The viewer's note to the streamer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// The last moment to pay, Unix seconds.
    pub deadline_at: i64,
    /// The channel of the first attempt.
    pub pay_type: PayType,
    /// The merchant of the first attempt.
    pub merchant: Merchant,
    /// The params as the client sent them.
    pub params: String,
}

/// Why an event is believed, and what it brought: the evidence of every line but the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// In short, for people.
    pub text: String,
    /// The payment string of the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<(PayId, String)>,
    /// The payment that the channel's verified answer states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// The merchant of a new attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<Merchant>,
}

/// What the journal knows of an attempt beyond its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The merchant it was made for.
    pub merchant: Merchant,
    /// The payment string.
    pub code: Option<String>,
    /// The channel's own number, once paid.
    pub channel_no: Option<String>,
    /// When the channel booked the payment, Unix seconds.
    pub paid_at: Option<i64>,
}

/// An order lived again from its lines.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What it promised.
    pub placed: Placed,
    /// Where it must stand. What is not journaled (when the channel was asked) is as in a new order.
    pub order: Order,
    /// What is known of each attempt.
    pub known: BTreeMap<PayId, Known>,
    /// Everything that had to be written with it, and when, Unix seconds.
    pub effects: Vec<(Effect, i64)>,
}

/// A line that the order machine does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("journal line {seq} {why}")]
pub struct ReplayError {
    /// The line.
    pub seq: i64,
    /// In words.
    pub why: String,
}

/// Lives an order again: every state it may have follows from its lines alone.
///
/// # Errors
/// [`ReplayError`]: the first line that cannot have happened. Without any line, it is line 0.
pub fn replay(order_id: &OrderId, lines: &[JournalLine]) -> Result<Replayed, ReplayError> {
    let wrong = |line: &JournalLine, why: String| ReplayError { seq: line.seq, why };
    let Some((first, rest)) = lines.split_first() else {
        return Err(ReplayError { seq: 0, why: "is missing: the order has no lines".into() });
    };
    if first.event != PLACED {
        return Err(wrong(first, "is the order's first and does not place it".into()));
    }
    let placed: Placed =
        serde_json::from_str(&first.evidence).map_err(|error| wrong(first, format!("places no order: {error}")))?;
    let order = Order::place(order_id.clone(), placed.amount_fen, placed.deadline_at, placed.pay_type);
    let mut known = BTreeMap::new();
    for attempt in &order.attempts {
        known.insert(attempt.pay_id.clone(), Known::new(placed.merchant.clone()));
    }
    let mut replayed = Replayed { placed, order, known, effects: Vec::new() };
    for line in rest {
        let event: Event =
            serde_json::from_str(&line.event).map_err(|error| wrong(line, format!("holds no event: {error}")))?;
        let grounds: Grounds =
            serde_json::from_str(&line.evidence).map_err(|error| wrong(line, format!("holds no evidence: {error}")))?;
        replayed.live(&event, &grounds, line.at).map_err(|why| wrong(line, why))?;
    }
    Ok(replayed)
}

impl Known {
    fn new(merchant: Merchant) -> Known {
        Known { merchant, code: None, channel_no: None, paid_at: None }
    }
}

impl Replayed {
    fn live(&mut self, event: &Event, grounds: &Grounds, at: i64) -> Result<(), String> {
        let before = self.order.clone();
        let effects = self.order.apply(event).map_err(|illegal| format!("cannot have happened: {illegal}"))?;
        self.check_payment(event, grounds)?;
        self.effects.extend(effects.into_iter().map(|effect| (effect, at)));
        for attempt in &self.order.attempts {
            if before.attempt(&attempt.pay_id) == Some(attempt) {
                continue;
            }
            if !self.known.contains_key(&attempt.pay_id) {
                let merchant = grounds.merchant.clone().ok_or("makes an attempt for no merchant")?;
                self.known.insert(attempt.pay_id.clone(), Known::new(merchant));
            }
            let Some(known) = self.known.get_mut(&attempt.pay_id) else { continue };
            if let Some((_, code)) = grounds.code.as_ref().filter(|(pay_id, _)| *pay_id == attempt.pay_id) {
                known.code = Some(code.clone());
            }
            if let Some(payment) = grounds.payment.as_ref().filter(|payment| payment.pay_id == attempt.pay_id) {
                known.channel_no = Some(payment.channel_no.clone());
                known.paid_at = Some(payment.paid_at);
            }
        }
        Ok(())
    }

    /// Money is believed only with the channel's statement of it, every field of which must be as the event says.
    fn check_payment(&self, event: &Event, grounds: &Grounds) -> Result<(), String> {
        let (Event::Paid { pay_id, .. } | Event::Returned { pay_id, .. } | Event::Differs { pay_id, .. }) = event
        else {
            return Ok(());
        };
        let payment = grounds.payment.as_ref().ok_or("speaks of a payment and has none")?;
        let attempt = self.order.attempt(pay_id).ok_or("is about no attempt of the order")?;
        let known = self.known.get(pay_id).ok_or("is about no attempt of the order")?;
        let expected = Expected {
            pay_id: pay_id.clone(),
            pay_type: attempt.pay_type,
            merchant: known.merchant.clone(),
            amount: self.order.amount,
        };
        let stated = expected.compare(payment);
        let is_ours = expected.is_ours(payment);
        let fits = if let Event::Differs { mismatch, ours, .. } = event {
            let said = stated == Err(*mismatch) || *mismatch == Mismatch::Returned && ours.is_none();
            said && ours.is_none_or(|ours| is_ours && ours == payment.amount)
        } else {
            let in_full = stated.is_ok() || matches!(event, Event::Returned { .. });
            in_full && is_ours && attempt.paid == Some(payment.amount)
        };
        if fits { Ok(()) } else { Err("says something else than the channel's payment it rests on".into()) }
    }

    /// When the goods were delivered, Unix seconds.
    #[must_use]
    pub fn delivered_at(&self) -> Option<i64> {
        self.effects.iter().find(|(effect, _)| *effect == Effect::Deliver).map(|(_, at)| *at)
    }
}
