//! One signed call to the gateway and its verified answer.

use super::answer::{Envelope, Head};
use super::keys::{AlipayKeys, Unproven};
use super::{Alipay, code};
use crate::http::{ANSWER_BYTES_MAX, Reply};
use crate::{Error, china_time};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Why a call gave no body of `code` 10000.
#[derive(Debug)]
pub(super) enum Failure {
    /// `code` 40004, signed: the business refused. Decide by `sub_code`.
    Business { sub_code: String, why: String },
    /// Anything else.
    Call(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Call(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        match failure {
            Failure::Business { sub_code, why } => code::refused(sub_code, why),
            Failure::Call(error) => error,
        }
    }
}

/// The text that is signed: every parameter with a value, sorted by name, `name=value` joined with `&`, values raw.
/// (Signing rules, "RSA2 string to sign". Requests sign `sign_type` too; trade notices leave it out.)
pub(super) fn text_to_sign(params: &BTreeMap<String, String>) -> String {
    let pairs = params.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

impl Alipay {
    /// Calls `method` and returns the body of a verified answer of `code` 10000.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        biz_content: &impl Serialize,
        notify_url: Option<&str>,
    ) -> Result<T, Failure> {
        let biz_content = serde_json::to_string(biz_content)
            .map_err(|error| Error::ours("parameters", format!("cannot write the request: {error}")))?;
        let request = self.signed_request(method, biz_content, notify_url)?;
        let reply = self.http.send(request, ANSWER_BYTES_MAX).await.map_err(Error::from)?;
        let body = self.verified_body(method, &reply).await?;
        // Only the shape is told: the body holds what a payer bought and who they are.
        serde_json::from_str(&body).map_err(|error| {
            Failure::Call(Error::unknown(format!("{method}: the answer's body is not understood: {error}")))
        })
    }

    /// Common parameters go in the query, since `charset` must be known before the body is decoded; `biz_content` goes
    /// in a form, as Alipay's own SDKs do.
    pub(super) fn signed_request(
        &self,
        method: &str,
        biz_content: String,
        notify_url: Option<&str>,
    ) -> Result<reqwest::RequestBuilder, Error> {
        let timestamp = china_time::plain((self.now)())
            .ok_or_else(|| Error::ours("clock", "this server's clock is outside the years 0 to 9999"))?;
        let mut params = BTreeMap::from(
            [
                ("app_id", self.merchant.app_id.as_str()),
                ("method", method),
                ("format", "JSON"),
                ("charset", "utf-8"),
                ("sign_type", "RSA2"),
                ("timestamp", &timestamp),
                ("version", "1.0"),
                ("notify_url", notify_url.unwrap_or_default()),
                ("biz_content", &biz_content),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        if let AlipayKeys::Certificates(certificates) = &self.alipay_keys {
            params.insert("app_cert_sn".into(), certificates.app_cert_sn.clone());
            params.insert("alipay_root_cert_sn".into(), certificates.alipay_root_cert_sn.clone());
        }
        params.retain(|_, value| !value.is_empty());
        let sign = self
            .app_key
            .sign(text_to_sign(&params).as_bytes())
            .map_err(|_| Error::ours("alipay.app_private_key", "the key cannot sign"))?;
        params.insert("sign".into(), sign);
        params.remove("biz_content");
        let mut url = self.gateway.clone();
        url.query_pairs_mut().extend_pairs(&params);
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("biz_content", &biz_content).finish();
        let client = self.http.client(&url);
        Ok(client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded;charset=utf-8")
            // A compressed body would have to be undone before it verifies; answers are short.
            .header("accept-encoding", "identity")
            .body(form))
    }

    /// The text of the body object of a success, verified.
    async fn verified_body(&self, method: &str, reply: &Reply) -> Result<String, Failure> {
        let unknown = |why: String| {
            tracing::warn!(alipay.method = method, http.status = reply.status, "Alipay's answer is not usable: {why}");
            Error::unknown(format!("{method}: {why}"))
        };
        // The gateway answers 200 even for errors; anything else is not the gateway's.
        if reply.status != 200 {
            return Err(unknown(format!("HTTP status {}", reply.status)).into());
        }
        let text = std::str::from_utf8(&reply.body).map_err(|_| unknown("the answer is not UTF-8".into()))?;
        let envelope = Envelope::parse(text, method).map_err(unknown)?;
        let head: Head =
            serde_json::from_str(envelope.body).map_err(|error| unknown(format!("the answer has no code: {error}")))?;
        let signed = envelope.sign.is_some();
        if signed {
            self.prove(&envelope).await.map_err(|unproven| {
                unknown(match unproven {
                    Unproven::BadSignature => {
                        "the answer does not verify. If that stays so, check alipay.alipay_public_key".into()
                    }
                    Unproven::UnknownKey { serial } => {
                        format!("the answer is signed under an unknown certificate {serial}")
                    }
                })
            })?;
        }
        if head.code == code::DONE && signed && !envelope.is_error {
            return Ok(envelope.body.to_owned());
        }
        let failure = code::failure(method, head, signed);
        tracing::info!(alipay.method = method, signed, "Alipay: {failure:?}");
        Err(failure)
    }
}
