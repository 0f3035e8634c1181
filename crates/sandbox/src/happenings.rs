//! What happens between the merchant, the channels and the phone, and what went wrong with it on purpose:
//! `GET /happenings`, for whoever watches a rehearsal. Kept in memory only, a bounded number.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use crate::Sandbox;
use crate::faults::Fault;
use crate::trade::Channel;

/// How many are kept.
const KEPT: usize = 100;

/// How long somebody who asks for newer ones waits for them.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The merchant asked for a code.
    CodeAsked,
    /// A phone opened the code.
    Scanned,
    /// A phone paid.
    Paid,
    /// A notice was sent, or lost.
    Notice,
    /// The merchant asked how an order stands.
    Query,
    /// The merchant ended an order.
    Close,
    /// The merchant wanted money to go back.
    Refund,
}

impl Kind {
    /// What a merchant's call is, by the name by which faults mean it; other calls move nothing.
    pub(crate) fn of_call(call: &str) -> Option<Self> {
        match call {
            "order" => Some(Self::CodeAsked),
            "query" => Some(Self::Query),
            "close" | "cancel" => Some(Self::Close),
            "refund" => Some(Self::Refund),
            _ => None,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Happening {
    pub(crate) what: Kind,
    pub(crate) channel: Channel,
    pub(crate) out_trade_no: Option<String>,
    pub(crate) amount_fen: Option<i64>,
    /// What went wrong with it on purpose.
    pub(crate) fault: Option<Fault>,
}

#[derive(Debug, Clone, Serialize)]
struct Kept {
    /// Counts up from 1 since the start.
    seq: u64,
    at_ms: i64,
    #[serde(flatten)]
    happening: Happening,
}

/// The latest happenings.
pub(crate) struct Happenings {
    kept: Mutex<VecDeque<Kept>>,
    /// What was done on purpose to notices that are still to be sent, by their row numbers.
    notices: Mutex<BTreeMap<i64, Fault>>,
    newest: watch::Sender<u64>,
}

impl Default for Happenings {
    fn default() -> Self {
        Self { kept: Mutex::default(), notices: Mutex::default(), newest: watch::Sender::new(0) }
    }
}

impl Happenings {
    pub(crate) fn add(&self, at_ms: i64, happening: Happening) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = kept.back().map_or(1, |last| last.seq + 1);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Kept { seq, at_ms, happening });
        self.newest.send_replace(seq);
    }

    /// Keeps in mind what was done to a notice, for when it is sent.
    pub(crate) fn mark_notice(&self, id: i64, fault: Fault) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).insert(id, fault);
    }

    /// What was done to a notice; forgotten once the notice is `over`.
    pub(crate) fn mark_of_notice(&self, id: i64, over: bool) -> Option<Fault> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if over { notices.remove(&id) } else { notices.get(&id).copied() }
    }

    fn newest_first(&self) -> Vec<Kept> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().cloned().collect()
    }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// The newest that is known already: the answer waits for another, for a while.
    after: Option<u64>,
}

/// `GET /happenings`: the latest happenings, the newest first.
pub(crate) async fn list(State(sandbox): State<Arc<Sandbox>>, Query(asked): Query<Asked>) -> Response {
    if let Some(after) = asked.after {
        let mut newest = sandbox.happenings.newest.subscribe();
        let mut stopping = sandbox.stopping.clone();
        tokio::select! {
            // Another one, not a greater one: the count began anew if the sandbox did.
            _ = newest.wait_for(|seq| *seq != after) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(LONGEST_WAIT) => {}
        }
    }
    let headers = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")];
    (headers, Json(json!({"happenings": sandbox.happenings.newest_first()}))).into_response()
}
