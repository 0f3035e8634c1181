//! The goods of the streamer's room: written, put in order, explained, and sold for less for a while.

use super::{OnDuty, answered};
use crate::drafts;
use crate::routes::{JsonBody, RefusedAnswer};
use crate::shop::{Shop, ShopError};
use crate::store::{By, EditError, NewGoods};
use api::{DealDraft, ErrorCode, GoodsEdit, GoodsOrder, NewItem, Pin, Studio};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use order::{Fen, GoodsId};
use serde::Deserialize;
use std::sync::Arc;

/// What is no id names no item.
fn goods_id(text: String) -> Result<GoodsId, ShopError> {
    GoodsId::new(text).map_err(|_| EditError::NoSuchGoods.into())
}

fn invalid(why: impl Into<String>) -> ShopError {
    ShopError::refuse(ErrorCode::InvalidParams, why)
}

/// Puts a new item at the end of the shelf.
#[utoipa::path(post, path = "/v1/studio/goods", request_body = NewItem, security(("streamer" = [])), responses(
    (status = 200, body = Studio), (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer),
    (status = 429, body = RefusedAnswer)))]
pub(crate) async fn add(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    JsonBody(item): JsonBody<NewItem>,
) -> Result<Json<Studio>, ShopError> {
    let NewItem { draft, stock } = drafts::item(item).map_err(invalid)?;
    let item = NewGoods {
        goods_id: super::new_goods_id(&shop)?,
        title: draft.title,
        note: draft.note,
        description: draft.description,
        kind: draft.kind,
        fins: draft.fins,
        price: Fen::new(draft.price_fen).map_err(|error| invalid(error.to_string()))?,
        stock,
        limit_per_viewer: draft.limit_per_viewer,
        on_sale: draft.on_sale,
        pinned: false,
        picture: draft.picture,
        deal: None,
    };
    let by = By { streamer, now: shop.clock.now_s() };
    shop.store.add_item(by.clone(), item).await?;
    answered(&shop, &by).await
}

/// Changes an item.
#[utoipa::path(put, path = "/v1/studio/goods/{goods}", params(("goods" = String, Path)), request_body = GoodsEdit,
    security(("streamer" = [])), responses((status = 200, body = Studio), (status = 400, body = RefusedAnswer),
    (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer), (status = 409, body = RefusedAnswer),
    (status = 429, body = RefusedAnswer)))]
pub(crate) async fn edit(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    Path(goods): Path<String>,
    JsonBody(edit): JsonBody<GoodsEdit>,
) -> Result<Json<Studio>, ShopError> {
    let goods_id = goods_id(goods)?;
    let edit = GoodsEdit { draft: drafts::goods(edit.draft).map_err(invalid)?, ..edit };
    let by = By { streamer, now: shop.clock.now_s() };
    shop.store.edit_item(by.clone(), goods_id, edit).await?;
    answered(&shop, &by).await
}

/// What an item is removed with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtRevision {
    revision: i64,
}

/// Takes an item off the shelf for good. Its orders go on.
#[utoipa::path(delete, path = "/v1/studio/goods/{goods}", params(("goods" = String, Path),
    ("revision" = i64, Query, description = "the one the streamer saw")), security(("streamer" = [])), responses(
    (status = 200, body = Studio), (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer), (status = 409, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn remove(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    Path(goods): Path<String>,
    query: Result<Query<AtRevision>, QueryRejection>,
) -> Result<Json<Studio>, ShopError> {
    let goods_id = goods_id(goods)?;
    let Query(AtRevision { revision }) = query.map_err(|_| invalid("revision must be the one the streamer saw"))?;
    let by = By { streamer, now: shop.clock.now_s() };
    shop.store.remove_item(by.clone(), goods_id, revision).await?;
    answered(&shop, &by).await
}

/// Puts the shelf into an order.
#[utoipa::path(put, path = "/v1/studio/shelf", request_body = GoodsOrder, security(("streamer" = [])), responses(
    (status = 200, body = Studio), (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer),
    (status = 409, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn shelf(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    JsonBody(GoodsOrder { goods_ids }): JsonBody<GoodsOrder>,
) -> Result<Json<Studio>, ShopError> {
    let by = By { streamer, now: shop.clock.now_s() };
    shop.store.order_shelf(by.clone(), goods_ids).await?;
    answered(&shop, &by).await
}

/// Explains an item, or none.
#[utoipa::path(put, path = "/v1/studio/pin", request_body = Pin, security(("streamer" = [])), responses(
    (status = 200, body = Studio), (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn pin(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    JsonBody(Pin { goods_id }): JsonBody<Pin>,
) -> Result<Json<Studio>, ShopError> {
    let by = By { streamer, now: shop.clock.now_s() };
    shop.store.pin(by.clone(), goods_id).await?;
    answered(&shop, &by).await
}

/// Gives an item a deal in place of the one it had.
#[utoipa::path(put, path = "/v1/studio/goods/{goods}/deal", params(("goods" = String, Path)), request_body = DealDraft,
    security(("streamer" = [])), responses((status = 200, body = Studio), (status = 400, body = RefusedAnswer),
    (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer), (status = 409, body = RefusedAnswer),
    (status = 429, body = RefusedAnswer)))]
pub(crate) async fn make_deal(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    Path(goods): Path<String>,
    JsonBody(draft): JsonBody<DealDraft>,
) -> Result<Json<Studio>, ShopError> {
    let goods_id = goods_id(goods)?;
    let by = By { streamer, now: shop.clock.now_s() };
    let deal = drafts::deal(&draft, by.now).map_err(invalid)?;
    shop.store.make_deal(by.clone(), goods_id, draft.revision, deal).await?;
    answered(&shop, &by).await
}

/// Ends an item's deal. What was ordered at its price keeps it.
#[utoipa::path(delete, path = "/v1/studio/goods/{goods}/deal", params(("goods" = String, Path)),
    security(("streamer" = [])), responses((status = 200, body = Studio), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn end_deal(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    Path(goods): Path<String>,
) -> Result<Json<Studio>, ShopError> {
    let goods_id = goods_id(goods)?;
    let by = By { streamer, now: shop.clock.now_s() };
    shop.store.end_deal(by.clone(), goods_id).await?;
    answered(&shop, &by).await
}
