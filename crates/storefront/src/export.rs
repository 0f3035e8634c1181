//! Orders and ledger lines of some days as CSV, for the streamer's bookkeeping.

use crate::reconcile::Day;
use crate::store::{Reader, StoreError};
use order::Fen;
use std::io::{self, Write};

/// Seconds of a day; the channels' time knows no other days.
const DAY_S: i64 = 86_400;

/// The header: one table for both kinds of row, told apart by `record`.
pub const HEADER: [&str; 16] = [
    "record",
    "time",
    "order_id",
    "room_id",
    "goods_id",
    "title",
    "kind",
    "quantity",
    "state",
    "amount_fen",
    "amount_yuan",
    "fins",
    "pay_type",
    "channel_no",
    "entry",
    "account",
];

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The CSV cannot be written.
    #[error("the CSV cannot be written: {0}")]
    Csv(#[from] csv::Error),
    /// The CSV cannot be written to its end.
    #[error("the CSV cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// An order as the bookkeeping wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// Its id, room, goods, title, kind and state.
    pub texts: [String; 6],
    /// Pieces.
    pub quantity: i64,
    /// What was due, fen.
    pub amount_fen: i64,
    /// Shark fins.
    pub fins: Option<i64>,
    /// The channel of the payment that came first, and the channel's number of it.
    pub paid: Option<(String, String)>,
}

/// A ledger line as the bookkeeping wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// When it was booked, Unix seconds.
    pub at: i64,
    /// What it books.
    pub entry: String,
    /// The account; a debit is positive.
    pub account: String,
    /// Fen, when it is money.
    pub fen: Option<i64>,
    /// Fins, when it is fins.
    pub fins: Option<i64>,
}

/// A time in GMT+8, where the channels' days begin: `2026-01-31 14:05:09`.
#[must_use]
pub fn local_time(unix_s: i64) -> String {
    let Some(day) = Day::of(unix_s) else { return format!("{unix_s} s") };
    let second = unix_s.saturating_sub(day.begin_s()).clamp(0, DAY_S.saturating_sub(1));
    let (hours, minutes) = (second.div_euclid(3_600), second.div_euclid(60).rem_euclid(60));
    format!("{} {hours:02}:{minutes:02}:{:02}", day.as_str(), second.rem_euclid(60))
}

/// Yuan with two decimals; a ledger line may be negative.
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let amount = fen.checked_abs().and_then(|fen| Fen::new(fen).ok());
    // Past the largest amount there is, sums of many lines, the digits are set by hand.
    let digits =
        amount.map_or_else(|| format!("{}.{:02}", fen.unsigned_abs() / 100, fen.unsigned_abs() % 100), Fen::to_yuan);
    format!("{sign}{digits}")
}

/// Writes the orders made, and the ledger lines booked, from the first moment of `from` to the last of `to`. Says how
/// many rows.
///
/// # Errors
/// [`ExportError`].
pub async fn write(reader: &mut Reader, from: &Day, to: &Day, out: impl Write + Send) -> Result<u64, ExportError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEADER)?;
    let mut rows = 0_u64;
    let span = (from.begin_s(), to.end_s());
    reader
        .orders_between(span, &mut |row: OrderRow| {
            rows = rows.saturating_add(1);
            csv.write_record(order_record(&row))
        })
        .await??;
    reader
        .ledger_between(span, &mut |row: LedgerRow| {
            rows = rows.saturating_add(1);
            csv.write_record(ledger_record(&row))
        })
        .await??;
    csv.flush()?;
    Ok(rows)
}

fn number(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

fn order_record(row: &OrderRow) -> [String; 16] {
    let [order_id, room_id, goods_id, title, kind, state] = row.texts.clone();
    let (pay_type, channel_no) = row.paid.clone().unwrap_or_default();
    [
        "order".into(),
        local_time(row.created_at),
        order_id,
        room_id,
        goods_id,
        title,
        kind,
        row.quantity.to_string(),
        state,
        row.amount_fen.to_string(),
        yuan(row.amount_fen),
        number(row.fins),
        pay_type,
        channel_no,
        String::new(),
        String::new(),
    ]
}

fn ledger_record(row: &LedgerRow) -> [String; 16] {
    let mut cells: [String; 16] = Default::default();
    cells[0] = "ledger".into();
    cells[1] = local_time(row.at);
    cells[9] = number(row.fen);
    cells[10] = row.fen.map(yuan).unwrap_or_default();
    cells[11] = number(row.fins);
    cells[14].clone_from(&row.entry);
    cells[15].clone_from(&row.account);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_channels_days() {
        assert_eq!(local_time(1_703_141_677), "2023-12-21 14:54:37");
        assert_eq!(local_time(1_703_088_000), "2023-12-21 00:00:00");
    }

    #[test]
    fn yuan_have_two_decimals_and_the_sign_of_the_line() {
        assert_eq!([yuan(22_800), yuan(-5), yuan(0)], ["228.00", "-0.05", "0.00"]);
        assert_eq!(yuan(-1_000_000_000_001), "-10000000000.01");
    }
}
