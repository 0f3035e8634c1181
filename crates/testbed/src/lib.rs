//! Where tests keep a shop's data: in a SQLite file, or at a PostgreSQL server of their own.
//!
//! The same tests run on both: `LIVESHOP_TEST_DATABASE=postgres cargo test -p storefront`. The server comes from the
//! packages of the system (Debian: `postgresql`), is started by the first test of a program that needs it, and goes with
//! that program, together with its data.
#![warn(missing_docs)]

mod server;

use server::{Server, ServerError};

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

/// Whether tests keep their data at a PostgreSQL server.
///
/// # Panics
/// When `LIVESHOP_TEST_DATABASE` names a database that is not known: a test that runs on another one than was asked for
/// proves nothing.
#[must_use]
#[expect(clippy::panic, reason = "for tests only, which stop at the first surprise")]
pub fn is_postgres() -> bool {
    match std::env::var("LIVESHOP_TEST_DATABASE").as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("LIVESHOP_TEST_DATABASE is sqlite or postgres, not {other:?}"),
    }
}

/// The address of a test's database: `sqlite:PATH`, or a database at the server of this program, which is made when a
/// path is named for the first time.
///
/// # Panics
/// When there is no server and none can be started.
#[must_use]
pub fn database(path: &Path) -> String {
    if is_postgres() { postgres(path) } else { format!("sqlite:{}", path.display()) }
}

/// As [`database`], at the server whatever the other tests use.
///
/// # Panics
/// When there is no server and none can be started.
#[must_use]
pub fn postgres(path: &Path) -> String {
    let name = name(path);
    place(&name).get_or_init(|| done(server().new_database(&name))).clone()
}

/// Has the database of one path at the server hold what that of another holds now, whoever uses that one. For a SQLite
/// file, `VACUUM INTO` does it.
///
/// # Panics
/// When the server does not.
pub fn copy_postgres(from: &Path, to: &Path) {
    let (_, name_from, name_to) = (postgres(from), name(from), name(to));
    let url = done(server().copy(&name_from, &name_to));
    // There may have been one before.
    let _before = place(&name_to).set(url);
}

/// The server of this program.
fn server() -> &'static Server {
    static SERVER: LazyLock<Server> = LazyLock::new(|| done(Server::start()));
    &SERVER
}

#[expect(clippy::panic, reason = "for tests only, which stop at the first surprise")]
fn done<T>(result: Result<T, ServerError>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// What a path's database is called at the server. The end tells paths apart; a name has at most 63 characters.
fn name(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    plain.get(plain.len().saturating_sub(60)..).unwrap_or(&plain).to_owned()
}

/// Where a database's address stands once it is made. It is made outside the lock, so that tests do not wait for the
/// databases of others.
fn place(name: &str) -> &'static OnceLock<String> {
    static PLACES: Mutex<BTreeMap<String, &OnceLock<String>>> = Mutex::new(BTreeMap::new());
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    places.entry(name.to_owned()).or_insert_with(|| Box::leak(Box::default()))
}
