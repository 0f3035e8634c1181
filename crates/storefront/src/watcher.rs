//! The watcher: leases the jobs that are due and attends to each. It is woken by a bell or by the clock; what there is
//! to do, it always reads from the database, so a missed bell costs only delay.

use crate::shop::Shop;
use crate::store::Lease;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument;

/// Orders attended to at a time: enough that those waiting for a channel that does not answer leave room for the other's.
const AT_A_TIME: usize = 1024;
/// Seconds between two looks at most: another process may have added jobs, and ended.
const IDLE_S: i64 = 30;

/// Runs until `stop` turns true, then finishes the steps under way and hands the jobs back.
pub async fn watch(shop: Arc<Shop>, mut stop: watch::Receiver<bool>) {
    let mut at_work: JoinSet<()> = JoinSet::new();
    while !*stop.borrow() {
        // A bell rung while nobody waits is kept, so one rung while looking is not lost.
        let bell = shop.due.notified();
        let room = AT_A_TIME.saturating_sub(at_work.len());
        let now = shop.clock.now_s();
        let leased = match shop.store.lease_due(now, i64::try_from(room).unwrap_or(1)).await {
            Ok(leased) => leased,
            Err(error) => {
                tracing::error!(%error, "the due jobs cannot be read");
                Vec::new()
            }
        };
        for lease in leased {
            let span = tracing::info_span!("attend", order.id = %lease.order_id);
            at_work.spawn(attend(Arc::clone(&shop), lease, false, stop.clone()).instrument(span));
        }
        let next = shop.store.next_wake().await.ok().flatten();
        let next = next.unwrap_or(i64::MAX).min(now.saturating_add(IDLE_S)).max(now.saturating_add(1));
        tokio::select! {
            () = bell => {}
            () = shop.clock.sleep_until(next) => {}
            called = shop.lines.called(), if at_work.len() < AT_A_TIME => {
                match shop.store.lease_called(called, shop.clock.now_s()).await {
                    Ok(leased) => for lease in leased {
                        let span = tracing::info_span!("attend", order.id = %lease.order_id);
                        at_work.spawn(attend(Arc::clone(&shop), lease, true, stop.clone()).instrument(span));
                    },
                    // They come to the line again when they are looked at next.
                    Err(error) => tracing::error!(%error, "the jobs of those whose turn it is cannot be taken"),
                }
            }
            Some(_) = at_work.join_next(), if at_work.len() >= AT_A_TIME => {}
            // Nobody is left who could ask it to stop: the shop itself is gone.
            changed = stop.changed() => if changed.is_err() { break },
        }
        while at_work.try_join_next().is_some() {}
    }
    while at_work.join_next().await.is_some() {}
}

async fn attend(shop: Arc<Shop>, lease: Lease, called: bool, stop: watch::Receiver<bool>) {
    let order_id = lease.order_id.clone();
    if let Err(error) = shop.attend_in_turn(lease, called, &stop).await {
        tracing::error!(order.id = %order_id, %error, "the order could not be attended to; its lease will run out");
    }
    // What became due meanwhile is looked at now.
    shop.due.notify_one();
}
