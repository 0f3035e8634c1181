//! Faults that other shops have at the door to their channels: TLS that is not checked, secrets in the log, amounts
//! that are not there. The others are in `notices.rs`, `certificates.rs` and the tests of each channel's calls.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod mock;

use gateway::{Alipay, Channel, Error, Standing};
use mock::*;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tracing_subscriber::fmt::MakeWriter;

fn not_scanned() -> String {
    format!(r#"{{"code":"10000","out_trade_no":"{PAY_ID}","trade_status":"WAIT_BUYER_PAY"}}"#)
}

/// A gateway of Alipay's whose certificate nobody vouches for. It answers the first call.
async fn unvouched() -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let answer = alipay_answer("alipay.trade.query", &not_scanned()).body;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that checks ends the handshake.
        let Ok(mut stream) = acceptor.accept(stream).await else { return };
        let mut asked = vec![0; 64 << 10];
        let _some = stream.read(&mut asked).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
        stream.write_all(&[head.as_bytes(), &answer].concat()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    origin
}

#[tokio::test]
async fn a_channel_whose_certificate_nobody_vouches_for_is_not_spoken_with() {
    let answer = alipay(&unvouched().await, http()).query(&pay_id()).await;
    let Err(Error::Unknown { why }) = answer else { panic!("{answer:?}") };
    assert!(why.contains("certificate"), "{why}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// Lives every call of a channel against a host that answers so, and returns what its errors say.
async fn every_call(channel: &dyn Channel) -> String {
    let errors = [
        format!("{:?}", channel.prepay(&prepay()).await),
        format!("{:?}", channel.query(&pay_id()).await),
        format!("{:?}", channel.close(&pay_id()).await),
        format!("{:?}", channel.refund(&refund()).await),
        format!("{:?}", channel.refund_query(&pay_id(), &refund_id()).await),
        format!("{:?}", channel.bill("2023-11-14").await),
    ];
    errors.join("\n")
}

#[tokio::test]
async fn no_secret_and_no_signed_text_is_in_the_log_or_in_an_error() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _until_the_end = tracing::subscriber::set_default(subscriber);
    let mut said = String::new();
    let mut secrets = vec![APIV3_KEY.to_owned()];
    for key in [app_key(), merchant_key()] {
        secrets.extend(
            key.lines().filter(|line| !line.starts_with("-----")).map(|line| line[..40.min(line.len())].to_owned()),
        );
    }
    for answer in [
        Answer::plain(200, "{}"),
        Answer::plain(500, "x"),
        wechat_answer(400, r#"{"code":"PARAM_ERROR","message":"x"}"#),
    ] {
        let mock = Mock::always(answer).await;
        said += &every_call(&alipay(&mock.origin, http())).await;
        said += &every_call(&wechat(&mock.origin, http())).await;
        for seen in mock.seen() {
            secrets.extend(seen.parameters().get("sign").cloned());
            secrets.extend(
                seen.headers.iter().filter(|(name, _)| name == "authorization").map(|(_, value)| value.clone()),
            );
        }
    }
    said += &every_call(&alipay(&nobody().await, http())).await;
    said += &every_call(&wechat(&nobody().await, http())).await;
    said += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("alipay.trade.precreate") && said.len() > 1_000, "nothing was said at all: {said}");
    assert!(secrets.len() > 30);
    let signed = ["biz_content", "sign=", "sign_type=", "notify_url=", "nonce_str", "BEGIN PRIVATE KEY"];
    for secret in secrets.iter().map(String::as_str).chain(signed) {
        assert!(!said.contains(secret), "{secret} is told in\n{said}");
    }
}

#[tokio::test]
async fn an_answer_whose_amount_is_empty_is_no_payment() {
    let alipays = |amount: &str| {
        format!(
            r#"{{"code":"10000","out_trade_no":"{PAY_ID}","trade_no":"2023","trade_status":"TRADE_SUCCESS"{amount}}}"#
        )
    };
    for amount in ["", r#","total_amount":"""#, r#","total_amount":null"#, r#","total_amount":" ""#] {
        let mock = Mock::always(alipay_answer("alipay.trade.query", &alipays(amount))).await;
        let answer = alipay(&mock.origin, http()).query(&pay_id()).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{amount}: {answer:?}");
    }
    let wechats = |amount: &str| {
        format!(
            r#"{{"appid":"{APPID}","mchid":"{MCHID}","out_trade_no":"{PAY_ID}","transaction_id":"42",
                "trade_state":"SUCCESS"{amount}}}"#
        )
    };
    for amount in
        ["", r#","amount":{}"#, r#","amount":{"currency":"CNY"}"#, r#","amount":{"total":null,"currency":"CNY"}"#]
    {
        let mock = Mock::always(wechat_answer(200, &wechats(amount))).await;
        let answer = wechat(&mock.origin, http()).query(&pay_id()).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{amount}: {answer:?}");
    }
}

#[tokio::test]
async fn the_answers_here_are_taken_when_nothing_is_wrong_with_them() {
    let mock = Mock::always(alipay_answer("alipay.trade.query", &not_scanned())).await;
    let dir = TempDir::new().unwrap();
    let channel = Alipay::new(alipay_config(&dir, &mock.origin), http(), clock()).unwrap();
    assert_eq!(channel.query(&pay_id()).await, Ok(Standing::WaitingForBuyer));
}
