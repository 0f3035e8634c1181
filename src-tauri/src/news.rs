//! What of a purchase's course is news to a viewer who does not look: money that arrived, goes back or went back, and a
//! turn that has come.

use crate::views::{MoneyBack, PurchaseView, Stage};
use crate::words::News;
use order::state::RefundReason;

/// What is new in `now`, after `before`. A result that was put away is told by nobody.
#[must_use]
pub fn between(before: &PurchaseView, now: &PurchaseView) -> Option<News> {
    if now.seen {
        return None;
    }
    let title = || now.bought.title.clone();
    let amount_fen = now.amount_fen;
    match (&before.stage, &now.stage) {
        (Stage::Delivered { refunds: before, .. }, Stage::Delivered { refunds, .. }) => money_moved(before, refunds),
        (_, Stage::Delivered { refunds, .. }) => match money_moved(&[], refunds) {
            // Paid and given back since: what goes back is the news.
            Some(news) if is_given_back(refunds) => Some(news),
            Some(_) | None => Some(News::Paid { amount_fen, title: title() }),
        },
        (Stage::Refunding { .. } | Stage::Refunded { .. }, Stage::Refunding { .. }) => None,
        (_, Stage::Refunding { reason: RefundReason::Late, paid_fen }) => {
            Some(News::PaidTooLate { amount_fen: *paid_fen })
        }
        (_, Stage::Refunding { reason: _, paid_fen }) => {
            Some(News::GoesBack { amount_fen: *paid_fen, pay_type: now.pay_type })
        }
        (Stage::Refunded { .. }, Stage::Refunded { .. }) => None,
        (_, Stage::Refunded { reason: _, paid_fen }) => {
            Some(News::Refunded { amount_fen: *paid_fen, pay_type: now.pay_type })
        }
        (Stage::InLine { .. }, Stage::Ordering | Stage::AwaitingPayment { .. }) => Some(News::YourTurn),
        (
            _,
            Stage::Ordering
            | Stage::InLine { .. }
            | Stage::NoAnswer
            | Stage::Refused { .. }
            | Stage::Unusable { .. }
            | Stage::AwaitingPayment { .. }
            | Stage::Checking { .. }
            | Stage::Closed { .. },
        ) => None,
    }
}

/// The goods' own money goes back, not a second payment of it.
fn is_given_back(refunds: &[MoneyBack]) -> bool {
    refunds.iter().any(|refund| refund.reason != RefundReason::Twice)
}

/// Money of a delivered order that has begun to go back, or arrived.
fn money_moved(before: &[MoneyBack], now: &[MoneyBack]) -> Option<News> {
    let moved = |(at, refund): (usize, &MoneyBack)| {
        let MoneyBack { amount_fen, pay_type, done, .. } = *refund;
        match (before.get(at), done) {
            (Some(known), _) if known.done == done => None,
            (_, true) => Some(News::Refunded { amount_fen, pay_type }),
            (None, false) => Some(News::GoesBack { amount_fen, pay_type }),
            (Some(_), false) => None,
        }
    };
    now.iter().enumerate().rev().find_map(moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::{Bought, CheckingWhy};
    use order::state::ClosedBy;
    use order::{GoodsKind, PayType};

    fn view(stage: Stage) -> PurchaseView {
        PurchaseView {
            request_id: "r".into(),
            order_id: None,
            bought: Bought {
                goods_id: "teapot".into(),
                lot: 2,
                title: "Teapot".into(),
                kind: GoodsKind::Merchandise,
                fins: None,
                picture: None,
            },
            quantity: 1,
            amount_fen: 22_800,
            pay_type: PayType::Alipay,
            switched_from: None,
            not_switched_to: None,
            seen: false,
            stage,
        }
    }

    fn delivered(refunds: Vec<MoneyBack>) -> PurchaseView {
        view(Stage::Delivered { paid_at: 1, fins: None, refunds })
    }

    fn checking() -> PurchaseView {
        view(Stage::Checking { why: CheckingWhy::TimeUp, since_s: 0, online: true })
    }

    fn second(done: bool) -> MoneyBack {
        MoneyBack { reason: RefundReason::Twice, amount_fen: 22_800, pay_type: PayType::Wechat, done }
    }

    #[test]
    fn a_payment_is_told_once() {
        let paid = News::Paid { amount_fen: 22_800, title: "Teapot".into() };
        assert_eq!(between(&checking(), &delivered(vec![])), Some(paid));
        assert_eq!(between(&delivered(vec![]), &delivered(vec![])), None);
    }

    #[test]
    fn a_late_payment_is_told_as_going_back_and_then_as_back() {
        let late = view(Stage::Refunding { reason: RefundReason::Late, paid_fen: 22_800 });
        let back = view(Stage::Refunded { reason: RefundReason::Late, paid_fen: 22_800 });
        let closed = view(Stage::Closed { by: ClosedBy::Time });
        assert_eq!(between(&closed, &late), Some(News::PaidTooLate { amount_fen: 22_800 }));
        assert_eq!(between(&late, &late), None);
        let refunded = News::Refunded { amount_fen: 22_800, pay_type: PayType::Alipay };
        assert_eq!(between(&late, &back), Some(refunded.clone()));
        assert_eq!(between(&closed, &back), Some(refunded));
        assert_eq!(between(&back, &back), None);
    }

    #[test]
    fn money_that_goes_back_for_another_reason_is_not_called_late() {
        let other = view(Stage::Refunding { reason: RefundReason::Mismatch, paid_fen: 100 });
        let news = News::GoesBack { amount_fen: 100, pay_type: PayType::Alipay };
        assert_eq!(between(&checking(), &other), Some(news));
    }

    #[test]
    fn a_second_payment_is_told_when_it_goes_back_and_when_it_is_back() {
        let (amount_fen, pay_type) = (22_800, PayType::Wechat);
        let goes = Some(News::GoesBack { amount_fen, pay_type });
        let back = Some(News::Refunded { amount_fen, pay_type });
        assert_eq!(between(&delivered(vec![]), &delivered(vec![second(false)])), goes);
        assert_eq!(between(&delivered(vec![second(false)]), &delivered(vec![second(true)])), back);
        assert_eq!(between(&delivered(vec![second(true)]), &delivered(vec![second(true)])), None);
        let paid = News::Paid { amount_fen, title: "Teapot".into() };
        assert_eq!(between(&checking(), &delivered(vec![second(false)])), Some(paid));
    }

    #[test]
    fn a_turn_that_has_come_is_told_and_moving_up_is_not() {
        let in_line = |position| view(Stage::InLine { position, expires_in_s: 200, online: true });
        assert_eq!(between(&in_line(2), &in_line(1)), None);
        assert_eq!(between(&in_line(1), &view(Stage::Ordering)), Some(News::YourTurn));
        assert_eq!(between(&in_line(1), &view(Stage::Closed { by: ClosedBy::Time })), None);
    }

    #[test]
    fn what_was_put_away_and_what_moves_no_money_is_not_told() {
        assert_eq!(between(&checking(), &PurchaseView { seen: true, ..delivered(vec![]) }), None);
        assert_eq!(between(&checking(), &view(Stage::Closed { by: ClosedBy::Time })), None);
        assert_eq!(between(&view(Stage::Ordering), &checking()), None);
    }
}
