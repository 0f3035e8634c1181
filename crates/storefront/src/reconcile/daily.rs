//! The bills of every day, read by themselves: at 10:00 (GMT+8) of the next day, and once more a day later.

use super::{Day, ReconcileError, Report};
use crate::shop::Shop;
use crate::store::{BillState, StoreError};
use futures_util::future::join_all;
use gateway::Error;
use order::PayType;
use std::sync::Arc;
use tokio::sync::watch;

/// Days that are looked back: a shop that was away longer reads the older ones on request.
const DAYS_BACK: i64 = 7;
/// Pause after a try that gave no bill, seconds; each further one doubles it.
const RETRY_S: i64 = 60;
/// Longest such pause, seconds.
const RETRY_CAP_S: i64 = 3_600;

/// Reads the bills of every channel as they fall due, until `stop` turns true. One channel never waits for the other.
pub async fn read_daily(shop: Arc<Shop>, stop: watch::Receiver<bool>) {
    join_all(shop.pay_types().into_iter().map(|pay_type| follow(&shop, pay_type, stop.clone()))).await;
}

async fn follow(shop: &Shop, pay_type: PayType, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let next_at = match shop.read_due(pay_type, &stop).await {
            Ok(next_at) => next_at,
            Err(error) => {
                tracing::error!(%pay_type, %error, "what is known of the bills cannot be read");
                shop.clock.now_s().saturating_add(RETRY_S)
            }
        };
        while shop.clock.now_s() < next_at {
            tokio::select! {
                () = shop.clock.sleep_until(next_at) => {}
                // An error means that the storefront itself is gone, which is a stop too.
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }
}

impl Shop {
    /// Reads what is due of a channel, and says when to look again, Unix seconds.
    async fn read_due(&self, pay_type: PayType, stop: &watch::Receiver<bool>) -> Result<i64, StoreError> {
        let Some(today) = Day::of(self.clock.now_s()) else {
            return Ok(self.clock.now_s().saturating_add(RETRY_CAP_S));
        };
        // The next bill that is not yet made is today's.
        let mut next_at = today.bill_at_s();
        let Some(first) = self.store.first_order_at().await?.and_then(Day::of) else { return Ok(next_at) };
        let days = (1..=DAYS_BACK).rev().filter_map(|back| today.plus(back.saturating_neg()));
        for day in days.filter(|day| *day >= first) {
            let state = self.store.bill(day.as_str(), pay_type).await?;
            if due_at(&day, &state).is_some_and(|at| at <= self.clock.now_s()) {
                if *stop.borrow() {
                    return Ok(next_at);
                }
                self.read_and_tell(pay_type, &day, &state, stop).await?;
            }
            let state = self.store.bill(day.as_str(), pay_type).await?;
            next_at = due_at(&day, &state).map_or(next_at, |at| at.min(next_at));
        }
        Ok(next_at)
    }

    async fn read_and_tell(
        &self,
        pay_type: PayType,
        day: &Day,
        before: &BillState,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        match self.reconcile(pay_type, day, stop).await {
            Ok(report) => tell(&report),
            Err(ReconcileError::Stopped) => {}
            Err(error) => {
                let fails = before.fails.saturating_add(1);
                let retry_at = self.clock.now_s().saturating_add(pause_s(fails, &error));
                tracing::warn!(%pay_type, %day, %error, fails, "the bill was not read; it is tried again");
                self.store.bill_not_read(day.as_str(), pay_type, fails, retry_at).await?;
            }
        }
        Ok(())
    }
}

/// When the bill of a day is to be read next, Unix seconds; `None` once it was read late enough.
fn due_at(day: &Day, state: &BillState) -> Option<i64> {
    let at = match state.read_at {
        None => day.bill_at_s(),
        Some(read_at) if read_at < day.late_bill_at_s() => day.late_bill_at_s(),
        Some(_) => return None,
    };
    Some(state.retry_at.map_or(at, |retry_at| retry_at.max(at)))
}

fn pause_s(fails: i64, error: &ReconcileError) -> i64 {
    let doublings = u32::try_from(fails.saturating_sub(1).clamp(0, 20)).unwrap_or(20);
    let growing = RETRY_S.checked_shl(doublings).unwrap_or(RETRY_CAP_S).min(RETRY_CAP_S);
    match error {
        ReconcileError::Bill { source: Error::Busy { retry_after_s }, .. } => growing.max(i64::from(*retry_after_s)),
        ReconcileError::Bill { .. }
        | ReconcileError::NoChannel(_)
        | ReconcileError::NotOver(_)
        | ReconcileError::Store(_)
        | ReconcileError::Stopped => growing,
    }
}

fn tell(report: &Report) {
    let Report { day, pay_type, .. } = report;
    let (found, by_hand) = (report.found.len(), report.by_hand.len());
    tracing::info!(%pay_type, %day, lines = report.lines(), found, by_hand, "the bill was read");
    for difference in &report.found {
        tracing::warn!(%pay_type, %day, %difference, "found by the bill, and settled by the channel's answer");
    }
    for difference in &report.differences {
        tracing::error!(%pay_type, %day, %difference, "the bill and our books differ: a person must look");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_is_read_at_ten_and_once_more_a_day_later() {
        let day = Day::parse("2026-01-31").unwrap();
        let state = |read_at, retry_at| BillState { read_at, retry_at, ..BillState::default() };
        assert_eq!(due_at(&day, &state(None, None)), Some(day.bill_at_s()));
        assert_eq!(due_at(&day, &state(None, Some(day.bill_at_s() + 60))), Some(day.bill_at_s() + 60));
        assert_eq!(due_at(&day, &state(Some(day.bill_at_s()), None)), Some(day.late_bill_at_s()));
        assert_eq!(due_at(&day, &state(Some(day.late_bill_at_s()), None)), None);
    }

    #[test]
    fn pauses_grow_to_an_hour_and_honour_what_the_channel_asks_for() {
        let day = Day::parse("2026-01-31").unwrap();
        let failed = |source| ReconcileError::Bill { pay_type: PayType::Wechat, day: day.clone(), source };
        let unknown = failed(Error::Unknown { why: String::new() });
        let pauses: Vec<i64> = (1..=8).map(|fails| pause_s(fails, &unknown)).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(pause_s(1, &failed(Error::Busy { retry_after_s: 1_800 })), 1_800);
        assert_eq!(pause_s(i64::MAX, &unknown), 3_600);
    }
}
