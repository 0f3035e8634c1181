//! What all parts of one simulated world share: time, chance, the channels' books, and the places where a task pauses
//! so that others may go first.

use crate::books::{Books, Return, Way};
use crate::faults::{Fates, Point, Rates};
use crate::seeded::Seeded;
use crate::tally::Tally;
use async_trait::async_trait;
use order::PayType;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use storefront::clock::Clock;
use storefront::random::{NoRandomness, Random};
use storefront::store::Disk;
use tokio::sync::oneshot;

/// When every simulated world begins, Unix seconds.
pub const START: i64 = 1_800_000_000;

/// Calls about one thing are counted over so many seconds.
const CALLS_WINDOW_S: i64 = 10;
/// Most calls about one thing in that time: a few workers and a few notices at once explain so many, and no more.
const CALLS_MAX: u32 = 60;

/// Where a task pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Before it waits for its turn to write.
    Write,
    /// Before a call reaches its channel, and before the answer reaches the caller.
    Call,
}

/// Something a channel does by itself later.
#[derive(Clone, Debug)]
pub enum Deed {
    /// It tells of a payment.
    TellPaid(String),
    /// It tells of a refund: merchant order number, refund number.
    TellRefund(String, String),
    /// A call that its caller gave up arrives.
    Arrive(Box<Late>),
}

/// A call on its way.
#[derive(Clone, Debug)]
pub enum Late {
    /// An order.
    Order(PayType, gateway::Prepay),
    /// A close.
    Close(PayType, String),
    /// Alipay's cancel, which may give money back: a request does not lie about for longer than until then.
    Cancel(String, i64),
    /// A refund.
    Refund(gateway::Refund),
}

/// What is behind the lock.
#[derive(Debug)]
pub struct Scene {
    /// True time, which is also the channels', Unix seconds.
    pub now: i64,
    /// How far the server's clock is ahead, seconds.
    pub skew_s: i64,
    /// Whether the server's clock was ever set.
    pub clock_was_set: bool,
    /// Chance.
    pub rng: Seeded,
    /// The channels' books.
    pub books: Books,
    /// Where faults come from.
    pub fates: Fates,
    /// Until when each lasting trouble goes on, Unix seconds.
    pub troubles: Troubles,
    /// What the channels will do, with the time.
    pub deeds: Vec<(i64, Deed)>,
    /// The phone with this code pays at the moment the next close call arrives.
    pub pays_at_close: Option<String>,
    /// Every channel breaks its word: what it says is closed can be paid all the same.
    pub lax: bool,
    /// Counts.
    pub tally: Tally,
    /// Transactions committed.
    pub commits: u64,
    /// The process has ended; nothing of it runs on.
    pub crashed: bool,
    /// Steps in words, when somebody reads them.
    pub log: Option<Vec<String>>,
    paused: Option<Pause>,
    wakers: Vec<Waker>,
    /// Calls by what they were about: the window of time, and how many in it.
    calls: BTreeMap<String, (i64, u32)>,
}

/// Until when each lasting trouble goes on, Unix seconds.
#[derive(Clone, Debug, Default)]
pub struct Troubles {
    /// Alipay cannot be reached.
    pub alipay_down: i64,
    /// WeChat Pay cannot be reached.
    pub wechat_down: i64,
    /// The merchant's balance covers no refund.
    pub poor: i64,
    /// The disk is full.
    pub disk_full: i64,
}

impl Troubles {
    /// Whether a channel can be reached.
    #[must_use]
    pub fn is_down(&self, pay_type: PayType, now: i64) -> bool {
        now < match pay_type {
            PayType::Alipay => self.alipay_down,
            PayType::Wechat => self.wechat_down,
        }
    }
}

impl Scene {
    /// Whether chance has it, by this rate.
    pub fn chance(&mut self, rate: fn(&Rates) -> u32) -> bool {
        match &self.fates {
            Fates::Chance(rates) => self.rng.chance(rate(rates)),
            Fates::Points(_) | Fates::Calm => false,
        }
    }

    /// Whether a chosen point is here.
    pub fn meet(&mut self, point: Point) -> bool {
        match &mut self.fates {
            Fates::Points(points) => points.meet(point),
            Fates::Chance(_) | Fates::Calm => false,
        }
    }

    /// A channel is called about something. Nobody may call it about the same thing over and over.
    pub fn hear(&mut self, about: &str) {
        let window = self.now.div_euclid(CALLS_WINDOW_S);
        let calls = self.calls.entry(about.to_owned()).or_insert((window, 0));
        *calls = if calls.0 == window { (window, calls.1.saturating_add(1)) } else { (window, 1) };
        if calls.1 > CALLS_MAX {
            self.books.abuses.push(format!("{about}: more than {CALLS_MAX} calls in {CALLS_WINDOW_S} s"));
        }
    }

    /// Ends the process.
    pub fn crash(&mut self, what: &'static str) {
        self.crashed = true;
        self.tally.add(what);
        self.note(|| what.to_owned());
    }

    /// A person returns some of what was paid at the channel's own console, for a few trades.
    pub fn return_by_hand(&mut self) {
        let now = self.now;
        for trade in self.books.trades.values_mut() {
            let left = trade.taken.as_ref().map_or(0, |taken| taken.amount).saturating_sub(trade.returned());
            if left > 0 && self.rng.chance(50) {
                let amount = self.rng.between(1, left);
                trade.returns.insert("CONSOLE".into(), Return { amount, way: Way::Done, at: now });
                self.tally.add("a person returned money at the channel");
            }
        }
    }

    /// Keeps a step in words, when somebody reads them.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(log) = &mut self.log {
            log.push(format!("{:>7} {}", now.saturating_sub(START), what()));
        }
    }
}

/// One simulated world's shared part.
#[derive(Debug)]
pub struct Stage(Mutex<Scene>);

impl Stage {
    /// A stage whose chance comes from this seed.
    #[must_use]
    pub fn new(seed: u64, fates: Fates, log: bool) -> Arc<Stage> {
        Arc::new(Stage(Mutex::new(Scene {
            now: START,
            skew_s: 0,
            clock_was_set: false,
            rng: Seeded::new(seed),
            books: Books::default(),
            fates,
            troubles: Troubles::default(),
            deeds: Vec::new(),
            pays_at_close: None,
            lax: false,
            tally: Tally::default(),
            commits: 0,
            crashed: false,
            log: log.then(Vec::new),
            paused: None,
            wakers: Vec::new(),
            calls: BTreeMap::new(),
        })))
    }

    /// What is behind the lock. Never held while anybody waits.
    pub fn scene(&self) -> MutexGuard<'_, Scene> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets others go first: returns when the world's driver picks this task again.
    pub async fn pause(&self, at: Pause) {
        let mut paused = false;
        poll_fn(|context| {
            if paused {
                return Poll::Ready(());
            }
            paused = true;
            let mut scene = self.scene();
            scene.paused = Some(at);
            scene.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Where the task that was polled last paused, if it did, and what wakes its parts when it is to go on.
    pub fn take_pause(&self) -> Option<(Pause, Vec<Waker>)> {
        let mut scene = self.scene();
        let pause = scene.paused.take()?;
        Some((pause, std::mem::take(&mut scene.wakers)))
    }
}

/// The server's clock, which may be wrong.
#[derive(Debug)]
pub struct SimClock(pub Arc<Stage>);

#[async_trait]
impl Clock for SimClock {
    fn now_s(&self) -> i64 {
        let scene = self.0.scene();
        scene.now.saturating_add(scene.skew_s)
    }

    fn uptime_s(&self) -> i64 {
        self.0.scene().now
    }

    /// Time passes by the world's driver alone, so there is nobody to wait here.
    async fn sleep_until(&self, _at_s: i64) {}
}

/// The server's randomness.
#[derive(Debug)]
pub struct SimRandom(pub Arc<Stage>);

impl Random for SimRandom {
    fn bits(&self) -> Result<u128, NoRandomness> {
        let mut scene = self.0.scene();
        Ok((u128::from(scene.rng.bits()) << 64_u32) | u128::from(scene.rng.bits()))
    }
}

/// The disk of one process: it may be full, and the process may end at each commit.
#[derive(Debug)]
pub struct SimDisk {
    stage: Arc<Stage>,
    /// Dropped with the disk, which tells whoever waits for the end of the process.
    _ended: oneshot::Sender<()>,
}

impl SimDisk {
    /// A disk, and what is told once nothing of its process uses it any more.
    #[must_use]
    pub fn new(stage: Arc<Stage>) -> (SimDisk, oneshot::Receiver<()>) {
        let (ended, told) = oneshot::channel();
        (SimDisk { stage, _ended: ended }, told)
    }
}

#[async_trait]
impl Disk for SimDisk {
    async fn before_write(&self) {
        self.stage.pause(Pause::Write).await;
    }

    fn before_commit(&self) -> Result<(), String> {
        let mut scene = self.stage.scene();
        if scene.meet(Point::CrashBeforeCommit) || scene.chance(|rates| rates.crash_before) {
            scene.crash("fault: crash before a commit");
            return Err("the process ended".into());
        }
        let full = scene.now < scene.troubles.disk_full;
        if full || scene.chance(|rates| rates.commit_fails) {
            scene.tally.add("fault: commit failed");
            scene.note(|| "a commit fails".into());
            return Err("the disk is full".into());
        }
        Ok(())
    }

    fn committed(&self) {
        let mut scene = self.stage.scene();
        scene.commits = scene.commits.saturating_add(1);
        if scene.meet(Point::CrashAfterCommit) || scene.chance(|rates| rates.crash_after) {
            scene.crash("fault: crash after a commit");
        }
    }
}
