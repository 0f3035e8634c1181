//! What merchants have asked of the channels of late: `GET /calls` and the start page show it, so that somebody
//! whose signature is refused sees why. Kept in memory only, a bounded number, long texts cut, secrets left out.

pub(crate) mod signature;
mod text;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::{Value, json};

use self::signature::Signature;
use self::text::Censor;
use crate::clock::rfc3339;
use crate::faults;
use crate::happenings::{Happening, Kind};
use crate::server::BODY_LIMIT;
use crate::trade::Channel;
use crate::{Sandbox, alipay, wechat};

/// How many calls are kept.
const KEPT: usize = 100;

/// An answer longer than this (a bill) is not read.
const ANSWER_BYTES: u64 = 64 * 1024;

/// What a request says of itself.
pub(crate) struct Seen {
    /// The API's method, where the address does not tell it.
    pub(crate) operation: Option<String>,
    /// The merchant's number of the order, if one is named.
    pub(crate) out_trade_no: Option<String>,
    /// What it is to whoever watches, where it moves anything.
    pub(crate) what: Option<Kind>,
    /// What is to be paid or to go back, if it says.
    pub(crate) amount_fen: Option<i64>,
    /// The request's body as a person reads it.
    pub(crate) body: String,
    pub(crate) signature: Signature,
}

/// One call and what was answered.
#[derive(Debug, Clone, Serialize)]
struct Call {
    /// Counts up from 1 since the start.
    number: u64,
    at: String,
    channel: Channel,
    http_method: String,
    path: String,
    operation: Option<String>,
    out_trade_no: Option<String>,
    signature: Signature,
    request: String,
    /// None while there is no answer, and for good when the merchant hung up first.
    answer: Option<Answer>,
}

#[derive(Debug, Clone, Serialize)]
struct Answer {
    status: u16,
    /// The channel's result: its code, what it says besides, and where the order stands.
    result: String,
    body: String,
}

/// The latest calls, the oldest first.
#[derive(Default)]
pub(crate) struct Calls {
    kept: Mutex<(u64, VecDeque<Call>)>,
}

impl Calls {
    fn begin(&self, mut call: Call) -> u64 {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, calls) = &mut *kept;
        *number += 1;
        call.number = *number;
        if calls.len() == KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
        *number
    }

    fn end(&self, number: u64, answer: Answer) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = kept.1.iter_mut().rev().find(|call| call.number == number) {
            call.answer = Some(answer);
        }
    }

    fn newest_first(&self) -> Vec<Call> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.iter().rev().cloned().collect()
    }
}

/// `GET /calls`: the latest calls, the newest first.
pub(crate) async fn list(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let headers = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")];
    (headers, Json(json!({"calls": sandbox.calls.newest_first()}))).into_response()
}

/// Stands before the channels' addresses and writes down every call. It is written down before it is carried out:
/// one that never gets an answer is there too.
pub(crate) async fn record(State(sandbox): State<Arc<Sandbox>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let censor = Censor::new(&sandbox.keys.numbers.apiv3_key);
    let channel = channel_of(parts.uri.path());
    let seen = seen(&sandbox, channel, &parts, &body);
    let happening = happening(channel, &seen);
    let number = sandbox.calls.begin(written_down(&sandbox, &censor, channel, &parts, seen));
    let (response, fired) = faults::noting(next.run(Request::from_parts(parts, Body::from(body)))).await;
    if let Some(happening) = happening {
        let fault = fired.first().copied();
        sandbox.happenings.add(sandbox.clock.now_ms(), Happening { fault, ..happening });
    }
    let (parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    let length = body.size_hint().exact();
    if length.is_none_or(|length| length > ANSWER_BYTES) {
        sandbox.calls.end(number, Answer { status, result: String::new(), body: String::new() });
        return Response::from_parts(parts, body);
    }
    let body = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    let result = censor.show(&result(channel, &body));
    let answer = Answer { status, result, body: censor.show(&String::from_utf8_lossy(&body)) };
    sandbox.calls.end(number, answer);
    Response::from_parts(parts, Body::from(body))
}

fn channel_of(path: &str) -> Channel {
    let alipay = path == "/gateway.do" || path.starts_with("/v3/alipay/") || path == "/bill/alipay";
    if alipay { Channel::Alipay } else { Channel::Wechat }
}

fn seen(sandbox: &Sandbox, channel: Channel, parts: &Parts, body: &Bytes) -> Seen {
    match (channel, parts.uri.path()) {
        (Channel::Alipay, "/bill/alipay") => Seen {
            operation: None,
            out_trade_no: None,
            what: None,
            amount_fen: None,
            body: String::new(),
            signature: Signature::not_needed(),
        },
        (Channel::Alipay, _) => alipay::inspect::inspect(sandbox, parts, body),
        (Channel::Wechat, _) => wechat::inspect::inspect(sandbox, parts, body),
    }
}

/// What the call is to whoever watches, if the merchant signed it.
fn happening(channel: Channel, seen: &Seen) -> Option<Happening> {
    let what = seen.what.filter(|_| seen.signature.state == signature::State::Good)?;
    let (out_trade_no, amount_fen) = (seen.out_trade_no.clone(), seen.amount_fen);
    Some(Happening { what, channel, out_trade_no, amount_fen, fault: None })
}

fn written_down(sandbox: &Sandbox, censor: &Censor<'_>, channel: Channel, parts: &Parts, seen: Seen) -> Call {
    Call {
        number: 0,
        at: rfc3339(sandbox.clock.now_ms()),
        channel,
        http_method: parts.method.to_string(),
        path: censor.show(parts.uri.path()),
        operation: seen.operation.map(|text| censor.show(&text)),
        out_trade_no: seen.out_trade_no.map(|text| censor.show(&text)),
        signature: seen.signature.censored(censor),
        request: censor.show(&seen.body),
        answer: None,
    }
}

/// The merchant's number in the fields of a request.
pub(crate) fn out_trade_no(fields: &Value) -> Option<String> {
    ["out_trade_no", "out_refund_no", "out_request_no", "trade_no"]
        .iter()
        .find_map(|name| fields.get(name).and_then(Value::as_str))
        .map(str::to_owned)
}

/// What an answer comes to: code, sub-code or message, and the order's state where one is told.
fn result(channel: Channel, body: &[u8]) -> String {
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return String::new() };
    if channel == Channel::Alipay
        && let Some(inner) = answer.as_object_mut().and_then(|root| root.values_mut().next())
        && inner.is_object()
    {
        answer = inner.take();
    }
    let parts: Vec<&str> = ["code", "sub_code", "trade_status", "trade_state", "refund_status", "status"]
        .iter()
        .filter_map(|name| answer.get(name).and_then(Value::as_str))
        .collect();
    parts.join(" ")
}
