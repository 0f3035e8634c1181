//! Viewers.

use super::{Address, AppState, RefusedAnswer, SignedIn, token_hash};
use crate::checkout::too_often;
use crate::limits::Who;
use crate::shop::{Shop, ShopError};
use api::{ErrorCode, Secret, Viewer, ViewerToken};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use order::ViewerId;
use order::id::{base32, timed};
use std::sync::Arc;

/// Makes a guest viewer. The token is shown this once; only its hash is kept.
#[utoipa::path(post, path = "/v1/viewers", responses(
    (status = 201, body = ViewerToken), (status = 429, body = RefusedAnswer)))]
pub(super) async fn new_guest(
    State(shop): State<Arc<Shop>>,
    Address(address): Address,
) -> Result<(StatusCode, Json<ViewerToken>), ShopError> {
    let now = shop.clock.now_s();
    shop.limits.count(Who::Address, &address, now).map_err(too_often)?;
    shop.spare_the_writer()?;
    let viewer_id = ViewerId::new(base32(timed(now, shop.random.bits()?)))
        .map_err(|_| ShopError::refuse(ErrorCode::Internal, "no viewer id could be made"))?;
    let token = format!("{:032x}{:032x}", shop.random.bits()?, shop.random.bits()?);
    shop.store.add_viewer(viewer_id.clone(), token_hash(&token), now).await?;
    Ok((StatusCode::CREATED, Json(ViewerToken { viewer_id, token: Secret::new(token) })))
}

/// The viewer's own account.
#[utoipa::path(get, path = "/v1/viewer", security(("viewer" = [])), responses(
    (status = 200, body = Viewer), (status = 401, body = RefusedAnswer)))]
pub(super) async fn me(SignedIn(viewer): SignedIn, State(_): State<AppState>) -> Json<Viewer> {
    Json(viewer)
}
