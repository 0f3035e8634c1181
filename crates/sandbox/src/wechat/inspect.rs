//! What a request to WeChat Pay says and whether its signature holds, for the list of calls. Nothing is decided here.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde_json::Value;

use super::Call;
use super::auth::{Claim as Header, signed_text};
use crate::calls::signature::{Claim, Mistake, Signature, rest_mistakes};
use crate::calls::{Seen, out_trade_no};
use crate::happenings::Kind;
use crate::{Sandbox, form};

pub(crate) fn inspect(sandbox: &Sandbox, parts: &Parts, body: &[u8]) -> Seen {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signature = match header.split_once(' ').and_then(|(_, pairs)| Header::read(pairs)) {
        None => Signature::missing(
            "The header Authorization is not: WECHATPAY2-SHA256-RSA2048 mchid=\"...\",nonce_str=\"...\",\
             signature=\"...\",timestamp=\"...\",serial_no=\"...\"",
            "Authorization 头应为：WECHATPAY2-SHA256-RSA2048 mchid=\"...\",nonce_str=\"...\",signature=\"...\",\
             timestamp=\"...\",serial_no=\"...\"",
        ),
        Some(said) => {
            let claim = Claim {
                text: signed_text(&said, parts, body),
                signature: said.signature,
                key: &sandbox.keys.merchant,
                other_key: &sandbox.keys.app,
                key_file: "wechat.merchant_private_key",
            };
            Signature::judge(&claim, || mistakes(&said, parts, body))
        }
    };
    let of_path = match parts.uri.path().split('/').collect::<Vec<_>>().as_slice() {
        ["", "v3", "pay", "transactions", "out-trade-no" | "id", number, ..]
        | ["", "v3", "refund", "domestic", "refunds", number] => {
            Some(String::from_utf8_lossy(&form::decode(number.as_bytes())).into_owned())
        }
        _ => None,
    };
    let fields: Value = serde_json::from_slice(body).unwrap_or_default();
    Seen {
        operation: None,
        out_trade_no: of_path.or_else(|| out_trade_no(&fields)),
        what: Call::route(&parts.method, parts.uri.path()).ok().and_then(|call| Kind::of_call(call.fault_name())),
        amount_fen: ["/amount/refund", "/amount/total"].iter().find_map(|at| fields.pointer(at)?.as_i64()),
        body: String::from_utf8_lossy(body).into_owned(),
        signature,
    }
}

fn mistakes(said: &Header<'_>, parts: &Parts, body: &[u8]) -> Vec<Mistake> {
    let (stamp, nonce) = (said.timestamp, said.nonce_str);
    let mut mistakes = rest_mistakes(parts, body, |method, target, body, last| {
        [format!("{method}\n{target}\n{stamp}\n{nonce}\n").as_bytes(), body, last.as_bytes()].concat()
    });
    mistakes.push(Mistake {
        code: "signed_like_an_answer",
        en: "This is the text of answers and notices (timestamp, nonce, body); requests begin with method and address.",
        zh: "这是应答和通知的待签名文本（时间戳、随机串、正文）；请求还要以方法和地址开头。",
        text: [format!("{stamp}\n{nonce}\n").as_bytes(), body, b"\n"].concat(),
    });
    mistakes
}
