//! Payment and refund notices.

use super::Wechat;
use super::answer::{Signed, Unproven};
use super::resource::Resource;
use super::trade::Transaction;
use crate::{Notice, NoticeError, NoticeKind, RawNotice};
use order::{PayId, RefundId};
use serde::Deserialize;

#[derive(Deserialize)]
struct Envelope {
    id: String,
    event_type: String,
    resource: Resource,
}

/// What every plaintext of ours names: refunds carry no `appid`, payments no `out_refund_no`.
#[derive(Deserialize)]
struct About {
    mchid: String,
    appid: Option<String>,
    out_trade_no: String,
    out_refund_no: Option<String>,
}

fn malformed(what: &str) -> NoticeError {
    NoticeError::Malformed(what.to_owned())
}

impl Wechat {
    pub(super) fn trade_notice(&self, notice: &RawNotice<'_>, now_s: i64) -> Result<Notice, NoticeError> {
        let signed = Signed::from_headers(|name| notice.header(name)).ok_or(NoticeError::BadSignature)?;
        signed.check_fresh(now_s).and_then(|()| self.keys.verify(&signed, notice.body)).map_err(|unproven| {
            match unproven {
                Unproven::BadSignature => NoticeError::BadSignature,
                Unproven::UnknownKey => NoticeError::UnknownKey { serial: signed.serial.to_owned() },
                Unproven::Stale => NoticeError::Stale,
            }
        })?;
        let envelope: Envelope =
            serde_json::from_slice(notice.body).map_err(|error| NoticeError::Malformed(error.to_string()))?;
        let plaintext = self.resource_key.open(&envelope.resource).map_err(malformed)?;
        self.read_verified(envelope, &plaintext, now_s)
    }

    fn read_verified(&self, envelope: Envelope, plaintext: &[u8], now_s: i64) -> Result<Notice, NoticeError> {
        let trade_event = ["TRANSACTION.", "REFUND."].iter().any(|start| envelope.event_type.starts_with(start));
        if !trade_event {
            return Err(NoticeError::NotOurs);
        }
        let about: About =
            serde_json::from_slice(plaintext).map_err(|error| NoticeError::Malformed(error.to_string()))?;
        let is_payment = envelope.event_type == "TRANSACTION.SUCCESS";
        let ours = about.mchid == self.merchant.partner_id
            && about.appid.as_ref().map_or(!is_payment, |appid| *appid == self.merchant.app_id);
        if !ours {
            return Err(NoticeError::NotOurs);
        }
        // A number of another form was made by another system of the same merchant.
        let pay_id = PayId::new(about.out_trade_no).map_err(|_| NoticeError::NotOurs)?;
        let kind = if is_payment {
            NoticeKind::Payment
        } else if envelope.event_type.starts_with("REFUND.") {
            NoticeKind::Refund { refund_id: about.out_refund_no.and_then(|text| RefundId::new(text).ok()) }
        } else {
            NoticeKind::Other
        };
        let payment = match kind {
            NoticeKind::Payment => serde_json::from_slice::<Transaction>(plaintext)
                .ok()
                .filter(|transaction| transaction.trade_state == "SUCCESS")
                .and_then(|transaction| transaction.payment(&pay_id, now_s).ok()),
            NoticeKind::Refund { .. } | NoticeKind::Closed | NoticeKind::Other => None,
        };
        Ok(Notice { pay_id, kind, notice_id: envelope.id, payment })
    }
}
