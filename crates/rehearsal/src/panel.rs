//! The panel: troubles of the practice room switched on and off, as faults of its pretend channels and as a cut of the
//! viewer's line, and what happened there.

use crate::channels::{Channels, ChannelsError, Faults, Happened};
use crate::line::Line;
use crate::view::{Happening, Panel, Switch, Trouble};
use order::PayType;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;

/// Happenings that are shown.
const SHOWN: usize = 100;
/// How long until channels are asked again that did not say what happened.
const AGAIN: Duration = Duration::from_secs(1);
/// What happens within this time is told of once.
const TOGETHER: Duration = Duration::from_millis(200);

impl Trouble {
    /// Every trouble, in the order of the panel.
    pub const ALL: [Trouble; 10] = [
        Trouble::NoticesLost,
        Trouble::NoticesLate,
        Trouble::NoticesDoubled,
        Trouble::QueriesUnanswered,
        Trouble::NoCode,
        Trouble::ChannelsDown,
        Trouble::ViewerOffline,
        Trouble::PaidAfterClosing,
        Trouble::PaidTwice,
        Trouble::RefundsRefused,
    ];

    /// The channels' fault that makes it, if they do.
    const fn fault(self) -> Option<&'static str> {
        match self {
            Trouble::NoticesLost => Some("notice_dropped"),
            Trouble::NoticesLate => Some("notice_late"),
            Trouble::NoticesDoubled => Some("notice_doubled"),
            Trouble::QueriesUnanswered => Some("http_error_before"),
            Trouble::NoCode => Some("system_error_before"),
            Trouble::ChannelsDown => Some("channel_down"),
            Trouble::ViewerOffline => None,
            Trouble::PaidAfterClosing => Some("close_ignored"),
            Trouble::PaidTwice => Some("double_payment"),
            Trouble::RefundsRefused => Some("balance_not_enough"),
        }
    }

    /// How that fault is set.
    fn setting(self) -> Value {
        match self {
            Trouble::NoticesLate => json!({"wait_ms": 8_000}),
            Trouble::NoticesDoubled => json!({"copies": 3}),
            Trouble::QueriesUnanswered => json!({"calls": ["query", "refund_query"]}),
            Trouble::NoCode => json!({"calls": ["order"]}),
            Trouble::NoticesLost
            | Trouble::ChannelsDown
            | Trouble::ViewerOffline
            | Trouble::PaidAfterClosing
            | Trouble::PaidTwice
            | Trouble::RefundsRefused => json!({}),
        }
    }

    /// How long it lasts before it switches itself off.
    #[must_use]
    pub const fn lasts(self) -> Option<Duration> {
        match self {
            Trouble::ChannelsDown => Some(Duration::from_secs(60)),
            Trouble::ViewerOffline => Some(Duration::from_secs(20)),
            Trouble::NoticesLost
            | Trouble::NoticesLate
            | Trouble::NoticesDoubled
            | Trouble::QueriesUnanswered
            | Trouble::NoCode
            | Trouble::PaidAfterClosing
            | Trouble::PaidTwice
            | Trouble::RefundsRefused => None,
        }
    }

    /// The trouble that this fault is.
    fn of_fault(fault: &str) -> Option<Trouble> {
        Trouble::ALL.into_iter().find(|trouble| trouble.fault() == Some(fault))
    }
}

/// What somebody who watches a panel has seen of it; at first nothing.
#[derive(Debug, Default)]
pub struct Seen {
    happening: u64,
    moved: u64,
}

/// The panel of a practice room. Dropping it leaves the channels' faults as they are and stops its timers.
#[derive(Debug)]
pub struct Switchboard {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    channels: Channels,
    line: Arc<Line>,
    /// How often each fault had fired when the room was opened.
    before: BTreeMap<Trouble, u64>,
    /// When those that do so switch themselves off.
    ends: Mutex<BTreeMap<Trouble, Instant>>,
    /// One change of the faults at a time: each is a look and a write.
    changing: tokio::sync::Mutex<()>,
    /// Rises when a switch moved.
    moved: watch::Sender<u64>,
}

impl Switchboard {
    /// The panel of the room whose pretend channels have the origin `channels` and whose window speaks through `line`.
    /// What switches itself off is off from the start: its time was over when the room was closed.
    ///
    /// # Errors
    /// [`ChannelsError`].
    pub async fn open(channels: &str, line: Arc<Line>) -> Result<Switchboard, ChannelsError> {
        let channels = Channels::at(channels)?;
        let faults = channels.faults().await?;
        let before = Trouble::ALL.into_iter().map(|trouble| (trouble, fired(&faults, trouble))).collect();
        let inner = Inner {
            channels,
            line,
            before,
            ends: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            moved: watch::Sender::new(0),
        };
        inner.switch(&[Trouble::ChannelsDown, Trouble::ViewerOffline], false).await?;
        Ok(Switchboard { inner: Arc::new(inner) })
    }

    /// The panel as it is now.
    ///
    /// # Errors
    /// [`ChannelsError`].
    pub async fn panel(&self) -> Result<Panel, ChannelsError> {
        self.inner.panel().await
    }

    /// Switches a trouble on or off.
    ///
    /// # Errors
    /// [`ChannelsError`]; the switch stands as before.
    pub async fn set(&self, trouble: Trouble, on: bool) -> Result<Panel, ChannelsError> {
        self.inner.switch(&[trouble], on).await?;
        if let Some(lasts) = trouble.lasts().filter(|_| on) {
            self.end_after(trouble, lasts);
        }
        self.panel().await
    }

    /// Has a trouble switch itself off after a time.
    fn end_after(&self, trouble: Trouble, lasts: Duration) {
        let end = api::clock::monotonic().checked_add(lasts).unwrap_or_else(api::clock::monotonic);
        self.inner.ends().insert(trouble, end);
        tokio::spawn(switch_off(Arc::downgrade(&self.inner), trouble, end, lasts));
    }

    /// Switches every trouble off.
    ///
    /// # Errors
    /// [`ChannelsError`]; the switches stand as before.
    pub async fn clear(&self) -> Result<Panel, ChannelsError> {
        self.inner.switch(&Trouble::ALL, false).await?;
        self.panel().await
    }

    /// Returns soon after something happened or a switch moved that was not `seen`: then the panel is to be asked for anew.
    pub async fn changed(&self, seen: &mut Seen) {
        let mut moved = self.inner.moved.subscribe();
        let known = (seen.happening, seen.moved);
        let happened = async {
            loop {
                match self.inner.channels.happenings(Some(known.0)).await {
                    Ok(happened) => match happened.first() {
                        Some(newest) if newest.seq != known.0 => return newest.seq,
                        Some(_) | None => {}
                    },
                    Err(error) => {
                        tracing::debug!(%error, "the channels do not say what happened");
                        sleep(AGAIN).await;
                    }
                }
            }
        };
        tokio::select! {
            newest = happened => seen.happening = newest,
            // The panel holds the sender, so there is always one.
            Ok(now) = moved.wait_for(|now| *now != known.1) => seen.moved = *now,
        }
        // What comes with it is told with it.
        sleep(TOGETHER).await;
    }
}

/// Switches a trouble off when its time is over, unless it was switched meanwhile.
async fn switch_off(inner: std::sync::Weak<Inner>, trouble: Trouble, end: Instant, lasts: Duration) {
    sleep(lasts).await;
    loop {
        let Some(inner) = inner.upgrade() else { return };
        if inner.ends().get(&trouble) != Some(&end) {
            return;
        }
        match inner.switch(&[trouble], false).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, ?trouble, "a trouble cannot be switched off yet"),
        }
        drop(inner);
        sleep(AGAIN).await;
    }
}

impl Inner {
    fn ends(&self) -> std::sync::MutexGuard<'_, BTreeMap<Trouble, Instant>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Switches these and leaves every other fault as it is.
    async fn switch(&self, troubles: &[Trouble], on: bool) -> Result<(), ChannelsError> {
        let _alone = self.changing.lock().await;
        let mut faults = self.channels.faults().await?;
        for pay_type in PayType::ALL {
            let of_channel = faults.entry(pay_type.as_str().to_owned()).or_default();
            for trouble in troubles {
                let Some(fault) = trouble.fault() else { continue };
                if on {
                    of_channel.insert(fault.to_owned(), trouble.setting());
                } else if is_on(of_channel, *trouble) {
                    of_channel.remove(fault);
                }
            }
        }
        self.channels.put_faults(&faults).await?;
        if troubles.contains(&Trouble::ViewerOffline) {
            if on { self.line.cut() } else { self.line.mend() }
        }
        self.ends().retain(|trouble, _| !troubles.contains(trouble));
        self.moved.send_modify(|moved| *moved = moved.wrapping_add(1));
        Ok(())
    }

    async fn panel(&self) -> Result<Panel, ChannelsError> {
        let faults = self.channels.faults().await?;
        let happened = self.channels.happenings(None).await?;
        let switches = Trouble::ALL.into_iter().map(|trouble| self.switch_of(&faults, trouble)).collect();
        Ok(Panel { switches, happenings: happened.into_iter().take(SHOWN).map(shown).collect() })
    }

    fn switch_of(&self, faults: &Faults, trouble: Trouble) -> Switch {
        let (on, struck) = if trouble == Trouble::ViewerOffline {
            (self.line.is_cut(), self.line.struck())
        } else {
            let on =
                PayType::ALL.iter().all(|channel| faults.get(channel.as_str()).is_some_and(|it| is_on(it, trouble)));
            let before = self.before.get(&trouble).copied().unwrap_or_default();
            (on, fired(faults, trouble).saturating_sub(before))
        };
        let left = |end: &Instant| end.saturating_duration_since(api::clock::monotonic()).as_millis().div_ceil(1_000);
        let off_in_s = self.ends().get(&trouble).filter(|_| on).map(|end| u32::try_from(left(end)).unwrap_or(u32::MAX));
        Switch { trouble, on, struck, off_in_s }
    }
}

/// Whether a channel's fault is on just as this trouble sets it. One that somebody else set otherwise is theirs.
fn is_on(faults: &Map<String, Value>, trouble: Trouble) -> bool {
    let Some(setting) = trouble.fault().and_then(|fault| faults.get(fault)) else { return false };
    let mut setting = setting.clone();
    if let Value::Object(setting) = &mut setting {
        setting.remove("fired");
    }
    setting == trouble.setting()
}

/// How often a trouble has struck at both channels.
fn fired(faults: &Faults, trouble: Trouble) -> u64 {
    let Some(fault) = trouble.fault() else { return 0 };
    let counts = faults.values().filter_map(|of_channel| of_channel.get(fault)?.get("fired")?.as_u64());
    counts.fold(0, u64::saturating_add)
}

fn shown(happened: Happened) -> Happening {
    let Happened { seq, at_ms, what, channel, amount_fen, fault } = happened;
    Happening { seq, at_ms, what, pay_type: channel, amount_fen, trouble: fault.as_deref().and_then(Trouble::of_fault) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longest a test waits.
    const WAIT: Duration = Duration::from_secs(60);

    fn is_on(panel: &Panel, wanted: Trouble) -> bool {
        panel.switches.iter().any(|switch| switch.trouble == wanted && switch.on)
    }

    #[tokio::test]
    async fn a_trouble_switches_itself_off_unless_it_was_switched_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = sandbox::start(sandbox::Options::new(folder.path())).await.unwrap();
        let line = Arc::new(Line::open(([127, 0, 0, 1], 0).into(), sandbox.addr).await.unwrap());
        let board = Switchboard::open(&sandbox.base_url, Arc::clone(&line)).await.unwrap();
        for trouble in [Trouble::ChannelsDown, Trouble::ViewerOffline] {
            board.inner.switch(&[trouble], true).await.unwrap();
            assert!(is_on(&board.panel().await.unwrap(), trouble));
            // Put on again, its first end is no end any more.
            board.end_after(trouble, Duration::ZERO);
            board.end_after(trouble, Duration::from_millis(1));
            let off = async {
                let mut seen = Seen::default();
                while is_on(&board.panel().await.unwrap(), trouble) {
                    board.changed(&mut seen).await;
                }
            };
            tokio::time::timeout(WAIT, off).await.expect("it does not switch itself off");
            assert!(board.inner.ends().is_empty() && !line.is_cut());
        }
        // The end of one that was switched off and on since does nothing.
        let end = api::clock::monotonic();
        board.inner.switch(&[Trouble::ChannelsDown], true).await.unwrap();
        switch_off(Arc::downgrade(&board.inner), Trouble::ChannelsDown, end, Duration::ZERO).await;
        assert!(is_on(&board.panel().await.unwrap(), Trouble::ChannelsDown));
        sandbox.stop().await;
    }
}
