//! The parameters of a classic request: reading them, and the text that is signed.
//! (Alipay open platform, "signature rules" and "request parameters" of the classic gateway.)

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::GBK;

use crate::form;

/// The character set of a request and of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Gbk,
}

impl Charset {
    /// Without a parameter the gateway falls back to GBK.
    fn named(name: Option<&str>) -> Option<Self> {
        match name.map(str::to_ascii_lowercase).as_deref() {
            Some("utf-8" | "utf8") => Some(Self::Utf8),
            None | Some("" | "gbk" | "gb2312") => Some(Self::Gbk),
            Some(_) => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "GBK",
        }
    }

    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Gbk => GBK.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }

    pub(crate) fn encode(self, text: &str) -> Cow<'_, [u8]> {
        match self {
            Self::Utf8 => Cow::Borrowed(text.as_bytes()),
            Self::Gbk => GBK.encode(text).0,
        }
    }
}

/// All parameters received, known or not: every one of them is signed.
#[derive(Debug)]
pub(crate) struct Params {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) charset: Charset,
    pub(crate) charset_known: bool,
}

impl Params {
    /// Merges the query and a form body; the same name in both counts once, as in the body.
    pub(crate) fn read(query: &str, form: &[u8]) -> Self {
        let values: BTreeMap<_, _> = form::pairs(query.as_bytes()).chain(form::pairs(form)).collect();
        let name = values.get(b"charset".as_slice()).map(|value| String::from_utf8_lossy(value).into_owned());
        let charset = Charset::named(name.as_deref());
        Self { values, charset: charset.unwrap_or(Charset::Utf8), charset_known: charset.is_some() }
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.values.get(name.as_bytes()).filter(|value| !value.is_empty()).map(|value| self.charset.decode(value))
    }

    /// What the merchant signed: all parameters but `sign` and empty ones, sorted by name, `name=value` joined by
    /// `&`, values exactly as sent. `sign_type` takes part (in notices it does not).
    pub(crate) fn signed_bytes(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (name, value) in &self.values {
            if name == b"sign" || value.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push(b'&');
            }
            text.extend_from_slice(name);
            text.push(b'=');
            text.extend_from_slice(value);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::Value;

    use super::*;
    use crate::form::encode as form_encode;
    use crate::rsa::Verifier;

    #[test]
    fn published_requests_verify_over_all_their_parameters() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/vectors/alipay-vectors.json")).expect("the vectors");
        let mut checked = 0;
        for vector in vectors["request_sign"].as_array().expect("a list") {
            let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
            let mut form = String::new();
            for (name, value) in vector["params"].as_object().expect("parameters") {
                form.push('&');
                form_encode(&mut form, name.as_bytes());
                form.push('=');
                form_encode(&mut form, value.as_str().expect("a text").as_bytes());
            }
            form.push_str("&sign=ignored");
            let params = Params::read("", form.as_bytes());
            assert_eq!(params.signed_bytes(), text("content").into_bytes(), "{}", vector["id"]);
            if !text("encoded_query").is_empty() {
                let split = Params::read(&text("encoded_query"), b"");
                assert_eq!(split.signed_bytes(), params.signed_bytes(), "{}", vector["id"]);
            }
            let key = STANDARD.decode(text("public_key")).expect("a key");
            // Two of the published keys have 1024 bits, which the sandbox does not accept.
            if key.len() > 200 {
                let verifier = Verifier::from_spki(key);
                assert!(verifier.verifies(&params.signed_bytes(), &text("expected_sign")), "{}", vector["id"]);
                assert!(!verifier.verifies(b"another text", &text("expected_sign")));
                checked += 1;
            }
        }
        assert_eq!(checked, 3);
    }

    #[test]
    fn a_form_is_decoded_once_and_a_missing_charset_means_gbk() {
        let params = Params::read("a=1%2B1&b=%25", b"a=2+2&c=%D6%D0%");
        assert_eq!(params.get("a").as_deref(), Some("2 2"));
        assert_eq!(params.get("b").as_deref(), Some("%"));
        assert_eq!(params.get("c").as_deref(), Some("中%"));
        assert_eq!(Params::read("charset=UTF-8&x=%E4%B8%AD", b"").get("x").as_deref(), Some("中"));
        assert!(!Params::read("charset=klingon", b"").charset_known);
    }
}
