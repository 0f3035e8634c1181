//! The channels' notices: verified, kept as they came, and followed by our own query. Only then is the channel told
//! that the notice was received.

use crate::shop::Shop;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gateway::{NoticeAnswer, RawNotice};
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
    let accepted = keep(shop, channel.as_ref(), headers, body).await;
    if let Err(why) = &accepted {
        tracing::warn!(%pay_type, %why, "a notice was not taken");
    }
    respond(channel.notice_answer(accepted.is_ok()))
}

async fn keep(shop: &Shop, channel: &dyn gateway::Channel, headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    let now = shop.clock.now_s();
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let raw = RawNotice { headers: &headers, body };
    let notice = channel.read_notice(&raw, now).map_err(|error| error.to_string())?;
    let order_id = shop.store.order_of_attempt(&notice.pay_id).await.map_err(|error| error.to_string())?;
    let order_id = order_id.ok_or_else(|| format!("no attempt has the number {}", notice.pay_id))?;
    let kept = hex::encode(digest(&SHA256, body));
    let text = String::from_utf8_lossy(body).into_owned();
    shop.store
        .keep_notice(&order_id, &notice.pay_id, channel.pay_type(), kept, text, now)
        .await
        .map_err(|error| error.to_string())?;
    shop.due.notify_one();
    Ok(())
}

fn respond(answer: NoticeAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}
