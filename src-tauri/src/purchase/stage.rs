//! Where a purchase stands, as the page draws it: from what was heard last and how long ago, never from what was on
//! screen before.

use super::Purchase;
use crate::orders::{paid_with, refunds};
use crate::views::{CheckingWhy, Stage};
use api::OrderView;
use api::clock::monotonic;
use order::state::{AttemptState, ClosedBy, OrderState, RefundReason};
use std::time::Instant;

impl Purchase {
    /// Shows how the purchase stands.
    pub(super) fn publish(&mut self) {
        let stage = self.stage();
        let order_id = self.entry.order_id.as_ref().map(ToString::to_string);
        let paid_with = self.heard.as_ref().and_then(|(view, _)| paid_with(view));
        self.views.send_modify(|view| {
            view.order_id = order_id;
            view.pay_type = paid_with.unwrap_or(self.entry.params.pay_type);
            view.switched_from = self.entry.earlier.last().map(|params| params.pay_type);
            view.not_switched_to = self.not_switched_to;
            view.seen = self.entry.seen.is_some();
            view.stage = stage;
        });
    }

    /// The channel switched to refused for good, while the code before it may have been paid.
    fn is_refused_after_a_switch(&self) -> bool {
        let refused =
            |stage: &Stage| matches!(stage, Stage::Refused { refusal } if refusal.data.retry_after_s.is_none());
        !self.entry.earlier.is_empty() && self.trouble.as_ref().is_some_and(refused)
    }

    /// Before the first view: the code of a checked answer is shown at once.
    fn unheard(&self, now: Instant) -> Stage {
        match (&self.code, &self.trouble) {
            // Its code may have been shown and paid: until the order is heard of, nothing is said of the money.
            (_, Some(Stage::NoAnswer)) if self.entry.order_id.is_some() => {
                Stage::Checking { why: CheckingWhy::Asked, since_s: 0, online: self.online }
            }
            (_, Some(_)) if self.is_refused_after_a_switch() => {
                Stage::Checking { why: CheckingWhy::Refused, since_s: 0, online: self.online }
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
            (OrderState::Reserved | OrderState::AwaitingPayment, _) if self.is_refused_after_a_switch() => {
                Some(CheckingWhy::Refused)
            }
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
                    // Only the code on screen counts: an earlier one may have been scanned too.
                    scanned: view.attempts.last().is_some_and(|attempt| {
                        attempt.state == AttemptState::Scanned && attempt.pay_type == self.entry.params.pay_type
                    }),
                    online: self.online,
                },
                None => match (view.queue_position, &self.trouble) {
                    (Some(position), _) => Stage::InLine {
                        position,
                        expires_in_s: view.expires_in_s.saturating_sub(seconds(now, *since)).max(0),
                        online: self.online,
                    },
                    (None, Some(trouble)) => trouble.clone(),
                    (None, None) => Stage::Ordering,
                },
            },
            OrderState::Closed => Stage::Closed { by: view.closed_by.unwrap_or(ClosedBy::Channel) },
            OrderState::Delivered => Stage::Delivered {
                paid_at: view.paid_at.unwrap_or(view.timestamp),
                fins: view.fins,
                refunds: refunds(view),
            },
            OrderState::RefundDue | OrderState::Refunding => Stage::Refunding { reason, paid_fen },
            OrderState::Refunded => Stage::Refunded { reason, paid_fen },
        }
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
