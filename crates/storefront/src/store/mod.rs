//! The database: one body of SQL, in the subset that SQLite and PostgreSQL share.
//!
//! Reads go to a pool. Writes go through one writer that gathers what is waiting into one transaction, each write in a
//! savepoint of its own, and answers only after the commit that covers it. A write that fails undoes itself alone.

mod addresses;
mod audit;
mod batch;
mod bills;
mod bulk;
mod connect;
mod deals;
mod desk;
mod details;
mod disk;
mod edits;
mod events;
mod figures;
mod flush;
mod given_back;
mod goods;
mod goods_file;
mod halts;
mod inbox;
mod invariants;
mod items;
mod jobs;
mod journal;
mod ledger;
mod lists;
mod looks;
mod orders;
mod pictures;
mod receipts;
mod rooms;
mod rows;
mod schema;
mod shelf;
mod show_figures;
mod streamers;
mod studio_pages;
mod studio_papers;
mod studio_sheets;
mod turns;
mod viewers;
mod writer;

pub use addresses::AddressError;
pub use audit::{Audited, Difference, Found, OpenError, Progress, Reader};
pub use bills::{BillState, BookedAttempt, BookedRefund};
pub use deals::{DealError, DealRow, NewDeal};
pub use disk::{Disk, PlainDisk};
pub use edits::{By, EditError};
pub use figures::{AGES, Figures, Stock, Waiting};
pub use goods::{GoodsRow, NewGoods};
pub use halts::{BOOKS, Halt, OPERATOR};
pub use inbox::Heard;
pub use jobs::Lease;
pub use orders::{Answer, ApplyError, Before, Evidence, Placed, Record, Snapshot, Trade};
pub use pictures::Picture;
pub use rooms::{NewRoom, Show};
pub use streamers::Streamer;
pub use studio_pages::{Cursor, STUDIO_PAGE, STUDIO_QUERIES};
pub use studio_sheets::SheetRow;

pub(crate) use batch::{Batch, Needs, Share};
pub(crate) use connect::{Kind, may_be_opened, sqlite_path};
pub(crate) use details::{answer_wish, papers, ship};
pub(crate) use events::{apply, apply_in};
pub(crate) use given_back::{GivenBack, given_back, keep_given_back};
pub(crate) use goods::Moved;
pub(crate) use goods_file::reported;
pub(crate) use journal::append_act;
pub(crate) use lists::refundable;
pub(crate) use rows::{Answered, load};

use crate::metrics::WriterMetrics;
use api::Viewer;
use futures_util::future::BoxFuture;
use looks::Looks;
use order::OrderId;
use schema::VERSION as SCHEMA_VERSION;
use sqlx::{AnyConnection, AnyPool};
use std::sync::Arc;
use tokio::sync::mpsc;
use writer::{QUEUE, Work};

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
    /// The transaction did not commit, so nothing of the write is there; unless a server was lost at just that moment.
    #[error("database: the transaction did not commit: {0}")]
    NotCommitted(String),
    /// What was asked for together with others could not be read.
    #[error("database: {0}")]
    NotRead(String),
    /// A write looked at something it had not asked for. Nothing of it is there.
    #[error("database: {0} was looked at without being asked for")]
    NotGathered(&'static str),
    /// The storefront is stopping, or the database cannot be reached.
    #[error("database: closed or out of reach")]
    Closed,
    /// The database was made by a newer program.
    #[error("the database has schema {found}; this program knows {SCHEMA_VERSION}. Install the newer program")]
    TooNew {
        /// Its number.
        found: i64,
    },
}

/// The database of one storefront.
#[derive(Clone, Debug)]
pub struct Store {
    readers: AnyPool,
    orders: Looks<OrderId, Record>,
    viewers: Looks<String, Viewer>,
    writer: mpsc::Sender<Work>,
    disk: Arc<dyn Disk>,
    metrics: WriterMetrics,
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://...`, makes the tables if they are missing, and starts the writer.
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
        let (pool, connection) = connect::open(url).await?;
        let (writer, queue) = mpsc::channel(QUEUE);
        let metrics = WriterMetrics::default();
        tokio::spawn(writer::write_all(pool.clone(), connection, queue, Arc::clone(&disk), metrics.clone()));
        let orders =
            Looks::begin(pool.clone(), |tx, wanted| Box::pin(async move { rows::load_all(tx, &wanted).await }));
        let viewers =
            Looks::begin(pool.clone(), |tx, wanted| Box::pin(async move { viewers::load_all(tx, &wanted).await }));
        Ok(Store { readers: pool, orders, viewers, writer, disk, metrics })
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
        let (work, answer) = writer::alone(work);
        self.queue(work).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// What its writer counts.
    pub(crate) fn writer_metrics(&self) -> &WriterMetrics {
        &self.metrics
    }

    /// Writes that wait for the writer now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.capacity().saturating_sub(self.writer.capacity())
    }

    /// Writes that may wait for the writer. Callers of more wait for room.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.writer.max_capacity()
    }

    /// Decides something together with all else that waits to be decided: what each looks at is read at once, what they
    /// decide is written at once. `decide` runs without waiting for anything, and may run more than once. If it fails,
    /// it must have changed nothing. Dropping the returned future does not stop it.
    ///
    /// # Errors
    /// What `decide` returned, or [`StoreError`] when the commit failed.
    pub(crate) async fn decide<T, E, F>(&self, needs: Needs, decide: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut Batch) -> Result<T, E> + Send + 'static,
    {
        let (work, answer) = writer::together(needs, decide);
        self.queue(work).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// What a decision would see now, to be looked at only.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn look(&self, needs: &Needs) -> Result<Batch, StoreError> {
        let mut connection = self.read().await?;
        Batch::gather(&mut connection, needs).await
    }

    async fn queue(&self, work: Work) -> Result<(), StoreError> {
        self.disk.before_write().await;
        self.writer.send(work).await.map_err(|_| StoreError::Closed)
    }

    /// A connection to read with. It sees what is committed.
    ///
    /// # Errors
    /// [`StoreError::Database`] when none becomes free.
    pub async fn read(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Any>, StoreError> {
        Ok(self.readers.acquire().await?)
    }
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
