//! The channels' bills against the books: what every notice and every query missed is found, what people did at the
//! channels is taken in, and what cannot be settled is named.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod bench;
mod command;
#[path = "../support/mod.rs"]
mod support;

use bench::{BOTH, Bench, Bought, HOUR_S, until};
use gateway::Refund;
use order::state::{AttemptState, OrderState, RefundReason, RefundState};
use order::{Fen, OrderId, PayId, PayType, RefundId};
use serde_json::json;
use storefront::reconcile::{ByHand, Difference, ReconcileError};
use tokio::sync::watch;

fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap()
}

impl Bench {
    /// A payment of which nothing is heard: the notice is lost, the channel closes the order by its word alone, and
    /// each query of the schedule answers from before the payment.
    async fn lost_payment(&self, pay_type: PayType) -> Bought {
        let bought = self.order(0, pay_type).await;
        self.shop.cancel(&bought.viewer, &bought.order_id).await.unwrap();
        self.comes_to(&bought, |record| record.order.state == OrderState::Closed).await;
        self.pay(&bought.code).await;
        bought
    }

    /// Lets the schedule of queries come to its end.
    async fn no_job_is_left(&self) {
        until("no job is left", async || self.shop.store.next_wake().await.unwrap().is_none()).await;
    }
}

#[tokio::test]
async fn a_payment_that_no_notice_and_no_query_told_of_is_found_by_the_bill() {
    let bench = Bench::open().await;
    let day = bench.today();
    let work = bench.watching();
    bench.faults(json!({"close_ignored": {}, "query_behind": {}})).await;
    let mut lost = Vec::new();
    for pay_type in BOTH {
        lost.push((pay_type, bench.lost_payment(pay_type).await));
    }
    bench.advance(26 * HOUR_S);
    bench.no_job_is_left().await;
    work.stop().await;
    bench.faults(json!({})).await;
    for (pay_type, bought) in &lost {
        // Nobody is at work but the reading itself.
        assert_eq!(bench.record(bought).await.order.state, OrderState::Closed);
        let report = bench.reconcile(*pay_type, &day).await;
        let found = Difference::NotBooked { pay_id: bought.pay_id.clone(), amount_fen: fen(22_800) };
        assert_eq!((report.found, report.differences), (vec![found], vec![]));
        assert_eq!((report.payments.lines, report.payments.fen, report.others.lines), (1, 22_800, 0));
        let record = bench.record(bought).await;
        assert_eq!(record.order.state, OrderState::Delivered);
        assert_eq!(Some(day.clone()), record.trades[&bought.pay_id].paid_at.and_then(storefront::reconcile::Day::of));
    }
    bench.books_agree().await;
    let before = bench.written().await;
    for pay_type in BOTH {
        let report = bench.reconcile(pay_type, &day).await;
        assert_eq!((report.lines(), report.found, report.differences), (1, vec![], vec![]));
    }
    assert_eq!(bench.written().await, before, "a second reading changes nothing");
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn lines_of_the_merchants_other_systems_are_counted_and_numbers_made_as_ours_are_named() {
    let bench = Bench::open().await;
    let day = bench.today();
    for pay_type in BOTH {
        let till = PayId::new(format!("POS_2026_{pay_type}")).unwrap();
        bench.paid_elsewhere(pay_type, &till, 700).await;
        let back = Refund {
            pay_id: till.clone(),
            refund_id: RefundId::new(format!("{till}_back")).unwrap(),
            amount: fen(200),
            total: fen(700),
            reason: "x".into(),
            notify_url: "http://127.0.0.1:10/elsewhere".into(),
        };
        bench.shop.channels[&pay_type].refund(&back).await.unwrap();
        let stranger = OrderId::from_bits(99).attempt(1);
        bench.paid_elsewhere(pay_type, &stranger, 900).await;
    }
    until("the refunds arrive", async || {
        let books = bench.books().await;
        books["refunds"].as_array().unwrap().iter().all(|refund| refund["state"] == "success")
    })
    .await;
    bench.to(day.bill_at_s());
    for pay_type in BOTH {
        let report = bench.reconcile(pay_type, &day).await;
        let number = OrderId::from_bits(99).attempt(1).to_string();
        let unknown = Difference::UnknownNumber { number, amount_fen: fen(900) };
        assert_eq!((report.found, report.by_hand, report.differences), (vec![], vec![], vec![unknown]));
        let sums = [report.payments, report.refunds, report.others].map(|sum| (sum.lines, sum.fen));
        assert_eq!(sums, [(2, 1_600), (1, 200), (2, 900)]);
    }
    assert_eq!(bench.written().await, (0, 0));
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn a_payment_of_another_amount_and_one_that_the_bill_lacks_are_for_a_person() {
    let bench = Bench::open().await;
    let work = bench.watching();
    for pay_type in BOTH {
        let day = bench.today();
        bench.faults(json!({"answer_amount_altered": {"calls": ["query"]}})).await;
        let altered = bench.order(0, pay_type).await;
        bench.pay(&altered.code).await;
        // More than was paid cannot go back: the refund waits for a person.
        let stuck = |record: &storefront::store::Record| {
            record.order.refunds.iter().any(|refund| refund.state == RefundState::Abnormal)
        };
        bench.comes_to(&altered, stuck).await;
        bench.faults(json!({})).await;
        let moved = bench.order(1, pay_type).await;
        bench.pay(&moved.code).await;
        bench.comes_to(&moved, |record| record.order.state == OrderState::Delivered).await;
        bench
            .change_channels_books(
                "UPDATE trades SET document = json_set(document, '$.paid_ms', (document ->> 'paid_ms') - 86400000)
                 WHERE id = (SELECT MAX(id) FROM trades)",
            )
            .await;
        bench.to(day.bill_at_s());
        let report = bench.reconcile(pay_type, &day).await;
        let expected = vec![
            Difference::Amount { pay_id: altered.pay_id, bill_fen: fen(22_800), booked_fen: fen(22_801) },
            Difference::NotOnBill { pay_id: moved.pay_id, booked_fen: fen(600) },
        ];
        let words: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!((report.found, report.differences), (vec![], expected));
        let state = bench.shop.store.bill(day.as_str(), pay_type).await.unwrap();
        assert_eq!((state.lines, state.differences, state.fails), (1, words, 0));
        // On the bill of the day to which it was moved, nothing is wrong with it.
        let report = bench.reconcile(pay_type, &day.plus(-1).unwrap()).await;
        assert_eq!((report.lines(), report.differences), (1, vec![]));
    }
    work.stop().await;
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn money_returned_by_a_person_is_taken_in_once() {
    let bench = Bench::open().await;
    let day = bench.today();
    let work = bench.watching();
    let mut sold = Vec::new();
    for pay_type in BOTH {
        let bought = bench.order(0, pay_type).await;
        bench.pay(&bought.code).await;
        bench.comes_to(&bought, |record| record.order.state == OrderState::Delivered).await;
        let mut by_hand = Vec::new();
        for amount in [300, 22_500] {
            let number = bench.return_by_hand(pay_type, &bought.pay_id, amount).await;
            by_hand.push(ByHand { pay_id: bought.pay_id.clone(), number, amount_fen: fen(amount) });
        }
        sold.push((pay_type, bought, by_hand));
    }
    bench.to(day.bill_at_s());
    for (pay_type, bought, by_hand) in sold {
        let report = bench.reconcile(pay_type, &day).await;
        assert_eq!((report.by_hand, report.found, report.differences), (by_hand, vec![], vec![]));
        assert_eq!((report.refunds.lines, report.refunds.fen), (2, 22_800));
        let again = bench.reconcile(pay_type, &day).await;
        assert_eq!((again.by_hand, again.differences), (vec![], vec![]));
        let order = bench.record(&bought).await.order;
        let refunds: Vec<_> =
            order.refunds.iter().map(|refund| (refund.amount.get(), refund.reason, refund.state)).collect();
        let done = |amount| (amount, RefundReason::Console, RefundState::Done);
        assert_eq!(refunds, [done(300), done(22_500)]);
        assert_eq!(order.state, OrderState::Delivered);
    }
    bench.books_agree().await;
    work.stop().await;
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn what_a_person_returned_beside_a_refund_of_ours_is_named() {
    let bench = Bench::open().await;
    let work = bench.watching();
    for pay_type in BOTH {
        let day = bench.today();
        bench.faults(json!({"close_ignored": {}, "balance_not_enough": {"calls": ["refund"]}})).await;
        let late = bench.order(2, pay_type).await;
        bench.shop.cancel(&late.viewer, &late.order_id).await.unwrap();
        bench.comes_to(&late, |record| record.order.state == OrderState::Closed).await;
        // The last piece is held by somebody else when the money comes.
        let holder = bench.order(2, pay_type).await;
        bench.pay(&late.code).await;
        bench.shop.ask(&late.viewer, &late.order_id).await.unwrap();
        bench.comes_to(&late, |record| record.order.state == OrderState::Refunding).await;
        let number = bench.return_by_hand(pay_type, &late.pay_id, 8_800).await;
        bench.faults(json!({})).await;
        bench.shop.cancel(&holder.viewer, &holder.order_id).await.unwrap();
        bench.comes_to(&holder, |record| record.order.state == OrderState::Closed).await;
        bench.to(day.bill_at_s());
        let report = bench.reconcile(pay_type, &day).await;
        let named = Difference::ReturnedTooMuch { pay_id: late.pay_id.clone(), number, amount_fen: fen(8_800) };
        assert_eq!((report.by_hand, report.differences), (vec![], vec![named]));
    }
    work.stop().await;
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn a_refund_whose_every_answer_was_lost_is_found_by_the_bill() {
    let bench = Bench::open().await;
    let day = bench.today();
    let work = bench.watching();
    let mut late = Vec::new();
    bench.faults(json!({"close_ignored": {}})).await;
    for pay_type in BOTH {
        let bought = bench.order(2, pay_type).await;
        bench.shop.cancel(&bought.viewer, &bought.order_id).await.unwrap();
        bench.comes_to(&bought, |record| record.order.state == OrderState::Closed).await;
        late.push((pay_type, bought));
    }
    // The last piece is sold to somebody else.
    let sold = bench.order(2, PayType::Alipay).await;
    bench.pay(&sold.code).await;
    bench.comes_to(&sold, |record| record.order.state == OrderState::Delivered).await;
    // The refunds are made, the answers never come, and the shop stops while it waits for them.
    bench.faults(json!({"timeout_after": {"calls": ["refund"]}})).await;
    for (_, bought) in &late {
        bench.pay(&bought.code).await;
        bench.shop.ask(&bought.viewer, &bought.order_id).await.unwrap();
    }
    until("the channels have the refunds", async || bench.books().await["refunds"].as_array().unwrap().len() == 2)
        .await;
    work.stop().await;
    bench.faults(json!({})).await;
    bench.to(day.bill_at_s());
    for (pay_type, bought) in &late {
        let refund_id = bought.pay_id.whole_refund();
        let refunding = bench.record(bought).await.order;
        assert_ne!(refunding.refund(&refund_id).unwrap().state, RefundState::Done);
        let report = bench.reconcile(*pay_type, &day).await;
        let found = Difference::RefundNotDone { refund_id: refund_id.clone(), amount_fen: fen(8_800) };
        assert_eq!((report.found, report.by_hand, report.differences), (vec![found], vec![], vec![]));
        assert_eq!(bench.record(bought).await.order.state, OrderState::Refunded);
    }
    bench.books_agree().await;
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn what_the_channel_took_and_returned_itself_agrees_with_its_lines() {
    let bench = Bench::open().await;
    let day = bench.today();
    let work = bench.watching();
    let bought = bench.order(0, PayType::Alipay).await;
    // Nobody hears of the payment before all of it went back again, in two parts.
    bench.faults(json!({"http_error_before": {"calls": ["query"]}})).await;
    bench.pay(&bought.code).await;
    for amount in [300, 22_500] {
        bench.return_by_hand(PayType::Alipay, &bought.pay_id, amount).await;
    }
    bench.faults(json!({})).await;
    let record = bench.comes_to(&bought, |record| record.order.state == OrderState::Refunded).await;
    assert_eq!(record.order.refunds[0].reason, RefundReason::Returned);
    work.stop().await;
    bench.to(day.bill_at_s());
    let before = bench.written().await;
    let report = bench.reconcile(PayType::Alipay, &day).await;
    assert_eq!((report.lines(), report.found, report.by_hand, report.differences), (3, vec![], vec![], vec![]));
    assert_eq!(bench.written().await, before);
    bench.books_agree().await;
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn one_code_paid_twice_is_named() {
    let bench = Bench::open().await;
    let day = bench.today();
    let work = bench.watching();
    bench.faults(json!({"double_payment": {"count": 1}})).await;
    for pay_type in BOTH {
        let bought = bench.order(0, pay_type).await;
        bench.pay(&bought.code).await;
        bench.comes_to(&bought, |record| record.order.state == OrderState::Delivered).await;
        bench.pay(&bought.code).await;
    }
    bench.to(day.bill_at_s());
    for pay_type in BOTH {
        let report = bench.reconcile(pay_type, &day).await;
        assert!(matches!(&report.differences[..], [Difference::PaidAgain { .. }]), "{report:?}");
        assert_eq!(report.payments.lines, 2);
    }
    work.stop().await;
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn every_day_s_bill_is_read_by_itself_once_more_a_day_later_and_again_after_an_error() {
    let bench = Bench::open().await;
    let day = bench.today();
    let tasks = [bench.watching(), bench.reading_daily()];
    bench
        .faults(json!({"close_ignored": {}, "query_behind": {}, "http_error_before": {"calls": ["bill"], "count": 2}}))
        .await;
    let mut lost = Vec::new();
    for pay_type in BOTH {
        lost.push(bench.lost_payment(pay_type).await);
    }
    let bill =
        async |day: &storefront::reconcile::Day, pay_type| bench.shop.store.bill(day.as_str(), pay_type).await.unwrap();
    bench.to(day.bill_at_s());
    for (fails, pause_s) in [(1, 60), (2, 120)] {
        for pay_type in BOTH {
            until("a try fails", async || bill(&day, pay_type).await.fails == fails).await;
            let state = bill(&day, pay_type).await;
            assert_eq!((state.read_at, state.retry_at.map(|at| at - bench.now_s() > pause_s - 30)), (None, Some(true)));
        }
        if fails == 2 {
            bench.faults(json!({})).await;
        }
        bench.advance(pause_s);
    }
    for (pay_type, bought) in BOTH.into_iter().zip(&lost) {
        bench.comes_to(bought, |record| record.order.state == OrderState::Delivered).await;
        until("the bill is read", async || bill(&day, pay_type).await.read_at.is_some()).await;
        let state = bill(&day, pay_type).await;
        assert_eq!((state.lines, state.differences, state.fails, state.retry_at), (1, vec![], 0, None));
    }
    bench.books_agree().await;
    let mut last = Vec::new();
    for days in 1..=2 {
        let next = day.plus(days).unwrap();
        bench.to(next.bill_at_s());
        for pay_type in BOTH {
            until("the next bill is read", async || bill(&next, pay_type).await.read_at.is_some()).await;
            // Days are read in their order, so the older one had its turn by now.
            last.push(bill(&day, pay_type).await.read_at);
        }
    }
    assert!(last.iter().all(|read_at| *read_at >= Some(day.late_bill_at_s())), "{last:?}");
    assert_eq!(last[..2], last[2..], "there is no third reading");
    for task in tasks {
        task.stop().await;
    }
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn a_reading_that_hangs_ends_with_the_shop_and_a_day_that_is_not_over_has_no_bill() {
    let bench = Bench::open().await;
    let work = bench.watching();
    let bought = bench.order(0, PayType::Alipay).await;
    bench.comes_to(&bought, |record| record.order.attempts[0].state == AttemptState::QrReady).await;
    work.stop().await;
    let day = bench.today();
    let (stop, stopping) = watch::channel(false);
    let early = bench.shop.reconcile(PayType::Wechat, &day, &stopping).await;
    assert!(matches!(early, Err(ReconcileError::NotOver(_))), "{early:?}");
    bench.to(day.bill_at_s());
    bench.faults(json!({"timeout_before": {"calls": ["bill"]}})).await;
    let reading = bench.shop.reconcile(PayType::Wechat, &day, &stopping);
    let hanging = async {
        let fired = async || {
            let faults = bench.http.get(format!("{}/faults", bench.sandbox.base_url)).send().await.unwrap();
            faults.json::<serde_json::Value>().await.unwrap()["wechat"]["timeout_before"]["fired"] == 1
        };
        until("the call hangs", fired).await;
        stop.send_replace(true);
    };
    let (read, ()) = tokio::join!(reading, hanging);
    assert!(matches!(read, Err(ReconcileError::Stopped)), "{read:?}");
    bench.sandbox.stop().await;
}
