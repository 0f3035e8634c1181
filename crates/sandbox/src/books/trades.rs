//! Trades in the books.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{BooksError, word};
use crate::trade::{Channel, Trade};

fn read(row: &SqliteRow) -> Result<Trade, BooksError> {
    let mut trade: Trade = serde_json::from_str(row.try_get("document")?)?;
    trade.id = row.try_get("id")?;
    Ok(trade)
}

/// Writes a new trade or the present state of a known one.
pub(crate) async fn save(books: &mut SqliteConnection, trade: &mut Trade) -> Result<(), BooksError> {
    let row = sqlx::query(
        "INSERT INTO trades (id, channel, out_trade_no, trade_no, state, expires_ms, document)
         VALUES (NULLIF(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET trade_no = ?4, state = ?5, expires_ms = ?6, document = ?7
         RETURNING id",
    )
    .bind(trade.id)
    .bind(trade.channel.name())
    .bind(&trade.out_trade_no)
    .bind(&trade.trade_no)
    .bind(word(&trade.state)?)
    .bind(trade.expires_ms)
    .bind(serde_json::to_string(trade)?)
    .fetch_one(books)
    .await?;
    trade.id = row.try_get("id")?;
    Ok(())
}

/// The trade with the merchant's number; the first one, should a code have been paid twice.
pub(crate) async fn by_number(
    books: &mut SqliteConnection,
    channel: Channel,
    out_trade_no: &str,
) -> Result<Option<Trade>, BooksError> {
    sqlx::query("SELECT id, document FROM trades WHERE channel = ? AND out_trade_no = ? ORDER BY id LIMIT 1")
        .bind(channel.name())
        .bind(out_trade_no)
        .fetch_optional(books)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The trade with the channel's number.
pub(crate) async fn by_trade_no(
    books: &mut SqliteConnection,
    channel: Channel,
    trade_no: &str,
) -> Result<Option<Trade>, BooksError> {
    sqlx::query("SELECT id, document FROM trades WHERE channel = ? AND trade_no = ?")
        .bind(channel.name())
        .bind(trade_no)
        .fetch_optional(books)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The trade in a row.
pub(crate) async fn by_id(books: &mut SqliteConnection, id: i64) -> Result<Option<Trade>, BooksError> {
    sqlx::query("SELECT id, document FROM trades WHERE id = ?")
        .bind(id)
        .fetch_optional(books)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// All trades, oldest first.
pub(crate) async fn all(books: &mut SqliteConnection) -> Result<Vec<Trade>, BooksError> {
    let rows = sqlx::query("SELECT id, document FROM trades ORDER BY id").fetch_all(books).await?;
    rows.iter().map(read).collect()
}

/// Alipay trades with an opened cashier whose last moment to pay has passed. The index is named, here and below: SQLite
/// would look through all trades of the channel.
pub(crate) async fn overdue(books: &mut SqliteConnection, now_ms: i64) -> Result<Vec<Trade>, BooksError> {
    let rows = sqlx::query(
        "SELECT id, document FROM trades INDEXED BY trades_open
         WHERE state = 'scanned' AND channel = 'alipay' AND expires_ms <= ? LIMIT 100",
    )
    .bind(now_ms)
    .fetch_all(books)
    .await?;
    rows.iter().map(read).collect()
}

/// When the next Alipay trade with an opened cashier runs out. WeChat Pay closes nothing at time_expire.
pub(crate) async fn next_expiry_ms(books: &mut SqliteConnection) -> Result<Option<i64>, BooksError> {
    let row = sqlx::query(
        "SELECT MIN(expires_ms) AS due FROM trades INDEXED BY trades_open WHERE state = 'scanned' AND channel = 'alipay'",
    )
    .fetch_one(books)
    .await?;
    Ok(row.try_get("due")?)
}

/// What a buyer has paid through a channel and not got back, in fen.
pub(crate) async fn spent_fen(books: &mut SqliteConnection, channel: Channel, buyer: &str) -> Result<i64, BooksError> {
    let row = sqlx::query(
        "SELECT COALESCE(SUM(document ->> 'paid_fen' - document ->> 'refunded_fen'), 0) AS spent FROM trades
         WHERE channel = ? AND state = 'paid' AND document ->> 'buyer' = ?",
    )
    .bind(channel.name())
    .bind(buyer)
    .fetch_one(books)
    .await?;
    Ok(row.try_get("spent")?)
}

/// What a buyer has paid through a channel, the latest first.
pub(crate) async fn latest_paid(
    books: &mut SqliteConnection,
    channel: Channel,
    buyer: &str,
    limit: u32,
) -> Result<Vec<Trade>, BooksError> {
    let rows = sqlx::query(
        "SELECT id, document FROM trades WHERE channel = ? AND state = 'paid' AND document ->> 'buyer' = ?
         ORDER BY document ->> 'paid_ms' DESC, id DESC LIMIT ?",
    )
    .bind(channel.name())
    .bind(buyer)
    .bind(limit)
    .fetch_all(books)
    .await?;
    rows.iter().map(read).collect()
}
