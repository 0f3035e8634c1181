//! The script: every case lived after the other, each with a time limit of its own, judged, and written down as it goes.

use crate::cases;
use crate::judge::{Found, judge};
use crate::scene::{Scene, ms_since, note};
use crate::stage::{Set, Stage, StageError};
use crate::view::{Case, CaseFault, CaseReport, CaseState, Outcome, Rehearsal, RehearsalState};
use tokio::sync::watch;
use tokio::time::timeout;

impl Rehearsal {
    /// A rehearsal whose stage is being set up. `began_at` is Unix seconds.
    #[must_use]
    pub fn preparing(room: String, began_at: i64) -> Rehearsal {
        let waiting = |case| CaseReport {
            case,
            state: CaseState::Waiting,
            title: String::new(),
            steps: Vec::new(),
            wanted: Outcome::default(),
            found: Outcome::default(),
            faults: Vec::new(),
            took_ms: 0,
        };
        let cases = Case::ALL.into_iter().map(waiting).collect();
        Rehearsal { state: RehearsalState::Preparing, room, began_at, cases, message: None }
    }

    /// Ends it as what could not go on. The cases that were not over are stopped.
    pub fn fail(&mut self, message: String) {
        self.end(RehearsalState::Failed);
        self.message = Some(message);
    }

    /// Ends it as what was stopped, unless it was over before.
    pub fn stop(&mut self) {
        match self.state {
            RehearsalState::Preparing | RehearsalState::Running => self.end(RehearsalState::Stopped),
            RehearsalState::Done | RehearsalState::Stopped | RehearsalState::Failed => {}
        }
    }

    fn end(&mut self, state: RehearsalState) {
        self.state = state;
        let is_open = |case: &&mut CaseReport| matches!(case.state, CaseState::Waiting | CaseState::Running);
        for case in self.cases.iter_mut().filter(is_open) {
            case.state = CaseState::Stopped;
        }
    }

    /// Whether every case passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.state == RehearsalState::Done && self.cases.iter().all(|case| case.state == CaseState::Passed)
    }
}

/// Lives the cases of the view that is in `views` on a stage, and sends a view after each step. Returns when all are
/// over, or soon after `stop` has turned true; the last view says how it ended.
pub async fn rehearse(stage: &Stage, views: &watch::Sender<Rehearsal>, mut stop: watch::Receiver<bool>) {
    let lived = tokio::select! {
        lived = live(stage, views) => lived,
        // An error means that nobody is left who could ask it to stop, or who looks.
        _ = stop.wait_for(|stop| *stop) => {
            views.send_modify(Rehearsal::stop);
            return;
        }
    };
    views.send_modify(|rehearsal| match lived {
        Ok(()) => rehearsal.state = RehearsalState::Done,
        Err(error) => rehearsal.fail(error.to_string()),
    });
}

async fn live(stage: &Stage, views: &watch::Sender<Rehearsal>) -> Result<(), StageError> {
    let set = Set::open(stage).await?;
    views.send_modify(|rehearsal| rehearsal.state = RehearsalState::Running);
    let cases: Vec<Case> = views.borrow().cases.iter().map(|report| report.case).collect();
    for (number, case) in cases.into_iter().enumerate() {
        let began = api::clock::monotonic();
        note(views, case, |report| report.state = CaseState::Running);
        let found = match live_case(&set, number, case, views).await {
            Ok(found) => found,
            Err(error) => Found::broken(&error),
        };
        note(views, case, |report| {
            report.state = if found.faults.is_empty() { CaseState::Passed } else { CaseState::Failed };
            report.found = found.outcome;
            report.faults = found.faults;
            report.took_ms = ms_since(began);
        });
        // Whatever the case left on, the next one begins without it.
        set.channels.calm().await?;
    }
    Ok(())
}

/// Lives one case to its end or its limit, and judges it either way.
async fn live_case(
    set: &Set,
    number: usize,
    case: Case,
    views: &watch::Sender<Rehearsal>,
) -> Result<Found, StageError> {
    let began = api::clock::monotonic();
    let goods = set.copy(set.item(number).ok_or(StageError::NoGoods)?, case.stock()).await?;
    note(views, case, |report| {
        report.title.clone_from(&goods.title);
        report.wanted = case.wanted(goods.price_fen);
    });
    let scene = Scene::new(set, case, goods, case.stock(), began, views);
    let lived = timeout(set.stage.case_limit, cases::live(case, &scene)).await;
    let mut found = judge(case, &scene).await?;
    match lived {
        Ok(Ok(())) => {}
        Ok(Err(error)) => found.faults.insert(0, broken(&error)),
        Err(_) => found.faults.insert(0, CaseFault::NoEnd),
    }
    Ok(found)
}

fn broken(error: &StageError) -> CaseFault {
    CaseFault::Broken { message: error.to_string() }
}

impl Found {
    /// What can be said of a case that could not be judged.
    fn broken(error: &StageError) -> Found {
        Found { outcome: Outcome::default(), faults: vec![broken(error)] }
    }
}
