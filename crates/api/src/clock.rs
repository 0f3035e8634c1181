//! The shop's time as the client knows it, without trusting the client's clock.
//!
//! The storefront signs its time together with a nonce the client has just made up, so the answer cannot be an old
//! one. From then on the client counts with its monotonic clock. A computer whose wall clock is a day off pays as
//! well as any other.

use std::sync::Mutex;
use std::time::Instant;

/// This process's monotonic clock: the only place of the client that reads one.
#[must_use]
pub fn monotonic() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    Instant::now()
}

/// What the shop's clock shows, once it was heard.
#[derive(Debug, Default)]
pub struct ShopClock {
    heard: Mutex<Option<(i64, Instant)>>,
}

impl ShopClock {
    /// Sets the shop's time to a proven one: `timestamp` (Unix seconds) was made after `asked`.
    pub fn set(&self, timestamp: i64, asked: Instant) {
        if let Ok(mut heard) = self.heard.lock() {
            *heard = Some((timestamp, asked));
        }
    }

    /// The shop's time now, Unix seconds; `None` before it was heard.
    #[must_use]
    pub fn now(&self) -> Option<i64> {
        let (timestamp, since) = (*self.heard.lock().ok()?)?;
        let elapsed = i64::try_from(monotonic().saturating_duration_since(since).as_secs()).ok()?;
        timestamp.checked_add(elapsed)
    }
}
