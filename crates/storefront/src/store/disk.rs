//! The moments of a write at which a machine may fail: a simulation has a disk that does.

use async_trait::async_trait;
use std::fmt::Debug;

/// What lies under the database.
#[async_trait]
pub trait Disk: Debug + Send + Sync {
    /// Called before a write waits for its turn. Other work may run first.
    async fn before_write(&self);

    /// Called before each commit.
    ///
    /// # Errors
    /// Why there can be none, for example that the disk is full: then nothing of the transaction stays.
    fn before_commit(&self) -> Result<(), String>;

    /// Called after each commit, before anybody is told of it.
    fn committed(&self);
}

/// The machine's own disk, which speaks for itself.
#[derive(Debug)]
pub struct PlainDisk;

#[async_trait]
impl Disk for PlainDisk {
    async fn before_write(&self) {}

    fn before_commit(&self) -> Result<(), String> {
        Ok(())
    }

    fn committed(&self) {}
}
