//! A world whose every turn is chance: one seed, many lives. First with faults, then, without them, until nothing is
//! due any more; then the judge.

use crate::failure::{Failure, broken};
use crate::faults::{Fates, Rates};
use crate::house::{Template, VIEWERS, viewer};
use crate::judge::Facts;
use crate::purchase::{Act, Purchase};
use crate::seeded::Seeded;
use crate::stage::Stage;
use crate::tally::Tally;
use crate::task::{Doing, Notice, Staff};
use crate::world::{Next, World};
use order::state::Event;
use order::{Fen, OrderId, PayId, PayType, RefundId};
use std::sync::Arc;

/// Seconds within which everything must be at rest once the faults have stopped: an attempt is asked about for a day
/// after its end, a refund is tried again after at most an hour, and a clock may be ten minutes wrong.
const REST_WITHIN_S: i64 = 26 * 3_600;
/// Orders of one seed: enough to get in each other's way, few enough to be read.
pub const LIVES_PER_SEED: usize = 150;
/// Requests for each life wanted, at most: many are refused.
const REQUESTS_PER_LIFE: usize = 4;
/// Longest pauses between two arrivals, seconds: a rush, and shops where hours pass.
const PACES_S: [i64; 8] = [0, 2, 2, 5, 5, 20, 300, 7_200];
/// Most tasks under way when others arrive.
const TASKS_MAX: usize = 24;
/// How far the server's clock may be wrong, seconds.
const SKEW_MAX_S: i64 = 600;

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
    let deadline_s = *chance.pick(&[5, 12, 30, 60]);
    let stage = Stage::new(wish.seed, Fates::Chance(Box::new(rates)), wish.log);
    let lived = run(template, wish, Arc::clone(&stage), deadline_s).await;
    lived.map_err(|failure| {
        let log = stage.scene().log.take().unwrap_or_default();
        Stopped { failure, log }
    })
}

async fn run(template: &Arc<Template>, wish: Wish, stage: Arc<Stage>, deadline_s: i64) -> Result<Report, Failure> {
    let world = World::new(template, &format!("seed-{}.db", wish.seed), stage, deadline_s).await?;
    let arrival_at = Some(world.now());
    let mut life = Life { world, pace_s: 0, arrival_at, calm_at: None, streamer: 0 };
    life.pace_s = *life.world.stage.scene().rng.pick(&PACES_S);
    while life.turn().await? {}
    let (mut judge, stage) = life.world.end().await?;
    let dump = if wish.dump { Some(judge.dump().await?) } else { None };
    let mut scene = stage.scene();
    let (now, mut tally) = (scene.now, std::mem::take(&mut scene.tally));
    scene.books.settle(now);
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
            0..=3 => self.pass(),
            4..=13 if self.world.take_next() => {}
            14..=19 if self.world.bell => self.look(),
            20..=27 => {
                let mut writers = self.world.writers();
                while writers.len() > 4 {
                    let index = usize::try_from(self.below(5)).unwrap_or(0);
                    writers.remove(index);
                }
                match writers.len() {
                    0 | 1 => self.world.step(0).await?,
                    _ => self.world.step_together(&writers).await?,
                }
            }
            28 | 29 if tasks < TASKS_MAX && self.arrival_at.is_some_and(|at| at <= self.world.now()) => {
                self.arrive()?
            }
            _ => {
                let index = self.world.stage.scene().rng.below(tasks);
                self.world.step(index).await?;
            }
        }
        Ok(true)
    }

    fn look(&mut self) {
        self.world.bell = false;
        self.world.begin(Doing::Look);
    }

    /// Time passes: a little, or so much that leases run out.
    fn pass(&mut self) {
        let mut scene = self.world.stage.scene();
        let seconds = if scene.rng.chance(15) { scene.rng.between(5, 100) } else { scene.rng.between(1, 2) };
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
        scene.now = scene.now.max(next);
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
        if self.chance(60) {
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
        drop(scene);
        self.world.begin(Doing::Staff(Staff::Halt(false)));
    }

    fn buy(&mut self) -> Result<(), Failure> {
        let number = self.world.purchases.len();
        let mut scene = self.world.stage.scene();
        let rng = &mut scene.rng;
        let item = &self.world.shelf[rng.below(self.world.shelf.len())];
        let pay_type = *rng.pick(&PayType::ALL);
        let Some(viewer) = viewer(rng.below(VIEWERS)) else { return Ok(()) };
        let mut purchase = Purchase::new(viewer, number, item, pay_type)?;
        let params = &mut purchase.params;
        if rng.chance(300) {
            params.quantity = u32::try_from(rng.between(1, 3)).unwrap_or(1);
        }
        if rng.chance(20) {
            params.price_version -= 1;
        }
        params.note = rng.chance(50).then(|| "1; UPDATE orders SET amount_fen = 1 -- 茶".to_owned());
        purchase.acts = acts(rng);
        if rng.chance(120) {
            purchase.acts.push((rng.between(0, 20), Act::Switch(other(pay_type))));
            purchase.then = acts(rng);
        }
        drop(scene);
        self.world.purchases.push(purchase);
        self.world.begin(Doing::Request(number));
        // The same request twice at once, from an impatient finger.
        if self.chance(60) {
            self.world.begin(Doing::Request(number));
        }
        if self.chance(10) {
            self.steal_request_id(number);
        }
        Ok(())
    }

    /// The same request id with other params.
    fn steal_request_id(&mut self, number: usize) {
        let mut other = self.world.purchases[number].clone();
        other.params.quantity += 1;
        other.acts.clear();
        self.world.purchases.push(other);
        self.world.begin(Doing::Request(number + 1));
    }

    fn staff(&mut self) {
        let item = self.world.stage.scene().rng.below(self.world.shelf.len());
        let Some(paid) = self.delivered().filter(|_| self.chance(600)) else {
            if self.chance(100) {
                self.world.begin(Doing::Staff(Staff::Halt(true)));
                let later = self.world.now().saturating_add(self.below(20));
                self.world.plan(later, Next::Begin(Doing::Staff(Staff::Halt(false))));
                return;
            }
            let price = self.chance(300).then(|| {
                let item = &self.world.shelf[item];
                (item.price + self.below(9) - 4, item.version + 1)
            });
            let price = price.filter(|(price, _)| *price > 0);
            let more = if self.chance(500) { self.below(4) } else { 0 };
            let on_sale = self.chance(850);
            self.world.begin(Doing::Staff(Staff::Shelf { item, price, more, on_sale }));
            return;
        };
        self.world.begin(Doing::Staff(paid));
    }

    /// The streamer returns some of a delivered order's money, or all of it.
    fn delivered(&mut self) -> Option<Staff> {
        self.streamer += 1;
        let delivered: Vec<&Facts> =
            self.world.judge.orders.values().filter(|order| order.state == "delivered").collect();
        let mut scene = self.world.stage.scene();
        let order = delivered.get(scene.rng.below(delivered.len()))?;
        let kept = order.attempts.iter().find(|attempt| {
            let whole =
                |refund: &crate::judge::RefundFacts| refund.pay_id == attempt.pay_id && refund.reason != "streamer";
            attempt.paid.is_some() && !order.refunds.iter().any(whole)
        })?;
        let amount = Fen::new(scene.rng.between(1, kept.paid?)).ok()?;
        let event = Event::TakenBack {
            pay_id: PayId::new(kept.pay_id.clone()).ok()?,
            refund_id: RefundId::new(format!("{}S{}", kept.pay_id, self.streamer)).ok()?,
            amount,
        };
        Some(Staff::TakeBack(OrderId::new(order.order_id.clone()).ok()?, event))
    }

    fn trouble(&mut self) {
        let mut scene = self.world.stage.scene();
        let until = scene.now + scene.rng.between(5, 150);
        let name = match scene.rng.below(6) {
            0 => {
                scene.troubles.alipay_down = until;
                "fault: Alipay down"
            }
            1 => {
                scene.troubles.wechat_down = until;
                "fault: WeChat Pay down"
            }
            2 => {
                scene.troubles.poor = until + 600;
                "fault: balance empty"
            }
            3 => {
                scene.troubles.disk_full = until;
                "fault: disk full"
            }
            _ => {
                scene.skew_s = scene.rng.between(-SKEW_MAX_S, SKEW_MAX_S);
                scene.clock_was_set = true;
                "fault: clock set"
            }
        };
        scene.tally.add(name);
        scene.note(|| name.to_owned());
    }

    /// Somebody makes up a notice: without the key, with a stolen one, or about somebody else's number.
    fn forge(&mut self) {
        let orders: Vec<&Facts> = self.world.judge.orders.values().collect();
        let mut scene = self.world.stage.scene();
        let Some(order) = orders.get(scene.rng.below(orders.len())) else { return };
        let Some(attempt) = order.attempts.last() else { return };
        let kind = scene.rng.below(3);
        let told = crate::notice::Told {
            notice_id: "made-up".into(),
            pay_id: if kind == 2 { "NOBODYS-NUMBER".into() } else { attempt.pay_id.clone() },
            refund_id: None,
            amount: Some(order.amount),
        };
        scene.tally.add(if kind == 0 { "fault: forged notice" } else { "fault: notice with a stolen key" });
        let notice = Notice { pay_type: attempt.pay_type, told, with_key: kind != 0, is_real: false };
        drop(scene);
        self.world.begin(Doing::Notice(Arc::new(notice), 0));
    }
}

const fn other(pay_type: PayType) -> PayType {
    match pay_type {
        PayType::Alipay => PayType::Wechat,
        PayType::Wechat => PayType::Alipay,
    }
}

/// What a viewer does once the code is there.
fn acts(rng: &mut Seeded) -> Vec<(i64, Act)> {
    let mut acts = Vec::new();
    let pay_at = match rng.below(10) {
        0..=6 => Some(rng.between(0, 3)),
        7 => Some(rng.between(0, 70)),
        8 => Some(rng.between(3, 14)),
        _ => None,
    };
    if rng.chance(500) {
        acts.push((pay_at.map_or(rng.between(0, 30), |at| rng.between(0, at)), Act::Scan));
    }
    if let Some(at) = pay_at {
        acts.push((at, Act::Pay));
        if rng.chance(60) {
            // Another phone has the same code.
            acts.push((at + rng.between(0, 3), Act::Pay));
        }
        if rng.chance(200) {
            acts.push((at + rng.between(0, 2), Act::Ask));
        }
    }
    if rng.chance(20) {
        acts.push((rng.between(0, 20), Act::PayAtClose));
    }
    if rng.chance(if pay_at.is_none() { 500 } else { 100 }) {
        acts.push((rng.between(0, pay_at.unwrap_or(8)), Act::Cancel));
    }
    if rng.chance(80) {
        acts.push((rng.between(0, 90), Act::Repeat));
    }
    acts
}
