//! The desk itself, the room on it, and word of what changes.

use super::{OnDuty, answered};
use crate::drafts;
use crate::push::Change;
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
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
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
    let changes = shop.push.listen();
    let token_hash = bearer(&headers).map(token_hash).unwrap_or_default();
    let follow = Follow { shop, streamer, token_hash, changes, stop, to_tell: VecDeque::new() };
    let words = stream::unfold(follow, |mut follow| async move {
        let word = follow.next().await?;
        Some((Ok(Event::default().data(word)), follow))
    });
    Ok(Sse::new(words).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

const GOODS: &str = "goods";
const ORDERS: &str = "orders";

/// One connection that follows one room.
struct Follow {
    shop: Arc<Shop>,
    streamer: Streamer,
    token_hash: String,
    changes: Receiver<Change>,
    stop: watch::Receiver<bool>,
    /// Words not said yet; each once, however often it happened meanwhile.
    to_tell: VecDeque<&'static str>,
}

impl Follow {
    /// The next word; `None` ends the stream.
    async fn next(&mut self) -> Option<&'static str> {
        while self.to_tell.is_empty() {
            let changed = tokio::select! {
                changed = self.changes.recv() => changed,
                _ = self.stop.wait_for(|stopping| *stopping) => return None,
            };
            match changed {
                Ok(change) => self.note(change).await,
                Err(RecvError::Lagged(_)) => self.note_all(),
                Err(RecvError::Closed) => return None,
            }
            self.gather().await;
        }
        // A token that was taken back hears no more.
        let known = self.shop.store.streamer_by_token(&self.token_hash).await;
        if known.is_ok_and(|known| known.as_ref() != Some(&self.streamer)) {
            return None;
        }
        self.to_tell.pop_front()
    }

    /// Takes what else has changed by now: under load many changes are one word.
    async fn gather(&mut self) {
        loop {
            match self.changes.try_recv() {
                Ok(change) => self.note(change).await,
                Err(TryRecvError::Lagged(_)) => self.note_all(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    async fn note(&mut self, change: Change) {
        match change {
            Change::Room(room_id) if room_id == self.streamer.room_id => self.note_word(GOODS),
            Change::Room(_) => {}
            Change::Order(order_id) if !self.to_tell.contains(&ORDERS) => {
                // What cannot be looked up is told: looking once too often costs nothing.
                let room = self.shop.store.room_of_order(&order_id).await;
                if room.is_ok_and(|room| room.as_ref().is_some_and(|room| *room != self.streamer.room_id)) {
                    return;
                }
                self.note_word(ORDERS);
            }
            Change::Order(_) => {}
        }
    }

    fn note_all(&mut self) {
        self.note_word(GOODS);
        self.note_word(ORDERS);
    }

    fn note_word(&mut self, word: &'static str) {
        if !self.to_tell.contains(&word) {
            self.to_tell.push_back(word);
        }
    }
}
