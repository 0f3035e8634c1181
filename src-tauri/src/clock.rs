//! This computer's wall clock: only to sort by, never to decide by.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds, as this computer believes.
#[must_use]
pub fn now_s() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The day in China of a Unix second, `YYYY-MM-DD`: the day that both channels go by.
#[must_use]
pub fn china_day(unix_s: i64) -> String {
    let there = time::OffsetDateTime::from_unix_timestamp(unix_s.saturating_add(8 * 3_600));
    there.map_or_else(|_| "no-day".into(), |there| there.date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        assert_eq!(china_day(1_790_783_999), "2026-09-30");
        assert_eq!(china_day(1_790_784_000), "2026-10-01");
        assert_eq!(china_day(i64::MAX), "no-day");
    }
}
