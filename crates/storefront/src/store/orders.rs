//! Orders with their attempts and refunds, and the one transaction that takes an event.

use super::jobs::{self, Lease};
use super::rows::load;
use super::{Store, StoreError, events, id};
use api::PostalAddress;
use order::state::{Attempt, Event, Illegal, Order};
use order::{GoodsId, GoodsKind, Merchant, OrderId, PayId, PayType, Payment, RefundId, RoomId, ViewerId};
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// Seconds after an answered query in which a repeated notice asks for no other. Channels repeat what was not received
/// after 15 s at the earliest (WeChat Pay, payment notice).
const REPEAT_PAUSE_S: i64 = 10;

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
#[derive(Clone, Debug)]
pub struct Trade {
    /// The merchant it was made for.
    pub merchant: Merchant,
    /// The payment string, once it came.
    pub code: Option<String>,
    /// The channel's own number, once paid.
    pub channel_no: Option<String>,
    /// When the channel booked the payment, Unix seconds.
    pub paid_at: Option<i64>,
    /// How often it was asked to be queried at once: what an answered query settles.
    pub asks: i64,
}

impl Trade {
    /// A trade that nothing is known of but the merchant.
    pub(super) fn new(merchant: Merchant) -> Trade {
        Trade { merchant, code: None, channel_no: None, paid_at: None, asks: 0 }
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

/// A verified notice: what is kept of it and what it asks for.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The channel.
    pub pay_type: PayType,
    /// The channel's id of the notice, the same each time it is repeated.
    pub notice_id: String,
    /// The attempt it speaks of.
    pub pay_id: PayId,
    /// The refund it speaks of.
    pub refund_id: Option<RefundId>,
    /// The body as it came.
    pub body: String,
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
        let mut connection = self.read().await?;
        load(&mut connection, order_id).await
    }

    /// The room an order was made in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn room_of_order(&self, order_id: &OrderId) -> Result<Option<RoomId>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT room_id FROM orders WHERE order_id = $1")
            .bind(order_id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        row.map(|row| id(row.try_get(0)?, "room id", "orders")).transpose()
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
        self.write(move |tx| Box::pin(async move { events::apply(tx, &order_id, event, &evidence, now).await })).await
    }

    /// Asks for an attempt to be queried at once; the ask is durable.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_now(&self, order_id: &OrderId, pay_id: &PayId, now: i64) -> Result<(), StoreError> {
        let (order_id, pay_id) = (order_id.clone(), pay_id.clone());
        self.write(move |tx| Box::pin(async move { ask_now(tx, &order_id, &pay_id, now).await })).await
    }

    /// Notes that a query was made. If it was answered, it settles the asks up to the given count.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asked(&self, pay_id: &PayId, answered: Option<i64>, now: i64) -> Result<(), StoreError> {
        let pay_id = pay_id.clone();
        self.write(move |tx| {
            Box::pin(async move {
                match answered {
                    Some(asks) => {
                        sqlx::query(
                            "UPDATE attempts SET asked_at = $2, ask_fails = 0,
                                asks_settled = CASE WHEN asks_settled < $3 THEN $3 ELSE asks_settled END
                             WHERE pay_id = $1",
                        )
                        .bind(pay_id.as_str())
                        .bind(now)
                        .bind(asks)
                        .execute(tx)
                        .await?
                    }
                    None => {
                        sqlx::query(
                            "UPDATE attempts SET ask_failed_at = $2, ask_fails = ask_fails + 1 WHERE pay_id = $1",
                        )
                        .bind(pay_id.as_str())
                        .bind(now)
                        .execute(tx)
                        .await?
                    }
                };
                Ok(())
            })
        })
        .await
    }

    /// Hands an order's job back as it is, for whoever looks next.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release(&self, lease: &Lease, now: i64) -> Result<(), StoreError> {
        let (order_id, until) = (lease.order_id.clone(), lease.until);
        self.write(move |tx| Box::pin(async move { jobs::release(tx, &order_id, until, Some(now)).await })).await
    }

    /// Hands an order's job back, unless something is due again: then it says so and the lease stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_unless_due(&self, lease: &Lease, now: i64) -> Result<bool, StoreError> {
        let (order_id, until) = (lease.order_id.clone(), lease.until);
        self.write(move |tx| {
            Box::pin(async move {
                let Some(record) = load(tx, &order_id).await? else { return Ok(true) };
                let plan = record.order.plan(now);
                if plan.step.is_some() {
                    return Ok(false);
                }
                jobs::release(tx, &order_id, until, plan.wake_at).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Keeps a notice as it came, once, and asks for its attempt, and the refund it speaks of, to be queried at once, in
    /// one transaction. Says whether it asked: a repetition does not while a query is due or only just answered, so that
    /// a flood of one notice is not passed on to the channel.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_notice(&self, order_id: &OrderId, heard: Heard, now: i64) -> Result<bool, StoreError> {
        let order_id = order_id.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let kept = sqlx::query(
                    "INSERT INTO inbox (notice, pay_type, pay_id, body, received_at) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (notice) DO NOTHING",
                )
                .bind(format!("{}:{}", heard.pay_type, heard.notice_id))
                .bind(heard.pay_type.as_str())
                .bind(heard.pay_id.as_str())
                .bind(&heard.body)
                .bind(now)
                .execute(&mut *tx)
                .await?;
                // What is new asks, whatever else is under way: only a query that begins after it settles it. What came
                // before was asked about; it asks again because that query may have run ahead of the channel's books.
                if kept.rows_affected() == 0 && !may_ask_again(tx, &heard.pay_id, now).await? {
                    return Ok(false);
                }
                if let Some(refund_id) = &heard.refund_id {
                    sqlx::query("UPDATE refunds SET tries = 0 WHERE refund_id = $1 AND order_id = $2")
                        .bind(refund_id.as_str())
                        .bind(order_id.as_str())
                        .execute(&mut *tx)
                        .await?;
                }
                ask_now(tx, &order_id, &heard.pay_id, now).await?;
                Ok(true)
            })
        })
        .await
    }
}

/// Whether no query of the attempt is due, and the last answered one is not of just now.
async fn may_ask_again(tx: &mut AnyConnection, pay_id: &PayId, now: i64) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT asks, asks_settled, asked_at FROM attempts WHERE pay_id = $1")
        .bind(pay_id.as_str())
        .fetch_optional(tx)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let (asks, settled, asked_at): (i64, i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    // A time that has not come yet is of a clock that was set back: it says nothing.
    let just_now = asked_at.is_some_and(|asked| (asked..asked.saturating_add(REPEAT_PAUSE_S)).contains(&now));
    Ok(asks == settled && !just_now)
}

async fn ask_now(tx: &mut AnyConnection, order_id: &OrderId, pay_id: &PayId, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE attempts SET asks = asks + 1, ask_fails = 0 WHERE pay_id = $1")
        .bind(pay_id.as_str())
        .execute(&mut *tx)
        .await?;
    jobs::wake(tx, order_id, now).await
}
