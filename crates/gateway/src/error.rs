//! What can go wrong, sorted by what to do next.

use std::path::PathBuf;

/// Why a call to a channel gave no standing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The outcome is unknown: unreachable, too slow, a server error, or an answer that could not be verified. Make the
    /// same call again with the same numbers; never conclude that it failed.
    #[error("outcome unknown: {why}")]
    Unknown {
        /// For logs and operators.
        why: String,
    },
    /// Our configuration, key or parameters are wrong. Nothing was done; a person must act before the call is repeated.
    #[error("check {setting}: {why}")]
    Ours {
        /// The setting to look at, as it is named in the configuration (`alipay.app_id`), or `parameters` for a request
        /// the channel finds malformed, or `clock`.
        setting: &'static str,
        /// For logs and operators.
        why: String,
    },
    /// The channel refused, for certain.
    #[error("refused ({code}): {why}")]
    Refused {
        /// What the refusal means for the shop.
        refusal: Refusal,
        /// The channel's own code (`sub_code`, `code`), or `before sending` when the channel was not asked.
        code: String,
        /// The channel's words. Never branch on them.
        why: String,
    },
    /// Too many calls. Nothing was done; repeat the same call after the pause.
    #[error("the channel is busy; repeat the call in {retry_after_s} s")]
    Busy {
        /// Seconds to wait, at least 1.
        retry_after_s: u32,
    },
}

impl Error {
    pub(crate) fn unknown(why: impl Into<String>) -> Error {
        Error::Unknown { why: why.into() }
    }

    pub(crate) fn ours(setting: &'static str, why: impl Into<String>) -> Error {
        Error::Ours { setting, why: why.into() }
    }

    pub(crate) fn before_sending(refusal: Refusal, why: impl Into<String>) -> Error {
        Error::Refused { refusal, code: "before sending".into(), why: why.into() }
    }
}

/// What a definite refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The trade under this number is paid. Query it.
    AlreadyPaid,
    /// The trade under this number is closed; it can never be paid.
    AlreadyClosed,
    /// The number was used before with other data.
    NumberUsed,
    /// Something about the payer or their account.
    BuyerOrAccount,
    /// The amount is outside what the channel collects in one payment.
    AmountLimit,
    /// The merchant's own limits or status; a person must act.
    SellerLimit,
    /// The text shown to the payer holds a forbidden word.
    TextNotAllowed,
    /// The merchant's balance does not cover the refund: top up, then the same refund again.
    NotEnoughBalance,
    /// More than what is left of the payment.
    RefundTooMuch,
    /// The contract's refund period is over.
    RefundPeriodOver,
    /// There is no paid trade under this number that could be refunded.
    NotPaid,
    /// Anything else; the code says what.
    Other,
}

/// Why a notice is refused. Nothing of a refused notice may be acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// The signature is missing or wrong. WeChat Pay sends some on purpose, to see that they are refused.
    #[error("the notice's signature does not verify")]
    BadSignature,
    /// Signed under a key we do not hold.
    #[error("the notice is signed under an unknown key {serial:?}")]
    UnknownKey {
        /// `Wechatpay-Serial`, or `alipay_cert_sn`.
        serial: String,
    },
    /// Its timestamp is more than five minutes away from our clock: a replay, or our clock is wrong.
    #[error("the notice's timestamp is more than 5 minutes from this server's clock")]
    Stale,
    /// Verified, yet not understood; or so malformed that there is nothing to verify.
    #[error("the notice is malformed: {0}")]
    Malformed(String),
    /// Verified, but for another merchant, application or kind of business.
    #[error("the notice is not about an order of this merchant and application")]
    NotOurs,
}

/// Why a channel cannot be set up. Each names the setting and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A key or certificate file could not be read.
    #[error("{setting}: cannot read {}: {source}. Check the path and that this user may read the file", path.display())]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A private key file that others may read.
    #[error("{setting}: {} can be read by other users. Run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A file that holds no usable key or certificate.
    #[error("{setting}: {} {why}", path.display())]
    NotAKey {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong and what to put there.
        why: String,
    },
    /// A value that cannot be right.
    #[error("{setting}: {why}")]
    Invalid {
        /// The setting.
        setting: &'static str,
        /// What is wrong and what to put there.
        why: String,
    },
    /// The HTTP client could not be made.
    #[error("cannot set up the HTTP client: {0}")]
    Http(String),
}
