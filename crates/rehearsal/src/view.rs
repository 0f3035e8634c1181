//! What a rehearsal shows: to the page, and in the report.

use order::PayType;
use order::state::OrderState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What can go wrong on purpose in the practice room, as its switches name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The channels' notices of a payment never arrive.
    NoticesLost,
    /// They come 8 s late.
    NoticesLate,
    /// Each comes three times.
    NoticesDoubled,
    /// Queries get no answer: the result cannot be looked up.
    QueriesUnanswered,
    /// The channels give no payment code.
    NoCode,
    /// The channels answer nothing at all. Switches itself off after a minute.
    ChannelsDown,
    /// The shop cannot be reached from this window. Switches itself off after 20 s.
    ViewerOffline,
    /// A code can still be paid after its order was closed.
    PaidAfterClosing,
    /// A paid code can be paid again by somebody else.
    PaidTwice,
    /// Refunds are refused: the shop's balance at the channel is too low.
    RefundsRefused,
}

/// One switch of the panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Switch {
    /// What it does.
    pub trouble: Trouble,
    /// Whether it is on.
    pub on: bool,
    /// How often it has struck since the practice room was opened.
    #[ts(type = "number")]
    pub struck: u64,
    /// When it switches itself off, seconds from now.
    pub off_in_s: Option<u32>,
}

/// What happened between the shop and the pretend channels, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Happening {
    /// Rises with each one.
    #[ts(type = "number")]
    pub seq: u64,
    /// When, milliseconds since 1970.
    #[ts(type = "number")]
    pub at_ms: i64,
    /// What.
    pub what: HappeningKind,
    /// At which channel.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// How much, fen.
    #[ts(type = "number | null")]
    pub amount_fen: Option<i64>,
    /// What went wrong with it on purpose.
    pub trouble: Option<Trouble>,
}

/// What can happen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HappeningKind {
    /// The shop asked for a code.
    CodeAsked,
    /// The wallet opened the code.
    Scanned,
    /// The wallet paid.
    Paid,
    /// A notice was sent to the shop.
    Notice,
    /// The shop asked how a trade stands.
    Query,
    /// The shop ended a trade.
    Close,
    /// The shop gave money back.
    Refund,
}

/// The panel: its switches and what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Panel {
    /// Every switch.
    pub switches: Vec<Switch>,
    /// The last hundred happenings, newest first.
    pub happenings: Vec<Happening>,
}

/// A case of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// Paid, and everything goes well; once with each channel.
    Paid,
    /// Nobody pays until the time is over.
    Expired,
    /// The notice never arrives.
    NoticeLost,
    /// Paid after the order was closed.
    PaidLate,
    /// Paid with both codes of an order whose way to pay was changed.
    PaidTwice,
    /// The last piece went to somebody else while a closed order was being paid.
    SoldOut,
    /// The channel refuses the refund until the balance is topped up.
    RefundStuck,
    /// The viewer's network is gone while the phone pays.
    ViewerOffline,
    /// Queries get no answer for a while.
    QueriesUnanswered,
    /// The channel answers nothing at all for a while.
    ChannelDown,
}

/// How a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Its turn has not come.
    Waiting,
    /// It is being lived.
    Running,
    /// Everything was as it must be.
    Passed,
    /// Something was not.
    Failed,
    /// The rehearsal was stopped before its end.
    Stopped,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The viewer's window.
    Viewer,
    /// The phone.
    Phone,
    /// The shop.
    Shop,
    /// The trouble that was made.
    Trouble,
}

/// What was done, for the page's and the report's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// The viewer ordered.
    Ordered,
    /// The code was shown.
    CodeShown,
    /// The viewer chose the other channel.
    Switched,
    /// The viewer cancelled.
    Cancelled,
    /// The phone paid.
    Paid,
    /// Another phone paid the other code.
    PaidAgain,
    /// Another viewer bought the last piece.
    LastPieceBought,
    /// The streamer gave the money back.
    TakenBack,
    /// The trouble began.
    TroubleBegan,
    /// The trouble ended.
    TroubleEnded,
    /// The viewer was told where the order stands: see `state`.
    Told,
}

/// A step of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Step {
    /// Milliseconds since the case began.
    #[ts(type = "number")]
    pub after_ms: u64,
    /// Who.
    pub who: Who,
    /// What.
    pub deed: Deed,
    /// What the viewer was told.
    #[ts(type = "OrderState | null")]
    pub state: Option<OrderState>,
    /// With which channel.
    #[ts(type = "PayType | null")]
    pub pay_type: Option<PayType>,
    /// How much, fen; of what the viewer was told, what of the money is back.
    #[ts(type = "number | null")]
    pub amount_fen: Option<i64>,
}

/// Money and goods of a case: what was to be, or what was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Outcome {
    /// What the channels' books say was paid, fen.
    #[ts(type = "number")]
    pub money_in_fen: i64,
    /// What they say went back, fen.
    #[ts(type = "number")]
    pub money_back_fen: i64,
    /// Pieces delivered.
    pub goods_out: u32,
}

/// What was not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum CaseFault {
    /// Money or goods are others than they must be.
    Outcome,
    /// The viewer was told something else at the end.
    EndState {
        /// What it must have been.
        #[ts(type = "OrderState")]
        wanted: OrderState,
    },
    /// It did not come to an end in time.
    NoEnd,
    /// Stock was lost or made.
    Stock,
    /// Something of the rehearsal itself failed.
    Broken {
        /// In words for support.
        message: String,
    },
}

/// A case, from its turn to its judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaseReport {
    /// The case.
    pub case: Case,
    /// How it stands.
    pub state: CaseState,
    /// The item it buys.
    pub title: String,
    /// What happened, oldest first.
    pub steps: Vec<Step>,
    /// What must be.
    pub wanted: Outcome,
    /// What was, by the channels' books and the shop's.
    pub found: Outcome,
    /// What was not as it must be.
    pub faults: Vec<CaseFault>,
    /// How long it took, milliseconds.
    #[ts(type = "number")]
    pub took_ms: u64,
}

/// How the rehearsal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RehearsalState {
    /// The pretend shop is being set up.
    Preparing,
    /// Cases are being lived.
    Running,
    /// All are over.
    Done,
    /// It was stopped.
    Stopped,
    /// It could not go on.
    Failed,
}

/// The rehearsal: sent at its begin and after each step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rehearsal {
    /// How it stands.
    pub state: RehearsalState,
    /// Whose goods it sells.
    pub room: String,
    /// When it began, Unix seconds.
    #[ts(type = "number")]
    pub began_at: i64,
    /// Every case, in the order they are lived.
    pub cases: Vec<CaseReport>,
    /// Why it could not go on.
    pub message: Option<String>,
}

/// How a crowd is to behave. The three shares are parts of a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CrowdPlan {
    /// Viewers, 1 to 500.
    pub viewers: u32,
    /// Of a hundred, how many pay.
    pub pay: u32,
    /// How many walk away from the code.
    pub leave: u32,
    /// How many cancel and pay all the same, too late.
    pub late: u32,
    /// Over how many seconds they come, 1 to 300.
    pub over_s: u32,
}

/// A crowd: sent at its begin and as it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Crowd {
    /// Whether it is still at it.
    pub running: bool,
    /// Viewers that came.
    pub came: u32,
    /// Orders made.
    pub ordered: u32,
    /// Viewers who were told that nothing is left, or that they have enough.
    pub turned_away: u32,
    /// Viewers who were told to try again, and did.
    pub slowed_down: u32,
    /// Viewers whom something else failed.
    pub failed: u32,
    /// Orders paid at the phone.
    pub paid: u32,
    /// Orders delivered.
    pub delivered: u32,
    /// Orders whose money went back.
    pub refunded: u32,
    /// Orders that ended unpaid.
    pub closed: u32,
    /// What was paid, fen.
    #[ts(type = "number")]
    pub paid_fen: i64,
    /// What went back, fen.
    #[ts(type = "number")]
    pub refunded_fen: i64,
    /// Milliseconds since it began.
    #[ts(type = "number")]
    pub took_ms: u64,
    /// Once it is over: whether the channels' books and the shop's agree on its money and goods.
    pub agrees: Option<bool>,
}
