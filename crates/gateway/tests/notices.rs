//! Notices: which are believed, and what is read out of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod mock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::{Alipay, Channel, Notice, NoticeError, NoticeKind, RawNotice, Wechat};
use mock::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tempfile::TempDir;

const ORIGIN: &str = "http://127.0.0.1:9";

fn form(pairs: &BTreeMap<&str, String>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A payment notice of Alipay's, with some parameters changed before it is signed.
fn alipay_notice(signer: &Signer, changes: &[(&'static str, &str)]) -> String {
    let mut pairs: BTreeMap<&str, String> = [
        ("notify_time", "2023-11-15 06:14:02"),
        ("notify_type", "trade_status_sync"),
        ("notify_id", "2023111500222061402000001"),
        ("charset", "utf-8"),
        ("version", "1.0"),
        ("app_id", APP_ID),
        ("seller_id", SELLER_ID),
        ("trade_no", "2023111522001400001"),
        ("out_trade_no", PAY_ID),
        ("trade_status", "TRADE_SUCCESS"),
        ("total_amount", "228.00"),
        ("gmt_payment", "2023-11-15 06:14:00"),
        ("subject", "茶壶 + 100% a&b=c"),
        ("a_field_of_next_year", "1"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    for (name, value) in changes {
        pairs.insert(name, (*value).to_owned());
    }
    pairs.retain(|_, value| !value.is_empty());
    let text = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    pairs.insert("sign", signer.sign(text.as_bytes()));
    pairs.insert("sign_type", "RSA2".into());
    form(&pairs)
}

fn read_alipay(body: &str) -> Result<Notice, NoticeError> {
    let notice = RawNotice { headers: &[], body: body.as_bytes() };
    alipay(ORIGIN, http()).read_notice(&notice, NOW_S)
}

#[test]
fn a_payment_notice_of_alipay_is_read_with_its_claim() {
    let notice = read_alipay(&alipay_notice(&alipay_signer(), &[])).unwrap();
    assert_eq!((notice.pay_id, notice.kind), (pay_id(), NoticeKind::Payment));
    assert_eq!(notice.notice_id, "2023111500222061402000001");
    let payment = notice.payment.unwrap();
    assert_eq!((payment.amount, payment.paid_at), (fen(22_800), NOW_S + 40));
    assert_eq!(payment.channel_no, "2023111522001400001");
}

#[test]
fn real_notices_of_alipay_are_read_as_they_came() {
    let mut read = 0;
    for vector in vectors("alipay")["notify_verify"].as_array().unwrap() {
        let parameters = &vector["params"];
        let Some(seller_id) = parameters["seller_id"].as_str() else { continue };
        let dir = TempDir::new().unwrap();
        let mut config = alipay_config(&dir, ORIGIN);
        config.app_id = parameters["app_id"].as_str().unwrap().into();
        config.seller_id = seller_id.into();
        config.alipay_public_key = Some(file(&dir, "real.txt", vector["public_key"].as_str().unwrap()));
        let channel = Alipay::new(config, http(), clock()).unwrap();
        let notice = RawNotice { headers: &[], body: vector["form_body"].as_str().unwrap().as_bytes() };
        let answer = channel.read_notice(&notice, NOW_S);
        match (vector["id"].as_str().unwrap(), answer) {
            ("notify-node-yuque" | "notify-node-yuque-neg-signtype" | "notify-ys-plus", Ok(notice)) => {
                assert_eq!(notice.kind, NoticeKind::Payment);
                let claimed = notice.payment.unwrap().amount.to_yuan();
                assert_eq!(claimed, parameters["total_amount"].as_str().unwrap());
                read += 1;
            }
            ("notify-node-yuque-neg-amount" | "notify-ys-plus-neg-doubledecode", Err(NoticeError::BadSignature)) => {
                read += 1;
            }
            // The query of a browser's return is signed like a notice and is none.
            ("return-ys-pagepay", Err(NoticeError::Malformed(_))) => read += 1,
            (id, answer) => panic!("{id}: {answer:?}"),
        }
    }
    assert_eq!(read, 6);
}

#[test]
fn other_notices_of_alipay_are_told_apart() {
    for (changes, expected) in [
        (
            vec![("refund_fee", "1.00"), ("gmt_refund", "2023-11-15 06:20:00.123"), ("out_biz_no", "0123456789R")],
            NoticeKind::Refund { refund_id: order::RefundId::new("0123456789R").ok() },
        ),
        (
            vec![("refund_fee", "228.00"), ("trade_status", "TRADE_CLOSED"), ("out_biz_no", "不是")],
            NoticeKind::Refund { refund_id: None },
        ),
        (vec![("trade_status", "TRADE_CLOSED")], NoticeKind::Closed),
        (vec![("trade_status", "TRADE_FINISHED")], NoticeKind::Payment),
        (vec![("trade_status", "WAIT_BUYER_PAY")], NoticeKind::Other),
    ] {
        let notice = read_alipay(&alipay_notice(&alipay_signer(), &changes)).unwrap();
        assert_eq!(notice.kind, expected);
        assert_eq!(notice.payment.is_some(), expected == NoticeKind::Payment);
    }
    for missing in ["total_amount", "trade_no"] {
        let notice = read_alipay(&alipay_notice(&alipay_signer(), &[(missing, "")])).unwrap();
        assert_eq!(notice.payment, None, "a claim without {missing} is no claim, yet still a reason to ask");
    }
}

#[test]
fn notices_alipay_did_not_sign_for_us_are_refused() {
    let good = alipay_notice(&alipay_signer(), &[]);
    for (body, expected) in [
        (alipay_notice(&forger(), &[]), NoticeError::BadSignature),
        (good.replace("228.00", "228.01"), NoticeError::BadSignature),
        (format!("{good}&extra=1"), NoticeError::BadSignature),
        (good.replace("sign_type=RSA2", "sign_type=RSA"), NoticeError::BadSignature),
        (good.replace("&sign_type=RSA2", ""), NoticeError::BadSignature),
        (good.replace("&sign=", "&sin="), NoticeError::BadSignature),
        (String::new(), NoticeError::BadSignature),
        (format!("{good}&total_amount=1.00"), NoticeError::Malformed("a parameter occurs twice".into())),
        (alipay_notice(&alipay_signer(), &[("app_id", "2021")]), NoticeError::NotOurs),
        (alipay_notice(&alipay_signer(), &[("seller_id", "2088")]), NoticeError::NotOurs),
        (alipay_notice(&alipay_signer(), &[("out_trade_no", "x")]), NoticeError::NotOurs),
        (alipay_notice(&alipay_signer(), &[("seller_id", "")]), NoticeError::Malformed("seller_id is missing".into())),
        (alipay_notice(&alipay_signer(), &[("app_id", "")]), NoticeError::Malformed("app_id is missing".into())),
    ] {
        assert_eq!(read_alipay(&body), Err(expected), "{body}");
    }
}

#[test]
fn a_repeated_notice_has_the_same_id() {
    let body = alipay_notice(&alipay_signer(), &[]);
    assert_eq!(read_alipay(&body), read_alipay(&body));
    let (first, again) = (wechat_notice(&payment_text()), wechat_notice(&payment_text()));
    let later = wechat_headers(&wechat_signer(), KEY_ID, NOW_S + 200, again.1.as_bytes());
    let first = read_wechat_at(&first.0, &first.1, NOW_S).unwrap();
    assert_eq!(read_wechat_at(&later, &again.1, NOW_S + 200).unwrap().notice_id, first.notice_id);
}

fn payment_text() -> String {
    format!(
        r#"{{"mchid":"{MCHID}","appid":"{APPID}","out_trade_no":"{PAY_ID}","transaction_id":"4200001","trade_type":"NATIVE",
            "trade_state":"SUCCESS","bank_type":"OTHERS","attach":"","success_time":"2023-11-15T06:14:00+08:00",
            "payer":{{"openid":"o"}},"amount":{{"total":22800,"payer_total":22800,"currency":"CNY","payer_currency":"CNY"}}}}"#
    )
}

fn refund_text() -> String {
    format!(
        r#"{{"mchid":"{MCHID}","out_trade_no":"{PAY_ID}","transaction_id":"4200001","out_refund_no":"{PAY_ID}R",
            "refund_id":"503","refund_status":"SUCCESS","amount":{{"total":22800,"refund":22800,"payer_total":1,"payer_refund":1}}}}"#
    )
}

fn seal(key: &str, plaintext: &str) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(b"yd92bNzgnjSB").unwrap();
    let mut text = plaintext.as_bytes().to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(b"transaction"), &mut text).unwrap();
    BASE64.encode(text)
}

fn envelope(event_type: &str, ciphertext: &str) -> String {
    format!(
        r#"{{"id":"7442f44b-aa13-5a7c-b6a9-51c5c8ace319","create_time":"2023-11-15T06:14:01+08:00",
            "resource_type":"encrypt-resource","event_type":"{event_type}","summary":"x","resource":{{
            "original_type":"transaction","algorithm":"AEAD_AES_256_GCM","ciphertext":"{ciphertext}",
            "associated_data":"transaction","nonce":"yd92bNzgnjSB"}}}}"#
    )
}

type Headers = Vec<(String, String)>;

fn signed(body: String) -> (Headers, String) {
    (wechat_headers(&wechat_signer(), KEY_ID, NOW_S, body.as_bytes()), body)
}

fn wechat_notice(plaintext: &str) -> (Headers, String) {
    signed(envelope("TRANSACTION.SUCCESS", &seal(APIV3_KEY, plaintext)))
}

fn read_wechat_at(headers: &Headers, body: &str, now_s: i64) -> Result<Notice, NoticeError> {
    wechat(ORIGIN, http()).read_notice(&RawNotice { headers, body: body.as_bytes() }, now_s)
}

fn read_wechat(notice: &(Headers, String)) -> Result<Notice, NoticeError> {
    read_wechat_at(&notice.0, &notice.1, NOW_S)
}

#[test]
fn notices_of_wechat_pay_are_opened_and_read() {
    let notice = read_wechat(&wechat_notice(&payment_text())).unwrap();
    assert_eq!((notice.pay_id, notice.kind), (pay_id(), NoticeKind::Payment));
    assert_eq!(notice.notice_id, "7442f44b-aa13-5a7c-b6a9-51c5c8ace319");
    let payment = notice.payment.unwrap();
    assert_eq!((payment.amount, payment.paid_at), (fen(22_800), NOW_S + 40));
    assert_eq!((payment.merchant.partner_id.as_str(), payment.currency.as_str()), (MCHID, "CNY"));

    for event_type in ["REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"] {
        let notice = read_wechat(&signed(envelope(event_type, &seal(APIV3_KEY, &refund_text())))).unwrap();
        assert_eq!(notice.kind, NoticeKind::Refund { refund_id: Some(refund_id()) });
        assert_eq!((notice.pay_id, notice.payment), (pay_id(), None));
    }
    let notice = read_wechat(&wechat_notice(&payment_text().replace("\"currency\"", "\"other\""))).unwrap();
    assert_eq!(notice.payment, None, "a claim without a currency is no claim, yet still a reason to ask");
}

#[test]
fn notices_wechat_pay_did_not_sign_now_for_us_are_refused() {
    let (headers, body) = wechat_notice(&payment_text());
    let changed = |name: &str, value: &str| {
        let change =
            |(key, old): &(String, String)| (key.clone(), if key == name { value.into() } else { old.clone() });
        (headers.iter().map(change).collect::<Headers>(), body.clone())
    };
    let resigned = |plaintext: String| wechat_notice(&plaintext);
    let probe = vectors("wechat")["negative"][2]["signature"].as_str().unwrap().to_owned();
    let missing = |name: &str| (headers.iter().filter(|(key, _)| key != name).cloned().collect(), body.clone());
    let doubled = ([headers.clone(), headers.clone()].concat(), body.clone());
    let forged = (wechat_headers(&forger(), KEY_ID, NOW_S, body.as_bytes()), body.clone());
    for (what, notice, expected) in [
        ("forged", forged, NoticeError::BadSignature),
        ("changed", (headers.clone(), body.replace("SUCCESS", "success")), NoticeError::BadSignature),
        ("probe", changed("wechatpay-signature", &probe), NoticeError::BadSignature),
        ("another nonce", changed("wechatpay-nonce", "x"), NoticeError::BadSignature),
        ("not a time", changed("wechatpay-timestamp", "now"), NoticeError::BadSignature),
        ("re-dated", changed("wechatpay-timestamp", &(NOW_S + 1).to_string()), NoticeError::BadSignature),
        ("no signature", missing("wechatpay-signature"), NoticeError::BadSignature),
        ("no serial", missing("wechatpay-serial"), NoticeError::BadSignature),
        ("headers twice", doubled, NoticeError::BadSignature),
        ("unknown key", changed("wechatpay-serial", "5157F09E"), NoticeError::UnknownKey { serial: "5157F09E".into() }),
        ("another merchant", resigned(payment_text().replace(MCHID, "1900000001")), NoticeError::NotOurs),
        ("another app", resigned(payment_text().replace(APPID, "wx1")), NoticeError::NotOurs),
        ("no app", resigned(payment_text().replace("appid", "other")), NoticeError::NotOurs),
        ("another system's number", resigned(payment_text().replace(PAY_ID, "a|b*c")), NoticeError::NotOurs),
        (
            "another business",
            signed(envelope("PAYSCORE.USER_OPEN_SERVICE", &seal(APIV3_KEY, "{}"))),
            NoticeError::NotOurs,
        ),
    ] {
        assert_eq!(read_wechat(&notice), Err(expected), "{what}");
    }
    for now_s in [NOW_S - 301, NOW_S + 301] {
        assert_eq!(read_wechat_at(&headers, &body, now_s), Err(NoticeError::Stale));
    }
    for (what, notice) in [
        ("not JSON", signed("<xml>".into())),
        ("another APIv3 key", signed(envelope("TRANSACTION.SUCCESS", &seal(&"k".repeat(32), &payment_text())))),
        ("cut", signed(envelope("TRANSACTION.SUCCESS", "AAAA"))),
        ("plaintext not JSON", wechat_notice("x")),
    ] {
        let answer = read_wechat(&notice);
        assert!(matches!(answer, Err(NoticeError::Malformed(_))), "{what}: {answer:?}");
    }
}

#[test]
fn a_published_notice_of_another_business_verifies_and_is_not_ours() {
    let all = vectors("wechat");
    let vector = &all["response_verify"][1];
    let headers: Headers = vector["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
        .collect();
    let dir = TempDir::new().unwrap();
    let mut config = wechat_config(&dir, ORIGIN);
    config.public_key_id = Some(vector["headers"]["Wechatpay-Serial"].as_str().unwrap().into());
    config.public_key = Some(file(&dir, "go.pem", &forger().public_pem()));
    let channel = Wechat::new(config, http(), clock()).unwrap();
    let now_s = vector["now"].as_i64().or_else(|| vector["now"].as_str()?.parse().ok()).unwrap();
    let notice = RawNotice { headers: &headers, body: vector["body"].as_str().unwrap().as_bytes() };
    // Its resource is sealed under a key of 16 characters, which no merchant has.
    let answer = channel.read_notice(&notice, now_s);
    assert!(matches!(answer, Err(NoticeError::Malformed(_) | NoticeError::NotOurs)), "{answer:?}");
    assert_eq!(channel.read_notice(&notice, now_s + 301), Err(NoticeError::Stale));
}

#[test]
fn answers_to_notices_are_what_each_channel_counts() {
    let (alipay, wechat) = (alipay(ORIGIN, http()), wechat(ORIGIN, http()));
    assert_eq!((alipay.notice_answer(true).status, alipay.notice_answer(true).body), (200, "success"));
    assert_ne!(alipay.notice_answer(false).body, "success");
    assert_eq!((wechat.notice_answer(true).status, wechat.notice_answer(false).status), (200, 400));
}

proptest! {
    #[test]
    fn no_bytes_panic_the_readers(body: Vec<u8>, texts in proptest::collection::vec(".*", 4), now_s: i64) {
        thread_local! {
            static CHANNELS: (Alipay, Wechat) = (alipay(ORIGIN, http()), wechat(ORIGIN, http()));
        }
        let names = ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"];
        let headers: Headers = names.map(String::from).into_iter().zip(texts).collect();
        CHANNELS.with(|(alipay, wechat)| {
            let notice = RawNotice { headers: &headers, body: &body };
            prop_assert!(alipay.read_notice(&notice, now_s).is_err());
            prop_assert!(wechat.read_notice(&notice, now_s).is_err());
            Ok(())
        })?;
    }

    #[test]
    fn no_plaintext_panics_the_reader(plaintext in r#"(\{("(mchid|appid|out_trade_no|amount)":("[a-z0-9]{0,9}"|-?[0-9]{1,25}|\{\}),?)*\}|.*)"#) {
        thread_local! {
            static WECHAT: Wechat = wechat(ORIGIN, http());
        }
        let (headers, body) = wechat_notice(&plaintext);
        let notice = RawNotice { headers: &headers, body: body.as_bytes() };
        prop_assert!(WECHAT.with(|wechat| wechat.read_notice(&notice, NOW_S)).is_err());
    }
}
