//! A day's bill: what the channel itself counts as collected and returned.

use order::Fen;
use std::collections::HashMap;

/// A bill file longer than this, unpacked, is not read: 64 MiB is some 200,000 lines.
pub(crate) const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One line of a bill. Numbers are as the channel wrote them: a merchant's bill also holds what its other systems sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// Money in or money back.
    pub kind: BillKind,
    /// Merchant order number (`商户订单号`).
    pub pay_id: String,
    /// The channel's own number of the trade.
    pub channel_no: String,
    /// What was paid, before the channel's coupons, or what goes back; never negative.
    pub amount: Fen,
    /// When the channel booked it, Unix seconds.
    pub at_s: i64,
}

/// Money in or money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BillKind {
    /// A payment.
    Payment,
    /// A refund.
    Refund {
        /// `退款批次号/请求号`, `商户退款单号`.
        refund_id: String,
    },
}

/// Rows under named columns.
pub(crate) struct Table<'a> {
    columns: HashMap<&'a str, usize>,
    rows: Vec<(usize, Vec<&'a str>)>,
}

/// One row of a [`Table`].
pub(crate) struct Row<'a> {
    columns: &'a HashMap<&'a str, usize>,
    cells: &'a [&'a str],
    pub(crate) line: usize,
}

impl<'a> Table<'a> {
    /// Reads the rows after the line that names `key_column`, until one that `ends` the table. `cut` splits a line into
    /// its cells. `None` when no line names the column.
    pub(crate) fn read(
        text: &'a str,
        key_column: &str,
        ends: impl Fn(&str) -> bool,
        cut: impl Fn(&'a str) -> Vec<&'a str>,
    ) -> Result<Option<Table<'a>>, String> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1_usize..);
        let header = lines.by_ref().map(|(line, _)| cut(line)).find(|cells| cells.contains(&key_column));
        let Some(header) = header else { return Ok(None) };
        let mut rows = Vec::new();
        for (line, number) in lines {
            if ends(line) {
                break;
            }
            if line.trim().is_empty() {
                continue;
            }
            let cells = cut(line);
            // A name with the separator in it would shift every amount after it.
            if cells.len() != header.len() {
                return Err(format!("line {number} has {} cells and the header {}", cells.len(), header.len()));
            }
            rows.push((number, cells));
        }
        Ok(Some(Table { columns: header.into_iter().zip(0..).collect(), rows }))
    }

    pub(crate) fn rows(&'a self) -> impl Iterator<Item = Row<'a>> {
        self.rows.iter().map(|(line, cells)| Row { columns: &self.columns, cells, line: *line })
    }
}

impl<'a> Row<'a> {
    /// The cell under the first of these columns that the bill has: headings changed over the years.
    pub(crate) fn cell(&self, columns: &[&str]) -> Result<&'a str, String> {
        let place = columns.iter().find_map(|column| self.columns.get(column));
        let cell = place.and_then(|place| self.cells.get(*place)).copied();
        cell.ok_or_else(|| format!("the bill has no column {}", columns.join(" or ")))
    }

    /// An amount in yuan. Returned money is written with a minus sign by one channel and without by the other.
    pub(crate) fn amount(&self, columns: &[&str]) -> Result<Fen, String> {
        let text = self.cell(columns)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        Fen::from_yuan(digits).map_err(|error| format!("line {}: {text:?}: {error}", self.line))
    }

    /// A GMT+8 time.
    pub(crate) fn time(&self, columns: &[&str]) -> Result<i64, String> {
        let text = self.cell(columns)?;
        crate::china_time::from_plain(text).ok_or_else(|| format!("line {}: {text:?} is not a time", self.line))
    }
}
