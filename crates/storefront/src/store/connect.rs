//! Opening a database, and the few things that SQLite and PostgreSQL do differently.
//!
//! Both have one writer at a time: SQLite by itself, PostgreSQL because every write first locks the head of the journal.
//! The books are one chain in any case, so no other statement has to think of what somebody else writes meanwhile.

use super::{StoreError, schema};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Executor, Transaction};
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

/// Readers at a time.
const READERS: u32 = 4;
/// How long a reader of PostgreSQL may have been idle before it is asked whether it still is one.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// A connection to SQLite: durable commits that do not stop readers; a short wait instead of an error when both write.
/// What a busy shop looks at stays in memory (32 MiB), and the log is copied into the file every 32 MiB, not every 4.
const SQLITE: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8192";
/// A connection to PostgreSQL: its transactions read one moment, unless [`begin`] says otherwise. A process that stands
/// still in the middle of one holds the others up for no longer than `idle_in_transaction_session_timeout`, and they
/// wait longer than that for it. Commits are durable whatever the server's default is.
const POSTGRES: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
    SET lock_timeout = '15s'; SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '5s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
/// The turn of the fleet's only writer.
const BEGIN_POSTGRES: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SELECT seq FROM journal_head WHERE name = 'head' FOR UPDATE";

/// The databases this program speaks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file of one process.
    Sqlite,
    /// A server that several processes share.
    Postgres,
}

impl Kind {
    /// What kind of database a URL names, if this program speaks with it.
    pub(crate) fn of(url: &str) -> Option<Kind> {
        match url.split_once(':')?.0 {
            "sqlite" => Some(Kind::Sqlite),
            "postgres" | "postgresql" => Some(Kind::Postgres),
            _ => None,
        }
    }

    pub(super) fn of_connection(connection: &AnyConnection) -> Kind {
        if connection.backend_name() == "PostgreSQL" { Kind::Postgres } else { Kind::Sqlite }
    }
}

/// The path in `sqlite:PATH`.
pub(crate) fn sqlite_path(url: &str) -> &str {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// Whether a URL names a database that this program opens: one it speaks with, and one on another computer only when the
/// server has to prove who it is, or the settings say outright that it need not.
///
/// # Errors
/// What it must be, for people.
pub(crate) fn may_be_opened(url: &str) -> Result<(), String> {
    match Kind::of(url) {
        None => return Err("must be sqlite:PATH or postgres://USER@HOST/NAME".into()),
        Some(Kind::Sqlite) => return Ok(()),
        Some(Kind::Postgres) => {}
    }
    let options = PgConnectOptions::from_str(url).map_err(|error| error.to_string())?;
    let host = options.get_host().trim_matches(['[', ']']);
    let is_here = options.get_socket().is_some()
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match options.get_ssl_mode() {
        PgSslMode::VerifyCa | PgSslMode::VerifyFull | PgSslMode::Disable => Ok(()),
        PgSslMode::Allow | PgSslMode::Prefer | PgSslMode::Require if is_here => Ok(()),
        PgSslMode::Allow | PgSslMode::Prefer | PgSslMode::Require => Err(format!(
            "{host} is another computer: add ?sslmode=verify-full (and &sslrootcert=FILE for a certificate authority of \
             your own), or ?sslmode=disable if nobody else is on that network"
        )),
    }
}

/// Opens a database, brings it to the schema of this program, and gives a pool to read with and a connection to write
/// with.
pub(super) async fn open(url: &str) -> Result<(AnyPool, AnyConnection), StoreError> {
    install_drivers();
    let is_postgres = Kind::of(url) == Some(Kind::Postgres);
    let url = match (is_postgres, url.contains('?')) {
        // A batch is written by a few statements, each in a few sizes; all of them stay prepared.
        (true, true) => format!("{url}&statement-cache-capacity=512"),
        (true, false) => format!("{url}?statement-cache-capacity=512"),
        (false, true) => url.to_owned(),
        (false, false) => format!("{url}?mode=rwc"),
    };
    let set_up = if is_postgres { POSTGRES } else { SQLITE };
    let pool = AnyPoolOptions::new()
        .max_connections(READERS.saturating_add(1))
        .acquire_timeout(Duration::from_secs(10))
        // A connection is tried when it is handed back. A file does not go away after that; a server may.
        .test_before_acquire(false)
        .before_acquire(move |connection, usage| {
            Box::pin(async move {
                if is_postgres && usage.idle_for > IDLE_MAX {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(set_up).await?;
                Ok(())
            })
        })
        .connect_with(AnyConnectOptions::from_str(&url)?)
        .await?;
    let mut connection = pool.acquire().await?.detach();
    schema::migrate(&mut connection).await?;
    Ok((pool, connection))
}

/// Opens a database that is there, to read it and nothing else, however long that takes.
pub(super) async fn open_to_read(url: &str) -> Result<AnyConnection, StoreError> {
    install_drivers();
    let is_postgres = Kind::of(url) == Some(Kind::Postgres);
    // Not `ro`: a log that a crash left behind must be taken in before it can be read. The pragma forbids the rest.
    let url = if is_postgres { url.to_owned() } else { format!("sqlite:{}?mode=rw", sqlite_path(url)) };
    let set_up = if is_postgres {
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    } else {
        "PRAGMA query_only = ON; PRAGMA busy_timeout = 5000"
    };
    let mut connection = AnyConnectOptions::from_str(&url)?.connect().await?;
    connection.execute(set_up).await?;
    Ok(connection)
}

/// Makes the databases known that this program speaks with; once is enough.
fn install_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}

/// Begins a transaction that writes, when it is this process's turn. The turn is taken at once: a transaction that first
/// reads cannot wait for it when another process writes. When this fails, the connection is of no more use.
pub(super) async fn begin(connection: &mut AnyConnection) -> Result<Transaction<'_, Any>, sqlx::Error> {
    match Kind::of_connection(connection) {
        Kind::Sqlite => connection.begin_with("BEGIN IMMEDIATE").await,
        Kind::Postgres => {
            let mut transaction = connection.begin_with(BEGIN_POSTGRES).await?;
            // Another process of the fleet may be newer and have carried the database over.
            let found = schema::found(&mut transaction).await?;
            if found > schema::VERSION {
                return Err(sqlx::Error::Configuration(StoreError::TooNew { found }.into()));
            }
            Ok(transaction)
        }
    }
}

/// Commits what [`begin`] began.
pub(super) async fn commit(mut transaction: Transaction<'_, Any>) -> Result<(), sqlx::Error> {
    if Kind::of_connection(&transaction) == Kind::Postgres {
        // After a statement that failed, whoever looked away from it, `COMMIT` undoes everything and calls that success.
        // Any other statement says so.
        transaction.execute("SELECT 1").await?;
    }
    transaction.commit().await
}
