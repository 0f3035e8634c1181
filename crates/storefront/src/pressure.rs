//! What keeps a rush off the database and the channels: what cannot come to anything is refused before it is written
//! down, and the writer's last room is left to what is about money.

use crate::checkout::too_often;
use crate::placing::Wish;
use crate::shop::{Shop, ShopError};
use api::ErrorCode;
use order::{GoodsId, OrderId, PayType};
use std::collections::HashSet;
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

    /// An order of it was not made.
    pub(crate) fn learn(&self, goods_id: &GoodsId, why: &ShopError) {
        if is_sold_out(why) {
            self.goods().insert(goods_id.clone());
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

    /// Refuses a new order of what was sold out before and still is, by a look that waits for nobody's turn. It is the
    /// same decision; only when it comes out otherwise does it have to be made in its turn.
    ///
    /// # Errors
    /// `sold_out`, or the database's.
    pub(crate) async fn spare_the_sold_out(
        &self,
        wish: &Wish,
        new_order: &OrderId,
        deadline_at: i64,
    ) -> Result<(), ShopError> {
        let goods_id = &wish.params.goods_id;
        if !self.sold_out.may_be(goods_id) {
            return Ok(());
        }
        let mut looked = self.store.look(&wish.needs()).await?;
        match wish.place(&mut looked, new_order, deadline_at) {
            Err(refusal) if is_sold_out(&refusal) => return Err(refusal),
            Ok(_) => self.sold_out.forget(goods_id),
            Err(_) => {}
        }
        Ok(())
    }
}

fn is_sold_out(why: &ShopError) -> bool {
    matches!(why, ShopError::Refused(refusal) if refusal.code == ErrorCode::SoldOut)
}
