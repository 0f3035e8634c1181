//! This computer's wall clock: only to sort by, never to decide by.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds, as this computer believes.
#[must_use]
pub fn now_s() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
