//! The receipt of an order.

use super::{RefusedAnswer, SignedIn};
use crate::checkout::no_order;
use crate::shop::{Shop, ShopError};
use api::receipt::{self, SignedReceipt};
use axum::Json;
use axum::extract::{Path, State};
use order::OrderId;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What the shop states about an order for good: payment, outcome and journal lines, signed, to be kept and checked
/// without the shop.
#[utoipa::path(get, path = "/v1/orders/{order}/receipt", params(("order" = String, Path)), security(("viewer" = [])),
    responses((status = 200, body = SignedReceipt), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer)))]
pub(super) async fn one(
    SignedIn(viewer): SignedIn,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
) -> Result<Json<Map<String, Value>>, ShopError> {
    let order_id = OrderId::new(order).map_err(|_| no_order())?;
    let found = shop.store.receipt(&order_id).await?;
    let (_, receipt) =
        found.filter(|(record, _)| record.snapshot.viewer_id == viewer.viewer_id).ok_or_else(no_order)?;
    Ok(Json(receipt::signed(receipt, shop.clock.now_s(), &shop.signer)))
}
