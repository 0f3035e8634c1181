//! Who asks: `Authorization: WECHATPAY2-SHA256-RSA2048 ...` over the raw target and the raw body
//! (WeChat Pay API v3, "how to build a request signature"). The order of the checks is the service's.

use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use serde_json::json;

use super::answer::{Answer, SIGNATURE_TYPE};
use crate::Sandbox;
use crate::trade::Channel;

/// "The timestamp must be within five minutes of the request."
const TOLERANCE_S: i64 = 300;

/// What the header says.
pub(super) struct Claim<'a> {
    mchid: &'a str,
    serial_no: &'a str,
    pub(super) nonce_str: &'a str,
    pub(super) timestamp: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Claim<'a> {
    pub(super) fn read(pairs: &'a str) -> Option<Self> {
        let mut claim = Claim { mchid: "", serial_no: "", nonce_str: "", timestamp: "", signature: "" };
        for pair in pairs.split(',') {
            let (name, value) = pair.trim_start().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            match name {
                "mchid" => claim.mchid = value,
                "serial_no" => claim.serial_no = value,
                "nonce_str" => claim.nonce_str = value,
                "timestamp" => claim.timestamp = value,
                "signature" => claim.signature = value,
                _ => return None,
            }
        }
        let all = [claim.mchid, claim.serial_no, claim.nonce_str, claim.timestamp, claim.signature];
        all.iter().all(|value| !value.is_empty()).then_some(claim)
    }
}

/// Lets a request through or says why not. Nothing it says is signed.
pub(crate) fn check(sandbox: &Sandbox, parts: &Parts, body: &[u8]) -> Result<(), Answer> {
    let payment_path = parts.uri.path().starts_with("/v3/pay/transactions/");
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !payment_path && header(USER_AGENT).is_empty() {
        return Err(Answer::error(400, "INVALID_REQUEST", "Http头缺少Accept或User-Agent"));
    }
    let refuse = |message: &str| {
        let answer = Answer::error(401, "SIGN_ERROR", message).coded(268_443_699);
        if payment_path { answer.without_request_id() } else { answer }
    };
    let malformed = || {
        refuse(if payment_path {
            "签名信息错误，验签失败"
        } else {
            "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"
        })
    };
    let (scheme, pairs) = header(AUTHORIZATION).split_once(' ').ok_or_else(malformed)?;
    if scheme != SIGNATURE_TYPE {
        return Err(if scheme.starts_with("WECHATPAY2-") {
            refuse("HTTP头Authorization认证类型不正确")
        } else {
            malformed()
        });
    }
    let claim = Claim::read(pairs).ok_or_else(malformed)?;
    let stamp: i64 = claim.timestamp.parse().map_err(|_| malformed())?;
    if (stamp - sandbox.channel_now_ms(Channel::Wechat) / 1000).abs() > TOLERANCE_S {
        return Err(refuse("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"));
    }
    let numbers = &sandbox.keys.numbers;
    if claim.mchid != numbers.mchid {
        return Err(Answer::error(400, "MCH_NOT_EXISTS", "商户号不存在"));
    }
    if claim.serial_no != numbers.merchant_serial {
        return Err(refuse("商户证书序列号有误。请使用签名私钥匹配的证书序列号"));
    }
    let text = signed_text(&claim, parts, body);
    if sandbox.keys.merchant.verifies(&text, claim.signature) {
        return Ok(());
    }
    let shown = String::from_utf8_lossy(body.get(..8).unwrap_or(body)).into_owned();
    let head = signed_head(&claim, parts);
    Err(refuse("签名错误").detailed(json!({
        "detail": {"issue": "sign not match"},
        "field": "signature",
        "location": "authorization",
        "sign_information": {
            "method": parts.method.as_str(),
            "url": target(parts),
            "sign_message_length": text.len(),
            "truncated_sign_message": format!("{head}{shown}\n"),
        },
    })))
}

fn target(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", |target| target.as_str())
}

fn signed_head(claim: &Claim<'_>, parts: &Parts) -> String {
    format!("{}\n{}\n{}\n{}\n", parts.method, target(parts), claim.timestamp, claim.nonce_str)
}

/// The text that has to be signed.
pub(super) fn signed_text(claim: &Claim<'_>, parts: &Parts, body: &[u8]) -> Vec<u8> {
    [signed_head(claim, parts).as_bytes(), body, b"\n"].concat()
}
