//! The database: one body of SQL, in the subset that SQLite and PostgreSQL share.
//!
//! Reads go to a pool. Writes go through one writer that gathers what is waiting into one transaction, each write in a
//! savepoint of its own, and answers only after the commit that covers it. A write that fails undoes itself alone.

mod addresses;
mod audit;
mod bills;
mod connect;
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
mod writer;

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

use connect::SCHEMA_VERSION;
use futures_util::future::BoxFuture;
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
        let (pool, connection) = connect::open(url).await?;
        let (writer, queue) = mpsc::channel(QUEUE);
        tokio::spawn(writer::write_all(pool.clone(), connection, queue, Arc::clone(&disk)));
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
        let (work, answer) = writer::work(work);
        self.disk.before_write().await;
        self.writer.send(work).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
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
