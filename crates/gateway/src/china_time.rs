//! Times as the channels write them: both live in GMT+8, all year round.

use std::sync::Arc;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{OffsetDateTime, PrimitiveDateTime};

/// The clock: Unix seconds.
pub type NowS = Arc<dyn Fn() -> i64 + Send + Sync>;

const PLAIN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

fn local(unix_s: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(unix_s).ok()?.checked_to_offset(offset!(+8))
}

/// `yyyy-MM-dd HH:mm:ss` in GMT+8 (Alipay, common parameter `timestamp`). `None` for a time outside the years 0 to 9999.
pub(crate) fn plain(unix_s: i64) -> Option<String> {
    local(unix_s)?.format(PLAIN).ok()
}

/// Unix seconds of `yyyy-MM-dd HH:mm:ss[.SSS]` in GMT+8. Milliseconds are dropped.
pub(crate) fn from_plain(text: &str) -> Option<i64> {
    let seconds = text.split_once('.').map_or(text, |(seconds, _)| seconds);
    Some(PrimitiveDateTime::parse(seconds, PLAIN).ok()?.assume_offset(offset!(+8)).unix_timestamp())
}

/// The day (`yyyy-MM-dd`, GMT+8) that holds this moment, Unix seconds: the day whose bill lists it. `None` outside the
/// years 0 to 9999.
#[must_use]
pub fn china_day(unix_s: i64) -> Option<String> {
    plain(unix_s)?.split_once(' ').map(|(day, _)| day.to_owned())
}

/// When a day (`yyyy-MM-dd`, GMT+8) begins, Unix seconds. `None` when the text is no day.
#[must_use]
pub fn china_day_begin(day: &str) -> Option<i64> {
    if day.len() == 10 { from_plain(&format!("{day} 00:00:00")) } else { None }
}

/// RFC 3339 with `+08:00` and whole seconds (WeChat Pay, `time_expire`).
pub(crate) fn rfc3339(unix_s: i64) -> Option<String> {
    local(unix_s)?.format(&Rfc3339).ok()
}

/// Unix seconds of an RFC 3339 time.
pub(crate) fn from_rfc3339(text: &str) -> Option<i64> {
    Some(OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_channels_clocks_are_eight_hours_ahead_of_utc() {
        assert_eq!(plain(1_703_141_677).as_deref(), Some("2023-12-21 14:54:37"));
        assert_eq!(rfc3339(1_703_141_677).as_deref(), Some("2023-12-21T14:54:37+08:00"));
        assert_eq!(from_plain("2023-12-21 14:54:37.250"), Some(1_703_141_677));
        assert_eq!(from_rfc3339("2023-12-21T06:54:37Z"), Some(1_703_141_677));
        // 16:00 UTC is midnight there.
        assert_eq!(china_day(1_703_174_399).as_deref(), Some("2023-12-21"));
        assert_eq!(china_day(1_703_174_400).as_deref(), Some("2023-12-22"));
        assert_eq!(china_day_begin("2023-12-22"), Some(1_703_174_400));
        for wrong in ["2023-12-2", "2023-02-30", "2023-12-22 ", "22.12.2023", ""] {
            assert_eq!(china_day_begin(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_second_reads_back(unix_s in -60_000_000_000_i64..250_000_000_000) {
            if let Some(text) = plain(unix_s) {
                prop_assert_eq!(from_plain(&text), Some(unix_s));
            }
            if let Some(text) = rfc3339(unix_s) {
                prop_assert_eq!(from_rfc3339(&text), Some(unix_s));
            }
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = (from_plain(&text), from_rfc3339(&text));
        }
    }
}
