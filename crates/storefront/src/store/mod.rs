//! The database: one body of SQL, in the subset that SQLite and PostgreSQL share.
//!
//! Reads go to a pool. Writes go through one writer that gathers what is waiting into one transaction, each write in a
//! savepoint of its own, and answers only after the commit that covers it. A write that fails undoes itself alone.

mod addresses;
mod audit;
mod bills;
mod deals;
mod desk;
mod details;
mod disk;
mod edits;
mod events;
mod figures;
mod given_back;
mod goods;
mod goods_file;
mod halts;
mod invariants;
mod items;
mod jobs;
mod journal;
mod ledger;
mod lists;
mod orders;
mod pictures;
mod receipts;
mod rooms;
mod rows;
mod shelf;
mod show_figures;
mod streamers;
mod studio_pages;
mod studio_papers;
mod studio_sheets;
mod viewers;

pub use addresses::AddressError;
pub use audit::{Audited, Difference, Found, OpenError, Progress, Reader};
pub use bills::{BillState, BookedAttempt, BookedRefund};
pub use deals::{DealError, DealRow, NewDeal};
pub use disk::{Disk, PlainDisk};
pub use edits::{By, EditError};
pub use figures::Figures;
pub use goods::{GoodsRow, NewGoods};
pub use halts::{BOOKS, Halt, OPERATOR};
pub use jobs::Lease;
pub use orders::{ApplyError, Before, Evidence, Heard, Placed, Record, Snapshot, Trade};
pub use pictures::Picture;
pub use rooms::{NewRoom, Show};
pub use streamers::Streamer;
pub use studio_pages::{Cursor, STUDIO_PAGE, STUDIO_QUERIES};
pub use studio_sheets::SheetRow;

pub(crate) use addresses::find as find_address;
pub(crate) use details::{answer_wish, papers, ship};
pub(crate) use events::apply;
pub(crate) use given_back::{GivenBack, given_back, keep_given_back};
pub(crate) use goods::{Moved, find_on_sale, move_stock, set_share, share};
pub(crate) use goods_file::reported;
pub(crate) use halts::halted;
pub(crate) use journal::append_act;
pub(crate) use lists::refundable;
pub(crate) use rows::{answer_request, by_request, insert, load};

use futures_util::future::BoxFuture;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Connection, Executor, Row};
use std::str::FromStr;
use std::sync::{Arc, Once};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// The steps from an empty database to the schema this program speaks, each a version. A step that was released never
/// changes; a new one is added.
const STEPS: [&str; 3] =
    [include_str!("schema.sql"), include_str!("migrations/0002_shop.sql"), include_str!("migrations/0003_studio.sql")];
/// The version of the schema; a database with a larger one belongs to a newer program.
const SCHEMA_VERSION: i64 = STEPS.len() as i64;
/// Readers at a time.
const READERS: u32 = 4;
/// Most writes gathered into one transaction.
const BATCH: usize = 256;
/// Writes that may wait for the writer; callers of more wait for room.
const QUEUE: usize = 1024;

/// The database failed. What was being written is either there whole or not at all; ask to find out.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database itself.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A row holds what no version of this program wrote.
    #[error("database: {table} holds {value:?}, which is no {what}")]
    Damaged {
        /// The table.
        table: &'static str,
        /// What was read.
        value: String,
        /// What it should have been.
        what: &'static str,
    },
    /// The transaction did not commit, so nothing of the write is there.
    #[error("database: the transaction did not commit: {0}")]
    NotCommitted(String),
    /// The storefront is stopping.
    #[error("database: closed")]
    Closed,
    /// The database was made by a newer program.
    #[error("the database has schema {found}; this program knows {SCHEMA_VERSION}. Install the newer program")]
    TooNew {
        /// Its number.
        found: i64,
    },
}

/// Tells a caller how the commit went.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
/// A write: runs in a savepoint, says whether to keep it, and is answered after the commit.
type Work = Box<dyn for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, (bool, Answer)> + Send>;

/// The database of one storefront.
#[derive(Clone, Debug)]
pub struct Store {
    readers: AnyPool,
    writer: mpsc::Sender<Work>,
    disk: Arc<dyn Disk>,
}

impl Store {
    /// Opens `sqlite:PATH`, makes the tables if they are missing, and starts the writer.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be opened or belongs to a newer program.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        Store::open_on(url, Arc::new(PlainDisk)).await
    }

    /// As [`Store::open`], over a disk of the caller's.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_on(url: &str, disk: Arc<dyn Disk>) -> Result<Store, StoreError> {
        install_drivers();
        let url = if url.contains('?') { url.to_owned() } else { format!("{url}?mode=rwc") };
        let options = AnyConnectOptions::from_str(&url)?;
        let pool = AnyPoolOptions::new()
            .max_connections(READERS.saturating_add(1))
            .acquire_timeout(Duration::from_secs(10))
            // A file does not go away between two reads, and a connection is tried when it is handed back.
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // Durable commits that do not stop readers; a short wait instead of an error when both write.
                    for pragma in [
                        "PRAGMA journal_mode = WAL",
                        "PRAGMA synchronous = FULL",
                        "PRAGMA busy_timeout = 5000",
                        "PRAGMA foreign_keys = ON",
                    ] {
                        connection.execute(pragma).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        let mut connection = pool.acquire().await?.detach();
        migrate(&mut connection).await?;
        let (writer, queue) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(pool.clone(), connection, queue, Arc::clone(&disk)));
        Ok(Store { readers: pool, writer, disk })
    }

    /// Runs `work` in a transaction and returns its result once that is committed. If `work` fails, nothing of it
    /// stays. Dropping the returned future does not stop the write.
    ///
    /// # Errors
    /// What `work` returned, or [`StoreError`] when the commit failed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            Box::pin(async move {
                let result = work(connection).await;
                let keep = result.is_ok();
                let answer: Answer = Box::new(move |committed| {
                    let result = match committed {
                        Ok(()) => result,
                        Err(why) => result.and(Err(StoreError::NotCommitted(why).into())),
                    };
                    // A caller that went away needs no answer.
                    let _gone = sender.send(result);
                });
                (keep, answer)
            })
        });
        self.disk.before_write().await;
        self.writer.send(work).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }

    /// A connection to read with. It sees what is committed.
    ///
    /// # Errors
    /// [`StoreError::Database`] when none becomes free.
    pub async fn read(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Any>, StoreError> {
        Ok(self.readers.acquire().await?)
    }
}

/// Makes the databases known that this program speaks with; once is enough.
fn install_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}

/// The writer: ends when the last [`Store`] is dropped.
async fn write_all(pool: AnyPool, connection: AnyConnection, mut queue: mpsc::Receiver<Work>, disk: Arc<dyn Disk>) {
    let mut connection = Some(connection);
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let mut answers = Vec::with_capacity(batch.len());
        let committed = commit_on(&pool, &mut connection, batch.drain(..), &mut answers, disk.as_ref()).await;
        if let Err(why) = &committed {
            tracing::error!(%why, "a transaction did not commit");
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
    if let Some(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::warn!(%error, "the database did not close cleanly");
    }
}

/// One batch on the writer's connection. A connection whose commit failed is given up: what it believes of its open
/// transactions can no longer be trusted, and a later commit on it could be none.
async fn commit_on(
    pool: &AnyPool,
    connection: &mut Option<AnyConnection>,
    batch: impl Iterator<Item = Work>,
    answers: &mut Vec<Answer>,
    disk: &dyn Disk,
) -> Result<(), String> {
    let mut current = match connection.take() {
        Some(current) => current,
        None => pool.acquire().await.map_err(|error| error.to_string())?.detach(),
    };
    match commit(&mut current, batch, answers, disk).await {
        Ok(()) => {
            *connection = Some(current);
            Ok(())
        }
        Err(error) => {
            if let Err(error) = current.close_hard().await {
                tracing::warn!(%error, "a given-up connection did not close");
            }
            Err(error)
        }
    }
}

async fn commit(
    connection: &mut AnyConnection,
    batch: impl Iterator<Item = Work>,
    answers: &mut Vec<Answer>,
    disk: &dyn Disk,
) -> Result<(), String> {
    let failed = |error: sqlx::Error| error.to_string();
    // The write lock is taken at once: a transaction that first reads cannot wait for it when another process writes.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let mut batch = batch.peekable();
    let first = batch.next();
    if batch.peek().is_none() {
        // Alone, a write is its own transaction.
        let Some(work) = first else { return Ok(()) };
        let (keep, answer) = work(&mut transaction).await;
        answers.push(answer);
        if !keep {
            return transaction.rollback().await.map_err(failed);
        }
        return end(transaction, disk).await;
    }
    for work in first.into_iter().chain(batch) {
        let mut savepoint = transaction.begin().await.map_err(failed)?;
        let (keep, answer) = work(&mut savepoint).await;
        answers.push(answer);
        let ended = if keep { savepoint.commit().await } else { savepoint.rollback().await };
        ended.map_err(failed)?;
    }
    end(transaction, disk).await
}

/// Commits, and lets the disk know before and after.
async fn end(transaction: sqlx::Transaction<'_, sqlx::Any>, disk: &dyn Disk) -> Result<(), String> {
    disk.before_commit()?;
    transaction.commit().await.map_err(|error| error.to_string())?;
    disk.committed();
    Ok(())
}

async fn migrate(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    transaction.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)").await?;
    let row = sqlx::query("SELECT version FROM schema_version").fetch_optional(&mut *transaction).await?;
    let found: i64 = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    if found > SCHEMA_VERSION {
        return Err(StoreError::TooNew { found });
    }
    for (version, step) in (1_i64..).zip(STEPS).filter(|(version, _)| *version > found) {
        transaction.execute(step).await?;
        transaction.execute("DELETE FROM schema_version").await?;
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
            .bind(version)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// A name in a row that must be one of a list.
fn known<T>(
    value: String,
    what: &'static str,
    table: &'static str,
    named: fn(&str) -> Option<T>,
) -> Result<T, StoreError> {
    named(&value).ok_or(StoreError::Damaged { table, value, what })
}

/// A number in a row that must fit a smaller type.
fn fits<T: TryFrom<i64>>(value: i64, what: &'static str, table: &'static str) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Damaged { table, value: value.to_string(), what })
}

/// A text in a row that must be an id.
fn id<T: TryFrom<String>>(value: String, what: &'static str, table: &'static str) -> Result<T, StoreError> {
    T::try_from(value.clone()).map_err(|_| StoreError::Damaged { table, value, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn count(store: &Store) -> i64 {
        let mut connection = store.read().await.unwrap();
        sqlx::query("SELECT COUNT(*) FROM notes").fetch_one(&mut *connection).await.unwrap().try_get(0).unwrap()
    }

    /// Writes a note; `breaking` also leaves a promise to the database that the commit finds broken.
    async fn note(store: &Store, breaking: bool) -> Result<(), StoreError> {
        store
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO notes (note) VALUES ('x')").execute(&mut *tx).await?;
                    if breaking {
                        sqlx::query("INSERT INTO promises (note_id) VALUES (-1)").execute(tx).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    #[tokio::test]
    async fn after_commits_that_failed_what_is_acknowledged_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("s.db").display());
        let store = Store::open(&url).await.unwrap();
        store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)").await?;
                    // A deferred reference is looked at by the commit, so the commit itself fails.
                    tx.execute(
                        "CREATE TABLE promises (note_id BIGINT REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)",
                    )
                    .await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
        for _ in 0..3 {
            assert!(matches!(note(&store, true).await, Err(StoreError::NotCommitted(_))));
        }
        assert_eq!(count(&store).await, 0);
        note(&store, false).await.unwrap();
        assert_eq!(count(&store).await, 1);
        let again = Store::open(&url).await.unwrap();
        assert_eq!(count(&again).await, 1);
    }

    #[tokio::test]
    async fn a_write_that_fails_undoes_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("s.db").display())).await.unwrap();
        store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT NOT NULL)").await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
        let failing = store.write(|tx| {
            Box::pin(async move {
                tx.execute("INSERT INTO notes (note) VALUES ('half')").await?;
                tx.execute("INSERT INTO notes (note) VALUES (NULL)").await?;
                Ok::<_, StoreError>(())
            })
        });
        let (failed, kept) = tokio::join!(failing, note(&store, false));
        assert!(failed.is_err() && kept.is_ok());
        assert_eq!(count(&store).await, 1);
    }
}
