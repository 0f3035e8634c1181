//! WeChat Pay API v3, Native pay (a code the payer scans), direct merchant.
//!
//! Sources are named by interface of WeChat Pay's merchant documentation (APIv3): Native order, query by merchant
//! number, close, refund, query refund, payment and refund notices, and the rules of signing.

mod answer;
mod bill;
mod call;
mod code;
mod keys;
mod notice;
mod refund;
mod resource;
mod trade;
#[cfg(test)]
mod vectors;

use crate::keys::SigningKey;
use crate::{
    BillLine, Channel, CloseAnswer, Error, Http, Notice, NoticeAnswer, NoticeError, NowS, Prepay, RawNotice, Refund,
};
use crate::{RefundStanding, Secret, SetupError, Standing, http};
use async_trait::async_trait;
use keys::WechatKeys;
use order::{Merchant, PayId, PayType, RefundId};
use resource::ResourceKey;
use serde::Deserialize;
use std::path::PathBuf;

/// What is needed to collect money through WeChat Pay.
#[derive(Clone, Debug, Deserialize)]
pub struct WechatConfig {
    /// `https://api.mch.weixin.qq.com`, or a sandbox's address; no path.
    pub base_url: String,
    /// Where to turn when no connection can be made there: `https://api2.mch.weixin.qq.com`, in another city.
    pub backup_url: Option<String>,
    /// The merchant's number.
    pub mchid: String,
    /// The application bound to it.
    pub appid: String,
    /// Serial number of the merchant's API certificate, 40 hexadecimal digits.
    pub merchant_serial: String,
    /// File of that certificate's private key (`apiclient_key.pem`).
    pub merchant_private_key: PathBuf,
    /// The APIv3 key: exactly 32 characters, set in the console. Without it WeChat Pay sends no notices.
    pub apiv3_key: Secret,
    /// The id of WeChat Pay's public key, `PUB_KEY_ID_` and digits.
    pub public_key_id: Option<String>,
    /// File of WeChat Pay's public key (`pub_key.pem`).
    pub public_key: Option<PathBuf>,
    /// File of a platform certificate, for merchants from before public keys. Newer ones are fetched by themselves; a
    /// merchant with neither this nor a public key starts with a fetched one.
    pub platform_certificate: Option<PathBuf>,
    /// The certificate's serial number; read from the certificate when it is not given.
    pub platform_serial: Option<String>,
}

/// WeChat Pay, spoken as one merchant.
pub struct Wechat {
    http: Http,
    now: NowS,
    /// The host, then the backup host.
    hosts: Vec<reqwest::Url>,
    merchant: Merchant,
    merchant_serial: String,
    merchant_key: SigningKey,
    resource_key: ResourceKey,
    keys: WechatKeys,
}

impl Wechat {
    /// Reads the keys and checks what can be checked without asking WeChat Pay.
    ///
    /// # Errors
    /// [`SetupError`] names the setting and says what to do.
    pub fn new(config: WechatConfig, http: Http, now: NowS) -> Result<Wechat, SetupError> {
        let mut hosts = vec![host("wechat.base_url", &config.base_url)?];
        if let Some(backup_url) = &config.backup_url {
            hosts.push(host("wechat.backup_url", backup_url)?);
        }
        for (setting, value) in [
            ("wechat.mchid", &config.mchid),
            ("wechat.appid", &config.appid),
            ("wechat.merchant_serial", &config.merchant_serial),
        ] {
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(SetupError::Invalid {
                    setting,
                    why: format!("{value:?} is not a number from the console"),
                });
            }
        }
        let merchant_key = SigningKey::read("wechat.merchant_private_key", &config.merchant_private_key)?;
        let keys = WechatKeys::read(&config, &merchant_key)?;
        Ok(Wechat {
            http,
            now,
            hosts,
            merchant: Merchant { partner_id: config.mchid, app_id: config.appid },
            merchant_serial: config.merchant_serial,
            merchant_key,
            resource_key: ResourceKey::new(&config.apiv3_key)?,
            keys,
        })
    }
}

fn host(setting: &'static str, text: &str) -> Result<reqwest::Url, SetupError> {
    let url = http::base_url(setting, text)?;
    if url.path() == "/" {
        return Ok(url);
    }
    Err(SetupError::Invalid { setting, why: format!("{text:?} must end after the host: paths are signed") })
}

#[async_trait]
impl Channel for Wechat {
    fn pay_type(&self) -> PayType {
        PayType::Wechat
    }

    fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    async fn prepay(&self, request: &Prepay) -> Result<String, Error> {
        self.native_order(request).await
    }

    async fn query(&self, pay_id: &PayId) -> Result<Standing, Error> {
        self.order_query(pay_id).await
    }

    async fn close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        self.order_close(pay_id).await
    }

    async fn refund(&self, request: &Refund) -> Result<RefundStanding, Error> {
        self.domestic_refund(request).await
    }

    async fn refund_query(&self, pay_id: &PayId, refund_id: &RefundId) -> Result<RefundStanding, Error> {
        self.domestic_refund_query(pay_id, refund_id).await
    }

    fn read_notice(&self, notice: &RawNotice<'_>, now_s: i64) -> Result<Notice, NoticeError> {
        self.trade_notice(notice, now_s)
    }

    async fn bill(&self, day: &str) -> Result<Vec<BillLine>, Error> {
        self.trade_bill(day).await
    }

    /// Only the status counts; the words are for whoever reads a log (payment notice, "answering").
    fn notice_answer(&self, accepted: bool) -> NoticeAnswer {
        let (status, body) = if accepted {
            (200, r#"{"code":"SUCCESS","message":"成功"}"#)
        } else {
            (400, r#"{"code":"FAIL","message":"not accepted"}"#)
        };
        NoticeAnswer { status, content_type: "application/json; charset=utf-8", body }
    }
}
