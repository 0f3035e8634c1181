//! What the two channels' bills share: which day, which lines, and links that expire.

pub(crate) mod zip;

use std::time::Duration;

use aws_lc_rs::hmac;
use sqlx::SqliteConnection;

use crate::Sandbox;
use crate::books::{BooksError, refunds, trades};
use crate::clock::{china_day, read_china_day};
use crate::trade::{Channel, Refund, Trade};

const DAY_MS: i64 = 86_400_000;
/// Bills of a day are ready at nine in the morning of the next.
const READY_MS: i64 = 33 * 3_600_000;

/// What a bill lists for one day.
pub(crate) struct Lines {
    pub(crate) paid: Vec<Trade>,
    pub(crate) refunded: Vec<(Trade, Refund)>,
}

impl Lines {
    pub(crate) fn is_empty(&self) -> bool {
        self.paid.is_empty() && self.refunded.is_empty()
    }
}

/// Whether there can be a bill of this day now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    NotADay,
    NotOver,
    BeingMade,
    Ready,
}

pub(crate) fn readiness(day: &str, now_ms: i64) -> Readiness {
    let Some(begin) = read_china_day(day) else { return Readiness::NotADay };
    if now_ms < begin + DAY_MS {
        Readiness::NotOver
    } else if now_ms < begin + READY_MS {
        Readiness::BeingMade
    } else {
        Readiness::Ready
    }
}

/// Payments made and refunds done on a day (GMT+8).
pub(crate) async fn lines(books: &mut SqliteConnection, channel: Channel, day: &str) -> Result<Lines, BooksError> {
    let on_day = |moment: Option<i64>| moment.is_some_and(|moment| china_day(moment) == day);
    let all = trades::all(books).await?;
    let paid = all.iter().filter(|trade| trade.channel == channel && on_day(trade.paid_ms)).cloned().collect();
    let mut refunded = Vec::new();
    for refund in refunds::all(books).await? {
        let trade = all.iter().find(|trade| trade.id == refund.trade_id);
        if let (true, Some(trade)) = (refund.channel == channel && on_day(refund.done_ms), trade) {
            refunded.push((trade.clone(), refund));
        }
    }
    Ok(Lines { paid, refunded })
}

fn tag(sandbox: &Sandbox, what: &str, until_ms: i64) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, sandbox.keys.numbers.apiv3_key.as_bytes());
    hmac::sign(&key, format!("{what}|{until_ms}").as_bytes())
}

/// A token that opens `what` for `span`.
pub(crate) fn token(sandbox: &Sandbox, what: &str, span: Duration) -> String {
    let until_ms = sandbox.clock.after_ms(span);
    format!("{until_ms}-{}", hex::encode(tag(sandbox, what, until_ms)))
}

/// Whether the token opens `what` now.
pub(crate) fn opens(sandbox: &Sandbox, what: &str, token: &str) -> bool {
    let Some((until, mac)) = token.split_once('-') else { return false };
    let Ok(until_ms) = until.parse::<i64>() else { return false };
    let whole = hex::encode(tag(sandbox, what, until_ms)) == mac;
    whole && sandbox.clock.now_ms() <= until_ms
}
