//! One case while it is lived: its item, who bought it, and what is noted of it.

use crate::channels::Phone;
use crate::guest::{Guest, Price, returned_fen};
use crate::stage::{Set, StageError};
use crate::view::{Case, CaseReport, Deed, Rehearsal, Step, Who};
use api::answer::Ext;
use api::{Goods, OrderView};
use order::{OrderId, PayType};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

/// Somebody who has an order of the case.
#[derive(Clone)]
pub(crate) struct Buyer {
    pub(crate) guest: Arc<Guest>,
    pub(crate) order_id: OrderId,
}

/// A case that is being lived.
pub(crate) struct Scene<'a> {
    pub(crate) set: &'a Set,
    pub(crate) goods: Goods,
    /// Pieces of it at the begin.
    pub(crate) stock: u32,
    case: Case,
    began: Instant,
    views: &'a watch::Sender<Rehearsal>,
    buyers: Mutex<Vec<Buyer>>,
}

/// Changes what is said of a case.
pub(crate) fn note(views: &watch::Sender<Rehearsal>, case: Case, change: impl FnOnce(&mut CaseReport)) {
    views.send_modify(|rehearsal| {
        if let Some(report) = rehearsal.cases.iter_mut().find(|report| report.case == case) {
            change(report);
        }
    });
}

/// Milliseconds since then.
pub(crate) fn ms_since(began: Instant) -> u64 {
    u64::try_from(api::clock::monotonic().saturating_duration_since(began).as_millis()).unwrap_or(u64::MAX)
}

impl<'a> Scene<'a> {
    /// A case with an item of its own.
    pub(crate) fn new(
        set: &'a Set,
        case: Case,
        goods: Goods,
        stock: u32,
        began: Instant,
        views: &'a watch::Sender<Rehearsal>,
    ) -> Scene<'a> {
        Scene { set, goods, stock, case, began, views, buyers: Mutex::default() }
    }

    /// Those who have an order so far, in the order they ordered.
    pub(crate) fn buyers(&self) -> Vec<Buyer> {
        self.buyers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn step(&self, who: Who, deed: Deed, detail: impl FnOnce(&mut Step)) {
        let after_ms = ms_since(self.began);
        let mut step = Step { after_ms, who, deed, state: None, pay_type: None, amount_fen: None };
        detail(&mut step);
        note(self.views, self.case, |report| report.steps.push(step));
    }

    /// Notes a deed that needs no more words.
    pub(crate) fn did(&self, who: Who, deed: Deed) {
        self.step(who, deed, |_| ());
    }

    /// Notes a deed with money.
    pub(crate) fn did_with(&self, who: Who, deed: Deed, pay_type: PayType, amount_fen: i64) {
        self.step(who, deed, |step| (step.pay_type, step.amount_fen) = (Some(pay_type), Some(amount_fen)));
    }

    /// Notes what the viewer is told: where the order stands, and how much of the money is back.
    pub(crate) fn told(&self, view: &OrderView) {
        let returned = Some(returned_fen(view)).filter(|fen| *fen > 0);
        self.step(Who::Shop, Deed::Told, |step| (step.state, step.amount_fen) = (Some(view.state), returned));
    }

    /// Somebody comes into the room.
    pub(crate) async fn enter(&self) -> Result<Arc<Guest>, StageError> {
        Ok(Arc::new(Guest::arrive(&self.set.stage.shop).await?.0))
    }

    /// Orders a piece and waits for the code.
    pub(crate) async fn order(&self, guest: &Arc<Guest>, pay_type: PayType) -> Result<Ext, StageError> {
        self.did_with(Who::Viewer, Deed::Ordered, pay_type, self.goods.price_fen);
        let ext = self.code(guest, pay_type, None).await?;
        self.did_with(Who::Shop, Deed::CodeShown, pay_type, ext.amount_fen.get());
        Ok(ext)
    }

    /// The code of a new order, or of another way to pay one, without a word of it.
    pub(crate) async fn code(
        &self,
        guest: &Arc<Guest>,
        pay_type: PayType,
        of: Option<&OrderId>,
    ) -> Result<Ext, StageError> {
        let price = Price { fen: self.goods.price_fen, version: self.goods.price_version };
        let wish = guest.wish(&self.goods, price, pay_type, of).await?;
        let ext = guest.order_patiently(&wish).await?;
        if of.is_none() {
            let buyer = Buyer { guest: Arc::clone(guest), order_id: ext.order_id.clone() };
            self.buyers.lock().unwrap_or_else(PoisonError::into_inner).push(buyer);
        }
        Ok(ext)
    }

    /// Has the last buyer judged by another window of theirs, because the first may not reach the shop.
    pub(crate) fn judge_at(&self, guest: &Arc<Guest>) {
        if let Some(buyer) = self.buyers.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            buyer.guest = Arc::clone(guest);
        }
    }

    /// A phone pays a code.
    pub(crate) async fn pay(&self, ext: &Ext, deed: Deed) -> Result<(), StageError> {
        self.pay_quietly(ext).await?;
        self.did_with(Who::Phone, deed, ext.pay_type, ext.amount_fen.get());
        Ok(())
    }

    /// A phone pays a code, without a word of it.
    pub(crate) async fn pay_quietly(&self, ext: &Ext) -> Result<(), StageError> {
        // Each code has a phone of its own: whoever pays the second one of an order may be somebody else.
        match self.set.channels.pay(&ext.code, ext.pay_id.as_str()).await? {
            Phone::Paid => Ok(()),
            Phone::Refused(code) => Err(StageError::Phone(code)),
        }
    }

    /// Cancels an order and waits until it is over.
    pub(crate) async fn cancel(&self, guest: &Guest, order_id: &OrderId) -> Result<(), StageError> {
        guest.client().cancel(order_id).await?;
        self.did(Who::Viewer, Deed::Cancelled);
        self.follow(guest, order_id, |view| view.state.is_terminal()).await?;
        Ok(())
    }

    /// Follows an order until it is as wanted, and notes what the viewer is told then.
    pub(crate) async fn follow(
        &self,
        guest: &Guest,
        order_id: &OrderId,
        wanted: impl Fn(&OrderView) -> bool,
    ) -> Result<OrderView, StageError> {
        let view = guest.until(order_id, wanted).await?;
        self.told(&view);
        Ok(view)
    }

    /// One fault, and no other.
    pub(crate) async fn begin(
        &self,
        pay_type: PayType,
        fault: &str,
        setting: serde_json::Value,
    ) -> Result<(), StageError> {
        self.set.channels.only(pay_type, fault, setting).await?;
        self.step(Who::Trouble, Deed::TroubleBegan, |step| step.pay_type = Some(pay_type));
        Ok(())
    }

    /// No fault any more.
    pub(crate) async fn end(&self) -> Result<(), StageError> {
        self.set.channels.calm().await?;
        self.did(Who::Trouble, Deed::TroubleEnded);
        Ok(())
    }
}
