//! The transition table: each event's row, and nothing else.

use super::{
    Attempt, AttemptState, ClosedBy, Effect, Event, Illegal, Order, OrderState, Refund, RefundReason, RefundState,
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
            Event::Attempted { pay_type } => self.attempted(*pay_type),
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
            Event::Differs { pay_id, mismatch, at } => self.differs(pay_id, *mismatch, *at),
            Event::RefundSent { refund_id, at } => self.refund_sent(refund_id, *at),
            Event::RefundAccepted { refund_id } => self.refund_step(refund_id, RefundState::Processing),
            Event::RefundStuck { refund_id } => self.refund_step(refund_id, RefundState::Abnormal),
            Event::RefundDone { refund_id } => self.refund_done(refund_id),
            Event::TakenBack { pay_id, refund_id, amount } => self.taken_back(pay_id, refund_id, *amount),
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

    fn attempted(&mut self, pay_type: PayType) -> Option<Vec<Effect>> {
        let open = matches!(self.state, OrderState::Reserved | OrderState::AwaitingPayment);
        let number = u32::try_from(self.attempts.len()).ok()?.checked_add(1)?;
        open.then(|| self.attempts.push(Attempt::new(self.id.attempt(number), pay_type))).map(|()| Vec::new())
    }

    fn prepay_ready(&mut self, pay_id: &PayId, at: i64) -> Option<Vec<Effect>> {
        self.step(pay_id, &[AttemptState::Sent], AttemptState::QrReady)?;
        self.find(pay_id)?.ready_at = Some(at);
        if self.state == OrderState::Reserved {
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
                self.closing_at = Some(at);
                // An attempt that was never sent exists at no channel: there is nobody to ask.
                for attempt in self.attempts.iter_mut().filter(|attempt| attempt.state == AttemptState::New) {
                    attempt.state = AttemptState::Rejected;
                }
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
        // An attempt is closed because its order ends, or because another attempt of it was paid.
        if matches!(self.state, OrderState::Reserved | OrderState::AwaitingPayment) {
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
                self.closing_at.get_or_insert(at);
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
        let attempt = self.find(pay_id)?;
        if matches!(attempt.state, AttemptState::Paid | AttemptState::Mismatch) {
            return Some(Vec::new());
        }
        attempt.state = AttemptState::Paid;
        let booked = Effect::BookPayment { pay_id: pay_id.clone() };
        Some(match self.state {
            OrderState::Reserved | OrderState::AwaitingPayment | OrderState::Closing => {
                self.state = OrderState::Delivered;
                vec![booked, Effect::SellHeld, Effect::Deliver]
            }
            OrderState::Closed if restock => {
                self.state = OrderState::Delivered;
                vec![booked, Effect::SellAgain, Effect::Deliver]
            }
            OrderState::Delivered => {
                let refund = self.open_refund(pay_id, amount, RefundReason::Twice, RefundState::New);
                vec![booked, Effect::OpenRefund { refund }]
            }
            OrderState::Closed | OrderState::RefundDue | OrderState::Refunding | OrderState::Refunded => {
                self.state = OrderState::RefundDue;
                let refund = self.open_refund(pay_id, amount, RefundReason::Late, RefundState::New);
                vec![booked, Effect::OpenRefund { refund }]
            }
        })
    }

    /// Writes the refund of a whole attempt.
    fn open_refund(&mut self, pay_id: &PayId, amount: Fen, reason: RefundReason, state: RefundState) -> Refund {
        let refund_id = pay_id.whole_refund();
        let refund = Refund { refund_id, pay_id: pay_id.clone(), amount, reason, state, tried_at: None, tries: 0 };
        self.refunds.push(refund.clone());
        refund
    }

    fn returned(&mut self, pay_id: &PayId, amount: Fen) -> Option<Vec<Effect>> {
        let attempt = self.find(pay_id)?;
        if !attempt.state.is_open() && attempt.state != AttemptState::Closed {
            // Paid, and refunded through us or by a person at the channel; or quarantined. What a person returns at the
            // channel's own console is found by reconciling with its bill.
            return Some(Vec::new());
        }
        attempt.state = AttemptState::Paid;
        let refund = self.open_refund(pay_id, amount, RefundReason::Returned, RefundState::Done);
        let refund_id = refund.refund_id.clone();
        let mut effects = vec![
            Effect::BookPayment { pay_id: pay_id.clone() },
            Effect::OpenRefund { refund },
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

    fn differs(&mut self, pay_id: &PayId, mismatch: Mismatch, at: i64) -> Option<Vec<Effect>> {
        let attempt = self.find(pay_id)?;
        match attempt.state {
            AttemptState::Paid | AttemptState::Mismatch => Some(Vec::new()),
            AttemptState::New | AttemptState::Rejected => None,
            AttemptState::Sent
            | AttemptState::QrReady
            | AttemptState::Scanned
            | AttemptState::CloseSent
            | AttemptState::Closed => {
                attempt.state = AttemptState::Mismatch;
                if matches!(self.state, OrderState::Reserved | OrderState::AwaitingPayment) {
                    // The code is hidden and what else is open is closed; the stock waits for a person with the order.
                    self.state = OrderState::Closing;
                    self.closed_by = Some(ClosedBy::Channel);
                    self.closing_at = Some(at);
                }
                Some(vec![Effect::Alarm { mismatch }])
            }
        }
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
        if refund.state != RefundState::Done {
            refund.state = to;
            if self.state == OrderState::RefundDue {
                self.state = OrderState::Refunding;
            }
        }
        Some(Vec::new())
    }

    fn refund_done(&mut self, refund_id: &RefundId) -> Option<Vec<Effect>> {
        let refund = self.refunds.iter_mut().find(|refund| refund.refund_id == *refund_id)?;
        if refund.state == RefundState::Done {
            return Some(Vec::new());
        }
        refund.state = RefundState::Done;
        let all_done = self.refunds.iter().all(|refund| refund.state == RefundState::Done);
        if all_done && matches!(self.state, OrderState::RefundDue | OrderState::Refunding) {
            self.state = OrderState::Refunded;
        }
        Some(vec![Effect::BookRefund { refund_id: refund_id.clone() }])
    }

    fn taken_back(&mut self, pay_id: &PayId, refund_id: &RefundId, amount: Fen) -> Option<Vec<Effect>> {
        if self.refund(refund_id).is_some() {
            return Some(Vec::new());
        }
        if self.attempt(pay_id)?.state != AttemptState::Paid || amount == Fen::ZERO {
            return None;
        }
        // A paid attempt that was not delivered goes back whole, which leaves nothing to take back here.
        let back = self
            .refunds
            .iter()
            .filter(|refund| refund.pay_id == *pay_id)
            .try_fold(amount, |sum, refund| sum.plus(refund.amount))?;
        if back > self.amount {
            return None;
        }
        let refund = Refund {
            refund_id: refund_id.clone(),
            pay_id: pay_id.clone(),
            amount,
            reason: RefundReason::Streamer,
            state: RefundState::New,
            tried_at: None,
            tries: 0,
        };
        self.refunds.push(refund.clone());
        Some(vec![Effect::OpenRefund { refund }])
    }
}
