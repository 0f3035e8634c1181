//! The steps of an order at its channel: the intent is committed before each call, the result after it. What the
//! channel says is the only evidence; a call without an answer leaves everything as it was.

use crate::closes;
use crate::shop::Shop;
use crate::store::{Answer, ApplyError, Evidence, Lease, Record};
use crate::throttle::Ticket;
use gateway::{Channel, CloseAnswer, Error, Prepay, Refund, RefundStanding, Refusal, Standing};
use order::plan::Step;
use order::state::{Attempt, AttemptState, ClosedBy, Event};
use order::{Expected, Mismatch, PayId, Payment, RefundId};
use std::sync::Arc;
use tokio::sync::watch;

/// Longest subject both channels take: WeChat Pay, Native order, `description`: 127 characters.
const SUBJECT_MAX_CHARS: usize = 127;
/// How an order stands after a step.
enum After {
    /// So, when last written; its job is still leased.
    Known(Box<Record>),
    /// Something else happened to it, or only what is beside the machine's states changed: it must be looked at again.
    Unknown,
    /// Unknown, but that the attempt's close call, begun then (Unix seconds), was answered.
    CloseAnswered(PayId, i64),
    /// Nothing is due, and its job was handed back.
    HandedBack,
}

/// How long after the deadline a code that nobody scanned is taken for dead, seconds. WeChat Pay moves a deadline to one
/// minute after the order at least (Native order, `time_expire`).
const EXPIRY_GRACE_S: i64 = 75;

impl Shop {
    /// Does what is due for an order, step after step, until nothing is or `stop` turns true, and hands its job back.
    /// Stops when the lease has become somebody else's.
    ///
    /// # Errors
    /// [`ApplyError`]: the job keeps its lease and is taken up again when that runs out.
    pub async fn attend(&self, lease: Lease, stop: &watch::Receiver<bool>) -> Result<(), ApplyError> {
        self.attend_in_turn(lease, false, stop).await
    }

    /// As [`Shop::attend`]. With `called`, the order's turn at its channel has come.
    ///
    /// # Errors
    /// As [`Shop::attend`].
    pub async fn attend_in_turn(
        &self,
        mut lease: Lease,
        mut called: bool,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), ApplyError> {
        let mut known: Option<Box<Record>> = None;
        let mut close_answered = None;
        loop {
            if *stop.borrow() {
                return Ok(self.store.release(&lease, self.clock.now_s()).await?);
            }
            // What the step before left is what is looked at next; nothing of it is trusted that is not looked at again
            // in the transaction that acts on it.
            let record = match known.take() {
                Some(record) => *record,
                None => self.store.order(&lease.order_id).await?.ok_or(ApplyError::NoSuchOrder)?,
            };
            match record.order.plan(self.clock.now_s()).step {
                Some(step) => {
                    if let Step::Prepay(pay_id) = &step
                        && !std::mem::take(&mut called)
                        && let Some(ticket) = self.ask_turn(&record, pay_id)
                    {
                        if self.store.release_in_line(&lease, pay_id, self.clock.now_s()).await? {
                            self.lines.stay(&ticket);
                            return Ok(());
                        }
                        continue;
                    }
                    let now = self.clock.now_s();
                    if !lease.lasts(now) && !self.store.renew(&mut lease, now).await? {
                        return Ok(());
                    }
                    match self.perform(&lease, &record, step, close_answered.clone()).await? {
                        After::Known(record) => known = Some(record),
                        After::Unknown => {}
                        After::CloseAnswered(pay_id, begun) => close_answered = Some((pay_id, begun)),
                        After::HandedBack => return Ok(()),
                    }
                }
                None => {
                    if self.store.release_unless_due(&lease, self.clock.now_s()).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// A place in the channel's line, when the order cannot be sent there now.
    fn ask_turn(&self, record: &Record, pay_id: &PayId) -> Option<Ticket> {
        let attempt = record.order.attempt(pay_id)?;
        self.lines.ask(attempt.pay_type, &record.order.id, record.snapshot.created_at)
    }

    async fn perform(
        &self,
        lease: &Lease,
        record: &Record,
        step: Step,
        close_answered: Option<(PayId, i64)>,
    ) -> Result<After, ApplyError> {
        match step {
            Step::End => {
                let event = Event::EndAsked { by: ClosedBy::Time, at: self.clock.now_s() };
                self.take_result(lease, record, event, Evidence::text("the deadline passed")).await
            }
            Step::Prepay(pay_id) => self.prepay(lease, record, &pay_id).await,
            Step::Query(pay_id) => self.query(lease, record, &pay_id, close_answered).await,
            Step::Close(pay_id) => self.close(lease, record, &pay_id).await,
            Step::Refund(refund_id) => self.refund(lease, record, &refund_id).await,
        }
    }

    /// Takes the intent of a call. `false` when the machine no longer takes it: something else happened to the order
    /// meanwhile, and the next look at it decides. The call must not be made then.
    async fn intend(&self, record: &Record, event: Event, what: &str) -> Result<bool, ApplyError> {
        let taken = self.store.apply(&record.order.id, event, Evidence::text(what), self.clock.now_s()).await;
        Ok(self.tell(record, taken)?.is_some())
    }

    /// Takes the result of a step, and hands the job back with it when nothing else is due.
    async fn take_result(
        &self,
        lease: &Lease,
        record: &Record,
        event: Event,
        evidence: Evidence,
    ) -> Result<After, ApplyError> {
        let taken = self.store.conclude(lease, event, evidence, self.clock.now_s()).await;
        let (taken, is_handed_back) = match taken {
            Ok((after, is_handed_back)) => (Ok(after), is_handed_back),
            Err(error) => (Err(error), false),
        };
        let after = self.tell(record, taken)?;
        Ok(match after {
            Some(_) if is_handed_back => After::HandedBack,
            Some(after) => After::Known(Box::new(after)),
            None => After::Unknown,
        })
    }

    /// Tells who listens of an event that was taken. `None` when the machine no longer takes it.
    fn tell(&self, record: &Record, taken: Result<Record, ApplyError>) -> Result<Option<Record>, ApplyError> {
        match taken {
            Ok(after) => {
                if after.revision > record.revision {
                    self.changed(record.order.state, &after);
                }
                Ok(Some(after))
            }
            Err(ApplyError::Illegal(illegal)) => {
                tracing::info!(order.id = %record.order.id, %illegal, "an event was overtaken");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The channel of an attempt, as the merchant it was made for. What another merchant's channel says of its number is
    /// no evidence: it does not know it.
    fn channel(&self, record: &Record, attempt: &Attempt) -> Option<Arc<dyn Channel>> {
        let made_for = record.trades.get(&attempt.pay_id).map(|trade| &trade.merchant);
        let channel = self.channels.get(&attempt.pay_type).filter(|channel| Some(channel.merchant()) == made_for);
        if channel.is_none() {
            tracing::error!(
                order.id = %record.order.id,
                pay_type = %attempt.pay_type,
                "the configuration no longer has the merchant this order was made for; it waits until it has"
            );
        }
        channel.cloned()
    }

    /// Rows 2 to 5.
    async fn prepay(&self, lease: &Lease, record: &Record, pay_id: &PayId) -> Result<After, ApplyError> {
        let Some(attempt) = record.order.attempt(pay_id) else { return Ok(After::Unknown) };
        let sent = Event::PrepaySent { pay_id: pay_id.clone(), at: self.clock.now_s() };
        if !self.intend(record, sent, "prepay").await? {
            return Ok(After::Unknown);
        }
        let Some(channel) = self.channel(record, attempt) else { return Ok(After::Unknown) };
        let request = Prepay {
            pay_id: pay_id.clone(),
            amount: record.order.amount,
            subject: subject(record),
            expires_at_s: record.order.deadline_at,
            notify_url: format!("{}/notices/{}", self.public_url, attempt.pay_type),
        };
        let first_try = attempt.tries == 0;
        let (event, evidence) = match channel.prepay(&request).await {
            Ok(code) => {
                let ready = Event::PrepayReady { pay_id: pay_id.clone(), at: self.clock.now_s() };
                (ready, Evidence { code: Some((pay_id.clone(), code)), ..Evidence::text("payment string") })
            }
            Err(Error::Refused { refusal: Refusal::AlreadyPaid, code, .. }) => {
                tracing::warn!(order.id = %record.order.id, %code, "prepay says already paid");
                self.store.ask_now(&record.order.id, pay_id, self.clock.now_s()).await?;
                return Ok(After::Unknown);
            }
            Err(Error::Refused { refusal: Refusal::AlreadyClosed, code, why }) => {
                let closed = Event::CloseProved { pay_id: pay_id.clone(), at: self.clock.now_s() };
                (closed, Evidence::text(format!("{code}: {why}")))
            }
            // The channel has this number with other data. The deadline ends the order, and asks what is there.
            Err(Error::Refused { refusal: Refusal::NumberUsed, code, why }) => {
                tracing::error!(order.id = %record.order.id, %code, %why, "the channel has this number with other data");
                return Ok(After::Unknown);
            }
            Err(Error::Refused { code, why, .. }) => {
                tracing::warn!(order.id = %record.order.id, %code, %why, "the channel refused the order");
                (Event::PrepayRefused { pay_id: pay_id.clone() }, Evidence::text(format!("{code}: {why}")))
            }
            // The channel did not accept the request itself. If it is the first, it has no earlier one to honour.
            Err(Error::Ours { setting, why }) if first_try => {
                tracing::error!(order.id = %record.order.id, setting, %why, "the channel does not accept our requests");
                (Event::PrepayRefused { pay_id: pay_id.clone() }, Evidence::text(format!("{setting}: {why}")))
            }
            Err(error @ (Error::Ours { .. } | Error::Unknown { .. } | Error::Busy { .. })) => {
                tracing::warn!(order.id = %record.order.id, %error, "no payment string yet");
                return Ok(After::Unknown);
            }
        };
        self.take_result(lease, record, event, evidence).await
    }

    /// Rows 6, 7, 8, 11, 12 and 16: our own signed query is what decides about money (rule E).
    async fn query(
        &self,
        lease: &Lease,
        record: &Record,
        pay_id: &PayId,
        close_answered: Option<(PayId, i64)>,
    ) -> Result<After, ApplyError> {
        let (Some(attempt), Some(trade)) = (record.order.attempt(pay_id), record.trades.get(pay_id)) else {
            return Ok(After::Unknown);
        };
        let Some(channel) = self.channel(record, attempt) else {
            self.store.asked_in_vain(&record.order.id, pay_id, self.clock.now_s()).await?;
            return Ok(After::Unknown);
        };
        let (asked_at, uptime_s) = (self.clock.now_s(), self.clock.uptime_s());
        let closes_over = self.closes.over(attempt, uptime_s);
        let standing = match channel.query(pay_id).await {
            Ok(standing) => standing,
            Err(error) => {
                tracing::warn!(order.id = %record.order.id, %error, "the query has no answer");
                self.store.asked_in_vain(&record.order.id, pay_id, asked_at).await?;
                return Ok(After::Unknown);
            }
        };
        let expected = Expected {
            pay_id: pay_id.clone(),
            pay_type: attempt.pay_type,
            merchant: trade.merchant.clone(),
            amount: record.order.amount,
        };
        let id = || pay_id.clone();
        let amount = record.order.amount;
        let event = match &standing {
            // Row 10: the channel does not end it, nobody scanned it, and by the time it was given it no longer can be.
            // Before the close call was begun, a prepay call under way might still make the trade. An attempt with one
            // close call counts as closed by its answer (`Attempt::may_be_given_back`), so there must have been another.
            Standing::NoTrade
                if attempt.state == AttemptState::CloseSent && attempt.tries > 1 && ran_out(record, asked_at) =>
            {
                Some(Event::CloseProved { pay_id: id(), at: self.clock.now_s() })
            }
            Standing::NoTrade | Standing::NotPaid => None,
            Standing::WaitingForBuyer => Some(Event::Scanned { pay_id: id() }),
            Standing::Paid(payment) => Some(match expected.compare(payment) {
                Ok(()) => Event::Paid { pay_id: id(), amount, restock: false },
                Err(mismatch) => {
                    let ours = expected.is_ours(payment).then_some(payment.amount);
                    Event::Differs { pay_id: id(), mismatch, ours, at: self.clock.now_s() }
                }
            }),
            // What we sent back ourselves is booked. Otherwise a person did it before we knew: nothing may be delivered
            // for money that is gone, and how much is gone is not told here.
            Standing::SomeReturned(_) if attempt.paid.is_some() => None,
            Standing::SomeReturned(_) => {
                let mismatch = Mismatch::Returned;
                Some(Event::Differs { pay_id: id(), mismatch, ours: None, at: self.clock.now_s() })
            }
            Standing::Closed => Some(Event::CloseProved { pay_id: id(), at: self.clock.now_s() }),
            Standing::ClosedAfterPayment(payment) => Some(match expected.compare(payment) {
                Ok(()) => Event::Returned { pay_id: id(), amount },
                // Another sum than was asked for, which went back by itself all the same.
                Err(_) if expected.is_ours(payment) => Event::Returned { pay_id: id(), amount: payment.amount },
                Err(mismatch) => Event::Differs { pay_id: id(), mismatch, ours: None, at: self.clock.now_s() },
            }),
        };
        // With what the answer says, the asks are settled that it answers: a crash before this asks again.
        let answered = Answer { pay_id: pay_id.clone(), asks: trade.asks, asked_at };
        if let Some(event) = event {
            let payment = payment_of(&standing).cloned();
            let answered = Some(answered.clone());
            let text = Evidence::text(format!("query: {standing:?}"));
            let evidence = Evidence { payment, answered, close_answered, closes_over, ..text };
            let taken = self.take_result(lease, record, event, evidence).await;
            if taken.is_ok() {
                self.closes.forget(pay_id);
            }
            match taken {
                Ok(After::Unknown) => {}
                Ok(after) => return Ok(after),
                // Asked again until the close call is over: paid then, or given back.
                Err(ApplyError::Unsettled) => {
                    tracing::info!(order.id = %record.order.id, "paid, while a close call may be under way");
                    self.closes.count(attempt, uptime_s);
                    self.store.asked_in_vain(&record.order.id, pay_id, asked_at).await?;
                    return Ok(After::Unknown);
                }
                Err(error) => return Err(error),
            }
        }
        self.store.answered_query(&record.order.id, answered).await?;
        Ok(After::Unknown)
    }

    /// Rows 9 to 11.
    async fn close(&self, lease: &Lease, record: &Record, pay_id: &PayId) -> Result<After, ApplyError> {
        let Some(attempt) = record.order.attempt(pay_id) else { return Ok(After::Unknown) };
        let (begun, uptime_s) = (self.clock.now_s(), self.clock.uptime_s());
        let sent = Event::CloseSent { pay_id: pay_id.clone(), at: begun };
        if !self.intend(record, sent, "close").await? {
            return Ok(After::Unknown);
        }
        let Some(channel) = self.channel(record, attempt) else { return Ok(After::Unknown) };
        // A close call may give money back, so that it must be over when others count on that. Of the two clocks one may be
        // set, and the other may stand still while the computer sleeps.
        let late = |now_s: i64, begun_s: i64| now_s > begun_s.saturating_add(closes::BEGINS_S);
        if late(self.clock.now_s(), begun) || late(self.clock.uptime_s(), uptime_s) {
            return Ok(After::Unknown);
        }
        match channel.close(pay_id).await {
            Ok(CloseAnswer::Closed) => {
                let closed = Event::CloseProved { pay_id: pay_id.clone(), at: self.clock.now_s() };
                self.take_result(lease, record, closed, Evidence::text("close: closed")).await
            }
            Ok(answer @ (CloseAnswer::AlreadyPaid | CloseAnswer::Returned)) => {
                tracing::info!(order.id = %record.order.id, ?answer, "a payment came while closing");
                self.store.ask_now(&record.order.id, pay_id, self.clock.now_s()).await?;
                Ok(After::CloseAnswered(pay_id.clone(), begun))
            }
            Err(error) => {
                tracing::warn!(order.id = %record.order.id, %error, "the close has no result yet");
                Ok(After::Unknown)
            }
        }
    }

    /// Rows 13 to 15: asked about first, then called for, always under the same number.
    async fn refund(&self, lease: &Lease, record: &Record, refund_id: &RefundId) -> Result<After, ApplyError> {
        let Some(refund) = record.order.refund(refund_id) else { return Ok(After::Unknown) };
        let sent = Event::RefundSent { refund_id: refund_id.clone(), at: self.clock.now_s() };
        if !self.intend(record, sent, "refund").await? {
            return Ok(After::Unknown);
        }
        let Some(attempt) = record.order.attempt(&refund.pay_id) else { return Ok(After::Unknown) };
        let Some(channel) = self.channel(record, attempt) else { return Ok(After::Unknown) };
        let request = Refund {
            pay_id: refund.pay_id.clone(),
            refund_id: refund_id.clone(),
            amount: refund.amount,
            total: attempt.paid.unwrap_or(record.order.amount),
            reason: refund.reason.as_str().to_owned(),
            notify_url: format!("{}/notices/{}", self.public_url, attempt.pay_type),
        };
        let known = match channel.refund_query(&refund.pay_id, refund_id).await {
            Ok(RefundStanding::NotFound) => channel.refund(&request).await,
            known => known,
        };
        let id = || refund_id.clone();
        let event = match &known {
            Ok(RefundStanding::Done) => Event::RefundDone { refund_id: id() },
            Ok(RefundStanding::Processing) => Event::RefundAccepted { refund_id: id() },
            Ok(RefundStanding::Abnormal) => Event::RefundStuck { refund_id: id() },
            // WeChat Pay ends a refund after seven days without funds, and its number with it.
            Ok(RefundStanding::Closed) => Event::RefundClosed { refund_id: id() },
            Ok(RefundStanding::NotFound) | Err(Error::Unknown { .. } | Error::Busy { .. }) => {
                tracing::warn!(order.id = %record.order.id, ?known, "the refund has no result yet");
                return Ok(After::Unknown);
            }
            Err(Error::Refused { .. } | Error::Ours { .. }) => {
                tracing::error!(order.id = %record.order.id, ?known, "the refund is held up: a person must look");
                Event::RefundStuck { refund_id: id() }
            }
        };
        self.take_result(lease, record, event, Evidence::text(format!("refund: {known:?}"))).await
    }
}

/// Whether the time to pay, which the channel was given too, was over beyond doubt when it was asked. By the time its
/// answer is read it says nothing: the code may have been paid meanwhile.
const fn ran_out(record: &Record, asked_at: i64) -> bool {
    asked_at >= record.order.deadline_at.saturating_add(EXPIRY_GRACE_S)
}

fn payment_of(standing: &Standing) -> Option<&Payment> {
    match standing {
        Standing::Paid(payment) | Standing::SomeReturned(payment) | Standing::ClosedAfterPayment(payment) => {
            Some(payment)
        }
        Standing::NoTrade | Standing::WaitingForBuyer | Standing::NotPaid | Standing::Closed => None,
    }
}

/// What the payer reads in the wallet: the goods and how many.
fn subject(record: &Record) -> String {
    let pieces = format!(" x{}", record.snapshot.quantity);
    let room = SUBJECT_MAX_CHARS.saturating_sub(pieces.chars().count());
    record.snapshot.title.chars().take(room).collect::<String>() + &pieces
}
