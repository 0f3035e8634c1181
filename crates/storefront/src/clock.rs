//! The server's time. The only place of the storefront that reads a clock.

use async_trait::async_trait;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The shop's clock; a simulation has its own.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Unix seconds.
    fn now_s(&self) -> i64;
    /// Seconds since some moment of this process, by a clock that nobody sets.
    fn uptime_s(&self) -> i64;
    /// Returns at or after `at_s` (Unix seconds), or a little earlier: the caller looks again.
    async fn sleep_until(&self, at_s: i64);
}

/// The system's clock.
#[derive(Debug)]
pub struct SystemClock;

/// A wall clock may be set back or forward: no sleep is longer than this.
const LONGEST_SLEEP_S: i64 = 30;

#[async_trait]
impl Clock for SystemClock {
    fn now_s(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    fn uptime_s(&self) -> i64 {
        static BEGAN: LazyLock<Stopwatch> = LazyLock::new(Stopwatch::start);
        i64::try_from(BEGAN.elapsed().as_secs()).unwrap_or(i64::MAX)
    }

    async fn sleep_until(&self, at_s: i64) {
        let wait_s = at_s.saturating_sub(self.now_s()).clamp(0, LONGEST_SLEEP_S);
        tokio::time::sleep(Duration::from_secs(wait_s.unsigned_abs())).await;
    }
}

/// How long something takes, by a clock that nobody can set.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins now.
    #[must_use]
    pub fn start() -> Stopwatch {
        #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
        let now = Instant::now();
        Stopwatch(now)
    }

    /// The time since it was started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
