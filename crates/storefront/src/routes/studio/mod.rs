//! What a streamer sees and does, under the streamer's token. Each act is in the journal, and each edit is answered
//! with the whole desk.

pub(super) mod desk;
pub(super) mod figures;
pub(super) mod goods;
pub(super) mod goods_files;
pub(super) mod orders;
pub(super) mod pictures;

use super::{AppState, bearer, token_hash};
use crate::checkout::refused;
use crate::limits::Who;
use crate::push::Change;
use crate::shop::{Shop, ShopError};
use crate::store::{By, EditError, Streamer};
use api::error::RefusalData;
use api::{ErrorCode, Studio};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use futures_util::StreamExt;
use order::GoodsId;

/// All routes of the studio.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/v1/studio", get(desk::desk))
        .route("/v1/studio/events", get(desk::events))
        .route("/v1/studio/room", put(desk::room))
        .route("/v1/studio/goods", post(goods::add))
        .route("/v1/studio/goods/{goods}", put(goods::edit).delete(goods::remove))
        .route("/v1/studio/goods/{goods}/deal", put(goods::make_deal).delete(goods::end_deal))
        .route("/v1/studio/shelf", put(goods::shelf))
        .route("/v1/studio/pin", put(goods::pin))
        .route("/v1/studio/goods/import", post(goods_files::import))
        .route("/v1/studio/goods.csv", get(goods_files::export))
        .route("/v1/studio/pictures", post(pictures::keep))
        .merge(orders::router())
}

impl From<EditError> for ShopError {
    fn from(error: EditError) -> ShopError {
        let words = error.to_string();
        match error {
            EditError::Store(error) => ShopError::Store(error),
            EditError::NoSuchGoods | EditError::NoSuchRoom => ShopError::refuse(ErrorCode::NotFound, words),
            EditError::Stale => ShopError::refuse(ErrorCode::Stale, words),
            EditError::TooFew { left } => {
                let data = RefusalData { stock_left: Some(left), ..RefusalData::default() };
                refused(ErrorCode::SoldOut, &words, data)
            }
            EditError::NotOnSale => ShopError::refuse(ErrorCode::NotOnSale, words),
            EditError::TooMany | EditError::NoSuchPicture | EditError::BelowDeal { .. } | EditError::Deal(_) => {
                ShopError::refuse(ErrorCode::InvalidParams, words)
            }
        }
    }
}

/// The whole desk as it is now.
async fn desk(shop: &Shop, streamer: &Streamer) -> Result<Json<Studio>, ShopError> {
    let desk = shop.store.desk(streamer, shop.pay_types(), shop.clock.now_s()).await?;
    desk.map(Json).ok_or_else(|| EditError::NoSuchRoom.into())
}

/// Tells viewers and other studios that the room changed.
fn told(shop: &Shop, by: &By) {
    shop.push.tell(Change::Room(by.streamer.room_id.clone()));
}

/// The answer to an edit that was made.
async fn answered(shop: &Shop, by: &By) -> Result<Json<Studio>, ShopError> {
    told(shop, by);
    desk(shop, &by.streamer).await
}

fn new_goods_id(shop: &Shop) -> Result<GoodsId, ShopError> {
    GoodsId::new(order::id::base32(shop.random.bits()?))
        .map_err(|_| ShopError::refuse(ErrorCode::Internal, "no id could be made"))
}

/// A body that may be larger than others, bounded in time. `None` when it is larger than it may be.
async fn large_body(request: Request, state: &AppState, max_bytes: usize) -> Result<Option<Bytes>, ShopError> {
    let refuse = |why: &str| ShopError::refuse(ErrorCode::InvalidParams, why);
    // What says that it is too large is not waited for.
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if said.is_some_and(|bytes: u64| bytes > max_bytes as u64) {
        return Ok(None);
    }
    let read = tokio::time::timeout(state.body_timeout, gathered(request.into_body(), max_bytes)).await;
    let read = read.map_err(|_| refuse("the file did not come in time; try again"))?;
    read.map_err(|_| refuse("the file did not come whole; try again"))
}

async fn gathered(body: Body, max_bytes: usize) -> Result<Option<Bytes>, axum::Error> {
    let (mut parts, mut whole) = (body.into_data_stream(), Vec::new());
    while let Some(part) = parts.next().await {
        whole.extend_from_slice(&part?);
        if whole.len() > max_bytes {
            return Ok(None);
        }
    }
    Ok(Some(whole.into()))
}

/// The streamer whose token came with the request. What is not only looked at counts against the streamer's limit.
pub(crate) struct OnDuty(pub(crate) Streamer);

impl FromRequestParts<AppState> for OnDuty {
    type Rejection = ShopError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<OnDuty, ShopError> {
        let unauthorised = || ShopError::refuse(ErrorCode::Unauthorised, "send the streamer's token as a bearer");
        let token = bearer(&parts.headers).ok_or_else(unauthorised)?;
        let streamer = state.shop.store.streamer_by_token(&token_hash(token)).await?.ok_or_else(unauthorised)?;
        if parts.method != Method::GET {
            let now = state.shop.clock.now_s();
            state.shop.limits.count(Who::Streamer, &streamer.streamer_id, now).map_err(|retry_after_s| {
                let data = RefusalData { retry_after_s: Some(retry_after_s), ..RefusalData::default() };
                refused(ErrorCode::TooManyRequests, "too many changes at once", data)
            })?;
        }
        Ok(OnDuty(streamer))
    }
}
