//! Rooms, goods and pictures.

use super::{AppState, RefusedAnswer};
use crate::shop::{Shop, ShopError};
use crate::store::Picture;
use api::{ErrorCode, Goods, Room};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::{Stream, stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Between two words on a silent event stream.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A room.
#[utoipa::path(get, path = "/v1/rooms/{room}", params(("room" = String, Path)), responses(
    (status = 200, body = Room), (status = 304), (status = 404, body = RefusedAnswer)))]
pub(super) async fn room(
    State(AppState { shop, pages, .. }): State<AppState>,
    Path(room): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ShopError> {
    Ok(pages.of(&shop, &room).await?.room.answer(&headers))
}

/// The goods of a room, in the order of the shelf, each with the deal that is planned or runs; prices in fen.
#[utoipa::path(get, path = "/v1/rooms/{room}/goods", params(("room" = String, Path)), responses(
    (status = 200, body = Vec<Goods>), (status = 304), (status = 404, body = RefusedAnswer)))]
pub(super) async fn goods(
    State(AppState { shop, pages, .. }): State<AppState>,
    Path(room): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ShopError> {
    Ok(pages.of(&shop, &room).await?.goods.answer(&headers))
}

/// Says `changed` whenever goods or room changed, at most four times a second. It carries nothing: look again.
#[utoipa::path(get, path = "/v1/rooms/{room}/events", params(("room" = String, Path)), responses(
    (status = 200, content_type = "text/event-stream"), (status = 404, body = RefusedAnswer)))]
pub(super) async fn events(
    State(AppState { shop, pages, stop, .. }): State<AppState>,
    Path(room): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ShopError> {
    let changes = pages.listen(&shop, &room).await?;
    let words = stream::unfold((changes, stop), |(mut changes, mut stop)| async move {
        tokio::select! {
            () = changes.heard_calmly() => {}
            _ = stop.wait_for(|stopping| *stopping) => return None,
        }
        Some((Ok(Event::default().data("changed")), (changes, stop)))
    });
    Ok(Sse::new(words).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// A picture.
#[utoipa::path(get, path = "/v1/pictures/{picture}", params(("picture" = String, Path)), responses(
    (status = 200, content_type = "image/*"), (status = 404, body = RefusedAnswer)))]
pub(super) async fn picture(State(shop): State<Arc<Shop>>, Path(picture): Path<String>) -> Result<Response, ShopError> {
    shown(shop.store.picture(&picture).await?)
}

/// The small form of a picture, 240 pixels square, or the picture itself where none is kept.
#[utoipa::path(get, path = "/v1/pictures/{picture}/small", params(("picture" = String, Path)), responses(
    (status = 200, content_type = "image/*"), (status = 404, body = RefusedAnswer)))]
pub(super) async fn small_picture(
    State(shop): State<Arc<Shop>>,
    Path(picture): Path<String>,
) -> Result<Response, ShopError> {
    shown(shop.store.small_picture(&picture).await?)
}

fn shown(found: Option<Picture>) -> Result<Response, ShopError> {
    let no_picture = || ShopError::refuse(ErrorCode::NotFound, "there is no such picture");
    let (content_type, body) = found.ok_or_else(no_picture)?;
    let body = BASE64.decode(body).map_err(|_| no_picture())?;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        // The id is the hash of the bytes: what it names never changes.
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".into()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
    ];
    Ok((headers, body).into_response())
}
