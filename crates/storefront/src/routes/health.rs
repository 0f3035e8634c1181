//! For operators, and the shop's time for clients.

use super::{AppState, RefusedAnswer};
use crate::shop::{Shop, ShopError};
use api::ErrorCode;
use api::view::TimeView;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{OpenApi, ToSchema};

/// The process is there.
#[utoipa::path(get, path = "/healthz", responses((status = 200)))]
pub(super) async fn healthz() -> StatusCode {
    StatusCode::OK
}

/// Whether it serves all it is there for.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    /// True while it takes orders.
    ready: bool,
    /// What stands in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<String>,
}

/// It takes orders: the database answers, nothing halts the shop, and it is not stopping.
#[utoipa::path(get, path = "/readyz", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(super) async fn readyz(State(AppState { shop, stop, .. }): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let mut why = match shop.store.halts().await {
        Ok(halts) => halts.into_iter().map(|halt| format!("{}: {}", halt.name, halt.reason)).collect(),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            vec!["the database does not answer".to_owned()]
        }
    };
    if *stop.borrow() {
        why.push("stopping".into());
    }
    let status = if why.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready: why.is_empty(), why }))
}

/// What the time may be asked with.
#[derive(Deserialize)]
pub(super) struct TimeQuery {
    nonce: String,
}

/// The server's time, signed together with the client's nonce: proof that the shop holds its key, and that it is now.
#[utoipa::path(get, path = "/v1/time", params(("nonce" = String, Query, description = "16 to 64 letters and digits")),
    responses((status = 200, body = TimeView), (status = 400, body = RefusedAnswer)))]
pub(super) async fn time(
    State(shop): State<Arc<Shop>>,
    query: Result<Query<TimeQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Map<String, Value>>, ShopError> {
    let refuse = || ShopError::refuse(ErrorCode::InvalidParams, "nonce must be 16 to 64 letters and digits");
    let Query(TimeQuery { nonce }) = query.map_err(|_| refuse())?;
    if !(16..=64).contains(&nonce.len()) || !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(refuse());
    }
    let timestamp = shop.clock.now_s();
    Ok(Json(shop.signed(&TimeView { nonce, timestamp, key_id: String::new(), sign: String::new() })))
}

/// The description of this API.
#[utoipa::path(get, path = "/v1/openapi.json", responses((status = 200)))]
pub(super) async fn openapi_json() -> Json<utoipa::openapi::OpenApi> {
    Json(openapi())
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Liveshop storefront", description = "Orders, payments and goods of live rooms."),
    paths(
        time,
        openapi_json,
        super::viewers::new_guest,
        super::viewers::me,
        super::addresses::list,
        super::addresses::add,
        super::addresses::change,
        super::addresses::remove,
        super::rooms::room,
        super::rooms::goods,
        super::rooms::events,
        super::rooms::picture,
        super::rooms::small_picture,
        super::orders::assist_pay_order_by_third,
        super::orders::list,
        super::orders::one,
        super::orders::events,
        super::orders::cancel,
        super::orders::ask,
        super::details::one,
        super::details::ask_refund,
        super::receipts::one,
        super::studio::desk::desk,
        super::studio::desk::events,
        super::studio::desk::room,
        super::studio::goods::add,
        super::studio::goods::edit,
        super::studio::goods::remove,
        super::studio::goods::shelf,
        super::studio::goods::pin,
        super::studio::goods::make_deal,
        super::studio::goods::end_deal,
        super::studio::goods_files::import,
        super::studio::goods_files::export,
        super::studio::pictures::keep,
        super::studio::orders::list,
        super::studio::orders::one,
        super::studio::orders::refund,
        super::studio::orders::decline,
        super::studio::orders::ship,
        super::studio::orders::sheet,
        super::studio::figures::figures,
        super::notices::alipay,
        super::notices::wechat,
        healthz,
        readyz,
    ),
    modifiers(&Tokens)
)]
struct Description;

/// The bearer tokens in the description.
struct Tokens;

impl utoipa::Modify for Tokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
        let components = openapi.components.get_or_insert_default();
        for whose in ["viewer", "streamer"] {
            components.add_security_scheme(whose, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        }
    }
}

/// The description of the API, as it is served and kept as a snapshot.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
