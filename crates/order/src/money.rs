//! Money: whole fen, nothing else.
//!
//! One yuan is 100 fen. WeChat Pay writes fen as integers (`amount.total`), Alipay writes yuan as text with two
//! decimals (`total_amount`). Both are converted here, exactly, and never pass through a floating point number.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of money in fen, from 0 to [`Fen::MAX`]. Arithmetic is checked: an amount that leaves the range is an
/// error to be handled, never a wrapped number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Fen(i64);

/// Why a number or a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Below zero, or above [`Fen::MAX`].
    #[error("an amount must lie between 0 and {} fen", Fen::MAX.0)]
    OutOfRange,
    /// Not yuan with at most two decimals, such as `12`, `12.3` or `12.30`.
    #[error("an amount in yuan is digits with at most two decimals, such as 12.30")]
    NotYuan,
}

impl Fen {
    /// No money.
    pub const ZERO: Fen = Fen(0);
    /// The largest amount either channel accepts: 100,000,000 yuan (Alipay, `alipay.trade.precreate`, `total_amount`).
    /// It is below 2^53, so the number survives JavaScript unchanged.
    pub const MAX: Fen = Fen(10_000_000_000);

    /// An amount from a number of fen.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] outside 0 to [`Fen::MAX`].
    pub const fn new(fen: i64) -> Result<Fen, MoneyError> {
        if fen < 0 || fen > Fen::MAX.0 { Err(MoneyError::OutOfRange) } else { Ok(Fen(fen)) }
    }

    /// The number of fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// `self + other`, or `None` past [`Fen::MAX`].
    #[must_use]
    pub fn plus(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).and_then(|sum| Fen::new(sum).ok())
    }

    /// `self - other`, or `None` below zero.
    #[must_use]
    pub fn minus(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).and_then(|rest| Fen::new(rest).ok())
    }

    /// The price of `quantity` pieces, or `None` past [`Fen::MAX`].
    #[must_use]
    pub fn times(self, quantity: u32) -> Option<Fen> {
        self.0.checked_mul(i64::from(quantity)).and_then(|sum| Fen::new(sum).ok())
    }

    /// Yuan with exactly two decimals, as Alipay writes amounts: `1230` fen is `12.30`.
    #[must_use]
    pub fn to_yuan(self) -> String {
        // Division and remainder by a constant cannot overflow.
        format!("{}.{:02}", self.0.div_euclid(100), self.0.rem_euclid(100))
    }

    /// Reads yuan: digits, and at most two decimals after a point. No sign, no exponent, no thousands mark.
    ///
    /// # Errors
    /// [`MoneyError::NotYuan`] for any other text, [`MoneyError::OutOfRange`] past [`Fen::MAX`].
    pub fn from_yuan(text: &str) -> Result<Fen, MoneyError> {
        let (yuan, decimals) = match text.split_once('.') {
            Some((_, "")) => return Err(MoneyError::NotYuan),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if yuan.is_empty() || !digits(yuan) || decimals.len() > 2 || !digits(decimals) {
            return Err(MoneyError::NotYuan);
        }
        // The text is digits only, so a failure to parse is a number too large, not a malformed one.
        let fen: i64 = format!("{yuan}{decimals:0<2}").parse().map_err(|_| MoneyError::OutOfRange)?;
        Fen::new(fen)
    }
}

impl TryFrom<i64> for Fen {
    type Error = MoneyError;

    fn try_from(fen: i64) -> Result<Fen, MoneyError> {
        Fen::new(fen)
    }
}

impl From<Fen> for i64 {
    fn from(amount: Fen) -> i64 {
        amount.0
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} fen", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn yuan_text_and_fen_are_the_same_amount(fen in 0..=Fen::MAX.0) {
            let amount = Fen::new(fen).unwrap();
            prop_assert_eq!(Fen::from_yuan(&amount.to_yuan()), Ok(amount));
        }

        #[test]
        fn any_text_is_an_amount_or_an_error_and_never_a_panic(text in ".*") {
            if let Ok(amount) = Fen::from_yuan(&text) {
                prop_assert!(amount <= Fen::MAX);
            }
        }

        #[test]
        fn sums_and_differences_undo_each_other(a in 0..=Fen::MAX.0, b in 0..=Fen::MAX.0) {
            let (a, b) = (Fen::new(a).unwrap(), Fen::new(b).unwrap());
            if let Some(sum) = a.plus(b) {
                prop_assert_eq!(sum.minus(b), Some(a));
            } else {
                prop_assert!(i128::from(a.0) + i128::from(b.0) > i128::from(Fen::MAX.0));
            }
        }
    }

    #[test]
    fn yuan_is_read_strictly() {
        for (text, expected) in [
            ("12.30", Ok(1230)),
            ("12.3", Ok(1230)),
            ("12", Ok(1200)),
            ("0.01", Ok(1)),
            ("100000000.00", Ok(10_000_000_000)),
            ("100000000.01", Err(MoneyError::OutOfRange)),
            ("99999999999999999999", Err(MoneyError::OutOfRange)),
            ("", Err(MoneyError::NotYuan)),
            (".5", Err(MoneyError::NotYuan)),
            ("5.", Err(MoneyError::NotYuan)),
            ("1.234", Err(MoneyError::NotYuan)),
            ("-1", Err(MoneyError::NotYuan)),
            ("1e3", Err(MoneyError::NotYuan)),
            ("１２", Err(MoneyError::NotYuan)),
            ("1,000", Err(MoneyError::NotYuan)),
        ] {
            assert_eq!(Fen::from_yuan(text).map(Fen::get), expected, "{text:?}");
        }
    }

    #[test]
    fn a_price_times_too_many_pieces_is_refused() {
        assert_eq!(Fen::new(1230).unwrap().times(3), Fen::new(3690).ok());
        assert_eq!(Fen::MAX.times(2), None);
    }
}
