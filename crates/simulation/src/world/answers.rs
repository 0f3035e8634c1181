//! What follows when a task ends: for the viewer, the channel or the shop's people who wanted it.

use super::{Next, World};
use crate::failure::{Failure, broken};
use crate::purchase::Heard;
use crate::task::{Answered, Doing, Outcome, Staff};
use api::ErrorCode;
use order::state::OrderState;
use serde_json::Value;
use storefront::reconcile::{ReconcileError, Report};
use storefront::shop::ShopError;
use storefront::store::ApplyError;

/// How often the app sends a request again before it leaves it to its next start.
const REQUESTS_MAX: u32 = 60;
/// Longest stop of the shop by its people, seconds.
const HALT_MAX_S: i64 = 20;

impl World {
    /// A task was lost with its process, or got no answer: whoever wanted it wants it again.
    pub(super) fn lost(&mut self, doing: Doing) {
        let again_s = self.stage.scene().rng.between(1, 4);
        let at = self.now().saturating_add(again_s);
        match doing {
            Doing::Notice(notice, tries) => self.tell_again(&notice, tries),
            // The jobs are in the database.
            Doing::Look | Doing::Attend(_) => self.bell = true,
            // A stop that came late would outlast what it was for.
            Doing::Staff(Staff::Halt(true)) => self.plan(at, Next::Begin(Doing::Staff(Staff::Halt(false)))),
            doing => self.plan(at, Next::Begin(doing)),
        }
    }

    pub(super) fn finished(&mut self, doing: Doing, outcome: Outcome) -> Result<(), Failure> {
        self.bell = true;
        match (doing, outcome) {
            (doing @ Doing::Request(number), Outcome::Answered(answered)) => match answered {
                Ok(answered) => self.answered(number, &answered),
                Err(error) => self.refused(doing, &error),
            },
            (doing, Outcome::Heard(Err(error))) => self.refused(doing, &error),
            (Doing::Notice(notice, tries), Outcome::Noticed(taken)) => {
                if taken.is_ok() && !notice.with_key {
                    return broken("a forged notice was taken");
                }
                if taken.is_err() {
                    self.tell_again(&notice, tries);
                }
                Ok(())
            }
            (_, Outcome::Leased(Ok(leases))) => {
                // Having looked is no reason to look again.
                self.bell = !leases.is_empty();
                leases.into_iter().for_each(|lease| self.begin(Doing::Attend(lease)));
                Ok(())
            }
            (doing @ Doing::Staff(Staff::Shelf { .. }), Outcome::Written(written)) => {
                match (written, &doing) {
                    (Ok(()), Doing::Staff(Staff::Shelf { item, price: Some((price, version)), .. })) => {
                        (self.shelf[*item].price, self.shelf[*item].version) = (*price, *version);
                    }
                    (Ok(()), _) => {}
                    (Err(_), _) => self.lost(doing),
                }
                Ok(())
            }
            (doing, Outcome::Applied(Err(error))) => match error {
                ApplyError::Store(_) => Ok(()),
                error => broken(format!("{doing:?}: {error}")),
            },
            (doing @ Doing::Staff(Staff::GiveBack(..)), Outcome::GivenBack(given)) => self.given_back(doing, given),
            (_, Outcome::Reconciled(reconciled)) => reconcile_verdict(&reconciled),
            (Doing::Staff(Staff::Halt(true)), Outcome::Written(_)) => {
                // Whoever stops the shop lets it go on, whether or not they heard that it stopped.
                let later_s = self.stage.scene().rng.between(0, HALT_MAX_S);
                self.plan(self.now().saturating_add(later_s), Next::Begin(Doing::Staff(Staff::Halt(false))));
                Ok(())
            }
            (doing @ Doing::Staff(Staff::Halt(false)), Outcome::Written(Err(_))) => {
                self.lost(doing);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A request, cancel or ask was refused, or failed.
    fn refused(&mut self, doing: Doing, error: &ShopError) -> Result<(), Failure> {
        match error {
            ShopError::Refused(refusal) => {
                if refusal.code == ErrorCode::Internal {
                    return broken(format!("{doing:?}: {}", refusal.message));
                }
                if let Doing::Request(number) = doing
                    && let Some(before) = &self.purchases[number].placed
                {
                    return broken(format!("{before:?} was placed; asked again: {}", refusal.message));
                }
                let name = refusal_name(refusal.code);
                self.stage.scene().tally.add(name);
                Ok(())
            }
            ShopError::Store(_) | ShopError::NoRandomness(_) => {
                self.lost(doing);
                Ok(())
            }
        }
    }

    /// A streamer hears what came of money to go back, and may not believe it and ask again.
    fn given_back(&mut self, doing: Doing, given: Result<(), ShopError>) -> Result<(), Failure> {
        let Doing::Staff(Staff::GiveBack(_, order_id, draft)) = &doing else { return Ok(()) };
        let what = (order_id.to_string(), draft.amount_fen);
        let request = draft.request_id.clone();
        let known = self.judge.given.get(&request).cloned();
        let name = match given {
            Ok(()) => {
                self.judge.given.insert(request, what);
                if known.is_some() { "streamer: the same refund asked for again" } else { "streamer: money given back" }
            }
            Err(ShopError::Refused(refusal)) if refusal.code == ErrorCode::RefundExceeds && known.is_none() => {
                refusal_name(refusal.code)
            }
            Err(ShopError::Refused(refusal)) => {
                return broken(format!("{request}, {what:?}, before {known:?}: {}", refusal.message));
            }
            Err(ShopError::Store(_) | ShopError::NoRandomness(_)) => {
                self.lost(doing);
                return Ok(());
            }
        };
        let mut scene = self.stage.scene();
        scene.tally.add(name);
        let (again, later_s) = (scene.rng.chance(300), scene.rng.between(0, 600));
        drop(scene);
        if again {
            let at = self.now().saturating_add(later_s);
            self.plan(at, Next::Begin(doing));
        }
        Ok(())
    }

    fn answered(&mut self, number: usize, answered: &Answered) -> Result<(), Failure> {
        // Acknowledged is committed: the judge, who reads what is committed, knows it.
        if !self.judge.orders.contains_key(answered.placed.order_id.as_str()) {
            return broken(format!("{} was acknowledged and is not there", answered.placed.order_id));
        }
        let purchase = &mut self.purchases[number];
        purchase.take_placed(&answered.placed)?;
        match &answered.answer {
            Some(Ok(answer)) => self.heard(number, answer, answered.state),
            Some(Err(ShopError::Refused(_))) if purchase.code.is_none() => Ok(()),
            Some(Err(error)) => broken(format!("the answer to request {number} became {error}")),
            None if purchase.sent < REQUESTS_MAX => {
                let again_s = self.stage.scene().rng.between(1, 3);
                self.plan(self.now().saturating_add(again_s), Next::Begin(Doing::Request(number)));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// An answer came: the viewer sees a code, and does what they do.
    fn heard(&mut self, number: usize, answer: &Value, state: OrderState) -> Result<(), Failure> {
        let purchase = &mut self.purchases[number];
        let heard = purchase.take_answer(answer, &self.key, state)?;
        let acts = if heard == Heard::Code { purchase.acts.clone() } else { Vec::new() };
        let now = self.now();
        for (after, act) in acts {
            self.plan(now.saturating_add(after), Next::Act(number, act));
        }
        Ok(())
    }
}

/// At rest a channel's bill says what our books say, but for what people returned at the channel.
fn reconcile_verdict(reconciled: &Result<Report, ReconcileError>) -> Result<(), Failure> {
    match reconciled {
        Ok(report) => match report.differences.iter().chain(&report.found).next() {
            Some(difference) => broken(format!("{}, {}: {difference}", report.pay_type, report.day)),
            None => Ok(()),
        },
        Err(error) => broken(format!("a bill was not read: {error}")),
    }
}

const fn refusal_name(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::PriceChanged => "refused: price changed",
        ErrorCode::SoldOut => "refused: sold out",
        ErrorCode::NotOnSale => "refused: not on sale",
        ErrorCode::LimitReached => "refused: limit reached",
        ErrorCode::ChannelUnavailable => "refused: channel unavailable",
        ErrorCode::RequestConflict => "refused: request conflict",
        ErrorCode::ShopPaused => "refused: shop paused",
        ErrorCode::RefundExceeds => "refused: refund exceeds",
        ErrorCode::TooManyRequests
        | ErrorCode::Unauthorised
        | ErrorCode::NotFound
        | ErrorCode::InvalidParams
        | ErrorCode::AddressUnknown
        | ErrorCode::Stale
        | ErrorCode::PictureUnusable
        | ErrorCode::Internal => "refused: otherwise",
    }
}
