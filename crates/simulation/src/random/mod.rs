//! A world whose every turn is chance: one seed, many lives. First with faults, then, without them, until nothing is
//! due any more; then the judge.

mod arrivals;

use crate::failure::{Failure, broken};
use crate::faults::{Fates, Rates};
use crate::house::Template;
use crate::judge::Facts;
use crate::seeded::Seeded;
use crate::stage::Stage;
use crate::tally::Tally;
use crate::task::Doing;
use crate::world::World;
use std::sync::Arc;
use std::time::Duration;

/// How long the machine may take for one seed, which takes seconds.
const SEED_LIMIT: Duration = Duration::from_secs(900);
/// Seconds within which everything must be at rest once the faults have stopped: an attempt is asked about for a day
/// after its end, a refund is tried again after at most an hour, and a clock may be ten minutes wrong.
const REST_WITHIN_S: i64 = 26 * 3_600;
/// Orders of one seed: enough to get in each other's way, few enough to be read.
pub const LIVES_PER_SEED: usize = 150;
/// For how long after the last fault each thing is done in its own second, seconds.
const HURRY_S: i64 = 600;
/// Requests for each life wanted, at most: many are refused.
const REQUESTS_PER_LIFE: usize = 4;
/// Longest pauses between two arrivals, seconds: a rush, and shops where hours pass.
const PACES_S: [i64; 8] = [0, 2, 2, 5, 5, 20, 300, 7_200];
/// Most tasks under way when others arrive.
const TASKS_MAX: usize = 24;

/// What one seed came to.
#[derive(Debug)]
pub struct Report {
    /// Orders placed.
    pub lives: u64,
    /// Counts.
    pub tally: Tally,
    /// Every row of every table at the end, if it was wanted.
    pub dump: Option<String>,
    /// Its steps in words, if they were wanted.
    pub log: Vec<String>,
}

/// Why a seed stopped, and what it did until then.
#[derive(Debug)]
pub struct Stopped {
    /// Why.
    pub failure: Failure,
    /// Its steps in words, if they were wanted.
    pub log: Vec<String>,
}

/// What is wanted of one seed.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The seed.
    pub seed: u64,
    /// Whether its steps are kept in words.
    pub log: bool,
    /// Whether all rows are wanted at the end.
    pub dump: bool,
}

/// Lives one seed to its end.
///
/// # Errors
/// [`Stopped`].
pub async fn live(template: &Arc<Template>, wish: Wish) -> Result<Report, Stopped> {
    let mut chance = Seeded::new(wish.seed ^ 0x5EED);
    let rates = Rates::of(&mut chance);
    let deadline_s = *chance.pick(&[5, 15, 30, 60]);
    let stage = Stage::new(wish.seed, Fates::Chance(Box::new(rates)), wish.log);
    let lived = tokio::time::timeout(SEED_LIMIT, run(template, wish, Arc::clone(&stage), deadline_s)).await;
    let lived = lived.unwrap_or(Err(Failure::TooSlow("living one seed")));
    lived.map_err(|failure| {
        let log = stage.scene().log.take().unwrap_or_default();
        Stopped { failure, log }
    })
}

async fn run(template: &Arc<Template>, wish: Wish, stage: Arc<Stage>, deadline_s: i64) -> Result<Report, Failure> {
    let name = format!("seed-{}", wish.seed);
    let world = World::new(template, &name, stage, deadline_s).await?;
    let arrival_at = Some(world.now());
    let mut life = Life { world, pace_s: 0, arrival_at, calm_at: None, streamer: 0 };
    life.pace_s = *life.world.stage.scene().rng.pick(&PACES_S);
    while life.turn().await? {}
    life.world.stage.scene().return_by_hand();
    let (mut judge, stage, _) = life.world.end().await?;
    let dump = if wish.dump { Some(judge.dump().await?) } else { None };
    template.remove(&name).await?;
    let mut scene = stage.scene();
    let mut tally = std::mem::take(&mut scene.tally);
    scene.books.count(&mut tally);
    for order in judge.orders.values() {
        tally.add(end_name(order));
    }
    tally.add_many("commits", scene.commits);
    Ok(Report {
        lives: u64::try_from(judge.orders.len()).unwrap_or(0),
        tally,
        dump,
        log: scene.log.take().unwrap_or_default(),
    })
}

/// How an order ended, in words.
pub(crate) fn end_name(order: &Facts) -> &'static str {
    match (order.state.as_str(), order.refunds.is_empty()) {
        ("delivered", true) => "end: delivered",
        ("delivered", false) => "end: delivered, and something went back",
        ("refunded", _) => "end: refunded",
        ("closed", _) => "end: closed unpaid",
        _ => "end: none",
    }
}

struct Life {
    world: World,
    /// Longest pause between two purchases, seconds.
    pace_s: i64,
    /// When viewers arrive next, Unix seconds; `None` once nobody comes any more.
    arrival_at: Option<i64>,
    /// When the faults stopped, Unix seconds.
    calm_at: Option<i64>,
    streamer: u32,
}

impl Life {
    fn below(&self, count: i64) -> i64 {
        self.world.stage.scene().rng.between(0, count - 1)
    }

    fn chance(&self, per_mille: u32) -> bool {
        self.world.stage.scene().rng.chance(per_mille)
    }

    fn rate(&self, rate: fn(&Rates) -> u32) -> bool {
        self.world.stage.scene().chance(rate)
    }

    /// One turn. `false` when the world is at rest.
    async fn turn(&mut self) -> Result<bool, Failure> {
        if self.rate(|rates| rates.crash) {
            self.world.stage.scene().crash("fault: crash between steps");
            self.world.restart().await?;
            return Ok(true);
        }
        let tasks = self.world.tasks.len();
        if tasks == 0 {
            return self.idle().await;
        }
        match self.below(100) {
            0 => self.pass(),
            4..=13 if self.world.take_next() => {}
            14..=19 if self.world.bell => self.look(),
            30..=59 => {
                let writers = self.writers();
                match writers.len() {
                    0 | 1 => self.world.step(0).await?,
                    _ => self.world.step_together(&writers).await?,
                }
            }
            20 | 21 if tasks < TASKS_MAX && self.arrival_at.is_some_and(|at| at <= self.world.now()) => {
                self.arrive()?;
            }
            _ => {
                let index = self.world.stage.scene().rng.below(tasks);
                self.world.step(index).await?;
            }
        }
        Ok(true)
    }

    /// Tasks whose writes may become one transaction: a few, and all there are once the faults have stopped.
    fn writers(&self) -> Vec<usize> {
        let mut writers = self.world.writers();
        while writers.len() > 4 && self.calm_at.is_none() {
            let index = self.world.stage.scene().rng.below(writers.len());
            writers.remove(index);
        }
        writers
    }

    fn look(&mut self) {
        self.world.bell = false;
        self.world.begin(Doing::Look);
    }

    /// Time passes: a little, or so much that leases run out.
    fn pass(&mut self) {
        let mut scene = self.world.stage.scene();
        let seconds = if scene.rng.chance(40) { scene.rng.between(5, 100) } else { scene.rng.between(1, 2) };
        scene.now = scene.now.saturating_add(seconds);
    }

    /// Nothing is under way: what comes next comes.
    async fn idle(&mut self) -> Result<bool, Failure> {
        if self.world.take_next() {
            return Ok(true);
        }
        if self.world.bell {
            self.look();
            return Ok(true);
        }
        let job = self.world.next_job_at().await?;
        let next = [self.world.next_at(), job, self.arrival_at].into_iter().flatten().min();
        let Some(next) = next else { return Ok(false) };
        let mut scene = self.world.stage.scene();
        // Long after the faults nobody is in a hurry: what is due within a few minutes is done together.
        let calm = self.calm_at.is_some_and(|calm| next > calm.saturating_add(HURRY_S));
        let wait = if calm { scene.rng.between(0, HURRY_S) } else { 0 };
        scene.now = scene.now.max(next.saturating_add(wait));
        let now = scene.now;
        let late = self.calm_at.is_some_and(|calm| now > calm.saturating_add(REST_WITHIN_S));
        drop(scene);
        if late {
            let open: Vec<_> = self.world.judge.orders.values().filter(|order| !order.is_terminal()).collect();
            return broken(format!("not at rest {REST_WITHIN_S} s after the last fault; open: {open:?}"));
        }
        self.world.bell = job.is_some_and(|job| job <= now);
        if self.arrival_at.is_some_and(|at| at <= now) {
            self.arrive()?;
        }
        Ok(true)
    }

    /// A viewer arrives, somebody of the shop does something, or something lasting goes wrong.
    fn arrive(&mut self) -> Result<(), Failure> {
        if self.world.judge.orders.len() >= LIVES_PER_SEED
            || self.world.purchases.len() >= LIVES_PER_SEED * REQUESTS_PER_LIFE
        {
            self.calm();
            return Ok(());
        }
        for _ in 0..=self.below(4) {
            self.buy()?;
        }
        if self.chance(150) {
            self.staff();
        }
        if self.rate(|rates| rates.trouble) {
            self.trouble();
        }
        if self.rate(|rates| rates.notice_forged) {
            self.forge();
        }
        let pause = self.below(self.pace_s + 1);
        self.arrival_at = Some(self.world.now().saturating_add(pause));
        Ok(())
    }

    /// The faults stop.
    fn calm(&mut self) {
        let mut scene = self.world.stage.scene();
        scene.fates = Fates::Calm;
        scene.troubles = crate::stage::Troubles::default();
        if scene.rng.chance(500) {
            scene.skew_s = 0;
        }
        scene.note(|| "the faults stop".into());
        self.calm_at = Some(scene.now);
        self.arrival_at = None;
    }
}
