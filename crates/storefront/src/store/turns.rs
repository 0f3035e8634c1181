//! The jobs of orders that wait for their turn at a channel; see [`crate::throttle`].

use super::batch::Needs;
use super::jobs::{self, LEASE_S, Lease};
use super::{Store, StoreError};
use order::{OrderId, PayId};

/// How long an order may wait without being looked at, seconds: the process in whose memory it stands in line may have
/// ended, and another takes it over.
const LOOK_AGAIN_S: i64 = 60;

impl Store {
    /// Hands back the job of an order whose prepay call waits for its turn, unless something else is due: then it says
    /// so and the lease stays. What happens to the order wakes it as ever.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_in_line(&self, lease: &Lease, waits: &PayId, now: i64) -> Result<bool, StoreError> {
        let (lease, waits) = (lease.clone(), waits.clone());
        self.decide(Needs::order(&lease.order_id), move |batch| {
            let Some(record) = batch.record(&lease.order_id)? else { return Ok(true) };
            let plan = record.order.plan_in_line(now, &waits);
            if plan.step.is_some() {
                return Ok(false);
            }
            let again = now.saturating_add(LOOK_AGAIN_S);
            jobs::release(batch, &lease, Some(plan.wake_at.map_or(again, |at| at.min(again))))?;
            Ok(true)
        })
        .await
    }

    /// Leases the jobs of orders whose turn has come, in that order, due or not. One that somebody is at is left to them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_called(&self, called: Vec<OrderId>, now: i64) -> Result<Vec<Lease>, StoreError> {
        let until = now.saturating_add(LEASE_S);
        let needs = Needs { jobs: called.iter().cloned().collect(), ..Needs::default() };
        self.decide(needs, move |batch| {
            let mut leases = Vec::with_capacity(called.len());
            for order_id in &called {
                if let Some(job) = batch.job(order_id)?.as_mut().filter(|job| job.leased_until <= now) {
                    job.leased_until = until;
                    leases.push(Lease { order_id: order_id.clone(), until });
                }
            }
            Ok(leases)
        })
        .await
    }
}
