//! The life of one purchase in the app: send the params, check the answer, draw the code, follow the order. It runs
//! here and not in the page, because a page that is hidden while the viewer looks at the phone is put to sleep.

mod stage;

use crate::hearing::{Word, listen, look};
use crate::pending::{self, Entry, Pending, Seen};
use crate::qr::{self, Qr};
use crate::views::{PurchaseView, Stage};
use api::answer::is_channels_own;
use api::clock::monotonic;
use api::{AnswerFault, Asked, CallError, Client, ErrorCode, Ext, OrderView, Params, Refusal};
use order::state::OrderState;
use order::{OrderId, PayType};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Views that may wait while the shop is being called.
const HEARD: usize = 16;
/// How long "asked" is shown before the code comes back, when the channel knows of no payment.
const ASKED_FOR: Duration = Duration::from_secs(8);
/// How long after an order was made a payment of it may still come to light, seconds of the shop's clock: the shop asks
/// the channel for a day, then reads the channel's bills of the day before.
const WATCHED_FOR_S: i64 = 3 * 86_400;

/// What the viewer may do about a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Send the same request again.
    Retry,
    /// "Paid, but nothing happened?"
    Ask,
    /// End it.
    Cancel,
    /// Pay it another way.
    Switch(PayType),
    /// Its result was seen.
    PutAway,
}

/// What the page draws before anything is known.
#[must_use]
pub fn first_view(entry: &Entry) -> PurchaseView {
    PurchaseView {
        request_id: entry.id().to_string(),
        order_id: entry.order_id.as_ref().map(ToString::to_string),
        bought: entry.bought.clone(),
        quantity: entry.params.quantity,
        amount_fen: entry.amount.get(),
        pay_type: entry.params.pay_type,
        switched_from: entry.earlier.last().map(|params| params.pay_type),
        not_switched_to: None,
        seen: entry.seen.is_some(),
        stage: Stage::Ordering,
    }
}

/// One purchase at work.
pub struct Purchase {
    client: Arc<Client>,
    pending: Pending,
    entry: Entry,
    practice: bool,
    views: watch::Sender<PurchaseView>,
    acts: mpsc::Receiver<Act>,
    /// The code, once its answer was checked, with the seconds it had left then.
    code: Option<(Qr, i64, Instant)>,
    /// Why there is no code.
    trouble: Option<Stage>,
    /// The order as the shop stated it last.
    heard: Option<(OrderView, Instant)>,
    /// The payment type the shop did not change to.
    not_switched_to: Option<PayType>,
    online: bool,
    asked: Option<Instant>,
    checking: Option<Instant>,
}

impl Purchase {
    /// A purchase whose entry is on disk. In a practice room payment strings are not held to the channels' own forms.
    #[must_use]
    pub fn new(
        client: Arc<Client>,
        pending: Pending,
        entry: Entry,
        practice: bool,
        views: watch::Sender<PurchaseView>,
        acts: mpsc::Receiver<Act>,
    ) -> Purchase {
        Purchase {
            client,
            pending,
            entry,
            practice,
            views,
            acts,
            code: None,
            trouble: None,
            heard: None,
            not_switched_to: None,
            online: true,
            asked: None,
            checking: None,
        }
    }

    /// Lives until the viewer dismisses it.
    pub async fn run(mut self) {
        if self.entry.seen.is_none() {
            self.fetch().await;
        }
        while self.entry.order_id.is_none() {
            // Nothing was shown that could be paid, and no order is known that could be ended.
            match self.acts.recv().await {
                Some(Act::Retry | Act::Ask) => self.fetch().await,
                Some(Act::Cancel | Act::Switch(_) | Act::PutAway) => {}
                None => return,
            }
        }
        while self.follow().await {}
    }

    /// Sends the request, for the first time or again, and shows what came of it. Where the shop did not change the way
    /// to pay, the request before stands.
    async fn fetch(&mut self) {
        self.trouble = None;
        self.publish();
        loop {
            let known = self.entry.order_id.is_some();
            self.trouble = match self.order().await {
                Ok(()) => None,
                Err(Stage::Refused { refusal }) if not_made(&refusal) && !self.entry.earlier.is_empty() => {
                    tracing::warn!(?refusal, "the way to pay was not changed");
                    self.step_back();
                    continue;
                }
                // Its code may have been shown and paid before: that the shop will not give it again says nothing about
                // the money. The order itself does, and is followed.
                Err(Stage::Refused { refusal }) if known && refusal.code != ErrorCode::ChannelUnavailable => {
                    tracing::warn!(?refusal, "the shop did not give the code again");
                    Some(Stage::NoAnswer)
                }
                Err(Stage::Unusable { fault }) if known => {
                    tracing::error!(%fault, "the answer that should give the code again must not be used");
                    Some(Stage::NoAnswer)
                }
                // It waits for its turn at the channel: its views say how long the line is, and when the code is there.
                Err(Stage::Refused { refusal }) if refusal.data.queue_position.is_some() => None,
                Err(stage) => Some(stage),
            };
            break;
        }
        self.publish();
    }

    /// The newest request asked for another way to pay and got none: the one before it is the newest again.
    fn step_back(&mut self) {
        if let Some(before) = self.entry.earlier.pop() {
            self.not_switched_to = Some(std::mem::replace(&mut self.entry.params, before).pay_type);
            self.keep();
        }
    }

    /// Asks for the order to be paid another way. The code on screen is hidden before anything else; the new request is
    /// on disk before it is sent.
    async fn switch(&mut self, pay_type: PayType) {
        let Some(order_id) = self.entry.order_id.clone() else { return };
        if self.entry.params.pay_type == pay_type {
            return;
        }
        let code = self.code.take();
        if let Err(error) = self.note_switch(order_id, pay_type) {
            tracing::error!(%error, "another way to pay could not be written down, so it was not asked for");
            self.code = code;
            self.not_switched_to = Some(pay_type);
            self.publish();
            return;
        }
        self.not_switched_to = None;
        self.fetch().await;
    }

    fn note_switch(&mut self, order_id: OrderId, pay_type: PayType) -> io::Result<()> {
        let request_id = pending::mint()?;
        let before = &self.entry.params;
        // The order has its address already.
        let params = Params { request_id, pay_type, order_id: Some(order_id), address_id: None, ..before.clone() };
        let mut entry = self.entry.clone();
        entry.earlier.push(std::mem::replace(&mut entry.params, params));
        self.pending.keep(&entry)?;
        self.entry = entry;
        Ok(())
    }

    /// Sends the request and takes the answer.
    async fn order(&mut self) -> Result<(), Stage> {
        let params = &self.entry.params;
        let asked = Asked {
            goods_id: params.goods_id.clone(),
            quantity: params.quantity,
            pay_type: params.pay_type,
            amount: self.entry.amount,
            order_id: self.entry.order_id.clone(),
        };
        match self.client.pay_order(params, &asked).await {
            Ok(ext) => self.take(ext).map_err(|fault| Stage::Unusable { fault }),
            Err(CallError::NoAnswer(why)) => {
                tracing::warn!(%why, "the shop did not answer an order");
                Err(Stage::NoAnswer)
            }
            Err(CallError::Unusable(fault)) => {
                tracing::error!(%fault, "the answer to an order must not be used");
                Err(Stage::Unusable { fault })
            }
            Err(CallError::Refused(refusal)) => {
                self.learn_order(&refusal);
                Err(Stage::Refused { refusal })
            }
        }
    }

    /// Draws the code of a checked ext, unless the order cannot be paid any more.
    fn take(&mut self, ext: Ext) -> Result<(), AnswerFault> {
        if !self.practice && !is_channels_own(ext.pay_type, &ext.code) {
            return Err(AnswerFault::ForeignCode);
        }
        if ext.expires_in_s > 0 {
            let qr = qr::draw(&ext.code).map_err(|_| AnswerFault::UnreadableCode)?;
            self.code = Some((qr, ext.expires_in_s, monotonic()));
        }
        self.entry.order_id = Some(ext.order_id);
        self.keep();
        Ok(())
    }

    /// A channel that gave no code yet still has an order waiting for it.
    fn learn_order(&mut self, refusal: &Refusal) {
        let order_id = refusal.data.order_id.as_ref().and_then(|order_id| OrderId::new(order_id.as_str()).ok());
        if refusal.code == ErrorCode::ChannelUnavailable && self.entry.order_id.is_none() && order_id.is_some() {
            self.entry.order_id = order_id;
            self.keep();
        }
    }

    /// The request id is on disk already; the order's id only spares the next start a question. A purchase that was
    /// dismissed meanwhile stays forgotten.
    fn keep(&self) {
        if self.acts.is_closed() {
            return;
        }
        if let Err(error) = self.pending.keep(&self.entry) {
            tracing::error!(%error, "a pending purchase could not be written");
        }
    }

    /// Follows the order until the purchase is dismissed; after a result was put away, from afar. `true` when it must be
    /// followed anew, in the other way.
    async fn follow(&mut self) -> bool {
        let Some(order_id) = self.entry.order_id.clone() else { return false };
        let afar = self.entry.seen.is_some();
        let (heard, mut hearing) = mpsc::channel(HEARD);
        // They end when nobody hears them any more, which is when this function returns.
        if afar {
            tokio::spawn(look(Arc::clone(&self.client), order_id, heard));
        } else {
            tokio::spawn(listen(Arc::clone(&self.client), order_id, heard));
        }
        loop {
            tokio::select! {
                word = hearing.recv() => match word {
                    Some(Word::View(view)) => {
                        self.set_online(true);
                        self.hear(*view);
                        if self.is_settled() {
                            self.forget();
                            return false;
                        }
                        if self.may_have_a_code() {
                            self.fetch().await;
                        }
                    }
                    Some(Word::Lost) => self.set_online(false),
                    None => return false,
                },
                act = self.acts.recv() => match act {
                    Some(Act::Retry) => self.fetch().await,
                    Some(Act::Ask) => self.ask().await,
                    Some(Act::Cancel) => self.cancel().await,
                    Some(Act::Switch(pay_type)) => self.switch(pay_type).await,
                    Some(Act::PutAway) => self.put_away(),
                    None => return false,
                },
                () = until(self.asked) => self.stop_asking(),
            }
            if afar != self.entry.seen.is_some() {
                return true;
            }
        }
    }

    /// The channel has given the code since it was asked for.
    fn may_have_a_code(&self) -> bool {
        let payable = self.heard.as_ref().is_some_and(|(view, _)| view.state == OrderState::AwaitingPayment);
        let given_up = match &self.trouble {
            Some(Stage::NoAnswer) => true,
            Some(Stage::Refused { refusal }) => refusal.data.retry_after_s.is_none(),
            Some(_) | None => false,
        };
        payable && self.code.is_none() && !given_up
    }

    /// The viewer has seen how it ended; should that change, they are told.
    fn put_away(&mut self) {
        self.entry.seen = self.heard.as_ref().map(|(view, _)| told_by(view));
        self.keep();
        self.publish();
    }

    /// Its result was seen and no payment can come to light any more.
    fn is_settled(&self) -> bool {
        let old = |view: &OrderView| view.timestamp.saturating_sub(view.created_at) > WATCHED_FOR_S;
        self.entry.seen.is_some() && self.heard.as_ref().is_some_and(|(view, _)| old(view))
    }

    fn forget(&self) {
        if let Err(error) = self.pending.forget(self.entry.id()) {
            tracing::error!(%error, "a purchase that is over could not be removed");
        }
    }

    async fn ask(&mut self) {
        let Some(order_id) = self.entry.order_id.clone() else { return };
        self.asked = Some(monotonic());
        self.publish();
        match self.client.ask(&order_id).await {
            Ok(view) => self.hear(view),
            Err(error) => {
                tracing::warn!(%error, "the shop could not be asked");
                self.set_online(!matches!(error, CallError::NoAnswer(_)));
            }
        }
    }

    fn stop_asking(&mut self) {
        self.asked = None;
        self.publish();
    }

    async fn cancel(&mut self) {
        let Some(order_id) = self.entry.order_id.clone() else { return };
        match self.client.cancel(&order_id).await {
            Ok(view) => self.hear(view),
            Err(error) => {
                tracing::warn!(%error, "the order could not be cancelled");
                self.set_online(!matches!(error, CallError::NoAnswer(_)));
            }
        }
    }

    /// Takes a view, unless a newer one is known. A result that was put away comes back when it is not the same any more.
    fn hear(&mut self, view: OrderView) {
        if self.heard.as_ref().is_some_and(|(known, _)| known.revision > view.revision) {
            return;
        }
        if self.entry.seen.is_some_and(|seen| seen != told_by(&view)) {
            self.entry.seen = None;
            self.keep();
        }
        self.heard = Some((view, monotonic()));
        self.publish();
    }

    fn set_online(&mut self, online: bool) {
        if self.online != online {
            self.online = online;
            self.publish();
        }
    }
}

/// The shop took no other way to pay: the refusal is not of an attempt that was made.
fn not_made(refusal: &Refusal) -> bool {
    match refusal.code {
        ErrorCode::RequestConflict
        | ErrorCode::TooManyRequests
        | ErrorCode::AddressUnknown
        | ErrorCode::InvalidParams => true,
        // It names the order whose attempt has no code; a channel that is not set up names none.
        ErrorCode::ChannelUnavailable => refusal.data.order_id.is_none(),
        ErrorCode::PriceChanged
        | ErrorCode::SoldOut
        | ErrorCode::NotOnSale
        | ErrorCode::LimitReached
        | ErrorCode::Unauthorised
        | ErrorCode::NotFound
        | ErrorCode::ShopPaused
        | ErrorCode::Stale
        | ErrorCode::RefundExceeds
        | ErrorCode::PictureUnusable
        | ErrorCode::Internal => false,
    }
}

/// As much of an order as its result tells.
fn told_by(view: &OrderView) -> Seen {
    Seen { state: view.state, refunds: view.refunds.len() }
}

/// Waits until "asked" has been shown long enough; for ever when nothing was asked.
async fn until(asked: Option<Instant>) {
    match asked {
        Some(since) => {
            let shown = monotonic().saturating_duration_since(since);
            tokio::time::sleep(ASKED_FOR.saturating_sub(shown)).await;
        }
        None => std::future::pending().await,
    }
}
