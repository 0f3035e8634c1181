//! Rooms, goods and pictures.

use super::{AppState, RefusedAnswer, with_etag};
use crate::push::Change;
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
use order::RoomId;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Between two words on a silent event stream.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

async fn find(shop: &Shop, room: &str) -> Result<Room, ShopError> {
    let no_room = || ShopError::refuse(ErrorCode::NotFound, "there is no such room");
    let room_id = RoomId::new(room).map_err(|_| no_room())?;
    shop.store.room(&room_id, shop.pay_types()).await?.ok_or_else(no_room)
}

/// A room.
#[utoipa::path(get, path = "/v1/rooms/{room}", params(("room" = String, Path)), responses(
    (status = 200, body = Room), (status = 304), (status = 404, body = RefusedAnswer)))]
pub(super) async fn room(
    State(shop): State<Arc<Shop>>,
    Path(room): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ShopError> {
    Ok(with_etag(&headers, &find(&shop, &room).await?))
}

/// The goods of a room, in the order of the shelf, each with the deal that is planned or runs; prices in fen.
#[utoipa::path(get, path = "/v1/rooms/{room}/goods", params(("room" = String, Path)), responses(
    (status = 200, body = Vec<Goods>), (status = 304), (status = 404, body = RefusedAnswer)))]
pub(super) async fn goods(
    State(shop): State<Arc<Shop>>,
    Path(room): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ShopError> {
    let room = find(&shop, &room).await?;
    Ok(with_etag(&headers, &shop.store.goods_of(&room.room_id, shop.clock.now_s()).await?))
}

/// Says `changed` whenever goods or room changed. It carries nothing: look again.
#[utoipa::path(get, path = "/v1/rooms/{room}/events", params(("room" = String, Path)), responses(
    (status = 200, content_type = "text/event-stream"), (status = 404, body = RefusedAnswer)))]
pub(super) async fn events(
    State(AppState { shop, stop, .. }): State<AppState>,
    Path(room): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ShopError> {
    let changes = shop.push.listen();
    let room_id = find(&shop, &room).await?.room_id;
    let words = stream::unfold((changes, stop, room_id), |(mut changes, mut stop, room_id)| async move {
        loop {
            tokio::select! {
                changed = changes.recv() => match changed {
                    Ok(Change::Room(changed)) if changed == room_id => break,
                    Ok(Change::Room(_) | Change::Order(_)) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return None,
                },
                _ = stop.wait_for(|stopping| *stopping) => return None,
            }
        }
        Some((Ok(Event::default().data("changed")), (changes, stop, room_id)))
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
