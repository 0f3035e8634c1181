//! What came of a CSV file of goods.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// What came of a CSV file, or would come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ImportReport {
    /// Whether it was taken: never in a dry run, and never when a row is wrong.
    pub taken: bool,
    /// Each row.
    pub rows: Vec<ImportRow>,
}

/// A row of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ImportRow {
    /// The line of the file, counted from 1, the header being the first.
    pub line: u32,
    /// The title it has.
    pub title: String,
    /// What it does.
    pub outcome: ImportOutcome,
    /// What is wrong with it.
    pub problems: Vec<ImportProblem>,
}

/// What a row of a CSV file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It becomes a new item.
    Added,
    /// It changes the item whose id it has.
    Changed,
    /// It is as the item whose id it has.
    Same,
    /// It cannot be taken.
    Wrong,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ImportProblem {
    /// The column.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong with it.
    pub code: ImportCode,
}

/// What can be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportCode {
    /// The column is not in the file, or more columns are in the row than in the header.
    Columns,
    /// Nothing stands there.
    Missing,
    /// It is longer than it may be.
    TooLong,
    /// It is no whole number, or neither true nor false.
    NotReadable,
    /// It is smaller or larger than it may be.
    OutOfRange,
    /// There is no such kind, picture or item.
    Unknown,
    /// A deal has price, pieces and minutes, or none of them.
    DealIncomplete,
    /// The price of a deal must be below the item's own.
    DealPrice,
    /// The pieces of a deal must be at most the stock.
    DealPieces,
    /// Another row has the same id.
    Twice,
}
