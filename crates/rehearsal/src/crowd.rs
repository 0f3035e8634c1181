//! A crowd: simulated viewers that come into a room over some time and buy, each as its plan wants, until their orders
//! have come to rest. Then the channels' books are held against the orders.

use crate::channels::{Channels, ChannelsError};
use crate::guest::GuestError;
use crate::random::{self, NoRandomness};
use crate::scene::ms_since;
use crate::view::{Crowd, CrowdPlan};
use api::{OrderView, RoomLink, Secret};
use futures_util::future::join_all;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

mod settle;
mod shopper;

/// Viewers that act at one time. More would only wait for this machine.
const AT_ONCE: u32 = 24;

/// Where a crowd buys.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The room.
    pub shop: RoomLink,
    /// The origin of its pretend channels.
    pub channels: String,
}

/// Why there is no crowd.
#[derive(Debug, thiserror::Error)]
pub enum CrowdError {
    /// The plan is none.
    #[error("{0}")]
    Plan(&'static str),
    /// The channels.
    #[error(transparent)]
    Channels(#[from] ChannelsError),
    /// The shop.
    #[error("the practice shop: {0}")]
    Guest(#[from] GuestError),
    /// Chance.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl CrowdPlan {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// A sentence that says what must be.
    pub fn check(&self) -> Result<(), CrowdError> {
        if !(1..=500).contains(&self.viewers) {
            return Err(CrowdError::Plan("a crowd has 1 to 500 viewers"));
        }
        if !(1..=300).contains(&self.over_s) {
            return Err(CrowdError::Plan("a crowd comes over 1 to 300 seconds"));
        }
        if self.pay.saturating_add(self.leave).saturating_add(self.late) != 100 {
            return Err(CrowdError::Plan("the three shares must come to 100"));
        }
        Ok(())
    }

    /// What each viewer does, in the order they come.
    fn acts(&self) -> Result<VecDeque<Act>, NoRandomness> {
        let viewers = usize::try_from(self.viewers).unwrap_or_default();
        // Rounded to the nearest, and whoever is left over pays.
        let part = |share: u32| {
            let part = self.viewers.saturating_mul(share).saturating_add(50) / 100;
            usize::try_from(part).unwrap_or_default()
        };
        let mut acts = vec![Act::Leave; part(self.leave).min(viewers)];
        acts.resize(acts.len().saturating_add(part(self.late)).min(viewers), Act::Late);
        acts.resize(viewers, Act::Pay);
        random::shuffle(&mut acts)?;
        Ok(acts.into())
    }
}

/// What a viewer does with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Pay,
    Leave,
    Late,
}

impl Crowd {
    /// A crowd that has not begun.
    #[must_use]
    pub fn beginning() -> Crowd {
        Crowd {
            running: true,
            came: 0,
            ordered: 0,
            turned_away: 0,
            slowed_down: 0,
            failed: 0,
            paid: 0,
            delivered: 0,
            refunded: 0,
            closed: 0,
            paid_fen: 0,
            refunded_fen: 0,
            took_ms: 0,
            agrees: None,
        }
    }
}

/// An order of the crowd, as its viewer was told of it last.
struct Kept {
    token: Secret,
    view: OrderView,
    /// When it is looked at again.
    look_at: Instant,
}

/// What the crowd's viewers share.
struct Square<'a> {
    ground: &'a Ground,
    channels: Channels,
    views: &'a watch::Sender<Crowd>,
    began: Instant,
    /// When each of those that are still to come does so, and what it does.
    coming: Mutex<VecDeque<(Duration, Act)>>,
    /// The orders that were made.
    kept: Mutex<Vec<Kept>>,
}

impl Square<'_> {
    /// Changes the view and sends it.
    fn count(&self, change: impl FnOnce(&mut Crowd)) {
        self.views.send_modify(|crowd| {
            change(crowd);
            crowd.took_ms = ms_since(self.began);
        });
    }

    fn next(&self) -> Option<(Duration, Act)> {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a crowd. Views begin with [`Crowd::beginning`] and keep coming until it is over: when every order has come to
/// rest, when the shop's time to pay them and a minute more are over, or soon after `stop` has turned true. A crowd that
/// is stopped cancels what it left unpaid, so that the stock comes back.
///
/// # Errors
/// [`CrowdError`]: the plan is none, or the room or its channels cannot be reached at all.
pub async fn crowd(
    ground: &Ground,
    plan: &CrowdPlan,
    views: &watch::Sender<Crowd>,
    stop: watch::Receiver<bool>,
) -> Result<(), CrowdError> {
    let done = send(ground, plan, views, stop).await;
    views.send_modify(|crowd| crowd.running = false);
    done
}

async fn send(
    ground: &Ground,
    plan: &CrowdPlan,
    views: &watch::Sender<Crowd>,
    stop: watch::Receiver<bool>,
) -> Result<(), CrowdError> {
    plan.check()?;
    let pause = Duration::from_secs(u64::from(plan.over_s)).checked_div(plan.viewers).unwrap_or_default();
    let coming = (0..).zip(plan.acts()?).map(|(number, act)| (pause.saturating_mul(number), act)).collect();
    let channels = Channels::at(&ground.channels)?;
    channels.books().await?;
    let square = Square {
        ground,
        channels,
        views,
        began: api::clock::monotonic(),
        coming: Mutex::new(coming),
        kept: Mutex::default(),
    };
    let all_came = watch::Sender::new(false);
    let shopping = async {
        join_all((0..AT_ONCE).map(|_| shopper::take_turns(&square, stop.clone()))).await;
        all_came.send_replace(true);
    };
    let ((), settled) = tokio::join!(shopping, settle::settle(&square, all_came.subscribe(), stop.clone()));
    settled?;
    let agrees = settle::agrees(&square).await?;
    square.count(|crowd| crowd.agrees = Some(agrees));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(viewers: u32, pay: u32, leave: u32, late: u32) -> CrowdPlan {
        CrowdPlan { viewers, pay, leave, late, over_s: 10 }
    }

    #[test]
    fn shares_become_viewers_and_whoever_is_left_over_pays() {
        let counted = |plan: CrowdPlan| {
            let acts = plan.acts().unwrap();
            [Act::Pay, Act::Leave, Act::Late].map(|act| acts.iter().filter(|of_one| **of_one == act).count())
        };
        assert_eq!(counted(plan(40, 70, 20, 10)), [28, 8, 4]);
        assert_eq!(counted(plan(1, 0, 50, 50)), [0, 1, 0]);
        assert_eq!(counted(plan(3, 34, 33, 33)), [1, 1, 1]);
        assert_eq!(counted(plan(500, 100, 0, 0)), [500, 0, 0]);
    }

    #[test]
    fn a_plan_that_is_none_is_refused_with_what_must_be() {
        let said = |plan: CrowdPlan| plan.check().unwrap_err().to_string();
        for viewers in [0, 501] {
            assert!(said(plan(viewers, 100, 0, 0)).contains("1 to 500"));
        }
        for over_s in [0, 301] {
            assert!(said(CrowdPlan { over_s, ..plan(1, 100, 0, 0) }).contains("1 to 300"));
        }
        for shares in [plan(1, 50, 20, 20), plan(1, 50, 50, 50), plan(1, u32::MAX, 1, 100)] {
            assert!(said(shares).contains("100"));
        }
        assert!(plan(500, 60, 30, 10).check().is_ok());
    }
}
