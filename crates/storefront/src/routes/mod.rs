//! The HTTP side: the routes in one place, and how requests come in and refusals go out.

mod addresses;
mod details;
mod health;
mod metrics;
mod notices;
mod orders;
mod receipts;
mod room_pages;
mod rooms;
mod studio;
mod viewers;

pub use health::openapi;
pub(crate) use metrics::{metrics, metrics_from_here};

use crate::checkout::too_often;
use crate::config::ServerConfig;
use crate::shop::{Shop, ShopError};
use api::error::RefusalData;
use api::{ErrorCode, Refusal, Viewer};
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRef, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use room_pages::RoomPages;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// Largest body taken, bytes. Params and notices are a few kilobytes.
const BODY_MAX_BYTES: usize = 64 << 10;
/// When to come again, seconds, while as many requests as may be are under way.
const FULL_RETRY_S: u32 = 1;

/// What every route needs.
#[derive(Clone)]
pub(crate) struct AppState {
    shop: Arc<Shop>,
    pages: Arc<RoomPages>,
    stop: watch::Receiver<bool>,
    body_timeout: Duration,
    request_timeout: Duration,
    /// Room for requests.
    requests: Arc<Semaphore>,
}

impl FromRef<AppState> for Arc<Shop> {
    fn from_ref(state: &AppState) -> Arc<Shop> {
        Arc::clone(&state.shop)
    }
}

/// All routes, with the usual bounds on time. Event streams end when `stop` turns true.
pub fn router(shop: Arc<Shop>, stop: watch::Receiver<bool>) -> Router {
    router_within(shop, stop, &ServerConfig::default())
}

/// All routes. Event streams end when `stop` turns true.
pub(crate) fn router_within(shop: Arc<Shop>, stop: watch::Receiver<bool>, config: &ServerConfig) -> Router {
    let state = AppState {
        shop,
        pages: Arc::default(),
        stop,
        body_timeout: config.body_timeout(),
        request_timeout: config.request_timeout(),
        requests: Arc::new(Semaphore::new(usize::try_from(config.requests_max).unwrap_or(Semaphore::MAX_PERMITS))),
    };
    Router::new()
        .route("/v1/time", get(health::time))
        .route("/v1/openapi.json", get(health::openapi_json))
        .route("/v1/viewers", post(viewers::new_guest))
        .route("/v1/viewer", get(viewers::me))
        .route("/v1/addresses", get(addresses::list).post(addresses::add))
        .route("/v1/addresses/{address}", put(addresses::change).delete(addresses::remove))
        .route("/v1/rooms/{room}", get(rooms::room))
        .route("/v1/rooms/{room}/goods", get(rooms::goods))
        .route("/v1/rooms/{room}/events", get(rooms::events))
        .route("/v1/pictures/{picture}", get(rooms::picture))
        .route("/v1/pictures/{picture}/small", get(rooms::small_picture))
        .route("/v1/assist_payOrderByThird", post(orders::assist_pay_order_by_third))
        .route("/v1/orders", get(orders::list))
        .route("/v1/orders/{order}", get(orders::one))
        .route("/v1/orders/{order}/events", get(orders::events))
        .route("/v1/orders/{order}/cancel", post(orders::cancel))
        .route("/v1/orders/{order}/ask", post(orders::ask))
        .route("/v1/orders/{order}/details", get(details::one))
        .route("/v1/orders/{order}/refund_request", post(details::ask_refund))
        .route("/v1/orders/{order}/receipt", get(receipts::one))
        .route("/notices/alipay", post(notices::alipay))
        .route("/notices/wechat", post(notices::wechat))
        .merge(studio::router())
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .fallback(|| async { ShopError::refuse(ErrorCode::NotFound, "there is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            ShopError::refuse(ErrorCode::NotFound, "this address is not called this way")
        })
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(from_fn_with_state(state.clone(), within_bounds))
        .layer(from_fn_with_state(Arc::clone(&state.shop), crate::metrics::counted))
        .with_state(state)
}

/// Bounds the time until an answer begins, and how many are under way. A stream that has begun goes on, and counts no
/// more. There is always room for word of a payment, and for whoever asks whether the process is there.
async fn within_bounds(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let place = state.requests.try_acquire();
    if place.is_err() && !["/notices/", "/healthz", "/readyz"].iter().any(|always| path.starts_with(always)) {
        return too_often(FULL_RETRY_S).into_response();
    }
    match tokio::time::timeout(state.request_timeout, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => {
            tracing::error!(limit_s = state.request_timeout.as_secs(), "a request was given up: no answer in time");
            ShopError::refuse(ErrorCode::Internal, "this took too long; asking again is safe").into_response()
        }
    }
}

impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        let refusal = match self {
            ShopError::Refused(refusal) => refusal,
            ShopError::Store(error) => {
                tracing::error!(%error, "the database failed a request");
                Refusal::plain(ErrorCode::Internal, "something went wrong here; asking again is safe")
            }
            ShopError::NoRandomness(error) => {
                tracing::error!(%error, "no id could be made");
                Refusal::plain(ErrorCode::Internal, "something went wrong here; asking again is safe")
            }
        };
        let Refusal { code, message, data } = refusal;
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = data.retry_after_s.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        (status, retry_after, Json(json!({"error": code, "msg": message, "data": data}))).into_response()
    }
}

/// A body, bounded in size and time. What is wrong with it is said in the contract's form.
pub(crate) struct RawBody(pub(crate) Bytes);

impl FromRequest<AppState> for RawBody {
    type Rejection = ShopError;

    async fn from_request(request: Request, state: &AppState) -> Result<RawBody, ShopError> {
        let refuse = |why: String| ShopError::refuse(ErrorCode::InvalidParams, why);
        let AppState { body_timeout, .. } = state;
        match tokio::time::timeout(*body_timeout, Bytes::from_request(request, state)).await {
            Ok(Ok(body)) => Ok(RawBody(body)),
            Ok(Err(_)) => Err(refuse(format!("the body must come whole and be at most {BODY_MAX_BYTES} bytes"))),
            Err(_) => Err(refuse(format!("the body must come within {} s", body_timeout.as_secs()))),
        }
    }
}

/// A JSON body. Whatever is wrong with it is said in the contract's form.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = ShopError;

    async fn from_request(request: Request, state: &AppState) -> Result<JsonBody<T>, ShopError> {
        let RawBody(body) = RawBody::from_request(request, state).await?;
        serde_json::from_slice(&body)
            .map(JsonBody)
            .map_err(|error| ShopError::refuse(ErrorCode::InvalidParams, format!("the params are not right: {error}")))
    }
}

/// The viewer whose token came with the request.
pub(crate) struct SignedIn(pub(crate) Viewer);

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = ShopError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<SignedIn, ShopError> {
        let unauthorised = || ShopError::refuse(ErrorCode::Unauthorised, "send the viewer's token as a bearer");
        let token = bearer(&parts.headers).ok_or_else(unauthorised)?;
        let viewer = state.shop.store.viewer_by_token(&token_hash(token)).await?;
        viewer.map(SignedIn).ok_or_else(unauthorised)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Only the hash of a token is kept; a token has 256 random bits, so a plain hash cannot be searched.
pub(crate) fn token_hash(token: &str) -> String {
    hex::encode(digest(&SHA256, token.as_bytes()))
}

/// What the client of a request is counted by; see [`crate::limits::Limits::client`].
pub(crate) struct Address(pub(crate) String);

impl FromRequestParts<AppState> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Address, Self::Rejection> {
        Ok(Address(client(&state.shop, &parts.extensions, &parts.headers)))
    }
}

/// See [`Address`].
fn client(shop: &Shop, extensions: &Extensions, headers: &HeaderMap) -> String {
    // A program that calls the routes in its own process has no peer.
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| peer.ip());
    shop.limits.client(peer, headers)
}

/// The refusal's shape, for the description of the API.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it describes what IntoResponse writes")]
pub(crate) struct RefusedAnswer {
    /// The code that decides the reaction.
    error: ErrorCode,
    /// For people.
    msg: String,
    /// What the reaction needs.
    data: RefusalData,
}
