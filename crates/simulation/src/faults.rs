//! What goes wrong: by chance, or at chosen points.

use crate::seeded::Seeded;

/// Chances in a thousand.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// A call does not reach the channel.
    pub request_lost: u32,
    /// A call's answer does not come back.
    pub answer_lost: u32,
    /// A call reaches the channel only after its caller gave up.
    pub late: u32,
    /// The channel has no time.
    pub busy: u32,
    /// The channel refuses an order for good, or ending a code.
    pub refused: u32,
    /// The channel's query lags behind its books.
    pub lag: u32,
    /// The channel ends a trade and lets it be paid all the same.
    pub lax: u32,
    /// The channel takes a wrong amount.
    pub wrong_amount: u32,
    /// A refund takes its time, or needs a person.
    pub slow_refund: u32,
    /// A notice is lost.
    pub notice_lost: u32,
    /// A notice comes twice.
    pub notice_twice: u32,
    /// A notice comes much later.
    pub notice_late: u32,
    /// Somebody makes up a notice.
    pub notice_forged: u32,
    /// The process ends before a commit.
    pub crash_before: u32,
    /// The process ends after a commit, before anybody is told.
    pub crash_after: u32,
    /// The process ends between two steps.
    pub crash: u32,
    /// A commit fails.
    pub commit_fails: u32,
    /// Something lasting begins: a channel down, a full disk, an empty balance, a clock that steps.
    pub trouble: u32,
}

impl Rates {
    /// The weather of one seed: calm, usual, or rough in some of these.
    pub fn of(rng: &mut Seeded) -> Rates {
        let scale = match rng.below(8) {
            0 => 0,
            1..=5 => 1,
            _ => 3,
        };
        let mut one = |most: i64| u32::try_from(rng.between(0, most).saturating_mul(scale)).unwrap_or(0);
        Rates {
            request_lost: one(60),
            answer_lost: one(60),
            late: one(30),
            busy: one(30),
            refused: one(25),
            lag: one(100),
            lax: one(200),
            wrong_amount: one(30),
            slow_refund: one(400),
            notice_lost: one(150),
            notice_twice: one(120),
            notice_late: one(30),
            notice_forged: one(60),
            crash_before: one(3),
            crash_after: one(3),
            crash: one(2),
            commit_fails: one(4),
            trouble: one(40),
        }
    }
}

/// Places where something can go wrong, numbered as a run comes to them.
#[derive(Clone, Debug, Default)]
pub struct Points {
    /// The points at which it does, by number.
    pub at: Vec<usize>,
    /// Every point met, by its number.
    pub met: Vec<Point>,
}

/// What can go wrong at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// The process ends before a commit.
    CrashBeforeCommit,
    /// The process ends after a commit, before anybody is told.
    CrashAfterCommit,
    /// The process ends before a call is sent.
    CrashBeforeCall,
    /// A call does not reach the channel.
    RequestLost,
    /// A call's answer does not come back.
    AnswerLost,
    /// The process ends after a call was answered.
    CrashAfterAnswer,
}

impl Points {
    /// Comes to a point, and says whether something goes wrong there.
    pub fn meet(&mut self, point: Point) -> bool {
        let number = self.met.len();
        self.met.push(point);
        self.at.contains(&number)
    }
}

/// Where faults come from.
#[derive(Clone, Debug)]
pub enum Fates {
    /// Chance.
    Chance(Box<Rates>),
    /// Chosen points.
    Points(Points),
    /// Nothing goes wrong any more.
    Calm,
}
