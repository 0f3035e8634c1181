//! Close calls that may still be under way. Alipay's cancel gives back what was paid, so that a payment counts only once no
//! such call can reach the channel any more. How long that takes is told by a clock that nobody sets: a wall clock that is
//! set forward says that everything is over.

use order::PayId;
use order::state::Attempt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longest between the intent of a close call and its begin, seconds.
pub(crate) const BEGINS_S: i64 = 5;
/// Seconds after its intent for which a close call may still reach the channel: it begins a few seconds later at most, is two
/// calls of ten seconds each, and a request that was given up may lie about on its way.
const UNDER_WAY_S: i64 = 120;

/// What this process knows of the close calls of attempts that it found paid. The next process begins to count anew.
#[derive(Debug, Default)]
pub struct Closes(Mutex<HashMap<PayId, Seen>>);

/// So many close calls an attempt had, and when (seconds of [`crate::clock::Clock::uptime_s`]) that was first seen.
#[derive(Clone, Copy, Debug)]
struct Seen {
    calls: u32,
    since_s: i64,
}

impl Closes {
    /// How many close calls of an attempt are over, if all that it had are.
    pub(crate) fn over(&self, attempt: &Attempt, uptime_s: i64) -> Option<u32> {
        let seen = self.seen().get(&attempt.pay_id).copied();
        let is_over = |seen: &Seen| seen.calls == attempt.tries && uptime_s >= seen.since_s.saturating_add(UNDER_WAY_S);
        seen.filter(is_over).map(|seen| seen.calls)
    }

    /// Begins to count for an attempt that was found paid, unless its close calls are those that are counted for.
    pub(crate) fn count(&self, attempt: &Attempt, uptime_s: i64) {
        let mut all = self.seen();
        if all.get(&attempt.pay_id).is_none_or(|seen| seen.calls != attempt.tries) {
            all.insert(attempt.pay_id.clone(), Seen { calls: attempt.tries, since_s: uptime_s });
        }
    }

    /// Forgets an attempt: what became of its payment is known.
    pub(crate) fn forget(&self, pay_id: &PayId) {
        self.seen().remove(pay_id);
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<PayId, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use order::{OrderId, PayType};

    #[test]
    fn close_calls_are_over_two_minutes_after_they_were_seen_and_another_one_begins_the_count_anew() {
        let closes = Closes::default();
        let attempt = |tries| Attempt { tries, ..Attempt::new(OrderId::from_bits(7).attempt(1), PayType::Alipay) };
        assert_eq!(closes.over(&attempt(1), 1_000), None, "not seen yet");
        closes.count(&attempt(1), 1_000);
        closes.count(&attempt(1), 1_030);
        assert_eq!([1_119, 1_120].map(|at| closes.over(&attempt(1), at)), [None, Some(1)]);
        assert_eq!(closes.over(&attempt(2), 1_120), None, "another call was begun");
        closes.count(&attempt(2), 1_120);
        assert_eq!([1_239, 1_240].map(|at| closes.over(&attempt(2), at)), [None, Some(2)]);
        closes.forget(&attempt(2).pay_id);
        assert_eq!(closes.over(&attempt(2), 1_240), None);
    }
}
