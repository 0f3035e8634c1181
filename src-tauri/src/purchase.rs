//! The life of one purchase in the app: send the params, check the answer, draw the code, follow the order. It runs
//! here and not in the page, because a page that is hidden while the viewer looks at the phone is put to sleep.

use crate::hearing::{Word, listen};
use crate::pending::{Entry, Pending};
use crate::qr::{self, Qr};
use crate::views::{CheckingWhy, PurchaseView, Stage};
use api::answer::is_channels_own;
use api::clock::monotonic;
use api::{AnswerFault, Asked, CallError, Client, ErrorCode, Ext, OrderView, Refusal};
use order::OrderId;
use order::state::{AttemptState, ClosedBy, OrderState, RefundReason};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Views that may wait while the shop is being called.
const HEARD: usize = 16;
/// How long "asked" is shown before the code comes back, when the channel knows of no payment.
const ASKED_FOR: Duration = Duration::from_secs(8);

/// What the viewer may do about a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Send the same request again.
    Retry,
    /// "Paid, but nothing happened?"
    Ask,
    /// End it.
    Cancel,
}

/// What the page draws before anything is known.
#[must_use]
pub fn first_view(entry: &Entry) -> PurchaseView {
    PurchaseView {
        request_id: entry.params.request_id.to_string(),
        order_id: entry.order_id.as_ref().map(ToString::to_string),
        bought: entry.bought.clone(),
        quantity: entry.params.quantity,
        amount_fen: entry.amount.get(),
        pay_type: entry.params.pay_type,
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
            online: true,
            asked: None,
            checking: None,
        }
    }

    /// Lives until the viewer dismisses it.
    pub async fn run(mut self) {
        self.fetch().await;
        while self.entry.order_id.is_none() {
            // Nothing was shown that could be paid, and no order is known that could be ended.
            match self.acts.recv().await {
                Some(Act::Retry | Act::Ask) => self.fetch().await,
                Some(Act::Cancel) => {}
                None => return,
            }
        }
        self.follow().await;
    }

    /// Sends the request, for the first time or again, and shows what came of it.
    async fn fetch(&mut self) {
        self.trouble = None;
        self.publish();
        let known = self.entry.order_id.is_some();
        self.trouble = match self.order().await {
            Ok(()) => None,
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
            Err(stage) => Some(stage),
        };
        self.publish();
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

    /// Follows the order until the purchase is dismissed.
    async fn follow(&mut self) {
        let Some(order_id) = self.entry.order_id.clone() else { return };
        let (heard, mut hearing) = mpsc::channel(HEARD);
        // It ends when nobody hears it any more, which is when this function returns.
        tokio::spawn(listen(Arc::clone(&self.client), order_id, heard));
        loop {
            tokio::select! {
                word = hearing.recv() => match word {
                    Some(Word::View(view)) => {
                        self.set_online(true);
                        self.hear(*view);
                        let payable = self.heard.as_ref().is_some_and(|(view, _)| view.state == OrderState::AwaitingPayment);
                        if payable && self.code.is_none() && self.trouble != Some(Stage::NoAnswer) {
                            // The channel has given the code since.
                            self.fetch().await;
                        }
                    }
                    Some(Word::Lost) => self.set_online(false),
                    None => return,
                },
                act = self.acts.recv() => match act {
                    Some(Act::Retry) => self.fetch().await,
                    Some(Act::Ask) => self.ask().await,
                    Some(Act::Cancel) => self.cancel().await,
                    None => return,
                },
                () = until(self.asked) => self.stop_asking(),
            }
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

    /// Takes a view, unless a newer one is known.
    fn hear(&mut self, view: OrderView) {
        if self.heard.as_ref().is_none_or(|(known, _)| known.revision <= view.revision) {
            self.heard = Some((view, monotonic()));
            self.publish();
        }
    }

    fn set_online(&mut self, online: bool) {
        if self.online != online {
            self.online = online;
            self.publish();
        }
    }

    fn publish(&mut self) {
        let stage = self.stage();
        self.show(stage);
    }

    fn show(&mut self, stage: Stage) {
        let order_id = self.entry.order_id.as_ref().map(ToString::to_string);
        self.views.send_modify(|view| {
            view.order_id = order_id;
            view.stage = stage;
        });
    }

    /// Before the first view: the code of a checked answer is shown at once.
    fn unheard(&self, now: Instant) -> Stage {
        match (&self.code, &self.trouble) {
            // Its code may have been shown and paid: until the order is heard of, nothing is said of the money.
            (_, Some(Stage::NoAnswer)) if self.entry.order_id.is_some() => {
                Stage::Checking { why: CheckingWhy::Asked, since_s: 0, online: self.online }
            }
            (_, Some(trouble)) => trouble.clone(),
            (Some((qr, expires_in_s, since)), None) => Stage::AwaitingPayment {
                qr: qr.clone(),
                expires_in_s: expires_in_s.saturating_sub(seconds(now, *since)).max(0),
                scanned: false,
                online: self.online,
            },
            (None, None) => Stage::Ordering,
        }
    }

    /// Where the purchase stands, from what was heard last and how long ago.
    fn stage(&mut self) -> Stage {
        let now = monotonic();
        let Some((view, since)) = &self.heard else { return self.unheard(now) };
        let checking = match (view.state, view.closed_by) {
            (OrderState::Closing, Some(ClosedBy::Viewer)) => Some(CheckingWhy::Cancelled),
            (OrderState::Closing, Some(ClosedBy::Time | ClosedBy::Channel | ClosedBy::Shop) | None) => {
                Some(CheckingWhy::TimeUp)
            }
            (OrderState::Reserved | OrderState::AwaitingPayment, _) if self.asked.is_some() => Some(CheckingWhy::Asked),
            _ => None,
        };
        if let Some(why) = checking {
            let started = *self.checking.get_or_insert(now);
            return Stage::Checking { why, since_s: seconds(now, started), online: self.online };
        }
        self.checking = None;
        let (reason, paid_fen) = money_back(view);
        match view.state {
            OrderState::Reserved | OrderState::AwaitingPayment | OrderState::Closing => match self.code.clone() {
                Some((qr, _, _)) => Stage::AwaitingPayment {
                    qr,
                    expires_in_s: view.expires_in_s.saturating_sub(seconds(now, *since)).max(0),
                    scanned: view.attempts.iter().any(|attempt| attempt.state == AttemptState::Scanned),
                    online: self.online,
                },
                None => self.trouble.clone().unwrap_or(Stage::Ordering),
            },
            OrderState::Closed => Stage::Closed { by: view.closed_by.unwrap_or(ClosedBy::Channel) },
            OrderState::Delivered => {
                Stage::Delivered { paid_at: view.paid_at.unwrap_or(view.timestamp), fins: view.fins }
            }
            OrderState::RefundDue | OrderState::Refunding => Stage::Refunding { reason, paid_fen },
            OrderState::Refunded => Stage::Refunded { reason, paid_fen },
        }
    }
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

fn seconds(now: Instant, since: Instant) -> i64 {
    i64::try_from(now.saturating_duration_since(since).as_secs()).unwrap_or(i64::MAX)
}

/// Why money goes back, and how much.
fn money_back(view: &OrderView) -> (RefundReason, i64) {
    let reason = view.refunds.last().map_or(RefundReason::Late, |refund| refund.reason);
    let paid_fen = view.refunds.iter().map(|refund| refund.amount_fen).fold(0_i64, i64::saturating_add);
    (reason, paid_fen)
}
