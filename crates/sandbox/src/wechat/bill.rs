//! Bills (WeChat Pay API v3, "trade bill" and "download bill").

use std::io::Write as _;
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sqlx::SqliteConnection;

use super::answer::{Answer, Problem};
use super::fields::Query;
use crate::bill::{self, Lines, Readiness, readiness};
use crate::books::BooksError;
use crate::clock::{china_text, read_china_day};
use crate::trade::{Channel, Trade};
use crate::{Sandbox, phone};

/// "The download_url is valid for five minutes."
const LINK_LIFE: Duration = Duration::from_secs(300);
const THREE_MONTHS_MS: i64 = 92 * 86_400_000;

const COLUMNS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,\
应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,\
订单金额,申请退款金额,费率备注";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// `GET /v3/bill/tradebill`
pub(super) async fn url(sandbox: &Sandbox, books: &mut SqliteConnection, query: &Query) -> Result<Answer, Problem> {
    let day = query.get("bill_date").ok_or_else(|| Answer::error(400, "PARAM_ERROR", "缺少账单日期bill_date"))?;
    let kind = query.get("bill_type").unwrap_or_else(|| "ALL".to_owned());
    let packed = match query.get("tar_type").as_deref() {
        None => false,
        Some("GZIP") => true,
        Some(_) => return Err(Answer::error(400, "PARAM_ERROR", "压缩类型仅支持GZIP").into()),
    };
    if !matches!(kind.as_str(), "ALL" | "SUCCESS" | "REFUND") {
        return Err(Answer::error(400, "PARAM_ERROR", "账单类型仅支持ALL、SUCCESS、REFUND").into());
    }
    let now = sandbox.clock.now_ms();
    match readiness(&day, now) {
        Readiness::NotADay => return Err(Answer::error(400, "PARAM_ERROR", "账单日期格式应为yyyy-MM-dd").into()),
        Readiness::NotOver => {
            return Err(Answer::error(400, "INVALID_REQUEST", "仅可下载今日之前的账单").into());
        }
        Readiness::BeingMade => return Err(Answer::error(400, "STATEMENT_CREATING", "账单生成中，请稍后再试").into()),
        Readiness::Ready => {}
    }
    if read_china_day(&day).is_some_and(|begin| now - begin > THREE_MONTHS_MS) {
        return Err(Answer::error(400, "INVALID_REQUEST", "仅可下载三个月内的账单").into());
    }
    let lines = bill::lines(books, Channel::Wechat, &day).await?;
    if lines.is_empty() {
        return Err(Answer::error(400, "NO_STATEMENT_EXIST", "账单不存在").into());
    }
    let text = written(sandbox, &lines, &kind);
    let token = bill::token(sandbox, &what(&day, &kind), LINK_LIFE);
    let suffix = if packed { "&tartype=gzip" } else { "" };
    let address = format!("{}/v3/billdownload/file?token={day}_{kind}_{token}{suffix}", sandbox.base_url);
    // The hash is over the text before compression.
    let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()));
    Ok(Answer::ok(json!({"download_url": address, "hash_type": "SHA1", "hash_value": hash})))
}

fn what(day: &str, kind: &str) -> String {
    format!("wechat {day} {kind}")
}

/// `GET /v3/billdownload/file`: a signed request; the answer is the one that is not signed.
pub(super) async fn file(sandbox: &Sandbox, query: &Query) -> Response {
    let whole = query.get("token").unwrap_or_default();
    let mut parts = whole.splitn(3, '_');
    let (day, kind, token) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !bill::opens(sandbox, &what(day, kind), token) {
        return Answer::error(400, "INVALID_REQUEST", "账单下载地址已失效，请重新获取").unsigned();
    }
    let lines = match lines_of(sandbox, day).await {
        Ok(lines) => lines,
        Err(error) => {
            tracing::error!(%error, "a bill could not be read");
            return Answer::error(500, "SYSTEM_ERROR", "系统异常，请稍后重试").unsigned();
        }
    };
    let text = written(sandbox, &lines, kind);
    if query.get("tartype").as_deref() != Some("gzip") {
        return ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    match packer.write_all(text.as_bytes()).and_then(|()| packer.finish()) {
        Ok(packed) => ([(header::CONTENT_TYPE, "application/x-gzip")], packed).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn lines_of(sandbox: &Sandbox, day: &str) -> Result<Lines, BooksError> {
    let mut books = sandbox.books.begin().await?;
    bill::lines(&mut books, Channel::Wechat, day).await
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// The file: a byte order mark, then rows whose cells each begin with a backtick.
fn written(sandbox: &Sandbox, lines: &Lines, kind: &str) -> String {
    let mut text = format!("\u{feff}{COLUMNS}\r\n");
    let mut totals = (0, 0_i64, 0_i64);
    if kind != "REFUND" {
        for trade in &lines.paid {
            let fen = yuan(trade.paid_fen);
            let own = [fen.as_str(), "0.00", "0", "0", "0.00", "0.00", "", ""];
            text.push_str(&row(sandbox, trade, trade.paid_ms, "SUCCESS", own, (&fen, "0.00")));
            totals.0 += 1;
            totals.1 += trade.paid_fen;
        }
    }
    if kind != "SUCCESS" {
        for (trade, refund) in &lines.refunded {
            let fen = yuan(refund.amount_fen);
            let state = if refund.fails { "CHANGE" } else { "SUCCESS" };
            let own = ["0.00", "0.00", &refund.refund_id, &refund.number, &fen, "0.00", "ORIGINAL", state];
            text.push_str(&row(sandbox, trade, refund.done_ms, "REFUND", own, ("0.00", &fen)));
            totals.0 += 1;
            totals.2 += refund.amount_fen;
        }
    }
    let (paid, refunded) = (yuan(totals.1), yuan(totals.2));
    text.push_str(&format!("{SUMMARY}\r\n`{},`{paid},`{refunded},`0.00,`0.00000,`{paid},`{refunded}\r\n", totals.0));
    text
}

/// One row; `own` are the eight cells from the settled amount to the refund state, `last` the order amount and the
/// amount asked to be refunded.
fn row(
    sandbox: &Sandbox,
    trade: &Trade,
    moment_ms: Option<i64>,
    state: &str,
    own: [&str; 8],
    last: (&str, &str),
) -> String {
    let numbers = &sandbox.keys.numbers;
    let time = china_text(moment_ms.unwrap_or_default());
    let openid = phone::buyer::openid(trade.buyer.as_deref());
    let clean = |text: &str| text.replace([',', '\n', '\r', '`'], " ");
    let (subject, attach) = (clean(&trade.subject), clean(trade.ordered_text("attach").unwrap_or_default()));
    let mut cells = vec![
        time.as_str(),
        &numbers.wechat_appid,
        &numbers.mchid,
        "0",
        "",
        trade.trade_no.as_deref().unwrap_or_default(),
        &trade.out_trade_no,
        &openid,
        "NATIVE",
        state,
        "OTHERS",
        "CNY",
    ];
    cells.extend(own);
    cells.extend([subject.as_str(), &attach, "0.00000", "0.60%", last.0, last.1, ""]);
    let cells: Vec<String> = cells.iter().map(|cell| format!("`{cell}")).collect();
    format!("{}\r\n", cells.join(","))
}
