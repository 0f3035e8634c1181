//! The order machine: one order, its attempts and its refunds, and every change they may go through.
//!
//! [`Order::apply`] is the only way a state changes. It takes what happened and returns what must be written in the
//! same transaction. It never decides that something is unpaid because time went by: a state that means "result
//! unknown" is left only by an [`Event`] that carries a channel's evidence.

use crate::{Fen, Mismatch, OrderId, PayId, PayType, RefundId};
use serde::{Deserialize, Serialize};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Stock is held, no payment string exists yet.
    Reserved,
    /// At least one payment string is out and can be paid.
    AwaitingPayment,
    /// Ending: the channels are asked before anything is said. The code is hidden, the stock stays held.
    Closing,
    /// Ended unpaid, by proof. The stock is back.
    Closed,
    /// Paid and delivered, in one transaction.
    Delivered,
    /// Money came that cannot be delivered; its return has not started.
    RefundDue,
    /// The return was asked for, its result is not known yet.
    Refunding,
    /// All of it went back.
    Refunded,
}

impl OrderState {
    /// Every state.
    pub const ALL: [OrderState; 8] = [
        OrderState::Reserved,
        OrderState::AwaitingPayment,
        OrderState::Closing,
        OrderState::Closed,
        OrderState::Delivered,
        OrderState::RefundDue,
        OrderState::Refunding,
        OrderState::Refunded,
    ];

    /// Whether the order holds stock that is not sold.
    #[must_use]
    pub const fn holds_stock(self) -> bool {
        match self {
            OrderState::Reserved | OrderState::AwaitingPayment | OrderState::Closing => true,
            OrderState::Closed
            | OrderState::Delivered
            | OrderState::RefundDue
            | OrderState::Refunding
            | OrderState::Refunded => false,
        }
    }

    /// Whether only new evidence of a payment can still change it.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            OrderState::Closed | OrderState::Delivered | OrderState::Refunded => true,
            OrderState::Reserved
            | OrderState::AwaitingPayment
            | OrderState::Closing
            | OrderState::RefundDue
            | OrderState::Refunding => false,
        }
    }

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            OrderState::Reserved => "reserved",
            OrderState::AwaitingPayment => "awaiting_payment",
            OrderState::Closing => "closing",
            OrderState::Closed => "closed",
            OrderState::Delivered => "delivered",
            OrderState::RefundDue => "refund_due",
            OrderState::Refunding => "refunding",
            OrderState::Refunded => "refunded",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<OrderState> {
        OrderState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Where an attempt stands. `Sent` and `CloseSent` mean that a call is out and its result is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Written, nothing sent.
    New,
    /// The prepay call was or is being made; its result is unknown.
    Sent,
    /// The payment string is here.
    QrReady,
    /// The buyer's wallet opened it (only Alipay tells).
    Scanned,
    /// The close call was or is being made; its result is unknown.
    CloseSent,
    /// The channel said it can no longer be paid.
    Closed,
    /// The channel refused to make it, definitely.
    Rejected,
    /// Paid, by evidence in which every field matched.
    Paid,
    /// Quarantined: the channel has a payment whose fields differ. A person looks.
    Mismatch,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [AttemptState; 9] = [
        AttemptState::New,
        AttemptState::Sent,
        AttemptState::QrReady,
        AttemptState::Scanned,
        AttemptState::CloseSent,
        AttemptState::Closed,
        AttemptState::Rejected,
        AttemptState::Paid,
        AttemptState::Mismatch,
    ];

    /// Whether somebody might still pay it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            AttemptState::New
            | AttemptState::Sent
            | AttemptState::QrReady
            | AttemptState::Scanned
            | AttemptState::CloseSent => true,
            AttemptState::Closed | AttemptState::Rejected | AttemptState::Paid | AttemptState::Mismatch => false,
        }
    }

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            AttemptState::New => "new",
            AttemptState::Sent => "sent",
            AttemptState::QrReady => "qr_ready",
            AttemptState::Scanned => "scanned",
            AttemptState::CloseSent => "close_sent",
            AttemptState::Closed => "closed",
            AttemptState::Rejected => "rejected",
            AttemptState::Paid => "paid",
            AttemptState::Mismatch => "mismatch",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<AttemptState> {
        AttemptState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Written, nothing sent.
    New,
    /// The refund call was or is being made; its result is unknown.
    Sent,
    /// The channel accepted it and is at it.
    Processing,
    /// The money is back with the payer.
    Done,
    /// The channel cannot return it by itself; a person looks, the same number is tried again.
    Abnormal,
}

impl RefundState {
    /// Every state.
    pub const ALL: [RefundState; 5] =
        [RefundState::New, RefundState::Sent, RefundState::Processing, RefundState::Done, RefundState::Abnormal];

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RefundState::New => "new",
            RefundState::Sent => "sent",
            RefundState::Processing => "processing",
            RefundState::Done => "done",
            RefundState::Abnormal => "abnormal",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<RefundState> {
        RefundState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Who or what ended an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The deadline passed.
    Time,
    /// The viewer cancelled.
    Viewer,
    /// The channel refused the order or closed the trade.
    Channel,
    /// The shop stopped selling.
    Shop,
}

impl ClosedBy {
    /// Every reason.
    pub const ALL: [ClosedBy; 4] = [ClosedBy::Time, ClosedBy::Viewer, ClosedBy::Channel, ClosedBy::Shop];

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ClosedBy::Time => "time",
            ClosedBy::Viewer => "viewer",
            ClosedBy::Channel => "channel",
            ClosedBy::Shop => "shop",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<ClosedBy> {
        ClosedBy::ALL.into_iter().find(|by| by.as_str() == name)
    }
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// Paid after the order had closed, and nothing could be delivered any more.
    Late,
    /// Another attempt of the same order was paid and delivered.
    Twice,
    /// The channel itself returned the payment while the attempt was being closed.
    Returned,
    /// The streamer takes goods back.
    Streamer,
}

impl RefundReason {
    /// Every reason.
    pub const ALL: [RefundReason; 4] =
        [RefundReason::Late, RefundReason::Twice, RefundReason::Returned, RefundReason::Streamer];

    /// The name in views and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RefundReason::Late => "late",
            RefundReason::Twice => "twice",
            RefundReason::Returned => "returned",
            RefundReason::Streamer => "streamer",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<RefundReason> {
        RefundReason::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// One trade at one channel. Times are Unix seconds of the server's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Merchant order number at the channel.
    pub pay_id: PayId,
    /// The channel.
    pub pay_type: PayType,
    /// Where it stands.
    pub state: AttemptState,
    /// When the payment string came.
    pub ready_at: Option<i64>,
    /// When the channel last answered a query about it.
    pub asked_at: Option<i64>,
    /// A notice or the viewer wants it asked at once.
    pub ask_now: bool,
    /// When a query last got no answer, and how many in a row did.
    pub ask_failed_at: Option<i64>,
    /// How many queries in a row got no answer.
    pub ask_fails: u32,
    /// When the last call that changes something (prepay, close) was begun.
    pub tried_at: Option<i64>,
    /// How many of those calls in a row ended without a known result.
    pub tries: u32,
}

impl Attempt {
    /// An attempt that was written and not sent.
    #[must_use]
    pub fn new(pay_id: PayId, pay_type: PayType) -> Attempt {
        Attempt {
            pay_id,
            pay_type,
            state: AttemptState::New,
            ready_at: None,
            asked_at: None,
            ask_now: false,
            ask_failed_at: None,
            ask_fails: 0,
            tried_at: None,
            tries: 0,
        }
    }
}

/// Money going back for one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its number at the channel.
    pub refund_id: RefundId,
    /// The attempt whose money it is.
    pub pay_id: PayId,
    /// How much.
    pub amount: Fen,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub state: RefundState,
    /// When the channel was last called about it, Unix seconds.
    pub tried_at: Option<i64>,
    /// How many calls in a row ended without a final result.
    pub tries: u32,
}

/// One order with everything that decides its future.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The order's id.
    pub id: OrderId,
    /// Where it stands.
    pub state: OrderState,
    /// What is due, from the snapshot of the price.
    pub amount: Fen,
    /// Last moment to pay, Unix seconds of the server's clock.
    pub deadline_at: i64,
    /// Who or what ended it, once something did.
    pub closed_by: Option<ClosedBy>,
    /// When it began to end, Unix seconds.
    pub closing_at: Option<i64>,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
}

/// What happened. The number of each names the row of the transition table in `docs/ARCHITECTURE.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// 1: another way to pay is added to an open order.
    Attempted {
        /// The channel of the new attempt.
        pay_type: PayType,
    },
    /// 2: the prepay call is about to be made.
    PrepaySent {
        /// The attempt.
        pay_id: PayId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 3: the channel gave a payment string.
    PrepayReady {
        /// The attempt.
        pay_id: PayId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 4: the channel refused, definitely.
    PrepayRefused {
        /// The attempt.
        pay_id: PayId,
    },
    /// 6: the channel says the buyer opened it.
    Scanned {
        /// The attempt.
        pay_id: PayId,
    },
    /// 9: the deadline passed, the viewer cancelled or the shop stopped.
    EndAsked {
        /// Who or what asks.
        by: ClosedBy,
        /// When, Unix seconds.
        at: i64,
    },
    /// 9: the close call is about to be made.
    CloseSent {
        /// The attempt.
        pay_id: PayId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 10: the channel says the attempt can no longer be paid.
    CloseProved {
        /// The attempt.
        pay_id: PayId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 7, 8, 11, 16: evidence of a payment whose every field matches.
    Paid {
        /// The attempt.
        pay_id: PayId,
        /// What was paid.
        amount: Fen,
        /// Whether the goods are on sale and stock and limit allow it again; looked at only if the order is closed.
        restock: bool,
    },
    /// 11: evidence that the channel took a payment and returned all of it by itself.
    Returned {
        /// The attempt.
        pay_id: PayId,
        /// What was paid and returned.
        amount: Fen,
    },
    /// 12: the channel has a payment that differs from what was expected.
    Differs {
        /// The attempt.
        pay_id: PayId,
        /// The field.
        mismatch: Mismatch,
        /// When, Unix seconds.
        at: i64,
    },
    /// 13: the refund call is about to be made.
    RefundSent {
        /// The refund.
        refund_id: RefundId,
        /// When, Unix seconds.
        at: i64,
    },
    /// 14: the channel accepted the refund and is at it.
    RefundAccepted {
        /// The refund.
        refund_id: RefundId,
    },
    /// 15: the channel proved that the money is back.
    RefundDone {
        /// The refund.
        refund_id: RefundId,
    },
    /// 14: the channel cannot return it by itself.
    RefundStuck {
        /// The refund.
        refund_id: RefundId,
    },
    /// 17: the streamer returns all or part of a delivered order.
    TakenBack {
        /// The attempt that paid.
        pay_id: PayId,
        /// The number of the new refund.
        refund_id: RefundId,
        /// How much.
        amount: Fen,
    },
}

/// What must be written in the transaction that stores the new state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Held stock and limit go back on sale.
    ReleaseStock,
    /// Held stock counts as sold.
    SellHeld,
    /// Stock is taken again and counts as sold at once (a late payment that can still be delivered).
    SellAgain,
    /// The payment enters the ledger.
    BookPayment {
        /// The attempt that was paid.
        pay_id: PayId,
    },
    /// The goods are delivered.
    Deliver,
    /// A refund row and its job are written.
    OpenRefund {
        /// The refund.
        refund: Refund,
    },
    /// The refund enters the ledger.
    BookRefund {
        /// The refund that is done.
        refund_id: RefundId,
    },
    /// A person must look.
    Alarm {
        /// The field that differs.
        mismatch: Mismatch,
    },
}

/// An event that the machine has no transition for. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("order {order} in state {state:?} does not take {event:?}")]
pub struct Illegal {
    /// The order.
    pub order: OrderId,
    /// Its state.
    pub state: OrderState,
    /// What did not fit.
    pub event: Box<Event>,
}

impl Order {
    /// Row 1: a new order with its first attempt. Stock is taken by the same transaction that writes it.
    #[must_use]
    pub fn place(id: OrderId, amount: Fen, deadline_at: i64, pay_type: PayType) -> Order {
        let first = Attempt::new(id.attempt(1), pay_type);
        Order {
            id,
            state: OrderState::Reserved,
            amount,
            deadline_at,
            closed_by: None,
            closing_at: None,
            attempts: vec![first],
            refunds: Vec::new(),
        }
    }

    /// The attempt of that number.
    #[must_use]
    pub fn attempt(&self, pay_id: &PayId) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.pay_id == *pay_id)
    }

    /// The refund of that number.
    #[must_use]
    pub fn refund(&self, refund_id: &RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.refund_id == *refund_id)
    }

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
