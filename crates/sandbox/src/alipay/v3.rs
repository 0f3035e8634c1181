//! OpenAPI v3: the same methods over REST, signed in headers (Alipay open platform, "OpenAPI v3").

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::fields::Ask;
use super::{Call, perform};
use crate::faults::calls::{self, SignatureFault, Spoiled};
use crate::server::BODY_LIMIT;
use crate::trade::Channel;
use crate::{Sandbox, form, random};

const SCHEME: &str = "ALIPAY-SHA256withRSA ";

/// As the classic gateway: a day either way unless the request names a shorter life.
const STAMP_TOLERANCE_MS: i64 = super::STAMP_TOLERANCE_MS;

pub(super) fn route(method: &Method, path: &str) -> Result<Call, StatusCode> {
    let (verbs, call) = match path.strip_prefix("/v3/alipay/").unwrap_or_default() {
        "trade/precreate" => ([Method::POST, Method::POST], Call::Precreate),
        // Older documents ask with GET, today's with POST.
        "trade/query" => ([Method::POST, Method::GET], Call::Query),
        "trade/cancel" => ([Method::POST, Method::POST], Call::Cancel),
        "trade/close" => ([Method::POST, Method::POST], Call::Close),
        "trade/refund" => ([Method::POST, Method::POST], Call::Refund),
        "trade/fastpay/refund/query" => ([Method::POST, Method::POST], Call::RefundQuery),
        "data/dataservice/bill/downloadurl/query" => ([Method::GET, Method::GET], Call::BillUrl),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    if verbs.contains(method) { Ok(call) } else { Err(StatusCode::METHOD_NOT_ALLOWED) }
}

/// Every address under `/v3/alipay/`.
pub(crate) async fn call(Shared(sandbox): Shared<Arc<Sandbox>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let call = match route(&parts.method, parts.uri.path()) {
        Ok(call) => call,
        Err(status) => {
            let body = json!({"code": "invalid-method", "message": "不存在的方法名"});
            return dressed(&sandbox, status, &body, None);
        }
    };
    let ask = match admit(&sandbox, &parts, &body).and_then(|()| read(&parts, &body)) {
        Ok(ask) => ask,
        Err(refusal) => return refused(&sandbox, &refusal, None),
    };
    let outcome = perform(&sandbox, call, &ask).await;
    let fault = calls::answer_signature(&sandbox, Channel::Alipay, call.fault_name());
    match outcome {
        Ok(Ok(fields)) => dressed(&sandbox, StatusCode::OK, &Value::Object(fields), fault),
        Ok(Err(refusal)) => refused(&sandbox, &refusal, fault),
        Err(Spoiled::Transport) => calls::bad_gateway(),
        Err(Spoiled::SystemError) => refused(&sandbox, &Refusal::unavailable(), fault),
        Err(Spoiled::RateLimited) => refused(&sandbox, &Refusal::rate_limited(), fault),
        Err(Spoiled::Refused) => refused(&sandbox, &Refusal::business("ACQ.ACCESS_FORBIDDEN", "无权限使用接口"), fault),
    }
}

/// Checks who asks. The text between the scheme and `,sign=` is signed as it stands.
fn admit(sandbox: &Sandbox, parts: &Parts, body: &[u8]) -> Result<(), Refusal> {
    let authorization = text(&parts.headers, header::AUTHORIZATION.as_str());
    let (claim, sign) = claimed(&authorization).ok_or_else(|| Refusal::missing("isv.missing-signature"))?;
    let value = |name: &str| claim.split(',').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    let app_id = value("app_id").ok_or_else(|| Refusal::missing("isv.missing-app-id"))?;
    if app_id != sandbox.keys.numbers.app_id {
        return Err(Refusal::illegal("isv.invalid-app-id", "无效的AppID参数"));
    }
    let stamp = value("timestamp").ok_or_else(|| Refusal::missing("isv.missing-timestamp"))?;
    let life_ms = match value("expired_seconds").map(str::parse::<i64>) {
        Some(Ok(seconds)) => seconds.saturating_mul(1000).min(STAMP_TOLERANCE_MS),
        Some(Err(_)) | None => STAMP_TOLERANCE_MS,
    };
    let now = sandbox.channel_now_ms(Channel::Alipay);
    if !stamp.parse::<i64>().is_ok_and(|stamp| stamp.saturating_sub(now).saturating_abs() <= life_ms) {
        return Err(Refusal::illegal("isv.invalid-timestamp", "非法的时间戳参数，应为毫秒"));
    }
    let signed = signed_text(claim, parts, body);
    if sandbox.keys.app.verifies(&signed, sign) {
        return Ok(());
    }
    Err(Refusal::illegal(
        "isv.invalid-signature",
        format!("验签出错，签名字符串：{}", String::from_utf8_lossy(&signed)),
    ))
}

/// What the header claims, and its signature.
pub(super) fn claimed(authorization: &str) -> Option<(&str, &str)> {
    authorization.strip_prefix(SCHEME)?.rsplit_once(",sign=")
}

/// The text that has to be signed.
pub(super) fn signed_text(claim: &str, parts: &Parts, body: &[u8]) -> Vec<u8> {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut signed = format!("{claim}\n{}\n{target}\n", parts.method).into_bytes();
    signed.extend_from_slice(body);
    signed.push(b'\n');
    let token = text(&parts.headers, "alipay-app-auth-token");
    if !token.is_empty() {
        signed.extend_from_slice(token.as_bytes());
        signed.push(b'\n');
    }
    signed
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The business fields: a JSON body, or the query of a GET.
fn read(parts: &Parts, body: &[u8]) -> Result<Ask, Refusal> {
    let mut biz: Map<String, Value> = if body.is_empty() {
        let plain = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        form::pairs(parts.uri.query().unwrap_or_default().as_bytes())
            .map(|(name, value)| (plain(name), json!(plain(value))))
            .collect()
    } else {
        serde_json::from_slice(body).map_err(|_| Refusal::illegal("isv.invalid-parameter", "请求正文不是JSON对象"))?
    };
    // Here the address for notices is a field like the others.
    let notify_url = match biz.shift_remove("notify_url") {
        Some(Value::String(url)) if !url.is_empty() => Some(url),
        Some(_) | None => None,
    };
    Ok(Ask { biz, notify_url })
}

fn refused(sandbox: &Sandbox, refusal: &Refusal, fault: Option<SignatureFault>) -> Response {
    let code = refusal.sub_code.trim_start_matches("isv.").trim_start_matches("isp.");
    let status = match (refusal.code, code) {
        ("20000", _) => StatusCode::INTERNAL_SERVER_ERROR,
        ("40005", _) => StatusCode::TOO_MANY_REQUESTS,
        (_, "invalid-signature" | "missing-signature") => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    dressed(sandbox, status, &json!({"code": code, "message": refusal.sub_msg}), fault)
}

/// Signs `timestamp LF nonce LF body LF`.
fn dressed(sandbox: &Sandbox, status: StatusCode, body: &Value, fault: Option<SignatureFault>) -> Response {
    let body = body.to_string();
    let timestamp = sandbox.channel_now_ms(Channel::Alipay).to_string();
    let nonce = random::nonce();
    let signature = match fault {
        None => sandbox.keys.alipay.sign(format!("{timestamp}\n{nonce}\n{body}\n").as_bytes()),
        Some(SignatureFault::Wrong) => sandbox.keys.alipay.sign(b"another text"),
        Some(SignatureFault::Probe) => calls::probe(),
        Some(SignatureFault::Missing) => String::new(),
    };
    let mut response = (status, [(header::CONTENT_TYPE, "application/json;charset=utf-8")], body).into_response();
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(value)) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("alipay-timestamp", &timestamp);
    put("alipay-nonce", &nonce);
    put("alipay-signature", &signature);
    put("alipay-sn", &sandbox.keys.numbers.alipay_cert_sn);
    put("alipay-trace-id", &random::nonce());
    response
}
