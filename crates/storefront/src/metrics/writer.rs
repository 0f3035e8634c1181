//! What the writer of the database is timed by.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use std::time::Duration;

/// What one writer counts.
#[derive(Clone, Debug)]
pub(crate) struct WriterMetrics {
    pub(super) writes: Histogram,
    pub(super) times: Histogram,
    pub(super) failed: Counter,
}

impl Default for WriterMetrics {
    fn default() -> WriterMetrics {
        WriterMetrics {
            // One write to 2,048.
            writes: Histogram::new(exponential_buckets(1.0, 2.0, 12)),
            // 0.25 ms to 8 s.
            times: Histogram::new(exponential_buckets(0.000_25, 2.0, 16)),
            failed: Counter::default(),
        }
    }
}

impl WriterMetrics {
    /// A transaction with so many writes was committed, so long after it began.
    pub(crate) fn committed(&self, writes: usize, took: Duration) {
        self.writes.observe(f64::from(u32::try_from(writes).unwrap_or(u32::MAX)));
        self.times.observe(took.as_secs_f64());
    }

    /// A transaction did not commit.
    pub(crate) fn failed(&self) {
        self.failed.inc();
    }
}
