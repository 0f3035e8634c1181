//! What keeps a rush off the database and the channels: what cannot come to anything is refused before it is written
//! down, and the writer's last room is left to what is about money.

use crate::checkout::{refused, too_often};
use crate::shop::{Shop, ShopError};
use crate::store::{Needs, Shelved};
use api::error::RefusalData;
use api::{ErrorCode, Params};
use order::{GoodsId, PayType, ViewerId};
use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// When a client may try again while the writer is busy, seconds: it writes thousands a second.
const BUSY_RETRY_S: u32 = 1;
/// When a client may try again while a line is too long, seconds.
const LINE_RETRY_S: u32 = 10;

/// The items an order was refused of because there were not enough left. Of these a look comes before the next order.
#[derive(Debug, Default)]
pub struct SoldOut(Mutex<HashSet<GoodsId>>);

impl SoldOut {
    fn goods(&self) -> MutexGuard<'_, HashSet<GoodsId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_be(&self, goods_id: &GoodsId) -> bool {
        self.goods().contains(goods_id)
    }

    fn forget(&self, goods_id: &GoodsId) {
        self.goods().remove(goods_id);
    }

    /// An order was not made.
    pub(crate) fn learn(&self, params: &Params, why: &ShopError) {
        if matches!(why, ShopError::Refused(refusal) if refusal.code == ErrorCode::SoldOut) {
            self.goods().insert(params.goods_id.clone());
        }
    }
}

impl Shop {
    /// Refuses what is new while half of what may wait for the writer waits: the other half is for what happens to
    /// orders there are.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub(crate) fn spare_the_writer(&self) -> Result<(), ShopError> {
        let half = self.store.capacity().div_ceil(2);
        if self.store.waiting() < half { Ok(()) } else { Err(too_often(BUSY_RETRY_S)) }
    }

    /// Refuses an order that would wait in line for more than half of the time it can be paid in.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub(crate) fn spare_the_channel(&self, pay_type: PayType) -> Result<(), ShopError> {
        let (_, wait) = self.lines.length(pay_type);
        let half_s = self.order_deadline_s.div_euclid(2).unsigned_abs();
        if wait.as_secs() < half_s { Ok(()) } else { Err(too_often(LINE_RETRY_S)) }
    }

    /// Refuses a new order of what was sold out before and still is, by a look that waits for nobody's turn. Only a plain
    /// case is decided here; any other goes to the transaction that decides them all.
    ///
    /// # Errors
    /// `sold_out`, or the database's.
    pub(crate) async fn spare_the_sold_out(&self, viewer: &ViewerId, params: &Params) -> Result<(), ShopError> {
        if params.order_id.is_some() || !self.sold_out.may_be(&params.goods_id) {
            return Ok(());
        }
        let needs = Needs {
            goods: BTreeSet::from([params.goods_id.clone()]),
            shares: BTreeSet::from([(viewer.clone(), params.goods_id.clone())]),
            halts: true,
            ..Needs::default()
        };
        let looked = self.store.look(&needs).await?;
        let Some(item) = looked.goods(&params.goods_id)?.and_then(Shelved::on_sale) else { return Ok(()) };
        let now = self.clock.now_s();
        let (price_version, left) =
            item.running_deal(now).map_or((item.goods.price_version, item.goods.stock_left), |deal| {
                (deal.price_version, deal.left().min(item.goods.stock_left))
            });
        if left > 0 {
            self.sold_out.forget(&params.goods_id);
        }
        if left > 0 || price_version != params.price_version {
            return Ok(());
        }
        // Whoever has some, or has them on order, hears that first.
        let share = looked.share(viewer, &params.goods_id)?;
        if share.pieces > 0 || share.open.is_some() || looked.halt().is_some() {
            return Ok(());
        }
        let data = RefusalData { stock_left: Some(left), ..RefusalData::default() };
        Err(refused(ErrorCode::SoldOut, "there are not enough left", data))
    }
}
