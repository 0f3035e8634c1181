//! The storefront's work, one task at a time: each runs until it ends or pauses where others may go first.

use crate::stage::{Pause, Stage};
use api::{Params, RefundDraft};
use order::state::OrderState;
use order::{OrderId, PayType, ViewerId};
use serde_json::Value;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use storefront::notices::NotTaken;
use storefront::reconcile::{Day, ReconcileError, Report};
use storefront::shop::{Shop, ShopError};
use storefront::store::{ApplyError, Lease, OPERATOR, Placed, StoreError, Streamer};
use tokio::sync::watch;

/// Most jobs leased at a time.
const LEASES: i64 = 64;

/// What a task is for: enough to do it again after a crash.
#[derive(Clone, Debug)]
pub enum Doing {
    /// A viewer's request, by the number of the purchase.
    Request(usize),
    /// A viewer cancels that purchase.
    Cancel(usize),
    /// A viewer says that they paid that purchase.
    Ask(usize),
    /// A channel tells something, for the nth time.
    Notice(Arc<Notice>, u32),
    /// Somebody looks for due jobs.
    Look,
    /// Somebody does what is due for an order.
    Attend(Lease),
    /// The streamer or the operator does something.
    Staff(Staff),
    /// A channel's bill of a day is read.
    Bill(PayType, Day),
}

/// A notice, and what is expected of the storefront.
#[derive(Debug)]
pub struct Notice {
    /// The channel it says it is from.
    pub pay_type: PayType,
    /// What it says.
    pub told: crate::notice::Told,
    /// Whether it was made with the channel's key.
    pub with_key: bool,
    /// Whether the channel sends it again until it is taken.
    pub is_real: bool,
}

/// What people of the shop do.
#[derive(Clone, Debug)]
pub enum Staff {
    /// Changes an item: its price, what is on the shelf, whether it can be ordered.
    Shelf {
        /// The item's place on the shelf.
        item: usize,
        /// The new price and its version.
        price: Option<(i64, i64)>,
        /// More pieces.
        more: i64,
        /// Whether it can be ordered.
        on_sale: bool,
    },
    /// Gives some of a delivered order's money back.
    GiveBack(Streamer, OrderId, RefundDraft),
    /// Stops or resumes selling.
    Halt(bool),
}

/// How a task ended.
pub enum Outcome {
    /// A request was answered: what was placed, and what is said of it as the order stands.
    Answered(Result<Answered, ShopError>),
    /// A cancel or an ask was answered.
    Heard(Result<OrderState, ShopError>),
    /// A notice was answered.
    Noticed(Result<(), NotTaken>),
    /// Jobs were leased.
    Leased(Result<Vec<Lease>, StoreError>),
    /// Money was given back.
    GivenBack(Result<(), ShopError>),
    /// An order was attended to.
    Applied(Result<(), ApplyError>),
    /// A bill was compared with our books.
    Reconciled(Result<Report, ReconcileError>),
    /// Something was written.
    Written(Result<(), StoreError>),
}

/// The answer to a request.
pub struct Answered {
    /// What was placed.
    pub placed: Placed,
    /// What is said of it, once there is something to say.
    pub answer: Option<Result<Value, ShopError>>,
    /// Where the order stands.
    pub state: OrderState,
}

/// A task that has begun.
pub struct Task {
    /// What it is for.
    pub doing: Doing,
    /// Where it paused; `None` before its first step.
    pub paused: Option<Pause>,
    work: Pin<Box<dyn Future<Output = Outcome>>>,
    wakers: Vec<Waker>,
}

/// What a step came to.
pub enum Progress {
    /// The task ended.
    Finished(Outcome),
    /// It lets others go first.
    Paused(Pause),
    /// The process ended.
    Crashed,
}

impl Task {
    /// A task over this shop.
    pub fn new(doing: Doing, work: impl Future<Output = Outcome> + 'static) -> Task {
        Task { doing, paused: None, work: Box::pin(work), wakers: Vec::new() }
    }

    /// Runs it until it ends, pauses, or the process ends. It alone runs; the database's threads work for it.
    pub async fn run(&mut self, stage: &Stage) -> Progress {
        self.wake();
        poll_fn(|context| {
            if stage.scene().crashed {
                return Poll::Ready(Progress::Crashed);
            }
            let polled = self.work.as_mut().poll(context);
            let paused = self.take_pause(stage);
            match polled {
                _ if stage.scene().crashed => Poll::Ready(Progress::Crashed),
                Poll::Ready(outcome) => Poll::Ready(Progress::Finished(outcome)),
                Poll::Pending => paused.map_or(Poll::Pending, |pause| Poll::Ready(Progress::Paused(pause))),
            }
        })
        .await
    }

    /// Lets a task that paused before its write hand that over, and returns before the writer has seen it: several such
    /// writes are one transaction. What the step came to, if it came to anything.
    pub async fn hand_over(&mut self, stage: &Stage) -> Option<Progress> {
        self.wake();
        poll_fn(|context| {
            let polled = self.work.as_mut().poll(context);
            Poll::Ready(match (polled, self.take_pause(stage)) {
                (Poll::Ready(outcome), _) => Some(Progress::Finished(outcome)),
                (Poll::Pending, Some(pause)) => Some(Progress::Paused(pause)),
                (Poll::Pending, None) => None,
            })
        })
        .await
    }

    /// A part of a task that works on several things at once is looked at again only if it is woken.
    fn wake(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }

    fn take_pause(&mut self, stage: &Stage) -> Option<Pause> {
        let (pause, wakers) = stage.take_pause()?;
        self.wakers = wakers;
        Some(pause)
    }
}

/// A viewer's request, answered from the store as `Shop::pay_order` does, without its waiting.
pub async fn request(shop: Arc<Shop>, viewer: ViewerId, params: Params) -> Outcome {
    let answered = async {
        let placed = shop.place(&viewer, "192.0.2.7", params).await?;
        let record = shop.order_of(&viewer, &placed.order_id).await?;
        let answer = shop.answer(&record, &placed.pay_id);
        Ok(Answered { placed, answer, state: record.order.state })
    };
    Outcome::Answered(answered.await)
}

/// A viewer cancels.
pub async fn cancel(shop: Arc<Shop>, viewer: ViewerId, order_id: OrderId) -> Outcome {
    Outcome::Heard(shop.cancel(&viewer, &order_id).await.map(|record| record.order.state))
}

/// A viewer says that they paid.
pub async fn ask(shop: Arc<Shop>, viewer: ViewerId, order_id: OrderId) -> Outcome {
    Outcome::Heard(shop.ask(&viewer, &order_id).await.map(|record| record.order.state))
}

/// A channel tells something, at `now` of its own clock.
pub async fn tell(shop: Arc<Shop>, notice: Arc<Notice>, now: i64) -> Outcome {
    let sealed = notice.told.seal(notice.pay_type, now, notice.with_key);
    Outcome::Noticed(shop.take_notice(notice.pay_type, &sealed.headers, &sealed.body).await)
}

/// Somebody looks for due jobs.
pub async fn look(shop: Arc<Shop>) -> Outcome {
    let now = shop.clock.now_s();
    Outcome::Leased(shop.store.lease_due(now, LEASES).await)
}

/// Somebody does what is due for an order.
pub async fn attend(shop: Arc<Shop>, lease: Lease) -> Outcome {
    let (_running, stop) = watch::channel(false);
    Outcome::Applied(shop.attend(lease, &stop).await)
}

/// A channel's bill of a day is compared with our books.
pub async fn bill(shop: Arc<Shop>, pay_type: PayType, day: Day) -> Outcome {
    let (_running, stop) = watch::channel(false);
    Outcome::Reconciled(shop.reconcile(pay_type, &day, &stop).await)
}

/// People of the shop do something. `goods` is the item of [`Staff::Shelf`].
pub async fn staff(shop: Arc<Shop>, staff: Staff, goods: String) -> Outcome {
    let now = shop.clock.now_s();
    match staff {
        Staff::GiveBack(streamer, order_id, draft) => {
            Outcome::GivenBack(shop.give_back(&streamer, &order_id, draft).await.map(|_record| ()))
        }
        Staff::Halt(true) => Outcome::Written(shop.store.halt(OPERATOR, "a pause".into(), now).await),
        Staff::Halt(false) => Outcome::Written(shop.store.lift(OPERATOR).await),
        Staff::Shelf { price, more, on_sale, .. } => {
            let written = shop.store.write(move |tx| {
                Box::pin(async move {
                    let (price, version) = price.map_or((None, None), |(price, version)| (Some(price), Some(version)));
                    sqlx::query(
                        "UPDATE goods SET price_fen = COALESCE($2, price_fen),
                            price_version = COALESCE($3, price_version), available = available + $4,
                            stocked = stocked + $4, on_sale = $5 WHERE goods_id = $1",
                    )
                    .bind(goods)
                    .bind(price)
                    .bind(version)
                    .bind(more)
                    .bind(i64::from(on_sale))
                    .execute(tx)
                    .await?;
                    Ok::<_, StoreError>(())
                })
            });
            Outcome::Written(written.await)
        }
    }
}
