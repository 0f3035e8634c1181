//! Days as the channels count them: midnight to midnight in GMT+8, all year round.

use gateway::{china_day, china_day_begin};
use std::fmt;

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
/// Both channels have a day's bill ready by 10:00 of the next.
const BILL_AFTER_S: i64 = DAY_S + 10 * HOUR_S;

/// One day of the channels' calendar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// Unix seconds. First, because it is what days are ordered by.
    begin_s: i64,
    text: String,
}

/// A text that is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a day; write it as 2026-01-31")]
pub struct NotADay(String);

impl Day {
    /// Reads `yyyy-MM-dd`.
    ///
    /// # Errors
    /// [`NotADay`].
    pub fn parse(text: &str) -> Result<Day, NotADay> {
        let begin_s = china_day_begin(text).ok_or_else(|| NotADay(text.to_owned()))?;
        Ok(Day { begin_s, text: text.to_owned() })
    }

    /// The day that holds this moment, Unix seconds. `None` outside the years 0 to 9999.
    #[must_use]
    pub fn of(unix_s: i64) -> Option<Day> {
        let text = china_day(unix_s)?;
        Some(Day { begin_s: china_day_begin(&text)?, text })
    }

    /// So many days later, or earlier.
    #[must_use]
    pub fn plus(&self, days: i64) -> Option<Day> {
        Day::of(self.begin_s.saturating_add(days.saturating_mul(DAY_S)))
    }

    /// `yyyy-MM-dd`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its first moment, Unix seconds.
    #[must_use]
    pub fn begin_s(&self) -> i64 {
        self.begin_s
    }

    /// The first moment of the next day, Unix seconds.
    #[must_use]
    pub fn end_s(&self) -> i64 {
        self.begin_s.saturating_add(DAY_S)
    }

    /// When its bill is ready, Unix seconds.
    #[must_use]
    pub fn bill_at_s(&self) -> i64 {
        self.begin_s.saturating_add(BILL_AFTER_S)
    }

    /// When its bill is read again, for lines that came late, Unix seconds.
    #[must_use]
    pub fn late_bill_at_s(&self) -> i64 {
        self.bill_at_s().saturating_add(DAY_S)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_china_and_its_bill_is_ready_at_ten() {
        let day = Day::parse("2023-12-22").unwrap();
        assert_eq!((day.begin_s(), day.end_s()), (1_703_174_400, 1_703_260_800));
        assert_eq!((day.bill_at_s(), day.late_bill_at_s()), (1_703_296_800, 1_703_383_200));
        assert_eq!(Day::of(1_703_174_400), Some(day.clone()));
        assert_eq!(Day::of(1_703_260_799), Some(day.clone()));
        assert_eq!(day.plus(10).unwrap().as_str(), "2024-01-01");
        assert!(day < day.plus(1).unwrap());
        assert_eq!(
            Day::parse("yesterday").unwrap_err().to_string(),
            "\"yesterday\" is not a day; write it as 2026-01-31"
        );
    }
}
