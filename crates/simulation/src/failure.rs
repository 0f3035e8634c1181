//! Why a simulation stopped.

use storefront::store::StoreError;

/// Why a simulation stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The storefront broke a promise.
    #[error("violation: {0}")]
    Violation(String),
    /// A database could not be read for judging.
    #[error("the judge cannot read the database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The storefront's store failed where nothing was made to fail.
    #[error("the store failed where no fault was: {0}")]
    Store(#[from] StoreError),
    /// A file of the simulation's own.
    #[error("{what}: {source}")]
    File {
        /// What was being done.
        what: &'static str,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The machine took too long for something that takes milliseconds.
    #[error("the machine is too slow: {0}")]
    TooSlow(&'static str),
    /// A journal or a row that the judge cannot read.
    #[error("the judge cannot read a row: {0}")]
    Row(String),
}

/// A violation, in words.
pub(crate) fn broken<T>(what: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Violation(what.into()))
}
