//! The addresses of the channels' notices. A channel is told that its notice was received once that is committed.

use super::{AppState, RawBody};
use crate::metrics::Hearing;
use crate::notices::NotTaken;
use crate::shop::{Shop, ShopError};
use api::ErrorCode;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gateway::NoticeAnswer;
use order::PayType;

/// Alipay's trade notice.
#[utoipa::path(post, path = "/notices/alipay", request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "`success` once it is kept, `failure` otherwise", content_type = "text/plain")))]
pub(super) async fn alipay(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<RawBody, ShopError>,
) -> Response {
    take(&state.shop, PayType::Alipay, &headers, body).await
}

/// WeChat Pay's notice.
#[utoipa::path(post, path = "/notices/wechat", request_body(content = String, content_type = "application/json"),
    responses((status = 204, description = "kept"), (status = 400, description = "refused"), (status = 500, description = "not kept")))]
pub(super) async fn wechat(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<RawBody, ShopError>,
) -> Response {
    take(&state.shop, PayType::Wechat, &headers, body).await
}

async fn take(shop: &Shop, pay_type: PayType, headers: &HeaderMap, body: Result<RawBody, ShopError>) -> Response {
    let Some(channel) = shop.channels.get(&pay_type) else {
        return ShopError::refuse(ErrorCode::NotFound, "this shop has not set up this channel").into_response();
    };
    let RawBody(body) = match body {
        Ok(body) => body,
        Err(why) => {
            tracing::warn!(%pay_type, %why, "a notice was not read");
            shop.metrics.heard(pay_type, Hearing::Unread);
            return respond(channel.notice_answer(false));
        }
    };
    // One that is no text is kept as one that verifies nothing: left out, it would not count as a second of its name.
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let taken = shop.take_notice(pay_type, &headers, &body).await;
    shop.metrics.heard(pay_type, taken.as_ref().map_or_else(NotTaken::hearing, |()| Hearing::Taken));
    if let Err(why) = &taken {
        tracing::warn!(%pay_type, %why, "a notice was not taken");
    }
    respond(channel.notice_answer(taken.is_ok()))
}

fn respond(answer: NoticeAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}
