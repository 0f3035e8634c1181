//! The inbox: notices as the channels sent them, each once.

use super::batch::{Batch, Needs};
use super::bulk::{Questions, Script, Value};
use super::{Store, StoreError, orders};
use order::{OrderId, PayId, PayType, RefundId};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds after an answered query in which a repeated notice asks for no other. Channels repeat what was not received
/// after 15 s at the earliest (WeChat Pay, payment notice).
const REPEAT_PAUSE_S: i64 = 10;

/// A verified notice: what is kept of it and what it asks for.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The channel.
    pub pay_type: PayType,
    /// The channel's id of the notice, the same each time it is repeated.
    pub notice_id: String,
    /// The attempt it speaks of.
    pub pay_id: PayId,
    /// The refund it speaks of.
    pub refund_id: Option<RefundId>,
    /// The body as it came.
    pub body: String,
}

impl Heard {
    /// What names it in the inbox.
    fn key(&self) -> String {
        format!("{}:{}", self.pay_type, self.notice_id)
    }
}

impl Store {
    /// Keeps a notice as it came, once, and asks for its attempt, and the refund it speaks of, to be queried at once, in
    /// one transaction. Says whether it asked: a repetition does not while a query is due or only just answered, so that
    /// a flood of one notice is not passed on to the channel.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_notice(&self, order_id: &OrderId, heard: Heard, now: i64) -> Result<bool, StoreError> {
        let order_id = order_id.clone();
        let needs = Needs { notices: BTreeSet::from([heard.key()]), ..Needs::order(&order_id) };
        self.decide(needs, move |batch| {
            // What is new asks, whatever else is under way: only a query that begins after it settles it. What came
            // before was asked about; it asks again because that query may have run ahead of the channel's books.
            if !batch.keep_notice(heard.key(), &heard, now)? && !may_ask_again(batch, &order_id, &heard.pay_id, now)? {
                return Ok(false);
            }
            if let Some(refund_id) = &heard.refund_id {
                orders::ask_refund(batch, &order_id, refund_id)?;
            }
            orders::ask_now(batch, &order_id, &heard.pay_id, now)?;
            Ok(true)
        })
        .await
    }
}

/// Whether no query of the attempt is due, and the last answered one is not of just now.
fn may_ask_again(batch: &Batch, order_id: &OrderId, pay_id: &PayId, now: i64) -> Result<bool, StoreError> {
    let attempt = batch.record(order_id)?.and_then(|record| record.order.attempt(pay_id));
    let Some(attempt) = attempt else { return Ok(false) };
    // A time that has not come yet is of a clock that was set back: it says nothing.
    let just_now = attempt.asked_at.is_some_and(|asked| (asked..asked.saturating_add(REPEAT_PAUSE_S)).contains(&now));
    Ok(!attempt.ask_now && !just_now)
}

/// Asks of notices whether each was heard before.
pub(super) fn ask(questions: &mut Questions, notices: &BTreeSet<String>) {
    let keys = notices.iter().map(|notice| [notice.as_str().into()]).collect();
    questions.add("SELECT notice FROM inbox WHERE notice IN (", keys, ")");
}

/// The answer to [`ask`].
pub(super) fn heard_before(notices: &BTreeSet<String>, rows: &[AnyRow]) -> Result<BTreeMap<String, bool>, StoreError> {
    let mut found: BTreeMap<_, _> = notices.iter().map(|notice| (notice.clone(), false)).collect();
    for row in rows {
        found.insert(row.try_get(0)?, true);
    }
    Ok(found)
}

/// Writes new notices.
pub(super) fn write(script: &mut Script, notices: Vec<(String, Heard, i64)>) {
    let row = |(key, heard, at): (String, Heard, i64)| -> [Value; 5] {
        [key.into(), heard.pay_type.as_str().into(), heard.pay_id.as_str().into(), heard.body.into(), at.into()]
    };
    let rows = notices.into_iter().map(row).collect();
    script.add("INSERT INTO inbox (notice, pay_type, pay_id, body, received_at)", rows, "");
}
