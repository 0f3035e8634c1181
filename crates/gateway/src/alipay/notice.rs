//! Asynchronous notification (`notify_type=trade_status_sync`).

use super::Alipay;
use super::call::text_to_sign;
use super::keys::Unproven;
use crate::{Notice, NoticeError, NoticeKind, RawNotice, china_time};
use order::{Fen, PayId, PayType, Payment, RefundId};
use std::collections::BTreeMap;

type Params = BTreeMap<String, String>;

/// Decodes the form, once: `+` is a space, `%2B` is a plus. A name that occurs twice is refused.
pub(super) fn params(body: &[u8]) -> Result<Params, NoticeError> {
    let mut params = Params::new();
    for (name, value) in form_urlencoded::parse(body) {
        if params.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(NoticeError::Malformed("a parameter occurs twice".into()));
        }
    }
    Ok(params)
}

/// The text a trade notice signs: everything received, known or not, but `sign`, `sign_type` and, in certificate mode,
/// the certificate's number.
pub(super) fn signed_text(params: &Params) -> String {
    let mut params = params.clone();
    for name in ["sign", "sign_type", "alipay_cert_sn"] {
        params.remove(name);
    }
    text_to_sign(&params)
}

impl Alipay {
    pub(super) fn trade_notice(&self, notice: &RawNotice<'_>) -> Result<Notice, NoticeError> {
        let params = params(notice.body)?;
        // The algorithm is ours to choose: a message that asks for RSA would be verified over SHA-1.
        let sign = params.get("sign").ok_or(NoticeError::BadSignature)?;
        if params.get("sign_type").map(String::as_str) != Some("RSA2") {
            return Err(NoticeError::BadSignature);
        }
        let serial = params.get("alipay_cert_sn").map(String::as_str);
        self.alipay_keys.verify_notice(serial, &signed_text(&params), sign).map_err(|unproven| match unproven {
            Unproven::BadSignature => NoticeError::BadSignature,
            Unproven::UnknownKey { serial } => NoticeError::UnknownKey { serial },
        })?;
        self.read_verified(&params)
    }

    fn read_verified(&self, params: &Params) -> Result<Notice, NoticeError> {
        let get = |name: &str| params.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let need = |name: &str| get(name).ok_or_else(|| NoticeError::Malformed(format!("{name} is missing")));
        if need("app_id")? != self.merchant.app_id || need("seller_id")? != self.merchant.partner_id {
            return Err(NoticeError::NotOurs);
        }
        // A number of another form was made by another system of the same merchant.
        let pay_id = PayId::new(need("out_trade_no")?).map_err(|_| NoticeError::NotOurs)?;
        let notice_id = need("notify_id")?.to_owned();
        let payment = self.claimed(&pay_id, params);
        let kind = match need("trade_status")? {
            // A partial refund reads TRADE_SUCCESS, a full one TRADE_CLOSED: what is told beside it decides.
            _ if get("refund_fee").is_some_and(|fee| Fen::from_yuan(fee) != Ok(Fen::ZERO))
                || get("gmt_refund").is_some() =>
            {
                NoticeKind::Refund { refund_id: get("out_biz_no").and_then(|text| RefundId::new(text).ok()) }
            }
            "TRADE_SUCCESS" | "TRADE_FINISHED" => NoticeKind::Payment,
            "TRADE_CLOSED" => NoticeKind::Closed,
            _ => NoticeKind::Other,
        };
        let payment = payment.filter(|_| kind == NoticeKind::Payment);
        Ok(Notice { pay_id, kind, notice_id, payment })
    }

    fn claimed(&self, pay_id: &PayId, params: &Params) -> Option<Payment> {
        let get = |name: &str| params.get(name).map(String::as_str).filter(|value| !value.is_empty());
        Some(Payment {
            pay_id: pay_id.clone(),
            pay_type: PayType::Alipay,
            merchant: self.merchant.clone(),
            amount: Fen::from_yuan(get("total_amount")?).ok()?,
            currency: "CNY".into(),
            channel_no: get("trade_no")?.to_owned(),
            paid_at: china_time::from_plain(get("gmt_payment")?)?,
        })
    }
}
