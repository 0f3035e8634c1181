//! One call of a storefront: its address, and what its answer is before anybody knows what it says.

use crate::answer::{self, AnswerFault, NotUsable};
use crate::error::{ErrorCode, Refusal};
use futures_util::StreamExt;
use reqwest::{Response, StatusCode, Url};
use serde::de::DeserializeOwned;

/// Largest answer taken, bytes: a room of 10,000 goods is about 4 MB.
const ANSWER_MAX_BYTES: usize = 16 << 20;

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No answer came. Whether the storefront acted is not known.
    #[error("the shop did not answer: {0}")]
    NoAnswer(String),
    /// An answer came that must not be used.
    #[error(transparent)]
    Unusable(#[from] AnswerFault),
    /// The storefront refused.
    #[error("the shop refused: {}", .0.message)]
    Refused(Refusal),
}

impl From<NotUsable> for CallError {
    fn from(not_usable: NotUsable) -> CallError {
        match not_usable {
            NotUsable::Refused(refusal) => CallError::Refused(refusal),
            NotUsable::Fault(fault) => CallError::Unusable(fault),
        }
    }
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> CallError {
        // The address is left out: it may carry ids, and the reader knows which shop was called.
        CallError::NoAnswer(error.without_url().to_string())
    }
}

/// `{shop}/v1/{path}`, each part percent-encoded. A shop may live under a path of its host.
pub(crate) fn address(shop: &Url, path: &[&str]) -> Url {
    let mut url = shop.clone();
    // Fails only for addresses that cannot have a path; a room link's are http or https.
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.pop_if_empty().push("v1").extend(path);
    }
    url
}

/// Lets a 2xx answer pass and reads the refusal out of any other.
pub(crate) async fn accepted(response: Response) -> Result<Response, CallError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = body_of(response).await?;
    match answer::data_of(&body) {
        Err(NotUsable::Refused(refusal)) => Err(CallError::Refused(refusal)),
        // Something between us and the shop answered: a proxy, a login page.
        Ok(_) | Err(NotUsable::Fault(_)) => match status {
            StatusCode::TOO_MANY_REQUESTS => Err(CallError::Refused(Refusal {
                code: ErrorCode::TooManyRequests,
                message: "too many requests".into(),
                data: Box::default(),
            })),
            status => Err(CallError::NoAnswer(format!("status {status}"))),
        },
    }
}

/// Reads an answer's JSON.
pub(crate) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, CallError> {
    let body = body_of(response).await?;
    serde_json::from_slice(&body).map_err(|_| AnswerFault::Malformed.into())
}

/// Reads an answer whole.
pub(crate) async fn body_of(response: Response) -> Result<Vec<u8>, CallError> {
    read_within(response, ANSWER_MAX_BYTES).await
}

/// Reads an answer whole, unless it is longer than that.
pub(crate) async fn read_within(response: Response, max_bytes: usize) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    let mut parts = response.bytes_stream();
    while let Some(part) = parts.next().await {
        body.extend_from_slice(&part?);
        if body.len() > max_bytes {
            return Err(AnswerFault::Malformed.into());
        }
    }
    Ok(body)
}
