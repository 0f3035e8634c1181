//! What `gateway` costs an order beside the bare cryptography: the request built and signed, its answer verified, the
//! notice verified and, at WeChat Pay, decrypted.

use crate::crypto::Rsa;
use crate::figure::{Figure, Floor, Goal, Results, Unit};
use crate::measure::{median, thread_cpu_s};
use crate::run::Run;
use anyhow::{Context, Result, anyhow, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::{
    Alipay, AlipayConfig, Channel, Http, Limits, NoticeKind, Prepay, RawNotice, Secret, Wechat, WechatConfig,
};
use order::{Fen, PayId};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the shop's clock says: 2023-11-15 06:13:20 in GMT+8.
const NOW_S: i64 = 1_700_000_000;
const PAY_ID: &str = "0123456789ABCDEFGHJKMNPQA1";
const APP_ID: &str = "2021000122671080";
const SELLER_ID: &str = "2088621956351220";
const MCHID: &str = "1900007291";
const APPID: &str = "wxd678efh567hg6787";
const APIV3_KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";
const KEY_ID: &str = "PUB_KEY_ID_0000000000000024101100397200000006";
const NONCE: &str = "d824f2e086d3c1df967785d13fcd22ef";

/// A channel whose answer and notice are known before, and the same cryptography without it.
struct Scene {
    name: &'static str,
    channel: Box<dyn Channel>,
    headers: Vec<(String, String)>,
    notice: Vec<u8>,
    bare: Bare,
}

/// What is signed and checked for one order.
struct Bare {
    ours: Rsa,
    theirs: Rsa,
    request: Vec<u8>,
    answer: (Vec<u8>, Vec<u8>),
    notice: (Vec<u8>, Vec<u8>),
    sealed: Option<(LessSafeKey, Vec<u8>)>,
}

impl Bare {
    fn order(&self) -> Result<()> {
        self.ours.sign(&self.request)?;
        self.theirs.verify(&self.answer.0, &self.answer.1)?;
        self.theirs.verify(&self.notice.0, &self.notice.1)?;
        if let Some((key, sealed)) = &self.sealed {
            let mut text = sealed.clone();
            key.open_in_place(nonce()?, Aad::from(b"transaction"), &mut text).map_err(|_| anyhow!("not opened"))?;
        }
        Ok(())
    }
}

impl Scene {
    async fn order(&self, request: &Prepay) -> Result<()> {
        self.channel.prepay(request).await?;
        let raw = RawNotice { headers: &self.headers, body: &self.notice };
        let notice = self.channel.read_notice(&raw, NOW_S)?;
        ensure!(notice.kind == NoticeKind::Payment && notice.payment.is_some(), "the notice reports no payment");
        Ok(())
    }
}

/// Measures both channels.
pub(crate) async fn measure(run: &Run) -> Result<Results> {
    let folder = run.folder()?;
    let (rounds, orders) = if run.quick { (5, 50) } else { (9, 400) };
    let request = Prepay {
        pay_id: PayId::new(PAY_ID)?,
        amount: Fen::new(22_800)?,
        subject: "冰裂纹茶壶 x1".into(),
        expires_at_s: NOW_S + 300,
        notify_url: "https://shop.example/notices/alipay".into(),
    };
    let mut results = Results::default();
    for scene in [alipay(folder.path())?, wechat(folder.path())?] {
        let (mut floors, mut ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let began = thread_cpu_s()?;
            for _ in 0..orders {
                scene.bare.order()?;
            }
            let bare = thread_cpu_s()?;
            for _ in 0..orders {
                scene.order(&request).await?;
            }
            let done = thread_cpu_s()?;
            floors.push((bare - began) / f64::from(orders));
            ours.push((done - bare) / f64::from(orders));
            ratios.push((done - bare) / (bare - began));
        }
        results.figures.push(Figure {
            name: format!("gateway_{}", scene.name),
            what: format!("`gateway` alone, {}: processor time of an order", scene.name),
            value: median(&ours),
            unit: Unit::Seconds,
            floor: Some(Floor {
                what: "1 sign + 2 verify by aws-lc-rs".into(),
                value: median(&floors),
                ratio: median(&ratios),
            }),
            goal: Goal::RatioAtMost(1.15),
            how: format!(
                "{rounds} rounds of {orders} orders, in turn with the bare cryptography of the same texts. The request is \
                 built whole, with address and headers, and not sent; the answer and the notice are those of one order."
            ),
        });
    }
    Ok(results)
}

fn http() -> Result<Http> {
    Ok(Http::new(Limits::default())?)
}

fn clock() -> gateway::NowS {
    Arc::new(|| NOW_S)
}

/// A file that only its owner may read.
fn secret_file(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(path)
}

fn alipay(folder: &Path) -> Result<Scene> {
    let (ours, theirs) = (Rsa::generate()?, Rsa::generate()?);
    let body = format!(
        r#"{{"code":"10000","msg":"Success","out_trade_no":"{PAY_ID}","qr_code":"https:\/\/qr.alipay.com\/bax03431ljhokirwl38f00a7"}}"#
    );
    let sign = theirs.sign(body.as_bytes())?;
    let answer = format!(r#"{{"alipay_trade_precreate_response":{body},"sign":"{}"}}"#, BASE64.encode(&sign));
    let notice: BTreeMap<&str, &str> = BTreeMap::from([
        ("app_id", APP_ID),
        ("auth_app_id", APP_ID),
        ("buyer_id", "2088102116773037"),
        ("buyer_logon_id", "159****5620"),
        ("buyer_pay_amount", "228.00"),
        ("charset", "utf-8"),
        ("fund_bill_list", r#"[{"amount":"228.00","fundChannel":"ALIPAYACCOUNT"}]"#),
        ("gmt_create", "2023-11-15 06:13:20"),
        ("gmt_payment", "2023-11-15 06:13:25"),
        ("notify_id", "2023111500222061325011301401"),
        ("notify_time", "2023-11-15 06:13:26"),
        ("notify_type", "trade_status_sync"),
        ("out_trade_no", PAY_ID),
        ("receipt_amount", "228.00"),
        ("seller_id", SELLER_ID),
        ("subject", "冰裂纹茶壶 x1"),
        ("total_amount", "228.00"),
        ("trade_no", "2023111522001473030501234567"),
        ("trade_status", "TRADE_SUCCESS"),
        ("version", "1.0"),
    ]);
    let text = notice.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let notice_sign = theirs.sign(text.as_bytes())?;
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&notice)
        .append_pair("sign_type", "RSA2")
        .append_pair("sign", &BASE64.encode(&notice_sign))
        .finish();
    let config = AlipayConfig {
        gateway: "https://openapi.alipay.com/gateway.do".into(),
        app_id: APP_ID.into(),
        seller_id: SELLER_ID.into(),
        app_private_key: secret_file(folder, "app.pem", &ours.private_pem()?)?,
        alipay_public_key: Some(secret_file(folder, "alipay.pem", &theirs.public_pem()?)?),
        app_certificate: None,
        alipay_certificate: None,
        alipay_root_certificate: None,
    };
    Ok(Scene {
        name: "alipay",
        channel: Box::new(Alipay::new(config, http()?.telling(200, &[], answer.as_bytes()), clock())?),
        headers: Vec::new(),
        notice: form.into_bytes(),
        bare: Bare {
            ours,
            theirs,
            request: vec![b'x'; 480],
            answer: (body.into_bytes(), sign),
            notice: (text.into_bytes(), notice_sign),
            sealed: None,
        },
    })
}

fn nonce() -> Result<Nonce> {
    Nonce::try_assume_unique_for_key(b"fdasflkja484").map_err(|_| anyhow!("no nonce"))
}

/// The text WeChat Pay signs for this body.
fn wechat_text(body: &[u8]) -> Vec<u8> {
    let mut text = format!("{NOW_S}\n{NONCE}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

fn wechat(folder: &Path) -> Result<Scene> {
    let (ours, theirs) = (Rsa::generate()?, Rsa::generate()?);
    let body = br#"{"code_url":"weixin://wxpay/bizpayurl?pr=ywmlFmszz"}"#.to_vec();
    let answer = (wechat_text(&body), theirs.sign(&wechat_text(&body))?);
    let key = UnboundKey::new(&AES_256_GCM, APIV3_KEY.as_bytes()).map_err(|_| anyhow!("no key"))?;
    let key = LessSafeKey::new(key);
    let plain = format!(
        r#"{{"transaction_id":"4200001234202311150123456789","amount":{{"payer_total":22800,"total":22800,"currency":"CNY","payer_currency":"CNY"}},"mchid":"{MCHID}","trade_state":"SUCCESS","bank_type":"OTHERS","success_time":"2023-11-15T06:13:25+08:00","payer":{{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}},"out_trade_no":"{PAY_ID}","appid":"{APPID}","trade_state_desc":"支付成功","trade_type":"NATIVE"}}"#
    );
    let mut sealed = plain.into_bytes();
    key.seal_in_place_append_tag(nonce()?, Aad::from(b"transaction"), &mut sealed)
        .map_err(|_| anyhow!("not sealed"))?;
    let notice = format!(
        r#"{{"id":"EV-2018022511223320873","create_time":"2023-11-15T06:13:26+08:00","resource_type":"encrypt-resource","event_type":"TRANSACTION.SUCCESS","summary":"支付成功","resource":{{"original_type":"transaction","algorithm":"AEAD_AES_256_GCM","ciphertext":"{}","associated_data":"transaction","nonce":"fdasflkja484"}}}}"#,
        BASE64.encode(&sealed)
    )
    .into_bytes();
    let notice_text = wechat_text(&notice);
    let notice_sign = theirs.sign(&notice_text)?;
    let headers = |signature: &[u8]| {
        [
            ("wechatpay-timestamp", NOW_S.to_string()),
            ("wechatpay-nonce", NONCE.to_owned()),
            ("wechatpay-signature", BASE64.encode(signature)),
            ("wechatpay-serial", KEY_ID.to_owned()),
        ]
    };
    let of_answer = headers(&answer.1);
    let of_answer: Vec<(&str, &str)> = of_answer.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let config = WechatConfig {
        base_url: "https://api.mch.weixin.qq.com".into(),
        backup_url: None,
        mchid: MCHID.into(),
        appid: APPID.into(),
        merchant_serial: "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB".into(),
        merchant_private_key: secret_file(folder, "merchant.pem", &ours.private_pem()?)?,
        apiv3_key: Secret::new(APIV3_KEY),
        public_key_id: Some(KEY_ID.into()),
        public_key: Some(secret_file(folder, "wechat.pem", &theirs.public_pem()?)?),
        platform_certificate: None,
        platform_serial: None,
    };
    let http = http()?.telling(200, &of_answer, &body);
    Ok(Scene {
        name: "wechat",
        channel: Box::new(Wechat::new(config, http, clock()).context("wechat")?),
        headers: headers(&notice_sign).map(|(name, value)| (name.to_owned(), value)).to_vec(),
        notice,
        bare: Bare {
            ours,
            theirs,
            request: vec![b'x'; 420],
            answer,
            notice: (notice_text, notice_sign),
            sealed: Some((key, sealed)),
        },
    })
}
