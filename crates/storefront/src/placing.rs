//! Making an order: everything that decides is looked up here, in one transaction; the client sent only ids.

use crate::checkout::{conflict, no_order, refused};
use crate::shop::ShopError;
use crate::store::{self, ApplyError, Evidence, Moved, Placed, Snapshot};
use api::error::RefusalData;
use api::{ErrorCode, Params};
use order::state::{ATTEMPTS_MAX, Event, Order};
use order::{Fen, Merchant, OrderId, PayId, RoomId, ViewerId};
use sqlx::AnyConnection;

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
pub(crate) async fn answered_before(
    tx: &mut AnyConnection,
    viewer: &ViewerId,
    params: &Params,
) -> Result<Option<Placed>, ShopError> {
    match store::by_request(tx, viewer, &params.request_id).await? {
        Some((order_id, pay_id, with)) if with == as_sent(params) => {
            Ok(Some(Placed { order_id, pay_id, is_new: false }))
        }
        Some((order_id, ..)) => Err(conflict(&order_id, "this request id was used for another order")),
        None => Ok(None),
    }
}

impl Wish {
    /// The whole transaction. Also says whose room's stock changed.
    pub(crate) async fn place(
        self,
        tx: &mut AnyConnection,
        new_order: OrderId,
        deadline_at: i64,
    ) -> Result<(Placed, Option<RoomId>), ShopError> {
        if let Some(before) = answered_before(tx, &self.viewer, &self.params).await? {
            return Ok((before, None));
        }
        let (order_id, pay_id, room) = match self.params.order_id.clone() {
            Some(order_id) => {
                let pay_id = self.switch(tx, &order_id).await?;
                (order_id, pay_id, None)
            }
            None => {
                let (pay_id, room) = self.order(tx, new_order.clone(), deadline_at).await?;
                (new_order, pay_id, Some(room))
            }
        };
        let params = as_sent(&self.params);
        store::answer_request(tx, &self.viewer, &self.params.request_id, &params, &order_id, &pay_id).await?;
        Ok((Placed { order_id, pay_id, is_new: true }, room))
    }

    /// Another way to pay an open order. With the way it has, its code is given again.
    async fn switch(&self, tx: &mut AnyConnection, order_id: &OrderId) -> Result<PayId, ShopError> {
        let record = store::load(tx, order_id).await?;
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
        let after = store::apply(tx, order_id, event, &evidence, self.now).await.map_err(|error| match error {
            ApplyError::Store(error) => ShopError::Store(error),
            ApplyError::NoSuchOrder => no_order(),
            ApplyError::Illegal(_) | ApplyError::NoMerchant | ApplyError::Stock(_) => {
                tracing::error!(order.id = %order_id, %error, "an open order took no other attempt");
                ShopError::refuse(ErrorCode::Internal, "something went wrong here; asking again is safe")
            }
        })?;
        after.order.current().map(|current| current.pay_id.clone()).ok_or_else(no_order)
    }

    /// Row 1: a new order.
    async fn order(
        &self,
        tx: &mut AnyConnection,
        order_id: OrderId,
        deadline_at: i64,
    ) -> Result<(PayId, RoomId), ShopError> {
        let (params, viewer, now) = (&self.params, &self.viewer, self.now);
        if let Some(halt) = store::halted(tx).await?.first() {
            tracing::warn!(halt.name, "an order was refused: the shop is halted");
            return Err(ShopError::refuse(ErrorCode::ShopPaused, "the shop takes no orders at present"));
        }
        let item = store::find_on_sale(tx, &params.goods_id).await?;
        let item = item.ok_or(ShopError::refuse(ErrorCode::NotOnSale, "this item is not on sale"))?;
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
                let found = store::find_address(tx, viewer, address_id).await?;
                let gone = ShopError::refuse(ErrorCode::AddressUnknown, "this address is not in the viewer's book");
                Some(found.ok_or(gone)?)
            }
            None => None,
        };
        let (bought, open) = store::share(tx, viewer.as_str(), &goods.goods_id).await?;
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
        if !store::move_stock(tx, &goods.goods_id, price_version, held).await? {
            let left = deal.map_or(goods.stock_left, |deal| deal.left().min(goods.stock_left));
            let data = RefusalData { stock_left: Some(left), ..RefusalData::default() };
            return Err(refused(ErrorCode::SoldOut, "there are not enough left", data));
        }
        store::set_share(tx, viewer.as_str(), &goods.goods_id, pieces, Some(order_id.as_str())).await?;
        let order = Order::place(order_id.clone(), amount, deadline_at, params.pay_type);
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
        store::insert(tx, &order, &snapshot, &as_sent(params), &self.merchant).await?;
        let pay_id = order.current().map(|attempt| attempt.pay_id.clone()).ok_or_else(no_order)?;
        Ok((pay_id, item.room_id))
    }
}
