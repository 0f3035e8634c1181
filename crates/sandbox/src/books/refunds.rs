//! Refunds in the books.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{BooksError, word};
use crate::trade::{Channel, Refund};

fn read(row: &SqliteRow) -> Result<Refund, BooksError> {
    let mut refund: Refund = serde_json::from_str(row.try_get("document")?)?;
    refund.id = row.try_get("id")?;
    Ok(refund)
}

/// Writes a new refund or the present state of a known one.
pub(crate) async fn save(books: &mut SqliteConnection, refund: &mut Refund) -> Result<(), BooksError> {
    let row = sqlx::query(
        "INSERT INTO refunds (id, channel, trade_id, number, state, due_ms, document)
         VALUES (NULLIF(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET state = ?5, due_ms = ?6, document = ?7
         RETURNING id",
    )
    .bind(refund.id)
    .bind(refund.channel.name())
    .bind(refund.trade_id)
    .bind(&refund.number)
    .bind(word(&refund.state)?)
    .bind(refund.due_ms)
    .bind(serde_json::to_string(refund)?)
    .fetch_one(books)
    .await?;
    refund.id = row.try_get("id")?;
    Ok(())
}

/// The refund of a trade with the merchant's refund number.
pub(crate) async fn of_trade(
    books: &mut SqliteConnection,
    trade_id: i64,
    number: &str,
) -> Result<Option<Refund>, BooksError> {
    sqlx::query("SELECT id, document FROM refunds WHERE trade_id = ? AND number = ?")
        .bind(trade_id)
        .bind(number)
        .fetch_optional(books)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// All refunds of a trade, oldest first.
pub(crate) async fn all_of_trade(books: &mut SqliteConnection, trade_id: i64) -> Result<Vec<Refund>, BooksError> {
    let rows = sqlx::query("SELECT id, document FROM refunds WHERE trade_id = ? ORDER BY id")
        .bind(trade_id)
        .fetch_all(books)
        .await?;
    rows.iter().map(read).collect()
}

/// The refund of a channel with the merchant's refund number.
pub(crate) async fn by_number(
    books: &mut SqliteConnection,
    channel: Channel,
    number: &str,
) -> Result<Option<Refund>, BooksError> {
    sqlx::query("SELECT id, document FROM refunds WHERE channel = ? AND number = ? ORDER BY id LIMIT 1")
        .bind(channel.name())
        .bind(number)
        .fetch_optional(books)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// All refunds, oldest first.
pub(crate) async fn all(books: &mut SqliteConnection) -> Result<Vec<Refund>, BooksError> {
    let rows = sqlx::query("SELECT id, document FROM refunds ORDER BY id").fetch_all(books).await?;
    rows.iter().map(read).collect()
}

/// Refunds in progress whose time has come.
pub(crate) async fn due(books: &mut SqliteConnection, now_ms: i64) -> Result<Vec<Refund>, BooksError> {
    let rows = sqlx::query("SELECT id, document FROM refunds WHERE state = 'processing' AND due_ms <= ? LIMIT 100")
        .bind(now_ms)
        .fetch_all(books)
        .await?;
    rows.iter().map(read).collect()
}

/// When the next refund in progress ends.
pub(crate) async fn next_due_ms(books: &mut SqliteConnection) -> Result<Option<i64>, BooksError> {
    let row = sqlx::query("SELECT MIN(due_ms) AS due FROM refunds WHERE state = 'processing'").fetch_one(books).await?;
    Ok(row.try_get("due")?)
}
