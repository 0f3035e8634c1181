//! Order, attempt and refund: what they are made of.

use super::{AttemptState, ClosedBy, OrderState, RefundReason, RefundState};
use crate::{Fen, OrderId, PayId, PayType, RefundId};

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
    /// When its end began: its order ends, or the viewer chose another way to pay.
    pub ending_at: Option<i64>,
    /// What was collected for it, by evidence. It is in the ledger from then on.
    pub paid: Option<Fen>,
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
            ending_at: None,
            paid: None,
            asked_at: None,
            ask_now: false,
            ask_failed_at: None,
            ask_fails: 0,
            tried_at: None,
            tries: 0,
        }
    }

    /// Whether a call of ours that gives a payment back may still reach the channel after that said that it has the payment.
    /// Alipay's cancel, which ends a code that nobody scanned, returns what was paid meanwhile (`alipay.trade.cancel`,
    /// "action": refund). `over` is how many close calls were over for certain when the channel was asked. `answered` is when
    /// a close call was begun (Unix seconds) that was answered: if it is the only one there was, none is under way. One that
    /// closed the attempt was answered.
    #[must_use]
    pub fn may_be_given_back(&self, over: Option<u32>, answered: Option<i64>) -> bool {
        let is_the_only_one = self.tries == 1 && (self.state == AttemptState::Closed || self.tried_at == answered);
        self.pay_type == PayType::Alipay
            && matches!(self.state, AttemptState::CloseSent | AttemptState::Closed)
            && !is_the_only_one
            && over != Some(self.tries)
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
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
}

/// Most attempts of one order: enough for a viewer who cannot decide, too few to fill a channel with trades.
pub const ATTEMPTS_MAX: usize = 8;

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
            attempts: vec![first],
            refunds: Vec::new(),
        }
    }

    /// The attempt the viewer pays with: the newest.
    #[must_use]
    pub fn current(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// Whether it may be paid, and its codes shown.
    #[must_use]
    pub const fn is_selling(&self) -> bool {
        matches!(self.state, OrderState::Reserved | OrderState::AwaitingPayment)
    }

    /// The attempt of that number.
    #[must_use]
    pub fn attempt(&self, pay_id: &PayId) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.pay_id == *pay_id)
    }

    /// What of an attempt's money is neither back nor on its way back.
    #[must_use]
    pub fn refundable(&self, pay_id: &PayId) -> Fen {
        let paid = self.attempt(pay_id).and_then(|attempt| attempt.paid).unwrap_or(Fen::ZERO);
        // A refund that its channel closed goes on under the next number, which counts.
        let counts = |refund: &&Refund| refund.pay_id == *pay_id && refund.state != RefundState::Closed;
        let of_it = self.refunds.iter().filter(counts);
        of_it.fold(paid, |left, refund| left.minus(refund.amount).unwrap_or(Fen::ZERO))
    }

    /// The refund of that number.
    #[must_use]
    pub fn refund(&self, refund_id: &RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.refund_id == *refund_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closing(pay_type: PayType, tries: u32) -> Attempt {
        let pay_id = OrderId::from_bits(7).attempt(1);
        let state = AttemptState::CloseSent;
        Attempt { state, tried_at: Some(1_000), tries, ..Attempt::new(pay_id, pay_type) }
    }

    #[test]
    fn a_payment_heard_of_while_alipay_is_asked_to_end_its_code_may_be_given_back() {
        let attempt = closing(PayType::Alipay, 2);
        for (over, may) in [(None, true), (Some(1), true), (Some(2), false)] {
            assert_eq!(attempt.may_be_given_back(over, None), may, "{over:?}");
        }
        assert!(!closing(PayType::Wechat, 2).may_be_given_back(None, None), "WeChat Pay's close gives nothing back");
        let open = Attempt { state: AttemptState::QrReady, ..attempt };
        assert!(!open.may_be_given_back(None, None));
    }

    #[test]
    fn the_only_close_call_is_over_when_it_is_answered() {
        assert!(!closing(PayType::Alipay, 1).may_be_given_back(None, Some(1_000)));
        assert!(closing(PayType::Alipay, 1).may_be_given_back(None, Some(999)), "another call was answered");
        assert!(closing(PayType::Alipay, 2).may_be_given_back(None, Some(1_000)), "the one before was not");
        let closed = |tries| Attempt { state: AttemptState::Closed, ..closing(PayType::Alipay, tries) };
        assert!(!closed(1).may_be_given_back(None, None));
        assert!(closed(2).may_be_given_back(None, None));
    }
}
