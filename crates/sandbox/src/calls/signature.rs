//! Why a signature does not hold. Mistakes that merchants make are tried out one after the other: when the
//! signature is right for what such a mistake would have signed, that is the mistake.

use axum::http::header::HOST;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

use super::text::Censor;
use crate::rsa::Verifier;

/// Whether a request was signed as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Good,
    Bad,
    /// There is none, or it cannot be told apart from the rest.
    Missing,
    /// This address asks for none.
    NotNeeded,
}

/// The check of a request's signature.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Signature {
    pub(crate) state: State,
    /// What had to be signed, as the sandbox built it; only where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_text: Option<String>,
    /// The length of that text in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<Hint>,
}

/// What the merchant probably did, in both languages of the page.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Hint {
    code: &'static str,
    en: String,
    zh: String,
    /// Where the text that was signed first differs from the one that had to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_difference: Option<Difference>,
}

#[derive(Debug, Clone, Serialize)]
struct Difference {
    /// Counted from 0.
    byte: usize,
    expected: String,
    signed: String,
    signed_bytes: usize,
}

/// A text somebody may have signed instead.
pub(crate) struct Mistake {
    pub(crate) code: &'static str,
    pub(crate) en: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) text: Vec<u8>,
}

/// A request's signature with all that it takes to judge it.
pub(crate) struct Claim<'a> {
    pub(crate) text: Vec<u8>,
    pub(crate) signature: &'a str,
    pub(crate) key: &'a Verifier,
    /// The key of the same merchant at the other channel.
    pub(crate) other_key: &'a Verifier,
    pub(crate) key_file: &'static str,
}

impl Hint {
    fn new(code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { code, en: en.into(), zh: zh.into(), first_difference: None }
    }
}

impl Signature {
    pub(crate) fn not_needed() -> Self {
        Self { state: State::NotNeeded, signed_text: None, signed_bytes: None, hints: Vec::new() }
    }

    pub(crate) fn missing(en: &str, zh: &str) -> Self {
        let hints = vec![Hint::new("missing", en, zh)];
        Self { state: State::Missing, signed_text: None, signed_bytes: None, hints }
    }

    /// Judges a claim; `mistakes` is asked for only when the signature does not hold.
    pub(crate) fn judge(claim: &Claim<'_>, mistakes: impl FnOnce() -> Vec<Mistake>) -> Self {
        if claim.key.verifies(&claim.text, claim.signature) {
            return Self { state: State::Good, signed_text: None, signed_bytes: None, hints: Vec::new() };
        }
        let hint = malformed(claim).or_else(|| wrong_key(claim)).or_else(|| wrong_text(claim, mistakes()));
        Self {
            state: State::Bad,
            signed_text: Some(String::from_utf8_lossy(&claim.text).into_owned()),
            signed_bytes: Some(claim.text.len()),
            hints: vec![hint.unwrap_or_else(|| unexplained(claim))],
        }
    }

    /// Without secrets. A cut-out of a text with one could hold a part of it, so then there is none.
    pub(crate) fn censored(mut self, censor: &Censor<'_>) -> Self {
        if self.signed_text.as_deref().is_some_and(|text| censor.hides(text)) {
            for hint in &mut self.hints {
                hint.first_difference = None;
            }
        }
        self.signed_text = self.signed_text.map(|text| censor.show(&text));
        self
    }
}

fn malformed(claim: &Claim<'_>) -> Option<Hint> {
    let repaired = claim.signature.replace(' ', "+");
    if repaired != claim.signature && claim.key.verifies(&claim.text, &repaired) {
        return Some(Hint::new(
            "plus_lost",
            "The signature is right, but its + signs arrived as spaces: percent-encode the value of sign (+ is %2B).",
            "签名本身正确，但其中的 + 变成了空格：发送前要对 sign 的值做 URL 编码（+ 写成 %2B）。",
        ));
    }
    let Ok(raw) = STANDARD.decode(claim.signature) else {
        let hex = claim.signature.len() == 512 && claim.signature.bytes().all(|byte| byte.is_ascii_hexdigit());
        return Some(if hex {
            Hint::new("hex", "The signature is written in hex; it has to be base64.", "签名是十六进制，应为 Base64。")
        } else {
            Hint::new(
                "not_base64",
                format!(
                    "The signature ({} characters) is no standard base64 (A-Z a-z 0-9 + / =, no line breaks).",
                    claim.signature.len()
                ),
                format!("签名（{} 个字符）不是标准 Base64（A-Z a-z 0-9 + / =，不能有换行）。", claim.signature.len()),
            )
        });
    };
    (raw.len() != 256).then(|| {
        Hint::new(
            "length",
            format!("The signature has {} bytes; one of this RSA-2048 key has 256.", raw.len()),
            format!("签名有 {} 字节，RSA-2048 密钥的签名应为 256 字节。", raw.len()),
        )
    })
}

fn wrong_key(claim: &Claim<'_>) -> Option<Hint> {
    if claim.other_key.verifies(&claim.text, claim.signature) {
        return Some(Hint::new(
            "other_channels_key",
            format!("The text is right, but the key is the other channel's. Sign with {}.", claim.key_file),
            format!("待签名文本正确，但用了另一个渠道的密钥。请用 {} 签名。", claim.key_file),
        ));
    }
    let scheme = claim.key.other_scheme(&claim.text, claim.signature)?;
    Some(Hint::new(
        "scheme",
        format!("Text and key are right, but this is {scheme}; it has to be RSA PKCS#1 v1.5 with SHA-256."),
        format!("待签名文本和密钥都正确，但算法是 {scheme}；应为 SHA256withRSA（PKCS#1 v1.5）。"),
    ))
}

fn wrong_text(claim: &Claim<'_>, mistakes: Vec<Mistake>) -> Option<Hint> {
    let made = mistakes
        .into_iter()
        .find(|mistake| mistake.text != claim.text && claim.key.verifies(&mistake.text, claim.signature))?;
    let mut hint = Hint::new(made.code, made.en, made.zh);
    hint.first_difference = Some(difference(&claim.text, &made.text));
    Some(hint)
}

fn difference(expected: &[u8], signed: &[u8]) -> Difference {
    let byte = expected.iter().zip(signed).position(|(a, b)| a != b).unwrap_or(expected.len().min(signed.len()));
    let near = |text: &[u8]| {
        let from = byte.saturating_sub(12).min(text.len());
        String::from_utf8_lossy(&text[from..text.len().min(byte + 24)]).into_owned()
    };
    Difference { byte, expected: near(expected), signed: near(signed), signed_bytes: signed.len() }
}

fn unexplained(claim: &Claim<'_>) -> Hint {
    let length = claim.text.len();
    Hint::new(
        "unexplained",
        format!(
            "The signature belongs to another text or another key. The text must have {length} bytes and be the one \
             shown here, byte for byte, signed with {}. A text built again after signing (JSON written twice, \
             fields in another order) and a changed body are the usual reasons.",
            claim.key_file
        ),
        format!(
            "签名对应的是另一段文本或另一把密钥。待签名文本应为 {length} 字节，与这里显示的逐字节相同，并用 {} 签名。\
             常见原因：签名后又重新生成了 JSON、字段顺序变了，或正文被改动。",
            claim.key_file
        ),
    )
}

/// Mistakes of a merchant who signs method, target and body. `build` makes the text from these and its last byte.
pub(crate) fn rest_mistakes(
    parts: &Parts,
    body: &[u8],
    build: impl Fn(&str, &str, &[u8], &str) -> Vec<u8>,
) -> Vec<Mistake> {
    let method = parts.method.as_str();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut mistakes = vec![
        Mistake {
            code: "no_final_newline",
            en: "The last line break was left out: every line ends with \\n, also the last and also an empty one.",
            zh: "少了最后的换行：每一行都要以 \\n 结尾，最后一行和空行也一样。",
            text: build(method, target, body, ""),
        },
        Mistake {
            code: "no_query",
            en: "The query was left out of the signed address: sign path and query, as sent.",
            zh: "待签名地址漏了查询参数：路径和查询串都要参与签名。",
            text: build(method, parts.uri.path(), body, "\n"),
        },
        Mistake {
            code: "no_body",
            en: "The body was left out: sign it exactly as sent.",
            zh: "漏了请求正文：正文要原样参与签名。",
            text: build(method, target, b"", "\n"),
        },
        Mistake {
            code: "lower_case_method",
            en: "The HTTP method was signed in lower case.",
            zh: "HTTP 方法写成了小写，应为大写。",
            text: build(&method.to_ascii_lowercase(), target, body, "\n"),
        },
    ];
    for scheme in ["http", "https"] {
        mistakes.push(Mistake {
            code: "whole_url",
            en: "The whole URL was signed: sign from the first / of the path on, without scheme and host.",
            zh: "签了完整网址：只签路径和查询串，不含协议和域名。",
            text: build(method, &format!("{scheme}://{host}{target}"), body, "\n"),
        });
    }
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        let pretty = serde_json::to_vec_pretty(&value).unwrap_or_default();
        for written in [value.to_string().into_bytes(), pretty, spaced(&value).into_bytes()] {
            mistakes.push(Mistake {
                code: "body_written_again",
                en: "The body that was signed is the same JSON written differently (spaces, escapes): write it \
                     once, sign those bytes, send those bytes.",
                zh: "签名用的正文与发送的正文是同一份 JSON 的不同写法（空格、转义）：请只生成一次，签名和发送用同样的字节。",
                text: build(method, target, &written, "\n"),
            });
        }
    }
    mistakes
}

/// JSON with a space after each comma and colon, as Python writes it.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let parts: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), spaced(value)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
