//! Why the shop takes no orders at present. What was ordered before goes on to its end.

use super::bulk::Questions;
use super::{Store, StoreError};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// A person stopped it.
pub const OPERATOR: &str = "operator";
/// The shop found its own books wrong.
pub const BOOKS: &str = "books";

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// [`OPERATOR`] or [`BOOKS`].
    pub name: String,
    /// In words.
    pub reason: String,
    /// Since when, Unix seconds.
    pub at: i64,
}

impl Store {
    /// Takes no orders from now on. A halt that is there keeps its reason: the first one is what went wrong.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn halt(&self, name: &'static str, reason: String, now: i64) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(async move { halt(tx, name, &reason, now).await })).await
    }

    /// Takes orders again, as far as this reason is concerned.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lift(&self, name: &'static str) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM halts WHERE name = $1").bind(name).execute(tx).await?;
                Ok(())
            })
        })
        .await
    }

    /// Why no orders are taken; empty while the shop sells.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn halts(&self) -> Result<Vec<Halt>, StoreError> {
        let mut connection = self.read().await?;
        halted(&mut connection).await
    }
}

/// Writes a halt in a transaction of the caller.
pub(super) async fn halt(tx: &mut AnyConnection, name: &str, reason: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO halts (name, reason, at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .bind(reason)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Why no orders are taken, as the caller's transaction sees it.
pub(crate) async fn halted(tx: &mut AnyConnection) -> Result<Vec<Halt>, StoreError> {
    let mut questions = Questions::default();
    ask(&mut questions);
    found(&questions.ask(tx).await?.next())
}

/// Asks why no orders are taken.
pub(super) fn ask(questions: &mut Questions) {
    questions.add_whole("SELECT name, reason, at FROM halts ORDER BY at, name");
}

/// The answer to [`ask`].
pub(super) fn found(rows: &[AnyRow]) -> Result<Vec<Halt>, StoreError> {
    rows.iter().map(|row| Ok(Halt { name: row.try_get(0)?, reason: row.try_get(1)?, at: row.try_get(2)? })).collect()
}
