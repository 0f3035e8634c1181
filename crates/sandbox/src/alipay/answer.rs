//! Answers of the classic gateway: one signed JSON object, HTTP 200 whatever happened.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::params::Charset;
use crate::books::BooksError;
use crate::faults::calls::{SignatureFault, probe};
use crate::keys::Keys;
use crate::random;

/// The channel's refusal of a call.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) sub_code: String,
    pub(crate) sub_msg: String,
    /// Fields a refusal carries besides, as real ones do.
    pub(crate) more: Box<Map<String, Value>>,
}

impl Refusal {
    fn new(code: &'static str, sub_code: &str, sub_msg: impl Into<String>) -> Self {
        Self { code, sub_code: sub_code.to_owned(), sub_msg: sub_msg.into(), more: Box::default() }
    }

    /// A business failure; what to do is in `sub_code`.
    pub(crate) fn business(sub_code: &str, sub_msg: impl Into<String>) -> Self {
        Self::new("40004", sub_code, sub_msg)
    }

    /// A business field is missing or wrong.
    pub(crate) fn invalid(field: &str, rule: &str) -> Self {
        Self::business("ACQ.INVALID_PARAMETER", format!("参数无效：{field} {rule}"))
    }

    pub(crate) fn missing(sub_code: &str) -> Self {
        Self::new("40001", sub_code, "缺少必选参数")
    }

    pub(crate) fn illegal(sub_code: &str, sub_msg: impl Into<String>) -> Self {
        Self::new("40002", sub_code, sub_msg)
    }

    pub(crate) fn rate_limited() -> Self {
        Self::new("40005", "isv.app-call-limited", "应用调用次数超限，包含调用频率超限")
    }

    /// The outcome is unknown.
    pub(crate) fn unavailable() -> Self {
        Self::new("20000", "isp.unknow-error", "系统繁忙")
    }

    fn msg(&self) -> &'static str {
        match self.code {
            "20000" => "Service Currently Unavailable",
            "40001" => "Missing Required Arguments",
            "40002" => "Invalid Arguments",
            "40005" => "Call Limited",
            _ => "Business Failed",
        }
    }
}

/// Why a call has no good answer.
#[derive(Debug)]
pub(crate) enum Problem {
    Refused(Refusal),
    Books(BooksError),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<BooksError> for Problem {
    fn from(error: BooksError) -> Self {
        Self::Books(error)
    }
}

/// What a call comes to.
pub(crate) type Outcome = Result<Map<String, Value>, Refusal>;

/// How an answer is to be dressed.
pub(crate) struct Dress {
    /// The method asked for; without one the root is `error_response`.
    pub(crate) method: Option<String>,
    pub(crate) charset: Charset,
    /// The request came in certificate mode.
    pub(crate) certificate_mode: bool,
    /// False when Alipay cannot tell who asks.
    pub(crate) signed: bool,
    pub(crate) fault: Option<SignatureFault>,
}

/// Signs and wraps an outcome.
///
/// The gateway writes `/` as `\/` and signs those bytes; root first, `sign` last and adjacent, compact: several
/// SDKs cut the signed text out of the raw answer by position.
pub(crate) fn respond(keys: &Keys, outcome: Outcome, dress: &Dress) -> Response {
    let mut body = Map::new();
    match outcome {
        Ok(fields) => {
            body.insert("code".to_owned(), json!("10000"));
            body.insert("msg".to_owned(), json!("Success"));
            body.extend(fields);
        }
        Err(refusal) => {
            body.insert("code".to_owned(), json!(refusal.code));
            body.insert("msg".to_owned(), json!(refusal.msg()));
            body.insert("sub_code".to_owned(), json!(refusal.sub_code));
            body.insert("sub_msg".to_owned(), json!(refusal.sub_msg));
            body.extend(*refusal.more);
        }
    }
    let root = dress.method.as_ref().map_or_else(
        || "error_response".to_owned(),
        |method| format!("{}_response", method.replace('.', "_").replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
    );
    let body = Value::Object(body).to_string().replace('/', "\\/");
    let body = dress.charset.encode(&body).into_owned();
    let mut text = format!("{{\"{root}\":").into_bytes();
    text.extend_from_slice(&body);
    if dress.certificate_mode {
        text.extend_from_slice(format!(",\"alipay_cert_sn\":\"{}\"", keys.numbers.alipay_cert_sn).as_bytes());
    }
    let sign = match dress.fault {
        _ if !dress.signed => None,
        Some(SignatureFault::Missing) => None,
        Some(SignatureFault::Probe) => Some(probe()),
        Some(SignatureFault::Wrong) => Some(keys.alipay.sign(b"another text")),
        None => Some(keys.alipay.sign(&body)),
    };
    if let Some(sign) = sign {
        text.extend_from_slice(format!(",\"sign\":\"{sign}\"").as_bytes());
    }
    text.push(b'}');
    let headers = [
        (header::CONTENT_TYPE, format!("text/html;charset={}", dress.charset.name())),
        (header::HeaderName::from_static("trace_id"), random::nonce()),
    ];
    (StatusCode::OK, headers, text).into_response()
}
