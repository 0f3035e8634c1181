//! `assist_payOrderByThird`: the order is written, and answered once its channel gave a payment string; and what else a
//! viewer asks of an order.

use crate::limits::Who;
use crate::placing;
use crate::push::Change;
use crate::shop::{Shop, ShopError};
use crate::store::{self, Evidence, Placed, Record};
use api::answer::{Ext, THIRD_PARTY_ORDER};
use api::error::RefusalData;
use api::{ErrorCode, Params, Refusal};
use order::id::timed;
use order::state::{AttemptState, ClosedBy, Event, OrderState};
use order::{Merchant, OrderId, PayId, ViewerId};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a client waits for the channel's payment string; the channel call itself has 10 s.
const CODE_WAIT: Duration = Duration::from_secs(11);
/// How long a client waits for an order that waits in line; then it is told the place, and follows the order.
const LINE_WAIT: Duration = Duration::from_secs(2);
/// When a client that waited in vain may ask again, seconds.
const CODE_RETRY_S: u32 = 3;

impl Shop {
    /// `assist_payOrderByThird`: makes the order, waits for the payment string, and answers with the signed data.
    /// The same request gives the same order, as often as it comes.
    ///
    /// # Errors
    /// [`ShopError`].
    #[tracing::instrument(name = "place", skip_all, fields(order.id))]
    pub async fn pay_order(&self, viewer: &ViewerId, address: &str, params: Params) -> Result<Value, ShopError> {
        params.check().map_err(|why| ShopError::refuse(ErrorCode::InvalidParams, why))?;
        let Placed { order_id, pay_id, is_new } = self.place(viewer, address, params).await?;
        tracing::Span::current().record("order.id", tracing::field::display(&order_id));
        if is_new {
            tracing::info!(order.id = %order_id, pay.id = %pay_id, "order placed");
        }
        self.due.notify_one();
        let mut changes = self.push.listen(Change::Order(order_id.clone()));
        let mut waited = std::pin::pin!(tokio::time::sleep(CODE_WAIT));
        let mut line = std::pin::pin!(tokio::time::sleep(LINE_WAIT));
        loop {
            let record = self.store.order(&order_id).await?.ok_or_else(no_order)?;
            if let Some(answer) = self.answer(&record, &pay_id) {
                return answer;
            }
            if line.is_elapsed() && self.lines.position(&order_id).is_some() {
                return Err(self.no_code_yet(&order_id));
            }
            tokio::select! {
                () = changes.heard() => {}
                () = &mut line, if !line.is_elapsed() => {}
                () = &mut waited => return Err(self.no_code_yet(&order_id)),
            }
        }
    }

    /// Row 1: price, stock, limit and the order with its first attempt, in one transaction, before anything is sent; or
    /// another attempt of an order that is open.
    ///
    /// # Errors
    /// [`ShopError`]; nothing was written.
    pub async fn place(&self, viewer: &ViewerId, address: &str, params: Params) -> Result<Placed, ShopError> {
        let goods_id = params.goods_id.clone();
        let counted = [(Who::Viewer, viewer.as_str()), (Who::Address, address), (Who::Goods, goods_id.as_str())];
        let now = self.clock.now_s();
        let merchant = match self.admit(&params, &counted, now) {
            Ok(merchant) => merchant,
            Err(refusal) => {
                // A request that was answered before is answered whatever stands in the way of a new one.
                let before = self.store.answered(viewer, &params.request_id).await?;
                return placing::answered_before(before.as_ref(), &params)?.ok_or(refusal);
            }
        };
        let new_order = OrderId::from_bits(timed(now, self.random.bits()?));
        let deadline_at = now.saturating_add(self.order_deadline_s);
        let wish = placing::Wish { viewer: viewer.clone(), params, merchant, now };
        self.spare_the_sold_out(&wish, &new_order, deadline_at).await?;
        let placed = self.store.decide(wish.needs(), move |batch| wish.place(batch, &new_order, deadline_at)).await;
        let (placed, room) = placed.inspect_err(|error| self.sold_out.learn(&goods_id, error))?;
        if !placed.is_new {
            // A repetition counts against no limit.
            counted.into_iter().for_each(|(who, key)| self.limits.take_back(who, key));
        }
        if let Some(room_id) = room {
            self.push.tell(Change::Room(room_id.clone()));
            self.push.tell(Change::Orders(room_id));
        }
        if placed.is_new {
            self.metrics.placed();
            self.push.tell(Change::Order(placed.order_id.clone()));
        }
        Ok(placed)
    }

    /// What may keep a new order from even being decided; and who collects for it.
    fn admit(&self, params: &Params, counted: &[(Who, &str)], now: i64) -> Result<Merchant, ShopError> {
        self.spare_the_writer()?;
        self.spare_the_channel(params.pay_type)?;
        let channel = self.channels.get(&params.pay_type);
        let merchant = channel.map(|channel| channel.merchant().clone()).ok_or_else(|| {
            ShopError::refuse(ErrorCode::ChannelUnavailable, format!("this shop has not set up {}", params.pay_type))
        })?;
        for (who, key) in counted {
            self.limits.count(*who, key, now).map_err(too_often)?;
        }
        Ok(merchant)
    }

    /// The answer to the request that made this attempt, once there is one.
    #[must_use]
    pub fn answer(&self, record: &Record, pay_id: &PayId) -> Option<Result<Value, ShopError>> {
        let attempt = record.order.attempt(pay_id)?;
        let trade = record.trades.get(&attempt.pay_id)?;
        if let Some(code) = &trade.code {
            let order_id = &record.order.id;
            let ext = self.ext(record, attempt, &trade.merchant, code);
            return Some(Ok(json!({"kind": THIRD_PARTY_ORDER, "order_id": order_id, "ext": ext})));
        }
        match attempt.state {
            AttemptState::Rejected | AttemptState::Closed | AttemptState::Mismatch
                if record.order.state == OrderState::Closed =>
            {
                let message = "the channel did not accept the order; nothing was charged";
                Some(Err(unavailable(&record.order.id, message)))
            }
            // The order went another way: it was paid with another code, or the viewer chose again.
            AttemptState::Rejected | AttemptState::Closed | AttemptState::Mismatch => {
                Some(Err(conflict(&record.order.id, "the order went on without this code; look where it stands")))
            }
            AttemptState::New
            | AttemptState::Sent
            | AttemptState::QrReady
            | AttemptState::Scanned
            | AttemptState::CloseSent
            | AttemptState::Paid => None,
        }
    }

    fn ext(
        &self,
        record: &Record,
        attempt: &order::state::Attempt,
        merchant: &Merchant,
        code: &str,
    ) -> Map<String, Value> {
        let now = self.clock.now_s();
        let payable = record.order.state == OrderState::AwaitingPayment && attempt.ending_at.is_none();
        self.signed(&Ext {
            timestamp: now,
            order_id: record.order.id.clone(),
            pay_id: attempt.pay_id.clone(),
            partner_id: merchant.partner_id.clone(),
            pay_type: attempt.pay_type,
            goods_id: record.snapshot.goods_id.clone(),
            quantity: record.snapshot.quantity,
            amount_fen: record.order.amount,
            expires_in_s: if payable { record.order.deadline_at.saturating_sub(now).max(0) } else { 0 },
            code: code.to_owned(),
            key_id: String::new(),
            sign: String::new(),
        })
    }

    /// The viewer's own order. Somebody else's and none at all answer alike.
    ///
    /// # Errors
    /// [`ShopError`].
    pub async fn order_of(&self, viewer: &ViewerId, order_id: &OrderId) -> Result<Record, ShopError> {
        let record = self.store.order(order_id).await?;
        record.filter(|record| record.snapshot.viewer_id == *viewer).ok_or_else(no_order)
    }

    /// Asks for an order to end. The channel is asked first; its answer decides.
    ///
    /// # Errors
    /// [`ShopError`].
    pub async fn cancel(&self, viewer: &ViewerId, order_id: &OrderId) -> Result<Record, ShopError> {
        let before = self.order_of(viewer, order_id).await?;
        let now = self.clock.now_s();
        let event = Event::EndAsked { by: ClosedBy::Viewer, at: now };
        let was = before.order.state;
        let record = match self.store.apply(order_id, event, Evidence::text("asked by the viewer"), now).await {
            Ok(record) => record,
            Err(store::ApplyError::Store(error)) => return Err(error.into()),
            // The machine takes this event in every state; an order whose books do not allow it stays as it was.
            Err(error) => {
                tracing::error!(order.id = %order_id, %error, "the order could not be ended");
                before
            }
        };
        self.changed(was, &record);
        self.due.notify_one();
        Ok(record)
    }

    /// Has the channel asked about an order at once: the viewer says they paid.
    ///
    /// # Errors
    /// [`ShopError`].
    pub async fn ask(&self, viewer: &ViewerId, order_id: &OrderId) -> Result<Record, ShopError> {
        let record = self.order_of(viewer, order_id).await?;
        let now = self.clock.now_s();
        self.limits.count(Who::Viewer, viewer.as_str(), now).map_err(too_often)?;
        for attempt in &record.order.attempts {
            self.store.ask_now(order_id, &attempt.pay_id, now).await?;
        }
        self.due.notify_one();
        Ok(record)
    }

    fn no_code_yet(&self, order_id: &OrderId) -> ShopError {
        let queue_position = self.lines.position(order_id);
        let message = match queue_position {
            Some(_) => "the order waits for its turn at the channel; the goods are held",
            None => "the channel has not answered yet; the same request may be sent again",
        };
        let (order_id, retry_after_s) = (Some(order_id.to_string()), Some(CODE_RETRY_S));
        let data = RefusalData { order_id, retry_after_s, queue_position, ..RefusalData::default() };
        refused(ErrorCode::ChannelUnavailable, message, data)
    }

    /// Tells who listens that an order, and with it perhaps the stock, changed.
    pub(crate) fn changed(&self, before: OrderState, record: &Record) {
        if !record.order.is_selling() {
            self.lines.leave(&record.order.id);
        }
        self.metrics.moved(before, record, self.clock.now_s());
        // Stock moves only with the order's state. It is told first: whoever hears of the order sees the stock after it.
        if before != record.order.state {
            self.push.tell(Change::Room(record.snapshot.room_id.clone()));
        }
        self.push.tell(Change::Orders(record.snapshot.room_id.clone()));
        self.push.tell(Change::Order(record.order.id.clone()));
    }
}

/// Somebody else's order and none at all answer alike.
pub(crate) fn no_order() -> ShopError {
    ShopError::refuse(ErrorCode::NotFound, "there is no such order of yours")
}

pub(crate) fn refused(code: ErrorCode, message: &str, data: RefusalData) -> ShopError {
    ShopError::Refused(Refusal { code, message: message.into(), data: Box::new(data) })
}

pub(crate) fn conflict(order_id: &OrderId, message: &str) -> ShopError {
    let data = RefusalData { order_id: Some(order_id.to_string()), ..RefusalData::default() };
    refused(ErrorCode::RequestConflict, message, data)
}

fn unavailable(order_id: &OrderId, message: &str) -> ShopError {
    let data = RefusalData { order_id: Some(order_id.to_string()), ..RefusalData::default() };
    refused(ErrorCode::ChannelUnavailable, message, data)
}

pub(crate) fn too_often(retry_after_s: u32) -> ShopError {
    let data = RefusalData { retry_after_s: Some(retry_after_s), ..RefusalData::default() };
    refused(ErrorCode::TooManyRequests, "too many orders at once", data)
}
