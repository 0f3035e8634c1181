//! The one place where the sandbox learns what time it is.
//!
//! Stamps on the wire are true stamps, or the merchant's freshness checks would refuse them. What the speed
//! factor shortens is *how long things last*: at speed 20 a code that lives two hours lives six minutes, and a
//! notice that would be repeated after four minutes is repeated after twelve seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use time::format_description::BorrowedFormatItem;
use time::macros::{format_description, offset};
use time::{OffsetDateTime, PrimitiveDateTime};
use tokio::sync::Notify;

const CHINA_TEXT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const CHINA_DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const COMPACT_DAY: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]");

/// The sandbox's clock: real time plus an offset, and a factor by which durations are shortened. Clones share
/// one clock.
#[derive(Debug, Clone)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    offset_ms: AtomicI64,
    speed: AtomicU32,
    moved: Notify,
}

impl Clock {
    /// A clock that shows real time and shortens durations by `speed` (0 counts as 1).
    #[must_use]
    pub fn new(speed: u32) -> Self {
        Self {
            inner: Arc::new(Inner {
                offset_ms: AtomicI64::new(0),
                speed: AtomicU32::new(speed.max(1)),
                moved: Notify::new(),
            }),
        }
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    pub fn now_ms(&self) -> i64 {
        let real = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
        i64::try_from(real).unwrap_or(i64::MAX).saturating_add(self.inner.offset_ms.load(Ordering::SeqCst))
    }

    /// Moves the clock forward; whatever waits for a time is woken. For tests and rehearsals.
    pub fn advance(&self, by: Duration) {
        self.inner.offset_ms.fetch_add(whole_ms(by), Ordering::SeqCst);
        self.inner.moved.notify_waiters();
    }

    /// The factor by which durations are shortened, at least 1.
    #[must_use]
    pub fn speed(&self) -> u32 {
        self.inner.speed.load(Ordering::SeqCst)
    }

    /// Sets the factor for everything that begins from now on (0 counts as 1).
    pub fn set_speed(&self, speed: u32) {
        self.inner.speed.store(speed.max(1), Ordering::SeqCst);
        self.inner.moved.notify_waiters();
    }

    /// How many milliseconds of this clock `span` lasts at the present speed.
    pub(crate) fn lasts_ms(&self, span: Duration) -> i64 {
        whole_ms(span) / i64::from(self.speed())
    }

    /// The moment `span` from now, in milliseconds.
    pub(crate) fn after_ms(&self, span: Duration) -> i64 {
        self.now_ms().saturating_add(self.lasts_ms(span))
    }

    /// Where a stated future moment (a `time_expire`) falls at the present speed.
    pub(crate) fn bring_near_ms(&self, moment_ms: i64) -> i64 {
        let now = self.now_ms();
        now.saturating_add(moment_ms.saturating_sub(now) / i64::from(self.speed()))
    }

    /// Returns when the clock shows `moment_ms` or was moved, whichever is first.
    pub(crate) async fn until(&self, moment_ms: i64) {
        let moved = self.inner.moved.notified();
        let wait = u64::try_from(moment_ms.saturating_sub(self.now_ms())).unwrap_or(0);
        tokio::select! {
            () = moved => {}
            () = tokio::time::sleep(Duration::from_millis(wait)) => {}
        }
    }
}

fn whole_ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn china(moment_ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(offset!(+8))
}

/// `yyyy-MM-dd HH:mm:ss` in GMT+8, Alipay's form.
pub(crate) fn china_text(moment_ms: i64) -> String {
    china(moment_ms).format(CHINA_TEXT).unwrap_or_default()
}

/// `yyyy-MM-dd` in GMT+8.
pub(crate) fn china_day(moment_ms: i64) -> String {
    china(moment_ms).format(CHINA_DAY).unwrap_or_default()
}

/// `yyyyMMdd` in GMT+8, as it stands inside trade numbers.
pub(crate) fn compact_day(moment_ms: i64) -> String {
    china(moment_ms).format(COMPACT_DAY).unwrap_or_default()
}

/// RFC 3339 with `+08:00` and whole seconds, WeChat Pay's form.
pub(crate) fn rfc3339(moment_ms: i64) -> String {
    let moment = china(moment_ms);
    moment
        .replace_nanosecond(0)
        .unwrap_or(moment)
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap_or_default()
}

/// Reads Alipay's form of a moment; `None` when it is none.
pub(crate) fn read_china_text(text: &str) -> Option<i64> {
    let local = PrimitiveDateTime::parse(text, CHINA_TEXT).ok()?;
    Some(local.assume_offset(offset!(+8)).unix_timestamp().saturating_mul(1000))
}

/// Reads RFC 3339; `None` when the text is not that.
pub(crate) fn read_rfc3339(text: &str) -> Option<i64> {
    let moment = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    Some(moment.unix_timestamp().saturating_mul(1000))
}

/// The first moment of a day written `yyyy-MM-dd` in GMT+8.
pub(crate) fn read_china_day(text: &str) -> Option<i64> {
    let day = time::Date::parse(text, CHINA_DAY).ok()?;
    Some(day.midnight().assume_offset(offset!(+8)).unix_timestamp().saturating_mul(1000))
}

/// The next midnight in GMT+8 after the given moment.
pub(crate) fn next_china_midnight(moment_ms: i64) -> i64 {
    const DAY_MS: i64 = 86_400_000;
    const OFFSET_MS: i64 = 8 * 3_600_000;
    let local = moment_ms.saturating_add(OFFSET_MS);
    local - local.rem_euclid(DAY_MS) + DAY_MS - OFFSET_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_china_time_and_read_back() {
        let moment = read_china_text("2023-12-21 06:54:37").expect("a moment");
        assert_eq!(moment, 1_703_112_877_000);
        assert_eq!(china_text(moment), "2023-12-21 06:54:37");
        assert_eq!(rfc3339(moment + 999), "2023-12-21T06:54:37+08:00");
        assert_eq!(read_rfc3339("2023-12-20T22:54:37Z"), Some(moment));
        assert_eq!(china_day(moment), "2023-12-21");
        assert_eq!(china_text(next_china_midnight(moment)), "2023-12-22 00:00:00");
        assert_eq!(china_text(next_china_midnight(next_china_midnight(moment))), "2023-12-23 00:00:00");
    }

    #[test]
    fn speed_shortens_durations_and_leaves_stamps_alone() {
        let clock = Clock::new(20);
        assert_eq!(clock.lasts_ms(Duration::from_secs(7200)), 360_000);
        assert_eq!(Clock::new(0).lasts_ms(Duration::from_secs(1)), 1000);
    }
}
