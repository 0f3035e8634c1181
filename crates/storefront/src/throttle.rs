//! How fast each channel is given new orders, and the line of those that wait for their turn.
//!
//! A channel takes so many new orders a second of one merchant and refuses the rest. What comes faster than that waits
//! here, first come, first served. Each that waits is a job in the database like any other; only who is before whom is
//! in memory.
//!
//! Only new orders wait. Channels count each kind of call by itself, and a question about money, a close or a refund
//! never stands behind somebody's new order.

use crate::clock::Stopwatch;
use crate::limits::LimitsConfig;
use order::{OrderId, PayType};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Shortest pause between two calls for the next in line: at a fast channel several are called at once.
const BEAT: Duration = Duration::from_millis(20);
/// How often who waits is told how far they have come.
const MOVED_EVERY: Duration = Duration::from_secs(2);
/// How much of a second's orders may go out at once after a quiet time: one part of this many.
const BURST_OF_A_SECOND: u32 = 10;

/// The lines of one process, one for each channel that has a limit. By default there is no limit and no line.
#[derive(Debug, Default)]
pub struct Lines {
    state: Mutex<State>,
    /// Rung when somebody comes to a line.
    came: Notify,
}

#[derive(Debug, Default)]
struct State {
    lines: BTreeMap<PayType, Line>,
    /// Where each order that waits stands.
    numbers: HashMap<OrderId, (PayType, Number)>,
    came: u64,
}

/// What a line is ordered by: when the order was made, Unix seconds, and how many had come to a line before it. So an
/// order that comes anew, after a restart or for another try, has its old place.
type Number = (i64, u64);

#[derive(Debug)]
struct Line {
    rate: Rate,
    /// By number.
    waiting: VecDeque<(Number, OrderId)>,
}

/// A place in a line.
#[derive(Debug)]
pub(crate) struct Ticket {
    pay_type: PayType,
    order_id: OrderId,
    number: Number,
}

impl Lines {
    /// The lines of channels with these limits.
    #[must_use]
    pub fn new(limits: &LimitsConfig) -> Lines {
        let limited = PayType::ALL.into_iter().filter_map(|pay_type| {
            let rate = Rate::per_second(limits.orders_per_second(pay_type))?;
            Some((pay_type, Line { rate, waiting: VecDeque::new() }))
        });
        Lines { state: Mutex::new(State { lines: limited.collect(), ..State::default() }), came: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an order made at `made_at` (Unix seconds) may go to its channel now: `None`. Otherwise it has a place in
    /// the line, where it stays.
    pub(crate) fn ask(&self, pay_type: PayType, order_id: &OrderId, made_at: i64) -> Option<Ticket> {
        let mut state = self.state();
        let ticket = |number| Ticket { pay_type, order_id: order_id.clone(), number };
        match state.numbers.get(order_id) {
            Some((waits_at, number)) if *waits_at == pay_type => return Some(ticket(*number)),
            // The viewer chose another way to pay.
            Some(_) => state.leave(order_id),
            None => {}
        }
        let came = state.came.saturating_add(1);
        let line = state.lines.get_mut(&pay_type)?;
        if line.waiting.is_empty() && line.rate.take().is_ok() {
            return None;
        }
        state.came = came;
        let ticket = ticket((made_at, came));
        self.enter(&mut state, &ticket);
        Some(ticket)
    }

    /// The job of an order is handed back, so that it can be called. If it was called too early, it is in line again.
    pub(crate) fn stay(&self, ticket: &Ticket) {
        self.enter(&mut self.state(), ticket);
    }

    fn enter(&self, state: &mut State, ticket: &Ticket) {
        let Ticket { pay_type, order_id, number } = ticket;
        let State { lines, numbers, .. } = state;
        let Some(line) = lines.get_mut(pay_type).filter(|_| !numbers.contains_key(order_id)) else { return };
        line.waiting.insert(line.before(*number), (*number, order_id.clone()));
        numbers.insert(order_id.clone(), (*pay_type, *number));
        self.came.notify_one();
    }

    /// The orders whose turn it is, as soon as there is one. They are in no line any more, and count as sent.
    pub async fn called(&self) -> Vec<OrderId> {
        loop {
            let came = self.came.notified();
            let (called, next) = self.state().call();
            if !called.is_empty() {
                return called;
            }
            match next {
                None => came.await,
                Some(wait) => tokio::select! {
                    () = came => {}
                    () = tokio::time::sleep(wait.max(BEAT)) => {}
                },
            }
        }
    }

    /// The place of an order in its line: 1 is called next. `None` when it does not wait.
    #[must_use]
    pub fn position(&self, order_id: &OrderId) -> Option<u32> {
        let state = self.state();
        let (pay_type, number) = state.numbers.get(order_id)?;
        let before = state.lines.get(pay_type)?.before(*number);
        u32::try_from(before.saturating_add(1)).ok()
    }

    /// Returns when an order is not at this place any more, a little after it moved.
    pub async fn moved(&self, order_id: &OrderId, from: Option<u32>) {
        loop {
            tokio::time::sleep(MOVED_EVERY).await;
            if self.position(order_id) != from {
                return;
            }
        }
    }

    /// How many wait for a channel, and about how long the last of them will.
    #[must_use]
    pub fn length(&self, pay_type: PayType) -> (usize, Duration) {
        let state = self.state();
        let Some(line) = state.lines.get(&pay_type) else { return (0, Duration::ZERO) };
        let waiting = line.waiting.len();
        (waiting, line.rate.each.saturating_mul(u32::try_from(waiting).unwrap_or(u32::MAX)))
    }

    /// The order needs its channel no more.
    pub(crate) fn leave(&self, order_id: &OrderId) {
        self.state().leave(order_id);
    }
}

impl State {
    fn leave(&mut self, order_id: &OrderId) {
        let Some((pay_type, number)) = self.numbers.remove(order_id) else { return };
        if let Some(line) = self.lines.get_mut(&pay_type) {
            let _left = line.waiting.remove(line.before(number));
        }
    }

    /// Takes those out of the lines whose turn it is. Also says how long until the next, when somebody waits on.
    fn call(&mut self) -> (Vec<OrderId>, Option<Duration>) {
        let mut called = Vec::new();
        let mut next: Option<Duration> = None;
        for line in self.lines.values_mut() {
            while !line.waiting.is_empty() {
                if let Err(wait) = line.rate.take() {
                    next = Some(next.map_or(wait, |earlier| earlier.min(wait)));
                    break;
                }
                called.extend(line.waiting.pop_front().map(|(_, order_id)| order_id));
            }
        }
        for order_id in &called {
            self.numbers.remove(order_id);
        }
        (called, next)
    }
}

impl Line {
    /// How many stand before a number.
    fn before(&self, number: Number) -> usize {
        self.waiting.partition_point(|(other, _)| *other < number)
    }
}

/// So many a second, and some at once after a quiet time. Kept as the time at which it would be calm again, so that
/// nothing has to fill up while nobody comes.
#[derive(Debug)]
struct Rate {
    since: Stopwatch,
    each: Duration,
    at_once: Duration,
    calm_at: Duration,
}

impl Rate {
    /// `None` where there is no limit.
    fn per_second(most: u32) -> Option<Rate> {
        let each = Duration::from_secs(1).checked_div(most)?;
        let at_once = each.saturating_mul(most.div_ceil(BURST_OF_A_SECOND).saturating_sub(1));
        Some(Rate { since: Stopwatch::start(), each, at_once, calm_at: Duration::ZERO })
    }

    /// Takes one, or says how long until there is one.
    fn take(&mut self) -> Result<(), Duration> {
        let now = self.since.elapsed();
        match self.calm_at.saturating_sub(self.at_once).saturating_sub(now) {
            Duration::ZERO => {
                self.calm_at = self.calm_at.max(now).saturating_add(self.each);
                Ok(())
            }
            wait => Err(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::collections::BTreeSet;

    fn lines(alipay_per_second: u32, wechat_per_second: u32) -> Lines {
        Lines::new(&LimitsConfig { alipay_per_second, wechat_per_second, ..LimitsConfig::default() })
    }

    fn order(number: u128) -> OrderId {
        OrderId::from_bits(number)
    }

    /// Comes to the line, or goes at once: `true`.
    fn come(lines: &Lines, number: u128) -> bool {
        lines.ask(PayType::Alipay, &order(number), 0).is_none()
    }

    async fn pass(time: Duration) {
        tokio::time::advance(time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_brings_the_channel_more_than_its_rate_and_one_burst() {
        let lines = lines(50, 0);
        let mut went: Vec<Duration> = Vec::new();
        let since = Stopwatch::start();
        for number in 0..500 {
            if come(&lines, number) {
                went.push(since.elapsed());
            }
        }
        assert_eq!(went.len(), 5, "after a quiet time a tenth of a second's orders go at once");
        while went.len() < 500 {
            went.extend(lines.called().await.iter().map(|_| since.elapsed()));
        }
        for (first, start) in went.iter().enumerate() {
            let within = went[first..].iter().take_while(|at| **at < *start + Duration::from_secs(1)).count();
            assert!(within <= 55, "{within} within a second");
        }
        assert!(went[499] < Duration::from_millis(10_000), "the rate was not used: {:?}", went[499]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_first_is_called_first_and_everybody_moves_up() {
        let lines = lines(10, 0);
        let went = (1..=20).filter(|number| come(&lines, *number)).count();
        assert_eq!(went, 1);
        for number in 2..=20_u128 {
            assert_eq!(lines.position(&order(number)).map(u128::from), Some(number - 1));
        }
        let mut called = Vec::new();
        while called.len() < 7 {
            called.extend(lines.called().await);
        }
        assert_eq!(called, (2..=8).map(order).collect::<Vec<_>>());
        assert_eq!((lines.position(&order(8)), lines.position(&order(9))), (None, Some(1)));
        assert_eq!(lines.length(PayType::Alipay), (12, Duration::from_millis(1_200)));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_goes_past_those_who_wait() {
        let lines = lines(10, 0);
        assert!(come(&lines, 1) && !come(&lines, 2));
        pass(Duration::from_secs(5)).await;
        assert!(!come(&lines, 3), "the channel had room, but somebody waited");
        assert_eq!(lines.called().await, [order(2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn asking_again_keeps_the_place() {
        let lines = lines(10, 0);
        for number in 1..=4 {
            come(&lines, number);
        }
        assert!(!come(&lines, 3));
        assert_eq!((lines.position(&order(3)), lines.length(PayType::Alipay).0), (Some(2), 3));
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_called_before_they_were_ready_stands_where_they_stood() {
        let lines = lines(10, 0);
        come(&lines, 1);
        let ticket = lines.ask(PayType::Alipay, &order(2), 0).unwrap();
        come(&lines, 3);
        assert_eq!(lines.called().await, [order(2)]);
        lines.stay(&ticket);
        lines.stay(&ticket);
        assert_eq!(lines.position(&order(2)), Some(1));
        assert_eq!(lines.length(PayType::Alipay).0, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_that_was_made_earlier_stands_earlier_whenever_it_comes() {
        let lines = lines(10, 0);
        assert!(come(&lines, 1));
        for (number, made_at) in [(2, 7), (3, 9), (4, 8), (5, 7)] {
            assert!(lines.ask(PayType::Alipay, &order(number), made_at).is_some());
        }
        assert_eq!([2, 3, 4, 5].map(|number| lines.position(&order(number))), [Some(1), Some(4), Some(3), Some(2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_holds_nobody_up() {
        let lines = lines(10, 0);
        for number in 1..=4 {
            come(&lines, number);
        }
        lines.leave(&order(3));
        lines.leave(&order(3));
        assert_eq!((lines.position(&order(3)), lines.position(&order(4))), (None, Some(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn each_channel_has_a_line_of_its_own_and_an_order_stands_in_one() {
        let lines = lines(10, 10);
        for number in 1..=3 {
            come(&lines, number);
        }
        assert!(lines.ask(PayType::Wechat, &order(4), 0).is_none(), "the other channel's line is not in the way");
        assert!(lines.ask(PayType::Wechat, &order(2), 0).is_some());
        assert_eq!(lines.position(&order(3)), Some(1));
        let both: BTreeSet<OrderId> = lines.called().await.into_iter().collect();
        assert_eq!(both, BTreeSet::from([order(2), order(3)]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_channel_keeps_no_newcomer_of_the_other_waiting() {
        let lines = lines(1, 10);
        assert!(come(&lines, 1) && !come(&lines, 2));
        let since = Stopwatch::start();
        let newcomer = async {
            pass(Duration::from_millis(100)).await;
            lines.ask(PayType::Wechat, &order(3), 0);
            lines.ask(PayType::Wechat, &order(4), 0);
        };
        let (called, ()) = tokio::join!(lines.called(), newcomer);
        assert_eq!(called, [order(4)]);
        assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_everybody_goes_at_once() {
        let lines = lines(0, 0);
        assert!((0..10_000).all(|number| come(&lines, number)));
        assert!(Lines::default().ask(PayType::Wechat, &order(1), 0).is_none());
        assert!(lines.called().now_or_never().is_none());
    }
}
