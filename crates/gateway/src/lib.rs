//! Alipay (classic OpenAPI, RSA2) and WeChat Pay (API v3, Native) spoken as a merchant.
//!
//! [`Channel`] is what the shop asks of either. Three rules hold for every answer it gives:
//! - nothing is believed that was not verified under a key chosen by configuration;
//! - a question that failed is [`Error::Unknown`], never a failed payment;
//! - an answer about another merchant order number than the one asked for is not an answer.
//!
//! Time is a parameter ([`NowS`]) and so is the HTTP client ([`Http`]); this crate keeps no state that survives a restart.
#![deny(missing_docs)]
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic)]

mod alipay;
mod bill;
mod certificate;
mod channel;
mod china_time;
mod error;
mod http;
mod keyring;
mod keys;
mod notice;
mod secret;
mod standing;
mod wechat;

pub use alipay::{Alipay, AlipayConfig};
pub use bill::{BillKind, BillLine};
pub use channel::{Channel, Prepay, Refund};
pub use china_time::{NowS, china_day, china_day_begin};
pub use error::{Error, NoticeError, Refusal, SetupError};
pub use http::{Http, Limits};
pub use notice::{Notice, NoticeAnswer, NoticeKind, RawNotice};
pub use secret::Secret;
pub use standing::{CloseAnswer, RefundStanding, Standing};
pub use wechat::{Wechat, WechatConfig};
