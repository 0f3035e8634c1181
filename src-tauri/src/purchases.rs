//! The purchases of one shop that are not over, at work: begun, followed, acted on, put away. They belong to the shop and
//! not to the room on screen, so they go on when the viewer leaves it.

use crate::pending::{self, Entry, Pending};
use crate::purchase::{Act, Purchase, first_view};
use crate::views::{Bought, CommandError, LocalCode, PurchaseView, Stage};
use api::{Client, ErrorCode, Goods, OrderView, Params};
use order::{Fen, OrderId, PayType, RequestId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};

/// Acts a purchase may be behind with.
const ACTS: usize = 16;

/// Where each purchase that begins or is taken up is made known: its views, for whoever tells the viewer.
pub type Begun = mpsc::UnboundedSender<watch::Receiver<PurchaseView>>;

/// One purchase at work, as commands reach it. Dropping it ends the purchase's task.
struct AtWork {
    begun_at: i64,
    views: watch::Receiver<PurchaseView>,
    acts: mpsc::Sender<Act>,
}

/// The purchases of one shop.
pub struct Purchases {
    client: Arc<Client>,
    practice: bool,
    shop: String,
    pending: Pending,
    at_work: Mutex<BTreeMap<String, AtWork>>,
    begun: Begun,
}

impl Purchases {
    /// Takes up every purchase of the shop that was not over. `shop` names it on disk.
    #[must_use]
    pub fn take_up_all(client: Arc<Client>, practice: bool, shop: String, pending: Pending, begun: Begun) -> Purchases {
        let entries = pending.of_shop(&shop);
        let purchases = Purchases { client, practice, shop, pending, at_work: Mutex::default(), begun };
        for entry in entries {
            purchases.start(entry);
        }
        purchases
    }

    /// The shop, as it is named on disk.
    #[must_use]
    pub fn shop(&self) -> &str {
        &self.shop
    }

    /// The client they speak through.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether no real money moves.
    #[must_use]
    pub fn is_practice(&self) -> bool {
        self.practice
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.work().is_empty()
    }

    /// Writes a purchase down, then sends it.
    ///
    /// # Errors
    /// [`LocalCode::Storage`]: nothing was sent.
    pub fn begin(&self, params: Params, bought: Bought, amount: Fen) -> Result<String, CommandError> {
        let entry = Entry {
            shop: self.shop.clone(),
            link: (!self.practice).then(|| self.client.link().to_string()),
            order_id: params.order_id.clone(),
            params,
            earlier: Vec::new(),
            bought,
            amount,
            begun_at: crate::clock::now_s(),
            seen: None,
        };
        self.pending.keep(&entry).map_err(storage)?;
        let id = entry.id().to_string();
        self.start(entry);
        Ok(id)
    }

    /// Leaves a purchase that was refused because another order for these goods is open, and takes up that order: it may
    /// have been made on another computer, or this one lost it. The shop says what it is for; its signature is checked.
    ///
    /// # Errors
    /// [`CommandError`]: nothing was changed.
    pub async fn take_up(&self, request_id: &str) -> Result<String, CommandError> {
        let refused = self.follow(request_id)?.borrow().clone();
        let none = || CommandError::local(LocalCode::NotReady, "no open order is in this purchase's way");
        let Stage::Refused { refusal } = refused.stage else { return Err(none()) };
        if refusal.code != ErrorCode::RequestConflict {
            return Err(none());
        }
        let order_id = refusal.data.order_id.and_then(|order_id| OrderId::new(order_id).ok()).ok_or_else(none)?;
        let order = self.client.order(&order_id).await?;
        let id = self.go_on(order, refused.bought, refused.pay_type)?;
        self.dismiss(request_id).await?;
        Ok(id)
    }

    /// Shows an open order of this viewer: the purchase that has it already, or a new one.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`] when it cannot be paid any more; other [`CommandError`]s.
    pub async fn resume(&self, order_id: &str) -> Result<String, CommandError> {
        if let Some(known) = self.of_order(order_id) {
            return Ok(known);
        }
        let not_open = || CommandError::local(LocalCode::NotReady, "this order is not open");
        let order_id = OrderId::new(order_id).map_err(|_| not_open())?;
        let order = self.client.order(&order_id).await?;
        let pay_type = order.attempts.last().map(|attempt| attempt.pay_type).ok_or_else(not_open)?;
        if !order.state.holds_stock() {
            return Err(not_open());
        }
        let goods = self.client.goods().await?.into_iter().find(|goods| goods.goods_id == order.goods_id);
        let bought = goods.map_or_else(|| taken_off(&order), bought);
        self.go_on(order, bought, pay_type)
    }

    /// Asks for the code of an order that is open already.
    fn go_on(&self, order: OrderView, bought: Bought, pay_type: PayType) -> Result<String, CommandError> {
        let params = Params {
            request_id: pending::mint().map_err(storage)?,
            goods_id: order.goods_id,
            quantity: order.quantity,
            pay_type: order.attempts.last().map_or(pay_type, |attempt| attempt.pay_type),
            // The order has its price; none is asked for.
            price_version: 0,
            order_id: Some(order.order_id),
            address_id: None,
            note: None,
        };
        let amount =
            Fen::new(order.amount_fen).map_err(|error| CommandError::local(LocalCode::UnusableAnswer, error))?;
        self.begin(params, Bought { title: order.title, ..bought }, amount)
    }

    fn of_order(&self, order_id: &str) -> Option<String> {
        let work = self.work();
        let mut views = work.values().map(|work| work.views.borrow());
        views.find(|view| view.order_id.as_deref() == Some(order_id)).map(|view| view.request_id.clone())
    }

    fn start(&self, entry: Entry) {
        let (views, watched) = watch::channel(first_view(&entry));
        let (acts, acted) = mpsc::channel(ACTS);
        let (request_id, begun_at) = (entry.id().to_string(), entry.begun_at);
        let purchase =
            Purchase::new(Arc::clone(&self.client), self.pending.clone(), entry, self.practice, views, acted);
        tokio::spawn(purchase.run());
        // Where nobody tells the viewer, nobody needs to know.
        let _told = self.begun.send(watched.clone());
        self.work().insert(request_id, AtWork { begun_at, views: watched, acts });
    }

    fn work(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, AtWork>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// They all as they stand, newest first.
    #[must_use]
    pub fn views(&self) -> Vec<PurchaseView> {
        let work = self.work();
        let mut views: Vec<_> = work.values().map(|work| (work.begun_at, work.views.borrow().clone())).collect();
        views.sort_by_key(|(begun_at, _)| std::cmp::Reverse(*begun_at));
        views.into_iter().map(|(_, view)| view).collect()
    }

    /// Whether this purchase is one of them.
    #[must_use]
    pub fn has(&self, request_id: &str) -> bool {
        self.work().contains_key(request_id)
    }

    /// A purchase's views from now on.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`] when there is no such purchase.
    pub fn follow(&self, request_id: &str) -> Result<watch::Receiver<PurchaseView>, CommandError> {
        self.work().get(request_id).map(|work| work.views.clone()).ok_or_else(no_such_purchase)
    }

    /// Has a purchase do something.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`] when there is no such purchase.
    pub async fn act(&self, request_id: &str, act: Act) -> Result<(), CommandError> {
        let acts = self.work().get(request_id).map(|work| work.acts.clone()).ok_or_else(no_such_purchase)?;
        acts.send(act).await.map_err(|_| no_such_purchase())
    }

    /// Puts away a purchase whose result was seen. Where a payment may still come to light it is watched on, else it is
    /// forgotten.
    ///
    /// # Errors
    /// [`LocalCode::Storage`], or [`LocalCode::NotReady`] when there is no such purchase.
    pub async fn dismiss(&self, request_id: &str) -> Result<(), CommandError> {
        let request_id = RequestId::new(request_id).map_err(|error| CommandError::local(LocalCode::NotReady, error))?;
        // The folder is every shop's: what is not at work here is not this shop's to forget.
        let watched_on = self.work().get(request_id.as_str()).map(|work| money_may_come(&work.views.borrow()));
        if watched_on.ok_or_else(no_such_purchase)? {
            return self.act(request_id.as_str(), Act::PutAway).await;
        }
        self.pending.forget(&request_id).map_err(storage)?;
        self.work().remove(request_id.as_str());
        Ok(())
    }

    /// Forgets every purchase of the shop: it is about to be thrown away.
    ///
    /// # Errors
    /// The disk's.
    #[cfg(feature = "practice")]
    pub(crate) fn forget_all(&self) -> std::io::Result<()> {
        // Their tasks end with what acts on them.
        self.work().clear();
        self.pending.of_shop(&self.shop).iter().try_for_each(|entry| self.pending.forget(entry.id()))
    }

    /// The payment string a purchase shows now.
    #[must_use]
    pub fn code_of(&self, request_id: &str) -> Option<String> {
        let work = self.work();
        let view = work.get(request_id)?.views.borrow();
        match &view.stage {
            Stage::AwaitingPayment { qr, .. } => Some(qr.payment_string.clone()),
            Stage::Ordering
            | Stage::InLine { .. }
            | Stage::NoAnswer
            | Stage::Refused { .. }
            | Stage::Unusable { .. }
            | Stage::Checking { .. }
            | Stage::Delivered { .. }
            | Stage::Closed { .. }
            | Stage::Refunding { .. }
            | Stage::Refunded { .. } => None,
        }
    }
}

/// A closed order's code may have been paid at the last moment; a delivered order's earlier code may be paid too.
fn money_may_come(view: &PurchaseView) -> bool {
    match view.stage {
        Stage::Closed { .. } => true,
        Stage::Delivered { .. } => view.switched_from.is_some(),
        Stage::Ordering
        | Stage::InLine { .. }
        | Stage::NoAnswer
        | Stage::Refused { .. }
        | Stage::Unusable { .. }
        | Stage::AwaitingPayment { .. }
        | Stage::Checking { .. }
        | Stage::Refunding { .. }
        | Stage::Refunded { .. } => false,
    }
}

/// The goods as the shelf has them now.
pub(crate) fn bought(goods: Goods) -> Bought {
    Bought {
        goods_id: goods.goods_id.to_string(),
        lot: goods.lot,
        title: goods.title,
        kind: goods.kind,
        fins: goods.fins,
        picture: goods.picture,
    }
}

/// Goods that are not on the shelf any more, as far as their order tells.
fn taken_off(order: &OrderView) -> Bought {
    let each = order.fins.and_then(|fins| fins.checked_div(i64::from(order.quantity)));
    Bought {
        goods_id: order.goods_id.to_string(),
        lot: 0,
        title: order.title.clone(),
        kind: order.kind,
        fins: each.and_then(|fins| u32::try_from(fins).ok()),
        picture: None,
    }
}

fn storage(error: impl std::fmt::Display) -> CommandError {
    CommandError::local(LocalCode::Storage, error)
}

fn no_such_purchase() -> CommandError {
    CommandError::local(LocalCode::NotReady, "there is no such purchase")
}
