//! Answers and their signatures (WeChat Pay API v3, "how to verify signatures").

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::Sandbox;
use crate::books::BooksError;
use crate::faults::Fault;
use crate::faults::calls::{SignatureFault, answer_signature, probe};
use crate::random;
use crate::trade::Channel;

pub(crate) const SIGNATURE_TYPE: &str = "WECHATPAY2-SHA256-RSA2048";

/// An answer: status, body, and the result code at the end of `Request-ID`.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    result: u32,
    /// 401 answers of the payment paths have no `Request-ID`.
    with_request_id: bool,
}

/// Why a call has no good answer.
#[derive(Debug)]
pub(crate) enum Problem {
    Refused(Answer),
    Books(BooksError),
}

impl From<Answer> for Problem {
    fn from(answer: Answer) -> Self {
        Self::Refused(answer)
    }
}

impl From<BooksError> for Problem {
    fn from(error: BooksError) -> Self {
        Self::Books(error)
    }
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), result: 0, with_request_id: true }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: 204, body: None, result: 0, with_request_id: true }
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"code": code, "message": message});
        Self { status, body: Some(body), result: 268_435_461, with_request_id: true }
    }

    /// A field breaks a rule.
    pub(crate) fn param(value: Value, message: &str) -> Self {
        let body = json!({"code": "PARAM_ERROR", "detail": {"location": "body", "value": value}, "message": message});
        Self { status: 400, body: Some(body), result: 268_435_461, with_request_id: true }
    }

    pub(crate) fn coded(mut self, result: u32) -> Self {
        self.result = result;
        self
    }

    pub(crate) fn detailed(mut self, detail: Value) -> Self {
        if let Some(Value::Object(body)) = &mut self.body {
            body.insert("detail".to_owned(), detail);
        }
        self
    }

    pub(crate) fn without_request_id(mut self) -> Self {
        self.with_request_id = false;
        self
    }

    /// As answered before authentication: nobody signs.
    pub(crate) fn unsigned(self) -> Response {
        let text = self.text();
        self.respond(text, Vec::new())
    }

    /// As answered after authentication: every status is signed, also 204 and errors.
    pub(crate) fn signed(self, sandbox: &Sandbox, call: &str) -> Response {
        let text = self.text();
        let fault = answer_signature(sandbox, Channel::Wechat, call);
        let headers = signature_headers(sandbox, call, &text, fault);
        self.respond(text, headers)
    }

    fn text(&self) -> String {
        self.body.as_ref().map(Value::to_string).unwrap_or_default()
    }

    fn respond(self, text: String, signature: Vec<(&'static str, String)>) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let empty = text.is_empty();
        let mut response = (status, text).into_response();
        let headers = response.headers_mut();
        let mut put = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        put(header::CACHE_CONTROL, "no-cache, must-revalidate");
        put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        put(header::CONTENT_LANGUAGE, "zh-CN");
        if !empty {
            put(header::CONTENT_TYPE, "application/json; charset=utf-8");
        }
        if self.with_request_id {
            let id = hex::encode_upper(random::bytes::<20>());
            put(HeaderName::from_static("request-id"), &format!("{id}-{}", self.result));
        }
        for (name, value) in signature {
            put(HeaderName::from_static(name), &value);
        }
        if empty {
            response.headers_mut().remove(header::CONTENT_TYPE);
        }
        response
    }
}

/// The five headers of an answer or a notice. The signed text is `TIMESTAMP\nNONCE\nBODY\n`.
pub(crate) fn signature_headers(
    sandbox: &Sandbox,
    call: &str,
    body: &str,
    fault: Option<SignatureFault>,
) -> Vec<(&'static str, String)> {
    if fault == Some(SignatureFault::Missing) {
        return Vec::new();
    }
    let timestamp = sandbox.channel_now_ms(Channel::Wechat) / 1000;
    let nonce = random::nonce();
    let text = match fault {
        Some(SignatureFault::Wrong) => "another text".to_owned(),
        Some(SignatureFault::Probe | SignatureFault::Missing) | None => format!("{timestamp}\n{nonce}\n{body}\n"),
    };
    let keys = &sandbox.keys;
    let platform = |index: usize| keys.numbers.platform.get(index).map(|kept| kept.serial.clone()).unwrap_or_default();
    let fires = |fault| sandbox.faults.fire(Channel::Wechat, fault, call).is_some();
    let (signer, serial) = if fires(Fault::NextCertificateKey) {
        (&keys.next_platform, platform(1))
    } else if fires(Fault::CertificateKey) {
        (&keys.platform, platform(0))
    } else {
        (&keys.wechat, keys.numbers.public_key_id.clone())
    };
    let signature = if fault == Some(SignatureFault::Probe) { probe() } else { signer.sign(text.as_bytes()) };
    vec![
        ("wechatpay-nonce", nonce),
        ("wechatpay-serial", serial),
        ("wechatpay-signature", signature),
        ("wechatpay-signature-type", SIGNATURE_TYPE.to_owned()),
        ("wechatpay-timestamp", timestamp.to_string()),
    ]
}
