//! One simulated world: the storefront's process, the channels, the viewers and what comes next. Who goes next is the
//! business of a driver: chance in [`crate::random`], a fixed order in [`crate::crash_points`].

use crate::failure::{Failure, broken};
use crate::house::{self, House, Item, Template};
use crate::judge::Judge;
use crate::purchase::{Act, Heard, Purchase};
use crate::stage::{Deed, Late, Pause, Stage};
use crate::task::{self, Answered, Doing, Notice, Outcome, Progress, Staff, Task};
use api::{ErrorCode, ShopKey};
use order::PayType;
use order::state::OrderState;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storefront::shop::ShopError;
use storefront::store::ApplyError;

/// Seconds after which a channel sends a notice again that was not taken.
const NOTICE_AGAIN_S: [i64; 6] = [15, 15, 30, 180, 600, 1_800];
/// How often the app sends a request again before it leaves it to its next start.
const REQUESTS_MAX: u32 = 60;

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
    database: PathBuf,
    deadline_s: i64,
    next: BTreeMap<(i64, u64), Next>,
    numbers: u64,
    judged: u64,
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
        let database = template.copy(name)?;
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
            told: 0,
        })
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &Path {
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
    /// [`Failure::Store`].
    pub async fn next_job_at(&self) -> Result<Option<i64>, Failure> {
        let Some(house) = &self.house else { return Ok(None) };
        let at = house.shop.store.next_wake().await?;
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
            Doing::Look => Task::new(doing, task::look(shop)),
            Doing::Attend(lease) => Task::new(doing, task::attend(shop, lease)),
            Doing::Staff(staff) => {
                let goods = match &staff {
                    Staff::Shelf { item, .. } => self.shelf[*item].goods_id.to_string(),
                    Staff::TakeBack(..) | Staff::Halt(_) => String::new(),
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
        // From the last, so that those before keep their places.
        for index in waiting.into_iter().rev() {
            self.step(index).await?;
            if self.tasks.is_empty() {
                break;
            }
        }
        Ok(())
    }

    async fn progressed(&mut self, index: usize, progress: Progress) -> Result<(), Failure> {
        let commits = self.stage.scene().commits;
        if commits > self.judged {
            self.judged = commits;
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

    /// A task was lost with its process, or got no answer: whoever wanted it wants it again.
    fn lost(&mut self, doing: Doing) {
        let again_s = self.stage.scene().rng.between(1, 4);
        let at = self.now().saturating_add(again_s);
        match doing {
            Doing::Notice(notice, tries) => self.tell_again(&notice, tries),
            // The jobs are in the database.
            Doing::Look | Doing::Attend(_) => self.bell = true,
            doing => self.plan(at, Next::Begin(doing)),
        }
    }

    fn finished(&mut self, doing: Doing, outcome: Outcome) -> Result<(), Failure> {
        self.bell = true;
        match (doing, outcome) {
            (doing @ Doing::Request(number), Outcome::Answered(answered)) => match answered {
                Ok(answered) => self.answered(number, &answered),
                Err(error) => self.refused(doing, &error),
            },
            (doing, Outcome::Heard(Err(error))) => self.refused(doing, &error),
            (Doing::Notice(notice, tries), Outcome::Noticed(taken)) => {
                if taken.is_ok() && !notice.with_key {
                    return broken("a forged notice was taken");
                }
                if taken.is_err() {
                    self.tell_again(&notice, tries);
                }
                Ok(())
            }
            (_, Outcome::Leased(Ok(leases))) => {
                // Having looked is no reason to look again.
                self.bell = !leases.is_empty();
                leases.into_iter().for_each(|lease| self.begin(Doing::Attend(lease)));
                Ok(())
            }
            (doing @ Doing::Staff(Staff::Shelf { .. }), Outcome::Written(written)) => {
                match (written, &doing) {
                    (Ok(()), Doing::Staff(Staff::Shelf { item, price: Some((price, version)), .. })) => {
                        (self.shelf[*item].price, self.shelf[*item].version) = (*price, *version);
                    }
                    (Ok(()), _) => {}
                    (Err(_), _) => self.lost(doing),
                }
                Ok(())
            }
            (doing, Outcome::Applied(Err(error))) => match error {
                ApplyError::Store(_) => Ok(()),
                ApplyError::Illegal(_) if matches!(doing, Doing::Staff(_)) => Ok(()),
                error => broken(format!("{doing:?}: {error}")),
            },
            (doing @ Doing::Staff(Staff::Halt(_)), Outcome::Written(Err(_))) => {
                self.lost(doing);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A request, cancel or ask was refused, or failed.
    fn refused(&mut self, doing: Doing, error: &ShopError) -> Result<(), Failure> {
        match error {
            ShopError::Refused(refusal) => {
                if refusal.code == ErrorCode::Internal {
                    return broken(format!("{doing:?}: {}", refusal.message));
                }
                if let Doing::Request(number) = doing
                    && let Some(before) = &self.purchases[number].placed
                {
                    return broken(format!("{before:?} was placed; asked again: {}", refusal.message));
                }
                let name = refusal_name(refusal.code);
                self.stage.scene().tally.add(name);
                Ok(())
            }
            ShopError::Store(_) | ShopError::NoRandomness(_) => {
                self.lost(doing);
                Ok(())
            }
        }
    }

    fn answered(&mut self, number: usize, answered: &Answered) -> Result<(), Failure> {
        // Acknowledged is committed: the judge, who reads what is committed, knows it.
        if !self.judge.orders.contains_key(answered.placed.order_id.as_str()) {
            return broken(format!("{} was acknowledged and is not there", answered.placed.order_id));
        }
        let purchase = &mut self.purchases[number];
        purchase.take_placed(&answered.placed)?;
        match &answered.answer {
            Some(Ok(answer)) => self.heard(number, answer, answered.state),
            Some(Err(ShopError::Refused(_))) if purchase.code.is_none() => Ok(()),
            Some(Err(error)) => broken(format!("the answer to request {number} became {error}")),
            None if purchase.sent < REQUESTS_MAX => {
                let again_s = self.stage.scene().rng.between(1, 3);
                self.plan(self.now().saturating_add(again_s), Next::Begin(Doing::Request(number)));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// An answer came: the viewer sees a code, and does what they do.
    fn heard(&mut self, number: usize, answer: &Value, state: OrderState) -> Result<(), Failure> {
        let purchase = &mut self.purchases[number];
        let heard = purchase.take_answer(answer, &self.key, state)?;
        let acts = if heard == Heard::Code { purchase.acts.clone() } else { Vec::new() };
        let now = self.now();
        for (after, act) in acts {
            self.plan(now.saturating_add(after), Next::Act(number, act));
        }
        Ok(())
    }

    fn act(&mut self, number: usize, act: Act) {
        let code = self.purchases[number].code.clone().unwrap_or_default();
        self.stage.scene().note(|| format!("purchase {number}: {act:?}"));
        match act {
            Act::Scan => {
                let mut scene = self.stage.scene();
                let now = scene.now;
                scene.books.scan(&code, now);
            }
            Act::Pay => crate::channel::pay(&mut self.stage.scene(), &code),
            Act::PayAtClose => self.stage.scene().pays_at_close = Some(code),
            Act::Cancel => self.begin(Doing::Cancel(number)),
            Act::Ask => self.begin(Doing::Ask(number)),
            Act::Repeat => self.begin(Doing::Request(number)),
            Act::Switch(pay_type) => self.switch(number, pay_type),
        }
    }

    /// The viewer chooses another way to pay the same order: a request of its own.
    fn switch(&mut self, number: usize, pay_type: PayType) {
        let mut other = self.purchases[number].clone();
        let Some((order_id, _)) = other.placed.take() else { return };
        other.params.order_id = Some(order_id);
        other.params.pay_type = pay_type;
        other.code = None;
        other.sent = 0;
        let number = self.purchases.len();
        let Ok(request_id) = order::RequestId::new(format!("request-{number:010}")) else { return };
        other.params.request_id = request_id;
        other.acts = std::mem::take(&mut other.then);
        self.purchases.push(other);
        self.begin(Doing::Request(number));
    }

    fn channel(&mut self, deed: Deed) {
        match deed {
            Deed::TellPaid(pay_id) => self.tell(&pay_id, None),
            Deed::TellRefund(pay_id, refund_id) => self.tell(&pay_id, Some(refund_id)),
            Deed::Arrive(late) => {
                let mut scene = self.stage.scene();
                let now = scene.now;
                scene.note(|| format!("arrives late: {late:?}"));
                match *late {
                    Late::Order(pay_type, request) => {
                        scene.books.order(pay_type, &request, now, false);
                    }
                    Late::Close(pay_type, pay_id) => {
                        scene.books.close(pay_type, &pay_id, now);
                    }
                    Late::Refund(request) => {
                        let pay_type = scene.books.trade(request.pay_id.as_str(), now).map(|trade| trade.pay_type);
                        // Whatever it would have said, nobody listens.
                        let _unheard = pay_type.map(|of| crate::channel::take_refund(&mut scene, &request, of));
                    }
                }
            }
        }
    }

    /// A channel writes a notice and sends it.
    fn tell(&mut self, pay_id: &str, refund_id: Option<String>) {
        self.told = self.told.saturating_add(1);
        let told = self.told;
        let mut scene = self.stage.scene();
        let now = scene.now;
        let Some(trade) = scene.books.trade(pay_id, now) else { return };
        let told = crate::notice::Told {
            notice_id: format!("notice-{told:08}"),
            pay_id: pay_id.to_owned(),
            amount: trade.taken.as_ref().map(|taken| taken.amount),
            refund_id,
        };
        let notice = Arc::new(Notice { pay_type: trade.pay_type, told, with_key: true, is_real: true });
        let twice = scene.chance(|rates| rates.notice_twice);
        let late = scene.chance(|rates| rates.notice_late);
        let after_s = if late { scene.rng.between(2, 400) } else { 0 };
        drop(scene);
        let at = now.saturating_add(after_s);
        for _ in 0..=usize::from(twice) {
            self.plan(at, Next::Begin(Doing::Notice(Arc::clone(&notice), 0)));
        }
    }

    /// A notice was not taken: the channel sends it again, for a while.
    fn tell_again(&mut self, notice: &Arc<Notice>, tries: u32) {
        let again_s = usize::try_from(tries).ok().and_then(|tries| NOTICE_AGAIN_S.get(tries));
        if let Some(again_s) = again_s.filter(|_| notice.is_real) {
            let at = self.now().saturating_add(*again_s);
            self.plan(at, Next::Begin(Doing::Notice(Arc::clone(notice), tries.saturating_add(1))));
        }
    }

    /// Plans what the channels set out to do, unless a notice is lost on its way.
    fn take_deeds(&mut self) {
        let deeds = {
            let mut scene = self.stage.scene();
            let mut deeds = std::mem::take(&mut scene.deeds);
            deeds.retain(|(_, deed)| {
                let lost = !matches!(deed, Deed::Arrive(_)) && scene.chance(|rates| rates.notice_lost);
                if lost {
                    scene.tally.add("fault: notice lost");
                }
                !lost
            });
            deeds
        };
        for (at, deed) in deeds {
            self.plan(at, Next::Channel(deed));
        }
    }

    /// Judges a world at rest, removes its database and says what happened.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn end(mut self) -> Result<(Judge, Arc<Stage>), Failure> {
        self.tasks.clear();
        if let Some(house) = self.house.take() {
            house.end().await?;
        }
        {
            let mut scene = self.stage.scene();
            let now = scene.now;
            scene.books.settle(now);
        }
        let books = std::mem::take(&mut self.stage.scene().books);
        let judged = self.judge.rest(&books).await;
        self.stage.scene().books = books;
        judged?;
        house::remove(&self.database);
        Ok((self.judge, self.stage))
    }

    /// Whether a task waits to write.
    #[must_use]
    pub fn writers(&self) -> Vec<usize> {
        let paused = self.tasks.iter().enumerate();
        paused.filter(|(_, task)| task.paused == Some(Pause::Write)).map(|(index, _)| index).collect()
    }
}

const fn refusal_name(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::PriceChanged => "refused: price changed",
        ErrorCode::SoldOut => "refused: sold out",
        ErrorCode::NotOnSale => "refused: not on sale",
        ErrorCode::LimitReached => "refused: limit reached",
        ErrorCode::ChannelUnavailable => "refused: channel unavailable",
        ErrorCode::RequestConflict => "refused: request conflict",
        ErrorCode::ShopPaused => "refused: shop paused",
        ErrorCode::TooManyRequests
        | ErrorCode::Unauthorised
        | ErrorCode::NotFound
        | ErrorCode::InvalidParams
        | ErrorCode::Internal => "refused: otherwise",
    }
}
