//! The HTTP client both channels use.

use crate::{Error, SetupError};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use std::sync::Arc;
use std::time::Duration;

/// An answer longer than this is not read further: no answer of either channel comes near it, bills apart.
pub(crate) const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// How long to wait for a channel.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the connection.
    pub connect: Duration,
    /// For the whole call, the answer's last byte included.
    pub total: Duration,
}

impl Default for Limits {
    /// 3 s to connect, 10 s in all.
    fn default() -> Limits {
        Limits { connect: Duration::from_secs(3), total: Duration::from_secs(10) }
    }
}

/// An HTTP client that follows no redirects, ends every wait, and verifies TLS. Cheap to clone; share one.
#[derive(Clone, Debug)]
pub struct Http {
    outside: Client,
    /// A proxy named by the environment cannot reach this machine's own loopback, where a practice room listens.
    loopback: Client,
    /// The answer to everything, where nothing is sent.
    told: Option<Arc<Reply>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug)]
pub(crate) struct NoReply {
    /// No connection was made, so the channel cannot have acted.
    pub(crate) never_sent: bool,
    pub(crate) why: String,
}

impl From<NoReply> for Error {
    fn from(no_reply: NoReply) -> Error {
        Error::unknown(no_reply.why)
    }
}

impl Http {
    /// A client with these limits.
    ///
    /// # Errors
    /// [`SetupError::Http`] when the system offers no TLS or no roots to trust.
    pub fn new(limits: Limits) -> Result<Http, SetupError> {
        let builder = || {
            Client::builder()
                .connect_timeout(limits.connect)
                .timeout(limits.total)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .user_agent(concat!("liveshop/", env!("CARGO_PKG_VERSION")))
        };
        let built = |builder: reqwest::ClientBuilder| builder.build().map_err(|error| SetupError::Http(chain(&error)));
        Ok(Http { outside: built(builder())?, loopback: built(builder().no_proxy())?, told: None })
    }

    /// As this client, but nothing is sent: each request is made as ever and has this for its answer, which is checked as
    /// ever. With it a call's own cost is measured, without the network's.
    #[must_use]
    pub fn telling(self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> Http {
        let pair = |(name, value): &(&str, &str)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
        };
        let headers = headers.iter().filter_map(pair).collect();
        Http { told: Some(Arc::new(Reply { status, headers, body: body.to_vec() })), ..self }
    }

    /// The client to reach `url` with.
    pub(crate) fn client(&self, url: &Url) -> &Client {
        if is_loopback(url) { &self.loopback } else { &self.outside }
    }

    /// Sends a request and reads the whole answer, up to `bytes_max`.
    pub(crate) async fn send(&self, request: RequestBuilder, bytes_max: usize) -> Result<Reply, NoReply> {
        // The URL is taken out of every error: Alipay's carries the signature.
        let failed = |error: reqwest::Error| {
            let never_sent = error.is_connect();
            NoReply { never_sent, why: chain(&error.without_url()) }
        };
        if let Some(told) = &self.told {
            return request.build().map(|_unsent| Reply::clone(told)).map_err(failed);
        }
        let mut response = request.send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len().saturating_add(chunk.len()) > bytes_max {
                return Err(NoReply { never_sent: false, why: format!("the answer is longer than {bytes_max} bytes") });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }
}

impl Reply {
    /// A header's value; `None` when it is missing, doubled or not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            (None, _) | (Some(_), Some(_)) => None,
        }
    }
}

/// Reads a base URL: https, or plain http to this machine.
pub(crate) fn base_url(setting: &'static str, text: &str) -> Result<Url, SetupError> {
    let invalid = |why: &str| SetupError::Invalid { setting, why: format!("{text:?} {why}") };
    let url = Url::parse(text).map_err(|error| invalid(&format!("is not a URL: {error}")))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("must end before any ? or #"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => {
            Err(invalid("must begin with https:// (plain http:// is for this machine only, such as http://127.0.0.1)"))
        }
    }
}

/// Reads an address a channel hands out for a download: https, or plain http to this machine.
pub(crate) fn download_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    is_safe.then_some(url)
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// An error with its causes: reqwest's own text says only "error sending request".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for (text, fits) in [
            ("https://openapi.alipay.com/gateway.do", true),
            ("http://127.0.0.1:4000", true),
            ("http://[::1]:4000/x", true),
            ("http://localhost", true),
            ("http://127.0.0.1.example.com", false),
            ("http://openapi.alipay.com/gateway.do", false),
            ("https://api.mch.weixin.qq.com/?a=1", false),
            ("ftp://127.0.0.1", false),
            ("api.mch.weixin.qq.com", false),
        ] {
            assert_eq!(base_url("wechat.base_url", text).is_ok(), fits, "{text}");
        }
    }
}
