//! The day's bill (`alipay.data.dataservice.bill.downloadurl.query`, `bill_type` `trade`): a zip of CSV files in GBK.
//!
//! The layout is not part of the documentation; it is read by its column names, and whatever does not fit is an error
//! rather than a guess.

use super::Alipay;
use super::call::Failure;
use crate::bill::{BillKind, BillLine, FILE_BYTES_MAX, Row, Table};
use crate::china_time::china_day_begin;
use crate::{Error, http};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::{Cursor, Read as _};
use std::time::Duration;

const METHOD: &str = "alipay.data.dataservice.bill.downloadurl.query";
/// Bills are files: they may take longer than a call.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(120);
/// The summary and the details, and room for more.
const FILES_MAX: usize = 16;

#[derive(Serialize)]
struct Which<'a> {
    bill_type: &'static str,
    bill_date: &'a str,
}

#[derive(Deserialize)]
struct Where {
    #[serde(default)]
    bill_download_url: String,
    #[serde(default)]
    bill_file_code: String,
}

impl Alipay {
    pub(super) async fn trade_bill(&self, day: &str) -> Result<Vec<BillLine>, Error> {
        if china_day_begin(day).is_none() {
            return Err(Error::ours("parameters", format!("{day:?} is not a day such as 2026-01-31")));
        }
        let which = Which { bill_type: "trade", bill_date: day };
        let found: Where = match self.call(METHOD, &which, None).await {
            Ok(found) => found,
            // No trade on that day. BILL_NOT_EXIST is also said of a day whose bill is not made yet, so it proves nothing.
            Err(Failure::Business { sub_code, .. }) if sub_code == "NO_BILL_DATA" => return Ok(Vec::new()),
            Err(failure) => return Err(failure.into()),
        };
        if found.bill_file_code == "EMPTY_DATA_WITH_BILL_FILE" {
            return Ok(Vec::new());
        }
        let zip = self.download_bill(&found.bill_download_url).await?;
        read_zip(&zip).map_err(|why| Error::unknown(format!("Alipay's bill of {day}: {why}")))
    }

    /// The address comes out of a signed answer. It has been handed out with http; the file is fetched over TLS.
    async fn download_bill(&self, url: &str) -> Result<Vec<u8>, Error> {
        let secure = url.replacen("http://", "https://", 1);
        let url = http::download_url(url).or_else(|| http::download_url(&secure));
        let url = url.ok_or_else(|| Error::unknown("the bill's address is not a URL"))?;
        let request = self.http.client(&url).get(url).timeout(DOWNLOAD_LIMIT);
        let reply = self.http.send(request, FILE_BYTES_MAX).await?;
        if reply.status == 200 { Ok(reply.body) } else { Err(Error::unknown(format!("HTTP status {}", reply.status))) }
    }
}

/// Reads every file of the archive that has merchant order numbers; the summary has none.
pub(super) fn read_zip(bytes: &[u8]) -> Result<Vec<BillLine>, String> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("not a zip archive: {error}"))?;
    if archive.len() > FILES_MAX {
        return Err(format!("it holds more than {FILES_MAX} files"));
    }
    let mut lines = None;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| error.to_string())?;
        let limit = u64::try_from(FILE_BYTES_MAX).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() > FILE_BYTES_MAX {
            return Err(format!("a file is longer than {FILE_BYTES_MAX} bytes"));
        }
        if let Some(more) = read_csv(&text(&bytes)?)? {
            lines.get_or_insert_with(Vec::new).extend(more);
        }
    }
    lines.ok_or_else(|| "no file in it has a column 商户订单号".into())
}

/// GBK, as the files have always been handed out; or UTF-8, which Chinese text in GBK is never by chance.
fn text(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.into());
    }
    let (text, malformed) = encoding_rs::GBK.decode_without_bom_handling(bytes);
    if malformed { Err("a file is neither GBK nor UTF-8".into()) } else { Ok(text) }
}

fn read_csv(text: &str) -> Result<Option<Vec<BillLine>>, String> {
    // Notes before and after the table begin with a number sign.
    let Some(table) = Table::read(text, "商户订单号", |line| line.starts_with('#'), cells)? else {
        return Ok(None);
    };
    table.rows().map(|row| line(&row)).collect::<Result<Vec<_>, _>>().map(Some)
}

/// Cells end in a tab, which keeps spreadsheets from turning numbers into powers of ten; without tabs, commas part.
fn cells(line: &str) -> Vec<&str> {
    let separator = if line.contains("\t,") { "\t," } else { "," };
    line.split(separator).map(|cell| cell.trim_matches(|c: char| c.is_whitespace() || c == '"')).collect()
}

fn line(row: &Row<'_>) -> Result<BillLine, String> {
    let kind = match row.cell(&["业务类型"])? {
        "交易" => BillKind::Payment,
        "退款" => {
            BillKind::Refund { refund_id: row.cell(&["退款批次号/请求号", "退款批次号"])?.to_owned() }
        }
        other => return Err(format!("line {}: 业务类型 {other:?} is not known", row.line)),
    };
    Ok(BillLine {
        kind,
        pay_id: row.cell(&["商户订单号"])?.to_owned(),
        channel_no: row.cell(&["支付宝交易号"])?.to_owned(),
        amount: row.amount(&["订单金额（元）", "订单金额(元)", "订单金额"])?,
        at_s: row.time(&["完成时间", "创建时间"])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bill_without_tabs_reads_the_same() {
        let text = "#notes\n支付宝交易号,商户订单号,业务类型,完成时间,订单金额(元),退款批次号/请求号\n\
                    1,PAYID1,交易,2023-11-15 06:14:00,228.00,\n2,PAYID1,退款,2023-11-15 07:00:00,-8.00,PAYID1R\n#end\n";
        let lines = read_csv(text).unwrap().unwrap();
        let amounts: Vec<_> = lines.iter().map(|line| line.amount.get()).collect();
        assert_eq!(amounts, [22_800, 800]);
        assert_eq!(lines[1].kind, BillKind::Refund { refund_id: "PAYID1R".into() });
    }

    #[test]
    fn what_does_not_fit_is_an_error_that_names_the_line() {
        let good = "支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）\n1,A,交易,2023-11-15 06:14:00,1.00\n";
        assert_eq!(read_csv(good).unwrap().unwrap().len(), 1);
        for (from, to) in
            [("交易,", "转账,"), ("1.00", "1.001"), ("06:14:00", "soon"), ("1.00", "1,00"), ("1.00", "--1")]
        {
            let why = read_csv(&good.replace(from, to)).unwrap_err();
            assert!(why.contains("line 2"), "{from} {to}: {why}");
        }
        assert!(read_csv(&good.replace("业务类型", "类型")).unwrap_err().contains("业务类型"));
        assert_eq!(read_csv("a summary,without\n1,2\n"), Ok(None));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_reader(bytes: Vec<u8>) {
            prop_assert!(read_zip(&bytes).is_err());
            if let Ok(text) = text(&bytes) {
                let _ = read_csv(&text);
            }
        }
    }
}
