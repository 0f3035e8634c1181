//! One storefront for each SQLite database: whoever serves holds a lock file beside it. The system gives the lock up when
//! the process ends, however it ends; the file itself stays and means nothing. A PostgreSQL database is served by as many
//! as like.

use crate::store::{Kind, sqlite_path};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::PathBuf;

/// Why the lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another storefront serves this database.
    #[error(
        "another storefront serves this database (it holds {}); stop that one first, or name another database",
        path.display()
    )]
    Held {
        /// The lock file.
        path: PathBuf,
    },
    /// The file cannot be made or locked.
    #[error("{}: {source}. The folder of the database must be writable", path.display())]
    File {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The right to serve one database, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    /// None for a database in memory, which no other process can open, and for one that several may serve.
    _file: Option<File>,
}

impl Lock {
    /// Takes the lock of `sqlite:PATH`, the file `PATH.lock`; another database has none.
    ///
    /// # Errors
    /// [`LockError`], at once when somebody else has it.
    pub(crate) fn take(database: &str) -> Result<Lock, LockError> {
        let Some(path) = lock_file(database) else { return Ok(Lock { _file: None }) };
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path);
        let file = file.map_err(|source| LockError::File { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held { path }),
            Err(TryLockError::Error(source)) => Err(LockError::File { path, source }),
        }
    }
}

fn lock_file(database: &str) -> Option<PathBuf> {
    let path = sqlite_path(database);
    (Kind::of(database) == Some(Kind::Sqlite) && path != ":memory:").then(|| PathBuf::from(format!("{path}.lock")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_one_s_at_a_time_whatever_the_database_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let [plain, other] = ["sqlite:", "sqlite://"].map(|scheme| format!("{scheme}{}", path.display()));
        let first = Lock::take(&plain).unwrap();
        for name in [&plain, &other, &format!("{plain}?mode=rwc")] {
            let error = Lock::take(name).unwrap_err();
            assert!(matches!(error, LockError::Held { .. }), "{name}: {error}");
            assert!(error.to_string().contains("shop.db.lock"), "{error}");
        }
        drop(first);
        Lock::take(&other).unwrap();
    }

    #[test]
    fn a_server_is_everybody_s() {
        let url = "postgres://shop@127.0.0.1/shop";
        let _one = Lock::take(url).unwrap();
        Lock::take(url).unwrap();
    }

    #[test]
    fn a_database_in_memory_needs_no_lock() {
        let _one = Lock::take("sqlite::memory:").unwrap();
        Lock::take("sqlite::memory:").unwrap();
        assert!(!std::path::Path::new(":memory:.lock").exists());
    }
}
