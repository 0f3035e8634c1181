//! What Alipay's answers mean, asked over a real connection.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod mock;

use gateway::{Channel, CloseAnswer, Error, RefundStanding, Refusal, Standing};
use mock::*;

fn method(seen: &Seen) -> String {
    seen.parameters()["method"].clone()
}

/// A gateway that answers every method with this body, signed.
async fn saying(body: &str) -> Mock {
    let body = body.to_owned();
    Mock::start(move |seen| alipay_answer(&method(seen), &body)).await
}

fn failed(sub_code: &str) -> String {
    format!(r#"{{"code":"40004","msg":"Business Failed","sub_code":"{sub_code}","sub_msg":"words"}}"#)
}

fn paid(extra: &str) -> String {
    format!(
        r#"{{"code":"10000","msg":"Success","out_trade_no":"{PAY_ID}","trade_no":"2023111522001400001",
            "total_amount":"228.00","buyer_pay_amount":"220.00",{extra}}}"#
    )
}

#[tokio::test]
async fn prepay_sends_what_alipay_documents_and_signs_all_of_it() {
    let body = format!(
        r#"{{"code":"10000","msg":"Success","out_trade_no":"{PAY_ID}","qr_code":"https:\/\/qr.alipay.com\/bax1"}}"#
    );
    let mock = saying(&body).await;
    let code = alipay(&mock.origin, http()).prepay(&prepay()).await.unwrap();
    assert_eq!(code, "https://qr.alipay.com/bax1");

    let seen = &mock.seen()[0];
    assert_eq!(seen.method, "POST");
    assert!(seen.target.starts_with("/gateway.do?") && seen.target.contains("charset=utf-8"), "{}", seen.target);
    let mut parameters = seen.parameters();
    let sign = parameters.remove("sign").unwrap();
    let text = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    assert_eq!(sign, Signer::new(&app_key()).sign(text.as_bytes()), "{text}");
    assert_eq!(
        text,
        format!(
            "app_id={APP_ID}&biz_content={{\"out_trade_no\":\"{PAY_ID}\",\"total_amount\":\"228.00\",\
             \"subject\":\"冰裂纹／茶壶\",\"seller_id\":\"{SELLER_ID}\",\"time_expire\":\"2023-11-15 06:18:20\"}}\
             &charset=utf-8&format=JSON&method=alipay.trade.precreate&notify_url=https://shop.example/notices/x\
             &sign_type=RSA2&timestamp=2023-11-15 06:13:20&version=1.0"
        )
    );
}

#[tokio::test]
async fn an_answer_that_was_told_instead_of_sent_is_checked_as_well() {
    let body = format!(
        r#"{{"code":"10000","msg":"Success","out_trade_no":"{PAY_ID}","qr_code":"https:\/\/qr.alipay.com\/bax1"}}"#
    );
    let answer = String::from_utf8(alipay_answer("alipay.trade.precreate", &body).body).unwrap();
    let told = |answer: String| alipay("https://openapi.alipay.com", http().telling(200, &[], answer.as_bytes()));
    assert_eq!(told(answer.clone()).prepay(&prepay()).await.unwrap(), "https://qr.alipay.com/bax1");
    let forged = told(answer.replace("bax1", "bax2")).prepay(&prepay()).await;
    assert!(matches!(forged, Err(Error::Unknown { .. })), "{forged:?}");
}

#[tokio::test]
async fn amounts_alipay_does_not_collect_are_refused_before_sending() {
    let mock = saying("{}").await;
    let request = gateway::Prepay { amount: fen(0), ..prepay() };
    let error = alipay(&mock.origin, http()).prepay(&request).await.unwrap_err();
    assert!(matches!(error, Error::Refused { refusal: Refusal::AmountLimit, .. }), "{error}");
    let nothing = gateway::Refund { amount: fen(0), ..refund() };
    let error = alipay(&mock.origin, http()).refund(&nothing).await.unwrap_err();
    assert!(matches!(error, Error::Refused { refusal: Refusal::AmountLimit, .. }), "{error}");
    let too_much = gateway::Refund { amount: fen(2), total: fen(1), ..refund() };
    let error = alipay(&mock.origin, http()).refund(&too_much).await.unwrap_err();
    assert!(matches!(error, Error::Refused { refusal: Refusal::RefundTooMuch, .. }), "{error}");
    assert!(mock.seen().is_empty());
}

#[tokio::test]
async fn a_notice_address_alipay_does_not_take_is_refused_before_sending() {
    let of_length = |length: usize| format!("https://shop.example/{}", "x".repeat(length - 21));
    let taken = gateway::Prepay { notify_url: of_length(256), ..prepay() };
    let mock =
        saying(&format!(r#"{{"code":"10000","out_trade_no":"{PAY_ID}","qr_code":"https://qr.alipay.com/1"}}"#)).await;
    assert!(alipay(&mock.origin, http()).prepay(&taken).await.is_ok());
    for length in [257, 300] {
        let refused = gateway::Prepay { notify_url: of_length(length), ..prepay() };
        let error = alipay(&mock.origin, http()).prepay(&refused).await.unwrap_err();
        assert!(matches!(error, Error::Ours { setting: "public_url", .. }), "{length}: {error}");
    }
    assert_eq!(mock.seen().len(), 1);
}

#[tokio::test]
async fn a_query_tells_every_standing_apart() {
    let status = |status: &str, amounts: &str| {
        format!(
            r#"{{"code":"10000","msg":"Success","out_trade_no":"{PAY_ID}","trade_no":"1","total_amount":"228.00",
                "trade_status":"{status}"{amounts}}}"#
        )
    };
    for (body, expected) in [
        (failed("ACQ.TRADE_NOT_EXIST"), Standing::NoTrade),
        (status("WAIT_BUYER_PAY", r#","buyer_pay_amount":"0.00""#), Standing::WaitingForBuyer),
        (status("TRADE_CLOSED", r#","buyer_pay_amount":"0.00","receipt_amount":"0.00""#), Standing::Closed),
        (status("TRADE_CLOSED", ""), Standing::Closed),
    ] {
        let mock = saying(&body).await;
        assert_eq!(alipay(&mock.origin, http()).query(&pay_id()).await, Ok(expected), "{body}");
    }
}

#[tokio::test]
async fn a_payment_carries_every_field_of_the_signed_answer() {
    for (status, gone_back) in [("TRADE_SUCCESS", false), ("TRADE_FINISHED", false), ("TRADE_CLOSED", true)] {
        let mock = saying(&paid(&format!(
            r#""trade_status":"{status}","send_pay_date":"2023-11-15 06:14:00","fund_bill_list":[]"#
        )))
        .await;
        let payment = match alipay(&mock.origin, http()).query(&pay_id()).await.unwrap() {
            Standing::Paid(payment) if !gone_back => payment,
            Standing::ClosedAfterPayment(payment) if gone_back => payment,
            other => panic!("{status}: {other:?}"),
        };
        assert_eq!(payment.pay_id, pay_id());
        assert_eq!(payment.amount, fen(22_800), "the order's total, not what the buyer paid after coupons");
        assert_eq!((payment.merchant.partner_id.as_str(), payment.merchant.app_id.as_str()), (SELLER_ID, APP_ID));
        assert_eq!((payment.currency.as_str(), payment.channel_no.as_str()), ("CNY", "2023111522001400001"));
        assert_eq!(payment.paid_at, NOW_S + 40);
    }
    // Any one of them shows that a closed trade had been paid.
    for shown in [
        r#""send_pay_date":"2023-11-15 06:14:00","buyer_pay_amount":"0.00""#,
        r#""send_pay_date":"","buyer_pay_amount":"0.01""#,
        r#""receipt_amount":"0.01""#,
    ] {
        let closed = paid(&format!(r#""trade_status":"TRADE_CLOSED",{shown}"#));
        let mock = saying(&closed.replace(r#""buyer_pay_amount":"220.00","#, "")).await;
        let standing = alipay(&mock.origin, http()).query(&pay_id()).await;
        assert!(matches!(standing, Ok(Standing::ClosedAfterPayment(_))), "{shown}: {standing:?}");
    }
    // A bare number is read from its digits.
    let mock = saying(&paid(r#""trade_status":"TRADE_SUCCESS""#).replace("\"228.00\"", "228.1")).await;
    let Standing::Paid(payment) = alipay(&mock.origin, http()).query(&pay_id()).await.unwrap() else { panic!() };
    assert_eq!(payment.amount, fen(22_810));
}

#[tokio::test]
async fn an_answer_that_proves_nothing_leaves_the_outcome_unknown() {
    let good = paid(r#""trade_status":"TRADE_SUCCESS","send_pay_date":"2023-11-15 06:14:00""#);
    let other_trade = good.replace(PAY_ID, "0123456789ABCDEFGHJKMNPQA2");
    let query = "alipay.trade.query";
    let text = |answer: Answer| String::from_utf8(answer.body).unwrap();
    let signed = text(alipay_answer(query, &good));
    let sign = signed.rsplit_once("\"sign\"").unwrap().1.to_owned();
    for (what, answer) in [
        ("HTTP 500", Answer { status: 500, ..alipay_answer(query, &good) }),
        ("redirect", Answer { headers: vec![("location".into(), "/x".into())], ..Answer::plain(302, "") }),
        ("not JSON", Answer::plain(200, "<html>")),
        ("not UTF-8", Answer::plain(200, vec![0xff, 0xfe])),
        ("unsigned success", Answer::plain(200, format!(r#"{{"alipay_trade_query_response":{good}}}"#))),
        ("empty sign", Answer::plain(200, format!(r#"{{"alipay_trade_query_response":{good},"sign":""}}"#))),
        ("forged", alipay_answer_by(&forger(), query, &good)),
        ("changed amount", Answer::plain(200, signed.replace("228.00", "228.01"))),
        ("another trade", alipay_answer(query, &other_trade)),
        ("another method", alipay_answer("alipay.trade.close", &good)),
        (
            "root twice",
            Answer::plain(200, signed.replacen('{', &format!("{{\"alipay_trade_query_response\":{good},"), 1)),
        ),
        ("two roots", Answer::plain(200, signed.replacen('{', &format!("{{\"error_response\":{good},"), 1))),
        ("error_response success", Answer::plain(200, format!(r#"{{"error_response":{good},"sign"{sign}"#))),
        ("unknown status", alipay_answer(query, &paid(r#""trade_status":"TRADE_PENDING""#))),
        ("no amount", alipay_answer(query, &good.replace("total_amount", "other_amount"))),
        ("three decimals", alipay_answer(query, &good.replace("228.00", "228.001"))),
        ("amount twice", alipay_answer(query, &good.replacen('{', r#"{"total_amount":"1.00","#, 1))),
        ("system error", alipay_answer(query, &failed("ACQ.SYSTEM_ERROR"))),
        ("service unavailable", alipay_answer(query, r#"{"code":"20000","sub_code":"isp.unknow-error"}"#)),
        (
            "unsigned refusal",
            Answer::plain(200, format!(r#"{{"alipay_trade_query_response":{}}}"#, failed("ACQ.TRADE_NOT_EXIST"))),
        ),
        ("too long", Answer::plain(200, vec![b' '; 2 << 20])),
    ] {
        let mock = Mock::always(answer).await;
        let answer = alipay(&mock.origin, http()).query(&pay_id()).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{what}: {answer:?}");
        assert!(!format!("{answer:?}").contains("sign="), "{what}: the signed address stays out of errors");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_or_a_gateway_that_is_away_is_unknown() {
    let mock = Mock::always(Answer::never()).await;
    for origin in [mock.origin.clone(), nobody().await] {
        let answer = alipay(&origin, impatient()).prepay(&prepay()).await;
        let Err(Error::Unknown { why }) = answer else { panic!("{answer:?}") };
        assert!(!why.contains("sign"), "{why}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mock = Mock::start(|seen| {
        if seen.target.starts_with("/gateway.do") {
            return Answer { headers: vec![("location".into(), "/elsewhere".into())], ..Answer::plain(302, "") };
        }
        alipay_answer("alipay.trade.query", &failed("ACQ.TRADE_NOT_EXIST"))
    })
    .await;
    let answer = alipay(&mock.origin, http()).query(&pay_id()).await;
    assert!(matches!(answer, Err(Error::Unknown { .. })), "{answer:?}");
    assert_eq!(mock.seen().len(), 1);
}

#[tokio::test]
async fn escaped_slashes_verify_as_sent_and_as_signed_before_escaping() {
    let plain = format!(r#"{{"code":"10000","out_trade_no":"{PAY_ID}","qr_code":"https://qr.alipay.com/bax1"}}"#);
    let sign = alipay_signer().sign(plain.as_bytes());
    let escaped = plain.replace('/', "\\/");
    let answer = format!(r#"{{"alipay_trade_precreate_response":{escaped},"sign":"{sign}"}}"#);
    let mock = Mock::always(Answer::plain(200, answer)).await;
    let code = alipay(&mock.origin, http()).prepay(&prepay()).await;
    assert_eq!(code.as_deref(), Ok("https://qr.alipay.com/bax1"));
}

#[tokio::test]
async fn refusals_of_a_prepay_say_what_to_do() {
    for (sub_code, expected) in [
        ("ACQ.TRADE_HAS_SUCCESS", Refusal::AlreadyPaid),
        ("ACQ.TRADE_HAS_CLOSE", Refusal::AlreadyClosed),
        ("ACQ.CONTEXT_INCONSISTENT", Refusal::NumberUsed),
        ("ACQ.TOTAL_FEE_EXCEED", Refusal::AmountLimit),
        ("ACQ.EXIST_FORBIDDEN_WORD", Refusal::TextNotAllowed),
        ("ACQ.BUYER_ENABLE_STATUS_FORBID", Refusal::BuyerOrAccount),
        ("ACQ.BEYOND_PER_RECEIPT_DAY_RESTRICTION", Refusal::SellerLimit),
        ("ACQ.MERCHANT_STATUS_NOT_NORMAL", Refusal::SellerLimit),
        ("ACQ.SOMETHING_NEW", Refusal::Other),
    ] {
        let mock = saying(&failed(sub_code)).await;
        match alipay(&mock.origin, http()).prepay(&prepay()).await {
            Err(Error::Refused { refusal, code, .. }) => assert_eq!((refusal, code.as_str()), (expected, sub_code)),
            other => panic!("{sub_code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn our_own_faults_name_the_setting() {
    for (code, sub_code, expected) in [
        ("40002", "isv.invalid-app-id", "alipay.app_id"),
        ("40002", "isv.invalid-signature", "alipay.app_private_key"),
        ("40002", "isv.invalid-timestamp", "clock"),
        ("40001", "isv.missing-version", "parameters"),
        ("40006", "isv.insufficient-isv-permissions", "alipay.app_id"),
        ("20001", "aop.invalid-app-auth-token", "alipay.app_id"),
    ] {
        let body = format!(r#"{{"code":"{code}","msg":"x","sub_code":"{sub_code}","sub_msg":"app_id=1&amp;sign=2"}}"#);
        // Alipay cannot sign for an application it does not know.
        for answer in [
            alipay_answer("alipay.trade.precreate", &body),
            Answer::plain(200, format!(r#"{{"alipay_trade_precreate_response":{body}}}"#)),
        ] {
            let mock = Mock::always(answer).await;
            match alipay(&mock.origin, http()).prepay(&prepay()).await {
                Err(Error::Ours { setting, why }) => {
                    assert_eq!(setting, expected, "{sub_code}");
                    let repeats = sub_code == "isv.invalid-signature" && why.contains("app_id=1");
                    assert!(!repeats, "the signed text stays out of errors and logs: {why}");
                }
                other => panic!("{sub_code}: {other:?}"),
            }
        }
    }
    let mock = saying(&failed("ACQ.INVALID_PARAMETER")).await;
    let error = alipay(&mock.origin, http()).prepay(&prepay()).await.unwrap_err();
    assert!(matches!(error, Error::Ours { setting: "parameters", .. }), "{error}");
    let mock = saying(r#"{"code":"40005","sub_code":"isv.app-call-limited"}"#).await;
    let error = alipay(&mock.origin, http()).prepay(&prepay()).await.unwrap_err();
    assert!(matches!(error, Error::Busy { retry_after_s: 1.. }), "{error}");
}

/// A gateway where close and cancel answer differently.
async fn closing(close: &str, cancel: &str) -> Mock {
    let (close, cancel) = (close.to_owned(), cancel.to_owned());
    Mock::start(move |seen| {
        let method = method(seen);
        let body = if method == "alipay.trade.close" { &close } else { &cancel };
        alipay_answer(&method, body)
    })
    .await
}

fn cancelled(rest: &str) -> String {
    format!(r#"{{"code":"10000","msg":"Success","out_trade_no":"{PAY_ID}"{rest}}}"#)
}

#[tokio::test]
async fn close_falls_back_to_cancel_for_a_code_nobody_scanned() {
    let none = failed("ACQ.TRADE_NOT_EXIST");
    for (close, cancel, calls, expected) in [
        (cancelled(""), String::new(), 1, Some(CloseAnswer::Closed)),
        (none.clone(), cancelled(r#","retry_flag":"N""#), 2, Some(CloseAnswer::Closed)),
        (none.clone(), cancelled(r#","retry_flag":"N","action":"close""#), 2, Some(CloseAnswer::Closed)),
        (none.clone(), cancelled(r#","retry_flag":"N","action":"refund""#), 2, Some(CloseAnswer::Returned)),
        (none.clone(), cancelled(r#","retry_flag":"Y""#), 2, None),
        (none.clone(), cancelled(""), 2, None),
        (none.clone(), failed("AQC.SYSTEM_ERROR"), 2, None),
        (none, failed("ACQ.REASON_TRADE_REFUND_FEE_ERR"), 2, Some(CloseAnswer::AlreadyPaid)),
        (failed("ACQ.TRADE_STATUS_ERROR"), String::new(), 1, Some(CloseAnswer::AlreadyPaid)),
        (failed("ACQ.REASON_TRADE_STATUS_INVALID"), String::new(), 1, Some(CloseAnswer::AlreadyPaid)),
        (failed("ACQ.REASON_ILLEGAL_STATUS"), String::new(), 1, Some(CloseAnswer::AlreadyPaid)),
        (failed("ACQ.SYSTEM_ERROR"), String::new(), 1, None),
    ] {
        let mock = closing(&close, &cancel).await;
        match (alipay(&mock.origin, http()).close(&pay_id()).await, expected) {
            (Ok(answer), Some(expected)) => assert_eq!(answer, expected, "{close} {cancel}"),
            (Err(Error::Unknown { .. }), None) => {}
            (answer, _) => panic!("{close} {cancel}: {answer:?}"),
        }
        assert_eq!(mock.seen().len(), calls, "{close} {cancel}");
    }
}

/// A gateway where refund and refund query answer differently.
async fn refunding(refund: &str, query: &str) -> Mock {
    let (refund, query) = (refund.to_owned(), query.to_owned());
    Mock::start(move |seen| {
        let method = method(seen);
        let body = if method == "alipay.trade.refund" { &refund } else { &query };
        alipay_answer(&method, body)
    })
    .await
}

#[tokio::test]
async fn a_refund_is_done_when_money_moved_or_the_query_says_so() {
    let answer =
        |change: &str| format!(r#"{{"code":"10000","out_trade_no":"{PAY_ID}","refund_fee":"228.00"{change}}}"#);
    let found = |amount: &str| {
        format!(
            r#"{{"code":"10000","out_trade_no":"{PAY_ID}","out_request_no":"{PAY_ID}R","refund_amount":"{amount}",
                "refund_status":"REFUND_SUCCESS"}}"#
        )
    };
    let moved = answer(r#","fund_change":"Y""#);
    let not_moved = answer(r#","fund_change":"N""#);
    for (refunded, queried, expected) in [
        (&moved, String::new(), Some(RefundStanding::Done)),
        (&not_moved, found("228.00"), Some(RefundStanding::Done)),
        (&answer(""), found("228.00"), Some(RefundStanding::Done)),
        (&not_moved, r#"{"code":"10000","msg":"Success"}"#.into(), Some(RefundStanding::Processing)),
        (&not_moved, found("228.00").replace("REFUND_SUCCESS", ""), Some(RefundStanding::Processing)),
        (&not_moved, found("1.00"), None),
        (&not_moved, found("228.00").replace(&format!("{PAY_ID}R"), "another"), None),
        (&moved.replace(PAY_ID, "another-trade"), String::new(), None),
    ] {
        let mock = refunding(refunded, &queried).await;
        match (alipay(&mock.origin, http()).refund(&refund()).await, expected) {
            (Ok(answer), Some(expected)) => assert_eq!(answer, expected, "{refunded} {queried}"),
            (Err(Error::Unknown { .. }), None) => {}
            (answer, _) => panic!("{refunded} {queried}: {answer:?}"),
        }
        let asked = &mock.seen()[0].parameters()["biz_content"];
        assert_eq!(
            *asked,
            format!(
                r#"{{"out_trade_no":"{PAY_ID}","refund_amount":"228.00","out_request_no":"{PAY_ID}R","refund_reason":"sold out"}}"#
            )
        );
    }
}

#[tokio::test]
async fn a_refund_query_does_not_take_a_bare_success_for_a_refund() {
    for (body, expected) in [
        (r#"{"code":"10000","msg":"Success"}"#.to_owned(), RefundStanding::NotFound),
        (failed("ACQ.TRADE_NOT_EXIST"), RefundStanding::NotFound),
        (failed("TRADE_NOT_EXIST"), RefundStanding::NotFound),
    ] {
        let mock = saying(&body).await;
        assert_eq!(alipay(&mock.origin, http()).refund_query(&pay_id(), &refund_id()).await, Ok(expected), "{body}");
    }
    // Another refusal does not say that there is no such refund.
    let mock = saying(&failed("ACQ.TRADE_STATUS_ERROR")).await;
    let answer = alipay(&mock.origin, http()).refund_query(&pay_id(), &refund_id()).await;
    assert!(matches!(answer, Err(Error::Refused { refusal: Refusal::NotPaid, .. })), "{answer:?}");
}

#[tokio::test]
async fn a_refund_s_reason_is_cut_to_what_alipay_takes() {
    for (reason, sent) in [
        ("缺一件 🍵é", r#","refund_reason":"缺一件 é"}"#.to_owned()),
        (&"缺".repeat(257), format!(r#","refund_reason":"{}"}}"#, "缺".repeat(256))),
        ("🍵", "}".to_owned()),
    ] {
        let mock = refunding(&format!(r#"{{"code":"10000","out_trade_no":"{PAY_ID}","fund_change":"Y"}}"#), "").await;
        let request = gateway::Refund { reason: reason.into(), ..refund() };
        assert_eq!(alipay(&mock.origin, http()).refund(&request).await, Ok(RefundStanding::Done));
        let asked = mock.seen()[0].parameters()["biz_content"].clone();
        let expected = format!(r#""out_request_no":"{PAY_ID}R"{sent}"#);
        assert!(asked.ends_with(&expected), "{expected} is not the end of {asked}");
    }
}

#[tokio::test]
async fn refusals_of_a_refund_say_what_to_do() {
    for (sub_code, expected) in [
        ("ACQ.SELLER_BALANCE_NOT_ENOUGH", Refusal::NotEnoughBalance),
        ("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", Refusal::RefundTooMuch),
        ("ACQ.DISCORDANT_REPEAT_REQUEST", Refusal::NumberUsed),
        ("ACQ.TRADE_HAS_FINISHED", Refusal::RefundPeriodOver),
        ("ACQ.TRADE_NOT_EXIST", Refusal::NotPaid),
        ("ACQ.TRADE_STATUS_ERROR", Refusal::NotPaid),
        ("ACQ.BUYER_NOT_EXIST", Refusal::BuyerOrAccount),
        ("ACQ.TRADE_NOT_ALLOW_REFUND", Refusal::Other),
    ] {
        let mock = saying(&failed(sub_code)).await;
        match alipay(&mock.origin, http()).refund(&refund()).await {
            Err(Error::Refused { refusal, .. }) => assert_eq!(refusal, expected, "{sub_code}"),
            other => panic!("{sub_code}: {other:?}"),
        }
    }
}
