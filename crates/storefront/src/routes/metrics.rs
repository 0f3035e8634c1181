//! What a monitor watches, in the text format of Prometheus. It names no viewer and no order.

use super::AppState;
use crate::shop::ShopError;
use crate::store::Figures;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// How long figures are told again before the database is asked anew, seconds: whoever asks often costs nothing.
const KEPT_S: i64 = 5;

/// What is counted and kept between two requests.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    answers: Mutex<BTreeMap<u16, u64>>,
    /// Held while the database is asked, so that it is asked once at a time.
    figures: tokio::sync::Mutex<Option<(i64, Figures)>>,
}

impl Metrics {
    /// Counts an answer.
    pub(super) fn count(&self, status: StatusCode) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = answers.entry(status.as_u16()).or_insert(0);
        *count = count.saturating_add(1);
    }
}

/// The shop in numbers.
pub(super) async fn metrics(State(AppState { shop, metrics, .. }): State<AppState>) -> Result<Response, ShopError> {
    let now = shop.clock.now_s();
    let mut kept = metrics.figures.lock().await;
    let figures = match kept.take().filter(|(at, _)| (*at..at.saturating_add(KEPT_S)).contains(&now)) {
        Some(kept) => kept,
        None => (now, shop.store.figures(now).await?),
    };
    let mut text = String::new();
    figures_text(&mut text, &kept.insert(figures).1);
    drop(kept);
    let answers = metrics.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let answers = answers.into_iter().map(|(status, count)| (status.to_string(), count));
    family(&mut text, "liveshop_answers_total", "counter", "Answers by HTTP status.", "status", answers);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn figures_text(text: &mut String, figures: &Figures) {
    let Figures { orders, attempts, refunds, ledger, jobs_due, overdue_s, notices, halts } = figures;
    let by_state = |counts: &BTreeMap<String, i64>| counts.clone().into_iter();
    family(text, "liveshop_orders", "gauge", "Orders by state.", "state", by_state(orders));
    family(text, "liveshop_attempts", "gauge", "Payment attempts by state.", "state", by_state(attempts));
    family(text, "liveshop_refunds", "gauge", "Refunds by state.", "state", by_state(refunds));
    let ledger_help = "Sum of the ledger by unit; anything but 0 is an alarm.";
    family(text, "liveshop_ledger_sum", "gauge", ledger_help, "unit", by_state(ledger));
    for (name, help, value) in [
        ("liveshop_jobs_due", "Orders whose next step is due and that nobody attends to.", jobs_due),
        ("liveshop_jobs_overdue_seconds", "How long the oldest of them has been due.", overdue_s),
        ("liveshop_notices", "Notices of the channels kept.", notices),
        ("liveshop_halts", "Reasons why no orders are taken.", halts),
    ] {
        let _written = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    }
}

/// One metric with a label. Labels are names of our own; none needs escaping.
fn family<N: std::fmt::Display>(
    text: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    label: &str,
    values: impl Iterator<Item = (String, N)>,
) {
    let _written = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    for (key, value) in values {
        let _written = writeln!(text, "{name}{{{label}=\"{key}\"}} {value}");
    }
}
