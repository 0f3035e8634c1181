//! One simulated world: the storefront's process, the channels, the viewers and what comes next. Who goes next is the
//! business of a driver: chance in [`crate::random`], a fixed order in [`crate::crash_points`].

mod answers;
mod deeds;
mod rest;

use crate::failure::{Failure, broken};
use crate::house::{self, House, Item, Template};
use crate::judge::Judge;
use crate::purchase::{Act, Purchase};
use crate::stage::{Deed, Pause, Stage};
use crate::task::{self, Doing, Outcome, Progress, Staff, Task};
use api::ShopKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something that comes at a time.
#[derive(Clone, Debug)]
pub enum Next {
    /// A task begins.
    Begin(Doing),
    /// A viewer does something about a purchase.
    Act(usize, Act),
    /// A channel does something.
    Channel(Deed),
}

/// One world.
pub struct World {
    /// What all parts share.
    pub stage: Arc<Stage>,
    /// The judge.
    pub judge: Judge,
    /// The shelf as the viewers see it.
    pub shelf: Vec<Item>,
    /// Every request of every viewer.
    pub purchases: Vec<Purchase>,
    /// Tasks that have begun.
    pub tasks: Vec<Task>,
    /// Whether a job may be due.
    pub bell: bool,
    house: Option<House>,
    template: Arc<Template>,
    key: ShopKey,
    database: String,
    deadline_s: i64,
    next: BTreeMap<(i64, u64), Next>,
    numbers: u64,
    judged: u64,
    /// Whether the commit under way is of several tasks.
    together: bool,
    told: u64,
}

impl World {
    /// A world with a new database; `name` is the database's.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn new(
        template: &Arc<Template>,
        name: &str,
        stage: Arc<Stage>,
        deadline_s: i64,
    ) -> Result<World, Failure> {
        let database = template.copy(name).await?;
        let house = House::open(&stage, &database, template.signer()?, deadline_s).await?;
        let judge = Judge::of(&database).await?;
        Ok(World {
            stage,
            judge,
            shelf: house::shelf(),
            purchases: Vec::new(),
            tasks: Vec::new(),
            bell: false,
            house: Some(house),
            template: Arc::clone(template),
            key: template.signer()?.key().clone(),
            database,
            deadline_s,
            next: BTreeMap::new(),
            numbers: 0,
            judged: 0,
            together: false,
            told: 0,
        })
    }

    /// The address of its database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// True time, Unix seconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.stage.scene().now
    }

    /// Has something come at a time.
    pub fn plan(&mut self, at: i64, next: Next) {
        self.numbers = self.numbers.saturating_add(1);
        self.next.insert((at, self.numbers), next);
    }

    /// When the next thing comes.
    #[must_use]
    pub fn next_at(&self) -> Option<i64> {
        self.next.keys().next().map(|(at, _)| *at)
    }

    /// When the storefront's next job is due, by true time.
    ///
    /// # Errors
    /// [`Failure::Sql`].
    pub async fn next_job_at(&mut self) -> Result<Option<i64>, Failure> {
        let at = self.judge.next_job_at().await?;
        let skew_s = self.stage.scene().skew_s;
        Ok(at.map(|at| at.saturating_sub(skew_s)))
    }

    /// Takes the next thing if its time has come. `false` when there is none.
    pub fn take_next(&mut self) -> bool {
        let now = self.now();
        let Some(key) = self.next.keys().next().copied().filter(|(at, _)| *at <= now) else { return false };
        match self.next.remove(&key) {
            Some(Next::Begin(doing)) => self.begin(doing),
            Some(Next::Act(number, act)) => self.act(number, act),
            Some(Next::Channel(deed)) => self.channel(deed),
            None => {}
        }
        self.take_deeds();
        true
    }

    /// Begins a task.
    pub fn begin(&mut self, doing: Doing) {
        let Some(house) = &self.house else { return };
        let shop = Arc::clone(&house.shop);
        let task = match doing.clone() {
            Doing::Request(number) => {
                let Purchase { viewer, params, .. } = self.purchases[number].clone();
                self.purchases[number].sent = self.purchases[number].sent.saturating_add(1);
                Task::new(doing, task::request(shop, viewer, params))
            }
            Doing::Cancel(number) | Doing::Ask(number) => {
                let Purchase { viewer, placed, .. } = &self.purchases[number];
                let Some((order_id, _)) = placed.clone() else { return };
                let viewer = viewer.clone();
                match doing {
                    Doing::Cancel(_) => Task::new(doing, task::cancel(shop, viewer, order_id)),
                    _ => Task::new(doing, task::ask(shop, viewer, order_id)),
                }
            }
            Doing::Notice(notice, _) => {
                let now = self.now();
                Task::new(doing, task::tell(shop, notice, now))
            }
            Doing::Bill(pay_type, day) => Task::new(doing, task::bill(shop, pay_type, day)),
            Doing::Look => Task::new(doing, task::look(shop)),
            Doing::Attend(lease) => Task::new(doing, task::attend(shop, lease)),
            Doing::Staff(staff) => {
                let goods = match &staff {
                    Staff::Shelf { item, .. } => self.shelf[*item].goods_id.to_string(),
                    Staff::GiveBack(..) | Staff::Halt(_) => String::new(),
                };
                Task::new(doing, task::staff(shop, staff, goods))
            }
        };
        self.stage.scene().note(|| format!("begins: {:?}", task.doing));
        self.tasks.push(task);
    }

    /// One task goes on until it ends or pauses; then the judge looks, and a process that ended starts again.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn step(&mut self, index: usize) -> Result<(), Failure> {
        let progress = self.tasks[index].run(&self.stage).await;
        self.progressed(index, progress).await
    }

    /// The writes of several tasks that paused before them become one transaction.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn step_together(&mut self, indexes: &[usize]) -> Result<(), Failure> {
        let mut waiting = Vec::new();
        for index in indexes {
            match self.tasks[*index].hand_over(&self.stage).await {
                None => waiting.push(*index),
                Some(Progress::Paused(pause)) => self.tasks[*index].paused = Some(pause),
                Some(Progress::Finished(_) | Progress::Crashed) => return broken("a write ended before its commit"),
            }
        }
        self.together = true;
        // From the last, so that those before keep their places.
        for index in waiting.into_iter().rev() {
            self.step(index).await?;
            if self.tasks.is_empty() {
                break;
            }
        }
        self.together = false;
        Ok(())
    }

    async fn progressed(&mut self, index: usize, progress: Progress) -> Result<(), Failure> {
        let commits = self.stage.scene().commits;
        let committed = commits > self.judged;
        self.judged = commits;
        // A lease, committed alone, changes no order.
        if committed && (self.together || !matches!(self.tasks[index].doing, Doing::Look)) {
            self.judge.look(&self.stage).await?;
        }
        match progress {
            Progress::Paused(pause) => self.tasks[index].paused = Some(pause),
            Progress::Finished(outcome) => {
                let task = self.tasks.remove(index);
                self.finished(task.doing, outcome)?;
            }
            Progress::Crashed => self.restart().await?,
        }
        self.take_deeds();
        match self.stage.scene().books.abuses.first() {
            Some(abuse) => broken(abuse.clone()),
            None => Ok(()),
        }
    }

    /// Ends the process if it has not ended, starts it again as `serve` does, and lets everybody who waited for it try
    /// again.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn restart(&mut self) -> Result<(), Failure> {
        let lost: Vec<Doing> = self.tasks.drain(..).map(|task| task.doing).collect();
        loop {
            if let Some(house) = self.house.take() {
                house.end().await?;
            }
            {
                let mut scene = self.stage.scene();
                scene.crashed = false;
                scene.tally.add("process started again");
                let down_s = if scene.rng.chance(200) { scene.rng.between(1, 120) } else { 1 };
                scene.now = scene.now.saturating_add(down_s);
                scene.note(|| format!("the process starts again after {down_s} s"));
            }
            self.stage.take_pause();
            let house = House::open(&self.stage, &self.database, self.template.signer()?, self.deadline_s).await?;
            let shop = Arc::clone(&house.shop);
            self.house = Some(house);
            let mut starting = Task::new(Doing::Look, async move { Outcome::Written(shop.store.drop_leases().await) });
            let started = loop {
                match starting.run(&self.stage).await {
                    Progress::Paused(_) => {}
                    Progress::Finished(Outcome::Written(written)) => break written.is_ok(),
                    Progress::Finished(_) | Progress::Crashed => break false,
                }
            };
            if started {
                break;
            }
        }
        self.bell = true;
        for doing in lost {
            self.lost(doing);
        }
        Ok(())
    }

    /// Whether a task waits to write.
    #[must_use]
    pub fn writers(&self) -> Vec<usize> {
        let paused = self.tasks.iter().enumerate();
        paused.filter(|(_, task)| task.paused == Some(Pause::Write)).map(|(index, _)| index).collect()
    }
}
