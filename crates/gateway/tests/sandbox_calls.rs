//! Every call of the gateway against the sandbox, which was written from the channels' documents a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod practice;

use gateway::{BillKind, BillLine, Channel, CloseAnswer, Error, RefundStanding, Refusal, Standing};
use order::{PayId, PayType};
use practice::*;

/// The refusal of an answer that must be one.
fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> Refusal {
    match answer {
        Err(Error::Refused { refusal, .. }) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// What a standing is called, and that a payment in it is the one the shop expects.
fn called(practice: &Practice, pay_type: PayType, pay_id: &PayId, standing: &Standing) -> &'static str {
    let check = |payment| assert_eq!(practice.expected(pay_type, pay_id).compare(payment), Ok(()));
    match standing {
        Standing::NoTrade => "no trade",
        Standing::WaitingForBuyer => "waiting",
        Standing::NotPaid => "not paid",
        Standing::Closed => "closed",
        Standing::Paid(payment) => {
            check(payment);
            "paid"
        }
        Standing::SomeReturned(payment) => {
            check(payment);
            "some returned"
        }
        Standing::ClosedAfterPayment(payment) => {
            check(payment);
            "returned"
        }
    }
}

#[tokio::test]
async fn a_query_tells_where_an_order_stands_from_its_code_to_its_end() {
    let practice = Practice::open().await;
    for (pay_type, want) in [
        (PayType::Alipay, ["no trade", "no trade", "waiting", "paid", "paid", "returned", "closed"]),
        (PayType::Wechat, ["no trade", "not paid", "not paid", "paid", "some returned", "some returned", "not paid"]),
    ] {
        let channel = practice.channel(pay_type);
        let stands = async |pay_id: &PayId| {
            let standing = channel.query(pay_id).await.unwrap();
            called(&practice, pay_type, pay_id, &standing)
        };
        let never = stands(&fresh_id()).await;
        let (pay_id, code) = practice.ordered(pay_type).await;
        let ordered = stands(&pay_id).await;
        practice.phone("scan", &code).await;
        let scanned = stands(&pay_id).await;
        practice.phone("pay", &code).await;
        let paid = stands(&pay_id).await;
        channel.refund(&practice.back(pay_type, &pay_id, 1, 234)).await.unwrap();
        let part_back = stands(&pay_id).await;
        channel.refund(&practice.back(pay_type, &pay_id, 2, 1000)).await.unwrap();
        let all_back = stands(&pay_id).await;
        let (pay_id, code) = practice.ordered(pay_type).await;
        practice.phone("decline", &code).await;
        let declined = stands(&pay_id).await;
        assert_eq!([never, ordered, scanned, paid, part_back, all_back, declined], want, "{pay_type:?}");
    }
}

#[tokio::test]
async fn an_order_repeated_is_one_trade_and_another_under_its_number_is_refused() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let channel = practice.channel(pay_type);
        let wish = practice.wish(pay_type);
        let first = channel.prepay(&wish).await.unwrap();
        let again = channel.prepay(&wish).await.unwrap();
        // WeChat Pay's newer code outdates the older one; Alipay gives the same.
        assert_eq!(first == again, pay_type == PayType::Alipay);
        if pay_type == PayType::Wechat {
            assert_eq!(practice.press("pay", &first).await, 410);
        }
        let other = gateway::Prepay { amount: fen(PRICE + 1), ..wish.clone() };
        assert_eq!(refusal(channel.prepay(&other).await), Refusal::NumberUsed, "{pay_type:?}");
        practice.phone("pay", &again).await;
        assert_eq!(refusal(channel.prepay(&wish).await), Refusal::AlreadyPaid, "{pay_type:?}");
        let trades = practice.get("/books").await["totals"][name(pay_type)]["trades"].clone();
        assert_eq!(trades, 1, "{pay_type:?}");
    }
}

#[tokio::test]
async fn whatever_was_closed_cannot_be_paid_and_whatever_was_paid_is_not_closed() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let channel = practice.channel(pay_type);
        let unscanned = practice.ordered(pay_type).await;
        let scanned = practice.scanned(pay_type).await;
        for (pay_id, code) in [&unscanned, &scanned] {
            assert_eq!(channel.close(pay_id).await, Ok(CloseAnswer::Closed), "{pay_type:?}");
            assert_eq!(practice.press("pay", code).await, 409, "{pay_type:?}: a closed order was paid");
            let standing = channel.query(pay_id).await.unwrap();
            assert!(matches!(standing, Standing::Closed | Standing::NoTrade), "{pay_type:?}: {standing:?}");
        }
        // A scanned trade of Alipay's that is closed answers as a paid one would: a hint to query, no more.
        let again = if pay_type == PayType::Alipay { CloseAnswer::AlreadyPaid } else { CloseAnswer::Closed };
        assert_eq!(channel.close(&unscanned.0).await, Ok(CloseAnswer::Closed), "{pay_type:?}");
        assert_eq!(channel.close(&scanned.0).await, Ok(again), "{pay_type:?}");
        assert_eq!(channel.query(&scanned.0).await, Ok(Standing::Closed), "{pay_type:?}");
        assert_eq!(channel.close(&fresh_id()).await, Ok(CloseAnswer::Closed), "{pay_type:?}");
        let paid = practice.paid(pay_type).await;
        assert_eq!(channel.close(&paid).await, Ok(CloseAnswer::AlreadyPaid), "{pay_type:?}");
        practice.payment(pay_type, &paid).await;
    }
}

#[tokio::test]
async fn an_order_closed_after_the_scan_gives_no_code_any_more() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let channel = practice.channel(pay_type);
        let wish = practice.wish(pay_type);
        let code = channel.prepay(&wish).await.unwrap();
        practice.phone("scan", &code).await;
        channel.close(&wish.pay_id).await.unwrap();
        assert_eq!(refusal(channel.prepay(&wish).await), Refusal::AlreadyClosed, "{pay_type:?}");
    }
}

#[tokio::test]
async fn refunds_move_their_money_once_and_never_more_than_was_paid() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let channel = practice.channel(pay_type);
        let accepted = if pay_type == PayType::Alipay { RefundStanding::Done } else { RefundStanding::Processing };
        let pay_id = practice.paid(pay_type).await;
        let part = practice.back(pay_type, &pay_id, 1, 234);
        let found = channel.refund_query(&pay_id, &part.refund_id).await;
        assert_eq!(found, Ok(RefundStanding::NotFound), "{pay_type:?}");
        for _ in 0..3 {
            assert_eq!(channel.refund(&part).await, Ok(accepted), "{pay_type:?}");
        }
        assert_eq!(practice.ended(pay_type, &part).await, RefundStanding::Done);
        assert_eq!(channel.refund(&part).await, Ok(RefundStanding::Done), "{pay_type:?}: asked after its end");
        let other = practice.back(pay_type, &pay_id, 1, 235);
        assert_eq!(refusal(channel.refund(&other).await), Refusal::NumberUsed, "{pay_type:?}");
        let too_much = practice.back(pay_type, &pay_id, 2, 1001);
        assert_eq!(refusal(channel.refund(&too_much).await), Refusal::RefundTooMuch, "{pay_type:?}");
        let more = practice.back(pay_type, &pay_id, 3, PRICE + 1);
        assert_eq!(refusal(channel.refund(&more).await), Refusal::RefundTooMuch, "{pay_type:?}");
        let rest = practice.back(pay_type, &pay_id, 4, 1000);
        assert_eq!(channel.refund(&rest).await, Ok(accepted), "{pay_type:?}");
        assert_eq!(practice.ended(pay_type, &rest).await, RefundStanding::Done);
        assert_eq!(practice.booked(&pay_id).await.unwrap()["refunded_fen"], PRICE, "{pay_type:?}");

        let pay_id = practice.paid(pay_type).await;
        let whole = practice.back(pay_type, &pay_id, 1, PRICE);
        assert_eq!(channel.refund(&whole).await, Ok(accepted), "{pay_type:?}");
        assert_eq!(practice.ended(pay_type, &whole).await, RefundStanding::Done);
        assert_eq!(practice.booked(&pay_id).await.unwrap()["refunded_fen"], PRICE, "{pay_type:?}");
    }
}

#[tokio::test]
async fn what_was_not_paid_is_not_refunded() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let channel = practice.channel(pay_type);
        let ordered = practice.ordered(pay_type).await.0;
        let scanned = practice.scanned(pay_type).await.0;
        for pay_id in [fresh_id(), ordered, scanned] {
            let wish = practice.back(pay_type, &pay_id, 1, PRICE);
            assert_eq!(refusal(channel.refund(&wish).await), Refusal::NotPaid, "{pay_type:?}");
            let found = channel.refund_query(&pay_id, &wish.refund_id).await;
            assert_eq!(found, Ok(RefundStanding::NotFound), "{pay_type:?}");
        }
    }
}

#[tokio::test]
async fn a_day_s_bill_lists_what_was_paid_and_returned_on_it() {
    for pay_type in BOTH {
        let practice = Practice::open().await;
        practice.to_noon();
        let channel = practice.channel(pay_type);
        let day = china_day(practice.now_s());
        let (first, second) = (practice.paid(pay_type).await, practice.paid(pay_type).await);
        practice.ordered(pay_type).await;
        let back = practice.back(pay_type, &first, 1, 234);
        channel.refund(&back).await.unwrap();
        assert_eq!(practice.ended(pay_type, &back).await, RefundStanding::Done);
        let mut want = Vec::new();
        for pay_id in [&first, &second] {
            let payment = practice.payment(pay_type, pay_id).await;
            let line = |kind, amount| BillLine {
                kind,
                pay_id: pay_id.to_string(),
                channel_no: payment.channel_no.clone(),
                amount: fen(amount),
                at_s: payment.paid_at,
            };
            want.push(line(BillKind::Payment, PRICE));
            if *pay_id == first {
                want.push(line(BillKind::Refund { refund_id: back.refund_id.to_string() }, 234));
            }
        }
        assert_eq!(refusal(channel.bill(&day).await), Refusal::Other, "{pay_type:?}: the day is not over");
        practice.sandbox.clock().advance(13 * HOUR);
        let early = channel.bill(&day).await;
        match pay_type {
            PayType::Alipay => assert_eq!(refusal(early), Refusal::Other),
            PayType::Wechat => assert_eq!(early, Err(Error::Busy { retry_after_s: 1800 })),
        }
        practice.sandbox.clock().advance(9 * HOUR);
        let mut lines = channel.bill(&day).await.unwrap();
        // When a refund arrived is the channel's to say: on that day, and not before its payment.
        for line in &mut lines {
            if let (BillKind::Refund { .. }, Some(paid)) = (&line.kind, want.first()) {
                assert!(line.at_s >= paid.at_s && china_day(line.at_s) == day, "{line:?}");
                line.at_s = paid.at_s;
            }
        }
        let sorted = |mut lines: Vec<BillLine>| {
            lines.sort_by_key(|line| (line.pay_id.clone(), line.kind != BillKind::Payment));
            lines
        };
        assert_eq!(sorted(lines), sorted(want), "{pay_type:?}");
    }
}

#[tokio::test]
async fn a_day_without_trades_has_an_empty_bill_and_a_day_that_is_none_is_not_asked_for() {
    let practice = Practice::open().await;
    let before = china_day(practice.now_s() - 3 * 86_400);
    for pay_type in BOTH {
        let channel = practice.channel(pay_type);
        practice.paid(pay_type).await;
        assert_eq!(channel.bill(&before).await, Ok(Vec::new()), "{pay_type:?}");
        for odd in ["yesterday", "2026-02-30", "20260101", ""] {
            let asked = channel.bill(odd).await;
            assert!(matches!(asked, Err(Error::Ours { setting: "parameters", .. })), "{pay_type:?} {odd}: {asked:?}");
        }
    }
}

#[tokio::test]
async fn another_merchant_s_key_is_our_mistake_to_correct() {
    let practice = Practice::open().await;
    let mut swapped = practice.credentials.clone();
    std::mem::swap(&mut swapped.alipay.app_private_key, &mut swapped.wechat.merchant_private_key);
    let wechat = practice.wechat_with(swapped.wechat);
    let asked = wechat.query(&fresh_id()).await;
    assert!(matches!(asked, Err(Error::Ours { setting: "wechat.merchant_private_key", .. })), "{asked:?}");
    let http = http(WAIT);
    let now = practice.now_s();
    let alipay = gateway::Alipay::new(swapped.alipay, http, std::sync::Arc::new(move || now)).unwrap();
    let asked = alipay.query(&fresh_id()).await;
    assert!(matches!(asked, Err(Error::Ours { setting: "alipay.app_private_key", .. })), "{asked:?}");
}
