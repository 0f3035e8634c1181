//! The channels' bills against our books. A bill is what a channel itself counts as collected and returned; where it
//! says something else than our books, the channel is asked, and its answer goes through the same machine as every
//! other. What no answer settles is for a person.

mod daily;
mod day;
mod report;

pub use daily::read_daily;
pub use day::{Day, NotADay};
pub use report::{ByHand, Difference, Report, Sum};

use crate::shop::Shop;
use crate::store::{ApplyError, BookedAttempt, Evidence, StoreError};
use aws_lc_rs::digest::{SHA256, digest};
use futures_util::stream::{self, StreamExt};
use gateway::{BillKind, BillLine};
use order::state::{ATTEMPTS_MAX, Event, RefundReason, RefundState};
use order::{Fen, OrderId, PayId, PayType, RefundId};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio::sync::watch;

/// Longest wait for the outcome of what was asked, seconds: a lease that a dead process left, and two calls.
const SETTLE_S: i64 = 90;
/// Seconds between two looks at what somebody else is at.
const LOOK_S: i64 = 1;
/// Orders attended to at a time.
const AT_A_TIME: usize = 16;

/// Why a bill was not compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The shop does not use this channel.
    #[error("the shop has not set up {0}")]
    NoChannel(PayType),
    /// The day is not over.
    #[error("{0} is not over, so there is no bill of it yet; it is made by 10:00 (GMT+8) of the next day")]
    NotOver(Day),
    /// The channel gave no bill.
    #[error("{pay_type} gave no bill of {day}: {source}")]
    Bill {
        /// The channel.
        pay_type: PayType,
        /// The day.
        day: Day,
        /// What went wrong.
        source: gateway::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The storefront is stopping.
    #[error("stopped")]
    Stopped,
}

/// What a line of the bill is to our books.
enum Found {
    /// Both say the same.
    Same,
    /// A number of the merchant's other systems.
    Others,
    /// They differ. Asking the channel may settle it.
    Ask(Ask, Difference),
    /// Money that a person returned at the channel, and that our books do not have.
    ByHand { order_id: OrderId, by_hand: ByHand, refund_id: RefundId },
    /// They differ, and no question can settle it.
    Differs(Difference),
}

/// What to ask the channel.
#[derive(Clone)]
enum Ask {
    Payment(OrderId, PayId),
    Refund(OrderId, RefundId),
}

impl Ask {
    fn order_id(&self) -> &OrderId {
        match self {
            Ask::Payment(order_id, _) | Ask::Refund(order_id, _) => order_id,
        }
    }
}

/// What our books have as returned by the channel itself, and how much of it the lines so far have shown. The channel
/// does that under numbers of its own.
type Shown = BTreeMap<PayId, Fen>;

impl Shop {
    /// Compares the bill of a day with our books, has the channel asked about what differs, and waits for its answers,
    /// a minute or two at most. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn reconcile(
        &self,
        pay_type: PayType,
        day: &Day,
        stop: &watch::Receiver<bool>,
    ) -> Result<Report, ReconcileError> {
        let channel = self.channels.get(&pay_type).ok_or(ReconcileError::NoChannel(pay_type))?;
        let read_at = self.clock.now_s();
        if read_at < day.end_s() {
            return Err(ReconcileError::NotOver(day.clone()));
        }
        let mut stopping = stop.clone();
        let lines = tokio::select! {
            lines = channel.bill(day.as_str()) => lines,
            // An error means that the storefront itself is gone, which is a stop too.
            _ = stopping.wait_for(|stop| *stop) => return Err(ReconcileError::Stopped),
        };
        let lines = lines.map_err(|source| ReconcileError::Bill { pay_type, day: day.clone(), source })?;
        let mut report = Report::new(day.clone(), pay_type);
        let mut shown = Shown::new();
        let mut again = Vec::new();
        let mut asks = Vec::new();
        for line in &lines {
            match line.kind {
                BillKind::Payment => report.payments.add(line.amount),
                BillKind::Refund { .. } => report.refunds.add(line.amount),
            }
            match self.look(pay_type, line, &mut shown).await? {
                Found::Same => {}
                Found::Others => report.others.add(line.amount),
                Found::Ask(ask, difference) => {
                    asks.push(ask);
                    again.push((line, Some(difference)));
                }
                Found::ByHand { .. } => again.push((line, None)),
                Found::Differs(difference) => report.differences.push(difference),
            }
        }
        let missing = self.not_on(pay_type, day, &lines).await?;
        asks.extend(missing.iter().map(|(ask, _)| ask.clone()));
        self.ask_all(&asks).await?;
        self.settle(&asks, stop).await?;
        for (line, before) in again {
            self.conclude(&mut report, line, before, &mut shown).await?;
        }
        report.differences.extend(missing.into_iter().map(|(_, difference)| difference));
        let words: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
        let count = i64::try_from(report.lines()).unwrap_or(i64::MAX);
        self.store.bill_read(day.as_str(), pay_type, count, &words, read_at).await?;
        Ok(report)
    }

    /// What a line is to our books now.
    async fn look(&self, pay_type: PayType, line: &BillLine, shown: &mut Shown) -> Result<Found, StoreError> {
        let attempt = match PayId::new(line.pay_id.as_str()) {
            Ok(pay_id) => self.store.booked_attempt(&pay_id).await?.map(|attempt| (pay_id, attempt)),
            Err(_) => None,
        };
        let (pay_id, attempt) = match attempt {
            Some((pay_id, attempt)) if attempt.pay_type == pay_type => (pay_id, attempt),
            None if !made_as_ours(&line.pay_id) => return Ok(Found::Others),
            Some(_) | None => {
                let (number, amount_fen) = (line.pay_id.clone(), line.amount);
                return Ok(Found::Differs(Difference::UnknownNumber { number, amount_fen }));
            }
        };
        match &line.kind {
            BillKind::Payment => Ok(look_at_payment(pay_id, attempt, line)),
            BillKind::Refund { refund_id } => {
                self.look_at_refund(pay_id, attempt.order_id, line, refund_id, shown).await
            }
        }
    }

    async fn look_at_refund(
        &self,
        pay_id: PayId,
        order_id: OrderId,
        line: &BillLine,
        number: &str,
        shown: &mut Shown,
    ) -> Result<Found, StoreError> {
        let refunds = self.store.booked_refunds(&order_id, &pay_id).await?;
        let by_hand_id = by_hand_id(&pay_id, line, number);
        let booked = refunds
            .iter()
            .find(|refund| refund.refund_id.as_str() == number || Some(&refund.refund_id) == by_hand_id.as_ref());
        if let Some(booked) = booked {
            let refund_id = booked.refund_id.clone();
            let not_done = Difference::RefundNotDone { refund_id: refund_id.clone(), amount_fen: line.amount };
            return Ok(match booked.state {
                _ if booked.amount != line.amount => {
                    let (number, bill_fen) = (number.to_owned(), line.amount);
                    Found::Differs(Difference::RefundAmount { number, bill_fen, booked_fen: booked.amount })
                }
                RefundState::Done => Found::Same,
                RefundState::New | RefundState::Sent | RefundState::Processing | RefundState::Abnormal => {
                    Found::Ask(Ask::Refund(order_id, refund_id), not_done)
                }
                // The channel said that it had ended this one for good, and another took its place.
                RefundState::Closed => Found::Differs(not_done),
            });
        }
        // What the channel took and returned by itself is in our books as one refund, whatever it is on the bill.
        let returned = refunds.iter().find(|refund| refund.reason == RefundReason::Returned);
        if let Some(returned) = returned {
            let so_far = shown.get(&pay_id).copied().unwrap_or_default().plus(line.amount);
            if let Some(so_far) = so_far.filter(|so_far| *so_far <= returned.amount) {
                shown.insert(pay_id, so_far);
                return Ok(Found::Same);
            }
        }
        let by_hand = ByHand { pay_id, number: number.to_owned(), amount_fen: line.amount };
        Ok(match by_hand_id {
            Some(refund_id) => Found::ByHand { order_id, by_hand, refund_id },
            None => Found::Differs(too_much(by_hand)),
        })
    }

    /// What our books have as paid on that day and the bill has not.
    async fn not_on(
        &self,
        pay_type: PayType,
        day: &Day,
        lines: &[BillLine],
    ) -> Result<Vec<(Ask, Difference)>, StoreError> {
        let payments = lines.iter().filter(|line| line.kind == BillKind::Payment);
        let listed: HashSet<&str> = payments.map(|line| line.pay_id.as_str()).collect();
        let booked = self.store.paid_between(pay_type, day.begin_s(), day.end_s()).await?;
        let missing = booked.into_iter().filter(|(_, pay_id, _)| !listed.contains(pay_id.as_str()));
        let asked = missing.map(|(order_id, pay_id, booked_fen)| {
            (Ask::Payment(order_id, pay_id.clone()), Difference::NotOnBill { pay_id, booked_fen })
        });
        Ok(asked.collect())
    }

    async fn ask_all(&self, asks: &[Ask]) -> Result<(), StoreError> {
        let now = self.clock.now_s();
        for ask in asks {
            match ask {
                Ask::Payment(order_id, pay_id) => self.store.ask_now(order_id, pay_id, now).await?,
                Ask::Refund(order_id, refund_id) => self.store.refund_now(order_id, refund_id, now).await?,
            }
        }
        self.due.notify_one();
        Ok(())
    }

    /// Attends to the orders that were asked about, beside whoever else does, until each has its answer or the time is
    /// up. What is then still open stays in the list of jobs.
    async fn settle(&self, asks: &[Ask], stop: &watch::Receiver<bool>) -> Result<(), ReconcileError> {
        let until = self.clock.now_s().saturating_add(SETTLE_S);
        let mut stopping = stop.clone();
        let mut open: Vec<&Ask> = asks.iter().collect();
        loop {
            let mut still = Vec::new();
            for ask in open {
                if !self.is_settled(ask).await? {
                    still.push(ask);
                }
            }
            open = still;
            if open.is_empty() || self.clock.now_s() >= until {
                return Ok(());
            }
            let orders: BTreeSet<&OrderId> = open.iter().map(|ask| ask.order_id()).collect();
            stream::iter(orders).for_each_concurrent(AT_A_TIME, |order_id| self.attend_if_free(order_id, stop)).await;
            tokio::select! {
                () = self.clock.sleep_until(self.clock.now_s().saturating_add(LOOK_S)) => {}
                _ = stopping.wait_for(|stop| *stop) => return Err(ReconcileError::Stopped),
            }
        }
    }

    async fn attend_if_free(&self, order_id: &OrderId, stop: &watch::Receiver<bool>) {
        let attended = match self.store.lease_order(order_id, self.clock.now_s()).await {
            Ok(Some(lease)) => self.attend(lease, stop).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = attended {
            tracing::error!(order.id = %order_id, %error, "the order could not be attended to; its lease will run out");
        }
    }

    /// Whether the channel has answered, and what follows from the answer is done as far as it can be at once.
    async fn is_settled(&self, ask: &Ask) -> Result<bool, StoreError> {
        let Some(record) = self.store.order(ask.order_id()).await? else { return Ok(true) };
        let going_back =
            |state: RefundState| matches!(state, RefundState::New | RefundState::Sent | RefundState::Processing);
        Ok(match ask {
            Ask::Payment(_, pay_id) => {
                let asking = record.order.attempt(pay_id).is_some_and(|attempt| attempt.ask_now);
                let mut refunds = record.order.refunds.iter().filter(|refund| refund.pay_id == *pay_id);
                !asking && !refunds.any(|refund| going_back(refund.state))
            }
            Ask::Refund(_, refund_id) => {
                record.order.refund(refund_id).is_none_or(|refund| refund.state == RefundState::Done)
            }
        })
    }

    /// Looks at a line again after the channel was asked, and takes what people returned into our books.
    async fn conclude(
        &self,
        report: &mut Report,
        line: &BillLine,
        before: Option<Difference>,
        shown: &mut Shown,
    ) -> Result<(), StoreError> {
        match self.look(report.pay_type, line, shown).await? {
            Found::Same | Found::Others => report.found.extend(before),
            Found::Ask(_, difference) | Found::Differs(difference) => report.differences.push(difference),
            Found::ByHand { order_id, by_hand, refund_id } => {
                let (pay_id, amount) = (by_hand.pay_id.clone(), by_hand.amount_fen);
                let event = Event::ReturnedByHand { pay_id, refund_id, amount };
                let evidence = format!("bill of {}: refund {:?} of {amount}", report.day, by_hand.number);
                let now = self.clock.now_s();
                match self.store.apply(&order_id, event, Evidence::text(evidence), now).await {
                    Ok(record) => {
                        self.changed(record.order.state, &record);
                        report.by_hand.push(by_hand);
                    }
                    Err(ApplyError::Store(error)) => return Err(error),
                    Err(error) => {
                        tracing::warn!(order.id = %order_id, %error, "money returned at the channel does not fit our books");
                        report.differences.push(too_much(by_hand));
                    }
                }
            }
        }
        Ok(())
    }
}

fn look_at_payment(pay_id: PayId, attempt: BookedAttempt, line: &BillLine) -> Found {
    let BookedAttempt { order_id, paid, channel_no, .. } = attempt;
    let difference = match paid {
        None => Difference::NotBooked { pay_id: pay_id.clone(), amount_fen: line.amount },
        Some(_) if channel_no.is_some_and(|booked| booked != line.channel_no) => {
            let (channel_no, amount_fen) = (line.channel_no.clone(), line.amount);
            return Found::Differs(Difference::PaidAgain { pay_id, channel_no, amount_fen });
        }
        Some(booked_fen) if booked_fen != line.amount => {
            Difference::Amount { pay_id: pay_id.clone(), bill_fen: line.amount, booked_fen }
        }
        Some(_) => return Found::Same,
    };
    Found::Ask(Ask::Payment(order_id, pay_id), difference)
}

fn too_much(by_hand: ByHand) -> Difference {
    let ByHand { pay_id, number, amount_fen } = by_hand;
    Difference::ReturnedTooMuch { pay_id, number, amount_fen }
}

/// Our number for money that a person returned under `number` at the channel. The same line always gives the same one,
/// so that it is booked once however often the bill is read.
fn by_hand_id(pay_id: &PayId, line: &BillLine, number: &str) -> Option<RefundId> {
    // A refund without a number is told from another by its moment.
    let named = if number.is_empty() { line.at_s.to_string() } else { number.to_owned() };
    let hash = hex::encode(digest(&SHA256, named.as_bytes()));
    // 32 characters of the attempt at most, a letter, and 96 bits of the hash: 57 of the 64 that a number may have.
    RefundId::new(format!("{pay_id}H{}", hash.get(..24)?)).ok()
}

/// Whether a number has the form of our attempts': 26 characters of base 32, `A`, and which attempt of its order it is.
fn made_as_ours(number: &str) -> bool {
    let Some((order, attempt)) = number.split_at_checked(26) else { return false };
    let base32 = |byte: u8| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(&byte));
    let count = attempt.strip_prefix('A').and_then(|count| count.parse::<usize>().ok());
    order.bytes().all(base32) && count.is_some_and(|count| (1..=ATTEMPTS_MAX).contains(&count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at_s: i64) -> BillLine {
        let kind = BillKind::Refund { refund_id: String::new() };
        BillLine { kind, pay_id: "x".into(), channel_no: "1".into(), amount: Fen::ZERO, at_s }
    }

    #[test]
    fn a_number_is_made_as_ours_or_belongs_to_somebody_else() {
        let order = OrderId::from_bits(u128::MAX);
        for number in 1..=8 {
            assert!(made_as_ours(order.attempt(number).as_str()));
        }
        let ours = order.attempt(1).to_string();
        for other in ["", "POS-20260101-1", "微信", &ours[1..], &ours[..26], &ours.to_lowercase(), &format!("{ours}x")]
        {
            assert!(!made_as_ours(other), "{other}");
        }
        assert!(!made_as_ours(order.attempt(9).as_str()), "no order has that many attempts");
        assert!(!made_as_ours(&format!("微{}", &ours[..24])));
    }

    #[test]
    fn a_refund_by_hand_has_one_number_for_each_line() {
        let [first, second] = [1, 2].map(|number| OrderId::from_bits(7).attempt(number));
        let id = |pay_id: &PayId, number: &str, at_s| by_hand_id(pay_id, &line(at_s), number).unwrap();
        assert_eq!(id(&first, "5030", 1), id(&first, "5030", 2));
        assert_ne!(id(&first, "5030", 1), id(&first, "5031", 1));
        assert_ne!(id(&first, "5030", 1), id(&second, "5030", 1));
        assert_ne!(id(&first, "", 1), id(&first, "", 2));
        assert_ne!(id(&first, first.whole_refund().as_str(), 1), first.whole_refund());
        assert!(id(&PayId::new("x".repeat(32)).unwrap(), "退款 5030", 1).as_str().len() <= 64);
    }
}
