//! What is refused before the first order: wrong keys, exposed files, addresses without TLS.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod mock;

use gateway::{Alipay, AlipayConfig, SetupError, Wechat, WechatConfig};
use mock::*;
use tempfile::TempDir;

const ORIGIN: &str = "http://127.0.0.1:9";

fn set_up_alipay(change: impl FnOnce(&mut AlipayConfig, &TempDir)) -> Result<Alipay, SetupError> {
    let dir = TempDir::new().unwrap();
    let mut config = alipay_config(&dir, ORIGIN);
    change(&mut config, &dir);
    Alipay::new(config, http(), clock())
}

fn set_up_wechat(change: impl FnOnce(&mut WechatConfig, &TempDir)) -> Result<Wechat, SetupError> {
    let dir = TempDir::new().unwrap();
    let mut config = wechat_config(&dir, ORIGIN);
    change(&mut config, &dir);
    Wechat::new(config, http(), clock())
}

#[track_caller]
fn refused<T>(result: Result<T, SetupError>, setting: &str) -> String {
    let text = result.err().expect("must be refused").to_string();
    assert!(text.starts_with(setting), "{text}");
    text
}

#[test]
fn keys_are_accepted_in_every_form_they_are_handed_out() {
    let pkcs1 = app_key();
    let wrapped = pkcs1.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
    for text in [
        pkcs1.clone(),
        format!(" {pkcs1}\r\n"),
        wrapped.join("\r\n"),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", wrapped.join("\n")),
        merchant_key(),
        merchant_key().lines().filter(|line| !line.starts_with('-')).collect::<String>(),
    ] {
        set_up_alipay(|config, dir| config.app_private_key = file(dir, "key", &text)).unwrap_or_else(|e| panic!("{e}"));
    }
    let spki = vectors("alipay")["request_sign"][0]["public_key"].as_str().unwrap().to_owned();
    for text in [spki.clone(), format!("-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----")] {
        set_up_alipay(|config, dir| config.alipay_public_key = Some(file(dir, "key", &text)))
            .unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn keys_that_cannot_be_right_are_refused_with_their_setting() {
    let short = vectors("alipay")["request_sign"][1].clone();
    let own_public = vectors("alipay")["request_sign"][3]["public_key"].as_str().unwrap().to_owned();
    for text in [
        "",
        "nonsense!",
        "-----BEGIN",
        "-----BEGIN PRIVATE KEY-----\nAAAA",
        "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----",
        short["private_key"].as_str().unwrap(),
        &own_public,
    ] {
        refused(set_up_alipay(|config, dir| config.app_private_key = file(dir, "key", text)), "alipay.app_private_key");
    }
    for text in ["", short["public_key"].as_str().unwrap(), &app_key()] {
        refused(
            set_up_alipay(|config, dir| config.alipay_public_key = Some(file(dir, "key", text))),
            "alipay.alipay_public_key",
        );
    }
    let text = refused(
        set_up_alipay(|config, dir| config.alipay_public_key = Some(file(dir, "key", &own_public))),
        "alipay.alipay_public_key",
    );
    assert!(text.contains("application's own"), "{text}");
    let own_public = Signer::new(&merchant_key()).public_pem();
    refused(set_up_wechat(|config, dir| config.public_key = Some(file(dir, "key", &own_public))), "wechat.public_key");
    refused(set_up_alipay(|config, _| config.app_private_key = "/no/such/file".into()), "alipay.app_private_key");
    refused(set_up_alipay(|config, _| config.alipay_public_key = None), "alipay.alipay_public_key");
}

#[cfg(unix)]
#[test]
fn a_private_key_others_may_read_is_refused() {
    for mode in [0o640, 0o604, 0o644, 0o620] {
        let text =
            refused(set_up_alipay(|config, _| set_mode(&config.app_private_key, mode)), "alipay.app_private_key");
        assert!(text.contains("chmod 600"), "{text}");
        refused(set_up_wechat(|config, _| set_mode(&config.merchant_private_key, mode)), "wechat.merchant_private_key");
    }
    set_up_alipay(|config, _| set_mode(&config.app_private_key, 0o400)).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn values_that_cannot_be_right_are_refused_with_their_setting() {
    refused(
        set_up_alipay(|config, _| config.gateway = "http://openapi.alipay.com/gateway.do".into()),
        "alipay.gateway",
    );
    refused(set_up_alipay(|config, _| config.app_id = "2021 000".into()), "alipay.app_id");
    refused(set_up_alipay(|config, _| config.seller_id = String::new()), "alipay.seller_id");
    refused(set_up_wechat(|config, _| config.base_url = "https://api.mch.weixin.qq.com/v3".into()), "wechat.base_url");
    refused(set_up_wechat(|config, _| config.mchid = "1900\"".into()), "wechat.mchid");
    refused(set_up_wechat(|config, _| config.apiv3_key = gateway::Secret::new("short")), "wechat.apiv3_key");
    refused(set_up_wechat(|config, _| config.merchant_serial = String::new()), "wechat.merchant_serial");
}

#[test]
fn a_configuration_reads_from_the_names_of_credentials_json() {
    let config: WechatConfig = serde_json::from_str(
        r#"{"base_url":"http://127.0.0.1:1","mchid":"1","appid":"wx","merchant_serial":"A","merchant_private_key":"k.pem",
            "apiv3_key":"a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb","public_key_id":"PUB_KEY_ID_1","public_key":"p.pem",
            "platform_certificate":"c.pem","platform_serial":"5157"}"#,
    )
    .unwrap();
    assert!(!format!("{config:?}").contains("a7cde1"), "a secret is never shown");
    let config: AlipayConfig = serde_json::from_str(
        r#"{"gateway":"http://127.0.0.1:1/gateway.do","app_id":"1","seller_id":"2","app_private_key":"a","alipay_public_key":"b"}"#,
    )
    .unwrap();
    assert_eq!(config.seller_id, "2");
}
