//! The durable to-do list: one row for each order that can still change by itself. A job is leased while somebody is at
//! it; a lease that ran out (a crash) is taken by the next who looks.

use super::{Store, StoreError, id};
use order::OrderId;
use sqlx::{AnyConnection, Row};

/// How long a job is one worker's, seconds: longer than the longest call to a channel.
const LEASE_S: i64 = 60;

impl Store {
    /// Leases what is due at `now` (Unix seconds), at most `most`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_due(&self, now: i64, most: i64) -> Result<Vec<OrderId>, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "UPDATE jobs SET leased_until = $2 WHERE order_id IN
                         (SELECT order_id FROM jobs WHERE wake_at <= $1 AND leased_until <= $1 ORDER BY wake_at LIMIT $3)
                     RETURNING order_id",
                )
                .bind(now)
                .bind(now.saturating_add(LEASE_S))
                .bind(most)
                .fetch_all(tx)
                .await?;
                rows.into_iter().map(|row| id(row.try_get(0)?, "order id", "jobs")).collect()
            })
        })
        .await
    }

    /// When the next job is due or its lease runs out, Unix seconds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_wake(&self) -> Result<Option<i64>, StoreError> {
        let mut connection = self.read().await?;
        let row =
            sqlx::query("SELECT MIN(CASE WHEN leased_until > wake_at THEN leased_until ELSE wake_at END) FROM jobs")
                .fetch_one(&mut *connection)
                .await?;
        Ok(row.try_get(0)?)
    }

    /// Gives every lease back: called once at start, when no worker of this database's only process holds one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_leases(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            Box::pin(async move {
                sqlx::query("UPDATE jobs SET leased_until = 0").execute(tx).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Makes the order's job due at `at`, whoever is at it now.
pub(super) async fn wake(tx: &mut AnyConnection, order_id: &OrderId, at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO jobs (order_id, wake_at, leased_until) VALUES ($1, $2, 0)
         ON CONFLICT (order_id) DO UPDATE SET wake_at = $2",
    )
    .bind(order_id.as_str())
    .bind(at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Hands the job back until `wake_at`, or for good.
pub(super) async fn release(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    wake_at: Option<i64>,
) -> Result<(), StoreError> {
    match wake_at {
        Some(at) => {
            sqlx::query("UPDATE jobs SET wake_at = $2, leased_until = 0 WHERE order_id = $1")
                .bind(order_id.as_str())
                .bind(at)
                .execute(tx)
                .await?
        }
        None => sqlx::query("DELETE FROM jobs WHERE order_id = $1").bind(order_id.as_str()).execute(tx).await?,
    };
    Ok(())
}
