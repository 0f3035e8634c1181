//! One shop: what all its parts share.

use crate::clock::Clock;
use crate::closes::Closes;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::pressure::SoldOut;
use crate::push::Push;
use crate::random::{NoRandomness, Random};
use crate::store::{Record, Store, StoreError};
use crate::throttle::Lines;
use api::view::{AttemptView, OrderView, RefundView};
use api::{ErrorCode, Refusal, ShopSigner};
use gateway::Channel;
use order::PayType;
use order::state::OrderState;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// One shop.
pub struct Shop {
    /// Its database.
    pub store: Store,
    /// The channels it collects money through.
    pub channels: BTreeMap<PayType, Arc<dyn Channel>>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Its randomness.
    pub random: Arc<dyn Random>,
    /// The key its answers are signed with.
    pub signer: ShopSigner,
    /// Who listens for changes.
    pub push: Push,
    /// How often may be ordered.
    pub limits: Limits,
    /// Who waits for their turn at a channel.
    pub lines: Lines,
    /// Close calls that may be under way.
    pub closes: Closes,
    /// What may be sold out.
    pub sold_out: SoldOut,
    /// Seconds from the order to its deadline.
    pub order_deadline_s: i64,
    /// Where the channels send their notices: an address without a path of its own.
    pub public_url: String,
    /// Rung when a job may be due.
    pub due: Notify,
    /// What it counts of itself.
    pub metrics: Metrics,
}

/// Why the shop did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// It refuses, with a code the client reacts to.
    #[error("refused: {}", .0.message)]
    Refused(Refusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl From<sqlx::Error> for ShopError {
    fn from(error: sqlx::Error) -> ShopError {
        ShopError::Store(error.into())
    }
}

impl ShopError {
    /// A refusal that needs no data.
    pub(crate) fn refuse(code: ErrorCode, message: impl Into<String>) -> ShopError {
        ShopError::Refused(Refusal::plain(code, message))
    }
}

impl Shop {
    /// The payment types that are set up, in the order they are offered.
    #[must_use]
    pub fn pay_types(&self) -> Vec<PayType> {
        self.channels.keys().copied().collect()
    }

    /// The object with this shop's signature.
    ///
    /// # Panics
    /// Never: what is signed here are structs of texts, numbers and lists.
    pub(crate) fn signed(&self, value: &impl Serialize) -> Map<String, Value> {
        let mut object = match serde_json::to_value(value) {
            Ok(Value::Object(object)) => object,
            Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => {
                Map::new()
            }
        };
        self.signer.sign(&mut object);
        object
    }

    /// What the shop says about an order now, signed.
    #[must_use]
    pub fn view(&self, record: &Record) -> Map<String, Value> {
        let now = self.clock.now_s();
        let Record { order, snapshot, trades, revision } = record;
        let payable = matches!(order.state, OrderState::Reserved | OrderState::AwaitingPayment);
        let attempts = order.attempts.iter().map(|attempt| AttemptView {
            pay_id: attempt.pay_id.clone(),
            pay_type: attempt.pay_type,
            state: attempt.state,
        });
        let refunds = order.refunds.iter().map(|refund| RefundView {
            pay_id: refund.pay_id.clone(),
            amount_fen: refund.amount.get(),
            reason: refund.reason,
            state: refund.state,
        });
        self.signed(&OrderView {
            order_id: order.id.clone(),
            state: order.state,
            closed_by: order.closed_by,
            goods_id: snapshot.goods_id.clone(),
            kind: snapshot.kind,
            title: snapshot.title.clone(),
            quantity: snapshot.quantity,
            amount_fen: order.amount.get(),
            fins: snapshot.fins,
            attempts: attempts.collect(),
            refunds: refunds.collect(),
            created_at: snapshot.created_at,
            paid_at: trades.values().filter_map(|trade| trade.paid_at).min(),
            queue_position: if payable { self.lines.position(&order.id) } else { None },
            expires_in_s: if payable { order.deadline_at.saturating_sub(now).max(0) } else { 0 },
            revision: *revision,
            timestamp: now,
            key_id: String::new(),
            sign: String::new(),
        })
    }
}
