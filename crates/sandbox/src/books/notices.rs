//! Notices still to be delivered, and what became of the others.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{BooksError, word};
use crate::trade::Channel;

/// What becomes of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeState {
    /// Is sent when its time comes.
    Waiting,
    /// Waits until a later notice of the channel was delivered, or until its time comes.
    Held,
    /// The merchant took it.
    Received,
    /// Every repetition failed.
    GivenUp,
    /// Lost on purpose.
    Dropped,
}

/// A notice to the merchant.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) id: i64,
    pub(crate) channel: Channel,
    pub(crate) out_trade_no: String,
    pub(crate) url: String,
    /// The unsigned content: form fields for Alipay, the envelope for WeChat Pay.
    pub(crate) payload: Value,
    pub(crate) state: NoticeState,
    /// Deliveries tried.
    pub(crate) attempts: u32,
    /// Deliveries to make although the merchant has taken it.
    pub(crate) extra: u32,
    pub(crate) due_ms: i64,
    /// What the merchant said last.
    pub(crate) last_answer: Option<String>,
}

fn read(row: &SqliteRow) -> Result<Notice, BooksError> {
    let channel: String = row.try_get("channel")?;
    let state: String = row.try_get("state")?;
    Ok(Notice {
        id: row.try_get("id")?,
        channel: serde_json::from_value(Value::String(channel))?,
        out_trade_no: row.try_get("out_trade_no")?,
        url: row.try_get("url")?,
        payload: serde_json::from_str(row.try_get("payload")?)?,
        state: serde_json::from_value(Value::String(state))?,
        attempts: row.try_get("attempts")?,
        extra: row.try_get("extra")?,
        due_ms: row.try_get("due_ms")?,
        last_answer: row.try_get("last_answer")?,
    })
}

/// Writes a new notice (id 0) or the present state of a known one.
pub(crate) async fn save(books: &mut SqliteConnection, notice: &mut Notice) -> Result<(), BooksError> {
    let row = sqlx::query(
        "INSERT INTO notices (id, channel, out_trade_no, url, payload, state, attempts, extra, due_ms, last_answer)
         VALUES (NULLIF(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET state = ?6, attempts = ?7, extra = ?8, due_ms = ?9, last_answer = ?10
         RETURNING id",
    )
    .bind(notice.id)
    .bind(notice.channel.name())
    .bind(&notice.out_trade_no)
    .bind(&notice.url)
    .bind(serde_json::to_string(&notice.payload)?)
    .bind(word(&notice.state)?)
    .bind(notice.attempts)
    .bind(notice.extra)
    .bind(notice.due_ms)
    .bind(&notice.last_answer)
    .fetch_one(books)
    .await?;
    notice.id = row.try_get("id")?;
    Ok(())
}

/// Notices whose time has come, the earliest first.
pub(crate) async fn due(books: &mut SqliteConnection, now_ms: i64) -> Result<Vec<Notice>, BooksError> {
    let rows = sqlx::query(
        "SELECT * FROM notices WHERE state IN ('waiting', 'held') AND due_ms <= ? ORDER BY due_ms, id LIMIT 256",
    )
    .bind(now_ms)
    .fetch_all(books)
    .await?;
    rows.iter().map(read).collect()
}

/// When the next notice after `now_ms` is due; those already due are in somebody's hands.
pub(crate) async fn next_due_ms(books: &mut SqliteConnection, now_ms: i64) -> Result<Option<i64>, BooksError> {
    let row = sqlx::query("SELECT MIN(due_ms) AS due FROM notices WHERE state IN ('waiting', 'held') AND due_ms > ?")
        .bind(now_ms)
        .fetch_one(books)
        .await?;
    Ok(row.try_get("due")?)
}

/// Lets held notices of a channel go: something newer overtook them.
pub(crate) async fn release_held(
    books: &mut SqliteConnection,
    channel: Channel,
    older_than_id: i64,
    now_ms: i64,
) -> Result<(), BooksError> {
    // SQLite would look through every older notice; the index of the open ones is used where its condition stands.
    sqlx::query(
        "UPDATE notices INDEXED BY notices_open SET state = 'waiting', due_ms = ?
         WHERE state IN ('waiting', 'held') AND state = 'held' AND channel = ? AND id < ?",
    )
    .bind(now_ms)
    .bind(channel.name())
    .bind(older_than_id)
    .execute(books)
    .await?;
    Ok(())
}

/// How many notices of a channel are in which state.
pub(crate) async fn count(books: &mut SqliteConnection, channel: Channel) -> Result<Vec<(String, i64)>, BooksError> {
    let rows =
        sqlx::query("SELECT state, COUNT(*) AS number FROM notices WHERE channel = ? GROUP BY state ORDER BY state")
            .bind(channel.name())
            .fetch_all(books)
            .await?;
    rows.iter().map(|row| Ok((row.try_get("state")?, row.try_get("number")?))).collect()
}

/// How many notices of a channel are due or being delivered right now.
pub(crate) async fn count_due(books: &mut SqliteConnection, channel: Channel, now_ms: i64) -> Result<i64, BooksError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS number FROM notices
         WHERE channel = ? AND state IN ('waiting', 'held') AND due_ms <= ?",
    )
    .bind(channel.name())
    .bind(now_ms)
    .fetch_one(books)
    .await?;
    Ok(row.try_get("number")?)
}
