//! What is told to Prometheus, in its text format. `docs/RUNNING.md` says what each alarm made of it means.

use super::Metrics;
use crate::shop::Shop;
use crate::store::{AGES, BOOKS, Figures, OPERATOR, Waiting};
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;

/// Everything there is to tell: what this process counted, and what the database has. Without `figures` the database
/// did not answer, which is told too.
///
/// # Errors
/// Never in practice: a text can always grow.
pub(crate) fn text(shop: &Shop, figures: Option<&Figures>) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("liveshop");
    registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    counted(&mut registry, &shop.metrics);
    written(&mut registry, shop);
    in_line(&mut registry, shop);
    let up = ConstGauge::new(i64::from(figures.is_some()));
    registry.register("database_up", "Whether the database answered just now", up);
    if let Some(figures) = figures {
        there_is(&mut registry, figures);
        stocked(&mut registry, figures);
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// What this process did since it started.
fn counted(registry: &mut Registry, metrics: &Metrics) {
    let Metrics {
        orders_placed,
        orders_ended,
        delivery,
        calls,
        call_times,
        notices,
        requests,
        request_times,
        sse_clients,
    } = metrics.clone();
    registry.register("orders_placed", "Orders made", orders_placed);
    let help = "Orders that came to their end; one that is paid afterwards comes to another";
    registry.register("orders_ended", help, orders_ended);
    let help = "From the time at which the channel booked a payment to the delivery";
    registry.register("paid_to_delivered_seconds", help, delivery);
    let help = "Calls to the channels. The outcome ok is an answer that verifies, refused a definite no, unknown none or \
                one that does not verify, busy a request to wait, and ours a setting the channel does not accept";
    registry.register("channel_calls", help, calls);
    registry.register("channel_call_duration_seconds", "Time of a call to a channel", call_times);
    registry.register("notices", "Notices that came to the addresses of the channels", notices);
    registry.register("http_requests", "Requests that were answered", requests);
    let help = "Time of a request until its answer begins; an order waits for its channel";
    registry.register("http_request_duration_seconds", help, request_times);
    registry.register("sse_clients", "Event streams that are read at present", sse_clients);
}

/// What the writer of the database did and has to do.
fn written(registry: &mut Registry, shop: &Shop) {
    let writer = shop.store.writer_metrics().clone();
    registry.register("commit_writes", "Writes gathered into one transaction", writer.writes);
    registry.register("commit_duration_seconds", "Time of a transaction, its commit included", writer.times);
    registry.register("commits_failed", "Transactions that did not commit; nothing of them stayed", writer.failed);
    let waiting = ConstGauge::new(i64::try_from(shop.store.waiting()).unwrap_or(i64::MAX));
    registry.register("writes_waiting", "Writes that wait for the writer", waiting);
    let room = ConstGauge::new(i64::try_from(shop.store.capacity()).unwrap_or(i64::MAX));
    registry.register("writes_waiting_limit", "Most writes that may wait for the writer", room);
}

/// Who waits for their turn at a channel.
fn in_line(registry: &mut Registry, shop: &Shop) {
    let lines =
        || shop.channels.keys().map(|pay_type| ([("channel", pay_type.as_str())], shop.lines.length(*pay_type)));
    let waiting = lines().map(|(channel, (waiting, _))| (channel, i64::try_from(waiting).unwrap_or(i64::MAX)));
    registry.register("orders_in_line", "Orders that wait for their turn at a channel", gauges(waiting));
    let waits = lines().map(|(channel, (_, wait))| (channel, i64::try_from(wait.as_secs()).unwrap_or(i64::MAX)));
    registry.register("line_wait_seconds", "About how long the last of them will wait", gauges(waits));
}

/// What is under way, by the database. Every process over one database tells the same.
fn there_is(registry: &mut Registry, figures: &Figures) {
    let by_state =
        |counts: &BTreeMap<&'static str, i64>| gauges(counts.iter().map(|(state, n)| ([("state", *state)], *n)));
    registry.register("orders", "Orders that are not over", by_state(&figures.orders));
    let help = "Payment attempts that are not over, or in quarantine (mismatch)";
    registry.register("attempts", help, by_state(&figures.attempts));
    let calls = [("prepay", figures.unknown.get("sent")), ("close", figures.unknown.get("close_sent"))];
    let calls = calls.into_iter().chain([("refund", figures.refunds.get("sent"))]);
    let calls: Vec<(&str, &Waiting)> = calls.filter_map(|(call, waiting)| Some((call, waiting?))).collect();
    let help = "Calls to the channels whose result is not known yet, by the age of what waits for it";
    registry.register("unknown_outcomes", help, by_age("call", calls.iter().copied()));
    let help = "Age of the oldest of them";
    registry.register("unknown_outcome_oldest_seconds", help, oldest("call", calls.into_iter()));
    let refunds = || figures.refunds.iter().map(|(state, waiting)| (*state, waiting));
    let help = "Refunds that are not over, by the time since the money was owed";
    registry.register("refunds", help, by_age("state", refunds()));
    registry.register("refund_oldest_seconds", "Age of the oldest of them", oldest("state", refunds()));
    let help = "Orders whose next step is due and that nobody attends to";
    registry.register("jobs_due", help, ConstGauge::new(figures.jobs_due));
    let help = "How long the oldest of them has been due";
    registry.register("jobs_overdue_seconds", help, ConstGauge::new(figures.overdue_s));
    let halts =
        [BOOKS, OPERATOR].map(|name| ([("reason", name)], i64::from(figures.halts.iter().any(|halt| halt == name))));
    registry.register("halts", "1 while no orders are taken for this reason", gauges(halts));
}

/// The pieces of each item.
fn stocked(registry: &mut Registry, figures: &Figures) {
    let pieces = figures.stock.iter().flat_map(|item| {
        let of = |state: &'static str, pieces: i64| {
            let [room, goods, title] = [&item.room_id, &item.goods_id, &item.title].map(String::clone);
            ([("room", room), ("goods", goods), ("title", title), ("state", state.to_owned())], pieces)
        };
        [of("available", item.available), of("reserved", item.reserved), of("sold", item.sold)]
    });
    registry.register("stock_pieces", "Pieces of the items of rooms whose show is not over", gauges(pieces));
}

fn gauges<L>(values: impl IntoIterator<Item = (L, i64)>) -> Family<L, Gauge>
where
    L: Clone + std::hash::Hash + Eq,
{
    let family = Family::<L, Gauge>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    family
}

fn by_age<'w>(
    label: &'static str,
    waiting: impl Iterator<Item = (&'static str, &'w Waiting)>,
) -> Family<[(&'static str, &'static str); 2], Gauge> {
    gauges(waiting.flat_map(|(name, waiting)| {
        let ages = AGES.into_iter().zip(waiting.by_age);
        ages.map(move |((age, _), count)| ([(label, name), ("age", age)], count))
    }))
}

fn oldest<'w>(
    label: &'static str,
    waiting: impl Iterator<Item = (&'static str, &'w Waiting)>,
) -> Family<[(&'static str, &'static str); 1], Gauge> {
    gauges(waiting.map(|(name, waiting)| ([(label, name)], waiting.oldest_s)))
}
