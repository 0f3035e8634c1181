//! Rooms, the streamers who run them, and pictures.

use super::{Store, StoreError, id, known};
use api::{Room, RoomState};
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
        let row = sqlx::query(
            "SELECT room_id, title, host, shop, state, cover, notice, stream, starts_at FROM rooms WHERE room_id = $1",
        )
        .bind(room_id.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        row.map(|row| read_room(&row, pay_types)).transpose()
    }

    /// Changes a room's show. `false` when there is no such room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_show(&self, room_id: RoomId, show: Show) -> Result<bool, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let set = "UPDATE rooms SET state = $2, stream = $3, starts_at = $4 WHERE room_id = $1";
                let set = sqlx::query(set)
                    .bind(room_id.to_string())
                    .bind(show.state.as_str())
                    .bind(show.stream)
                    .bind(show.starts_at)
                    .execute(tx)
                    .await?;
                Ok(set.rows_affected() == 1)
            })
        })
        .await
    }

    /// Adds a streamer by the hash of their token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_streamer(
        &self,
        streamer_id: String,
        name: String,
        room_id: RoomId,
        token_hash: String,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("INSERT INTO streamers (streamer_id, name, room_id, token_hash) VALUES ($1, $2, $3, $4)")
                    .bind(streamer_id)
                    .bind(name)
                    .bind(room_id.to_string())
                    .bind(token_hash)
                    .execute(tx)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Keeps a picture under its id; the id is the hash of its bytes, so the same picture is kept once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_picture(
        &self,
        picture_id: String,
        content_type: String,
        body_base64: String,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO pictures (picture_id, content_type, body_base64) VALUES ($1, $2, $3)
                     ON CONFLICT (picture_id) DO NOTHING",
                )
                .bind(picture_id)
                .bind(content_type)
                .bind(body_base64)
                .execute(tx)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// A picture: its content type and its bytes in base64.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn picture(&self, picture_id: &str) -> Result<Option<(String, String)>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT content_type, body_base64 FROM pictures WHERE picture_id = $1")
            .bind(picture_id)
            .fetch_optional(&mut *connection)
            .await?;
        row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
    }
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

/// Whether the room's show is over, or the room is gone: nothing is ordered there any more.
pub(super) async fn is_over(tx: &mut AnyConnection, room_id: &str) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT state FROM rooms WHERE room_id = $1").bind(room_id).fetch_optional(tx).await?;
    let state: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(state.as_deref() != Some(RoomState::Live.as_str()) && state.as_deref() != Some(RoomState::Soon.as_str()))
}

fn read_room(row: &AnyRow, pay_types: Vec<PayType>) -> Result<Room, StoreError> {
    Ok(Room {
        room_id: id(row.try_get(0)?, "room id", "rooms")?,
        title: row.try_get(1)?,
        host: row.try_get(2)?,
        shop: row.try_get(3)?,
        state: known(row.try_get(4)?, "room state", "rooms", RoomState::named)?,
        cover: row.try_get(5)?,
        notice: row.try_get(6)?,
        stream: row.try_get(7)?,
        starts_at: row.try_get(8)?,
        pay_types,
    })
}
