//! Something in front of a program that speaks HTTP, which passes on what it hears and changes what it wants.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Answers instead of the program, by what was asked and how often anything was asked before.
pub type Instead = fn(&str, usize) -> Option<(u16, Value)>;
/// Changes what the program answered to what was asked.
pub type Change = fn(&str, &mut Value);

struct Falsifier {
    http: reqwest::Client,
    base: String,
    instead: Instead,
    change: Change,
    asked: std::sync::atomic::AtomicUsize,
}

/// Stands in front of the program at `base` and returns where.
pub async fn before(base: &str, instead: Instead, change: Change) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let falsifier = Falsifier { http, base: base.into(), instead, change, asked: Default::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().fallback(pass).with_state(Arc::new(falsifier));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

pub fn nothing_instead(_: &str, _: usize) -> Option<(u16, Value)> {
    None
}

async fn pass(State(falsifier): State<Arc<Falsifier>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let what = format!("{} {}", parts.method, parts.uri.path());
    let before = falsifier.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    if let Some((status, body)) = (falsifier.instead)(&what, before) {
        return (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response();
    }
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut passed = falsifier.http.request(parts.method, format!("{}{target}", falsifier.base));
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT] {
        if let Some(value) = parts.headers.get(&name) {
            passed = passed.header(name, value);
        }
    }
    let answer = passed.body(to_bytes(body, 1 << 20).await.unwrap()).send().await;
    let Ok(answer) = answer else { return StatusCode::BAD_GATEWAY.into_response() };
    let kind: Option<(HeaderName, _)> =
        answer.headers().get(header::CONTENT_TYPE).map(|kind| (header::CONTENT_TYPE, kind.clone()));
    let (status, stream) = (answer.status(), kind.as_ref().is_some_and(|(_, kind)| kind == "text/event-stream"));
    let body = if stream {
        Body::from_stream(answer.bytes_stream())
    } else {
        let body = answer.bytes().await.unwrap_or_default();
        match serde_json::from_slice::<Value>(&body) {
            Ok(mut said) => {
                (falsifier.change)(&what, &mut said);
                Body::from(said.to_string())
            }
            Err(_) => Body::from(body),
        }
    };
    let mut response = (status, body).into_response();
    response.headers_mut().extend(kind);
    response
}
