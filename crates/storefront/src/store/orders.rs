//! Orders with their attempts and refunds, and the one transaction that takes an event.

use super::batch::{Batch, Needs};
use super::bulk::Questions;
use super::jobs::{self, Lease};
use super::rows::{self, Answered, load};
use super::{Store, StoreError, events, id};
use api::PostalAddress;
use order::state::{Attempt, Event, Illegal, Order};
use order::{GoodsId, GoodsKind, Merchant, OrderId, PayId, PayType, Payment, RefundId, RequestId, RoomId, ViewerId};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// What an order promised when it was made. None of it ever changes.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Who ordered.
    pub viewer_id: ViewerId,
    /// Where.
    pub room_id: RoomId,
    /// The goods.
    pub goods_id: GoodsId,
    /// What delivery means.
    pub kind: GoodsKind,
    /// The goods' name.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// Shark fins to credit.
    pub fins: Option<i64>,
    /// The viewer's note to the streamer.
    pub note: Option<String>,
    /// The version of the price it was ordered at.
    pub price_version: i64,
    /// Whether that was a deal's.
    pub is_deal: bool,
    /// Where it is sent.
    pub address: Option<PostalAddress>,
    /// When it was made, Unix seconds.
    pub created_at: i64,
}

/// What the channel knows an attempt by, and what it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The merchant it was made for.
    pub merchant: Merchant,
    /// The payment string, once it came.
    pub code: Option<String>,
    /// The channel's own number, once paid.
    pub channel_no: Option<String>,
    /// When the channel booked the payment, Unix seconds.
    pub paid_at: Option<i64>,
    /// How often it was asked to be queried at once.
    pub asks: i64,
    /// How many of these an answered query has settled.
    pub asks_settled: i64,
}

impl Trade {
    /// A trade that nothing is known of but the merchant.
    pub(super) fn new(merchant: Merchant) -> Trade {
        Trade { merchant, code: None, channel_no: None, paid_at: None, asks: 0, asks_settled: 0 }
    }

    /// Takes what an answer brought about this attempt.
    pub(super) fn learn(&mut self, attempt: &Attempt, evidence: &Evidence) {
        if let Some((pay_id, code)) = &evidence.code
            && *pay_id == attempt.pay_id
        {
            self.code = Some(code.clone());
        }
        if let Some(payment) = &evidence.payment
            && payment.pay_id == attempt.pay_id
        {
            self.channel_no = Some(payment.channel_no.clone());
            self.paid_at = Some(payment.paid_at);
        }
    }
}

/// One order, whole.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it stands.
    pub order: Order,
    /// What it promised.
    pub snapshot: Snapshot,
    /// What each attempt is at its channel.
    pub trades: BTreeMap<PayId, Trade>,
    /// Rises with every change.
    pub revision: i64,
}

/// Orders on one page of a viewer's list.
const PAGE: u32 = api::client::ORDERS_PAGE;

/// Before what a page of a viewer's list begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// The newest order is on it.
    End,
    /// What was made before that time, Unix seconds.
    Time(i64),
    /// What stands after that order in the list.
    Order(OrderId),
}

/// What a request for an order gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order_id: OrderId,
    /// Its attempt whose code answers the request.
    pub pay_id: PayId,
    /// Whether something was written; otherwise the request had been answered before.
    pub is_new: bool,
}

/// What an event brings that the machine itself does not carry.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What the journal keeps: the channel's answer in short.
    pub text: String,
    /// The payment string of an attempt.
    pub code: Option<(PayId, String)>,
    /// A payment.
    pub payment: Option<Payment>,
    /// The merchant of a new attempt.
    pub merchant: Option<Merchant>,
    /// The query that brought it, which settles what was asked before it was made.
    pub answered: Option<Answer>,
    /// The close call that was answered just before, and when it was begun, Unix seconds.
    pub close_answered: Option<(PayId, i64)>,
    /// How many close calls of the attempt that was asked about were over before that.
    pub closes_over: Option<u32>,
}

/// A query that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The attempt that was asked about.
    pub pay_id: PayId,
    /// How often it had been asked to be queried when the query was made.
    pub asks: i64,
    /// When the query was made, Unix seconds.
    pub asked_at: i64,
}

impl Evidence {
    /// Evidence that is only words.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Evidence {
        Evidence { text: text.into(), ..Evidence::default() }
    }

    /// The trade of an attempt that this evidence brings.
    pub(super) fn new_trade(&self) -> Option<Trade> {
        self.merchant.clone().map(Trade::new)
    }
}

impl Record {
    /// An attempt with its trade, to be changed.
    fn both(&mut self, pay_id: &PayId) -> Option<(&mut Attempt, &mut Trade)> {
        let attempt = self.order.attempts.iter_mut().find(|attempt| attempt.pay_id == *pay_id)?;
        Some((attempt, self.trades.get_mut(pay_id)?))
    }

    /// The channel of an attempt.
    pub(super) fn pay_type(&self, pay_id: &PayId) -> Result<PayType, ApplyError> {
        self.order.attempt(pay_id).map(|attempt| attempt.pay_type).ok_or(ApplyError::NoSuchOrder)
    }
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine has no such transition: something else happened to the order meanwhile.
    #[error(transparent)]
    Illegal(#[from] Illegal),
    /// There is no such order.
    #[error("there is no such order")]
    NoSuchOrder,
    /// A new attempt came without the merchant it is made for.
    #[error("a new attempt has no merchant")]
    NoMerchant,
    /// A call of ours that gives the payment back may still be under way: what the channel says now need not last.
    #[error("a call that gives the payment back may be under way")]
    Unsettled,
    /// The books would be wrong after it; nothing was written.
    #[error("the stock of {0} does not allow it")]
    Stock(GoodsId),
}

impl From<sqlx::Error> for ApplyError {
    fn from(error: sqlx::Error) -> ApplyError {
        ApplyError::Store(error.into())
    }
}

impl Store {
    /// One order, whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn order(&self, order_id: &OrderId) -> Result<Option<Record>, StoreError> {
        self.orders.look(order_id.clone()).await
    }

    /// What a viewer's request gave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn answered(
        &self,
        viewer_id: &ViewerId,
        request_id: &RequestId,
    ) -> Result<Option<Answered>, StoreError> {
        let mut connection = self.read().await?;
        let key = (viewer_id.clone(), request_id.clone());
        let (keys, mut questions) = (BTreeSet::from([key.clone()]), Questions::default());
        rows::ask_answers(&mut questions, &keys);
        let mut found = rows::answered(&keys, &questions.ask(&mut connection).await?.next())?;
        Ok(found.remove(&key).and_then(|known| known.was))
    }

    /// The order that owns an attempt.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn order_of_attempt(&self, pay_id: &PayId) -> Result<Option<OrderId>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT order_id FROM attempts WHERE pay_id = $1")
            .bind(pay_id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        row.map(|row| id(row.try_get(0)?, "order id", "attempts")).transpose()
    }

    /// A viewer's orders, newest first, at most 50 of those before a point of the list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn orders_of(&self, viewer_id: &ViewerId, before: &Before) -> Result<Vec<Record>, StoreError> {
        let mut connection = self.read().await?;
        // No order id sorts before the empty one: of that second, none is before it.
        let (at, id_before) = match before {
            Before::End => (i64::MAX, ""),
            Before::Time(at) => (*at, ""),
            Before::Order(order_id) => {
                let row = sqlx::query("SELECT created_at FROM orders WHERE order_id = $1 AND viewer_id = $2")
                    .bind(order_id.as_str())
                    .bind(viewer_id.as_str())
                    .fetch_optional(&mut *connection)
                    .await?;
                let Some(row) = row else { return Ok(Vec::new()) };
                (row.try_get(0)?, order_id.as_str())
            }
        };
        let rows = sqlx::query(
            "SELECT order_id FROM orders WHERE viewer_id = $1
                AND (created_at < $2 OR (created_at = $2 AND order_id < $3))
             ORDER BY created_at DESC, order_id DESC LIMIT $4",
        )
        .bind(viewer_id.as_str())
        .bind(at)
        .bind(id_before)
        .bind(i64::from(PAGE))
        .fetch_all(&mut *connection)
        .await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            let order_id: OrderId = id(row.try_get(0)?, "order id", "orders")?;
            records.extend(load(&mut connection, &order_id).await?);
        }
        Ok(records)
    }

    /// Takes an event in one transaction: state, effects, journal, job.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing was written.
    pub async fn apply(
        &self,
        order_id: &OrderId,
        event: Event,
        evidence: Evidence,
        now: i64,
    ) -> Result<Record, ApplyError> {
        let order_id = order_id.clone();
        self.decide(needs_of(&order_id, &event), move |batch| take(batch, &order_id, &event, &evidence, now)).await
    }

    /// As [`Store::apply`], and hands the order's job back with it, unless something is due after it: then the lease
    /// stays. Says which.
    ///
    /// # Errors
    /// [`ApplyError`]; nothing was written.
    pub async fn conclude(
        &self,
        lease: &Lease,
        event: Event,
        evidence: Evidence,
        now: i64,
    ) -> Result<(Record, bool), ApplyError> {
        let lease = lease.clone();
        self.decide(needs_of(&lease.order_id, &event), move |batch| {
            let after = take(batch, &lease.order_id, &event, &evidence, now)?;
            Ok((after, hand_back(batch, &lease, now)?))
        })
        .await
    }

    /// Asks for an attempt to be queried at once; the ask is durable.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_now(&self, order_id: &OrderId, pay_id: &PayId, now: i64) -> Result<(), StoreError> {
        let (order_id, pay_id) = (order_id.clone(), pay_id.clone());
        self.decide(Needs::order(&order_id), move |batch| ask_now(batch, &order_id, &pay_id, now)).await
    }

    /// Notes that a query was answered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answered_query(&self, order_id: &OrderId, answered: Answer) -> Result<(), StoreError> {
        let order_id = order_id.clone();
        self.decide(Needs::order(&order_id), move |batch| settle(batch, &order_id, &answered)).await
    }

    /// Notes that a query had no answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asked_in_vain(&self, order_id: &OrderId, pay_id: &PayId, now: i64) -> Result<(), StoreError> {
        let (order_id, pay_id) = (order_id.clone(), pay_id.clone());
        self.decide(Needs::order(&order_id), move |batch| {
            if let Some((attempt, _)) = batch.record_mut(&order_id)?.and_then(|record| record.both(&pay_id)) {
                attempt.ask_failed_at = Some(now);
                attempt.ask_fails = attempt.ask_fails.saturating_add(1);
            }
            Ok(())
        })
        .await
    }

    /// Has a refund asked about at once: something was heard of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refund_now(&self, order_id: &OrderId, refund_id: &RefundId, now: i64) -> Result<(), StoreError> {
        let (order_id, refund_id) = (order_id.clone(), refund_id.clone());
        self.decide(Needs::order(&order_id), move |batch| {
            ask_refund(batch, &order_id, &refund_id)?;
            batch.wake(&order_id, now)
        })
        .await
    }

    /// Hands an order's job back as it is, for whoever looks next.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release(&self, lease: &Lease, now: i64) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.decide(Needs::job(&lease.order_id), move |batch| jobs::release(batch, &lease, Some(now))).await
    }

    /// Hands an order's job back, unless something is due again: then it says so and the lease stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_unless_due(&self, lease: &Lease, now: i64) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.decide(Needs::order(&lease.order_id), move |batch| hand_back(batch, &lease, now)).await
    }
}

/// What an event looks at.
fn needs_of(order_id: &OrderId, event: &Event) -> Needs {
    if events::moves_stock(event) { Needs::stock_of(order_id) } else { Needs::order(order_id) }
}

/// Takes an event, and settles the asks that the query which brought it answered.
fn take(
    batch: &mut Batch,
    order_id: &OrderId,
    event: &Event,
    evidence: &Evidence,
    now: i64,
) -> Result<Record, ApplyError> {
    if let (Some(answered), Event::Paid { .. } | Event::Differs { .. }) = (&evidence.answered, event) {
        let attempt = batch.record(order_id)?.and_then(|record| record.order.attempt(&answered.pay_id));
        let close = evidence.close_answered.as_ref().filter(|(pay_id, _)| *pay_id == answered.pay_id);
        let begun = close.map(|(_, begun)| *begun);
        if attempt.is_some_and(|attempt| attempt.may_be_given_back(evidence.closes_over, begun)) {
            return Err(ApplyError::Unsettled);
        }
    }
    let after = events::apply(batch, order_id, event.clone(), evidence, now)?;
    let Some(answered) = &evidence.answered else { return Ok(after) };
    settle(batch, order_id, answered)?;
    Ok(batch.record(order_id)?.cloned().unwrap_or(after))
}

/// Hands a job back until something is due, or for good. `false` when something is due now.
fn hand_back(batch: &mut Batch, lease: &Lease, now: i64) -> Result<bool, StoreError> {
    let Some(record) = batch.record(&lease.order_id)? else { return Ok(true) };
    let plan = record.order.plan(now);
    if plan.step.is_some() {
        return Ok(false);
    }
    jobs::release(batch, lease, plan.wake_at)?;
    Ok(true)
}

/// Settles the asks that were there when an answered query was made.
fn settle(batch: &mut Batch, order_id: &OrderId, answered: &Answer) -> Result<(), StoreError> {
    let record = batch.record_mut(order_id)?;
    if let Some((attempt, trade)) = record.and_then(|record| record.both(&answered.pay_id)) {
        (attempt.asked_at, attempt.ask_fails) = (Some(answered.asked_at), 0);
        trade.asks_settled = trade.asks_settled.max(answered.asks);
        attempt.ask_now = trade.asks > trade.asks_settled;
    }
    Ok(())
}

/// Has an attempt asked about at once.
pub(super) fn ask_now(batch: &mut Batch, order_id: &OrderId, pay_id: &PayId, now: i64) -> Result<(), StoreError> {
    if let Some((attempt, trade)) = batch.record_mut(order_id)?.and_then(|record| record.both(pay_id)) {
        trade.asks = trade.asks.saturating_add(1);
        (attempt.ask_now, attempt.ask_fails) = (true, 0);
    }
    batch.wake(order_id, now)
}

/// Has a refund asked about as if it never had been.
pub(super) fn ask_refund(batch: &mut Batch, order_id: &OrderId, refund_id: &RefundId) -> Result<(), StoreError> {
    let Some(record) = batch.record_mut(order_id)? else { return Ok(()) };
    for refund in record.order.refunds.iter_mut().filter(|refund| refund.refund_id == *refund_id) {
        refund.tries = 0;
    }
    Ok(())
}
