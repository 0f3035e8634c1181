//! The audit: everything that must hold of the database, looked at from the outside. It opens the database for itself,
//! only reads, and sees one moment of it, so it may run beside a storefront that serves.

mod lists;
mod orders;
mod rows;
mod sums;

use super::{Halt, Kind, SCHEMA_VERSION, StoreError, connect, journal, schema, sqlite_path};
use crate::store::Record;
use api::journal::{JournalLine, STUDIO, line_hash};
use futures_util::TryStreamExt;
use order::OrderId;
use sqlx::{AnyConnection, Connection, Row};
use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};

/// Orders read at a time.
const PAGE: i64 = 500;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `order 01H...`, `goods teapot`, `journal line 7`.
    pub about: String,
    /// In words.
    pub words: String,
}

impl Difference {
    pub(crate) fn new(about: impl Into<String>, words: impl Into<String>) -> Difference {
        Difference { about: about.into(), words: words.into() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.about, self.words)
    }
}

/// Takes what is found, one by one, so that a long list needs no room.
pub type Found<'a> = dyn FnMut(Difference) + Send + 'a;
/// Hears how far it is: what is being looked at, and how many of how many are done.
pub type Progress<'a> = dyn FnMut(&'static str, i64, i64) + Send + 'a;

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Orders.
    pub orders: i64,
    /// Journal lines.
    pub lines: i64,
}

/// Why a database cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none of that name; none was made.
    #[error("there is no database {}; check `database` in the settings", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It is another program's, or empty.
    #[error("this is no storefront's database; check `database` in the settings")]
    Foreign,
    /// It was last served by an older program; only serving carries it over.
    #[error("the database has schema {found}; start `storefront serve` once, which brings it to {SCHEMA_VERSION}")]
    TooOld {
        /// Its number.
        found: i64,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A database opened to be read.
#[derive(Debug)]
pub struct Reader {
    connection: AnyConnection,
}

impl Reader {
    /// Opens a database that is there. It is never made, migrated or written.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(url: &str) -> Result<Reader, OpenError> {
        if Kind::of(url) == Some(Kind::Sqlite) && !Path::new(sqlite_path(url)).is_file() {
            return Err(OpenError::Missing { path: sqlite_path(url).into() });
        }
        let mut connection = connect::open_to_read(url).await?;
        let found = schema::found(&mut connection).await.map_err(|error| match error.as_database_error() {
            Some(_) => OpenError::Foreign,
            None => StoreError::from(error).into(),
        })?;
        match found.cmp(&SCHEMA_VERSION) {
            Ordering::Greater => Err(StoreError::TooNew { found }.into()),
            Ordering::Less => Err(OpenError::TooOld { found }),
            Ordering::Equal => Ok(Reader { connection }),
        }
    }

    /// Looks at everything, at one moment of the database. `now` is Unix seconds.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read to its end; what is wrong in it is a [`Difference`], not an error.
    pub async fn audit(
        &mut self,
        now: i64,
        found: &mut Found<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<Audited, StoreError> {
        let mut tx = self.connection.begin().await?;
        let lines = chain(&mut tx, found, progress).await?;
        let orders = orders::all(&mut tx, now, found, progress).await?;
        sums::all(&mut tx, found).await?;
        lists::strays(&mut tx, found).await?;
        tx.commit().await?;
        Ok(Audited { orders, lines })
    }

    /// The orders after `after` in the order of their ids, a page of them; empty after the last. An order whose rows
    /// cannot be read is left out: the audit names it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn orders_after(&mut self, after: &str) -> Result<(Vec<Record>, Option<String>), StoreError> {
        let ids = ids_after(&mut self.connection, after).await?;
        let mut records = Vec::with_capacity(ids.len());
        for id in &ids {
            let Ok(order_id) = OrderId::new(id.clone()) else { continue };
            if let Ok(record) = super::load(&mut self.connection, &order_id).await {
                records.extend(record);
            }
        }
        Ok((records, ids.last().cloned()))
    }

    /// How many orders there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_orders(&mut self) -> Result<i64, StoreError> {
        count(&mut self.connection, "SELECT COUNT(*) FROM orders").await
    }

    /// One order, as it is now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn order(&mut self, order_id: &OrderId) -> Result<Option<Record>, StoreError> {
        super::load(&mut self.connection, order_id).await
    }

    /// Why no orders are taken; empty while the shop sells.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn halts(&mut self) -> Result<Vec<Halt>, StoreError> {
        super::halts::halted(&mut self.connection).await
    }

    /// The orders that may still be paid.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn selling_orders(&mut self) -> Result<Vec<OrderId>, StoreError> {
        let rows = sqlx::query("SELECT order_id FROM orders WHERE state IN ('reserved', 'awaiting_payment')")
            .fetch_all(&mut self.connection)
            .await?;
        rows.iter().map(|row| super::id(row.try_get(0)?, "order id", "orders")).collect()
    }

    /// An order's journal lines, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_of(&mut self, order_id: &OrderId) -> Result<Vec<JournalLine>, StoreError> {
        journal::lines_of(&mut self.connection, order_id.as_str()).await
    }
}

async fn count(tx: &mut AnyConnection, sql: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query(sql).fetch_one(tx).await?.try_get(0)?)
}

async fn ids_after(tx: &mut AnyConnection, after: &str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT order_id FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT $2")
        .bind(after)
        .bind(PAGE)
        .fetch_all(tx)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Rule 20: every line of the journal has the next number and the hash of what it holds, and the last is the head.
async fn chain(tx: &mut AnyConnection, found: &mut Found<'_>, progress: &mut Progress<'_>) -> Result<i64, StoreError> {
    let total = count(&mut *tx, "SELECT COUNT(*) FROM journal").await?;
    let (mut lines, mut previous, mut expected) = (0_i64, String::new(), 1_i64);
    {
        let mut rows =
            sqlx::query("SELECT seq, order_id, event, evidence, at, hash FROM journal ORDER BY seq").fetch(&mut *tx);
        while let Some(row) = rows.try_next().await? {
            lines = lines.saturating_add(1);
            progress("journal lines", lines, total);
            match read_line(&row, &previous) {
                Ok((order_id, line)) => {
                    let about = format!("journal line {}", line.seq);
                    if line.seq != expected {
                        found(Difference::new(&about, format!("line {expected} should stand here")));
                    }
                    let hash = line_hash(&previous, line.seq, &order_id, &line.event, &line.evidence, line.at);
                    if hash != line.hash {
                        found(Difference::new(&about, "it was changed, or the line before it was"));
                    }
                    // What belongs to no order is a streamer's act.
                    if order_id.is_empty() && !line.name().is_some_and(|name| name.starts_with(STUDIO)) {
                        found(Difference::new(&about, "it belongs to no order, and nobody did it"));
                    }
                    expected = line.seq.saturating_add(1);
                    // What is stored, not what was computed: one changed line is one difference.
                    previous = line.hash;
                }
                Err(error) => {
                    found(Difference::new(format!("journal line {expected}"), format!("it cannot be read: {error}")));
                    expected = expected.saturating_add(1);
                }
            }
        }
    }
    let heads = sqlx::query("SELECT name, seq, hash FROM journal_head").fetch_all(tx).await?;
    let at_the_end = match heads.as_slice() {
        [head] => {
            head.try_get::<String, _>(0).is_ok_and(|name| name == "head")
                && head.try_get::<i64, _>(1).is_ok_and(|seq| seq.checked_add(1) == Some(expected))
                && head.try_get::<String, _>(2).is_ok_and(|hash| hash == previous)
        }
        _ => false,
    };
    if !at_the_end {
        found(Difference::new("journal", "its head is not its last line: lines were removed, added or changed"));
    }
    Ok(lines)
}

fn read_line(row: &sqlx::any::AnyRow, previous: &str) -> Result<(String, JournalLine), sqlx::Error> {
    let line = JournalLine {
        seq: row.try_get(0)?,
        previous: previous.to_owned(),
        event: row.try_get(2)?,
        evidence: row.try_get(3)?,
        at: row.try_get(4)?,
        hash: row.try_get(5)?,
    };
    Ok((row.try_get(1)?, line))
}
