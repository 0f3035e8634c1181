//! The schema this program speaks, and how a database is brought to it: forward only, by one process at a time.

use super::StoreError;
use super::connect::Kind;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};

/// The steps from an empty database to the schema this program speaks, each a version. A step that was released never
/// changes; a new one is added.
const STEPS: [&str; 4] = [
    include_str!("schema.sql"),
    include_str!("migrations/0002_shop.sql"),
    include_str!("migrations/0003_studio.sql"),
    include_str!("migrations/0004_jobs.sql"),
];
/// The version of the schema; a database with a larger one belongs to a newer program.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// The turn to migrate a PostgreSQL database: a lock that ends with the transaction, under a number that means nothing
/// else. Nobody holds it long, and a large database takes its time.
const BEGIN_POSTGRES: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;
    SELECT pg_advisory_xact_lock(7305804402468512)";

/// Brings a database to [`VERSION`], all steps in one transaction.
pub(super) async fn migrate(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let kind = Kind::of_connection(connection);
    let begin = match kind {
        Kind::Sqlite => "BEGIN IMMEDIATE",
        Kind::Postgres => BEGIN_POSTGRES,
    };
    let mut transaction = connection.begin_with(begin).await?;
    transaction.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)").await?;
    let before = found(&mut transaction).await?;
    if before > VERSION {
        return Err(StoreError::TooNew { found: before });
    }
    if before > 0 && before < VERSION && kind == Kind::Postgres {
        // No older process of the fleet is in the middle of a write, and the next one sees the new version.
        transaction.execute("SELECT seq FROM journal_head FOR UPDATE").await?;
    }
    for (version, step) in (1_i64..).zip(STEPS).filter(|(version, _)| *version > before) {
        transaction.execute(spoken_by(kind, step)).await?;
        transaction.execute("DELETE FROM schema_version").await?;
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
            .bind(version)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The version of a database; 0 before the first step.
pub(super) async fn found(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    let row = sqlx::query("SELECT version FROM schema_version").fetch_optional(connection).await?;
    row.map_or(Ok(0), |row| row.try_get(0))
}

/// A step as a database takes it. SQLite orders texts by their bytes; PostgreSQL by a language, unless it is told.
fn spoken_by(kind: Kind, step: &'static str) -> AssertSqlSafe<String> {
    AssertSqlSafe(match kind {
        Kind::Sqlite => step.to_owned(),
        Kind::Postgres => step.replace(" TEXT", " TEXT COLLATE \"C\""),
    })
}
