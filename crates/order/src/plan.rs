//! What to do next about an order, from its facts and the clock alone. One watcher asks this whatever woke it, so a
//! restart, a lost notice or a doubled one all end in the same steps.

use crate::state::{Attempt, AttemptState, Order, Refund, RefundState};
use crate::{PayId, RefundId};

/// Seconds after the payment string came at which an open attempt is asked about; then every 30 s to the deadline.
const ASK_AFTER_S: [i64; 8] = [3, 6, 10, 15, 20, 30, 45, 60];
/// Seconds between queries once [`ASK_AFTER_S`] is used up.
const ASK_EVERY_S: i64 = 30;
/// Seconds after an attempt ended at which it is asked about again, in case it was paid after all.
const ASK_AFTER_END_S: [i64; 6] = [30, 120, 600, 3_600, 21_600, 86_400];
/// Longest wait between two tries of a prepay or close call, seconds.
const RETRY_CAP_S: i64 = 30;
/// Longest wait between two tries of a refund, seconds.
const REFUND_RETRY_CAP_S: i64 = 3_600;

/// One thing to do at a channel, or to the order itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The deadline passed: mark the order as ending.
    End,
    /// Make the prepay call, under the attempt's own number.
    Prepay(PayId),
    /// Ask the channel about the attempt.
    Query(PayId),
    /// Ask the channel to close the attempt.
    Close(PayId),
    /// Ask about the refund, and call for it under the same number if the channel does not know it.
    Refund(RefundId),
}

/// What is due now, and when to look again if nothing happens before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The step that is due.
    pub step: Option<Step>,
    /// Unix seconds; `None` when only new evidence can change the order.
    pub wake_at: Option<i64>,
}

/// Something that may be due: at once, at a time, or not by itself.
enum Due {
    Now(Step),
    At(i64),
    Never,
}

/// 1, 2, 4, ... seconds after the first, second, third try without a known result.
fn backoff_s(tries: u32, cap_s: i64) -> i64 {
    1_i64.checked_shl(tries.saturating_sub(1).min(20)).unwrap_or(cap_s).min(cap_s)
}

/// The first of the times not yet used, that is, later than the last time of asking.
fn next_ask(asked_at: Option<i64>, times: impl Iterator<Item = i64>) -> Option<i64> {
    times.into_iter().find(|at| asked_at.is_none_or(|asked| asked < *at))
}

impl Order {
    /// What is due at `now` (Unix seconds), and when to look again.
    #[must_use]
    pub fn plan(&self, now: i64) -> Plan {
        self.plan_but(now, None)
    }

    /// As [`Order::plan`], while the prepay call of attempt `waits` has to wait for its turn at the channel.
    #[must_use]
    pub fn plan_in_line(&self, now: i64, waits: &PayId) -> Plan {
        self.plan_but(now, Some(waits))
    }

    fn plan_but(&self, now: i64, waits: Option<&PayId>) -> Plan {
        let ending = self.is_selling().then_some(if now >= self.deadline_at {
            Due::Now(Step::End)
        } else {
            Due::At(self.deadline_at)
        });
        let attempts = self.attempts.iter().map(|attempt| self.attempt_due(attempt, now));
        let refunds = self.refunds.iter().map(|refund| refund_due(refund, now));
        let mut plan = Plan::default();
        for due in ending.into_iter().chain(attempts).chain(refunds) {
            match due {
                Due::Now(Step::Prepay(pay_id)) if Some(&pay_id) == waits => {}
                Due::Now(step) => return Plan { step: Some(step), wake_at: Some(now) },
                Due::At(at) => plan.wake_at = Some(plan.wake_at.map_or(at, |earlier| earlier.min(at))),
                Due::Never => {}
            }
        }
        plan
    }

    fn attempt_due(&self, attempt: &Attempt, now: i64) -> Due {
        let due = self.next_of(attempt, now);
        // A query without an answer uses up no place in the schedule: it is repeated with growing pauses.
        match (due, attempt.ask_failed_at) {
            (Due::Now(Step::Query(pay_id)), Some(failed)) => {
                let at = failed.saturating_add(backoff_s(attempt.ask_fails, RETRY_CAP_S));
                if at > now { Due::At(at) } else { Due::Now(Step::Query(pay_id)) }
            }
            (due, _) => due,
        }
    }

    fn next_of(&self, attempt: &Attempt, now: i64) -> Due {
        let selling = self.is_selling() && attempt.ending_at.is_none();
        let query = || Step::Query(attempt.pay_id.clone());
        if attempt.ask_now && attempt.state != AttemptState::New {
            return Due::Now(query());
        }
        let at = |at: Option<i64>, step: Step| match at {
            Some(at) if at > now => Due::At(at),
            Some(_) => Due::Now(step),
            None => Due::Never,
        };
        let retry_at =
            attempt.tried_at.map_or(now, |tried| tried.saturating_add(backoff_s(attempt.tries, RETRY_CAP_S)));
        let close = || Step::Close(attempt.pay_id.clone());
        match attempt.state {
            AttemptState::New if selling => Due::Now(Step::Prepay(attempt.pay_id.clone())),
            AttemptState::Sent if selling => at(Some(retry_at), Step::Prepay(attempt.pay_id.clone())),
            AttemptState::QrReady | AttemptState::Scanned if selling => at(Self::open_ask_at(attempt), query()),
            AttemptState::Sent | AttemptState::QrReady | AttemptState::Scanned => {
                // Ask before closing: a payment found here is in time. An end that began later than now says that the
                // clock was set back: then the times cannot be compared, and asking again would go on until it is past.
                let since = |asked| attempt.ending_at.is_none_or(|ending| asked >= ending || ending > now);
                let asked = attempt.asked_at.is_some_and(since);
                Due::Now(if asked { close() } else { query() })
            }
            AttemptState::CloseSent => {
                // The close call's result is unknown: what the channel now says decides, then it is called again.
                let asked = attempt.asked_at.is_some_and(|asked| attempt.tried_at.is_none_or(|tried| asked > tried));
                at(Some(retry_at), if asked { close() } else { query() })
            }
            AttemptState::Closed => at(Self::ended_ask_at(attempt), query()),
            AttemptState::New | AttemptState::Rejected | AttemptState::Paid | AttemptState::Mismatch => Due::Never,
        }
    }

    /// When an attempt that can be paid is asked about next. The deadline, which comes first by then, ends this schedule.
    fn open_ask_at(attempt: &Attempt) -> Option<i64> {
        let ready = attempt.ready_at?;
        let first = ASK_AFTER_S.into_iter().map(|after| ready.saturating_add(after));
        next_ask(attempt.asked_at, first).or_else(|| attempt.asked_at.map(|asked| asked.saturating_add(ASK_EVERY_S)))
    }

    fn ended_ask_at(attempt: &Attempt) -> Option<i64> {
        let ended = attempt.ending_at?;
        next_ask(attempt.asked_at, ASK_AFTER_END_S.into_iter().map(|after| ended.saturating_add(after)))
    }
}

fn refund_due(refund: &Refund, now: i64) -> Due {
    let step = Step::Refund(refund.refund_id.clone());
    match (refund.state, refund.tried_at) {
        (RefundState::Done | RefundState::Closed, _) => Due::Never,
        (RefundState::New, _) | (_, None) => Due::Now(step),
        (RefundState::Sent | RefundState::Processing | RefundState::Abnormal, Some(tried)) => {
            let at = tried.saturating_add(backoff_s(refund.tries, REFUND_RETRY_CAP_S));
            if at > now { Due::At(at) } else { Due::Now(step) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{ClosedBy, Event, OrderState};
    use crate::{Fen, OrderId, PayType};

    const START: i64 = 1_000_000;

    fn waiting() -> (Order, PayId) {
        let mut order = Order::place(OrderId::from_bits(7), Fen::new(100).unwrap(), START + 300, PayType::Alipay);
        let pay_id = order.attempts[0].pay_id.clone();
        order.apply(&Event::PrepaySent { pay_id: pay_id.clone(), at: START }).unwrap();
        order.apply(&Event::PrepayReady { pay_id: pay_id.clone(), at: START }).unwrap();
        (order, pay_id)
    }

    /// Lives from wake to wake and lists when the channel was asked, in seconds after the start.
    fn asked_times(order: &mut Order, until: i64) -> Vec<i64> {
        let mut now = START;
        let mut asked = Vec::new();
        while now <= until {
            assert!(asked.len() < 100, "asked without end: {asked:?}");
            let plan = order.plan(now);
            match plan.step {
                Some(Step::Query(_)) => {
                    order.attempts[0].asked_at = Some(now);
                    asked.push(now - START);
                }
                Some(step) => {
                    assert_eq!(step, Step::End);
                    break;
                }
                None => match plan.wake_at {
                    Some(at) => {
                        assert!(at > now, "woken at {at} for what is not due at {now}");
                        now = at;
                    }
                    None => break,
                },
            }
        }
        asked
    }

    #[test]
    fn an_open_attempt_is_asked_about_by_the_schedule_and_never_after_the_deadline() {
        let (mut order, _) = waiting();
        let expected = [3, 6, 10, 15, 20, 30, 45, 60, 90, 120, 150, 180, 210, 240, 270];
        assert_eq!(asked_times(&mut order, START + 1_000), expected);
    }

    #[test]
    fn an_ended_attempt_is_asked_about_for_a_day() {
        let (mut order, pay_id) = waiting();
        order.apply(&Event::EndAsked { by: ClosedBy::Time, at: START }).unwrap();
        order.apply(&Event::CloseProved { pay_id, at: START }).unwrap();
        order.attempts[0].asked_at = Some(START);
        assert_eq!(asked_times(&mut order, START + 200_000), [30, 120, 600, 3_600, 21_600, 86_400]);
    }

    #[test]
    fn an_ending_attempt_is_asked_about_before_it_is_closed() {
        let (mut order, pay_id) = waiting();
        order.attempts[0].asked_at = Some(START + 299);
        assert_eq!(order.plan(START + 300).step, Some(Step::End));
        order.apply(&Event::EndAsked { by: ClosedBy::Time, at: START + 300 }).unwrap();
        assert_eq!(order.plan(START + 300).step, Some(Step::Query(pay_id.clone())));
        order.attempts[0].asked_at = Some(START + 300);
        assert_eq!(order.plan(START + 300).step, Some(Step::Close(pay_id)));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_an_ending_attempt_be_asked_about_without_end() {
        let (mut order, pay_id) = waiting();
        order.apply(&Event::EndAsked { by: ClosedBy::Viewer, at: START + 600 }).unwrap();
        assert_eq!(order.plan(START).step, Some(Step::Query(pay_id.clone())));
        order.attempts[0].asked_at = Some(START);
        assert_eq!(order.plan(START + 1).step, Some(Step::Close(pay_id)));
    }

    #[test]
    fn an_attempt_the_viewer_left_is_ended_while_the_order_goes_on_with_the_next() {
        let (mut order, first) = waiting();
        order.apply(&Event::Attempted { pay_type: PayType::Wechat, at: START + 5 }).unwrap();
        let second = order.attempts[1].pay_id.clone();
        assert_eq!(order.plan(START + 5).step, Some(Step::Query(first.clone())));
        order.attempts[0].asked_at = Some(START + 5);
        assert_eq!(order.plan(START + 5).step, Some(Step::Close(first.clone())));
        order.apply(&Event::CloseSent { pay_id: first.clone(), at: START + 5 }).unwrap();
        order.apply(&Event::CloseProved { pay_id: first.clone(), at: START + 6 }).unwrap();
        assert_eq!(order.plan(START + 6).step, Some(Step::Prepay(second.clone())));
        assert!(order.apply(&Event::CloseSent { pay_id: second, at: START + 6 }).is_err());
        // Its own times of asking go on, in case it was paid after all.
        order.attempts.truncate(1);
        assert_eq!(order.plan(START + 6).wake_at, Some(START + 5 + 30));
    }

    #[test]
    fn a_close_call_without_a_known_result_is_followed_by_a_query_and_tried_again() {
        let (mut order, pay_id) = waiting();
        order.apply(&Event::EndAsked { by: ClosedBy::Viewer, at: START }).unwrap();
        order.apply(&Event::CloseSent { pay_id: pay_id.clone(), at: START }).unwrap();
        assert_eq!(order.plan(START), Plan { step: None, wake_at: Some(START + 1) });
        assert_eq!(order.plan(START + 1).step, Some(Step::Query(pay_id.clone())));
        order.attempts[0].asked_at = Some(START + 1);
        assert_eq!(order.plan(START + 1).step, Some(Step::Close(pay_id)));
    }

    #[test]
    fn a_query_of_the_very_second_of_a_close_call_does_not_tell_its_result() {
        let (mut order, pay_id) = waiting();
        order.apply(&Event::EndAsked { by: ClosedBy::Viewer, at: START }).unwrap();
        order.attempts[0].asked_at = Some(START);
        order.apply(&Event::CloseSent { pay_id: pay_id.clone(), at: START }).unwrap();
        assert_eq!(order.plan(START + 1).step, Some(Step::Query(pay_id)));
    }

    #[test]
    fn a_paid_order_sends_no_prepay_for_the_attempt_that_came_too_late() {
        let (mut order, first) = waiting();
        order.apply(&Event::Attempted { pay_type: PayType::Wechat, at: START }).unwrap();
        let second = order.attempts[1].pay_id.clone();
        let paid = |order: &mut Order| {
            order.apply(&Event::Paid { pay_id: first.clone(), amount: order.amount, restock: false }).unwrap();
        };
        let mut never_sent = order.clone();
        paid(&mut never_sent);
        assert_eq!(never_sent.plan(START + 1), Plan::default());
        // One that was sent may exist at its channel: it is asked about and closed.
        order.apply(&Event::PrepaySent { pay_id: second.clone(), at: START }).unwrap();
        paid(&mut order);
        assert_eq!(order.plan(START + 1).step, Some(Step::Query(second)));
    }

    #[test]
    fn nothing_is_sent_for_an_order_that_is_not_sold_any_more() {
        // The machine leaves no attempt unsent when it stops selling; rows that say otherwise are not acted on.
        let mut order = Order::place(OrderId::from_bits(7), Fen::new(100).unwrap(), START + 300, PayType::Alipay);
        order.state = OrderState::Closing;
        assert_eq!(order.plan(START), Plan::default());
    }

    #[test]
    fn a_refund_without_a_known_result_is_asked_about_again_with_growing_pauses() {
        let (mut order, pay_id) = waiting();
        order.apply(&Event::EndAsked { by: ClosedBy::Time, at: START }).unwrap();
        order.apply(&Event::CloseProved { pay_id: pay_id.clone(), at: START }).unwrap();
        order.apply(&Event::Paid { pay_id: pay_id.clone(), amount: order.amount, restock: false }).unwrap();
        let refund_id = pay_id.whole_refund();
        let mut now = START;
        let mut pauses = Vec::new();
        for _ in 0..15 {
            assert_eq!(order.plan(now).step, Some(Step::Refund(refund_id.clone())));
            order.apply(&Event::RefundSent { refund_id: refund_id.clone(), at: now }).unwrap();
            assert_eq!(order.plan(now).step, None);
            let at = order.plan(now).wake_at.unwrap();
            pauses.push(at - now);
            now = at;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600, 3_600]);
        order.apply(&Event::RefundDone { refund_id }).unwrap();
        assert_eq!(order.plan(now), Plan::default());
    }

    #[test]
    fn a_notice_makes_the_query_due_at_once_even_for_an_ended_order() {
        let (mut order, pay_id) = waiting();
        order.apply(&Event::EndAsked { by: ClosedBy::Time, at: START }).unwrap();
        order.apply(&Event::CloseProved { pay_id: pay_id.clone(), at: START }).unwrap();
        order.attempts[0].asked_at = Some(START + 200_000);
        assert_eq!(order.plan(START + 200_000), Plan::default());
        order.attempts[0].ask_now = true;
        assert_eq!(order.plan(START + 200_000).step, Some(Step::Query(pay_id)));
        order.attempts[0].ask_failed_at = Some(START + 200_000);
        order.attempts[0].ask_fails = 3;
        assert_eq!(order.plan(START + 200_000), Plan { step: None, wake_at: Some(START + 200_004) });
    }

    #[test]
    fn a_query_without_an_answer_uses_up_no_place_in_the_schedule() {
        let (mut order, pay_id) = waiting();
        order.apply(&Event::EndAsked { by: ClosedBy::Time, at: START }).unwrap();
        order.apply(&Event::CloseProved { pay_id: pay_id.clone(), at: START }).unwrap();
        order.attempts[0].asked_at = Some(START + 21_600);
        order.attempts[0].ask_failed_at = Some(START + 86_400);
        order.attempts[0].ask_fails = 1;
        assert_eq!(order.plan(START + 86_400).wake_at, Some(START + 86_401));
        assert_eq!(order.plan(START + 86_401).step, Some(Step::Query(pay_id)));
    }

    #[test]
    fn a_prepay_call_without_a_known_result_is_repeated_with_growing_pauses() {
        let mut order = Order::place(OrderId::from_bits(7), Fen::new(100).unwrap(), START + 300, PayType::Wechat);
        let pay_id = order.attempts[0].pay_id.clone();
        assert_eq!(order.plan(START).step, Some(Step::Prepay(pay_id.clone())));
        let mut pauses = Vec::new();
        let mut now = START;
        for _ in 1..8 {
            order.apply(&Event::PrepaySent { pay_id: pay_id.clone(), at: now }).unwrap();
            let at = order.plan(now).wake_at.unwrap();
            pauses.push(at - now);
            now = at;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }
}
