//! One signed call and its verified answer.

use super::answer::Unproven;
use super::{Wechat, code};
use crate::Error;
use crate::http::{ANSWER_BYTES_MAX, Reply};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// An error's body.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
}

/// Why a call did not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// WeChat Pay answered with an error. `proven` when that answer's signature verified; errors raised before
    /// authentication carry none.
    Refused { status: u16, problem: Problem, retry_after_s: u32, proven: bool },
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
            Failure::Refused { status, problem, retry_after_s, proven } => {
                match code::classify(status, problem, retry_after_s) {
                    // WeChat Pay signs every answer after it knows who asks (APIv3, "verifying answers"): a refusal that
                    // decides about money and is not signed is not its.
                    Error::Refused { why, .. } if !proven => Error::unknown(format!("{why}, not signed")),
                    error => error,
                }
            }
            Failure::Call(error) => error,
        }
    }
}

/// The text a request signs: five lines, each ended by LF (signing rules of APIv3).
pub(super) fn text_to_sign(method: &str, target: &str, timestamp: &str, nonce: &str, body: &str) -> String {
    format!("{method}\n{target}\n{timestamp}\n{nonce}\n{body}\n")
}

impl Wechat {
    /// Calls and reads the JSON body of a verified 200.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: Option<String>,
    ) -> Result<T, Failure> {
        let reply = self.call_raw(method, target, body).await?;
        if reply.status != 200 {
            return Err(Error::unknown(format!("{target}: HTTP status {}", reply.status)).into());
        }
        // Only the shape is told: the body holds who paid what.
        serde_json::from_slice(&reply.body)
            .map_err(|error| Failure::Call(Error::unknown(format!("{target}: the body is not understood: {error}"))))
    }

    /// Calls and returns a verified 2xx as it came. `target` is path and query, exactly as they are sent.
    pub(super) async fn call_raw(&self, method: Method, target: &str, body: Option<String>) -> Result<Reply, Failure> {
        let reply = self.send(method, target, body, ANSWER_BYTES_MAX).await?;
        let proof = self.prove(&reply).await;
        let unknown = |why: String| {
            tracing::warn!(
                wechat.target = target,
                http.status = reply.status,
                "WeChat Pay's answer is not usable: {why}"
            );
            Failure::Call(Error::unknown(format!("{target}: {why}")))
        };
        if (200..300).contains(&reply.status) {
            return match proof {
                Some(Ok(())) => Ok(reply),
                Some(Err(unproven)) => Err(unknown(unproven.to_string())),
                None => Err(unknown("the answer is not signed".into())),
            };
        }
        // Errors from before authentication are unsigned; one that is signed must be signed right.
        let proven = match proof {
            Some(Ok(())) => true,
            Some(Err(unproven)) => return Err(unknown(unproven.to_string())),
            None => false,
        };
        let Ok(problem) = serde_json::from_slice::<Problem>(&reply.body) else {
            return Err(unknown(format!("HTTP status {} without a code. Check wechat.base_url", reply.status)));
        };
        tracing::info!(wechat.target = target, http.status = reply.status, proven, "WeChat Pay: {}", problem.code);
        let retry_after_s = reply.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(1).clamp(1, 600);
        Err(Failure::Refused { status: reply.status, problem, retry_after_s, proven })
    }

    /// Sends to the host and, when no connection to it can be made, to the backup host. Once something was sent, only
    /// the caller may repeat it.
    pub(super) async fn send(
        &self,
        method: Method,
        target: &str,
        body: Option<String>,
        bytes_max: usize,
    ) -> Result<Reply, Error> {
        let mut last = Error::ours("wechat.base_url", "there is no host");
        for host in &self.hosts {
            let url = host.join(target).map_err(|error| Error::ours("wechat.base_url", error.to_string()))?;
            let request = self.signed_request(&method, url, body.clone())?;
            match self.http.send(request, bytes_max).await {
                Ok(reply) => return Ok(reply),
                Err(no_reply) if no_reply.never_sent => {
                    tracing::warn!(wechat.host = host.as_str(), "no connection to WeChat Pay: {}", no_reply.why);
                    last = no_reply.into();
                }
                Err(no_reply) => return Err(no_reply.into()),
            }
        }
        Err(last)
    }

    /// Signs a request for exactly the path and query of `url`.
    pub(super) fn signed_request(
        &self,
        method: &Method,
        url: Url,
        body: Option<String>,
    ) -> Result<reqwest::RequestBuilder, Error> {
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let authorization = self.authorization(method, &target, body.as_deref().unwrap_or_default())?;
        let mut request = self
            .http
            .client(&url)
            .request(method.clone(), url)
            .header("authorization", authorization)
            .header("accept", "application/json")
            // Some refusals are told apart by their words, and the words are Chinese by default.
            .header("accept-language", "zh-CN")
            // A compressed body would have to be undone before it verifies; answers are short.
            .header("accept-encoding", "identity");
        if let Some(serial) = &self.keys.preferred_serial {
            request = request.header("wechatpay-serial", serial);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        Ok(request)
    }

    fn authorization(&self, method: &Method, target: &str, body: &str) -> Result<String, Error> {
        let cannot_sign = || Error::ours("wechat.merchant_private_key", "the key cannot sign");
        let mut random = [0_u8; 16];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| cannot_sign())?;
        let nonce = format!("{:032X}", u128::from_be_bytes(random));
        let timestamp = (self.now)().to_string();
        let text = text_to_sign(method.as_str(), target, &timestamp, &nonce, body);
        let signature = self.merchant_key.sign(text.as_bytes()).map_err(|_| cannot_sign())?;
        Ok(format!(
            r#"WECHATPAY2-SHA256-RSA2048 mchid="{}",nonce_str="{nonce}",signature="{signature}",timestamp="{timestamp}",serial_no="{}""#,
            self.merchant.partner_id, self.merchant_serial
        ))
    }
}

impl std::fmt::Display for Unproven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unproven::BadSignature => "the answer does not verify. If that stays so, check wechat.public_key",
            Unproven::UnknownKey => "the answer is signed under an unknown serial. Check wechat.public_key_id",
            Unproven::Stale => "the answer is more than 5 minutes from this server's clock. Check the clock",
        })
    }
}
