//! Pictures, each under the hash of its bytes.

use super::edits::By;
use super::{Store, StoreError, journal};
use sqlx::{AnyConnection, Row};

/// A picture, or its small form: its content type and its bytes in base64.
pub type Picture = (String, String);

impl Store {
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
        let picture = (content_type, body_base64);
        self.write(move |tx| Box::pin(async move { keep(tx, &picture_id, picture, None).await })).await
    }

    /// Keeps a picture of a streamer, with its small form.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_sent_picture(
        &self,
        by: By,
        picture_id: String,
        picture: Picture,
        small: Picture,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                keep(tx, &picture_id, picture, Some(small)).await?;
                journal::append_act(tx, &by.act("picture_kept", &picture_id), &(), &()).await?;
                Ok(())
            })
        })
        .await
    }

    /// A picture.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn picture(&self, picture_id: &str) -> Result<Option<Picture>, StoreError> {
        self.read_picture("SELECT content_type, body_base64 FROM pictures WHERE picture_id = $1", picture_id).await
    }

    /// The small form of a picture, or the picture where none is kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn small_picture(&self, picture_id: &str) -> Result<Option<Picture>, StoreError> {
        let small = "SELECT COALESCE(small_type, content_type), COALESCE(small_base64, body_base64) FROM pictures
            WHERE picture_id = $1";
        self.read_picture(small, picture_id).await
    }

    async fn read_picture(&self, sql: &'static str, picture_id: &str) -> Result<Option<Picture>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query(sql).bind(picture_id).fetch_optional(&mut *connection).await?;
        row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
    }
}

/// Keeps a picture, and its small form if there is one that is not kept yet.
pub(super) async fn keep(
    tx: &mut AnyConnection,
    picture_id: &str,
    (content_type, body): Picture,
    small: Option<Picture>,
) -> Result<(), StoreError> {
    let (small_type, small_body) = small.unzip();
    sqlx::query(
        "INSERT INTO pictures (picture_id, content_type, body_base64, small_type, small_base64)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (picture_id) DO UPDATE SET small_type = COALESCE(pictures.small_type, excluded.small_type),
            small_base64 = COALESCE(pictures.small_base64, excluded.small_base64)",
    )
    .bind(picture_id)
    .bind(content_type)
    .bind(body)
    .bind(small_type)
    .bind(small_body)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether there is such a picture.
pub(super) async fn is_kept(tx: &mut AnyConnection, picture_id: &str) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT 1 FROM pictures WHERE picture_id = $1").bind(picture_id).fetch_optional(tx).await?;
    Ok(found.is_some())
}
