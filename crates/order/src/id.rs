//! Identifiers. Each kind is a type of its own, so that one can never be passed for another, and each is checked for
//! alphabet and length where it enters.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is not an identifier of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be {min} to {max} characters of 0-9 A-Z a-z _ -")]
pub struct IdError {
    /// The kind of identifier that was wanted.
    pub kind: &'static str,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a text as this identifier.
            ///
            /// # Errors
            /// [`IdError`] when alphabet or length do not fit.
            pub fn new(text: impl Into<String>) -> Result<$name, IdError> {
                let text = text.into();
                let fits = ($min..=$max).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
                if fits { Ok($name(text)) } else { Err(IdError { kind: $kind, min: $min, max: $max }) }
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<$name, IdError> {
                $name::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A live room. Chosen by the streamer, part of the room's link.
    RoomId, "a room id", 1..=40
);
id!(
    /// An item on a room's shelf.
    GoodsId, "a goods id", 1..=40
);
id!(
    /// A viewer, as the storefront knows them.
    ViewerId, "a viewer id", 1..=40
);
id!(
    /// Minted by the client and written to its disk before the params are sent; the same request id always gives the
    /// same order and the same answer.
    RequestId, "a request id", 16..=40
);
id!(
    /// An address in a viewer's book.
    AddressId, "an address id", 1..=40
);
id!(
    /// The promise to the viewer. Carries 96 random bits behind the time it was made, so it cannot be guessed.
    OrderId, "an order id", 20..=28
);
id!(
    /// One trade at one channel: the channel's merchant order number (`out_trade_no`), never reused. Both channels
    /// accept up to 32 characters of this alphabet (WeChat Pay, Native order, `out_trade_no`: 6 to 32).
    PayId, "a payment id", 6..=32
);
id!(
    /// Money going back for one attempt: `out_request_no` at Alipay, `out_refund_no` at WeChat Pay (64 characters).
    RefundId, "a refund id", 6..=64
);

/// Digits and capitals without I, L, O and U, which are misread (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Writes 128 bits as 26 characters that people can read aloud, most significant first.
#[must_use]
pub fn base32(mut bits: u128) -> String {
    let mut characters = ['0'; 26];
    for character in characters.iter_mut().rev() {
        let index = usize::try_from(bits & 31).unwrap_or_default();
        *character = char::from(ALPHABET[index]);
        bits >>= 5_u32;
    }
    characters.into_iter().collect()
}

/// Puts a time (Unix seconds) before 96 of the random bits. What is made at about the same time then lies side by side in
/// a database, so that writing new rows costs as little among a million old ones as among none.
#[must_use]
pub fn timed(at: i64, bits: u128) -> u128 {
    (u128::from(at.unsigned_abs() & u64::from(u32::MAX)) << 96_u32) | (bits & (u128::MAX >> 32_u32))
}

impl OrderId {
    /// An order id from 128 bits; see [`timed`].
    #[must_use]
    pub fn from_bits(bits: u128) -> OrderId {
        OrderId(base32(bits))
    }

    /// The id of the order's `number`th attempt, counted from 1. Derived, so that a crash between choosing and writing
    /// cannot make a second number for the same attempt.
    #[must_use]
    pub fn attempt(&self, number: u32) -> PayId {
        PayId(format!("{}A{number}", self.0))
    }
}

impl RefundId {
    /// The number that takes this one's place when the channel has ended it for good. Derived, so that a crash cannot
    /// make a third.
    #[must_use]
    pub fn next(&self) -> RefundId {
        let numbered = self.0.rsplit_once('-').and_then(|(first, number)| Some((first, number.parse::<u32>().ok()?)));
        let (first, number) = numbered.unwrap_or((&self.0, 1));
        RefundId(format!("{first}-{}", number.saturating_add(1)))
    }
}

impl PayId {
    /// The id of the refund of the whole attempt. Derived from the attempt, so a retry can only ever be the same refund.
    #[must_use]
    pub fn whole_refund(&self) -> RefundId {
        RefundId(format!("{}R", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_timed_id_sorts_by_its_time_and_keeps_the_random_bits_behind_it() {
        let ids = [(1, u128::MAX), (2, 0), (1_800_000_000, 5), (1_800_000_001, 4)].map(|(at, bits)| timed(at, bits));
        assert!(ids.is_sorted() && ids.map(base32).is_sorted());
        assert_eq!(timed(7, u128::MAX), (7 << 96) | (u128::MAX >> 32));
        assert_ne!(timed(7, 1), timed(7, 2));
    }

    proptest! {
        #[test]
        fn different_bits_are_different_ids(a: u128, b: u128) {
            prop_assert_eq!(base32(a) == base32(b), a == b);
        }

        #[test]
        fn minted_ids_pass_their_own_check(bits: u128, number in 1..1000_u32) {
            let order = OrderId::from_bits(bits);
            prop_assert_eq!(OrderId::new(order.as_str()), Ok(order.clone()));
            let attempt = order.attempt(number);
            prop_assert_eq!(PayId::new(attempt.as_str()), Ok(attempt.clone()));
            let refund = attempt.whole_refund();
            prop_assert_eq!(RefundId::new(refund.as_str()), Ok(refund.clone()));
        }

        #[test]
        fn any_text_is_an_id_of_the_alphabet_or_refused(text in ".*") {
            if let Ok(id) = GoodsId::new(text.clone()) {
                prop_assert!(!text.is_empty() && text.len() <= 40 && text.is_ascii());
                prop_assert_eq!(id.as_str(), text);
            }
        }
    }

    #[test]
    fn a_refund_number_that_is_used_up_has_a_next_one() {
        let first = OrderId::from_bits(1).attempt(1).whole_refund();
        let third = first.next().next();
        assert_eq!(third.as_str(), format!("{first}-3"));
        assert_eq!(RefundId::new(third.as_str()), Ok(third));
    }

    #[test]
    fn every_one_of_the_128_bits_is_in_the_id() {
        let ids: std::collections::HashSet<String> = (0..128).map(|bit| base32(1 << bit)).collect();
        assert_eq!((ids.len(), ids.contains(&base32(0))), (128, false));
        assert_eq!(base32(1), "00000000000000000000000001");
    }

    #[test]
    fn an_id_of_one_kind_says_what_it_must_be() {
        let error = PayId::new("short").unwrap_err();
        assert_eq!(error.to_string(), "a payment id must be 6 to 32 characters of 0-9 A-Z a-z _ -");
        assert!(GoodsId::new("../etc").is_err());
        assert!(GoodsId::new("").is_err());
    }

    #[test]
    fn json_ids_are_checked_when_read() {
        assert!(serde_json::from_str::<GoodsId>("\"teapot-2\"").is_ok());
        assert!(serde_json::from_str::<GoodsId>("\"tea pot\"").is_err());
    }
}
