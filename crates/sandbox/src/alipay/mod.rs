//! Alipay as a merchant sees it: the classic gateway and OpenAPI v3, face-to-face payment.

mod answer;
mod bill;
mod fields;
pub(crate) mod inspect;
mod money;
pub(crate) mod notice;
mod order;
mod params;
mod refund;
pub(crate) mod v3;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State as Shared};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sqlx::SqliteConnection;

use self::answer::{Dress, Outcome, Problem, Refusal, respond};
use self::fields::Ask;
use self::params::Params;
use crate::Sandbox;
use crate::books::BooksError;
use crate::clock::read_china_text;
use crate::faults::calls::{self, Spoiled};
use crate::trade::{Channel, State, Trade};

pub(crate) use self::bill::download as bill_file;

/// Requests further than this from our clock are refused (the document names no figure).
const STAMP_TOLERANCE_MS: i64 = 24 * 3_600_000;

/// After this a paid trade is finished and cannot be refunded (by contract; a year is common).
const REFUND_PERIOD: Duration = Duration::from_secs(365 * 86_400);

/// A method both protocol versions have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Precreate,
    Query,
    Cancel,
    Close,
    Refund,
    RefundQuery,
    BillUrl,
    CertDownload,
}

impl Call {
    fn of_method(method: &str) -> Option<Self> {
        Some(match method {
            "alipay.trade.precreate" => Self::Precreate,
            "alipay.trade.query" => Self::Query,
            "alipay.trade.cancel" => Self::Cancel,
            "alipay.trade.close" => Self::Close,
            "alipay.trade.refund" => Self::Refund,
            "alipay.trade.fastpay.refund.query" => Self::RefundQuery,
            "alipay.data.dataservice.bill.downloadurl.query" => Self::BillUrl,
            "alipay.open.app.alipaycert.download" => Self::CertDownload,
            _ => return None,
        })
    }

    /// The name by which faults mean this call.
    fn fault_name(self) -> &'static str {
        match self {
            Self::Precreate => "order",
            Self::Query => "query",
            Self::Cancel => "cancel",
            Self::Close => "close",
            Self::Refund => "refund",
            Self::RefundQuery => "refund_query",
            Self::BillUrl => "bill",
            Self::CertDownload => "certificates",
        }
    }
}

/// `GET|POST /gateway.do`
pub(crate) async fn gateway(Shared(sandbox): Shared<Arc<Sandbox>>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let params = Params::read(query.as_deref().unwrap_or_default(), &body);
    let mut dress = Dress {
        method: params.get("method"),
        charset: params.charset,
        certificate_mode: params.get("app_cert_sn").is_some(),
        signed: params.get("app_id").as_deref() == Some(sandbox.keys.numbers.app_id.as_str()),
        fault: None,
    };
    let (call, ask) = match admit(&sandbox, &params) {
        Ok(admitted) => admitted,
        Err(refusal) => return respond(&sandbox.keys, Err(refusal), &dress),
    };
    match perform(&sandbox, call, &ask).await {
        Ok(outcome) => {
            dress.fault = calls::answer_signature(&sandbox, Channel::Alipay, call.fault_name());
            respond(&sandbox.keys, outcome, &dress)
        }
        Err(Spoiled::Transport) => calls::bad_gateway(),
        Err(Spoiled::SystemError) => respond(&sandbox.keys, Err(Refusal::unavailable()), &dress),
        Err(Spoiled::RateLimited) => respond(&sandbox.keys, Err(Refusal::rate_limited()), &dress),
        Err(Spoiled::Refused) => {
            let refusal = Refusal::business("ACQ.ACCESS_FORBIDDEN", "无权限使用接口");
            respond(&sandbox.keys, Err(refusal), &dress)
        }
    }
}

/// Checks who asks and that the request is whole, before looking at what it asks for.
fn admit(sandbox: &Sandbox, params: &Params) -> Result<(Call, Ask), Refusal> {
    let numbers = &sandbox.keys.numbers;
    let needed = |name: &str, sub_code: &str| params.get(name).ok_or_else(|| Refusal::missing(sub_code));
    let app_id = needed("app_id", "isv.missing-app-id")?;
    if app_id != numbers.app_id {
        return Err(Refusal::illegal("isv.invalid-app-id", "无效的AppID参数"));
    }
    let method = needed("method", "isv.missing-method")?;
    let sign = needed("sign", "isv.missing-signature")?;
    let sign_type = needed("sign_type", "isv.missing-signature-type")?;
    let timestamp = needed("timestamp", "isv.missing-timestamp")?;
    let version = needed("version", "isv.missing-version")?;
    if !params.charset_known {
        return Err(Refusal::illegal("isv.invalid-charset", "字符集错误"));
    }
    if sign_type != "RSA2" {
        return Err(Refusal::illegal("isv.invalid-signature-type", "无效签名类型，应为RSA2"));
    }
    if version != "1.0" {
        return Err(Refusal::illegal("isv.invalid-version", "版本参数无效，应为1.0"));
    }
    if params.get("format").is_some_and(|format| !format.eq_ignore_ascii_case("json")) {
        return Err(Refusal::illegal("isv.invalid-format", "无效的数据格式，应为JSON"));
    }
    let now = sandbox.channel_now_ms(Channel::Alipay);
    if read_china_text(&timestamp).is_none_or(|moment| (moment - now).abs() > STAMP_TOLERANCE_MS) {
        return Err(Refusal::illegal("isv.invalid-timestamp", "非法的时间戳参数，应为yyyy-MM-dd HH:mm:ss（GMT+8）"));
    }
    let text = params.signed_bytes();
    if !sandbox.keys.app.verifies(&text, &sign) {
        let text = params.charset.decode(&text).replace('&', "&amp;");
        let hint = format!(
            "验签出错，请确认charset参数放在了URL查询字符串中且各参数值使用charset参数指示的字符集编码；建议检查签名字符串：{text}"
        );
        return Err(Refusal::illegal("isv.invalid-signature", hint));
    }
    if params.get("app_cert_sn").is_some_and(|sn| sn != numbers.app_cert_sn)
        || params.get("alipay_root_cert_sn").is_some_and(|sn| sn != numbers.alipay_root_cert_sn)
    {
        return Err(Refusal::illegal("isv.invalid-app-cert-sn", "应用公钥证书或支付宝根证书的SN不匹配"));
    }
    let call = Call::of_method(&method).ok_or_else(|| Refusal::illegal("isv.invalid-method", "不存在的方法名"))?;
    let biz = match params.get("biz_content") {
        None => Map::new(),
        Some(text) => serde_json::from_str(&text)
            .map_err(|_| Refusal::illegal("isv.invalid-parameter", "biz_content不是JSON对象"))?,
    };
    Ok((call, Ask { biz, notify_url: params.get("notify_url") }))
}

/// Does what an admitted call asks: faults before, the effect in one transaction, faults after.
async fn perform(sandbox: &Sandbox, call: Call, ask: &Ask) -> Result<Outcome, Spoiled> {
    if let Some(spoiled) = calls::before(sandbox, Channel::Alipay, call.fault_name()).await {
        return Err(spoiled);
    }
    let outcome = match effect(sandbox, call, ask).await {
        Ok(fields) => Ok(fields),
        Err(Problem::Refused(refusal)) => Err(refusal),
        Err(Problem::Books(error)) => {
            tracing::error!(%error, "a call to Alipay failed");
            return Err(Spoiled::SystemError);
        }
    };
    if matches!(call, Call::Cancel | Call::Close | Call::Refund) {
        sandbox.courier.notify_one();
    }
    match calls::after(sandbox, Channel::Alipay, call.fault_name()).await {
        Some(spoiled) => Err(spoiled),
        None => Ok(outcome),
    }
}

async fn effect(sandbox: &Sandbox, call: Call, ask: &Ask) -> Result<Map<String, Value>, Problem> {
    let mut books = sandbox.books.begin().await?;
    let outcome = match call {
        Call::Precreate => order::precreate(sandbox, &mut books, ask).await,
        Call::Query => order::query(sandbox, &mut books, ask).await,
        Call::Cancel => order::cancel(sandbox, &mut books, ask).await,
        Call::Close => order::close(sandbox, &mut books, ask).await,
        Call::Refund => refund::refund(sandbox, &mut books, ask).await,
        Call::RefundQuery => refund::query(sandbox, &mut books, ask).await,
        Call::BillUrl => bill::url(sandbox, &mut books, ask).await,
        Call::CertDownload => certificate(sandbox, ask).map_err(Problem::from),
    };
    // A refusal may have changed something too: closing before the scan makes the number worthless.
    if !matches!(outcome, Err(Problem::Books(_))) {
        books.commit().await.map_err(BooksError::from)?;
    }
    outcome
}

/// `alipay.open.app.alipaycert.download`
fn certificate(sandbox: &Sandbox, ask: &Ask) -> Result<Map<String, Value>, Refusal> {
    let wanted = ask.needed_text("alipay_cert_sn", 64)?;
    if wanted != sandbox.keys.numbers.alipay_cert_sn {
        return Err(Refusal::illegal("isv.invalid-parameter", "支付宝公钥证书SN不存在"));
    }
    let content = STANDARD.encode(&sandbox.keys.alipay_certificate);
    Ok(Map::from_iter([("alipay_cert_content".to_owned(), json!(content))]))
}

/// The trade's status on the wire. Meaningless before the scan, when there is no trade.
fn status(sandbox: &Sandbox, trade: &Trade) -> &'static str {
    match trade.state {
        State::Ordered | State::Scanned => "WAIT_BUYER_PAY",
        State::Closed | State::Void => "TRADE_CLOSED",
        State::Paid if trade.refunded_fen >= trade.paid_fen => "TRADE_CLOSED",
        State::Paid => {
            let until = trade.paid_ms.unwrap_or_default().saturating_add(sandbox.clock.lasts_ms(REFUND_PERIOD));
            if sandbox.clock.now_ms() > until { "TRADE_FINISHED" } else { "TRADE_SUCCESS" }
        }
    }
}

/// Closes a scanned trade because its last moment to pay has passed or the wallet refused its buyer.
pub(crate) async fn close_unpaid(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    mut trade: Trade,
) -> Result<Trade, BooksError> {
    order::close_now(sandbox, books, &mut trade).await?;
    Ok(trade)
}
