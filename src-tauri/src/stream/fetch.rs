//! One request to where the show is.

use futures_util::StreamExt;
use std::time::Duration;
use tauri::Url;
use tauri::http::{HeaderValue, Response, StatusCode, header};

/// Longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Longest wait for one part of the show.
const LIMIT: Duration = Duration::from_secs(30);
/// Largest part of a show, bytes.
const MAX_BYTES: usize = 32 << 20;
/// What of the answer's headers the page gets.
const PASSED_ON: [header::HeaderName; 4] =
    [header::CONTENT_TYPE, header::CONTENT_RANGE, header::ACCEPT_RANGES, header::CACHE_CONTROL];

/// A part of the show.
pub(super) struct Fetched {
    /// Where it was.
    pub(super) url: Url,
    status: StatusCode,
    location: Option<Url>,
    headers: Vec<(header::HeaderName, HeaderValue)>,
    /// All of it.
    pub(super) body: Vec<u8>,
}

/// A client that goes only where it is sent.
///
/// # Errors
/// When the system's TLS set-up cannot be used.
pub(super) fn client(local: bool) -> reqwest::Result<reqwest::Client> {
    let mut http = reqwest::Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .timeout(LIMIT)
        .user_agent(concat!("liveshop/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none());
    if local {
        // A proxy of the system cannot reach this machine's own show.
        http = http.no_proxy();
    }
    http.build()
}

/// Fetches it, up to the largest size.
///
/// # Errors
/// A status that says what went wrong.
pub(super) async fn get(http: &reqwest::Client, url: Url, range: Option<&HeaderValue>) -> Result<Fetched, StatusCode> {
    let mut request = http.get(url.clone());
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let answer = request.send().await.map_err(status_of)?;
    let status = answer.status();
    let location = answer.headers().get(header::LOCATION).and_then(|location| url.join(location.to_str().ok()?).ok());
    let headers = PASSED_ON.into_iter().filter_map(|name| Some((name.clone(), answer.headers().get(name)?.clone())));
    let headers = headers.collect();
    let mut body = Vec::new();
    let mut parts = answer.bytes_stream();
    while let Some(part) = parts.next().await {
        body.extend_from_slice(&part.map_err(status_of)?);
        if body.len() > MAX_BYTES {
            return Err(StatusCode::BAD_GATEWAY);
        }
    }
    Ok(Fetched { url, status, location, headers, body })
}

fn status_of(error: reqwest::Error) -> StatusCode {
    let timed_out = error.is_timeout();
    tracing::info!(error = %error.without_url(), "a part of the show did not come");
    if timed_out { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY }
}

impl Fetched {
    /// Where it is instead.
    pub(super) fn leads_to(&self) -> Option<Url> {
        self.location.clone().filter(|_| self.status.is_redirection())
    }

    /// Whether it names other parts.
    pub(super) fn is_playlist(&self) -> bool {
        self.status.is_success() && self.body.trim_ascii_start().starts_with(b"#EXTM3U")
    }

    /// As the page gets it.
    pub(super) fn into_response(self) -> tauri::http::Result<Response<Vec<u8>>> {
        let mut response = Response::builder()
            .status(self.status)
            .header(header::ACCESS_CONTROL_EXPOSE_HEADERS, "content-length, content-range");
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(self.body)
    }
}
