//! Where worlds keep their databases: as files in memory, or at a PostgreSQL server.

use crate::failure::Failure;
use sqlx::any::install_default_drivers;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// The database that the one every world begins with is made from.
const FIRST: &str = "first";
/// The database every world begins with, where that cannot be the first itself.
const TEMPLATE: &str = "template";

/// Where worlds keep their databases. Each has a name of its own there; one that has that name already goes.
#[derive(Clone, Debug)]
pub enum Place {
    /// SQLite files in a folder that goes with the last who knows it.
    Files(Arc<tempfile::TempDir>),
    /// A PostgreSQL server. No two simulations may use one at a time.
    Server(Box<PgConnectOptions>),
}

impl Place {
    /// Files: in memory where the system has a place for that, so that a commit costs no disk.
    ///
    /// # Errors
    /// [`Failure::File`].
    pub fn files() -> Result<Place, Failure> {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = made.map_err(|source| Failure::File { what: "making a folder for the databases", source })?;
        Ok(Place::Files(Arc::new(folder)))
    }

    /// The server of `postgres://USER@HOST/NAME`, whose user makes databases beside that one.
    ///
    /// # Errors
    /// [`Failure::Sql`] when it is no such address.
    pub fn server(url: &str) -> Result<Place, Failure> {
        Ok(Place::Server(Box::new(PgConnectOptions::from_str(url)?)))
    }

    /// An empty database, and its address.
    pub(crate) async fn first(&self) -> Result<String, Failure> {
        self.remove(FIRST).await?;
        if let Place::Server(server) = self {
            create(server, &at_server(FIRST), "template0").await?;
        }
        Ok(self.url(FIRST))
    }

    /// Makes what the first database holds now the beginning of every world. Nobody writes there any more.
    pub(crate) async fn keep_first(&self) -> Result<(), Failure> {
        let Place::Files(folder) = self else { return Ok(()) };
        self.remove(TEMPLATE).await?;
        let mut connection = connect(&self.url(FIRST)).await?;
        let into = file(folder, TEMPLATE).display().to_string();
        sqlx::query("VACUUM INTO $1").bind(into).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// A world's new database, and its address.
    pub(crate) async fn begin(&self, name: &str) -> Result<String, Failure> {
        self.remove(name).await?;
        match self {
            Place::Files(folder) => {
                std::fs::copy(file(folder, TEMPLATE), file(folder, name))
                    .map_err(|source| Failure::File { what: "copying the template database", source })?;
            }
            // The server waits until nobody uses the first any more.
            Place::Server(server) => create(server, &at_server(name), &at_server(FIRST)).await?,
        }
        Ok(self.url(name))
    }

    /// Removes a database, whoever still has it open.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Failure> {
        match self {
            Place::Files(folder) => {
                for ending in ["", "-wal", "-shm"] {
                    // What is not there needs no removing, and the folder goes anyway.
                    let _gone = std::fs::remove_file(format!("{}{ending}", file(folder, name).display()));
                }
                Ok(())
            }
            Place::Server(server) => {
                tell(server, format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", at_server(name))).await
            }
        }
    }

    fn url(&self, name: &str) -> String {
        match self {
            Place::Files(folder) => format!("sqlite:{}", file(folder, name).display()),
            Place::Server(server) => server.as_ref().clone().database(&at_server(name)).to_url_lossy().to_string(),
        }
    }
}

fn file(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(format!("{name}.db"))
}

/// What a database is called beside those of others.
fn at_server(name: &str) -> String {
    format!("simulated-{name}")
}

async fn create(server: &PgConnectOptions, name: &str, template: &str) -> Result<(), Failure> {
    tell(server, format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"")).await
}

async fn tell(server: &PgConnectOptions, sql: String) -> Result<(), Failure> {
    let mut connection: PgConnection = server.connect().await?;
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(connection.close().await?)
}

/// A connection of the judge's own.
///
/// # Errors
/// [`Failure::Sql`].
pub async fn connect(url: &str) -> Result<AnyConnection, Failure> {
    install_default_drivers();
    let mut connection = AnyConnection::connect(url).await?;
    if !is_postgres(&connection) {
        connection.execute("PRAGMA busy_timeout = 30000").await?;
    }
    Ok(connection)
}

/// Whether what is at the other end is PostgreSQL.
pub(crate) fn is_postgres(connection: &AnyConnection) -> bool {
    connection.backend_name() == "PostgreSQL"
}
