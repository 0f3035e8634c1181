//! Requests, counted and timed by their route.

use crate::clock::Stopwatch;
use crate::shop::Shop;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::gauge::Gauge;
use std::sync::Arc;

/// What was asked. Neither part is the client's own invention: it could invent any number of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Asked {
    method: &'static str,
    route: String,
}

/// What was asked, and the status of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

impl Asked {
    fn of(request: &Request) -> Asked {
        let method = match *request.method() {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::DELETE => "DELETE",
            _ => "other",
        };
        let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
        Asked { method, route: route.to_owned() }
    }
}

/// Counts a request and times it until its answer begins. An event stream is counted as long as somebody reads it.
pub(crate) async fn counted(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let metrics = &shop.metrics;
    let asked = Asked::of(&request);
    let stopwatch = Stopwatch::start();
    let answer = next.run(request).await;
    metrics.request_times.get_or_create(&asked).observe(stopwatch.elapsed().as_secs_f64());
    let is_stream = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/event-stream"));
    let client = is_stream.then(|| Client::of(metrics.sse_clients.get_or_create_owned(&asked)));
    let Asked { method, route } = asked;
    metrics.requests.get_or_create(&Answered { method, route, status: answer.status().as_u16() }).inc();
    match client {
        Some(client) => answer.map(|body| while_read(body, client)),
        None => answer,
    }
}

/// The body, which holds `client` until it is dropped.
fn while_read(body: Body, client: Client) -> Body {
    Body::from_stream(body.into_data_stream().inspect(move |_| {
        let _held = &client;
    }))
}

/// One reader of an event stream.
struct Client(Gauge);

impl Client {
    fn of(clients: Gauge) -> Client {
        clients.inc();
        Client(clients)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.dec();
    }
}
