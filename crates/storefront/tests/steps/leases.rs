//! Leases: renewed while a worker goes on, and never acted upon once they are somebody else's.

use crate::house::{DEADLINE_S, House, viewer};
use crate::till::{Call, Gate, Till, Trouble};
use async_trait::async_trait;
use order::PayType;
use order::state::OrderState;
use std::sync::{Arc, OnceLock, Weak};
use storefront::store::{ApplyError, Disk, Placed};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Seconds of a lease, `store/jobs.rs`.
const LEASE_S: i64 = 60;

/// An order that its viewer ended while its prepay call was under way, held back at a gate by a worker.
async fn ended_while_it_is_sent(house: &House) -> (Placed, Arc<Gate>, JoinHandle<Result<(), ApplyError>>) {
    let placed = house.place("ann", "fins", PayType::Wechat).await.unwrap();
    let gate = Gate::new();
    house.wechat.troubles(Call::Prepay, [Trouble::HeldAfter(Arc::clone(&gate))]);
    let worker = house.settle_beside();
    gate.arrived().await;
    house.shop.cancel(&viewer("ann"), &placed.order_id).await.unwrap();
    (placed, gate, worker)
}

#[tokio::test]
async fn a_lease_that_is_nearly_over_is_renewed_for_the_next_step() {
    let house = House::open().await;
    let (placed, gate, worker) = ended_while_it_is_sent(&house).await;
    house.skip(LEASE_S - 20);
    let next = Gate::new();
    house.wechat.troubles(Call::Query, [Trouble::HeldBefore(Arc::clone(&next))]);
    gate.let_go();
    next.arrived().await;
    // The first lease is over by now; the renewed one keeps everybody else away.
    house.skip(30);
    let store = &house.shop.store;
    assert_eq!(store.lease_due(house.now(), 100).await.unwrap(), []);
    assert_eq!(store.lease_order(&placed.order_id, house.now()).await.unwrap(), None);
    next.let_go();
    worker.await.unwrap().unwrap();
    assert_eq!((house.wechat.called(Call::Query), house.wechat.called(Call::Close)), (1, 1));
    assert_eq!(house.state(&placed).await, OrderState::Closed, "the same worker does what is due");
}

#[tokio::test]
async fn a_lease_that_has_long_to_go_is_kept_as_it_is() {
    let house = House::open().await;
    let (placed, gate, worker) = ended_while_it_is_sent(&house).await;
    let next = Gate::new();
    house.wechat.troubles(Call::Query, [Trouble::HeldBefore(Arc::clone(&next))]);
    house.skip(5);
    gate.let_go();
    next.arrived().await;
    let until = house.number("SELECT leased_until FROM jobs").await;
    assert_eq!(until, house.now() - 5 + LEASE_S, "a renewal is one more write");
    next.let_go();
    worker.await.unwrap().unwrap();
    assert_eq!(house.state(&placed).await, OrderState::Closed);
}

#[tokio::test]
async fn a_worker_whose_lease_is_somebody_else_s_stops() {
    let house = House::open().await;
    let (placed, gate, worker) = ended_while_it_is_sent(&house).await;
    house.skip(LEASE_S + 10);
    let taken = house.shop.store.lease_due(house.now(), 100).await.unwrap();
    assert_eq!(taken.len(), 1, "the lease of whoever stalls runs out");
    gate.let_go();
    worker.await.unwrap().unwrap();
    assert_eq!((house.wechat.called(Call::Query), house.wechat.called(Call::Close)), (0, 0));
    let mut lease = taken[0].clone();
    assert!(house.shop.store.renew(&mut lease, house.now()).await.unwrap(), "it is still the other's");
    house.shop.store.release(&lease, house.now()).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Closed);
}

#[tokio::test]
async fn an_order_s_job_is_leased_once_and_only_when_it_is_due() {
    let house = House::open().await;
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    let (store, order_id) = (&house.shop.store, &placed.order_id);
    let lease = store.lease_order(order_id, house.now()).await.unwrap().expect("it is due at once");
    assert_eq!(lease.until, house.now() + LEASE_S);
    assert_eq!(store.lease_order(order_id, house.now()).await.unwrap(), None, "somebody has it");
    store.release(&lease, house.now()).await.unwrap();
    house.settle().await;
    let due = store.next_wake().await.unwrap().unwrap();
    assert!((house.now() + 1..house.now() + DEADLINE_S).contains(&due));
    assert_eq!(store.lease_order(order_id, due - 1).await.unwrap(), None, "nothing is due");
    assert!(store.lease_order(order_id, due).await.unwrap().is_some());
    assert_eq!(store.next_wake().await.unwrap(), Some(due + LEASE_S), "then its lease runs out");
}

#[tokio::test]
async fn after_a_restart_nobody_waits_for_the_leases_of_the_process_that_ended() {
    let house = House::open().await;
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    let taken = house.shop.store.lease_due(house.now(), 100).await.unwrap();
    assert_eq!(taken.len(), 1);
    let house = house.restarted().await;
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::AwaitingPayment, "no time has passed");
}

/// A disk whose commits take five seconds of the house's time.
#[derive(Default)]
struct SlowDisk(OnceLock<Weak<House>>);

impl std::fmt::Debug for SlowDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlowDisk")
    }
}

#[async_trait]
impl Disk for SlowDisk {
    async fn before_write(&self) {}

    fn before_commit(&self) -> Result<(), String> {
        Ok(())
    }

    fn committed(&self) {
        if let Some(house) = self.0.get().and_then(Weak::upgrade) {
            house.skip(5);
        }
    }
}

#[tokio::test]
async fn whoever_handed_a_job_back_does_not_go_on_with_it() {
    let disk = Arc::new(SlowDisk::default());
    let house = House::furnish(Arc::clone(&disk) as _, Till::new(PayType::Alipay), Till::new(PayType::Wechat)).await;
    let placed = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    let house = Arc::new(house);
    let lease = house.shop.store.lease_due(house.now(), 100).await.unwrap().remove(0);
    disk.0.set(Arc::downgrade(&house)).unwrap();
    let (_go, stop) = watch::channel(false);
    house.shop.attend(lease, &stop).await.unwrap();
    assert_eq!(house.state(&placed).await, OrderState::AwaitingPayment);
    // By the time its commit was done the first query was due: it is for whoever takes the job next.
    let next = house.shop.store.lease_order(&placed.order_id, house.now()).await.unwrap();
    assert!(next.is_some() && house.alipay.called(Call::Query) == 0, "{next:?}");
}
