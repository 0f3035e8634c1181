//! The streamers who run rooms, known by the hash of their token.

use super::{Store, StoreError, id};
use order::RoomId;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Who runs a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streamer {
    /// Their id.
    pub streamer_id: String,
    /// What the room's viewers call them.
    pub name: String,
    /// Their room.
    pub room_id: RoomId,
}

impl Store {
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

    /// The streamer whose token has that hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn streamer_by_token(&self, token_hash: &str) -> Result<Option<Streamer>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT streamer_id, name, room_id FROM streamers WHERE token_hash = $1")
            .bind(token_hash)
            .fetch_optional(&mut *connection)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The streamers of that id or name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn streamers_called(&self, id_or_name: &str) -> Result<Vec<Streamer>, StoreError> {
        let mut connection = self.read().await?;
        let rows = sqlx::query(
            "SELECT streamer_id, name, room_id FROM streamers WHERE streamer_id = $1 OR name = $1 ORDER BY streamer_id",
        )
        .bind(id_or_name)
        .fetch_all(&mut *connection)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Forgets a streamer: their token opens nothing any more. `false` when there is none of that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_streamer(&self, streamer_id: String) -> Result<bool, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM streamers WHERE streamer_id = $1").bind(streamer_id).execute(tx);
                Ok(gone.await?.rows_affected() == 1)
            })
        })
        .await
    }
}

fn read(row: &AnyRow) -> Result<Streamer, StoreError> {
    Ok(Streamer {
        streamer_id: row.try_get(0)?,
        name: row.try_get(1)?,
        room_id: id(row.try_get(2)?, "room id", "streamers")?,
    })
}
