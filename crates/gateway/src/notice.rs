//! What a channel tells us unasked.

use order::{PayId, Payment, RefundId};

/// A notice as it was received.
#[derive(Clone, Copy, Debug)]
pub struct RawNotice<'a> {
    /// Header names in lower case, with their values.
    pub headers: &'a [(String, String)],
    /// The body's bytes, untouched.
    pub body: &'a [u8],
}

impl<'a> RawNotice<'a> {
    /// A header's value; `None` when it is missing or there is more than one.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            (None, _) | (Some(_), Some(_)) => None,
        }
    }
}

/// A notice whose signature verified. It is a reason to query the attempt at once, never evidence of payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The attempt it speaks of.
    pub pay_id: PayId,
    /// What it reports.
    pub kind: NoticeKind,
    /// The channel's id of the notice, the same each time it is repeated (`notify_id`, `id`).
    pub notice_id: String,
    /// What it claims was paid, for the journal; `None` when it makes no complete claim.
    pub payment: Option<Payment>,
}

/// What a notice reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// A payment.
    Payment,
    /// A refund; which one, when the notice tells and the number is of our form.
    Refund {
        /// `out_biz_no`, `out_refund_no`.
        refund_id: Option<RefundId>,
    },
    /// A trade that can no longer be paid.
    Closed,
    /// Anything else about the attempt.
    Other,
}

/// The HTTP answer to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeAnswer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The exact body.
    pub body: &'static str,
}
