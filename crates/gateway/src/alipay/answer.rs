//! Taking a synchronous answer apart without changing a byte of what was signed.

use crate::keys::{BadSignature, VerifyingKey};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// An answer's parts: `{"<method>_response":{...},"alipay_cert_sn":"...","sign":"..."}`.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    /// The exact text of the body object, from its `{` to its `}`: this is what was signed.
    pub(super) body: &'a str,
    /// The root was `error_response`, which can only be a failure.
    pub(super) is_error: bool,
    pub(super) sign: Option<String>,
    /// In certificate mode, which of Alipay's certificates signed.
    pub(super) cert_sn: Option<String>,
}

/// The fields every body begins with.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    pub(super) code: String,
    #[serde(default)]
    pub(super) sub_code: String,
    #[serde(default)]
    pub(super) sub_msg: String,
}

/// A JSON object's members as raw text. A name that occurs twice is refused: two readers could each see another one.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member occurs twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl<'a> Envelope<'a> {
    /// Takes `text` apart for an answer to `method` (`alipay.trade.query`). The root is the method's name with dots
    /// written as underscores and `_response`, or, from old parts of the gateway, `error_response`.
    pub(super) fn parse(text: &'a str, method: &str) -> Result<Envelope<'a>, String> {
        let Members(mut members) = serde_json::from_str(text).map_err(|error| format!("not an answer: {error}"))?;
        let root = format!("{}_response", method.replace('.', "_"));
        let (body, is_error) = match (members.remove(&root), members.remove("error_response")) {
            (Some(body), None) => (body, false),
            (None, Some(body)) => (body, true),
            (None, None) => return Err(format!("the answer has no {root}")),
            (Some(_), Some(_)) => return Err("the answer has two roots".into()),
        };
        let mut text = |name: &str| match members.remove(name) {
            None => Ok(None),
            Some(raw) => {
                serde_json::from_str(raw.get()).map(Some).map_err(|_| format!("the answer's {name} is no string"))
            }
        };
        Ok(Envelope { body: body.get(), is_error, sign: text("sign")?, cert_sn: text("alipay_cert_sn")? })
    }

    /// Verifies the body under Alipay's key. The gateway writes `/` as `\/` and signs what it writes; answers signed
    /// before that escaping have existed too, for which Alipay's own SDKs (Java, PHP) make this one second attempt.
    pub(super) fn verify(&self, key: &VerifyingKey) -> Result<(), BadSignature> {
        let sign = self.sign.as_deref().filter(|sign| !sign.is_empty()).ok_or(BadSignature)?;
        match key.verify(self.body.as_bytes(), sign) {
            Err(BadSignature) if self.body.contains("\\/") => {
                key.verify(self.body.replace("\\/", "/").as_bytes(), sign)
            }
            verified => verified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_member_that_occurs_twice_is_refused_wherever_it_stands() {
        for text in [
            r#"{"alipay_trade_query_response":{"code":"1"},"alipay_trade_query_response":{"code":"2"},"sign":"x"}"#,
            r#"{"alipay_trade_query_response":{"code":"1"},"sign":"x","sign":"y"}"#,
            r#"{"alipay_trade_query_response":{"code":"1"},"alipay\u005ftrade_query_response":{"code":"2"},"sign":"x"}"#,
        ] {
            assert!(Envelope::parse(text, "alipay.trade.query").unwrap_err().contains("twice"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_the_reader(text in ".*", json in r#"\{("(alipay_x_response|error_response|sign)":("a"|1|\{\}|null),?){0,4}\}"#) {
            for text in [text, json] {
                if let Ok(envelope) = Envelope::parse(&text, "alipay.x") {
                    prop_assert!(text.contains(envelope.body));
                }
            }
        }
    }
}
