//! The one thing the shop knows of a channel.

use crate::{BillLine, CloseAnswer, Error, Notice, NoticeAnswer, NoticeError, RawNotice, RefundStanding, Standing};
use async_trait::async_trait;
use order::{Fen, Merchant, PayId, PayType, RefundId};

/// One channel spoken as a merchant. Nothing here has a default body: a channel that forgot to verify does not compile.
#[async_trait]
pub trait Channel: Send + Sync {
    /// The payment type this channel collects.
    fn pay_type(&self) -> PayType;

    /// Who receives the money.
    fn merchant(&self) -> &Merchant;

    /// Asks for a payment string. Under the same `pay_id` with the same arguments it may be repeated: the channel makes
    /// one trade. At WeChat Pay each answer outdates the payment string before it.
    ///
    /// # Errors
    /// [`Error`]; after [`Error::Unknown`] the trade may exist.
    async fn prepay(&self, request: &Prepay) -> Result<String, Error>;

    /// Asks where a trade stands.
    ///
    /// # Errors
    /// [`Error`]; none says anything about the payment.
    async fn query(&self, pay_id: &PayId) -> Result<Standing, Error>;

    /// Ends a trade so that it can no longer be paid. May be repeated.
    ///
    /// # Errors
    /// [`Error`]; after [`Error::Unknown`] it may be closed, or paid.
    async fn close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error>;

    /// Sends money back. Under the same `refund_id` and amount it may be repeated: the channel pays once.
    ///
    /// # Errors
    /// [`Error`]; after [`Error::Unknown`] the money may have gone.
    async fn refund(&self, request: &Refund) -> Result<RefundStanding, Error>;

    /// Asks where a refund stands.
    ///
    /// # Errors
    /// [`Error`]; none says anything about the refund.
    async fn refund_query(&self, pay_id: &PayId, refund_id: &RefundId) -> Result<RefundStanding, Error>;

    /// Verifies a notice and says which attempt it speaks of. `now_s` is Unix seconds.
    ///
    /// # Errors
    /// [`NoticeError`]: refuse the notice, act on nothing in it.
    fn read_notice(&self, notice: &RawNotice<'_>, now_s: i64) -> Result<Notice, NoticeError>;

    /// What to answer a notice: `accepted` once its consequence is committed, or not at all.
    fn notice_answer(&self, accepted: bool) -> NoticeAnswer;

    /// What the channel booked on a day (`yyyy-MM-dd`, GMT+8): ready by 10:00 of the next day. Empty when it says that
    /// there was nothing.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Busy`] while the bill is being made, [`Error::Unknown`] when it cannot be fetched, verified or
    /// understood to its last line.
    async fn bill(&self, day: &str) -> Result<Vec<BillLine>, Error>;
}

/// A wish for a payment string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepay {
    /// The attempt: merchant order number.
    pub pay_id: PayId,
    /// What is to be paid.
    pub amount: Fen,
    /// What the payer reads. Characters the channel refuses are replaced or dropped, and it is cut to length.
    pub subject: String,
    /// The last moment to pay, Unix seconds (`time_expire`).
    pub expires_at_s: i64,
    /// Where the channel sends its notices.
    pub notify_url: String,
}

/// A wish to send money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The paid attempt.
    pub pay_id: PayId,
    /// This refund's number, kept for every repetition.
    pub refund_id: RefundId,
    /// What goes back.
    pub amount: Fen,
    /// What the attempt was paid with.
    pub total: Fen,
    /// What the payer reads.
    pub reason: String,
    /// Where WeChat Pay sends its notices. Alipay uses the payment's.
    pub notify_url: String,
}
