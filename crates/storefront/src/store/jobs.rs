//! The durable to-do list: one row for each order that can still change by itself. A job is leased while somebody is at
//! it; a lease that ran out (a crash) is taken by the next who looks.

use super::{Store, StoreError, id};
use order::OrderId;
use sqlx::{AnyConnection, Row};

/// How long a job is one worker's, seconds. A step makes at most two calls of 10 s, so half of it is enough for one; with
/// less than that the worker renews it before the next step.
const LEASE_S: i64 = 60;

/// A job that is one worker's until a time. That time, in Unix seconds, also tells the lease from a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The order.
    pub order_id: OrderId,
    /// When the lease runs out.
    pub until: i64,
}

impl Lease {
    /// Whether another step may begin at `now` (Unix seconds) without renewing it.
    #[must_use]
    pub fn lasts(&self, now: i64) -> bool {
        self.until.saturating_sub(now) > LEASE_S / 2
    }
}

impl Store {
    /// Leases what is due at `now` (Unix seconds), at most `most`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_due(&self, now: i64, most: i64) -> Result<Vec<Lease>, StoreError> {
        let until = now.saturating_add(LEASE_S);
        self.write(move |tx| {
            Box::pin(async move {
                let rows = sqlx::query(
                    "UPDATE jobs SET leased_until = $2 WHERE order_id IN
                         (SELECT order_id FROM jobs WHERE wake_at <= $1 AND leased_until <= $1 ORDER BY wake_at LIMIT $3)
                     RETURNING order_id",
                )
                .bind(now)
                .bind(until)
                .bind(most)
                .fetch_all(tx)
                .await?;
                let lease = |order_id| Lease { order_id, until };
                rows.into_iter().map(|row| Ok(lease(id(row.try_get(0)?, "order id", "jobs")?))).collect()
            })
        })
        .await
    }

    /// Leases one order's job, if it is due at `now` (Unix seconds) and nobody has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_order(&self, order_id: &OrderId, now: i64) -> Result<Option<Lease>, StoreError> {
        let lease = Lease { order_id: order_id.clone(), until: now.saturating_add(LEASE_S) };
        self.write(move |tx| {
            Box::pin(async move {
                let leased = sqlx::query(
                    "UPDATE jobs SET leased_until = $3 WHERE order_id = $1 AND wake_at <= $2 AND leased_until <= $2",
                )
                .bind(lease.order_id.as_str())
                .bind(now)
                .bind(lease.until)
                .execute(tx)
                .await?;
                Ok((leased.rows_affected() == 1).then_some(lease))
            })
        })
        .await
    }

    /// Keeps a lease for another step. `false` when it ran out and is somebody else's now: then the worker stops.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew(&self, lease: &mut Lease, now: i64) -> Result<bool, StoreError> {
        // Never the same time twice, even when the clock stands or steps back: it names the lease.
        let until = now.saturating_add(LEASE_S).max(lease.until.saturating_add(1));
        let (order_id, held) = (lease.order_id.clone(), lease.until);
        let renewed: bool = self
            .write(move |tx| {
                Box::pin(async move {
                    let renewed =
                        sqlx::query("UPDATE jobs SET leased_until = $3 WHERE order_id = $1 AND leased_until = $2")
                            .bind(order_id.as_str())
                            .bind(held)
                            .bind(until)
                            .execute(tx)
                            .await?;
                    Ok::<_, StoreError>(renewed.rows_affected() == 1)
                })
            })
            .await?;
        lease.until = until;
        Ok(renewed)
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

/// Hands a leased job back until `wake_at`, or for good. A lease that ran out is not ours to hand back.
pub(super) async fn release(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    until: i64,
    wake_at: Option<i64>,
) -> Result<(), StoreError> {
    let query = match wake_at {
        Some(at) => {
            sqlx::query("UPDATE jobs SET wake_at = $3, leased_until = 0 WHERE order_id = $1 AND leased_until = $2")
                .bind(order_id.as_str())
                .bind(until)
                .bind(at)
        }
        None => sqlx::query("DELETE FROM jobs WHERE order_id = $1 AND leased_until = $2")
            .bind(order_id.as_str())
            .bind(until),
    };
    query.execute(tx).await?;
    Ok(())
}
