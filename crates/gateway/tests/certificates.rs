//! Certificate modes: serials on the wire, rotation, and who may bring a new certificate.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod mock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::{Alipay, AlipayConfig, Channel, Error, NoticeError, RawNotice, Standing, Wechat, WechatConfig};
use md5::{Digest as _, Md5};
use mock::*;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SerialNumber};
use tempfile::TempDir;

fn pkcs8(name: &str) -> String {
    vectors("wechat")["keys"][name]["private_key_pem"].as_str().unwrap().to_owned()
}

/// PKCS#8 around a PKCS#1 key (RFC 5208, with rsaEncryption).
fn wrapped(pkcs1: &str) -> String {
    let key = BASE64.decode(pkcs1).unwrap();
    let be = |n: usize| u16::try_from(n).unwrap().to_be_bytes();
    let mut der = vec![0x30, 0x82];
    der.extend(be(key.len() + 22));
    der.extend([2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0, 4, 0x82]);
    der.extend(be(key.len()));
    der.extend(key);
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(der))
}

fn params(name: &str, serial: u64, is_ca: bool) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CountryName, "CN");
    params.distinguished_name.push(DnType::OrganizationName, "Ant, for tests");
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(serial));
    params.is_ca = if is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::NoCa };
    params
}

/// Alipay's number of a certificate, computed here once more.
fn sn(issuer: &str, serial: u64) -> String {
    let text = format!("CN={issuer},O=Ant\\, for tests,C=CN{serial}");
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same, over since 2020.
fn expired(name: &str, serial: u64, key: &str, issuer: (&str, &str)) -> String {
    let issuer_key = KeyPair::from_pem(issuer.1).unwrap();
    let issuer = Issuer::new(params(issuer.0, 1, true), issuer_key);
    let mut params = params(name, serial, false);
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    params.signed_by(&KeyPair::from_pem(key).unwrap(), &issuer).unwrap().pem()
}

/// A certificate of `name` with the public half of `key`, issued by `issuer`.
fn issue(name: &str, serial: u64, key: &str, issuer: (&str, &str)) -> String {
    let issuer_key = KeyPair::from_pem(issuer.1).unwrap();
    let issuer = Issuer::new(params(issuer.0, 1, true), issuer_key);
    params(name, serial, false).signed_by(&KeyPair::from_pem(key).unwrap(), &issuer).unwrap().pem()
}

fn root_key() -> String {
    pkcs8("doc_merchant")
}

fn root(name: &str, key: &str) -> String {
    params(name, 1, true).self_signed(&KeyPair::from_pem(key).unwrap()).unwrap().pem()
}

fn old_key() -> String {
    pkcs8("java_merchant")
}

fn new_key() -> String {
    pkcs8("go_platform")
}

fn certificate_mode(dir: &TempDir, origin: &str) -> AlipayConfig {
    let (ca, ca_key) = ("Root", root_key());
    let app = issue("App", 10, &wrapped(&app_key()), (ca, &ca_key));
    let alipay = issue("Alipay", 20, &old_key(), (ca, &ca_key));
    let roots = format!("{}\n{}", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", root(ca, &ca_key));
    AlipayConfig {
        alipay_public_key: None,
        app_certificate: Some(file(dir, "app.crt", &app)),
        alipay_certificate: Some(file(dir, "alipay.crt", &alipay)),
        alipay_root_certificate: Some(file(dir, "roots.crt", &roots)),
        ..alipay_config(dir, origin)
    }
}

fn body() -> String {
    format!(r#"{{"code":"10000","out_trade_no":"{PAY_ID}","trade_status":"WAIT_BUYER_PAY"}}"#)
}

fn answer(key: &str, sn: &str, method: &str, body: &str) -> Answer {
    let (root, sign) = (method.replace('.', "_"), Signer::new(key).sign(body.as_bytes()));
    Answer::plain(200, format!(r#"{{"{root}_response":{body},"alipay_cert_sn":"{sn}","sign":"{sign}"}}"#))
}

fn method(seen: &Seen) -> String {
    seen.parameters()["method"].clone()
}

async fn query(mock: &Mock) -> Result<Standing, Error> {
    let dir = TempDir::new().unwrap();
    let channel = Alipay::new(certificate_mode(&dir, &mock.origin), http(), clock()).unwrap();
    channel.query(&pay_id()).await
}

#[tokio::test]
async fn requests_carry_both_serials_and_answers_are_verified_by_theirs() {
    let mock = Mock::start(|seen| answer(&old_key(), &sn("Root", 20), &method(seen), &body())).await;
    assert_eq!(query(&mock).await, Ok(Standing::WaitingForBuyer));
    let mut parameters = mock.seen()[0].parameters();
    assert_eq!(parameters["app_cert_sn"], sn("Root", 10));
    assert_eq!(parameters["alipay_root_cert_sn"], sn("Root", 1));
    let sign = parameters.remove("sign").unwrap();
    let text = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    assert_eq!(sign, Signer::new(&app_key()).sign(text.as_bytes()));

    // No serial, and a serial that is not the signing key's.
    let mock = Mock::start(|seen| alipay_answer_by(&Signer::new(&old_key()), &method(seen), &body())).await;
    assert!(matches!(query(&mock).await, Err(Error::Unknown { .. })));
    let mock = Mock::start(|seen| answer(&new_key(), &sn("Root", 20), &method(seen), &body())).await;
    assert!(matches!(query(&mock).await, Err(Error::Unknown { .. })));
}

/// A gateway that signs under a certificate of number 21, which it hands out as `pem`.
async fn rotated(pem: String, serial: String) -> Mock {
    Mock::start(move |seen| {
        let method = method(seen);
        let body = if method == "alipay.open.app.alipaycert.download" {
            assert_eq!(seen.parameters()["biz_content"], format!(r#"{{"alipay_cert_sn":"{serial}"}}"#));
            format!(r#"{{"code":"10000","alipay_cert_content":"{}"}}"#, BASE64.encode(&pem))
        } else {
            body()
        };
        answer(&new_key(), &serial, &method, &body)
    })
    .await
}

#[tokio::test]
async fn a_new_certificate_of_alipays_is_fetched_once_when_it_leads_to_the_roots() {
    let mock = rotated(issue("Alipay", 21, &new_key(), ("Root", &root_key())), sn("Root", 21)).await;
    let dir = TempDir::new().unwrap();
    let channel = Alipay::new(certificate_mode(&dir, &mock.origin), http(), clock()).unwrap();
    for _ in 0..2 {
        assert_eq!(channel.query(&pay_id()).await, Ok(Standing::WaitingForBuyer));
    }
    let methods: Vec<String> = mock.seen().iter().map(method).collect();
    assert_eq!(methods, ["alipay.trade.query", "alipay.open.app.alipaycert.download", "alipay.trade.query"]);
}

#[tokio::test]
async fn a_certificate_that_is_not_alipays_is_not_trusted() {
    // Issued by somebody else under the root's name; to another name; by an application's certificate; another number.
    let app_key = wrapped(&app_key());
    let chain = issue("Alipay", 21, &new_key(), ("App", &app_key)) + &issue("App", 10, &app_key, ("Root", &root_key()));
    for (pem, serial) in [
        (issue("Alipay", 21, &new_key(), ("Root", &app_key)), sn("Root", 21)),
        (issue("Another", 21, &new_key(), ("Root", &root_key())), sn("Root", 21)),
        (chain, sn("App", 21)),
        (issue("Alipay", 22, &new_key(), ("Root", &root_key())), sn("Root", 21)),
        (expired("Alipay", 21, &new_key(), ("Root", &root_key())), sn("Root", 21)),
        (String::new(), sn("Root", 21)),
    ] {
        let mock = rotated(pem, serial).await;
        let dir = TempDir::new().unwrap();
        let channel = Alipay::new(certificate_mode(&dir, &mock.origin), http(), clock()).unwrap();
        for _ in 0..2 {
            assert!(matches!(channel.query(&pay_id()).await, Err(Error::Unknown { .. })));
        }
        let downloads = mock.seen().iter().filter(|seen| method(seen).ends_with("download")).count();
        assert_eq!(downloads, 1, "an unknown number does not make us ask without end");
    }
    // The same over a certificate that may issue others is trusted.
    let between = {
        let issuer = Issuer::new(params("Root", 1, true), KeyPair::from_pem(&root_key()).unwrap());
        params("App", 10, true).signed_by(&KeyPair::from_pem(&app_key).unwrap(), &issuer).unwrap().pem()
    };
    let mock = rotated(issue("Alipay", 21, &new_key(), ("App", &app_key)) + &between, sn("App", 21)).await;
    assert_eq!(query(&mock).await, Ok(Standing::WaitingForBuyer));
}

#[test]
fn notices_in_certificate_mode_may_name_the_certificate() {
    let dir = TempDir::new().unwrap();
    let channel = Alipay::new(certificate_mode(&dir, "http://127.0.0.1:9"), http(), clock()).unwrap();
    let pairs = [
        ("app_id", APP_ID),
        ("notify_id", "1"),
        ("out_trade_no", PAY_ID),
        ("seller_id", SELLER_ID),
        ("trade_status", "TRADE_SUCCESS"),
    ];
    let text = pairs.map(|(name, value)| format!("{name}={value}")).join("&");
    let read = |key: &str, serial: Option<&str>| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs).append_pair("sign_type", "RSA2");
        form.append_pair("sign", &Signer::new(key).sign(text.as_bytes()));
        serial.map(|serial| form.append_pair("alipay_cert_sn", serial));
        let notice = channel.read_notice(&RawNotice { headers: &[], body: form.finish().as_bytes() }, NOW_S);
        notice.map(|notice| notice.pay_id)
    };
    assert_eq!(read(&old_key(), None), Ok(pay_id()));
    assert_eq!(read(&old_key(), Some(&sn("Root", 20))), Ok(pay_id()));
    assert_eq!(read(&new_key(), None), Err(NoticeError::BadSignature));
    assert_eq!(read(&new_key(), Some(&sn("Root", 20))), Err(NoticeError::BadSignature));
    assert_eq!(read(&new_key(), Some("21")), Err(NoticeError::UnknownKey { serial: "21".into() }));
}

#[test]
fn certificates_that_do_not_belong_are_refused_with_their_setting() {
    let refused = |change: fn(&mut AlipayConfig, &TempDir), setting: &str| {
        let dir = TempDir::new().unwrap();
        let mut config = certificate_mode(&dir, "http://127.0.0.1:9");
        change(&mut config, &dir);
        let error = Alipay::new(config, http(), clock()).err().unwrap().to_string();
        assert!(error.starts_with(setting), "{error}");
    };
    refused(|config, _| config.app_certificate = config.alipay_certificate.clone(), "alipay.app_certificate");
    refused(|config, _| config.alipay_certificate = config.app_certificate.clone(), "alipay.alipay_certificate");
    refused(|config, _| config.alipay_root_certificate = None, "alipay.alipay_root_certificate");
    refused(|config, _| config.app_certificate = None, "alipay.app_certificate");
    refused(|config, dir| config.app_certificate = Some(file(dir, "x", "x")), "alipay.app_certificate");
    refused(
        |config, dir| config.alipay_public_key = Some(file(dir, "x", &alipay_signer().public_pem())),
        "alipay.alipay_public_key",
    );
}

const OLD: &str = "14";
const NEW: &str = "15";

fn platform(serial: u64, key: &str) -> String {
    issue("Tenpay.com sign", serial, key, ("Tenpay.com Root CA", &pkcs8("doc_merchant")))
}

fn seal(key: &str, plaintext: &str) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(b"61f9c719728a").unwrap();
    let mut text = plaintext.as_bytes().to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(b"certificate"), &mut text).unwrap();
    BASE64.encode(text)
}

/// The list of one certificate.
fn list(apiv3_key: &str, serial: &str, pem: &str) -> String {
    format!(
        r#"{{"data":[{{"serial_no":"{serial}","effective_time":"2018-06-08T10:34:56+08:00",
            "expire_time":"2028-06-08T10:34:56+08:00","encrypt_certificate":{{"algorithm":"AEAD_AES_256_GCM",
            "nonce":"61f9c719728a","associated_data":"certificate","ciphertext":"{}"}}}}]}}"#,
        seal(apiv3_key, pem)
    )
}

fn signed(key: &str, serial: &str, body: &str) -> Answer {
    Answer { headers: wechat_headers(&Signer::new(key), serial, NOW_S, body.as_bytes()), ..Answer::plain(200, body) }
}

fn not_paid() -> String {
    format!(r#"{{"appid":"{APPID}","mchid":"{MCHID}","out_trade_no":"{PAY_ID}","trade_state":"NOTPAY"}}"#)
}

/// A host that signs under its new certificate and hands out `list`.
async fn wechat_rotated(list: String) -> Mock {
    Mock::start(move |seen| {
        let is_list = seen.target.starts_with("/v3/certificates");
        let body = if is_list { list.clone() } else { not_paid() };
        signed(&new_key(), NEW, &body)
    })
    .await
}

fn wechat_certificate_mode(dir: &TempDir, origin: &str) -> WechatConfig {
    WechatConfig {
        public_key: None,
        public_key_id: None,
        platform_certificate: Some(file(dir, "platform.pem", &platform(0x14, &old_key()))),
        platform_serial: Some(OLD.into()),
        ..wechat_config(dir, origin)
    }
}

#[tokio::test]
async fn a_new_platform_certificate_is_fetched_once_and_the_old_one_stays() {
    let mock = wechat_rotated(list(APIV3_KEY, NEW, &platform(0x15, &new_key()))).await;
    for with_certificate in [true, false] {
        let dir = TempDir::new().unwrap();
        let mut config = wechat_certificate_mode(&dir, &mock.origin);
        if !with_certificate {
            (config.platform_certificate, config.platform_serial) = (None, None);
        }
        let channel = Wechat::new(config, http(), clock()).unwrap();
        let before = mock.seen().len();
        for _ in 0..2 {
            assert_eq!(channel.query(&pay_id()).await, Ok(Standing::NotPaid));
        }
        assert_eq!(mock.seen().len() - before, 3, "the list is fetched once");
        let body = "{}";
        for (key, serial, known) in [(old_key(), OLD, with_certificate), (new_key(), NEW, true)] {
            let headers = wechat_headers(&Signer::new(&key), serial, NOW_S, body.as_bytes());
            let answer = channel.read_notice(&RawNotice { headers: &headers, body: body.as_bytes() }, NOW_S);
            let is_unknown = matches!(answer, Err(NoticeError::UnknownKey { .. }));
            assert_eq!(is_unknown, !known, "{serial}: {answer:?}");
        }
    }
    assert_eq!(mock.seen()[0].header("wechatpay-serial"), OLD);
}

#[tokio::test]
async fn a_list_of_certificates_that_is_not_sealed_and_signed_is_not_trusted() {
    let new = platform(0x15, &new_key());
    for list in [
        list(&"k".repeat(32), NEW, &new),
        list(APIV3_KEY, NEW, &platform(0x16, &new_key())),
        list(APIV3_KEY, NEW, &platform(0x15, &old_key())),
        list(APIV3_KEY, NEW, &expired("Tenpay.com sign", 0x15, &new_key(), ("Root", &root_key()))),
        list(APIV3_KEY, NEW, "no certificate"),
        list(APIV3_KEY, "16", &platform(0x16, &new_key())),
        "{}".into(),
    ] {
        let mock = wechat_rotated(list).await;
        let dir = TempDir::new().unwrap();
        let channel = Wechat::new(wechat_certificate_mode(&dir, &mock.origin), http(), clock()).unwrap();
        for _ in 0..2 {
            let answer = channel.query(&pay_id()).await;
            assert!(matches!(answer, Err(Error::Unknown { .. })), "{answer:?}");
        }
        let lists = mock.seen().iter().filter(|seen| seen.target.starts_with("/v3/certificates")).count();
        assert_eq!(lists, 1, "an unknown serial does not make us ask without end");
    }
}

#[tokio::test]
async fn a_list_of_certificates_is_not_trusted_under_a_stale_or_third_signature() {
    for (key, serial, timestamp) in
        [(new_key(), NEW, NOW_S - 301), (old_key(), NEW, NOW_S), (wrapped(&app_key()), "99", NOW_S)]
    {
        let list = list(APIV3_KEY, NEW, &platform(0x15, &new_key()));
        let mock = Mock::start(move |seen| {
            if !seen.target.starts_with("/v3/certificates") {
                return signed(&new_key(), NEW, &not_paid());
            }
            let headers = wechat_headers(&Signer::new(&key), serial, timestamp, list.as_bytes());
            Answer { headers, ..Answer::plain(200, list.clone()) }
        })
        .await;
        let dir = TempDir::new().unwrap();
        let channel = Wechat::new(wechat_certificate_mode(&dir, &mock.origin), http(), clock()).unwrap();
        let answer = channel.query(&pay_id()).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{serial} {timestamp}: {answer:?}");
    }
}

#[tokio::test]
async fn a_merchant_with_a_public_key_asks_for_no_certificates() {
    let mock = wechat_rotated(list(APIV3_KEY, NEW, &platform(0x15, &new_key()))).await;
    let answer = wechat(&mock.origin, http()).query(&pay_id()).await;
    assert!(matches!(answer, Err(Error::Unknown { .. })), "{answer:?}");
    assert_eq!(mock.seen().len(), 1);
}

#[test]
fn platform_settings_that_do_not_belong_are_refused_with_their_setting() {
    let refused = |change: fn(&mut WechatConfig, &TempDir), setting: &str| {
        let dir = TempDir::new().unwrap();
        let mut config = wechat_certificate_mode(&dir, "http://127.0.0.1:9");
        change(&mut config, &dir);
        let error = Wechat::new(config, http(), clock()).err().unwrap().to_string();
        assert!(error.starts_with(setting), "{error}");
    };
    refused(|config, _| config.platform_serial = Some("15".into()), "wechat.platform_serial");
    refused(|config, _| config.public_key_id = Some(KEY_ID.into()), "wechat.public_key");
    refused(
        |config, dir| config.public_key = Some(file(dir, "k", &wechat_signer().public_pem())),
        "wechat.public_key_id",
    );
    let own = |config: &mut WechatConfig, dir: &TempDir| {
        config.platform_certificate = Some(file(dir, "own.pem", &platform(0x14, &merchant_key())));
    };
    refused(own, "wechat.platform_certificate");
}

#[tokio::test]
async fn the_backup_host_is_asked_only_when_no_connection_was_made() {
    let mock = Mock::always(signed(&wechat_signer_pem(), KEY_ID, &not_paid())).await;
    let dir = TempDir::new().unwrap();
    let config = |base_url: String| WechatConfig {
        base_url,
        backup_url: Some(mock.origin.clone()),
        ..wechat_config(&dir, &mock.origin)
    };
    let channel = Wechat::new(config(nobody().await), http(), clock()).unwrap();
    assert_eq!(channel.query(&pay_id()).await, Ok(Standing::NotPaid));
    assert_eq!(mock.seen().len(), 1);

    // An answer too long to be read was an answer all the same: the request had arrived.
    let babbling = Mock::always(Answer::plain(200, vec![b' '; 2 << 20])).await;
    let channel = Wechat::new(config(babbling.origin.clone()), http(), clock()).unwrap();
    assert!(matches!(channel.query(&pay_id()).await, Err(Error::Unknown { .. })));
    assert_eq!((babbling.seen().len(), mock.seen().len()), (1, 1), "what was sent is repeated by the caller alone");
}

fn wechat_signer_pem() -> String {
    pkcs8("java_merchant")
}
