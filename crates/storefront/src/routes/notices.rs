//! The addresses of the channels' notices. A channel is told that its notice was received once that is committed.

use crate::shop::Shop;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gateway::NoticeAnswer;
use order::PayType;
use std::sync::Arc;

/// Alipay's trade notice.
#[utoipa::path(post, path = "/notices/alipay", request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "`success` once it is kept, `failure` otherwise", content_type = "text/plain")))]
pub(super) async fn alipay(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Response {
    take(&shop, PayType::Alipay, &headers, &body).await
}

/// WeChat Pay's notice.
#[utoipa::path(post, path = "/notices/wechat", request_body(content = String, content_type = "application/json"),
    responses((status = 204, description = "kept"), (status = 400, description = "refused"), (status = 500, description = "not kept")))]
pub(super) async fn wechat(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Response {
    take(&shop, PayType::Wechat, &headers, &body).await
}

async fn take(shop: &Shop, pay_type: PayType, headers: &HeaderMap, body: &[u8]) -> Response {
    let Some(channel) = shop.channels.get(&pay_type) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let taken = shop.take_notice(pay_type, &headers, body).await;
    if let Err(why) = &taken {
        tracing::warn!(%pay_type, %why, "a notice was not taken");
    }
    respond(channel.notice_answer(taken.is_ok()))
}

fn respond(answer: NoticeAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}
