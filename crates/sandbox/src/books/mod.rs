//! The books: one SQLite file that survives being killed at any moment.
//!
//! Writes are serialised (one connection, `BEGIN IMMEDIATE`) and committed before the answer that tells of them.

pub(crate) mod codes;
pub(crate) mod notices;
pub(crate) mod refunds;
pub(crate) mod trades;

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

/// The books could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The database refused.
    #[error("the books could not be used: {0}")]
    Database(#[from] sqlx::Error),
    /// A row does not hold what was written there.
    #[error("a row of the books is damaged: {0}")]
    Row(#[from] serde_json::Error),
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS trades (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    out_trade_no TEXT NOT NULL,
    trade_no TEXT UNIQUE,
    state TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS trades_by_number ON trades (channel, out_trade_no);
CREATE INDEX IF NOT EXISTS trades_open ON trades (expires_ms) WHERE state = 'scanned' AND channel = 'alipay';
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    out_trade_no TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    superseded INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS codes_by_number ON codes (channel, out_trade_no);
CREATE TABLE IF NOT EXISTS refunds (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    trade_id INTEGER NOT NULL REFERENCES trades (id),
    number TEXT NOT NULL,
    state TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (trade_id, number)
) STRICT;
CREATE INDEX IF NOT EXISTS refunds_by_number ON refunds (channel, number);
CREATE INDEX IF NOT EXISTS refunds_open ON refunds (due_ms) WHERE state = 'processing';
CREATE TABLE IF NOT EXISTS notices (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    out_trade_no TEXT NOT NULL,
    url TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    extra INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    last_answer TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS notices_open ON notices (due_ms) WHERE state IN ('waiting', 'held');
";

/// The open books.
#[derive(Clone)]
pub(crate) struct Books {
    pool: SqlitePool,
}

impl Books {
    pub(crate) async fn open(path: &Path) -> Result<Self, BooksError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode this survives a killed process, which is what the books promise.
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self { pool })
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, BooksError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// The name of a fieldless enum variant as serde writes it; states are stored by it.
fn word<T: serde::Serialize>(value: &T) -> Result<String, BooksError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(text) => Ok(text),
        other => Ok(other.to_string()),
    }
}
