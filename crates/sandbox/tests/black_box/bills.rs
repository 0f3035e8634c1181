//! Bills of both channels.

use std::io::Read as _;
use std::time::Duration;

use encoding_rs::GBK;
use flate2::read::{DeflateDecoder, GzDecoder};
use serde_json::json;

use crate::Practice;
use crate::merchant::china_text;

/// The members of a zip file, read by its local headers.
fn unpack(mut zip: &[u8]) -> Vec<(String, String)> {
    let word = |bytes: &[u8], at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let mut members = Vec::new();
    while zip.starts_with(b"PK\x03\x04") {
        let (packed, name) = (word(zip, 18) + (word(zip, 20) << 16), word(zip, 26));
        let content = &zip[30 + name..30 + name + packed];
        let mut text = Vec::new();
        DeflateDecoder::new(content).read_to_end(&mut text).expect("deflated");
        let gbk = |bytes: &[u8]| GBK.decode_without_bom_handling(bytes).0.into_owned();
        members.push((gbk(&zip[30..30 + name]), gbk(&text)));
        zip = &zip[30 + name + packed..];
    }
    assert!(zip.starts_with(b"PK\x01\x02"), "the directory follows");
    members
}

#[tokio::test]
async fn alipays_bill_is_a_zip_of_gbk_tables_behind_a_link_of_half_a_minute() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (number, code) = merchant.alipay_order(1234, "").await;
    merchant.phone("pay", &code).await;
    let refund = json!({"out_trade_no": number, "refund_amount": "2.34", "out_request_no": "r1"});
    merchant.alipay("alipay.trade.refund", refund).await;
    let day = china_text(merchant.now_ms())[..10].to_owned();
    let method = "alipay.data.dataservice.bill.downloadurl.query";
    let ask = || merchant.alipay(method, json!({"bill_type": "trade", "bill_date": day}));
    assert_eq!(ask().await["sub_code"], "BILL_NOT_EXIST", "no bill of today");
    practice.sandbox.clock().advance(Duration::from_secs(33 * 3600));
    let url = merchant.text(&ask().await["bill_download_url"]);
    let (status, zip) = merchant.get_raw(&url).await;
    assert_eq!(status, 200);
    let members = unpack(&zip);
    assert_eq!(members.len(), 2);
    let (name, details) = &members[0];
    assert!(name.ends_with("_业务明细.csv"), "{name}");
    let row =
        |kind: &str| details.lines().find(|line| line.contains(&number) && line.contains(kind)).map(str::to_owned);
    let paid = row("交易\t").expect("the payment");
    assert_eq!(paid.split(",").nth(11), Some("12.34\t"), "{paid}");
    let refunded = row("退款").expect("the refund");
    assert_eq!(refunded.split(",").nth(11), Some("-2.34\t"), "{refunded}");
    assert_eq!(refunded.split(",").nth(21), Some("r1\t"), "{refunded}");

    practice.sandbox.clock().advance(Duration::from_secs(31));
    assert_eq!(merchant.get_raw(&url).await.0, 403, "the link has expired");
    let odd = merchant.alipay(method, json!({"bill_type": "odd", "bill_date": day})).await;
    assert_eq!(odd["sub_code"], "TYPE_NOT_SUPPORTED");
}

#[tokio::test]
async fn wechats_bill_is_hashed_before_compression_and_its_file_is_not_signed() {
    let practice = Practice::open().await;
    let merchant = &practice.merchant;
    let (number, code) = merchant.wechat_order(1234, "https://shop.example/n").await;
    merchant.phone("pay", &code).await;
    let day = china_text(merchant.now_ms())[..10].to_owned();
    let target = format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP");
    assert_eq!(merchant.wechat("GET", &target, None).await.code(), "INVALID_REQUEST", "no bill of today");
    let empty = "/v3/bill/tradebill?bill_date=2000-01-01";
    assert_eq!(merchant.wechat("GET", empty, None).await.code(), "INVALID_REQUEST", "too long ago");
    practice.sandbox.clock().advance(Duration::from_secs(33 * 3600));
    let answer = merchant.wechat("GET", &target, None).await.json();
    let url = merchant.text(&answer["download_url"]);
    let target = &url[url.find("/v3/").expect("a path")..];
    assert!(target.ends_with("&tartype=gzip"), "{target}");
    let authorization = merchant.wechat_authorization("GET", target, "");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let file = client.get(&url).header("authorization", &authorization).header("user-agent", "test").send().await;
    let file = file.expect("an answer");
    assert!(!file.headers().contains_key("wechatpay-signature"));
    assert_eq!(file.headers()["content-type"], "application/x-gzip");
    let packed = file.bytes().await.expect("a body");
    let mut text = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut text).expect("gzip");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &text);
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(answer["hash_value"], hash.as_str());
    let text = String::from_utf8(text).expect("UTF-8");
    let header: Vec<&str> = text.trim_start_matches('\u{feff}').lines().next().expect("a header").split(',').collect();
    let row: Vec<&str> = text.lines().find(|line| line.contains(&number)).expect("the payment").split(',').collect();
    assert_eq!((header.len(), row.len()), (27, 27));
    let cell = |name: &str| row[header.iter().position(|column| *column == name).expect("a column")];
    assert_eq!((cell("商户订单号"), cell("订单金额")), (format!("`{number}").as_str(), "`12.34"));
    assert_eq!(cell("交易状态"), "`SUCCESS");

    practice.sandbox.clock().advance(Duration::from_secs(301));
    let authorization = merchant.wechat_authorization("GET", target, "");
    assert_eq!(merchant.wechat_send("GET", target, "", &authorization).await.code(), "INVALID_REQUEST");
}
