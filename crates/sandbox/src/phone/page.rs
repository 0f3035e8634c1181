//! `GET /phone`: the pretend wallet as a page. Its words and behaviour are in `phone.js`; it loads nothing from
//! anywhere else, and any page may frame it (the app does).

use axum::http::header;
use axum::response::{IntoResponse, Response};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'";

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

pub(crate) async fn show() -> Response {
    file("text/html; charset=utf-8", include_str!("phone.html"))
}

pub(crate) async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("phone.css"))
}

pub(crate) async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("phone.js"))
}
