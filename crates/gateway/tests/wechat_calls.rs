//! What WeChat Pay's answers mean, asked over a real connection.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod mock;

use gateway::{Channel, CloseAnswer, Error, RefundStanding, Refusal, Standing};
use mock::*;

fn problem(code: &str, message: &str) -> String {
    format!(r#"{{"code":"{code}","message":"{message}"}}"#)
}

fn transaction(state: &str, rest: &str) -> String {
    format!(
        r#"{{"appid":"{APPID}","mchid":"{MCHID}","out_trade_no":"{PAY_ID}","promotion_detail":[],
            "scene_info":{{"device_id":""}},"trade_state":"{state}","trade_state_desc":"x"{rest}}}"#
    )
}

fn paid(state: &str) -> String {
    transaction(
        state,
        r#","transaction_id":"4200002023111500000000000001","trade_type":"NATIVE","bank_type":"OTHERS",
            "success_time":"2023-11-15T06:14:00+08:00","payer":{"openid":"o"},
            "amount":{"currency":"CNY","payer_currency":"CNY","payer_total":22000,"total":22800}"#,
    )
}

#[tokio::test]
async fn prepay_sends_what_wechat_pay_documents_and_signs_all_of_it() {
    let mock = Mock::always(wechat_answer(200, r#"{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}"#)).await;
    let channel = wechat(&mock.origin, http());
    assert_eq!(channel.prepay(&prepay()).await.as_deref(), Ok("weixin://wxpay/bizpayurl?pr=JyC91EIz1"));
    channel.prepay(&prepay()).await.unwrap();

    let seen = mock.seen();
    assert_eq!(seen[0].body, seen[1].body, "a repeated order must be the same to the byte");
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("POST", "/v3/pay/transactions/native"));
    assert_eq!(
        seen[0].body,
        format!(
            r#"{{"appid":"{APPID}","mchid":"{MCHID}","description":"冰裂纹/茶壶","out_trade_no":"{PAY_ID}","time_expire":"2023-11-15T06:18:20+08:00","notify_url":"https://shop.example/notices/x","amount":{{"total":22800,"currency":"CNY"}}}}"#
        )
    );
    assert!(!seen[0].header("user-agent").is_empty());
    assert_eq!(seen[0].header("wechatpay-serial"), KEY_ID);
    check_authorization(&seen[0]);
}

fn check_authorization(seen: &Seen) {
    let pairs = seen.header("authorization").strip_prefix("WECHATPAY2-SHA256-RSA2048 ").unwrap();
    let part = |name: &str| {
        let (_, after) = pairs.split_once(&format!("{name}=\"")).unwrap();
        after.split_once('"').unwrap().0.to_owned()
    };
    let (timestamp, nonce) = (part("timestamp"), part("nonce_str"));
    assert_eq!(timestamp, NOW_S.to_string());
    assert_eq!(nonce.len(), 32);
    assert_eq!(part("mchid"), MCHID);
    assert_eq!(part("serial_no"), "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB");
    let text = format!("{}\n{}\n{timestamp}\n{nonce}\n{}\n", seen.method, seen.target, seen.body);
    assert_eq!(part("signature"), Signer::new(&merchant_key()).sign(text.as_bytes()));
}

#[tokio::test]
async fn what_wechat_pay_does_not_take_is_refused_before_sending() {
    let mock = Mock::always(wechat_answer(200, "{}")).await;
    let channel = wechat(&mock.origin, http());
    for amount in [0, 2_147_483_648] {
        let error = channel.prepay(&gateway::Prepay { amount: fen(amount), ..prepay() }).await.unwrap_err();
        assert!(matches!(error, Error::Refused { refusal: Refusal::AmountLimit, .. }), "{amount}: {error}");
    }
    for notify_url in ["https://shop.example/x?a=1", "https://shop.example/#x", "shop.example", "https://a b/"] {
        let error = channel.prepay(&gateway::Prepay { notify_url: notify_url.into(), ..prepay() }).await.unwrap_err();
        assert!(matches!(error, Error::Ours { setting: "public_url", .. }), "{notify_url}: {error}");
    }
    let error = channel.refund(&gateway::Refund { amount: fen(2), total: fen(1), ..refund() }).await.unwrap_err();
    assert!(matches!(error, Error::Refused { refusal: Refusal::RefundTooMuch, .. }), "{error}");
    for (amount, total) in [(0, 22_800), (22_800, 2_147_483_648)] {
        let request = gateway::Refund { amount: fen(amount), total: fen(total), ..refund() };
        let error = channel.refund(&request).await.unwrap_err();
        assert!(matches!(error, Error::Refused { refusal: Refusal::AmountLimit, .. }), "{amount} of {total}: {error}");
    }
    assert!(mock.seen().is_empty());
    // The most that it collects can be ordered, and can go back.
    let mock = Mock::always(wechat_answer(200, r#"{"code_url":"weixin://wxpay/bizpayurl?pr=1"}"#)).await;
    let most = gateway::Prepay { amount: fen(2_147_483_647), ..prepay() };
    assert!(wechat(&mock.origin, http()).prepay(&most).await.is_ok());
    let most = gateway::Refund { total: fen(2_147_483_647), ..refund() };
    let mock = Mock::always(wechat_answer(200, &refunded("SUCCESS"))).await;
    assert_eq!(wechat(&mock.origin, http()).refund(&most).await, Ok(RefundStanding::Done));
}

#[tokio::test]
async fn a_query_tells_every_standing_apart() {
    for (status, body, expected) in [
        (200, transaction("NOTPAY", r#","amount":{"payer_currency":"CNY","total":22800}"#), Standing::NotPaid),
        (200, transaction("CLOSED", r#","amount":{"payer_currency":"CNY","total":22800}"#), Standing::Closed),
        (404, problem("ORDER_NOT_EXIST", "订单不存在"), Standing::NoTrade),
        (404, problem("ORDERNOTEXIST", "订单不存在"), Standing::NoTrade),
    ] {
        let mock = Mock::always(wechat_answer(status, &body)).await;
        assert_eq!(wechat(&mock.origin, http()).query(&pay_id()).await, Ok(expected), "{body}");
        let seen = &mock.seen()[0];
        assert_eq!(seen.target, format!("/v3/pay/transactions/out-trade-no/{PAY_ID}?mchid={MCHID}"));
        check_authorization(seen);
    }
}

#[tokio::test]
async fn another_answer_of_404_does_not_say_that_there_is_no_trade() {
    let mock = Mock::always(wechat_answer(404, &problem("MCH_NOT_EXISTS", "x"))).await;
    let answer = wechat(&mock.origin, http()).query(&pay_id()).await;
    assert!(matches!(answer, Err(Error::Ours { setting: "wechat.mchid", .. })), "{answer:?}");
}

#[tokio::test]
async fn a_payment_is_found_by_wechat_pay_s_own_number_too() {
    const NUMBER: &str = "4200002023111500000000000001";
    let mock = Mock::always(wechat_answer(200, &paid("SUCCESS"))).await;
    let channel = wechat(&mock.origin, http());
    let Ok(Some((found, Standing::Paid(payment)))) = channel.query_transaction(NUMBER).await else {
        panic!("not found")
    };
    assert_eq!((found, payment.channel_no.as_str()), (pay_id(), NUMBER));
    assert_eq!(mock.seen()[0].target, format!("/v3/pay/transactions/id/{NUMBER}?mchid={MCHID}"));
    // An answer about another number is no answer, and nothing but a number is sent.
    assert!(matches!(channel.query_transaction("4200").await, Err(Error::Unknown { .. })));
    assert!(matches!(channel.query_transaction("../native").await, Err(Error::Ours { .. })));
    let mock = Mock::always(wechat_answer(404, &problem("ORDER_NOT_EXIST", "订单不存在"))).await;
    assert_eq!(wechat(&mock.origin, http()).query_transaction(NUMBER).await, Ok(None));
    let mock = Mock::always(Answer::plain(404, problem("ORDER_NOT_EXIST", "订单不存在"))).await;
    assert!(matches!(wechat(&mock.origin, http()).query_transaction(NUMBER).await, Err(Error::Unknown { .. })));
}

#[tokio::test]
async fn a_payment_carries_every_field_of_the_signed_answer_also_when_some_went_back() {
    for state in ["SUCCESS", "REFUND"] {
        let mock = Mock::always(wechat_answer(200, &paid(state))).await;
        let payment = match (state, wechat(&mock.origin, http()).query(&pay_id()).await) {
            ("SUCCESS", Ok(Standing::Paid(payment))) | ("REFUND", Ok(Standing::SomeReturned(payment))) => payment,
            (_, other) => panic!("{state}: {other:?}"),
        };
        assert_eq!(payment.pay_id, pay_id());
        assert_eq!(payment.amount, fen(22_800), "the order's total, not what the payer paid after coupons");
        assert_eq!((payment.merchant.partner_id.as_str(), payment.merchant.app_id.as_str()), (MCHID, APPID));
        assert_eq!((payment.currency.as_str(), payment.channel_no.as_str()), ("CNY", "4200002023111500000000000001"));
        assert_eq!(payment.paid_at, NOW_S + 40);
    }
}

#[tokio::test]
async fn an_answer_that_proves_nothing_leaves_the_outcome_unknown() {
    let good = paid("SUCCESS");
    let bytes = good.as_bytes();
    let signed_by = |signer: &Signer, serial: &str, timestamp: i64| Answer {
        headers: wechat_headers(signer, serial, timestamp, bytes),
        ..Answer::plain(200, good.clone())
    };
    let without = |name: &str| {
        let mut answer = wechat_answer(200, &good);
        answer.headers.retain(|(key, _)| key != name);
        answer
    };
    let mut probe = wechat_answer(200, &good);
    let sample = vectors("wechat")["negative"][2]["signature"].as_str().unwrap().to_owned();
    assert!(sample.starts_with("WECHATPAY/SIGNTEST/"));
    probe.headers[2].1 = sample;
    let mut doubled = wechat_answer(200, &good);
    doubled.headers.push(("wechatpay-serial".into(), "x".into()));
    let mut answers = vec![
        ("HTTP 500", wechat_answer(500, &problem("SYSTEM_ERROR", "系统错误"))),
        ("HTTP 502, not JSON", Answer::plain(502, "<html>")),
        ("HTTP 202", wechat_answer(202, "{}")),
        ("HTTP 204", wechat_answer(204, "")),
        ("redirect", Answer { headers: vec![("location".into(), "/x".into())], ..Answer::plain(302, "") }),
        ("404 without a body", Answer::plain(404, "")),
        ("unsigned", Answer::plain(200, good.clone())),
        ("unsigned and not there", Answer::plain(404, problem("ORDER_NOT_EXIST", "订单不存在"))),
        ("forged", signed_by(&forger(), KEY_ID, NOW_S)),
        (
            "forged refusal",
            Answer {
                headers: wechat_headers(&forger(), KEY_ID, NOW_S, b"{}"),
                ..Answer::plain(404, problem("ORDER_NOT_EXIST", ""))
            },
        ),
        ("unknown serial", signed_by(&wechat_signer(), "PUB_KEY_ID_1", NOW_S)),
        ("serial in another case", signed_by(&wechat_signer(), &KEY_ID.to_lowercase(), NOW_S)),
        ("too old", signed_by(&wechat_signer(), KEY_ID, NOW_S - 301)),
        ("too new", signed_by(&wechat_signer(), KEY_ID, NOW_S + 301)),
        ("probe", probe),
        ("doubled header", doubled),
        ("changed amount", Answer { body: good.replace("22800", "22801").into(), ..wechat_answer(200, &good) }),
        ("not JSON", wechat_answer(200, "<html>")),
        ("another trade", wechat_answer(200, &good.replace(PAY_ID, "0123456789ABCDEFGHJKMNPQA2"))),
        ("no amount", wechat_answer(200, &good.replace("\"amount\"", "\"other\""))),
        ("no total", wechat_answer(200, &good.replace("\"total\"", "\"other\""))),
        ("no currency", wechat_answer(200, &good.replace("\"currency\"", "\"other\""))),
        ("a fraction of a fen", wechat_answer(200, &good.replace("22800", "22800.5"))),
        ("a negative amount", wechat_answer(200, &good.replace("22800", "-22800"))),
        ("state twice", wechat_answer(200, &good.replacen('{', r#"{"trade_state":"SUCCESS","#, 1))),
        ("unknown state", wechat_answer(200, &paid("USERPAYING"))),
    ];
    for name in ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "wechatpay-signature"] {
        answers.push((name, without(name)));
    }
    for (what, answer) in answers {
        let mock = Mock::always(answer).await;
        let answer = wechat(&mock.origin, http()).query(&pay_id()).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_or_a_host_that_is_away_is_unknown() {
    let mock = Mock::always(Answer::never()).await;
    for origin in [mock.origin.clone(), nobody().await] {
        let answer = wechat(&origin, impatient()).prepay(&prepay()).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn refusals_of_a_prepay_say_what_to_do() {
    for (status, code, message, expected) in [
        (400, "ORDERPAID", "该订单已支付", Refusal::AlreadyPaid),
        (400, "ORDER_PAID", "x", Refusal::AlreadyPaid),
        (400, "INVALID_REQUEST", "该订单已支付", Refusal::AlreadyPaid),
        (400, "ORDER_CLOSED", "x", Refusal::AlreadyClosed),
        (403, "OUT_TRADE_NO_USED", "x", Refusal::NumberUsed),
        (400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致", Refusal::NumberUsed),
        (400, "INVALID_REQUEST", "201 商户订单号重复", Refusal::NumberUsed),
        (400, "INVALID_REQUEST", "别的", Refusal::Other),
        (403, "RULE_LIMIT", "x", Refusal::SellerLimit),
        (400, "SOMETHING_NEW", "x", Refusal::Other),
    ] {
        let mock = Mock::always(wechat_answer(status, &problem(code, message))).await;
        match wechat(&mock.origin, http()).prepay(&prepay()).await {
            Err(Error::Refused { refusal, code: told, .. }) => assert_eq!((refusal, told.as_str()), (expected, code)),
            other => panic!("{code} {message}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_signed_decides_nothing() {
    for (status, code) in [
        (400, "ORDERPAID"),
        (400, "ORDER_CLOSED"),
        (403, "OUT_TRADE_NO_USED"),
        (403, "RULE_LIMIT"),
        (403, "NOT_ENOUGH"),
        (400, "SOMETHING_NEW"),
    ] {
        let mock = Mock::always(Answer::plain(status, problem(code, "x"))).await;
        let channel = wechat(&mock.origin, http());
        let prepaid = channel.prepay(&prepay()).await;
        assert!(matches!(prepaid, Err(Error::Unknown { .. })), "{code}: {prepaid:?}");
        let closed = channel.close(&pay_id()).await;
        assert!(matches!(closed, Err(Error::Unknown { .. })), "{code}: {closed:?}");
    }
}

#[tokio::test]
async fn our_own_faults_name_the_setting_also_when_unsigned() {
    for (status, code, message, expected) in [
        (401, "SIGN_ERROR", "签名错误", "wechat.merchant_private_key"),
        (401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", "clock"),
        (401, "SIGN_ERROR", "商户证书序列号有误。请使用签名私钥匹配的证书序列号", "wechat.merchant_serial"),
        (401, "SIGN_ERROR", "商户未设置APIv3密钥。", "wechat.apiv3_key"),
        (400, "PARAM_ERROR", "x", "parameters"),
        (400, "APPID_MCHID_NOT_MATCH", "x", "wechat.appid"),
        (404, "MCH_NOT_EXISTS", "x", "wechat.mchid"),
        (403, "NO_AUTH", "x", "wechat.mchid"),
    ] {
        for answer in [wechat_answer(status, &problem(code, message)), Answer::plain(status, problem(code, message))] {
            let mock = Mock::always(answer).await;
            match wechat(&mock.origin, http()).prepay(&prepay()).await {
                Err(Error::Ours { setting, .. }) => assert_eq!(setting, expected, "{code} {message}"),
                other => panic!("{code} {message}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_busy_channel_says_for_how_long() {
    let mut answer = wechat_answer(429, &problem("FREQUENCY_LIMITED", "x"));
    let mock = Mock::always(answer.clone()).await;
    assert_eq!(wechat(&mock.origin, http()).query(&pay_id()).await, Err(Error::Busy { retry_after_s: 1 }));
    answer.headers.push(("retry-after".into(), "7".into()));
    let mock = Mock::always(answer).await;
    assert_eq!(wechat(&mock.origin, http()).query(&pay_id()).await, Err(Error::Busy { retry_after_s: 7 }));
}

#[tokio::test]
async fn close_believes_a_signed_204_and_takes_paid_for_a_hint() {
    for (answer, expected) in [
        (wechat_answer(204, ""), Some(CloseAnswer::Closed)),
        (wechat_answer(400, &problem("ORDERPAID", "该订单已支付")), Some(CloseAnswer::AlreadyPaid)),
        (wechat_answer(400, &problem("INVALID_REQUEST", "该订单已支付")), Some(CloseAnswer::AlreadyPaid)),
        (Answer::plain(204, ""), None),
        (wechat_answer(200, "{}"), None),
        (wechat_answer(500, &problem("SYSTEM_ERROR", "x")), None),
    ] {
        let mock = Mock::always(answer.clone()).await;
        match (wechat(&mock.origin, http()).close(&pay_id()).await, expected) {
            (Ok(closed), Some(expected)) => assert_eq!(closed, expected, "{answer:?}"),
            (Err(Error::Unknown { .. }), None) => {}
            (closed, _) => panic!("{answer:?}: {closed:?}"),
        }
        let seen = &mock.seen()[0];
        assert_eq!(seen.target, format!("/v3/pay/transactions/out-trade-no/{PAY_ID}/close"));
        assert_eq!(seen.body, format!(r#"{{"mchid":"{MCHID}"}}"#));
    }
}

fn refunded(status: &str) -> String {
    format!(
        r#"{{"amount":{{"currency":"CNY","discount_refund":0,"from":[],"payer_refund":22800,"payer_total":22800,
            "refund":22800,"total":22800}},"channel":"ORIGINAL","create_time":"2024-07-31T16:55:39+08:00",
            "out_refund_no":"{PAY_ID}R","out_trade_no":"{PAY_ID}","refund_id":"503","status":"{status}"}}"#
    )
}

#[tokio::test]
async fn refunds_and_their_queries_tell_every_standing_apart() {
    for (status, expected) in [
        ("PROCESSING", RefundStanding::Processing),
        ("SUCCESS", RefundStanding::Done),
        ("ABNORMAL", RefundStanding::Abnormal),
        ("CLOSED", RefundStanding::Closed),
    ] {
        let mock = Mock::always(wechat_answer(200, &refunded(status))).await;
        let channel = wechat(&mock.origin, http());
        assert_eq!(channel.refund(&refund()).await, Ok(expected));
        assert_eq!(channel.refund_query(&pay_id(), &refund_id()).await, Ok(expected));
        let seen = mock.seen();
        assert_eq!(seen[0].target, "/v3/refund/domestic/refunds");
        assert_eq!(
            seen[0].body,
            format!(
                r#"{{"out_trade_no":"{PAY_ID}","out_refund_no":"{PAY_ID}R","reason":"sold out","notify_url":"https://shop.example/notices/x","amount":{{"refund":22800,"total":22800,"currency":"CNY"}}}}"#
            )
        );
        assert_eq!(seen[1].target, format!("/v3/refund/domestic/refunds/{PAY_ID}R"));
    }
    let mock = Mock::always(wechat_answer(404, &problem("RESOURCE_NOT_EXISTS", "x"))).await;
    let channel = wechat(&mock.origin, http());
    assert_eq!(channel.refund_query(&pay_id(), &refund_id()).await, Ok(RefundStanding::NotFound));
    // Only that word, and only signed, says that there is no such refund.
    let mock = Mock::always(Answer::plain(404, problem("RESOURCE_NOT_EXISTS", "x"))).await;
    let unsigned = wechat(&mock.origin, http()).refund_query(&pay_id(), &refund_id()).await;
    assert!(matches!(unsigned, Err(Error::Unknown { .. })), "{unsigned:?}");
    let other = problem("MCH_NOT_EXISTS", "x");
    for answer in [wechat_answer(404, &other), Answer::plain(404, other.clone())] {
        let mock = Mock::always(answer).await;
        let answer = wechat(&mock.origin, http()).refund_query(&pay_id(), &refund_id()).await;
        assert!(matches!(answer, Err(Error::Ours { setting: "wechat.mchid", .. })), "{answer:?}");
    }
    for body in [
        refunded("SUCCESS").replace("\"refund\":22800", "\"refund\":1"),
        refunded("SUCCESS").replace(&format!("{PAY_ID}R"), "another"),
        refunded("SUCCESS").replace(&format!("\"{PAY_ID}\""), "\"another\""),
        refunded("LATER"),
    ] {
        let mock = Mock::always(wechat_answer(200, &body)).await;
        let answer = wechat(&mock.origin, http()).refund(&refund()).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_refund_s_reason_is_cut_to_what_wechat_pay_takes() {
    for (reason, sent) in [
        ("缺一件 🍵é", r#""reason":"缺一件 é","#.to_owned()),
        (&"缺".repeat(81), format!(r#""reason":"{}","#, "缺".repeat(80))),
        ("🍵", String::new()),
    ] {
        let mock = Mock::always(wechat_answer(200, &refunded("SUCCESS"))).await;
        let request = gateway::Refund { reason: reason.into(), ..refund() };
        assert_eq!(wechat(&mock.origin, http()).refund(&request).await, Ok(RefundStanding::Done));
        let body = &mock.seen()[0].body;
        let expected = format!(r#""out_refund_no":"{PAY_ID}R",{sent}"notify_url""#);
        assert!(body.contains(&expected), "{expected} is not in {body}");
    }
}

#[tokio::test]
async fn refusals_of_a_refund_say_what_to_do() {
    for (status, code, expected) in [
        (403, "NOT_ENOUGH", Refusal::NotEnoughBalance),
        (403, "USER_ACCOUNT_ABNORMAL", Refusal::BuyerOrAccount),
        (404, "RESOURCE_NOT_EXISTS", Refusal::NotPaid),
        (400, "REFUND_FEE_MISMATCH", Refusal::RefundTooMuch),
        (400, "TRADE_OVERDUE", Refusal::RefundPeriodOver),
    ] {
        let mock = Mock::always(wechat_answer(status, &problem(code, "x"))).await;
        match wechat(&mock.origin, http()).refund(&refund()).await {
            Err(Error::Refused { refusal, .. }) => assert_eq!(refusal, expected, "{code}"),
            other => panic!("{code}: {other:?}"),
        }
    }
}
