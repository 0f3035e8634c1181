//! What the shop counts and times of itself, for whoever watches it. Nothing here decides anything, and nothing names a
//! viewer or an order.
//!
//! What a process did is counted here, since it started; what there is stands in the database
//! ([`Figures`](crate::store::Figures)). [`text`] puts both together.

mod channel;
mod http;
mod text;
mod writer;

pub(crate) use http::counted;
pub(crate) use text::text;
pub(crate) use writer::WriterMetrics;

use crate::store::Record;
use channel::{Call, Measured, Operation};
use gateway::Channel;
use http::{Answered, Asked};
use order::PayType;
use order::state::OrderState;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use std::sync::Arc;
use std::time::Duration;

/// Histograms by label, each made with the buckets it belongs to.
type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Upper bounds from the channel's booking to the delivery, seconds. Channels tell whole seconds; a late payment may be
/// found by its bill, days later.
const DELIVERY_S: [f64; 12] = [1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0, 259_200.0];
/// Upper bounds of a call to a channel, seconds: it may take 10 s.
const CALL_S: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Upper bounds of a request, seconds: an order waits up to 11 s for its channel, and any request is given up after 30.
const REQUEST_S: [f64; 14] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 11.0, 30.0];

/// What one process counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    orders_placed: Counter,
    orders_ended: Family<Ended, Counter>,
    delivery: Histogram,
    calls: Family<Call, Counter>,
    call_times: Histograms<Operation>,
    notices: Family<Heard, Counter>,
    requests: Family<Answered, Counter>,
    request_times: Histograms<Asked>,
    sse_clients: Family<Asked, Gauge>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let metrics = Metrics {
            orders_placed: Counter::default(),
            orders_ended: Family::default(),
            delivery: Histogram::new(DELIVERY_S),
            calls: Family::default(),
            call_times: Family::new_with_constructor(|| Histogram::new(CALL_S)),
            notices: Family::default(),
            requests: Family::default(),
            request_times: Family::new_with_constructor(|| Histogram::new(REQUEST_S)),
            sse_clients: Family::default(),
        };
        // A counter that is there from the start is seen to rise with the first it counts.
        for state in OrderState::ALL.into_iter().filter(|state| state.is_terminal()) {
            drop(metrics.orders_ended.get_or_create(&Ended { state: state.as_str() }));
        }
        metrics
    }
}

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    state: &'static str,
}

/// A notice and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Heard {
    channel: &'static str,
    outcome: &'static str,
}

/// What becomes of a notice.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hearing {
    /// It is committed, and the channel was told so.
    Taken,
    /// Its body did not come, or was too large.
    Unread,
    /// It is not the channel's, or not for us.
    Refused,
    /// It speaks of an attempt that we do not know.
    NotOurs,
    /// The database failed; the channel sends it again.
    NotKept,
}

impl Hearing {
    const ALL: [Hearing; 5] = [Hearing::Taken, Hearing::Unread, Hearing::Refused, Hearing::NotOurs, Hearing::NotKept];

    const fn as_str(self) -> &'static str {
        match self {
            Hearing::Taken => "taken",
            Hearing::Unread => "unread",
            Hearing::Refused => "refused",
            Hearing::NotOurs => "not_ours",
            Hearing::NotKept => "not_kept",
        }
    }
}

impl Metrics {
    /// An order was placed.
    pub(crate) fn placed(&self) {
        self.orders_placed.inc();
    }

    /// An order went from a state to what it is at `now` (Unix seconds).
    pub(crate) fn moved(&self, before: OrderState, record: &Record, now: i64) {
        let state = record.order.state;
        if before == state || !state.is_terminal() {
            return;
        }
        self.orders_ended.get_or_create(&Ended { state: state.as_str() }).inc();
        let paid_at = record.trades.values().filter_map(|trade| trade.paid_at).min();
        if let Some(paid_at) = paid_at.filter(|_| state == OrderState::Delivered) {
            // The channel's clock may be ahead of ours.
            let wait_s = now.saturating_sub(paid_at).max(0).unsigned_abs();
            self.delivery.observe(Duration::from_secs(wait_s).as_secs_f64());
        }
    }

    /// The channel, with its calls counted and timed. Its notices are counted from now on, too.
    pub(crate) fn measured(&self, channel: Arc<dyn Channel>) -> Arc<dyn Channel> {
        for hearing in Hearing::ALL {
            drop(self.notices.get_or_create(&heard_as(channel.pay_type(), hearing)));
        }
        Arc::new(Measured::new(channel, self.calls.clone(), self.call_times.clone()))
    }

    /// A notice came.
    pub(crate) fn heard(&self, pay_type: PayType, hearing: Hearing) {
        self.notices.get_or_create(&heard_as(pay_type, hearing)).inc();
    }
}

const fn heard_as(pay_type: PayType, hearing: Hearing) -> Heard {
    Heard { channel: pay_type.as_str(), outcome: hearing.as_str() }
}
