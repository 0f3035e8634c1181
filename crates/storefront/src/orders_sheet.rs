//! A room's orders as CSV for its streamer: all of them without an address, or what is to be sent with where to.

use crate::export::{local_time, yuan};
use crate::shop::Shop;
use crate::spreadsheet::guarded;
use crate::store::{SheetRow, StoreError};
use api::OrderFilter;
use futures_util::{Stream, TryStreamExt, stream};
use order::RoomId;
use std::io;
use std::sync::Arc;

/// Spreadsheets take a text for UTF-8 that begins so.
const MARK: &str = "\u{feff}";

/// The header of all orders.
const ALL: [&str; 17] = [
    "time",
    "order_id",
    "buyer",
    "title",
    "kind",
    "quantity",
    "state",
    "amount_yuan",
    "pay_type",
    "channel_no",
    "paid_time",
    "refunded_yuan",
    "going_back_yuan",
    "carrier",
    "number",
    "shipped_time",
    "note",
];

/// The header of what is to be sent.
const TO_SHIP: [&str; 11] =
    ["time", "order_id", "buyer", "title", "quantity", "amount_yuan", "name", "phone", "region", "detail", "note"];

/// Which orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// All.
    All,
    /// Those that are to be sent.
    ToShip,
}

/// Why there is no CSV, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
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

fn text(text: Option<&String>) -> String {
    text.map(|text| guarded(text).into_owned()).unwrap_or_default()
}

fn time(at: Option<i64>) -> String {
    at.map(local_time).unwrap_or_default()
}

impl Sheet {
    const fn list(self) -> OrderFilter {
        match self {
            Sheet::All => OrderFilter::All,
            Sheet::ToShip => OrderFilter::ToShip,
        }
    }

    fn header(self) -> &'static [&'static str] {
        match self {
            Sheet::All => &ALL,
            Sheet::ToShip => &TO_SHIP,
        }
    }

    fn cells(self, row: &SheetRow) -> Vec<String> {
        let first =
            [local_time(row.created_at), row.order_id.clone(), row.buyer.clone(), guarded(&row.title).into_owned()];
        let rest = match self {
            Sheet::All => vec![
                row.kind.clone(),
                row.quantity.to_string(),
                row.state.clone(),
                yuan(row.amount_fen),
                row.pay_type.clone().unwrap_or_default(),
                text(row.channel_no.as_ref()),
                time(row.paid_at),
                yuan(row.refunded_fen),
                yuan(row.going_back_fen),
                text(row.carrier.as_ref()),
                text(row.number.as_ref()),
                time(row.shipped_at),
                text(row.note.as_ref()),
            ],
            Sheet::ToShip => {
                let address = row.address.as_ref();
                vec![
                    row.quantity.to_string(),
                    yuan(row.amount_fen),
                    text(address.map(|address| &address.name)),
                    text(address.map(|address| &address.phone)),
                    text(address.map(|address| &address.region)),
                    text(address.map(|address| &address.detail)),
                    text(row.note.as_ref()),
                ]
            }
        };
        first.into_iter().chain(rest).collect()
    }
}

/// What comes next of a CSV.
enum Next {
    Header,
    After(Option<Box<SheetRow>>),
    End,
}

/// The CSV part by part, so that a long one needs no room. An error ends it: it must not be taken for whole.
pub(crate) fn csv(
    shop: Arc<Shop>,
    room_id: RoomId,
    sheet: Sheet,
) -> impl Stream<Item = Result<Vec<u8>, SheetError>> + Send {
    let parts = stream::try_unfold(Next::Header, move |next| {
        let (shop, room_id) = (Arc::clone(&shop), room_id.clone());
        async move {
            let (rows, next) = match next {
                Next::Header => {
                    let header = sheet.header().iter().map(|name| (*name).to_owned()).collect();
                    let lines = [MARK.as_bytes().to_vec(), lines([header])?].concat();
                    return Ok(Some((lines, Next::After(None))));
                }
                Next::After(last) => {
                    let rows = shop.store.sheet_rows(&room_id, sheet.list(), last.as_deref()).await?;
                    let last = rows.last().cloned();
                    (rows, last.map_or(Next::End, |last| Next::After(Some(Box::new(last)))))
                }
                Next::End => return Ok(None),
            };
            Ok(Some((lines(rows.iter().map(|row| sheet.cells(row)))?, next)))
        }
    });
    parts.inspect_err(|error: &SheetError| tracing::error!(%error, "a file of orders broke off"))
}

fn lines(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, SheetError> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    for row in rows {
        csv.write_record(row)?;
    }
    csv.into_inner().map_err(|error| SheetError::Write(error.into_error()))
}
