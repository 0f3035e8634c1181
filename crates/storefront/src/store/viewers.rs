//! Viewers, known by the hash of their token.

use super::{Store, StoreError, id};
use api::Viewer;
use order::ViewerId;
use sqlx::Row;

impl Store {
    /// Adds a viewer by the hash of their token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_viewer(&self, viewer_id: ViewerId, token_hash: String, now: i64) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO viewers (viewer_id, token_hash, fins_balance, created_at) VALUES ($1, $2, 0, $3)",
                )
                .bind(viewer_id.to_string())
                .bind(token_hash)
                .bind(now)
                .execute(tx)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The viewer whose token has that hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn viewer_by_token(&self, token_hash: &str) -> Result<Option<Viewer>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT viewer_id, fins_balance FROM viewers WHERE token_hash = $1")
            .bind(token_hash)
            .fetch_optional(&mut *connection)
            .await?;
        let read = |row: sqlx::any::AnyRow| {
            Ok(Viewer { viewer_id: id(row.try_get(0)?, "viewer id", "viewers")?, fins_balance: row.try_get(1)? })
        };
        row.map(read).transpose()
    }
}
