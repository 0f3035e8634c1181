//! Every place of an order's life where something can go wrong, tried one after the other and in pairs: each commit and
//! each call, lived to the end after the fault, and judged.

use crate::failure::{Failure, broken};
use crate::faults::{Fates, Point, Points};
use crate::house::{Template, viewer};
use crate::purchase::{Act, Purchase};
use crate::random::end_name;
use crate::stage::{START, Stage};
use crate::task::Doing;
use crate::world::{Next, World};
use order::PayType;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seconds from the first request within which a life must be at rest.
const REST_WITHIN_S: i64 = 26 * 3_600;
/// Seconds to pay.
const DEADLINE_S: i64 = 30;
/// Where the shelf has the last piece, and something there is enough of.
const LAST_PIECE: usize = 0;
const ENOUGH: usize = 3;

/// A life of one order, always the same until something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Story {
    /// Bought and paid.
    Paid,
    /// Cancelled, and paid before the channel was asked.
    CancelledThenPaid,
    /// Cancelled, scanned, and paid as the close call arrives.
    PaidAsItCloses,
    /// Cancelled, and the code that nobody scanned is paid as it is ended.
    PaidAsItEnds,
    /// Nobody pays.
    Expired,
    /// Closed; the last piece goes to somebody else; then it is paid after all.
    PaidLate,
    /// The other way to pay is chosen, and both are paid.
    BothPaid,
}

impl Story {
    /// Every story.
    pub const ALL: [Story; 7] = [
        Story::Paid,
        Story::CancelledThenPaid,
        Story::PaidAsItCloses,
        Story::PaidAsItEnds,
        Story::Expired,
        Story::PaidLate,
        Story::BothPaid,
    ];

    /// What it is in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Story::Paid => "paid",
            Story::CancelledThenPaid => "cancelled, then paid",
            Story::PaidAsItCloses => "paid as it is closed",
            Story::PaidAsItEnds => "paid as it is ended unscanned",
            Story::Expired => "expired unpaid",
            Story::PaidLate => "paid late, sold out meanwhile",
            Story::BothPaid => "way to pay changed, both paid",
        }
    }

    fn acts(self) -> Vec<(i64, Act)> {
        match self {
            Story::Paid => vec![(1, Act::Scan), (1, Act::Pay)],
            Story::CancelledThenPaid => vec![(1, Act::Cancel), (1, Act::Pay)],
            Story::PaidAsItCloses => vec![(1, Act::Scan), (1, Act::PayAtClose), (1, Act::Cancel)],
            Story::PaidAsItEnds => vec![(1, Act::PayAtClose), (1, Act::Cancel)],
            Story::Expired => Vec::new(),
            Story::PaidLate => vec![(1, Act::Cancel), (20, Act::Pay)],
            Story::BothPaid => vec![(1, Act::Switch(PayType::Wechat)), (4, Act::Pay)],
        }
    }
}

/// One run: what to live, and where what goes wrong.
#[derive(Clone, Debug)]
pub struct Run {
    /// The story.
    pub story: Story,
    /// The channel of the order's first attempt.
    pub pay_type: PayType,
    /// The points at which something goes wrong, by their numbers in this run.
    pub at: Vec<usize>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lived {
    /// The points it met.
    pub met: Vec<Point>,
    /// How its orders ended.
    pub ends: Vec<&'static str>,
}

/// A world in which the story is about to begin. `name` is its database's.
///
/// # Errors
/// [`Failure`].
pub async fn begin(template: &Arc<Template>, run: &Run, name: &str) -> Result<World, Failure> {
    let points = Points { at: run.at.clone(), met: Vec::new() };
    let stage = Stage::new(1, Fates::Points(points), false);
    stage.scene().lax = matches!(run.story, Story::PaidLate | Story::BothPaid);
    let mut world = World::new(template, name, stage, DEADLINE_S).await?;
    cast(&mut world, run)?;
    Ok(world)
}

/// Lives one run to rest and judges it. `name` is its database's.
///
/// # Errors
/// [`Failure`].
pub async fn live(template: &Arc<Template>, run: &Run, name: &str) -> Result<Lived, Failure> {
    let mut world = begin(template, run, name).await?;
    while turn(&mut world).await? {}
    let (judge, _, met) = world.end().await?;
    template.remove(name).await?;
    Ok(Lived { met, ends: judge.orders.values().map(end_name).collect() })
}

/// Runs with one first fault, counted.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// Runs with that fault alone.
    pub singles: u64,
    /// Runs with a second fault after it.
    pub pairs: u64,
    /// How the orders of all these runs ended.
    pub ends: BTreeMap<&'static str, u64>,
}

impl Pairs {
    /// Counts those of another first fault too.
    pub fn take(&mut self, other: Pairs) {
        self.singles += other.singles;
        self.pairs += other.pairs;
        for (end, count) in other.ends {
            *self.ends.entry(end).or_default() += count;
        }
    }
}

/// A run that broke a promise.
#[derive(Debug)]
pub struct Broken {
    /// The run.
    pub run: Run,
    /// What it broke.
    pub failure: Failure,
}

/// Lives the story with a fault at its point `first`, then again with every `every`th point after that as a second one.
/// `every` 0 leaves the second ones out.
///
/// # Errors
/// [`Broken`].
pub async fn live_pairs(
    template: &Arc<Template>,
    story: Story,
    pay_type: PayType,
    first: usize,
    every: usize,
) -> Result<Pairs, Broken> {
    let name = format!("points-{story:?}-{pay_type}-{first}");
    let one = async |at: Vec<usize>| {
        let run = Run { story, pay_type, at };
        let lived = live(template, &run, &name).await;
        lived.map_err(|failure| Broken { run, failure })
    };
    let single = one(vec![first]).await?;
    let mut found = Pairs::default();
    // Where the sample begins moves with the first point, so that all points get their turn.
    let start = first + 1 + if every > 0 { first % every } else { 0 };
    for second in (start..single.met.len()).step_by(every.max(1)).take_while(|_| every > 0) {
        let pair = one(vec![first, second]).await?;
        found.pairs += 1;
        count_ends(&mut found.ends, &pair);
    }
    count_ends(&mut found.ends, &single);
    found.singles += 1;
    Ok(found)
}

fn count_ends(ends: &mut BTreeMap<&'static str, u64>, lived: &Lived) {
    for end in &lived.ends {
        *ends.entry(end).or_default() += 1;
    }
}

/// Every story with either channel, and how many points its life without faults has.
///
/// # Errors
/// [`Broken`].
pub async fn stories(template: &Arc<Template>) -> Result<Vec<(Story, PayType, usize)>, Broken> {
    let mut stories = Vec::new();
    for story in Story::ALL {
        for pay_type in PayType::ALL {
            let run = Run { story, pay_type, at: Vec::new() };
            let lived = live(template, &run, "points").await;
            let lived = lived.map_err(|failure| Broken { run, failure })?;
            stories.push((story, pay_type, lived.met.len()));
        }
    }
    Ok(stories)
}

/// Plans who comes when.
fn cast(world: &mut World, run: &Run) -> Result<(), Failure> {
    let Run { story, pay_type, .. } = run;
    let item = if *story == Story::PaidLate { LAST_PIECE } else { ENOUGH };
    let mut viewers = (0..2).filter_map(viewer);
    let (Some(first), Some(second)) = (viewers.next(), viewers.next()) else { return broken("no viewers") };
    let mut purchase = Purchase::new(first, 0, &world.shelf[item], *pay_type)?;
    purchase.acts = story.acts();
    for (_, act) in &mut purchase.acts {
        if matches!(act, Act::Switch(_)) && *pay_type == PayType::Wechat {
            *act = Act::Switch(PayType::Alipay);
        }
    }
    purchase.then = vec![(1, Act::Pay)];
    world.purchases.push(purchase);
    world.plan(START, Next::Begin(Doing::Request(0)));
    if *story == Story::PaidLate {
        let mut other = Purchase::new(second, 1, &world.shelf[item], *pay_type)?;
        other.acts = vec![(1, Act::Pay)];
        world.purchases.push(other);
        world.plan(START + 10, Next::Begin(Doing::Request(1)));
    }
    Ok(())
}

/// One turn: the first task goes on; without one, what comes next comes; then due jobs; then time passes. `false` when
/// nothing is left to come.
///
/// # Errors
/// [`Failure`].
pub async fn turn(world: &mut World) -> Result<bool, Failure> {
    if !world.tasks.is_empty() {
        world.step(0).await?;
        return Ok(true);
    }
    if world.take_next() {
        return Ok(true);
    }
    if world.bell {
        world.bell = false;
        world.begin(Doing::Look);
        return Ok(true);
    }
    let job = world.next_job_at().await?;
    let Some(next) = [world.next_at(), job].into_iter().flatten().min() else { return Ok(false) };
    if next > START + REST_WITHIN_S {
        return broken(format!("not at rest {REST_WITHIN_S} s after the first request"));
    }
    world.bell = job.is_some_and(|job| job <= next);
    let mut scene = world.stage.scene();
    scene.now = scene.now.max(next);
    Ok(true)
}
