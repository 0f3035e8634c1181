//! The life of one purchase in the app: send the params, check the answer, draw the code, follow the order. It runs
//! here and not in the page, because a page that is hidden while the viewer looks at the phone is put to sleep.

use crate::pending::{Entry, Pending};
use crate::qr::{self, Qr};
use crate::views::{CheckingWhy, PurchaseView, Stage};
use api::answer::is_channels_own;
use api::clock::monotonic;
use api::{AnswerFault, Asked, CallError, Client, ErrorCode, Ext, OrderView, Refusal};
use futures_util::StreamExt;
use order::state::{AttemptState, ClosedBy, OrderState, RefundReason};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Between two tries to hear the shop again.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);
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
    qr: Option<Qr>,
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
            qr: None,
            heard: None,
            online: true,
            asked: None,
            checking: None,
        }
    }

    /// Lives until the viewer dismisses it.
    pub async fn run(mut self) {
        loop {
            self.show(Stage::Ordering);
            match self.order().await {
                Ok(()) => break,
                Err(stage) => self.show(stage),
            }
            // Nothing is shown that could be paid. What now is the viewer's to say.
            match self.acts.recv().await {
                Some(Act::Retry | Act::Ask) => {}
                Some(Act::Cancel) if self.entry.order_id.is_some() => {
                    self.cancel().await;
                    break;
                }
                Some(Act::Cancel) => {}
                None => return,
            }
        }
        self.follow().await;
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
            self.qr = Some(qr::draw(&ext.code).map_err(|_| AnswerFault::UnreadableCode)?);
        }
        self.entry.order_id = Some(ext.order_id);
        self.keep();
        Ok(())
    }

    /// A channel that gave no code yet still has an order waiting for it.
    fn learn_order(&mut self, refusal: &Refusal) {
        let order_id = refusal.data.order_id.as_ref().and_then(|order_id| order::OrderId::new(order_id.as_str()).ok());
        if refusal.code == ErrorCode::ChannelUnavailable && self.entry.order_id.is_none() && order_id.is_some() {
            self.entry.order_id = order_id;
            self.keep();
        }
    }

    /// The request id is on disk already; the order's id only spares the next start a question.
    fn keep(&self) {
        if let Err(error) = self.pending.keep(&self.entry) {
            tracing::error!(%error, "a pending purchase could not be written");
        }
    }

    /// Hears the order's views until the purchase is dismissed, and listens again whenever the connection ends.
    async fn follow(&mut self) {
        let Some(order_id) = self.entry.order_id.clone() else { return };
        let client = Arc::clone(&self.client);
        loop {
            match client.order_events(&order_id).await {
                Ok(views) => {
                    self.set_online(true);
                    let mut views = std::pin::pin!(views);
                    loop {
                        tokio::select! {
                            view = views.next() => match view {
                                Some(Ok(view)) => self.hear(view),
                                Some(Err(error)) => {
                                    tracing::warn!(%error, "the order's views stopped");
                                    break;
                                }
                                None => break,
                            },
                            act = self.acts.recv() => match act {
                                Some(act) => self.act(act).await,
                                None => return,
                            },
                            () = until(self.asked) => self.stop_asking(),
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "the order cannot be followed"),
            }
            self.set_online(false);
            tokio::select! {
                () = tokio::time::sleep(LISTEN_AGAIN) => {}
                act = self.acts.recv() => match act {
                    Some(act) => self.act(act).await,
                    None => return,
                },
            }
        }
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::Retry => {}
            Act::Ask => self.ask().await,
            Act::Cancel => self.cancel().await,
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

    /// Where the purchase stands, from what was heard last and how long ago.
    fn stage(&mut self) -> Stage {
        let Some((view, since)) = &self.heard else { return Stage::Ordering };
        let now = monotonic();
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
            OrderState::Reserved | OrderState::AwaitingPayment | OrderState::Closing => match self.qr.clone() {
                Some(qr) => Stage::AwaitingPayment {
                    qr,
                    expires_in_s: view.expires_in_s.saturating_sub(seconds(now, *since)).max(0),
                    scanned: view.attempts.iter().any(|attempt| attempt.state == AttemptState::Scanned),
                    online: self.online,
                },
                None => Stage::Ordering,
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
