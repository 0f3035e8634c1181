//! What belongs to an order beside its money, and a viewer's wish to have the money back.

use super::orders::order_id;
use super::{AppState, JsonBody, RefusedAnswer, SignedIn};
use crate::checkout::{conflict, too_often};
use crate::limits::Who;
use crate::push::Change;
use crate::shop::{Shop, ShopError};
use crate::store::{Record, refundable};
use api::details::REASON_MAX_CHARS;
use api::{ErrorCode, OrderDetails, RefundWish};
use axum::Json;
use axum::extract::{Path, State};
use order::Fen;
use order::state::OrderState;
use std::sync::Arc;

/// Note, address and wish for a refund of an order of the viewer.
#[utoipa::path(get, path = "/v1/orders/{order}/details", params(("order" = String, Path)), security(("viewer" = [])),
    responses((status = 200, body = OrderDetails), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer)))]
pub(super) async fn one(
    SignedIn(viewer): SignedIn,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
) -> Result<Json<OrderDetails>, ShopError> {
    let record = shop.order_of(&viewer.viewer_id, &order_id(&order)?).await?;
    Ok(Json(shop.store.details_of(&record).await?))
}

/// Asks the streamer for a delivered order's money. The first wish of an order stays; asking again changes nothing.
#[utoipa::path(post, path = "/v1/orders/{order}/refund_request", params(("order" = String, Path)),
    request_body = RefundWish, security(("viewer" = [])), responses((status = 200, body = OrderDetails),
    (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer),
    (status = 409, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(super) async fn ask_refund(
    SignedIn(viewer): SignedIn,
    State(AppState { shop, .. }): State<AppState>,
    Path(order): Path<String>,
    JsonBody(wish): JsonBody<RefundWish>,
) -> Result<Json<OrderDetails>, ShopError> {
    let reason = wish.reason.trim();
    if !(1..=REASON_MAX_CHARS).contains(&reason.chars().count()) {
        let why = format!("reason must be 1 to {REASON_MAX_CHARS} characters");
        return Err(ShopError::refuse(ErrorCode::InvalidParams, why));
    }
    let record = shop.order_of(&viewer.viewer_id, &order_id(&order)?).await?;
    let before = shop.store.details_of(&record).await?;
    if before.refund_request.is_some() {
        return Ok(Json(before));
    }
    if !has_money_to_return(&record) {
        let why = "only a delivered order whose money is not on its way back already can be asked back";
        return Err(conflict(&record.order.id, why));
    }
    let now = shop.clock.now_s();
    shop.limits.count(Who::Viewer, viewer.viewer_id.as_str(), now).map_err(too_often)?;
    shop.store.ask_refund(record.order.id.clone(), reason.to_owned(), now).await?;
    shop.push.tell(Change::Orders(record.snapshot.room_id.clone()));
    shop.push.tell(Change::Order(record.order.id.clone()));
    Ok(Json(shop.store.details_of(&record).await?))
}

/// Whether something was paid for goods that were delivered, and not all of it goes back already.
fn has_money_to_return(record: &Record) -> bool {
    record.order.state == OrderState::Delivered && refundable(&record.order) > Fen::ZERO
}
