//! What a monitor watches, in the text format of Prometheus. It names no viewer and no order; but what is sold of what
//! is the shop's own business, so it is told to this computer, or at an address of its own.

use super::client;
use crate::metrics;
use crate::shop::{Shop, ShopError};
use crate::store::Figures;
use api::ErrorCode;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How long figures are told again before the database is asked anew, seconds: whoever asks often costs nothing.
const KEPT_S: i64 = 5;

/// What `/metrics` needs.
#[derive(Clone)]
struct Monitor {
    shop: Arc<Shop>,
    /// The figures and since when they are known. Held while the database is asked, so that it is asked once at a time.
    kept: Arc<Mutex<Option<(i64, Figures)>>>,
}

/// `/metrics` for whoever reaches it.
pub(crate) fn metrics(shop: Arc<Shop>) -> Router {
    let monitor = Monitor { shop, kept: Arc::default() };
    Router::new().route("/metrics", get(tell)).with_state(monitor)
}

/// `/metrics` for callers on this computer; for others there is nothing at this address.
pub(crate) fn metrics_from_here(shop: Arc<Shop>) -> Router {
    metrics(Arc::clone(&shop)).layer(from_fn_with_state(shop, from_here))
}

async fn from_here(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let client = client(&shop, request.extensions(), request.headers());
    if client.parse().is_ok_and(|client: IpAddr| client.is_loopback()) {
        return next.run(request).await;
    }
    ShopError::refuse(ErrorCode::NotFound, "there is nothing at this address").into_response()
}

/// The shop in numbers. When the database does not answer, what the process counted is told all the same.
async fn tell(State(Monitor { shop, kept }): State<Monitor>) -> Response {
    let now = shop.clock.now_s();
    let mut kept = kept.lock().await;
    if !kept.as_ref().is_some_and(|(at, _)| (*at..at.saturating_add(KEPT_S)).contains(&now)) {
        *kept = match shop.store.figures(now).await {
            Ok(figures) => Some((now, figures)),
            Err(error) => {
                tracing::error!(%error, "the database does not answer");
                None
            }
        };
    }
    match metrics::text(&shop, kept.as_ref().map(|(_, figures)| figures)) {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the figures have no text");
            ShopError::refuse(ErrorCode::Internal, "something went wrong here").into_response()
        }
    }
}
