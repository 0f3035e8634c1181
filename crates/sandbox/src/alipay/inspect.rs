//! What a request to Alipay says and whether its signature holds, for the list of calls. Nothing is decided here.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde_json::Value;

use super::money::read_fen;
use super::params::{Charset, Params};
use super::{Call, v3};
use crate::calls::signature::{Claim, Mistake, Signature, rest_mistakes};
use crate::calls::{Seen, out_trade_no};
use crate::happenings::Kind;
use crate::{Sandbox, form};

const KEY_FILE: &str = "alipay.app_private_key";

pub(crate) fn inspect(sandbox: &Sandbox, parts: &Parts, body: &[u8]) -> Seen {
    if parts.uri.path() == "/gateway.do" { classic(sandbox, parts, body) } else { rest(sandbox, parts, body) }
}

fn classic(sandbox: &Sandbox, parts: &Parts, body: &[u8]) -> Seen {
    let query = parts.uri.query().unwrap_or_default();
    let params = Params::read(query, body);
    let biz: Value = params.get("biz_content").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let signature = match params.get("sign") {
        None => Signature::missing(
            "There is no parameter sign: sign the sorted parameters and send the result as sign.",
            "没有 sign 参数：请对排序后的参数签名，并作为 sign 发送。",
        ),
        Some(sign) => {
            let claim = Claim {
                text: params.signed_bytes(),
                signature: &sign,
                key: &sandbox.keys.app,
                other_key: &sandbox.keys.merchant,
                key_file: KEY_FILE,
            };
            Signature::judge(&claim, || mistakes(query, body, params.charset))
        }
    };
    Seen {
        operation: params.get("method"),
        out_trade_no: out_trade_no(&biz),
        what: params.get("method").as_deref().and_then(Call::of_method).and_then(what),
        amount_fen: amount_fen(&biz),
        body: String::from_utf8_lossy(&params.signed_bytes()).into_owned(),
        signature,
    }
}

fn what(call: Call) -> Option<Kind> {
    Kind::of_call(call.fault_name())
}

/// What is to be paid, or to go back.
fn amount_fen(fields: &Value) -> Option<i64> {
    ["total_amount", "refund_amount"].iter().find_map(|name| read_fen(fields.get(name)?))
}

type Pair = (Vec<u8>, Vec<u8>);

/// `name=value` joined by `&`, without `sign`.
fn joined<'a>(pairs: impl IntoIterator<Item = &'a Pair>, empty_too: bool, value: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = pairs
        .into_iter()
        .filter(|(name, value)| name != b"sign" && (empty_too || !value.is_empty()))
        .map(|(name, text)| [name.as_slice(), b"=", &value(text)].concat())
        .collect();
    parts.join(b"&".as_slice())
}

fn mistakes(query: &str, body: &[u8], charset: Charset) -> Vec<Mistake> {
    let sent: Vec<Pair> = form::pairs(query.as_bytes()).chain(form::pairs(body)).collect();
    let sorted = |mut pairs: Vec<Pair>| {
        pairs.sort();
        pairs
    };
    let all = sorted(sent.clone());
    let plain = |value: &[u8]| value.to_vec();
    let encoded = |value: &[u8]| {
        let mut text = String::new();
        form::encode(&mut text, value);
        text.into_bytes()
    };
    let other = match charset {
        Charset::Utf8 => Charset::Gbk,
        Charset::Gbk => Charset::Utf8,
    };
    let mistake = |code, en, zh, text| Mistake { code, en, zh, text };
    vec![
        mistake(
            "sign_type_left_out",
            "sign_type was left out: in requests it is signed too (only in notices it is not).",
            "漏了 sign_type：请求签名时它要参与（只有异步通知不参与）。",
            joined(all.iter().filter(|(name, _)| name != b"sign_type"), false, plain),
        ),
        mistake(
            "empty_values_signed",
            "Empty parameters were signed: leave them out.",
            "空值参数也参与了签名：应剔除空值。",
            joined(&all, true, plain),
        ),
        mistake(
            "not_sorted",
            "The parameters were not sorted by name.",
            "参数没有按名称排序。",
            joined(&sent, false, plain),
        ),
        mistake(
            "encoded_values_signed",
            "The values were percent-encoded before signing: sign them plain and encode afterwards.",
            "签名前就做了 URL 编码：应先对原始值签名，再编码。",
            joined(&all, false, encoded),
        ),
        mistake(
            "percent_20_signed",
            "The values were percent-encoded before signing: sign them plain and encode afterwards.",
            "签名前就做了 URL 编码：应先对原始值签名，再编码。",
            joined(&all, false, |value| String::from_utf8_lossy(&encoded(value)).replace('+', "%20").into_bytes()),
        ),
        mistake(
            "other_charset",
            "The signed text was written in another character set than the one in charset.",
            "待签名文本的字符集与 charset 参数不一致。",
            joined(&all, false, |value| other.encode(&charset.decode(value)).into_owned()),
        ),
        mistake(
            "body_only",
            "Only the parameters of the body were signed, but those in the address are parameters too.",
            "只签了正文里的参数，网址里的参数也要参与签名。",
            joined(&sorted(form::pairs(body).collect()), false, plain),
        ),
        mistake(
            "query_only",
            "Only the parameters in the address were signed, but those of the body are parameters too.",
            "只签了网址里的参数，正文里的参数也要参与签名。",
            joined(&sorted(form::pairs(query.as_bytes()).collect()), false, plain),
        ),
        mistake(
            "biz_content_only",
            "Only biz_content was signed: all parameters are.",
            "只签了 biz_content：所有参数都要参与签名。",
            all.iter().find(|(name, _)| name == b"biz_content").map(|(_, value)| value.clone()).unwrap_or_default(),
        ),
    ]
}

fn rest(sandbox: &Sandbox, parts: &Parts, body: &[u8]) -> Seen {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signature = match v3::claimed(header) {
        None => Signature::missing(
            "The header Authorization is not: ALIPAY-SHA256withRSA app_id=...,timestamp=...,nonce=...,sign=...",
            "Authorization 头应为：ALIPAY-SHA256withRSA app_id=...,timestamp=...,nonce=...,sign=...",
        ),
        Some((said, sign)) => {
            let claim = Claim {
                text: v3::signed_text(said, parts, body),
                signature: sign,
                key: &sandbox.keys.app,
                other_key: &sandbox.keys.merchant,
                key_file: KEY_FILE,
            };
            Signature::judge(&claim, || {
                rest_mistakes(parts, body, |method, target, body, last| {
                    [format!("{said}\n{method}\n{target}\n").as_bytes(), body, last.as_bytes()].concat()
                })
            })
        }
    };
    let fields: Value = serde_json::from_slice(body).unwrap_or_else(|_| {
        let plain = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        form::pairs(parts.uri.query().unwrap_or_default().as_bytes())
            .map(|(name, value)| (plain(name), Value::from(plain(value))))
            .collect()
    });
    Seen {
        operation: None,
        out_trade_no: out_trade_no(&fields),
        what: v3::route(&parts.method, parts.uri.path()).ok().and_then(what),
        amount_fen: amount_fen(&fields),
        body: String::from_utf8_lossy(body).into_owned(),
        signature,
    }
}
