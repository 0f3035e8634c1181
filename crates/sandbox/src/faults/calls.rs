//! Faults of calls: what goes wrong before and after the effect of a merchant's call.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Fault;
use crate::Sandbox;
use crate::trade::Channel;

/// How a call ends that never reaches its effect, or whose effect the merchant is not to learn of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoiled {
    /// No answer, HTTP 502.
    Transport,
    /// The channel's own system error.
    SystemError,
    /// The channel's own refusal for frequency.
    RateLimited,
    /// The channel's refusal of an order.
    Refused,
}

/// How a signature is to be spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    Probe,
    Wrong,
    Missing,
}

/// Longer than any merchant waits. A merchant who does is answered 504.
const HANG: Duration = Duration::from_secs(120);

/// What goes wrong before the effect of a call.
pub(crate) async fn before(sandbox: &Sandbox, channel: Channel, call: &str) -> Option<Spoiled> {
    let fire = |fault| sandbox.faults.fire(channel, fault, call);
    if fire(Fault::ChannelDown).is_some() {
        return Some(Spoiled::Transport);
    }
    if let Some(setting) = fire(Fault::Delay) {
        tokio::time::sleep(Duration::from_millis(setting.wait_ms.unwrap_or(3000))).await;
    }
    if fire(Fault::TimeoutBefore).is_some() {
        hang(sandbox).await;
        return Some(Spoiled::Transport);
    }
    if fire(Fault::HttpErrorBefore).is_some() {
        return Some(Spoiled::Transport);
    }
    if fire(Fault::RateLimited).is_some() {
        return Some(Spoiled::RateLimited);
    }
    if fire(Fault::SystemErrorBefore).is_some() {
        return Some(Spoiled::SystemError);
    }
    if call == "order" && fire(Fault::OrderRefused).is_some() {
        return Some(Spoiled::Refused);
    }
    None
}

/// What goes wrong after the effect of a call.
pub(crate) async fn after(sandbox: &Sandbox, channel: Channel, call: &str) -> Option<Spoiled> {
    let fire = |fault| sandbox.faults.fire(channel, fault, call);
    if fire(Fault::TimeoutAfter).is_some() {
        hang(sandbox).await;
        return Some(Spoiled::Transport);
    }
    if fire(Fault::HttpErrorAfter).is_some() {
        return Some(Spoiled::Transport);
    }
    if fire(Fault::SystemErrorAfter).is_some() {
        return Some(Spoiled::SystemError);
    }
    None
}

/// How the signature of an answer is to be spoiled.
pub(crate) fn answer_signature(sandbox: &Sandbox, channel: Channel, call: &str) -> Option<SignatureFault> {
    let fire = |fault| sandbox.faults.fire(channel, fault, call).is_some();
    if fire(Fault::AnswerSignatureProbe) {
        Some(SignatureFault::Probe)
    } else if fire(Fault::AnswerSignatureWrong) {
        Some(SignatureFault::Wrong)
    } else if fire(Fault::AnswerSignatureMissing) {
        Some(SignatureFault::Missing)
    } else {
        None
    }
}

/// How the signature of a notice is to be spoiled.
pub(crate) fn notice_signature(sandbox: &Sandbox, channel: Channel) -> Option<SignatureFault> {
    let fire = |fault| sandbox.faults.fire(channel, fault, "notice").is_some();
    if fire(Fault::NoticeSignatureProbe) {
        Some(SignatureFault::Probe)
    } else if fire(Fault::NoticeSignatureWrong) {
        Some(SignatureFault::Wrong)
    } else if fire(Fault::NoticeSignatureMissing) {
        Some(SignatureFault::Missing)
    } else {
        None
    }
}

/// A probe signature: it begins as the real ones do and is no valid base64 (355 characters, as one recorded).
pub(crate) fn probe() -> String {
    format!("WECHATPAY/SIGNTEST/{}", crate::random::mixed(336))
}

/// What something in front of the channel says.
pub(crate) fn bad_gateway() -> Response {
    let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
    (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}

async fn hang(sandbox: &Sandbox) {
    let mut stopping = sandbox.stopping.clone();
    tokio::select! {
        () = tokio::time::sleep(HANG) => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}
