//! Verifying what WeChat Pay signed: answers and notices alike.

use crate::keys::VerifyingKey;

/// How far `Wechatpay-Timestamp` may be from our clock, either way ("signature verification": five minutes).
pub(super) const FRESH_S: u64 = 300;

/// The four signature headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signed<'a> {
    pub(super) timestamp: &'a str,
    pub(super) nonce: &'a str,
    pub(super) signature: &'a str,
    pub(super) serial: &'a str,
}

/// Why signature headers prove nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unproven {
    /// A header is missing, or the signature is wrong.
    BadSignature,
    /// The serial is not one of ours.
    UnknownKey,
    /// More than five minutes from our clock.
    Stale,
}

impl<'a> Signed<'a> {
    /// Takes the headers; `None` when one is missing or doubled.
    pub(super) fn from_headers(header: impl Fn(&str) -> Option<&'a str>) -> Option<Signed<'a>> {
        Some(Signed {
            timestamp: header("wechatpay-timestamp")?,
            nonce: header("wechatpay-nonce")?,
            signature: header("wechatpay-signature")?,
            serial: header("wechatpay-serial")?,
        })
    }

    /// Whether the timestamp is within five minutes of `now_s`.
    pub(super) fn check_fresh(&self, now_s: i64) -> Result<(), Unproven> {
        let timestamp: i64 = self.timestamp.parse().map_err(|_| Unproven::BadSignature)?;
        if timestamp.abs_diff(now_s) > FRESH_S { Err(Unproven::Stale) } else { Ok(()) }
    }

    /// Verifies `timestamp LF nonce LF body LF`.
    pub(super) fn verify(&self, key: &VerifyingKey, body: &[u8]) -> Result<(), Unproven> {
        let mut text = format!("{}\n{}\n", self.timestamp, self.nonce).into_bytes();
        text.extend_from_slice(body);
        text.push(b'\n');
        key.verify(&text, self.signature).map_err(|_| Unproven::BadSignature)
    }
}
