//! A viewer's address book. Every answer is the whole book: the address offered first, then the newest.

use super::{AppState, JsonBody, RefusedAnswer, SignedIn};
use crate::checkout::too_often;
use crate::limits::Who;
use crate::shop::{Shop, ShopError};
use crate::store::AddressError;
use api::{Address, AddressDraft, ErrorCode, Viewer};
use axum::Json;
use axum::extract::{Path, State};
use order::AddressId;
use std::sync::Arc;

impl From<AddressError> for ShopError {
    fn from(error: AddressError) -> ShopError {
        match error {
            AddressError::Store(error) => ShopError::Store(error),
            AddressError::NoSuchAddress => no_address(),
            AddressError::Full => ShopError::refuse(ErrorCode::InvalidParams, error.to_string()),
        }
    }
}

/// Somebody else's and none at all answer alike.
fn no_address() -> ShopError {
    ShopError::refuse(ErrorCode::NotFound, "there is no such address of yours")
}

/// A draft that may stand, of a viewer who does not write too often.
fn taken(shop: &Shop, viewer: &Viewer, draft: AddressDraft) -> Result<AddressDraft, ShopError> {
    draft.address.check().map_err(|fault| ShopError::refuse(ErrorCode::InvalidParams, fault.to_string()))?;
    shop.limits.count(Who::Viewer, viewer.viewer_id.as_str(), shop.clock.now_s()).map_err(too_often)?;
    Ok(AddressDraft { address: draft.address.trimmed(), ..draft })
}

/// The viewer's addresses.
#[utoipa::path(get, path = "/v1/addresses", security(("viewer" = [])), responses(
    (status = 200, body = Vec<Address>), (status = 401, body = RefusedAnswer)))]
pub(super) async fn list(
    SignedIn(viewer): SignedIn,
    State(shop): State<Arc<Shop>>,
) -> Result<Json<Vec<Address>>, ShopError> {
    Ok(Json(shop.store.addresses_of(&viewer.viewer_id).await?))
}

/// Adds an address, 20 at most. The first one is offered first.
#[utoipa::path(post, path = "/v1/addresses", request_body = AddressDraft, security(("viewer" = [])), responses(
    (status = 200, body = Vec<Address>), (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer),
    (status = 429, body = RefusedAnswer)))]
pub(super) async fn add(
    SignedIn(viewer): SignedIn,
    State(AppState { shop, .. }): State<AppState>,
    JsonBody(draft): JsonBody<AddressDraft>,
) -> Result<Json<Vec<Address>>, ShopError> {
    let draft = taken(&shop, &viewer, draft)?;
    let address_id = AddressId::new(order::id::base32(shop.random.bits()?))
        .map_err(|_| ShopError::refuse(ErrorCode::Internal, "no address id could be made"))?;
    Ok(Json(shop.store.add_address(viewer.viewer_id, address_id, draft, shop.clock.now_s()).await?))
}

/// Changes an address. Orders keep what they were made with.
#[utoipa::path(put, path = "/v1/addresses/{address}", params(("address" = String, Path)), request_body = AddressDraft,
    security(("viewer" = [])), responses((status = 200, body = Vec<Address>), (status = 400, body = RefusedAnswer),
    (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(super) async fn change(
    SignedIn(viewer): SignedIn,
    State(AppState { shop, .. }): State<AppState>,
    Path(address): Path<String>,
    JsonBody(draft): JsonBody<AddressDraft>,
) -> Result<Json<Vec<Address>>, ShopError> {
    let address_id = AddressId::new(address).map_err(|_| no_address())?;
    let draft = taken(&shop, &viewer, draft)?;
    Ok(Json(shop.store.change_address(viewer.viewer_id, address_id, draft).await?))
}

/// Removes an address. Orders keep what they were made with.
#[utoipa::path(delete, path = "/v1/addresses/{address}", params(("address" = String, Path)), security(("viewer" = [])),
    responses((status = 200, body = Vec<Address>), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(super) async fn remove(
    SignedIn(viewer): SignedIn,
    State(shop): State<Arc<Shop>>,
    Path(address): Path<String>,
) -> Result<Json<Vec<Address>>, ShopError> {
    let address_id = AddressId::new(address).map_err(|_| no_address())?;
    shop.limits.count(Who::Viewer, viewer.viewer_id.as_str(), shop.clock.now_s()).map_err(too_often)?;
    Ok(Json(shop.store.remove_address(viewer.viewer_id, address_id).await?))
}
