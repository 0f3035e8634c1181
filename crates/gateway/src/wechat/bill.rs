//! The day's bill (`GET /v3/bill/tradebill`): CSV in UTF-8, each cell led by a backtick.

use super::Wechat;
use super::call::Failure;
use crate::bill::{BillKind, BillLine, FILE_BYTES_MAX, Row, Table};
use crate::china_time::china_day_begin;
use crate::{Error, http};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use reqwest::Method;
use serde::Deserialize;
use std::time::Duration;

/// Bills are files: they may take longer than a call.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(120);
/// A bill that is being made is asked for again every half hour.
const BEING_MADE_RETRY_S: u32 = 1800;

#[derive(Deserialize)]
struct Where {
    download_url: String,
    hash_type: String,
    hash_value: String,
}

impl Wechat {
    pub(super) async fn trade_bill(&self, day: &str) -> Result<Vec<BillLine>, Error> {
        if china_day_begin(day).is_none() {
            return Err(Error::ours("parameters", format!("{day:?} is not a day such as 2026-01-31")));
        }
        let target = format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL");
        let found: Where = match self.call(Method::GET, &target, None).await {
            Ok(found) => found,
            Err(Failure::Refused { problem, proven: true, .. }) if problem.code == "NO_STATEMENT_EXIST" => {
                return Ok(Vec::new());
            }
            Err(Failure::Refused { problem, .. }) if problem.code == "STATEMENT_CREATING" => {
                return Err(Error::Busy { retry_after_s: BEING_MADE_RETRY_S });
            }
            Err(failure) => return Err(failure.into()),
        };
        let file = self.download_bill(&found.download_url).await?;
        let unknown = |why: String| Error::unknown(format!("WeChat Pay's bill of {day}: {why}"));
        // The file itself is not signed; the signed answer vouches for it by this hash.
        check_hash(&found, &file).map_err(unknown)?;
        let text = std::str::from_utf8(&file).map_err(|_| unknown("it is not UTF-8".into()))?;
        read_csv(text).map_err(unknown)
    }

    async fn download_bill(&self, url: &str) -> Result<Vec<u8>, Error> {
        let url =
            http::download_url(url).ok_or_else(|| Error::unknown("the bill's address is not one to fetch from"))?;
        let request = self.signed_request(&Method::GET, url, None)?.timeout(DOWNLOAD_LIMIT);
        let reply = self.http.send(request, FILE_BYTES_MAX).await?;
        if reply.status == 200 { Ok(reply.body) } else { Err(Error::unknown(format!("HTTP status {}", reply.status))) }
    }
}

fn check_hash(found: &Where, file: &[u8]) -> Result<(), String> {
    if found.hash_type != "SHA1" {
        return Err(format!("hash_type {:?} is not known", found.hash_type));
    }
    let hash: String = digest(&SHA1_FOR_LEGACY_USE_ONLY, file).as_ref().iter().map(|b| format!("{b:02x}")).collect();
    if hash.eq_ignore_ascii_case(&found.hash_value) { Ok(()) } else { Err("its hash is another one".into()) }
}

fn read_csv(text: &str) -> Result<Vec<BillLine>, String> {
    let ends = |line: &str| !line.starts_with('`') && !line.trim().is_empty();
    let table = Table::read(text, "商户订单号", ends, cells)?.ok_or("it has no column 商户订单号")?;
    let lines = table.rows().map(|row| line(&row)).collect::<Result<Vec<_>, _>>()?;
    Ok(lines.into_iter().flatten().collect())
}

/// The header is plain; in rows every cell is led by a backtick, so that a comma in a name parts nothing.
fn cells(line: &str) -> Vec<&str> {
    match line.trim_end().strip_prefix('`') {
        Some(row) => row.split(",`").map(str::trim).collect(),
        None => line.split(',').map(str::trim).collect(),
    }
}

/// `None` for a refund that failed: it moved no money.
fn line(row: &Row<'_>) -> Result<Option<BillLine>, String> {
    let (kind, amount) = match row.cell(&["交易状态"])? {
        "SUCCESS" => (BillKind::Payment, row.amount(&["订单金额", "应结订单金额"])?),
        "REFUND" | "REVOKED" if row.cell(&["退款状态"])? == "FAIL" => return Ok(None),
        "REFUND" | "REVOKED" => {
            let refund_id = row.cell(&["商户退款单号"])?.to_owned();
            (BillKind::Refund { refund_id }, row.amount(&["申请退款金额", "退款金额"])?)
        }
        other => return Err(format!("line {}: 交易状态 {other:?} is not known", row.line)),
    };
    Ok(Some(BillLine {
        kind,
        pay_id: row.cell(&["商户订单号"])?.to_owned(),
        channel_no: row.cell(&["微信订单号"])?.to_owned(),
        amount,
        at_s: row.time(&["交易时间"])?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_panics_the_reader(text in ".*", rows in "(`[^`]{0,9},?){0,9}\n") {
            let _ = read_csv(&text);
            let _ = read_csv(&format!("商户订单号,交易状态\n{rows}"));
        }
    }
}
