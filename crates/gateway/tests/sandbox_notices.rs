//! Notices the sandbox delivers over HTTP, read by the gateway, and every fault a notice can have.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod practice;

use gateway::{NoticeError, NoticeKind, RefundStanding, Standing};
use order::{Mismatch, PayId, PayType};
use practice::*;
use serde_json::json;
use std::time::Duration;

impl Practice {
    /// The next notice, which must verify.
    async fn read(&self, pay_type: PayType) -> gateway::Notice {
        let came = self.shop.next().await;
        came.read(self.channel(pay_type).as_ref(), self.now_s()).unwrap()
    }

    /// Waits until the sandbox has this many notices of the channel in a state.
    async fn until_notices(&self, pay_type: PayType, state: &str, number: u64) {
        let there = async {
            while self.get("/books").await["totals"][name(pay_type)]["notices"][state] != number {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT, there).await.unwrap_or_else(|_| panic!("never {number} notices {state}"));
    }
}

#[tokio::test]
async fn a_payment_s_notice_claims_what_the_query_confirms_and_our_answer_is_taken() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let pay_id = practice.paid(pay_type).await;
        let notice = practice.read(pay_type).await;
        assert_eq!((&notice.pay_id, &notice.kind), (&pay_id, &NoticeKind::Payment), "{pay_type:?}");
        assert_eq!(notice.payment, Some(practice.payment(pay_type, &pay_id).await), "{pay_type:?}");
        practice.until_notices(pay_type, "received", 1).await;
        assert!(!practice.shop.has_more().await, "{pay_type:?}: an accepted notice was repeated");
    }
}

#[tokio::test]
async fn a_notice_we_refuse_is_repeated_under_its_own_id() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        practice.shop.refuse_next();
        practice.paid(pay_type).await;
        let (first, again) = (practice.read(pay_type).await, practice.read(pay_type).await);
        assert_eq!(first, again, "{pay_type:?}");
        practice.until_notices(pay_type, "received", 1).await;
    }
}

#[tokio::test]
async fn a_notice_tells_of_refunds_and_of_closed_trades_without_claiming_a_payment() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        let pay_id = practice.paid(pay_type).await;
        practice.read(pay_type).await;
        let back = practice.back(pay_type, &pay_id, 1, 234);
        practice.channel(pay_type).refund(&back).await.unwrap();
        assert_eq!(practice.ended(pay_type, &back).await, RefundStanding::Done);
        let notice = practice.read(pay_type).await;
        let kind = NoticeKind::Refund { refund_id: Some(back.refund_id) };
        assert_eq!((notice.pay_id, notice.kind, notice.payment), (pay_id, kind, None), "{pay_type:?}");
    }
    // WeChat Pay tells nothing of a closed order.
    let (pay_id, code) = practice.ordered(PayType::Alipay).await;
    practice.phone("decline", &code).await;
    let notice = practice.read(PayType::Alipay).await;
    assert_eq!((notice.pay_id, notice.kind, notice.payment), (pay_id, NoticeKind::Closed, None));
}

#[tokio::test]
async fn a_notice_signed_wrong_is_refused_and_the_right_one_follows() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        for fault in ["notice_signature_probe", "notice_signature_wrong", "notice_signature_missing"] {
            practice.faults(pay_type, json!({fault: {"count": 1}})).await;
            practice.shop.refuse_next();
            let pay_id = practice.paid(pay_type).await;
            let channel = practice.channel(pay_type).as_ref();
            let read = practice.shop.next().await.read(channel, practice.now_s());
            assert_eq!(read, Err(NoticeError::BadSignature), "{pay_type:?} {fault}");
            assert_eq!(practice.read(pay_type).await.pay_id, pay_id, "{pay_type:?} {fault}");
            assert_eq!(practice.fired(pay_type, fault).await, 1, "{pay_type:?} {fault}");
        }
    }
}

#[tokio::test]
async fn a_notice_changed_on_the_way_or_meant_for_the_other_channel_is_refused() {
    let practice = Practice::open().await;
    for (pay_type, from, to) in
        [(PayType::Alipay, "total_amount=12.34", "total_amount=12.35"), (PayType::Wechat, "支付成功", "支付失败")]
    {
        practice.paid(pay_type).await;
        let came = practice.shop.next().await;
        let channel = practice.channel(pay_type).as_ref();
        let now_s = practice.now_s();
        assert_eq!(came.altered(from, to).read(channel, now_s), Err(NoticeError::BadSignature), "{pay_type:?}");
        let other = if pay_type == PayType::Alipay { PayType::Wechat } else { PayType::Alipay };
        assert_eq!(came.read(practice.channel(other).as_ref(), now_s), Err(NoticeError::BadSignature), "{pay_type:?}");
        assert!(came.read(channel, now_s).is_ok(), "{pay_type:?}");
        // Alipay repeats its notices unchanged for 25 hours; WeChat Pay stamps each delivery anew.
        let late = came.read(channel, now_s + 301);
        match pay_type {
            PayType::Alipay => assert!(late.is_ok()),
            PayType::Wechat => assert_eq!(late, Err(NoticeError::Stale)),
        }
    }
}

#[tokio::test]
async fn a_notice_delivered_twice_reads_the_same_twice() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        practice.faults(pay_type, json!({"notice_doubled": {"count": 1, "copies": 3}})).await;
        practice.paid(pay_type).await;
        let first = practice.read(pay_type).await;
        for _ in 0..2 {
            assert_eq!(practice.read(pay_type).await, first, "{pay_type:?}");
        }
        practice.until_notices(pay_type, "received", 1).await;
        assert!(!practice.shop.has_more().await, "{pay_type:?}");
        assert_eq!(practice.fired(pay_type, "notice_doubled").await, 1);
    }
}

#[tokio::test]
async fn a_lost_notice_costs_nothing_because_the_query_tells() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        practice.faults(pay_type, json!({"notice_dropped": {"count": 1}})).await;
        let lost = practice.paid(pay_type).await;
        let told = practice.paid(pay_type).await;
        assert_eq!(practice.read(pay_type).await.pay_id, told, "{pay_type:?}");
        practice.until_notices(pay_type, "dropped", 1).await;
        let payment = practice.payment(pay_type, &lost).await;
        assert_eq!(practice.expected(pay_type, &lost).compare(&payment), Ok(()));
        assert_eq!(practice.fired(pay_type, "notice_dropped").await, 1);
    }
}

#[tokio::test]
async fn late_and_overtaken_notices_are_read_whenever_they_come() {
    let practice = Practice::open().await;
    let order: [(&str, bool); 2] = [("notice_late", true), ("notice_reordered", false)];
    for pay_type in BOTH {
        for (fault, needs_time) in order {
            practice.faults(pay_type, json!({fault: {"count": 1, "wait_ms": 3_600_000}})).await;
            let held = practice.paid(pay_type).await;
            let prompt = practice.paid(pay_type).await;
            assert_eq!(practice.read(pay_type).await.pay_id, prompt, "{pay_type:?} {fault}");
            if needs_time {
                practice.sandbox.clock().advance(Duration::from_secs(3601));
            }
            assert_eq!(practice.read(pay_type).await.pay_id, held, "{pay_type:?} {fault}");
            assert_eq!(practice.fired(pay_type, fault).await, 1, "{pay_type:?} {fault}");
        }
    }
}

#[tokio::test]
async fn a_notice_of_another_amount_claims_it_and_the_query_knows_better() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        practice.faults(pay_type, json!({"notice_amount_altered": {"count": 1}})).await;
        let pay_id = practice.paid(pay_type).await;
        let claimed = practice.read(pay_type).await.payment.unwrap();
        let expected = practice.expected(pay_type, &pay_id);
        assert_eq!(expected.compare(&claimed), Err(Mismatch::Amount), "{pay_type:?}");
        assert_eq!(expected.compare(&practice.payment(pay_type, &pay_id).await), Ok(()), "{pay_type:?}");
        assert_eq!(practice.fired(pay_type, "notice_amount_altered").await, 1);
    }
}

#[tokio::test]
async fn a_code_paid_twice_is_two_payments_with_numbers_of_their_own() {
    let practice = Practice::open().await;
    for pay_type in BOTH {
        practice.faults(pay_type, json!({"double_payment": {"count": 1}})).await;
        let (pay_id, code) = practice.ordered(pay_type).await;
        practice.phone("pay", &code).await;
        practice.phone("pay", &code).await;
        let payment_of = async || -> (PayId, String) {
            let notice = practice.read(pay_type).await;
            (notice.pay_id, notice.payment.unwrap().channel_no)
        };
        let (first, second) = (payment_of().await, payment_of().await);
        assert_eq!((&first.0, &second.0), (&pay_id, &pay_id), "{pay_type:?}");
        assert_ne!(first.1, second.1, "{pay_type:?}");
        let Standing::Paid(payment) = practice.channel(pay_type).query(&pay_id).await.unwrap() else {
            panic!("{pay_type:?}: not paid")
        };
        assert!([first.1, second.1].contains(&payment.channel_no), "{pay_type:?}: {payment:?}");
        assert_eq!(practice.fired(pay_type, "double_payment").await, 1);
    }
}
