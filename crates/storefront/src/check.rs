//! `storefront check`: the audit of the database, and of what the channels' own books say about it.

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::serve;
use crate::store::{Difference, OpenError, Progress, Reader, Record, StoreError};
use futures_util::{StreamExt, stream};
use gateway::{Channel, Error, RefundStanding, SetupError, Standing};
use order::state::{Attempt, AttemptState, Refund, RefundReason, RefundState};
use order::{Expected, Fen, PayType};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Questions to the channels at a time.
const AT_A_TIME: usize = 8;
/// Questions in a row without an answer after which a channel is asked nothing more: each takes seconds.
const SILENT_AFTER: u32 = 3;
/// How often a difference is looked at again that a storefront at work may be about to settle, and how long between.
const LOOKS: u32 = 6;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// What is due within so many seconds a storefront at work is about to do: an open attempt is asked about every 30 s.
const SOON_S: i64 = 30;

/// What a check looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Differences found.
    pub differences: u64,
    /// Orders.
    pub orders: i64,
    /// Journal lines.
    pub lines: i64,
    /// Attempts and refunds that their channel was asked about.
    pub asked: u64,
    /// What could not be asked about, by channel, with the reason: not a difference.
    pub not_checked: BTreeMap<PayType, (u64, String)>,
}

/// What a channel did not say.
struct NotAsked {
    pay_type: PayType,
    why: String,
}

/// What came of one question.
enum Answer {
    Agrees,
    Differs(String),
    None(NotAsked),
}

/// Why a check did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A channel of the settings cannot be set up.
    #[error(transparent)]
    Channel(#[from] SetupError),
}

/// The whole check of the shop that the settings describe; without the channels when it is to stay `offline`.
///
/// # Errors
/// [`CheckError`].
pub async fn check(
    config: &Config,
    offline: bool,
    tell: &mut (dyn FnMut(&Difference) + Send),
    progress: &mut Progress<'_>,
) -> Result<Checked, CheckError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut reader = Reader::open(&config.database).await?;
    let mut checked = database(&mut reader, clock.now_s(), tell, progress).await?;
    if !offline {
        let all = serve::channels(config, &clock)?;
        channels(&config.database, &all, clock.as_ref(), &mut checked, tell, progress).await?;
    }
    Ok(checked)
}

/// Everything that can be seen in the database alone. `now` is Unix seconds.
///
/// # Errors
/// [`StoreError`].
pub async fn database(
    reader: &mut Reader,
    now: i64,
    tell: &mut (dyn FnMut(&Difference) + Send),
    progress: &mut Progress<'_>,
) -> Result<Checked, StoreError> {
    let mut differences = 0_u64;
    let mut found = |difference: Difference| {
        differences = differences.saturating_add(1);
        tell(&difference);
    };
    let audited = reader.audit(now, &mut found, progress).await?;
    Ok(Checked { differences, orders: audited.orders, lines: audited.lines, ..Checked::default() })
}

/// Asks the channels about every attempt that may hold money or may be paid, and about every refund (rule 5), and adds
/// to `checked`. `database` is read as it is by then.
///
/// # Errors
/// [`OpenError`].
pub async fn channels(
    database: &str,
    channels: &BTreeMap<PayType, Arc<dyn Channel>>,
    clock: &dyn Clock,
    checked: &mut Checked,
    tell: &mut (dyn FnMut(&Difference) + Send),
    progress: &mut Progress<'_>,
) -> Result<(), OpenError> {
    let mut reader = Reader::open(database).await?;
    let total = reader.count_orders().await?;
    let silence = Silence::default();
    let (mut done, mut after) = (0_i64, String::new());
    loop {
        let (records, last) = reader.orders_after(&after).await?;
        let Some(last) = last else { return Ok(()) };
        after = last;
        let questions = records.into_iter().map(|record| compare(database, channels, clock, &silence, record));
        let mut answers = stream::iter(questions).buffer_unordered(AT_A_TIME);
        while let Some((record, answers)) = answers.next().await {
            done = done.saturating_add(1);
            progress("orders at the channels", done, total);
            for (about, answer) in answers {
                match answer {
                    Answer::Agrees => checked.asked = checked.asked.saturating_add(1),
                    Answer::Differs(words) => {
                        checked.asked = checked.asked.saturating_add(1);
                        checked.differences = checked.differences.saturating_add(1);
                        tell(&Difference::new(format!("order {}, {about}", record.order.id), words));
                    }
                    Answer::None(NotAsked { pay_type, why }) => {
                        let entry = checked.not_checked.entry(pay_type).or_insert((0, why));
                        entry.0 = entry.0.saturating_add(1);
                    }
                }
            }
        }
    }
}

/// The channels that gave no answer, and how often in a row.
#[derive(Default)]
struct Silence(Mutex<BTreeMap<PayType, (u32, String)>>);

impl Silence {
    fn of(&self, pay_type: PayType) -> Option<String> {
        let silent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(&pay_type).filter(|(times, _)| *times >= SILENT_AFTER).map(|(_, why)| why.clone())
    }

    fn note(&self, pay_type: PayType, error: Option<&Error>) {
        let mut silent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match error {
            Some(error) => {
                let entry = silent.entry(pay_type).or_default();
                *entry = (entry.0.saturating_add(1), error.to_string());
            }
            None => {
                silent.remove(&pay_type);
            }
        }
    }
}

type Channels = BTreeMap<PayType, Arc<dyn Channel>>;

/// Everything about one order. What does not agree is looked at again while something is due soon: a storefront at work
/// may be about to book it.
async fn compare(
    database: &str,
    channels: &Channels,
    clock: &dyn Clock,
    silence: &Silence,
    mut record: Record,
) -> (Record, Vec<(String, Answer)>) {
    let mut answers = ask(channels, silence, &record).await;
    for _ in 1..LOOKS {
        let differs = answers.iter().any(|(_, answer)| matches!(answer, Answer::Differs(_)));
        let soon = clock.now_s().saturating_add(SOON_S);
        if !differs || record.order.plan(soon).step.is_none() {
            break;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let Ok(mut reader) = Reader::open(database).await else { break };
        let Ok(Some(newer)) = reader.order(&record.order.id).await else { break };
        record = newer;
        answers = ask(channels, silence, &record).await;
    }
    (record, answers)
}

async fn ask(channels: &Channels, silence: &Silence, record: &Record) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for attempt in record.order.attempts.iter().filter(|attempt| was_sent(attempt)) {
        let answer = match channel_of(channels, silence, record, attempt) {
            Ok(channel) => {
                let answered = channel.query(&attempt.pay_id).await;
                silence.note(attempt.pay_type, answered.as_ref().err());
                match answered {
                    Ok(standing) => agree(attempt_differs(record, attempt, &standing)),
                    Err(error) => Answer::None(NotAsked { pay_type: attempt.pay_type, why: error.to_string() }),
                }
            }
            Err(not_asked) => Answer::None(not_asked),
        };
        answers.push((format!("attempt {}", attempt.pay_id), answer));
    }
    for refund in record.order.refunds.iter().filter(|refund| is_ours(refund)) {
        let Some(attempt) = record.order.attempt(&refund.pay_id) else { continue };
        let answer = match channel_of(channels, silence, record, attempt) {
            Ok(channel) => {
                let answered = channel.refund_query(&refund.pay_id, &refund.refund_id).await;
                silence.note(attempt.pay_type, answered.as_ref().err());
                match answered {
                    Ok(standing) => agree(refund_differs(refund, standing)),
                    Err(error) => Answer::None(NotAsked { pay_type: attempt.pay_type, why: error.to_string() }),
                }
            }
            Err(not_asked) => Answer::None(not_asked),
        };
        answers.push((format!("refund {}", refund.refund_id), answer));
    }
    answers
}

fn agree(differs: Option<String>) -> Answer {
    differs.map_or(Answer::Agrees, Answer::Differs)
}

/// Whether a channel may know it: a call about it was begun.
fn was_sent(attempt: &Attempt) -> bool {
    match attempt.state {
        AttemptState::New => false,
        AttemptState::Rejected => attempt.tried_at.is_some(),
        AttemptState::Sent
        | AttemptState::QrReady
        | AttemptState::Scanned
        | AttemptState::CloseSent
        | AttemptState::Closed
        | AttemptState::Paid
        | AttemptState::Mismatch => true,
    }
}

/// Whether the channel knows the refund under our number.
fn is_ours(refund: &Refund) -> bool {
    match refund.reason {
        RefundReason::Late | RefundReason::Twice | RefundReason::Streamer | RefundReason::Mismatch => {
            refund.state != RefundState::New
        }
        // The channel returned it by itself, or a person did there.
        RefundReason::Returned | RefundReason::Console => false,
    }
}

/// The channel of an attempt, as the merchant it was made for.
fn channel_of<'a>(
    channels: &'a Channels,
    silence: &Silence,
    record: &Record,
    attempt: &Attempt,
) -> Result<&'a Arc<dyn Channel>, NotAsked> {
    let pay_type = attempt.pay_type;
    let none = |why: &str| NotAsked { pay_type, why: why.to_owned() };
    let channel = channels.get(&pay_type).ok_or_else(|| none("the settings have no such channel"))?;
    let made_for = record.trades.get(&attempt.pay_id).map(|trade| &trade.merchant);
    if made_for != Some(channel.merchant()) {
        return Err(none("the settings have another merchant than the one it was made for"));
    }
    match silence.of(pay_type) {
        Some(why) => Err(NotAsked { pay_type, why }),
        None => Ok(channel),
    }
}

/// Paid there, and only then, is paid here; with the same amount and number, and back there only if it is back here.
fn attempt_differs(record: &Record, attempt: &Attempt, standing: &Standing) -> Option<String> {
    let here = attempt.paid;
    let (payment, is_back) = match standing {
        Standing::Paid(payment) | Standing::SomeReturned(payment) => (payment, false),
        Standing::ClosedAfterPayment(payment) => (payment, true),
        Standing::NoTrade | Standing::WaitingForBuyer | Standing::NotPaid | Standing::Closed => {
            let there = in_words(standing);
            return here.map(|here| format!("{here} are booked as paid here, and the channel says: {there}"));
        }
    };
    let trade = record.trades.get(&attempt.pay_id)?;
    let expected = Expected {
        pay_id: attempt.pay_id.clone(),
        pay_type: attempt.pay_type,
        merchant: trade.merchant.clone(),
        amount: record.order.amount,
    };
    if !expected.is_ours(payment) {
        // Money that is not ours is quarantined, not booked.
        let quarantined = attempt.state == AttemptState::Mismatch && here.is_none();
        let words = || "the channel has a payment for another merchant or in another currency under its number";
        return (!quarantined).then(|| words().to_owned());
    }
    let Some(here) = here else {
        return Some(format!("the channel has {} for it, and nothing is booked here", payment.amount));
    };
    if here != payment.amount {
        return Some(format!("the channel has {} for it, and {here} are booked here", payment.amount));
    }
    if trade.channel_no.as_deref() != Some(payment.channel_no.as_str()) {
        return Some(format!("the channel's number of its payment is {}, another one here", payment.channel_no));
    }
    let of_it = record.order.refunds.iter().filter(|refund| refund.pay_id == attempt.pay_id);
    let back = of_it.filter(|refund| refund.state == RefundState::Done);
    let back = back.fold(Fen::ZERO, |sum, refund| sum.plus(refund.amount).unwrap_or(Fen::MAX));
    (is_back && back != here)
        .then(|| format!("the channel returned all {here} of it, and {back} are booked as returned here"))
}

fn in_words(standing: &Standing) -> &'static str {
    match standing {
        Standing::NoTrade => "there is no such trade",
        Standing::WaitingForBuyer | Standing::NotPaid => "it is not paid",
        Standing::Closed => "it was closed unpaid",
        Standing::Paid(_) => "it is paid",
        Standing::SomeReturned(_) => "it was paid, and some or all of it returned",
        Standing::ClosedAfterPayment(_) => "it was paid and returned",
    }
}

/// Done there, and only then, is done here.
fn refund_differs(refund: &Refund, standing: RefundStanding) -> Option<String> {
    let there = match standing {
        RefundStanding::Done => "the money went back",
        RefundStanding::NotFound => "there is no such refund",
        RefundStanding::Processing => "it is under way",
        RefundStanding::Abnormal => "the payer's account does not take it",
        RefundStanding::Closed => "it failed for good",
    };
    let here = refund.state.as_str();
    let done = (refund.state == RefundState::Done, standing == RefundStanding::Done);
    let closed = refund.state == RefundState::Closed && standing != RefundStanding::Closed;
    (done.0 != done.1 || closed).then(|| format!("it is {here} here, and the channel says: {there}"))
}
