//! What a streamer does with orders: gives money back, says no to a wish for it, says how goods were sent. Each act is
//! one transaction with its line in the journal.

use crate::checkout::{conflict, no_order, refused};
use crate::push::Change;
use crate::shop::{Shop, ShopError};
use crate::store::{self, ApplyError, By, Evidence, GivenBack, Record, Streamer};
use api::details::REASON_MAX_CHARS;
use api::error::RefusalData;
use api::{ErrorCode, RefundDraft, Shipment, ShipmentDraft};
use aws_lc_rs::digest::{SHA256, digest};
use order::state::{Event, OrderState};
use order::{Fen, GoodsKind, OrderId, PayId, RefundId, RequestId};
use serde_json::json;
use sqlx::AnyConnection;

/// Most refunds of one payment (WeChat Pay, refund application: at most 50 parts).
const PARTS_MAX: usize = 50;
/// Longest name of a carrier, characters.
const CARRIER_MAX_CHARS: usize = 40;
/// Longest number of a parcel, characters.
const PARCEL_MAX_CHARS: usize = 60;

/// One line of text between 1 and so many characters, without the space around it.
fn line(text: &str, what: &str, max: usize) -> Result<String, ShopError> {
    let text = text.trim();
    if (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(ShopError::refuse(ErrorCode::InvalidParams, format!("{what} must be 1 to {max} characters on one line")))
}

/// The number of the refund that a request gives. Derived, so that the same request can only ever be the same refund.
fn refund_id(pay_id: &PayId, request_id: &RequestId) -> Result<RefundId, ShopError> {
    let hash = digest(&SHA256, request_id.as_str().as_bytes());
    let bits = hash.as_ref().iter().take(16).fold(0_u128, |bits, byte| bits << 8_u32 | u128::from(*byte));
    let number = RefundId::new(format!("{pay_id}S{}", order::id::base32(bits)));
    number.map_err(|error| ShopError::refuse(ErrorCode::Internal, error.to_string()))
}

/// The order, when it is of the streamer's room. Another room's and none at all answer alike.
async fn order_of(tx: &mut AnyConnection, by: &By, order_id: &OrderId) -> Result<Record, ShopError> {
    let record = store::load(tx, order_id).await?;
    record.filter(|record| record.snapshot.room_id == by.streamer.room_id).ok_or_else(no_order)
}

/// Money to go back.
struct GiveBack {
    by: By,
    order_id: OrderId,
    request_id: RequestId,
    amount: Fen,
    reason: String,
}

impl GiveBack {
    /// Row 17, once for a request. Says where the order stood before it, and what it is after.
    async fn make(self, tx: &mut AnyConnection) -> Result<(OrderState, Record), ShopError> {
        let before = order_of(tx, &self.by, &self.order_id).await?;
        if let Some(given) = store::given_back(tx, &self.by.streamer.room_id, &self.request_id).await? {
            let same = given.order_id == self.order_id && given.amount == self.amount && given.reason == self.reason;
            let other = "this request id was used for another refund";
            return if same { Ok((before.order.state, before)) } else { Err(conflict(&given.order_id, other)) };
        }
        let order = &before.order;
        let left = order.attempts.iter().map(|attempt| (&attempt.pay_id, order.refundable(&attempt.pay_id)));
        // Of a delivered order it is the payment it was delivered for; every other one goes back whole by itself.
        let left = left.filter(|(_, left)| *left >= self.amount).max_by_key(|(_, left)| *left);
        let Some((pay_id, left)) = left.filter(|_| order.state == OrderState::Delivered) else {
            return Err(exceeds(&before));
        };
        if order.refunds.iter().filter(|refund| refund.pay_id == *pay_id).count() >= PARTS_MAX {
            return Err(conflict(&self.order_id, "this payment went back in as many parts as its channel allows"));
        }
        let refund_id = refund_id(pay_id, &self.request_id)?;
        let event = Event::TakenBack { pay_id: pay_id.clone(), refund_id: refund_id.clone(), amount: self.amount };
        // The reason is the streamer's own: the journal's lines of an order are in the viewer's receipt.
        let evidence = Evidence::text("asked by the streamer");
        store::answer_wish(tx, &self.order_id, None, self.by.now).await?;
        let after =
            store::apply_in(tx, &self.order_id, event, &evidence, self.by.now).await.map_err(|error| match error {
                ApplyError::Store(error) => ShopError::Store(error),
                ApplyError::NoSuchOrder => no_order(),
                ApplyError::Illegal(_) | ApplyError::NoMerchant | ApplyError::Unsettled | ApplyError::Stock(_) => {
                    tracing::error!(order.id = %self.order_id, %error, "a delivered order took no refund");
                    ShopError::refuse(ErrorCode::Internal, "something went wrong here; asking again is safe")
                }
            })?;
        let given = GivenBack { order_id: self.order_id, refund_id, amount: self.amount, reason: self.reason };
        store::keep_given_back(tx, &self.by.streamer.room_id, &self.request_id, &given).await?;
        let act = self.by.act("refund_made", given.order_id.as_str());
        let after_it = json!({"refund_id": given.refund_id, "amount_fen": given.amount, "reason": given.reason});
        store::append_act(tx, &act, &json!({"refundable_fen": left}), &after_it).await?;
        Ok((before.order.state, after))
    }
}

fn exceeds(record: &Record) -> ShopError {
    let refundable_fen = store::refundable(&record.order).get();
    let data = RefusalData { refundable_fen: Some(refundable_fen), ..RefusalData::default() };
    refused(ErrorCode::RefundExceeds, "more is to go back than can", data)
}

/// A no to a wish for a refund. The first answer stays: another studio's later one is `stale`. Says whether it is new.
async fn decline(tx: &mut AnyConnection, by: &By, order_id: &OrderId, reason: &str) -> Result<bool, ShopError> {
    order_of(tx, by, order_id).await?;
    let wish = store::papers(tx, order_id).await?.refund_request;
    let wish = wish.ok_or_else(|| conflict(order_id, "nobody asked for this order's money"))?;
    if wish.declined.as_ref().is_some_and(|declined| declined.reason == reason) {
        return Ok(false);
    }
    if !store::answer_wish(tx, order_id, Some(reason), by.now).await? {
        return Err(ShopError::refuse(ErrorCode::Stale, "this wish was answered meanwhile"));
    }
    let act = by.act("wish_declined", order_id.as_str());
    store::append_act(tx, &act, &json!({"wish": wish.reason}), &json!({"reason": reason})).await?;
    Ok(true)
}

/// How an order was sent. Says whether that is new.
async fn ship(tx: &mut AnyConnection, by: &By, order_id: &OrderId, parcel: &Shipment) -> Result<bool, ShopError> {
    let record = order_of(tx, by, order_id).await?;
    if record.order.state != OrderState::Delivered || record.snapshot.kind != GoodsKind::Merchandise {
        return Err(conflict(order_id, "only merchandise that was paid is sent"));
    }
    let before = store::papers(tx, order_id).await?.shipment;
    let same = |before: &Shipment| before.carrier == parcel.carrier && before.number == parcel.number;
    if before.as_ref().is_some_and(same) {
        return Ok(false);
    }
    store::ship(tx, order_id, parcel).await?;
    let act = by.act("order_shipped", order_id.as_str());
    store::append_act(tx, &act, &before, parcel).await?;
    Ok(true)
}

impl Shop {
    fn by(&self, who: &Streamer) -> By {
        By { streamer: who.clone(), now: self.clock.now_s() }
    }

    /// Gives money of a delivered order of the streamer's room back. The same request gives the same refund, as often as
    /// it comes.
    ///
    /// # Errors
    /// [`ShopError`]; nothing was written.
    pub async fn give_back(&self, who: &Streamer, order_id: &OrderId, draft: RefundDraft) -> Result<Record, ShopError> {
        let invalid = |why: String| ShopError::refuse(ErrorCode::InvalidParams, why);
        let request_id = RequestId::new(draft.request_id).map_err(|error| invalid(error.to_string()))?;
        let amount = Fen::new(draft.amount_fen).ok().filter(|amount| *amount > Fen::ZERO);
        let amount = amount.ok_or_else(|| invalid(format!("amount_fen must be 1 to {}", Fen::MAX.get())))?;
        let reason = draft.reason.trim().to_owned();
        if reason.chars().count() > REASON_MAX_CHARS {
            return Err(invalid(format!("reason must be at most {REASON_MAX_CHARS} characters")));
        }
        let give = GiveBack { by: self.by(who), order_id: order_id.clone(), request_id, amount, reason };
        let (was, record) = self.store.write(move |tx| Box::pin(async move { give.make(tx).await })).await?;
        self.changed(was, &record);
        self.due.notify_one();
        Ok(record)
    }

    /// Says no to a viewer's wish for a refund.
    ///
    /// # Errors
    /// [`ShopError`]; nothing was written.
    pub async fn decline(&self, who: &Streamer, order_id: &OrderId, reason: &str) -> Result<(), ShopError> {
        let reason = line(reason, "reason", REASON_MAX_CHARS)?;
        let (by, order) = (self.by(who), order_id.clone());
        let is_new = self.store.write(move |tx| Box::pin(async move { decline(tx, &by, &order, &reason).await }));
        if is_new.await? {
            self.push.tell(Change::Orders(who.room_id.clone()));
            self.push.tell(Change::Order(order_id.clone()));
        }
        Ok(())
    }

    /// Says how merchandise was sent, in place of what was said of it before.
    ///
    /// # Errors
    /// [`ShopError`]; nothing was written.
    pub async fn ship(&self, who: &Streamer, order_id: &OrderId, draft: ShipmentDraft) -> Result<(), ShopError> {
        let parcel = Shipment {
            carrier: line(&draft.carrier, "carrier", CARRIER_MAX_CHARS)?,
            number: line(&draft.number, "number", PARCEL_MAX_CHARS)?,
            shipped_at: self.clock.now_s(),
        };
        let (by, order) = (self.by(who), order_id.clone());
        let is_new = self.store.write(move |tx| Box::pin(async move { ship(tx, &by, &order, &parcel).await }));
        if is_new.await? {
            self.push.tell(Change::Orders(who.room_id.clone()));
            self.push.tell(Change::Order(order_id.clone()));
        }
        Ok(())
    }
}
