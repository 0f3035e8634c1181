//! Hearing a channel: a notice is verified, kept as it came, and followed by our own query. It is a reason to ask, never
//! evidence of money.

use crate::metrics::Hearing;
use crate::shop::Shop;
use crate::store::{Heard, StoreError};
use gateway::{Notice, NoticeError, NoticeKind, RawNotice};
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

impl NotTaken {
    /// What it counts as.
    pub(crate) const fn hearing(&self) -> Hearing {
        match self {
            NotTaken::Refused(_) => Hearing::Refused,
            NotTaken::NoChannel | NotTaken::Unknown(_) => Hearing::NotOurs,
            NotTaken::Store(_) => Hearing::NotKept,
        }
    }
}

impl Shop {
    /// Takes a notice: headers with lower-case names, and the body as it came. When this returns `Ok`, what follows from
    /// the notice is committed, and the channel may be told so.
    ///
    /// # Errors
    /// [`NotTaken`].
    #[tracing::instrument(name = "notice", skip_all, fields(%pay_type, order.id))]
    pub async fn take_notice(
        &self,
        pay_type: PayType,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<(), NotTaken> {
        let channel = self.channels.get(&pay_type).ok_or(NotTaken::NoChannel)?;
        let now = self.clock.now_s();
        let notice = channel.read_notice(&RawNotice { headers, body }, now)?;
        let Notice { pay_id, kind, notice_id, .. } = notice;
        let order_id = self.store.order_of_attempt(&pay_id).await?;
        let order_id = order_id.ok_or_else(|| NotTaken::Unknown(pay_id.clone()))?;
        tracing::Span::current().record("order.id", tracing::field::display(&order_id));
        let refund_id = match kind {
            NoticeKind::Refund { refund_id } => refund_id,
            NoticeKind::Payment | NoticeKind::Closed | NoticeKind::Other => None,
        };
        let body = String::from_utf8_lossy(body).into_owned();
        let heard = Heard { pay_type, notice_id, pay_id, refund_id, body };
        if self.store.keep_notice(&order_id, heard, now).await? {
            self.due.notify_one();
        }
        Ok(())
    }
}
