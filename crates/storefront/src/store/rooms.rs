//! Rooms.

use super::edits::{By, EditError};
use super::{Store, StoreError, id, journal, known, pictures, shelf};
use api::{Room, RoomDraft, RoomState};
use order::{PayType, RoomId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its id, part of the room's link.
    pub room_id: RoomId,
    /// What the show is called.
    pub title: String,
    /// Who hosts it.
    pub host: String,
    /// The shop, as payment apps name the payee.
    pub shop: String,
    /// Whether the show is on.
    pub state: RoomState,
    /// Id of the cover picture.
    pub cover: Option<String>,
    /// A line to everybody.
    pub notice: Option<String>,
    /// Address of the show's HLS playlist.
    pub stream: Option<String>,
    /// When the show is to begin, Unix seconds.
    pub starts_at: Option<i64>,
}

impl NewRoom {
    /// A room of which nothing more is said yet.
    #[must_use]
    pub fn new(room_id: RoomId, title: String, host: String, shop: String, state: RoomState) -> NewRoom {
        NewRoom { room_id, title, host, shop, state, cover: None, notice: None, stream: None, starts_at: None }
    }
}

/// What of a room's show changes from evening to evening.
#[derive(Clone, Debug)]
pub struct Show {
    /// Whether it is on.
    pub state: RoomState,
    /// Address of its HLS playlist.
    pub stream: Option<String>,
    /// When it is to begin, Unix seconds.
    pub starts_at: Option<i64>,
}

impl Store {
    /// Makes a room, or leaves the one of that id as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn make_room(&self, room: NewRoom) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(async move { insert(tx, room).await.map(|_made| ()) })).await
    }

    /// The room of that id, with the payment types its shop has set up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn room(&self, room_id: &RoomId, pay_types: Vec<PayType>) -> Result<Option<Room>, StoreError> {
        let mut connection = self.read().await?;
        Ok(find(&mut connection, room_id).await?.map(|row| Room { pay_types, ..row.room }))
    }

    /// Changes a room's show. `false` when there is no such room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_show(&self, room_id: RoomId, show: Show, now: i64) -> Result<bool, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let Some(row) = find(tx, &room_id).await? else { return Ok(false) };
                let is_live = show.state == RoomState::Live;
                let begins = is_live && (row.room.state != RoomState::Live || row.live_since.is_none());
                let live_since = if begins { Some(now) } else { row.live_since };
                let Show { state, stream, starts_at } = show;
                save(tx, &Room { state, stream, starts_at, ..row.room }, live_since).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Changes the room of a streamer.
    ///
    /// # Errors
    /// [`EditError`].
    pub async fn edit_room(&self, by: By, draft: RoomDraft) -> Result<(), EditError> {
        self.write(move |tx| Box::pin(async move { edit_room(tx, &by, draft).await })).await
    }
}

/// A room as its streamer sees it.
#[derive(Clone, Debug)]
pub(super) struct RoomRow {
    /// What viewers see, without the payment types.
    pub(super) room: Room,
    /// Rises with each edit.
    pub(super) revision: i64,
    /// Since when the show has been live, or when the last one began.
    pub(super) live_since: Option<i64>,
}

/// The room of that id.
pub(super) async fn find(tx: &mut AnyConnection, room_id: &RoomId) -> Result<Option<RoomRow>, StoreError> {
    let row = sqlx::query(
        "SELECT room_id, title, host, shop, state, cover, notice, stream, starts_at, revision, live_since
         FROM rooms WHERE room_id = $1",
    )
    .bind(room_id.as_str())
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Has a room stand as it is said now.
async fn save(tx: &mut AnyConnection, room: &Room, live_since: Option<i64>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE rooms SET title = $2, state = $3, cover = $4, notice = $5, stream = $6, starts_at = $7,
            live_since = $8, revision = revision + 1
         WHERE room_id = $1",
    )
    .bind(room.room_id.as_str())
    .bind(&room.title)
    .bind(room.state.as_str())
    .bind(room.cover.as_deref())
    .bind(room.notice.as_deref())
    .bind(room.stream.as_deref())
    .bind(room.starts_at)
    .bind(live_since)
    .execute(&mut *tx)
    .await?;
    // The lots of a show that is no longer live follow the shelf again.
    shelf::number_lots(tx, &room.room_id).await
}

async fn edit_room(tx: &mut AnyConnection, by: &By, draft: RoomDraft) -> Result<(), EditError> {
    let row = find(tx, by.room()).await?.ok_or(EditError::NoSuchRoom)?;
    if row.revision != draft.revision {
        return Err(EditError::Stale);
    }
    let before = row.room;
    if draft.cover != before.cover
        && let Some(cover) = &draft.cover
        && !pictures::is_kept(tx, cover).await?
    {
        return Err(EditError::NoSuchPicture);
    }
    let RoomDraft { title, notice, state, stream, starts_at, cover, .. } = draft;
    let after = Room { title, notice, state, stream, starts_at, cover, ..before.clone() };
    if after == before {
        return Ok(());
    }
    let begins = after.state == RoomState::Live && before.state != RoomState::Live;
    let live_since = if begins { Some(by.now) } else { row.live_since };
    save(tx, &after, live_since).await?;
    journal::append_act(tx, &by.act("room_edited", by.room().as_str()), &before, &after).await?;
    Ok(())
}

/// Makes a room. `false` when there is one of that id already; it stays as it is.
pub(super) async fn insert(tx: &mut AnyConnection, room: NewRoom) -> Result<bool, StoreError> {
    let made = sqlx::query(
        "INSERT INTO rooms (room_id, title, host, shop, state, cover, notice, stream, starts_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (room_id) DO NOTHING",
    )
    .bind(room.room_id.to_string())
    .bind(room.title)
    .bind(room.host)
    .bind(room.shop)
    .bind(room.state.as_str())
    .bind(room.cover)
    .bind(room.notice)
    .bind(room.stream)
    .bind(room.starts_at)
    .execute(tx)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Whether a show is over when its room is in this state.
pub(super) fn is_over_in(state: &str) -> bool {
    state != RoomState::Live.as_str() && state != RoomState::Soon.as_str()
}

fn read(row: &AnyRow) -> Result<RoomRow, StoreError> {
    let room = Room {
        room_id: id(row.try_get(0)?, "room id", "rooms")?,
        title: row.try_get(1)?,
        host: row.try_get(2)?,
        shop: row.try_get(3)?,
        state: known(row.try_get(4)?, "room state", "rooms", RoomState::named)?,
        cover: row.try_get(5)?,
        notice: row.try_get(6)?,
        stream: row.try_get(7)?,
        starts_at: row.try_get(8)?,
        pay_types: Vec::new(),
    };
    Ok(RoomRow { room, revision: row.try_get(9)?, live_since: row.try_get(10)? })
}
