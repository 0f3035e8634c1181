//! The desk itself, the room on it, and word of what changes.

use super::{OnDuty, answered};
use crate::drafts;
use crate::push::{Change, Listener};
use crate::routes::rooms::KEEP_ALIVE;
use crate::routes::{AppState, JsonBody, RefusedAnswer, bearer, token_hash};
use crate::shop::{Shop, ShopError};
use crate::store::{By, Streamer};
use api::{ErrorCode, RoomDraft, Studio};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

/// The room and its goods.
#[utoipa::path(get, path = "/v1/studio", security(("streamer" = [])), responses((status = 200, body = Studio),
    (status = 401, body = RefusedAnswer)))]
pub(crate) async fn desk(OnDuty(streamer): OnDuty, State(shop): State<Arc<Shop>>) -> Result<Json<Studio>, ShopError> {
    super::desk(&shop, &streamer).await
}

/// Changes the room: what it is called, whether the show is on, and where its picture comes from.
#[utoipa::path(put, path = "/v1/studio/room", request_body = RoomDraft, security(("streamer" = [])), responses(
    (status = 200, body = Studio), (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer),
    (status = 409, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn room(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    JsonBody(draft): JsonBody<RoomDraft>,
) -> Result<Json<Studio>, ShopError> {
    let draft = drafts::room(draft).map_err(|why| ShopError::refuse(ErrorCode::InvalidParams, why))?;
    let by = By { streamer, now: shop.clock.now_s() };
    shop.store.edit_room(by.clone(), draft).await?;
    answered(&shop, &by).await
}

/// Says `goods` when the room or its goods changed, and `orders` when an order of it did. It carries nothing: look again.
#[utoipa::path(get, path = "/v1/studio/events", security(("streamer" = [])), responses(
    (status = 200, content_type = "text/event-stream"), (status = 401, body = RefusedAnswer)))]
pub(crate) async fn events(
    OnDuty(streamer): OnDuty,
    headers: HeaderMap,
    State(AppState { shop, stop, .. }): State<AppState>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ShopError> {
    let goods = shop.push.listen(Change::Room(streamer.room_id.clone()));
    let orders = shop.push.listen(Change::Orders(streamer.room_id.clone()));
    let token_hash = bearer(&headers).map(token_hash).unwrap_or_default();
    let follow = Follow { shop, streamer, token_hash, goods, orders, stop };
    let words = stream::unfold(follow, |mut follow| async move {
        let word = follow.next().await?;
        Some((Ok(Event::default().data(word)), follow))
    });
    Ok(Sse::new(words).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One connection that follows one room.
struct Follow {
    shop: Arc<Shop>,
    streamer: Streamer,
    token_hash: String,
    goods: Listener,
    orders: Listener,
    stop: watch::Receiver<bool>,
}

impl Follow {
    /// The next word; `None` ends the stream.
    async fn next(&mut self) -> Option<&'static str> {
        let word = tokio::select! {
            () = self.goods.heard_calmly() => "goods",
            () = self.orders.heard_calmly() => "orders",
            _ = self.stop.wait_for(|stopping| *stopping) => return None,
        };
        // A token that was taken back hears no more.
        let known = self.shop.store.streamer_by_token(&self.token_hash).await;
        let sent_away = known.is_ok_and(|known| known.as_ref() != Some(&self.streamer));
        (!sent_away).then_some(word)
    }
}
