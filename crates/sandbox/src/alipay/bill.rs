//! Bills (Alipay open platform, `alipay.data.dataservice.bill.downloadurl.query`): a zip of two CSV files in GBK.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use encoding_rs::GBK;
use serde_json::json;
use sqlx::SqliteConnection;

use super::answer::{Problem, Refusal};
use super::fields::Ask;
use super::money::yuan;
use super::order::Fields;
use crate::bill::{self, Lines, Readiness, readiness, zip};
use crate::books::BooksError;
use crate::clock::china_text;
use crate::trade::{Channel, Trade};
use crate::{Sandbox, form, phone};

/// "The address is valid for 30 seconds."
const LINK_LIFE: Duration = Duration::from_secs(30);

const COLUMNS: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,\
订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,\
商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";

/// Where a day's bill can be fetched for half a minute.
pub(super) async fn url(sandbox: &Sandbox, books: &mut SqliteConnection, ask: &Ask) -> Result<Fields, Problem> {
    let kind = ask.needed_text("bill_type", 20)?;
    let day = ask.needed_text("bill_date", 15)?;
    if kind != "trade" && kind != "signcustomer" {
        return Err(Refusal::business("TYPE_NOT_SUPPORTED", "账单类型不支持").into());
    }
    match readiness(&day, sandbox.clock.now_ms()) {
        Readiness::NotADay => {
            return Err(Refusal::business("INVAILID_ARGUMENTS", "账单时间格式错误，应为yyyy-MM-dd").into());
        }
        Readiness::NotOver | Readiness::BeingMade => {
            return Err(Refusal::business("BILL_NOT_EXIST", "账单不存在").into());
        }
        Readiness::Ready => {}
    }
    let token = bill::token(sandbox, &format!("alipay {day}"), LINK_LIFE);
    let address = format!("{}/bill/alipay?bill_date={day}&token={token}", sandbox.base_url);
    let mut answer = Fields::from_iter([("bill_download_url".to_owned(), json!(address))]);
    if bill::lines(books, Channel::Alipay, &day).await?.is_empty() {
        answer.insert("bill_file_code".to_owned(), json!("EMPTY_DATA_WITH_BILL_FILE"));
    }
    Ok(answer)
}

/// `GET /bill/alipay`: the file itself, for whoever holds a fresh link.
pub(crate) async fn download(Shared(sandbox): Shared<Arc<Sandbox>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let get = |name: &str| {
        let found = form::pairs(query.as_bytes()).find(|(key, _)| key == name.as_bytes());
        found.map(|(_, value)| String::from_utf8_lossy(&value).into_owned()).unwrap_or_default()
    };
    let day = get("bill_date");
    if !bill::opens(&sandbox, &format!("alipay {day}"), &get("token")) {
        return (StatusCode::FORBIDDEN, "the link has expired; ask for a new one").into_response();
    }
    match packed(&sandbox, &day).await {
        Ok(Ok(file)) => ([(header::CONTENT_TYPE, "application/zip")], file).into_response(),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a bill could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn packed(sandbox: &Sandbox, day: &str) -> Result<std::io::Result<Vec<u8>>, BooksError> {
    let mut books = sandbox.books.begin().await?;
    let lines = bill::lines(&mut books, Channel::Alipay, day).await?;
    let gbk = |text: &str| GBK.encode(text).0.into_owned();
    let account = &sandbox.keys.numbers.seller_id;
    let compact: String = day.chars().filter(char::is_ascii_digit).collect();
    let members = [
        (gbk(&format!("{account}_{compact}_业务明细.csv")), gbk(&details(account, day, &lines))),
        (gbk(&format!("{account}_{compact}_业务明细(汇总).csv")), gbk(&summary(account, day, &lines))),
    ];
    Ok(zip::pack(&members))
}

fn line(trade: &Trade, kind: &str, done_ms: i64, fen: i64, request: &str) -> String {
    let sign = if kind == "退款" { "-" } else { "" };
    let amount = format!("{sign}{}", yuan(fen));
    let subject = trade.subject.replace([',', '\n', '\r'], " ");
    let cells = [
        trade.trade_no.as_deref().unwrap_or_default(),
        &trade.out_trade_no,
        kind,
        &subject,
        &china_text(trade.scanned_ms.unwrap_or(trade.ordered_ms)),
        &china_text(done_ms),
        "",
        "",
        "",
        "",
        &phone::buyer::logon_id(trade.buyer.as_deref()),
        &amount,
        &amount,
        "0.00",
        "0.00",
        "0.00",
        "0.00",
        "0.00",
        "",
        "0.00",
        "0.00",
        request,
        "0.00",
        "0.00",
        "",
    ];
    // Each cell ends in a tab, as in Alipay's files, so that a spreadsheet leaves long numbers alone.
    let mut text: Vec<String> = cells.iter().map(|cell| format!("{cell}\t")).collect();
    if let Some(last) = text.last_mut() {
        last.push_str("\r\n");
    }
    text.join(",")
}

fn details(account: &str, day: &str, lines: &Lines) -> String {
    let mut text = format!(
        "#支付宝业务明细查询\r\n#账号：[{account}0156]\r\n#起始日期：[{day} 00:00:00]   终止日期：[{day} 24:00:00]\r\n\
         #-----------------------------------------业务明细列表----------------------------------------\r\n{COLUMNS}\r\n"
    );
    for trade in &lines.paid {
        text.push_str(&line(trade, "交易", trade.paid_ms.unwrap_or_default(), trade.paid_fen, ""));
    }
    for (trade, refund) in &lines.refunded {
        text.push_str(&line(trade, "退款", refund.done_ms.unwrap_or_default(), refund.amount_fen, &refund.number));
    }
    let paid: i64 = lines.paid.iter().map(|trade| trade.paid_fen).sum();
    let refunded: i64 = lines.refunded.iter().map(|(_, refund)| refund.amount_fen).sum();
    text.push_str(&format!(
        "#-----------------------------------------业务明细列表结束------------------------------------\r\n\
         #交易合计：{}笔，商家实收共{}元，商家优惠共0.00元\r\n#退款合计：{}笔，商家实收退款共-{}元，商家优惠退款共0.00元\r\n",
        lines.paid.len(),
        yuan(paid),
        lines.refunded.len(),
        yuan(refunded),
    ));
    text
}

fn summary(account: &str, day: &str, lines: &Lines) -> String {
    let paid: i64 = lines.paid.iter().map(|trade| trade.paid_fen).sum();
    let refunded: i64 = lines.refunded.iter().map(|(_, refund)| refund.amount_fen).sum();
    let net = paid - refunded;
    let net = if net < 0 { format!("-{}", yuan(-net)) } else { yuan(net) };
    format!(
        "#支付宝业务汇总查询\r\n#账号：[{account}0156]\r\n#起始日期：[{day} 00:00:00]   终止日期：[{day} 24:00:00]\r\n\
         门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,\
卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）\r\n合计\t,\t,{}\t,{}\t,{}\t,{net}\t,0.00\t,0.00\t,0.00\t,0.00\t,0.00\t,{net}\t\r\n",
        lines.paid.len(),
        lines.refunded.len(),
        yuan(paid),
    )
}
