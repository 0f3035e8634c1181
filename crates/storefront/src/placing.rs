//! Making an order: everything that decides is looked up here, in one transaction; the client sent only ids.

use crate::checkout::{conflict, no_order, refused};
use crate::shop::ShopError;
use crate::store::{self, Answered, ApplyError, Batch, Evidence, Moved, Needs, Placed, Share, Snapshot};
use api::error::RefusalData;
use api::{ErrorCode, Params};
use order::state::{ATTEMPTS_MAX, Event, Order};
use order::{Fen, Merchant, OrderId, PayId, RoomId, ViewerId};
use std::collections::BTreeSet;

/// What a viewer wants, and the merchant whose channel is to collect for it.
pub(crate) struct Wish {
    pub(crate) viewer: ViewerId,
    pub(crate) params: Params,
    pub(crate) merchant: Merchant,
    /// Unix seconds.
    pub(crate) now: i64,
}

/// The params as they are kept. They are a struct of texts and numbers, so they always have a JSON form.
fn as_sent(params: &Params) -> String {
    serde_json::to_string(params).unwrap_or_default()
}

/// What a request gave before. The same id with other params is another request, which is refused.
pub(crate) fn answered_before(before: Option<&Answered>, params: &Params) -> Result<Option<Placed>, ShopError> {
    match before {
        Some(Answered { params: with, order_id, pay_id }) if *with == as_sent(params) => {
            Ok(Some(Placed { order_id: order_id.clone(), pay_id: pay_id.clone(), is_new: false }))
        }
        Some(Answered { order_id, .. }) => Err(conflict(order_id, "this request id was used for another order")),
        None => Ok(None),
    }
}

impl Wish {
    /// What it looks at.
    pub(crate) fn needs(&self) -> Needs {
        let (viewer, params) = (&self.viewer, &self.params);
        let mut needs = Needs {
            requests: BTreeSet::from([(viewer.clone(), params.request_id.clone())]),
            addresses: params.address_id.iter().map(|address| (viewer.clone(), address.clone())).collect(),
            ..Needs::default()
        };
        match &params.order_id {
            Some(order_id) => needs.orders = BTreeSet::from([order_id.clone()]),
            None => {
                needs.goods = BTreeSet::from([params.goods_id.clone()]);
                needs.shares = BTreeSet::from([(viewer.clone(), params.goods_id.clone())]);
                needs.halts = true;
            }
        }
        needs
    }

    /// The whole decision. Also says whose room's stock changed.
    pub(crate) fn place(
        &self,
        batch: &mut Batch,
        new_order: &OrderId,
        deadline_at: i64,
    ) -> Result<(Placed, Option<RoomId>), ShopError> {
        let before = batch.answered(&self.viewer, &self.params.request_id)?;
        if let Some(before) = answered_before(before, &self.params)? {
            return Ok((before, None));
        }
        let (order_id, pay_id, room) = match &self.params.order_id {
            Some(order_id) => (order_id.clone(), self.switch(batch, order_id)?, None),
            None => {
                let (pay_id, room) = self.order(batch, new_order, deadline_at)?;
                (new_order.clone(), pay_id, Some(room))
            }
        };
        let (params, order, pay) = (as_sent(&self.params), order_id.clone(), pay_id.clone());
        let answered = Answered { params, order_id: order, pay_id: pay };
        batch.answer(&self.viewer, &self.params.request_id, answered);
        Ok((Placed { order_id, pay_id, is_new: true }, room))
    }

    /// Another way to pay an open order. With the way it has, its code is given again.
    fn switch(&self, batch: &mut Batch, order_id: &OrderId) -> Result<PayId, ShopError> {
        let record = batch.record(order_id)?;
        let record = record.filter(|record| record.snapshot.viewer_id == self.viewer).ok_or_else(no_order)?;
        let Params { goods_id, quantity, pay_type, .. } = &self.params;
        if record.snapshot.goods_id != *goods_id || record.snapshot.quantity != *quantity {
            let why = "goods_id and quantity must be those of the order that order_id names";
            return Err(ShopError::refuse(ErrorCode::InvalidParams, why));
        }
        if !record.order.is_selling() {
            return Err(conflict(order_id, "this order can no longer be paid; look where it stands"));
        }
        if let Some(current) = record.order.current()
            && current.pay_type == *pay_type
            && current.state.is_open()
        {
            return Ok(current.pay_id.clone());
        }
        if record.order.attempts.len() >= ATTEMPTS_MAX {
            return Err(conflict(order_id, "the way to pay was changed too often; cancel this order and buy again"));
        }
        let event = Event::Attempted { pay_type: *pay_type, at: self.now };
        let evidence = Evidence { merchant: Some(self.merchant.clone()), ..Evidence::text("asked by the viewer") };
        let after = store::apply(batch, order_id, event, &evidence, self.now).map_err(|error| match error {
            ApplyError::Store(error) => ShopError::Store(error),
            ApplyError::NoSuchOrder => no_order(),
            ApplyError::Illegal(_) | ApplyError::NoMerchant | ApplyError::Unsettled | ApplyError::Stock(_) => {
                tracing::error!(order.id = %order_id, %error, "an open order took no other attempt");
                ShopError::refuse(ErrorCode::Internal, "something went wrong here; asking again is safe")
            }
        })?;
        after.order.current().map(|current| current.pay_id.clone()).ok_or_else(no_order)
    }

    /// Row 1: a new order.
    fn order(&self, batch: &mut Batch, order_id: &OrderId, deadline_at: i64) -> Result<(PayId, RoomId), ShopError> {
        let (params, viewer, now) = (&self.params, &self.viewer, self.now);
        if let Some(halt) = batch.halt() {
            tracing::warn!(halt.name, "an order was refused: the shop is halted");
            return Err(ShopError::refuse(ErrorCode::ShopPaused, "the shop takes no orders at present"));
        }
        let shelved = batch.goods(&params.goods_id)?.cloned();
        let off = || ShopError::refuse(ErrorCode::NotOnSale, "this item is not on sale");
        let mut shelved = shelved.ok_or_else(off)?;
        let item = shelved.on_sale().ok_or_else(off)?.clone();
        let deal = item.running_deal(now).cloned();
        let goods = item.goods;
        let (price_fen, price_version) =
            deal.as_ref().map_or((goods.price_fen, goods.price_version), |deal| (deal.price_fen, deal.price_version));
        if price_version != params.price_version {
            let data = RefusalData {
                price_fen: Some(price_fen),
                price_version: Some(price_version),
                ..RefusalData::default()
            };
            return Err(refused(ErrorCode::PriceChanged, "the price has changed", data));
        }
        let address = match &params.address_id {
            Some(address_id) => {
                let gone = ShopError::refuse(ErrorCode::AddressUnknown, "this address is not in the viewer's book");
                Some(batch.address(viewer, address_id)?.ok_or(gone)?)
            }
            None => None,
        };
        let Share { pieces: bought, open } = batch.share(viewer, &goods.goods_id)?;
        if let Some(open) = open.and_then(|open| OrderId::new(open).ok()) {
            return Err(conflict(&open, "an order for this item is still open"));
        }
        if let Some(limit) = goods.limit_per_viewer
            && bought.saturating_add(params.quantity) > limit
        {
            let data = RefusalData { limit: Some(limit), bought: Some(bought), ..RefusalData::default() };
            return Err(refused(ErrorCode::LimitReached, "one person may not have more of this item", data));
        }
        let amount = Fen::new(price_fen).ok().and_then(|price| price.times(params.quantity));
        let amount =
            amount.ok_or(ShopError::refuse(ErrorCode::InvalidParams, "the amount is too large for one order"))?;
        let pieces = i64::from(params.quantity);
        let held = Moved { available: pieces.saturating_neg(), reserved: pieces, sold: 0 };
        if !shelved.move_stock(price_version, held) {
            let left = deal.map_or(goods.stock_left, |deal| deal.left().min(goods.stock_left));
            let data = RefusalData { stock_left: Some(left), ..RefusalData::default() };
            return Err(refused(ErrorCode::SoldOut, "there are not enough left", data));
        }
        let order = Order::place(order_id.clone(), amount, deadline_at, params.pay_type);
        let pay_id = order.current().map(|attempt| attempt.pay_id.clone()).ok_or_else(no_order)?;
        let share = Share { pieces: bought.saturating_add(params.quantity), open: Some(order_id.to_string()) };
        let snapshot = Snapshot {
            viewer_id: viewer.clone(),
            room_id: item.room_id.clone(),
            goods_id: goods.goods_id,
            kind: goods.kind,
            title: goods.title,
            quantity: params.quantity,
            fins: goods.fins.map(|fins| i64::from(fins).saturating_mul(pieces)),
            note: params.note.clone(),
            price_version,
            is_deal: deal.is_some(),
            address,
            created_at: now,
        };
        batch.place(order, snapshot, &as_sent(params), &self.merchant, (shelved, share))?;
        Ok((pay_id, item.room_id))
    }
}
