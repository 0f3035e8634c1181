//! Every fault a call can meet at the sandbox, and what the gateway makes of it. A question that failed is
//! `Error::Unknown`, never an answer; the same call made again comes to its end, and its effect happens once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod practice;

use gateway::{Channel, CloseAnswer, Error, NoticeError, RefundStanding, Refusal, Standing};
use order::{Mismatch, PayId, PayType};
use practice::*;
use serde_json::json;
use std::time::Duration;

/// A call of the gateway, by the name the sandbox's faults have for it.
const CALLS: [&str; 6] = ["order", "query", "close", "refund", "refund_query", "bill"];

/// What a fault makes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Unknown,
    Busy,
}

fn sorted(answer: &Result<(), Error>) -> Option<Want> {
    match answer {
        Err(Error::Unknown { why }) => {
            assert!(!why.is_empty());
            Some(Want::Unknown)
        }
        Err(Error::Busy { retry_after_s: 1.. }) => Some(Want::Busy),
        Err(Error::Busy { .. } | Error::Ours { .. } | Error::Refused { .. }) | Ok(()) => None,
    }
}

/// A call and the order it is about.
struct Ask {
    call: &'static str,
    pay_type: PayType,
    wish: gateway::Prepay,
    back: gateway::Refund,
    day: String,
}

impl Ask {
    /// Brings an order to where the call makes sense.
    async fn ready(practice: &Practice, pay_type: PayType, call: &'static str, day: &str) -> Ask {
        let channel = practice.channel(pay_type);
        let wish = practice.wish(pay_type);
        let back = practice.back(pay_type, &wish.pay_id, 1, 234);
        if call != "order" {
            let code = channel.prepay(&wish).await.unwrap();
            let act = if call == "close" { "scan" } else { "pay" };
            practice.phone(act, &code).await;
        }
        if call == "refund_query" {
            channel.refund(&back).await.unwrap();
        }
        Ask { call, pay_type, wish, back, day: day.to_owned() }
    }

    async fn ask(&self, channel: &dyn Channel) -> Result<(), Error> {
        let pay_id = &self.wish.pay_id;
        match self.call {
            "order" => channel.prepay(&self.wish).await.map(drop),
            "query" => channel.query(pay_id).await.map(drop),
            "close" => channel.close(pay_id).await.map(drop),
            "refund" => channel.refund(&self.back).await.map(drop),
            "refund_query" => channel.refund_query(pay_id, &self.back.refund_id).await.map(drop),
            "bill" => channel.bill(&self.day).await.map(drop),
            other => panic!("no call {other}"),
        }
    }

    /// Whether the call's effect is in the channel's own books; `None` for a question, which has none.
    async fn happened(&self, practice: &Practice) -> Option<bool> {
        let trade = practice.booked(&self.wish.pay_id).await;
        match self.call {
            "order" => Some(trade.is_some()),
            "close" => Some(trade.unwrap()["state"] == "closed"),
            "refund" => Some(trade.unwrap()["refunded_fen"] == 234),
            _ => None,
        }
    }

    /// Makes the call again, without a fault, and looks at what came of both.
    async fn again(&self, practice: &Practice, what: &str) {
        let channel = practice.channel(self.pay_type).as_ref();
        assert_eq!(self.ask(channel).await, Ok(()), "{what}: again");
        assert_ne!(self.happened(practice).await, Some(false), "{what}: again");
        if self.call == "close" {
            assert_eq!(channel.query(&self.wish.pay_id).await, Ok(Standing::Closed), "{what}");
        }
    }
}

#[tokio::test]
async fn a_spoiled_call_is_never_an_answer_and_may_be_made_again() {
    let practice = Practice::open().await;
    let day = practice.day_with_a_bill().await;
    let cases: [(&str, Want, bool); 8] = [
        ("http_error_before", Want::Unknown, false),
        ("http_error_after", Want::Unknown, true),
        ("system_error_before", Want::Unknown, false),
        ("system_error_after", Want::Unknown, true),
        ("rate_limited", Want::Busy, false),
        ("answer_signature_probe", Want::Unknown, true),
        ("answer_signature_wrong", Want::Unknown, true),
        ("answer_signature_missing", Want::Unknown, true),
    ];
    for pay_type in BOTH {
        for (fault, want, happens) in cases {
            for (before, call) in (0..).zip(CALLS) {
                let what = format!("{pay_type:?} {call} {fault}");
                let ask = Ask::ready(&practice, pay_type, call, &day).await;
                practice.faults(pay_type, json!({fault: {"count": 1, "calls": [call]}})).await;
                let answer = ask.ask(practice.channel(pay_type).as_ref()).await;
                assert_eq!(sorted(&answer), Some(want), "{what}: {answer:?}");
                assert_eq!(practice.fired(pay_type, fault).await, before + 1, "{what}");
                if let Some(happened) = ask.happened(&practice).await {
                    assert_eq!(happened, happens, "{what}");
                }
                ask.again(&practice, &what).await;
            }
        }
    }
}

#[tokio::test]
async fn a_call_without_an_answer_in_time_is_unknown_whether_it_happened_or_not() {
    /// Enough for the sandbox to do what was asked, and soon over.
    const PATIENCE: Duration = Duration::from_secs(3);
    let practice = Practice::open().await;
    let day = practice.day_with_a_bill().await;
    for (fault, happens) in [("timeout_before", false), ("timeout_after", true)] {
        let mut asks = Vec::new();
        for pay_type in BOTH {
            for call in CALLS {
                asks.push(Ask::ready(&practice, pay_type, call, &day).await);
            }
            practice.faults(pay_type, json!({fault: {"count": CALLS.len()}})).await;
        }
        let mut waiting = tokio::task::JoinSet::new();
        for ask in asks {
            let channel = practice.impatient(ask.pay_type, PATIENCE);
            waiting.spawn(async move { (ask.ask(channel.as_ref()).await, ask) });
        }
        let answered = tokio::time::timeout(WAIT, waiting.join_all()).await.expect("every wait ends");
        for pay_type in BOTH {
            assert_eq!(
                practice.fired(pay_type, fault).await,
                u64::try_from(CALLS.len()).unwrap(),
                "{pay_type:?} {fault}"
            );
        }
        for (answer, ask) in answered {
            let what = format!("{:?} {} {fault}", ask.pay_type, ask.call);
            assert_eq!(sorted(&answer), Some(Want::Unknown), "{what}: {answer:?}");
            if let Some(happened) = ask.happened(&practice).await {
                assert_eq!(happened, happens, "{what}");
            }
            ask.again(&practice, &what).await;
        }
    }
}

#[tokio::test]
async fn nobody_at_the_channel_s_address_is_unknown() {
    let practice = Practice::open().await;
    let asks = [
        Ask::ready(&practice, PayType::Alipay, "query", "").await,
        Ask::ready(&practice, PayType::Wechat, "query", "").await,
    ];
    let channels = [practice.alipay.clone(), practice.wechat.clone()];
    practice.sandbox.stop().await;
    for (ask, channel) in asks.iter().zip(channels) {
        let answer = ask.ask(channel.as_ref()).await;
        assert_eq!(sorted(&answer), Some(Want::Unknown), "{:?}: {answer:?}", ask.pay_type);
    }
}

#[tokio::test]
async fn that_there_is_nothing_is_believed_only_when_it_is_signed() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let channel = practice.channel(pay_type);
        let pay_id = practice.paid(pay_type).await;
        let day = china_day(practice.now_s() - 3 * 86_400);
        for fault in ["answer_signature_probe", "answer_signature_wrong", "answer_signature_missing"] {
            practice.faults(pay_type, json!({fault: {"count": 3}})).await;
            let trade = channel.query(&fresh_id()).await;
            assert!(matches!(trade, Err(Error::Unknown { .. })), "{pay_type:?} {fault}: {trade:?}");
            let refund = channel.refund_query(&pay_id, &refund_id(&pay_id, 1)).await;
            assert!(matches!(refund, Err(Error::Unknown { .. })), "{pay_type:?} {fault}: {refund:?}");
            let bill = channel.bill(&day).await;
            assert!(bill.is_err(), "{pay_type:?} {fault}: {bill:?}");
            assert_eq!(practice.fired(pay_type, fault).await, 3, "{pay_type:?} {fault}");
            assert_eq!(channel.query(&fresh_id()).await, Ok(Standing::NoTrade), "{pay_type:?}");
            let refund = channel.refund_query(&pay_id, &refund_id(&pay_id, 1)).await;
            assert_eq!(refund, Ok(RefundStanding::NotFound), "{pay_type:?}");
            assert_eq!(channel.bill(&day).await, Ok(Vec::new()), "{pay_type:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_answer_within_our_patience_is_an_answer() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let pay_id = practice.paid(pay_type).await;
        practice.faults(pay_type, json!({"delay": {"count": 1, "wait_ms": 50}})).await;
        let payment = practice.payment(pay_type, &pay_id).await;
        assert_eq!(practice.expected(pay_type, &pay_id).compare(&payment), Ok(()));
        assert_eq!(practice.fired(pay_type, "delay").await, 1);
    }
}

#[tokio::test]
async fn an_order_the_channel_may_not_take_is_ours_to_correct() {
    let practice = Practice::open().await;
    for (pay_type, want) in [(PayType::Alipay, "alipay.app_id"), (PayType::Wechat, "wechat.mchid")] {
        practice.faults(pay_type, json!({"order_refused": {"count": 1}})).await;
        let wish = practice.wish(pay_type);
        let answer = practice.channel(pay_type).prepay(&wish).await;
        assert!(matches!(answer, Err(Error::Ours { setting, .. }) if setting == want), "{answer:?}");
        assert_eq!(practice.fired(pay_type, "order_refused").await, 1);
        assert_eq!(practice.booked(&wish.pay_id).await, None, "{pay_type:?}");
        practice.channel(pay_type).prepay(&wish).await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_of_another_amount_is_told_apart_from_the_payment_the_shop_expects() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let pay_id = practice.paid(pay_type).await;
        practice.faults(pay_type, json!({"answer_amount_altered": {"count": 1, "calls": ["query"]}})).await;
        let expected = practice.expected(pay_type, &pay_id);
        let altered = practice.payment(pay_type, &pay_id).await;
        assert_eq!(altered.amount, fen(PRICE + 1), "{pay_type:?}: signed by the channel, so told as it is");
        assert_eq!(expected.compare(&altered), Err(Mismatch::Amount), "{pay_type:?}");
        assert_eq!(practice.fired(pay_type, "answer_amount_altered").await, 1);
        assert_eq!(expected.compare(&practice.payment(pay_type, &pay_id).await), Ok(()), "{pay_type:?}");
    }
    // Asked again for a refund it has made, Alipay answers that nothing moved, and the gateway looks at what did.
    let pay_id = practice.paid(PayType::Alipay).await;
    let back = practice.back(PayType::Alipay, &pay_id, 1, 234);
    assert_eq!(practice.alipay.refund(&back).await, Ok(RefundStanding::Done));
    practice.faults(PayType::Alipay, json!({"answer_amount_altered": {"count": 1, "calls": ["refund_query"]}})).await;
    let answer = practice.alipay.refund(&back).await;
    assert!(matches!(answer, Err(Error::Unknown { .. })), "{answer:?}");
    assert_eq!(practice.fired(PayType::Alipay, "answer_amount_altered").await, 2);
    assert_eq!(practice.alipay.refund(&back).await, Ok(RefundStanding::Done));
}

#[tokio::test]
async fn a_refund_beyond_the_balance_is_refused_and_the_same_one_succeeds_later() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let pay_id = practice.paid(pay_type).await;
        let back = practice.back(pay_type, &pay_id, 1, PRICE);
        practice.faults(pay_type, json!({"balance_not_enough": {"count": 1}})).await;
        let answer = practice.channel(pay_type).refund(&back).await;
        assert!(
            matches!(answer, Err(Error::Refused { refusal: Refusal::NotEnoughBalance, .. })),
            "{pay_type:?}: {answer:?}"
        );
        assert_eq!(practice.fired(pay_type, "balance_not_enough").await, 1);
        let found = practice.channel(pay_type).refund_query(&pay_id, &back.refund_id).await;
        assert_eq!(found, Ok(RefundStanding::NotFound), "{pay_type:?}");
        practice.channel(pay_type).refund(&back).await.unwrap();
        assert_eq!(practice.ended(pay_type, &back).await, RefundStanding::Done, "{pay_type:?}");
    }
}

#[tokio::test]
async fn a_refund_nobody_takes_ends_abnormal() {
    let practice = Practice::open().await;
    let pay_id = practice.paid(PayType::Wechat).await;
    let back = practice.back(PayType::Wechat, &pay_id, 1, PRICE);
    practice.faults(PayType::Wechat, json!({"refund_abnormal": {"count": 1}})).await;
    assert_eq!(practice.wechat.refund(&back).await, Ok(RefundStanding::Processing));
    assert_eq!(practice.ended(PayType::Wechat, &back).await, RefundStanding::Abnormal);
    assert_eq!(practice.fired(PayType::Wechat, "refund_abnormal").await, 1);
}

#[tokio::test]
async fn wechat_pay_may_change_the_key_it_signs_with_to_any_we_can_trust() {
    let practice = Practice::open().await;
    let pay_id = practice.paid(PayType::Wechat).await;
    let mut key_only = practice.credentials.wechat.clone();
    (key_only.platform_certificate, key_only.platform_serial) = (None, None);
    let mut certificate_only = practice.credentials.wechat.clone();
    (certificate_only.public_key, certificate_only.public_key_id) = (None, None);
    // The fault, what the merchant holds, whether the answer can be verified, and how many answers that took.
    let both = practice.credentials.wechat.clone();
    for (fault, config, verifies, fires) in [
        ("certificate_key", both.clone(), true, 1),
        ("certificate_key", certificate_only.clone(), true, 1),
        ("certificate_key", key_only.clone(), false, 1),
        // A certificate not seen yet is fetched from a list that is signed under it as well.
        ("next_certificate_key", both, true, 2),
        ("next_certificate_key", certificate_only, true, 2),
        ("next_certificate_key", key_only, false, 1),
    ] {
        let wechat = practice.wechat_with(config);
        practice.faults(PayType::Wechat, json!({fault: {"calls": ["query", "certificates"]}})).await;
        let before = practice.fired(PayType::Wechat, fault).await;
        let answer = wechat.query(&pay_id).await;
        assert_eq!(practice.fired(PayType::Wechat, fault).await - before, fires, "{fault}");
        match answer {
            Ok(Standing::Paid(payment)) if verifies => {
                assert_eq!(practice.expected(PayType::Wechat, &pay_id).compare(&payment), Ok(()), "{fault}");
            }
            Err(Error::Unknown { .. }) if !verifies => {}
            other => panic!("{fault}: {other:?}"),
        }
        practice.faults(PayType::Wechat, json!({})).await;
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_ours_to_correct_and_within_the_limit_no_matter() {
    let practice = Practice::open().await;
    let skewed = async |pay_type: PayType, skew_s: i64, pay_id: &PayId| {
        practice.faults(pay_type, json!({"clock_skew": {"skew_s": skew_s}})).await;
        practice.channel(pay_type).query(pay_id).await
    };
    for (pay_type, near_s, far_s) in [(PayType::Alipay, 3600, 90_000), (PayType::Wechat, 200, 400)] {
        let pay_id = practice.paid(pay_type).await;
        for sign in [1, -1] {
            let near = skewed(pay_type, sign * near_s, &pay_id).await;
            assert!(matches!(near, Ok(Standing::Paid(_))), "{pay_type:?}: {near:?}");
            let far = skewed(pay_type, sign * far_s, &pay_id).await;
            assert!(matches!(far, Err(Error::Ours { setting: "clock", .. })), "{pay_type:?}: {far:?}");
        }
        practice.faults(pay_type, json!({})).await;
    }
}

#[tokio::test]
async fn a_notice_of_a_channel_whose_clock_is_off_is_stale_where_it_is_stamped() {
    let practice = Practice::open().await;
    practice.faults(PayType::Wechat, json!({"clock_skew": {"skew_s": 0}})).await;
    let (_, code) = practice.ordered(PayType::Wechat).await;
    practice.faults(PayType::Wechat, json!({"clock_skew": {"skew_s": -400}})).await;
    practice.phone("pay", &code).await;
    let read = practice.shop.next().await.read(practice.wechat.as_ref(), practice.now_s());
    assert_eq!(read, Err(NoticeError::Stale));
}

#[tokio::test]
async fn a_fault_of_one_call_or_channel_leaves_the_others_alone() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        practice.faults(pay_type, json!({"http_error_before": {"calls": ["refund"]}})).await;
        let pay_id = practice.paid(pay_type).await;
        practice.payment(pay_type, &pay_id).await;
        assert_eq!(practice.channel(pay_type).close(&pay_id).await, Ok(CloseAnswer::AlreadyPaid));
        assert_eq!(practice.fired(pay_type, "http_error_before").await, 0, "{pay_type:?}");
        practice.faults(pay_type, json!({})).await;
    }
}
