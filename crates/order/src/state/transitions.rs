//! The transition table: each event's row, and nothing else.

use super::{
    ATTEMPTS_MAX, Attempt, AttemptState, ClosedBy, Effect, Event, Illegal, Order, OrderState, Refund, RefundReason,
    RefundState,
};
use crate::{Fen, Mismatch, PayId, PayType, RefundId};

impl Order {
    /// Takes an event: changes the state and says what else the same transaction writes. Evidence that is already
    /// known changes nothing and is no error, so notices may come twice and in any order.
    ///
    /// # Errors
    /// [`Illegal`] when the machine has no such transition; nothing was changed.
    pub fn apply(&mut self, event: &Event) -> Result<Vec<Effect>, Illegal> {
        let mut next = self.clone();
        match next.change(event) {
            Some(effects) => {
                *self = next;
                Ok(effects)
            }
            None => Err(Illegal { order: self.id.clone(), state: self.state, event: Box::new(event.clone()) }),
        }
    }

    /// The transition table. `None` where it has no row.
    fn change(&mut self, event: &Event) -> Option<Vec<Effect>> {
        match event {
            Event::Attempted { pay_type, at } => self.attempted(*pay_type, *at),
            Event::PrepaySent { pay_id, at } => {
                self.sent(pay_id, &[AttemptState::New, AttemptState::Sent], AttemptState::Sent, *at)
            }
            Event::PrepayReady { pay_id, at } => self.prepay_ready(pay_id, *at),
            Event::PrepayRefused { pay_id } => {
                self.step(pay_id, &[AttemptState::Sent], AttemptState::Rejected)?;
                Some(self.end_if_nothing_is_open(ClosedBy::Channel))
            }
            Event::Scanned { pay_id } => self.scanned(pay_id),
            Event::EndAsked { by, at } => self.end_asked(*by, *at),
            Event::CloseSent { pay_id, at } => self.close_sent(pay_id, *at),
            Event::CloseProved { pay_id, at } => self.close_proved(pay_id, *at),
            Event::Paid { pay_id, amount, restock } => self.paid(pay_id, *amount, *restock),
            Event::Returned { pay_id, amount } => self.returned(pay_id, *amount),
            Event::Differs { pay_id, mismatch, ours, at } => self.differs(pay_id, *mismatch, *ours, *at),
            Event::RefundSent { refund_id, at } => self.refund_sent(refund_id, *at),
            Event::RefundAccepted { refund_id } => self.refund_step(refund_id, RefundState::Processing),
            Event::RefundStuck { refund_id } => self.refund_step(refund_id, RefundState::Abnormal),
            Event::RefundDone { refund_id } => self.refund_done(refund_id),
            Event::RefundClosed { refund_id } => self.refund_closed(refund_id),
            Event::TakenBack { pay_id, refund_id, amount } => self.taken_back(pay_id, refund_id, *amount),
            Event::ReturnedByHand { pay_id, refund_id, amount } => self.returned_by_hand(pay_id, refund_id, *amount),
        }
    }

    fn find(&mut self, pay_id: &PayId) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.pay_id == *pay_id)
    }

    /// Moves an attempt that stands in one of `from` to `to`.
    fn step(&mut self, pay_id: &PayId, from: &[AttemptState], to: AttemptState) -> Option<Vec<Effect>> {
        let attempt = self.find(pay_id)?;
        if !from.contains(&attempt.state) {
            return None;
        }
        attempt.state = to;
        attempt.tries = 0;
        Some(Vec::new())
    }

    /// Moves an attempt to a state that means a call is out, and counts the tries of that call.
    fn sent(&mut self, pay_id: &PayId, from: &[AttemptState], to: AttemptState, at: i64) -> Option<Vec<Effect>> {
        let attempt = self.find(pay_id)?;
        if !from.contains(&attempt.state) {
            return None;
        }
        attempt.tries = if attempt.state == to { attempt.tries.saturating_add(1) } else { 1 };
        attempt.tried_at = Some(at);
        attempt.state = to;
        Some(Vec::new())
    }

    fn attempted(&mut self, pay_type: PayType, at: i64) -> Option<Vec<Effect>> {
        if !self.is_selling() || self.attempts.len() >= ATTEMPTS_MAX {
            return None;
        }
        self.end_attempts(at);
        let number = u32::try_from(self.attempts.len()).ok()?.checked_add(1)?;
        self.attempts.push(Attempt::new(self.id.attempt(number), pay_type));
        Some(Vec::new())
    }

    /// Begins the end of every attempt that can still be paid.
    fn end_attempts(&mut self, at: i64) {
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.state.is_open()) {
            attempt.ending_at.get_or_insert(at);
            // An attempt that was never sent exists at no channel: there is nobody to ask.
            if attempt.state == AttemptState::New {
                attempt.state = AttemptState::Rejected;
            }
        }
    }

    fn prepay_ready(&mut self, pay_id: &PayId, at: i64) -> Option<Vec<Effect>> {
        self.step(pay_id, &[AttemptState::Sent], AttemptState::QrReady)?;
        let attempt = self.find(pay_id)?;
        attempt.ready_at = Some(at);
        // The code of an attempt that is ending is shown to nobody.
        let shown = attempt.ending_at.is_none();
        if shown && self.state == OrderState::Reserved {
            self.state = OrderState::AwaitingPayment;
        }
        Some(Vec::new())
    }

    fn scanned(&mut self, pay_id: &PayId) -> Option<Vec<Effect>> {
        let attempt = self.find(pay_id)?;
        // An old answer may arrive late: it says nothing new about an attempt that has moved on.
        if matches!(attempt.state, AttemptState::Sent | AttemptState::QrReady) {
            attempt.state = AttemptState::Scanned;
        }
        Some(Vec::new())
    }

    fn end_asked(&mut self, by: ClosedBy, at: i64) -> Option<Vec<Effect>> {
        match self.state {
            OrderState::Reserved | OrderState::AwaitingPayment => {
                self.state = OrderState::Closing;
                self.closed_by = Some(by);
                self.end_attempts(at);
                Some(self.end_if_nothing_is_open(by))
            }
            // The answer is on its way, or it ended already: asking again changes nothing.
            OrderState::Closing
            | OrderState::Closed
            | OrderState::Delivered
            | OrderState::RefundDue
            | OrderState::Refunding
            | OrderState::Refunded => Some(Vec::new()),
        }
    }

    fn close_sent(&mut self, pay_id: &PayId, at: i64) -> Option<Vec<Effect>> {
        // An attempt is closed because its order ends, because the viewer chose another way to pay, or because another
        // attempt of the order was paid.
        if self.is_selling() && self.attempt(pay_id)?.ending_at.is_none() {
            return None;
        }
        let from = [AttemptState::Sent, AttemptState::QrReady, AttemptState::Scanned, AttemptState::CloseSent];
        self.sent(pay_id, &from, AttemptState::CloseSent, at)
    }

    fn close_proved(&mut self, pay_id: &PayId, at: i64) -> Option<Vec<Effect>> {
        let attempt = self.find(pay_id)?;
        match attempt.state {
            AttemptState::Sent | AttemptState::QrReady | AttemptState::Scanned | AttemptState::CloseSent => {
                attempt.state = AttemptState::Closed;
                attempt.ending_at.get_or_insert(at);
                Some(self.end_if_nothing_is_open(ClosedBy::Channel))
            }
            AttemptState::Closed | AttemptState::Paid | AttemptState::Mismatch => Some(Vec::new()),
            AttemptState::New | AttemptState::Rejected => None,
        }
    }

    /// An order whose attempts have all ended unpaid is closed, and its stock goes back.
    fn end_if_nothing_is_open(&mut self, by: ClosedBy) -> Vec<Effect> {
        // A quarantined attempt may hold the viewer's money: the order waits for a person, the stock for the order.
        let undecided = |state: AttemptState| state.is_open() || state == AttemptState::Mismatch;
        if !self.state.holds_stock() || self.attempts.iter().any(|attempt| undecided(attempt.state)) {
            return Vec::new();
        }
        self.state = OrderState::Closed;
        self.closed_by.get_or_insert(by);
        vec![Effect::ReleaseStock]
    }

    fn paid(&mut self, pay_id: &PayId, amount: Fen, restock: bool) -> Option<Vec<Effect>> {
        if !self.collect(pay_id, amount, AttemptState::Paid)? {
            return Some(Vec::new());
        }
        let booked = Effect::BookPayment { pay_id: pay_id.clone(), amount };
        Some(match self.state {
            OrderState::Reserved | OrderState::AwaitingPayment | OrderState::Closing => {
                self.state = OrderState::Delivered;
                vec![booked, Effect::SellHeld, Effect::Deliver]
            }
            OrderState::Closed if restock => {
                self.state = OrderState::Delivered;
                vec![booked, Effect::SellAgain, Effect::Deliver]
            }
            OrderState::Delivered => vec![booked, self.owe(pay_id, amount, RefundReason::Twice)],
            OrderState::Closed | OrderState::RefundDue | OrderState::Refunding | OrderState::Refunded => {
                self.state = OrderState::RefundDue;
                vec![booked, self.owe(pay_id, amount, RefundReason::Late)]
            }
        })
    }

    /// Notes what was collected for an attempt. `false` when that was known before.
    fn collect(&mut self, pay_id: &PayId, amount: Fen, state: AttemptState) -> Option<bool> {
        let attempt = self.find(pay_id)?;
        let new = attempt.paid.is_none();
        if new {
            attempt.state = state;
            attempt.paid = Some(amount);
            // Nothing is sold any more: an attempt that was never sent never will be, and whoever waits for it is told.
            for unsent in self.attempts.iter_mut().filter(|attempt| attempt.state == AttemptState::New) {
                unsent.state = AttemptState::Rejected;
            }
        }
        Some(new)
    }

    /// Writes the refund of a whole attempt, to be made.
    fn owe(&mut self, pay_id: &PayId, amount: Fen, reason: RefundReason) -> Effect {
        self.open_refund(pay_id, pay_id.whole_refund(), amount, reason, RefundState::New)
    }

    fn open_refund(
        &mut self,
        pay_id: &PayId,
        refund_id: RefundId,
        amount: Fen,
        reason: RefundReason,
        state: RefundState,
    ) -> Effect {
        let refund = Refund { refund_id, pay_id: pay_id.clone(), amount, reason, state, tried_at: None, tries: 0 };
        self.refunds.push(refund.clone());
        Effect::OpenRefund { refund }
    }

    fn returned(&mut self, pay_id: &PayId, amount: Fen) -> Option<Vec<Effect>> {
        let state = if amount == self.amount { AttemptState::Paid } else { AttemptState::Mismatch };
        if !self.collect(pay_id, amount, state)? {
            // Paid, and refunded through us or by a person at the channel, whose bill shows it.
            return Some(Vec::new());
        }
        let refund_id = pay_id.whole_refund();
        let mut effects = vec![
            Effect::BookPayment { pay_id: pay_id.clone(), amount },
            self.open_refund(pay_id, refund_id.clone(), amount, RefundReason::Returned, RefundState::Done),
            Effect::BookRefund { refund_id },
        ];
        if self.state.holds_stock() {
            effects.push(Effect::ReleaseStock);
        }
        if self.state.holds_stock() || self.state == OrderState::Closed {
            self.state = OrderState::Refunded;
        }
        Some(effects)
    }

    fn differs(&mut self, pay_id: &PayId, mismatch: Mismatch, ours: Option<Fen>, at: i64) -> Option<Vec<Effect>> {
        let attempt = self.find(pay_id)?;
        if attempt.paid.is_some() {
            return Some(Vec::new());
        }
        if matches!(attempt.state, AttemptState::New | AttemptState::Rejected) {
            return None;
        }
        let alarm = (attempt.state != AttemptState::Mismatch).then_some(Effect::Alarm { mismatch });
        attempt.state = AttemptState::Mismatch;
        let mut effects = Vec::from_iter(alarm);
        if let Some(amount) = ours {
            attempt.paid = Some(amount);
            effects.push(Effect::BookPayment { pay_id: pay_id.clone(), amount });
            effects.push(self.owe(pay_id, amount, RefundReason::Mismatch));
            if self.state.holds_stock() {
                effects.push(Effect::ReleaseStock);
            }
            if self.state != OrderState::Delivered {
                self.end_attempts(at);
                self.state = OrderState::RefundDue;
            }
        } else if self.is_selling() {
            // The code is hidden and what else is open is closed; the stock waits for a person with the order.
            self.state = OrderState::Closing;
            self.closed_by = Some(ClosedBy::Channel);
            self.end_attempts(at);
        }
        Some(effects)
    }

    fn refund_sent(&mut self, refund_id: &RefundId, at: i64) -> Option<Vec<Effect>> {
        let effects = self.refund_step(refund_id, RefundState::Sent)?;
        let refund = self.refunds.iter_mut().find(|refund| refund.refund_id == *refund_id)?;
        if refund.state == RefundState::Sent {
            refund.tried_at = Some(at);
            refund.tries = refund.tries.saturating_add(1);
        }
        Some(effects)
    }

    fn refund_step(&mut self, refund_id: &RefundId, to: RefundState) -> Option<Vec<Effect>> {
        let refund = self.refunds.iter_mut().find(|refund| refund.refund_id == *refund_id)?;
        if !refund.state.is_final() {
            refund.state = to;
            if self.state == OrderState::RefundDue {
                self.state = OrderState::Refunding;
            }
        }
        Some(Vec::new())
    }

    fn refund_done(&mut self, refund_id: &RefundId) -> Option<Vec<Effect>> {
        let refund = self.refunds.iter_mut().find(|refund| refund.refund_id == *refund_id)?;
        if refund.state.is_final() {
            return Some(Vec::new());
        }
        refund.state = RefundState::Done;
        let all_done = self.refunds.iter().all(|refund| refund.state.is_final());
        if all_done && matches!(self.state, OrderState::RefundDue | OrderState::Refunding) {
            self.state = OrderState::Refunded;
        }
        Some(vec![Effect::BookRefund { refund_id: refund_id.clone() }])
    }

    fn refund_closed(&mut self, refund_id: &RefundId) -> Option<Vec<Effect>> {
        let refund = self.refunds.iter_mut().find(|refund| refund.refund_id == *refund_id)?;
        if refund.state.is_final() {
            return Some(Vec::new());
        }
        refund.state = RefundState::Closed;
        let next =
            Refund { refund_id: refund_id.next(), state: RefundState::New, tried_at: None, tries: 0, ..refund.clone() };
        // What is owed was booked with the first number and is still owed.
        self.refunds.push(next);
        if self.state == OrderState::RefundDue {
            self.state = OrderState::Refunding;
        }
        Some(Vec::new())
    }

    fn taken_back(&mut self, pay_id: &PayId, refund_id: &RefundId, amount: Fen) -> Option<Vec<Effect>> {
        if self.refund(refund_id).is_some() {
            return Some(Vec::new());
        }
        self.can_go_back(pay_id, amount)?;
        Some(vec![self.open_refund(pay_id, refund_id.clone(), amount, RefundReason::Streamer, RefundState::New)])
    }

    fn returned_by_hand(&mut self, pay_id: &PayId, refund_id: &RefundId, amount: Fen) -> Option<Vec<Effect>> {
        if self.refund(refund_id).is_some() {
            return Some(Vec::new());
        }
        self.can_go_back(pay_id, amount)?;
        let opened = self.open_refund(pay_id, refund_id.clone(), amount, RefundReason::Console, RefundState::Done);
        Some(vec![opened, Effect::BookRefund { refund_id: refund_id.clone() }])
    }

    /// Whether so much of an attempt's money is neither back nor on its way. A paid attempt that was not delivered goes
    /// back whole, which leaves nothing.
    fn can_go_back(&self, pay_id: &PayId, amount: Fen) -> Option<()> {
        let paid = self.attempt(pay_id)?.paid?;
        let counts = |refund: &&Refund| refund.pay_id == *pay_id && refund.state != RefundState::Closed;
        let mut of_it = self.refunds.iter().filter(counts);
        let back = of_it.try_fold(amount, |sum, refund| sum.plus(refund.amount))?;
        (amount != Fen::ZERO && back <= paid).then_some(())
    }
}
