//! Hearing a channel: a notice is verified, kept as it came, and followed by our own query. It is a reason to ask, never
//! evidence of money.

use crate::shop::Shop;
use crate::store::StoreError;
use aws_lc_rs::digest::{SHA256, digest};
use gateway::{NoticeError, NoticeKind, RawNotice};
use order::{PayId, PayType};

/// Why a notice was not taken. Nothing was changed; the channel sends it again if it was its own.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The shop does not use this channel.
    #[error("the shop has no such channel")]
    NoChannel,
    /// It is not the channel's, or not for us.
    #[error(transparent)]
    Refused(#[from] NoticeError),
    /// It speaks of an attempt of somebody else.
    #[error("no attempt has the number {0}")]
    Unknown(PayId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Shop {
    /// Takes a notice: headers with lower-case names, and the body as it came. When this returns `Ok`, what follows from
    /// the notice is committed, and the channel may be told so.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn take_notice(
        &self,
        pay_type: PayType,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<(), NotTaken> {
        let channel = self.channels.get(&pay_type).ok_or(NotTaken::NoChannel)?;
        let now = self.clock.now_s();
        let notice = channel.read_notice(&RawNotice { headers, body }, now)?;
        let pay_id = notice.pay_id;
        let order_id = self.store.order_of_attempt(&pay_id).await?;
        let order_id = order_id.ok_or_else(|| NotTaken::Unknown(pay_id.clone()))?;
        let kept = hex::encode(digest(&SHA256, body));
        let text = String::from_utf8_lossy(body).into_owned();
        self.store.keep_notice(&order_id, &pay_id, pay_type, kept, text, now).await?;
        if let NoticeKind::Refund { refund_id: Some(refund_id) } = notice.kind {
            self.store.refund_now(&order_id, &refund_id, now).await?;
        }
        self.due.notify_one();
        Ok(())
    }
}
