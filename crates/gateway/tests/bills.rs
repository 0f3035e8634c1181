//! Bills: fetched, checked and read to the last line.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test sets up must work")]

mod mock;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use gateway::{BillKind, BillLine, Channel, Error};
use mock::*;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

const DAY: &str = "2023-11-15";

fn expected() -> Vec<BillLine> {
    vec![
        BillLine {
            kind: BillKind::Payment,
            pay_id: PAY_ID.into(),
            channel_no: "2023111522001400001".into(),
            amount: fen(22_800),
            at_s: NOW_S + 40,
        },
        BillLine {
            kind: BillKind::Refund { refund_id: format!("{PAY_ID}R") },
            pay_id: PAY_ID.into(),
            channel_no: "2023111522001400001".into(),
            amount: fen(100),
            at_s: NOW_S + 3600,
        },
    ]
}

fn alipay_csv() -> String {
    let header = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,对方账户,订单金额（元）,商家实收（元）,退款批次号/请求号,备注";
    let no = "2023111522001400001";
    format!(
        "#支付宝业务明细查询\r\n#账号：[20886219563512200156]\r\n#----业务明细列表----\r\n{header}\r\n\
         {no}\t,{PAY_ID}\t,交易\t,茶壶, 冰裂纹\t,2023-11-15 06:13:50\t,2023-11-15 06:14:00\t,*客\t,228.00\t,228.00\t,\t,\t\r\n\
         {no}\t,{PAY_ID}\t,退款\t,茶壶, 冰裂纹\t,2023-11-15 07:13:10\t,2023-11-15 07:13:20\t,*客\t,-1.00\t,-1.00\t,{PAY_ID}R\t,\t\r\n\
         #----业务明细列表结束----\r\n#交易合计：1笔\r\n"
    )
}

fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

/// A gateway that hands out this file.
async fn alipay_with_bill(file: Vec<u8>) -> Mock {
    Mock::start(move |seen| {
        if seen.target == "/bill?token=1" {
            return Answer::plain(200, file.clone());
        }
        let url = format!("http://{}/bill?token=1", seen.header("host"));
        let body = format!(r#"{{"code":"10000","msg":"Success","bill_download_url":"{url}"}}"#);
        alipay_answer(&seen.parameters()["method"], &body)
    })
    .await
}

#[tokio::test]
async fn alipays_bill_is_read_out_of_its_zip() {
    let summary = gbk("#汇总\r\n门店编号,门店名称,交易订单总笔数\r\n合计,,1\r\n");
    for details in [gbk(&alipay_csv()), alipay_csv().into_bytes()] {
        let file = zipped(&[("2088_业务明细(汇总).csv", summary.clone()), ("2088_业务明细.csv", details)]);
        let mock = alipay_with_bill(file).await;
        assert_eq!(alipay(&mock.origin, http()).bill(DAY).await, Ok(expected()));
        let asked = &mock.seen()[0].parameters();
        assert_eq!(asked["method"], "alipay.data.dataservice.bill.downloadurl.query");
        assert_eq!(asked["biz_content"], r#"{"bill_type":"trade","bill_date":"2023-11-15"}"#);
    }
}

#[tokio::test]
async fn a_bill_of_alipays_that_is_not_understood_is_unknown_and_never_empty() {
    for file in [
        Vec::new(),
        b"<html>".to_vec(),
        zipped(&[]),
        zipped(&[("a.csv", gbk("#汇总\r\n"))]),
        zipped(&[("a.csv", vec![0xff; 99])]),
        zipped(&[("a.csv", gbk(&alipay_csv().replace("228.00", "228.0.0")))]),
    ] {
        let mock = alipay_with_bill(file).await;
        let answer = alipay(&mock.origin, http()).bill(DAY).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn a_day_without_trade_has_an_empty_bill() {
    for body in [
        r#"{"code":"40004","sub_code":"NO_BILL_DATA"}"#,
        r#"{"code":"10000","bill_file_code":"EMPTY_DATA_WITH_BILL_FILE","bill_download_url":"http://127.0.0.1:9/x"}"#,
    ] {
        let mock = Mock::start(move |seen| alipay_answer(&seen.parameters()["method"], body)).await;
        assert_eq!(alipay(&mock.origin, http()).bill(DAY).await, Ok(Vec::new()));
    }
    let body = r#"{"code":"NO_STATEMENT_EXIST","message":"账单不存在"}"#;
    let mock = Mock::always(wechat_answer(400, body)).await;
    assert_eq!(wechat(&mock.origin, http()).bill(DAY).await, Ok(Vec::new()));
    let mock = Mock::always(Answer::plain(400, body)).await;
    let unsigned = wechat(&mock.origin, http()).bill(DAY).await;
    assert!(
        matches!(unsigned, Err(Error::Unknown { .. })),
        "an unsigned answer does not prove that there was no trade: {unsigned:?}"
    );
}

#[tokio::test]
async fn a_bill_that_is_not_made_yet_is_no_empty_bill() {
    let mock = Mock::start(|seen| {
        alipay_answer(&seen.parameters()["method"], r#"{"code":"40004","sub_code":"BILL_NOT_EXIST"}"#)
    })
    .await;
    assert!(alipay(&mock.origin, http()).bill(DAY).await.is_err());
    let mock = Mock::always(wechat_answer(400, r#"{"code":"STATEMENT_CREATING","message":"x"}"#)).await;
    assert_eq!(wechat(&mock.origin, http()).bill(DAY).await, Err(Error::Busy { retry_after_s: 1800 }));
}

#[tokio::test]
async fn a_day_must_be_a_day() {
    let (alipay, wechat) = (alipay("http://127.0.0.1:9", http()), wechat("http://127.0.0.1:9", http()));
    for day in ["", "2023-11", "2023-02-30", "2023-11-15&x=1", "15.11.2023"] {
        for answer in [alipay.bill(day).await, wechat.bill(day).await] {
            assert!(matches!(answer, Err(Error::Ours { setting: "parameters", .. })), "{day}: {answer:?}");
        }
    }
}

fn wechat_csv() -> String {
    let columns = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,\
                   代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,\
                   申请退款金额,费率备注";
    let row = |time: &str, state: &str, refund: &str, amount: &str, back: &str, refund_state: &str| {
        let no = "2023111522001400001";
        format!(
            "`{time},`{APPID},`{MCHID},`0,`,`{no},`{PAY_ID},`o,`NATIVE,`{state},`OTHERS,`CNY,`220.00,`8.00,`503,`{refund},`0.90,\
             `0.00,`ORIGINAL,`{refund_state},`茶壶, 冰裂纹,`,`1.37000,`0.60%,`{amount},`{back},`"
        )
    };
    format!(
        "\u{feff}{columns}\r\n{}\r\n{}\r\n{}\r\n总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n\
         `3,`220.00,`0.90,`0.00,`1.37000,`228.00,`1.00\r\n",
        row("2023-11-15 06:14:00", "SUCCESS", "0", "228.00", "0.00", ""),
        row("2023-11-15 07:13:20", "REFUND", &format!("{PAY_ID}R"), "0.00", "1.00", "SUCCESS"),
        row("2023-11-15 08:13:20", "REFUND", &format!("{PAY_ID}S"), "0.00", "5.00", "FAIL"),
    )
}

/// A host that hands out this file and vouches for `hashed`.
async fn wechat_with_bill(file: String, hashed: String) -> Mock {
    Mock::start(move |seen| {
        if seen.target == "/v3/billdownload/file?token=1" {
            return Answer::plain(200, file.clone());
        }
        let hash: String =
            digest(&SHA1_FOR_LEGACY_USE_ONLY, hashed.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let url = format!("http://{}/v3/billdownload/file?token=1", seen.header("host"));
        wechat_answer(200, &format!(r#"{{"download_url":"{url}","hash_type":"SHA1","hash_value":"{hash}"}}"#))
    })
    .await
}

#[tokio::test]
async fn wechat_pays_bill_is_fetched_signed_and_checked_against_its_hash() {
    let mock = wechat_with_bill(wechat_csv(), wechat_csv()).await;
    assert_eq!(wechat(&mock.origin, http()).bill(DAY).await, Ok(expected()));
    let seen = mock.seen();
    assert_eq!(seen[0].target, "/v3/bill/tradebill?bill_date=2023-11-15&bill_type=ALL");
    assert!(seen[1].header("authorization").starts_with("WECHATPAY2-SHA256-RSA2048 mchid="));

    for (file, hashed) in [
        (wechat_csv().replace("228.00", "228.01"), wechat_csv()),
        (String::new(), String::new()),
        (wechat_csv().replace("`228.00", "`228"), wechat_csv().replace("`228.00,`0", "`x,`0")),
        (
            wechat_csv().replace("`SUCCESS,`OTHERS", "`LATER,`OTHERS"),
            wechat_csv().replace("`SUCCESS,`OTHERS", "`LATER,`OTHERS"),
        ),
        (wechat_csv().replace("商户订单号", "号"), wechat_csv().replace("商户订单号", "号")),
    ] {
        let mock = wechat_with_bill(file, hashed).await;
        let answer = wechat(&mock.origin, http()).bill(DAY).await;
        assert!(matches!(answer, Err(Error::Unknown { .. })), "{answer:?}");
    }
}
