//! Opening a database, and bringing it to the schema this program speaks.

use super::StoreError;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Connection, Executor, Row};
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

/// The steps from an empty database to the schema this program speaks, each a version. A step that was released never
/// changes; a new one is added.
const STEPS: [&str; 3] =
    [include_str!("schema.sql"), include_str!("migrations/0002_shop.sql"), include_str!("migrations/0003_studio.sql")];
/// The version of the schema; a database with a larger one belongs to a newer program.
pub(super) const SCHEMA_VERSION: i64 = STEPS.len() as i64;
/// Readers at a time.
const READERS: u32 = 4;

/// Opens a database, makes the tables if they are missing, and gives a pool to read with and a connection to write with.
pub(super) async fn open(url: &str) -> Result<(AnyPool, AnyConnection), StoreError> {
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
    Ok((pool, connection))
}

/// Makes the databases known that this program speaks with; once is enough.
pub(super) fn install_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}

/// Begins a transaction that writes. The write lock is taken at once: a transaction that first reads cannot wait for it
/// when another process writes.
pub(super) async fn begin(connection: &mut AnyConnection) -> Result<sqlx::Transaction<'_, sqlx::Any>, sqlx::Error> {
    connection.begin_with("BEGIN IMMEDIATE").await
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
