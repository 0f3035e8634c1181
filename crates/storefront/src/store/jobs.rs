//! The durable to-do list: one row for each order that can still change by itself. A job is leased while somebody is at
//! it; a lease that ran out (a crash) is taken by the next who looks.

use super::batch::{Batch, Known, Needs};
use super::bulk::{Questions, Script};
use super::{Store, StoreError, id};
use order::OrderId;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// How long a job is one worker's, seconds. A step makes at most two calls of 10 s, so half of it is enough for one; with
/// less than that the worker renews it before the next step.
pub(super) const LEASE_S: i64 = 60;

/// When a job can be taken, as its index has it.
macro_rules! due_at {
    () => {
        "(CASE WHEN leased_until > wake_at THEN leased_until ELSE wake_at END)"
    };
}
pub(super) use due_at;

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
                let rows = sqlx::query(concat!(
                    "UPDATE jobs SET leased_until = $2 WHERE order_id IN (SELECT order_id FROM jobs WHERE ",
                    due_at!(),
                    " <= $1 ORDER BY ",
                    due_at!(),
                    " LIMIT $3) RETURNING order_id"
                ))
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
        self.decide(Needs::job(order_id), move |batch| {
            let job = batch.job(&lease.order_id)?.as_mut();
            let job = job.filter(|job| job.wake_at <= now && job.leased_until <= now);
            Ok(job.map(|job| {
                job.leased_until = lease.until;
                lease.clone()
            }))
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
        let held = lease.clone();
        let renewed = self.decide(Needs::job(&lease.order_id), move |batch| {
            let job = batch.job(&held.order_id)?.as_mut().filter(|job| job.leased_until == held.until);
            Ok::<_, StoreError>(job.map(|job| job.leased_until = until).is_some())
        });
        let renewed = renewed.await?;
        lease.until = until;
        Ok(renewed)
    }

    /// When the next job is due or its lease runs out, Unix seconds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_wake(&self) -> Result<Option<i64>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query(concat!("SELECT MIN(", due_at!(), ") FROM jobs")).fetch_one(&mut *connection).await?;
        Ok(row.try_get(0)?)
    }

    /// Gives every lease back: called once at start, when no worker of this database's only process holds one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_leases(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            Box::pin(async move {
                sqlx::query("UPDATE jobs SET leased_until = 0").execute(&mut *tx).await?;
                // Those that waited for their turn at a channel come to its line anew, the oldest first.
                sqlx::query(
                    "UPDATE jobs SET wake_at = (SELECT created_at FROM orders WHERE orders.order_id = jobs.order_id)
                     WHERE order_id IN (SELECT order_id FROM orders WHERE state = 'reserved')",
                )
                .execute(tx)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

/// The to-do of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// When it is due.
    pub(super) wake_at: i64,
    /// Until when it is somebody's.
    pub(super) leased_until: i64,
}

/// Asks for jobs.
pub(super) fn ask<'a>(questions: &mut Questions, order_ids: impl Iterator<Item = &'a OrderId>) {
    let keys = order_ids.map(|order_id| [order_id.as_str().into()]).collect();
    questions.add("SELECT order_id, wake_at, leased_until FROM jobs WHERE order_id IN (", keys, ")");
}

/// The answer to [`ask`].
pub(super) fn found<'a>(
    order_ids: impl Iterator<Item = &'a OrderId>,
    rows: &[AnyRow],
) -> Result<BTreeMap<OrderId, Known<Option<Job>>>, StoreError> {
    let mut found: BTreeMap<_, _> = order_ids.map(|order_id| (order_id.clone(), Known::new(None))).collect();
    for row in rows {
        let job = Job { wake_at: row.try_get(1)?, leased_until: row.try_get(2)? };
        found.insert(id(row.try_get(0)?, "order id", "jobs")?, Known::new(Some(job)));
    }
    Ok(found)
}

/// Writes the jobs that changed, and takes away those that are done.
pub(super) fn save(script: &mut Script, jobs: &BTreeMap<OrderId, Known<Option<Job>>>) {
    let (mut kept, mut done) = (Vec::new(), Vec::new());
    for (order_id, known) in jobs.iter().filter(|(_, known)| known.was != known.now) {
        match &known.now {
            Some(job) => kept.push([order_id.as_str().into(), job.wake_at.into(), job.leased_until.into()]),
            None => done.push([order_id.as_str().into()]),
        }
    }
    let again =
        " ON CONFLICT (order_id) DO UPDATE SET wake_at = excluded.wake_at, leased_until = excluded.leased_until";
    script.add("INSERT INTO jobs (order_id, wake_at, leased_until)", kept, again);
    script.add("DELETE FROM jobs WHERE order_id IN (", done, ")");
}

/// Hands a leased job back until `wake_at`, or for good. A lease that ran out is not ours to hand back.
pub(super) fn release(batch: &mut Batch, lease: &Lease, wake_at: Option<i64>) -> Result<(), StoreError> {
    let job = batch.job(&lease.order_id)?;
    if job.is_some_and(|job| job.leased_until == lease.until) {
        *job = wake_at.map(|wake_at| Job { wake_at, leased_until: 0 });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_lasts_for_another_step_while_more_than_half_of_it_is_left() {
        let lease = Lease { order_id: OrderId::from_bits(1), until: 1_000 };
        for (left, lasts) in [(LEASE_S, true), (31, true), (30, false), (29, false), (0, false), (-1, false)] {
            assert_eq!(lease.lasts(1_000 - left), lasts, "{left} s are left");
        }
    }
}
