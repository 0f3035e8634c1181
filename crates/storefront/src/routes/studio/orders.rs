//! A room's orders under the streamer's token: the lists, an order's page, what is done with it, and files of them.

use super::{OnDuty, figures};
use crate::checkout::no_order;
use crate::orders_sheet::{Sheet, csv};
use crate::routes::orders::order_id;
use crate::routes::{AppState, JsonBody, RefusedAnswer};
use crate::shop::{Shop, ShopError};
use crate::store::{Cursor, Streamer};
use api::{Decline, ErrorCode, OrderFilter, RefundDraft, ShipmentDraft, StudioOrders, StudioPaper};
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use order::OrderId;
use serde::Deserialize;
use std::sync::Arc;

/// Longest words looked for, characters.
const WORDS_MAX_CHARS: usize = 100;

/// What the orders are asked and told, and the figures that are counted of them.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/v1/studio/orders", get(list))
        .route("/v1/studio/orders/{order}", get(one))
        .route("/v1/studio/orders/{order}/refunds", post(refund))
        .route("/v1/studio/orders/{order}/decline", post(decline))
        .route("/v1/studio/orders/{order}/shipment", put(ship))
        .route("/v1/studio/orders.csv", get(sheet))
        .route("/v1/studio/figures", get(figures::figures))
}

/// What the list of orders may be asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    filter: Option<OrderFilter>,
    #[serde(default)]
    words: String,
    next: Option<String>,
}

/// The room's orders, newest first, 50 at most: of one filter, in which all `words` are found.
#[utoipa::path(get, path = "/v1/studio/orders", params(
    ("filter" = Option<String>, Query, description = "all, unpaid, paid, to_ship, wishes, refunds, stuck or closed"),
    ("words" = Option<String>, Query, description = "looked for in titles and numbers; of a number its last four \
        characters are enough"),
    ("next" = Option<String>, Query, description = "the `next` of the page before")),
    security(("streamer" = [])), responses((status = 200, body = StudioOrders), (status = 400, body = RefusedAnswer),
    (status = 401, body = RefusedAnswer)))]
pub(crate) async fn list(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<StudioOrders>, ShopError> {
    let refuse = |why: String| ShopError::refuse(ErrorCode::InvalidParams, why);
    let Query(ListQuery { filter, words, next }) = query.map_err(|error| refuse(error.body_text()))?;
    if words.chars().count() > WORDS_MAX_CHARS {
        return Err(refuse(format!("words must be at most {WORDS_MAX_CHARS} characters")));
    }
    let after = match next {
        Some(next) => Cursor::parse(&next).ok_or_else(|| refuse("next is not what a page answered with".into()))?,
        None => Cursor::start(),
    };
    let filter = filter.unwrap_or(OrderFilter::All);
    Ok(Json(shop.store.studio_orders(&streamer.room_id, filter, &words, &after).await?))
}

async fn paper(shop: &Shop, streamer: &Streamer, order_id: &OrderId) -> Result<Json<StudioPaper>, ShopError> {
    shop.store.studio_paper(&streamer.room_id, order_id).await?.map(Json).ok_or_else(no_order)
}

/// One order of the room with its trades and its lines of the journal.
#[utoipa::path(get, path = "/v1/studio/orders/{order}", params(("order" = String, Path)),
    security(("streamer" = [])), responses((status = 200, body = StudioPaper), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer)))]
pub(crate) async fn one(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
) -> Result<Json<StudioPaper>, ShopError> {
    paper(&shop, &streamer, &order_id(&order)?).await
}

/// Gives money of a delivered order back. The same request gives the same refund, as often as it is sent.
#[utoipa::path(post, path = "/v1/studio/orders/{order}/refunds", params(("order" = String, Path)),
    request_body = RefundDraft, security(("streamer" = [])), responses((status = 200, body = StudioPaper),
    (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer),
    (status = 409, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn refund(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
    JsonBody(draft): JsonBody<RefundDraft>,
) -> Result<Json<StudioPaper>, ShopError> {
    let order_id = order_id(&order)?;
    shop.give_back(&streamer, &order_id, draft).await?;
    paper(&shop, &streamer, &order_id).await
}

/// Says no to a viewer's wish for a refund. The first answer to a wish stays.
#[utoipa::path(post, path = "/v1/studio/orders/{order}/decline", params(("order" = String, Path)),
    request_body = Decline, security(("streamer" = [])), responses((status = 200, body = StudioPaper),
    (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer),
    (status = 409, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn decline(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
    JsonBody(no): JsonBody<Decline>,
) -> Result<Json<StudioPaper>, ShopError> {
    let order_id = order_id(&order)?;
    shop.decline(&streamer, &order_id, &no.reason).await?;
    paper(&shop, &streamer, &order_id).await
}

/// Says how merchandise was sent, in place of what was said of it before.
#[utoipa::path(put, path = "/v1/studio/orders/{order}/shipment", params(("order" = String, Path)),
    request_body = ShipmentDraft, security(("streamer" = [])), responses((status = 200, body = StudioPaper),
    (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer),
    (status = 409, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn ship(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
    JsonBody(draft): JsonBody<ShipmentDraft>,
) -> Result<Json<StudioPaper>, ShopError> {
    let order_id = order_id(&order)?;
    shop.ship(&streamer, &order_id, draft).await?;
    paper(&shop, &streamer, &order_id).await
}

/// Which file of orders.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SheetQuery {
    to_ship: Option<u8>,
}

/// The room's orders as CSV, oldest first and without addresses; or, with `to_ship=1`, what is to be sent and where to.
#[utoipa::path(get, path = "/v1/studio/orders.csv", params(("to_ship" = Option<u8>, Query, description = "1")),
    security(("streamer" = [])), responses((status = 200, content_type = "text/csv"),
    (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer)))]
pub(crate) async fn sheet(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    query: Result<Query<SheetQuery>, QueryRejection>,
) -> Result<Response, ShopError> {
    let refuse = || ShopError::refuse(ErrorCode::InvalidParams, "to_ship is 0 or 1");
    let sheet = match query.map_err(|_| refuse())?.0.to_ship {
        None | Some(0) => Sheet::All,
        Some(1) => Sheet::ToShip,
        Some(_) => return Err(refuse()),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"orders.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(csv(shop, streamer.room_id, sheet))).into_response())
}
