//! Alipay scan-to-pay (当面付), classic OpenAPI at `gateway.do`, signatures `RSA2`.
//!
//! Sources are named by method and section of Alipay's open platform documentation: `alipay.trade.precreate`, `.query`,
//! `.close`, `.cancel`, `.refund`, `alipay.trade.fastpay.refund.query`, and the guide to asynchronous notification.

mod answer;
mod bill;
mod call;
mod code;
mod keys;
mod notice;
mod refund;
mod trade;
#[cfg(test)]
mod vectors;

use crate::keys::SigningKey;
use crate::{
    BillLine, Channel, CloseAnswer, Error, Http, Notice, NoticeAnswer, NoticeError, NowS, Prepay, RawNotice, Refund,
};
use crate::{RefundStanding, SetupError, Standing, http};
use async_trait::async_trait;
use keys::AlipayKeys;
use order::{Merchant, PayId, PayType, RefundId};
use serde::Deserialize;
use std::path::PathBuf;

/// What is needed to collect money through Alipay.
#[derive(Clone, Debug, Deserialize)]
pub struct AlipayConfig {
    /// The gateway's address: `https://openapi.alipay.com/gateway.do`, or a sandbox's.
    pub gateway: String,
    /// The application's id.
    pub app_id: String,
    /// The merchant account's number, `2088` and 12 more digits.
    pub seller_id: String,
    /// File of the application's private key.
    pub app_private_key: PathBuf,
    /// Public-key mode: file of Alipay's public key, from the console's key page. Not the application's public key.
    pub alipay_public_key: Option<PathBuf>,
    /// Certificate mode: file of the application's certificate (`appCertPublicKey_….crt`).
    pub app_certificate: Option<PathBuf>,
    /// Certificate mode: file of Alipay's certificate (`alipayCertPublicKey_RSA2.crt`).
    pub alipay_certificate: Option<PathBuf>,
    /// Certificate mode: file of Alipay's root certificates (`alipayRootCert.crt`).
    pub alipay_root_certificate: Option<PathBuf>,
}

/// Alipay, spoken as one merchant's application.
pub struct Alipay {
    http: Http,
    now: NowS,
    gateway: reqwest::Url,
    merchant: Merchant,
    app_key: SigningKey,
    alipay_keys: AlipayKeys,
}

impl Alipay {
    /// Reads the keys and checks what can be checked without asking Alipay.
    ///
    /// # Errors
    /// [`SetupError`] names the setting and says what to do.
    pub fn new(config: AlipayConfig, http: Http, now: NowS) -> Result<Alipay, SetupError> {
        let gateway = http::base_url("alipay.gateway", &config.gateway)?;
        for (setting, value) in [("alipay.app_id", &config.app_id), ("alipay.seller_id", &config.seller_id)] {
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(SetupError::Invalid {
                    setting,
                    why: format!("{value:?} is not a number from Alipay's console"),
                });
            }
        }
        let app_key = SigningKey::read("alipay.app_private_key", &config.app_private_key)?;
        let alipay_keys = AlipayKeys::read(&config, &app_key)?;
        let merchant = Merchant { partner_id: config.seller_id, app_id: config.app_id };
        Ok(Alipay { http, now, gateway, merchant, app_key, alipay_keys })
    }
}

#[async_trait]
impl Channel for Alipay {
    fn pay_type(&self) -> PayType {
        PayType::Alipay
    }

    fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    async fn prepay(&self, request: &Prepay) -> Result<String, Error> {
        self.trade_precreate(request).await
    }

    async fn query(&self, pay_id: &PayId) -> Result<Standing, Error> {
        self.trade_query(pay_id).await
    }

    async fn close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        self.trade_close(pay_id).await
    }

    async fn refund(&self, request: &Refund) -> Result<RefundStanding, Error> {
        self.trade_refund(request).await
    }

    async fn refund_query(&self, pay_id: &PayId, refund_id: &RefundId) -> Result<RefundStanding, Error> {
        self.trade_refund_query(pay_id, refund_id, None).await
    }

    /// Alipay repeats a notice for 25 hours unchanged, so there is no freshness to check: a replay costs one query.
    fn read_notice(&self, notice: &RawNotice<'_>, _now_s: i64) -> Result<Notice, NoticeError> {
        self.trade_notice(notice)
    }

    async fn bill(&self, day: &str) -> Result<Vec<BillLine>, Error> {
        self.trade_bill(day).await
    }

    /// Only the seven bytes `success` count as received (asynchronous notification, "answer").
    fn notice_answer(&self, accepted: bool) -> NoticeAnswer {
        let (status, body) = if accepted { (200, "success") } else { (400, "fail") };
        NoticeAnswer { status, content_type: "text/plain; charset=utf-8", body }
    }
}
