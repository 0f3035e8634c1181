//! Payment codes: which order a code belongs to and how long it may be scanned.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::BooksError;
use crate::trade::Channel;

/// A code that was given out.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) channel: Channel,
    pub(crate) out_trade_no: String,
    pub(crate) expires_ms: i64,
    /// A fresher code was given out for the same order, or the order was closed.
    pub(crate) superseded: bool,
}

fn read(row: &SqliteRow) -> Result<Code, BooksError> {
    let channel: String = row.try_get("channel")?;
    Ok(Code {
        text: row.try_get("code")?,
        channel: if channel == Channel::Alipay.name() { Channel::Alipay } else { Channel::Wechat },
        out_trade_no: row.try_get("out_trade_no")?,
        expires_ms: row.try_get("expires_ms")?,
        superseded: row.try_get("superseded")?,
    })
}

pub(crate) async fn add(books: &mut SqliteConnection, code: &Code) -> Result<(), BooksError> {
    sqlx::query("INSERT INTO codes (code, channel, out_trade_no, expires_ms, superseded) VALUES (?, ?, ?, ?, ?)")
        .bind(&code.text)
        .bind(code.channel.name())
        .bind(&code.out_trade_no)
        .bind(code.expires_ms)
        .bind(code.superseded)
        .execute(books)
        .await?;
    Ok(())
}

pub(crate) async fn find(books: &mut SqliteConnection, text: &str) -> Result<Option<Code>, BooksError> {
    sqlx::query("SELECT * FROM codes WHERE code = ?")
        .bind(text)
        .fetch_optional(books)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The code of an order that can still be scanned.
pub(crate) async fn live(
    books: &mut SqliteConnection,
    channel: Channel,
    out_trade_no: &str,
    now_ms: i64,
) -> Result<Option<Code>, BooksError> {
    sqlx::query("SELECT * FROM codes WHERE channel = ? AND out_trade_no = ? AND superseded = 0 AND expires_ms > ?")
        .bind(channel.name())
        .bind(out_trade_no)
        .bind(now_ms)
        .fetch_optional(books)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The code given out last that can be scanned and that nobody has scanned.
pub(crate) async fn newest(books: &mut SqliteConnection, now_ms: i64) -> Result<Option<String>, BooksError> {
    let row = sqlx::query(
        "SELECT c.code FROM codes c JOIN trades t ON t.channel = c.channel AND t.out_trade_no = c.out_trade_no
         WHERE c.superseded = 0 AND c.expires_ms > ?1 AND t.expires_ms > ?1 AND t.state = 'ordered'
         ORDER BY c.rowid DESC LIMIT 1",
    )
    .bind(now_ms)
    .fetch_optional(books)
    .await?;
    Ok(row.map(|row| row.try_get("code")).transpose()?)
}

/// Makes every code of an order unusable.
pub(crate) async fn supersede(
    books: &mut SqliteConnection,
    channel: Channel,
    out_trade_no: &str,
) -> Result<(), BooksError> {
    sqlx::query("UPDATE codes SET superseded = 1 WHERE channel = ? AND out_trade_no = ?")
        .bind(channel.name())
        .bind(out_trade_no)
        .execute(books)
        .await?;
    Ok(())
}
