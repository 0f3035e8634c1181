//! What viewers see of a room, kept as it is sent: when a crowd looks at once, one of them looks into the database.
//!
//! A page is shown until the room's next word, and for the one second it was made in. So it is never older than the
//! change somebody has just heard of, a deal begins and ends by itself, and what another program wrote into the
//! database beside this one is seen a second later at most.

use crate::push::{Change, Listener, Push};
use crate::shop::{Shop, ShopError};
use api::ErrorCode;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order::RoomId;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The pages of all rooms that were looked at.
#[derive(Default)]
pub(crate) struct RoomPages(Mutex<HashMap<RoomId, Arc<Place>>>);

/// Where one room's page is kept.
struct Place {
    told: Listener,
    page: Mutex<Option<Arc<RoomPage>>>,
    /// Held by whoever reads the page anew; the others wait for what is read.
    reading: tokio::sync::Mutex<()>,
}

/// A room and its goods as they were sent at one time.
pub(crate) struct RoomPage {
    pub(crate) room: Tagged,
    pub(crate) goods: Tagged,
    /// [`Listener::version`] and the time before it was read.
    version: u64,
    at: i64,
}

impl RoomPages {
    /// The room's page as of now.
    ///
    /// # Errors
    /// [`ShopError`], also when there is no such room.
    pub(crate) async fn of(&self, shop: &Shop, room: &str) -> Result<Arc<RoomPage>, ShopError> {
        let room_id = named(room)?;
        let place = self.place(&shop.push, &room_id);
        let (version, asked_at) = (place.told.version(), shop.clock.now_s());
        if let Some(page) = place.page_of(version, asked_at, asked_at) {
            return Ok(page);
        }
        let _reading = place.reading.lock().await;
        // Whatever somebody else began to read after this was asked is new enough.
        let now = shop.clock.now_s();
        if let Some(page) = place.page_of(version, asked_at, now) {
            return Ok(page);
        }
        let read = read(shop, &room_id, place.told.version(), now).await;
        match read {
            Ok(page) => {
                let page = Arc::new(page);
                *place.page() = Some(Arc::clone(&page));
                Ok(page)
            }
            Err(error) => {
                // Names that nobody has are not kept.
                self.places().remove(&room_id);
                Err(error)
            }
        }
    }

    /// Hears of the room's changes from now on.
    ///
    /// # Errors
    /// As [`RoomPages::of`].
    pub(crate) async fn listen(&self, shop: &Shop, room: &str) -> Result<Listener, ShopError> {
        let told = shop.push.listen(Change::Room(named(room)?));
        self.of(shop, room).await?;
        Ok(told)
    }

    fn place(&self, push: &Push, room_id: &RoomId) -> Arc<Place> {
        let mut places = self.places();
        if let Some(place) = places.get(room_id) {
            return Arc::clone(place);
        }
        let told = push.listen(Change::Room(room_id.clone()));
        let place = Arc::new(Place { told, page: Mutex::default(), reading: tokio::sync::Mutex::default() });
        places.insert(room_id.clone(), Arc::clone(&place));
        place
    }

    fn places(&self) -> MutexGuard<'_, HashMap<RoomId, Arc<Place>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn page(&self) -> MutexGuard<'_, Option<Arc<RoomPage>>> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page that is kept, if it was read at that version or a later one, and between these times.
    fn page_of(&self, version: u64, from: i64, to: i64) -> Option<Arc<RoomPage>> {
        let page = self.page();
        page.as_ref().filter(|page| page.version >= version && (from..=to).contains(&page.at)).cloned()
    }
}

async fn read(shop: &Shop, room_id: &RoomId, version: u64, now: i64) -> Result<RoomPage, ShopError> {
    let room = shop.store.room(room_id, shop.pay_types()).await?.ok_or_else(no_room)?;
    let goods = shop.store.goods_of(room_id, now).await?;
    Ok(RoomPage { room: Tagged::new(&room)?, goods: Tagged::new(&goods)?, version, at: now })
}

fn named(room: &str) -> Result<RoomId, ShopError> {
    RoomId::new(room).map_err(|_| no_room())
}

fn no_room() -> ShopError {
    ShopError::refuse(ErrorCode::NotFound, "there is no such room")
}

/// A JSON answer with its ETag.
pub(crate) struct Tagged {
    tag: String,
    body: Bytes,
}

impl Tagged {
    fn new(value: &impl Serialize) -> Result<Tagged, ShopError> {
        let body = serde_json::to_vec(value).map_err(|error| {
            tracing::error!(%error, "an answer has no JSON form");
            ShopError::refuse(ErrorCode::Internal, "something went wrong here")
        })?;
        let tag = format!("\"{}\"", &hex::encode(digest(&SHA256, &body))[..32]);
        Ok(Tagged { tag, body: body.into() })
    }

    /// The answer to a request with these headers: what its client has already is not sent again.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
        // A proxy that compresses makes a tag weak.
        let mut known = known.flat_map(|known| known.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
        let tag = [(header::ETAG, self.tag.clone())];
        if known.any(|tag| tag == self.tag) {
            return (StatusCode::NOT_MODIFIED, tag).into_response();
        }
        (tag, [(header::CONTENT_TYPE, "application/json")], self.body.clone()).into_response()
    }
}
