//! What a store promises when its database is a server: one that ends connections, and that several processes use.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use sqlx::{AnyConnection, Connection, Executor, Row};
use storefront::store::{Store, StoreError};
use tokio::sync::oneshot;

struct Server {
    _folder: tempfile::TempDir,
    url: String,
    store: Store,
}

impl Server {
    async fn new() -> Server {
        let folder = tempfile::tempdir().unwrap();
        let url = testbed::postgres(&folder.path().join("shop.db"));
        let store = Store::open(&url).await.unwrap();
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        connection.execute("CREATE TABLE notes (note TEXT PRIMARY KEY)").await.unwrap();
        Server { _folder: folder, url, store }
    }

    async fn by_hand(&self, sql: &'static str) {
        AnyConnection::connect(&self.url).await.unwrap().execute(sql).await.unwrap();
    }

    async fn notes(&self) -> Vec<String> {
        let mut connection = AnyConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar("SELECT note FROM notes ORDER BY note").fetch_all(&mut connection).await.unwrap()
    }
}

async fn note(store: &Store, text: &'static str) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                sqlx::query("INSERT INTO notes (note) VALUES ($1)").bind(text).execute(tx).await?;
                Ok(())
            })
        })
        .await
}

#[tokio::test]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn a_write_is_taken_after_the_server_ended_the_connection() {
    let server = Server::new().await;
    note(&server.store, "before").await.unwrap();
    server
        .by_hand(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
    note(&server.store, "after").await.unwrap();
    assert_eq!(server.notes().await, ["after", "before"]);
    // A reader finds out when it reads, and the next one is new.
    let mut tries = 0;
    while server.store.halts().await.is_err() {
        tries += 1;
        assert!(tries < 5, "every reader is a dead one");
    }
}

#[tokio::test]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn a_process_that_stands_still_in_its_turn_is_passed_over_and_nothing_of_it_stays() {
    let server = Server::new().await;
    let other = Store::open(&server.url).await.unwrap();
    let (stands, still) = oneshot::channel();
    let (go, gone_on) = oneshot::channel::<()>();
    let standing = server.store.write(move |tx| {
        Box::pin(async move {
            sqlx::query("INSERT INTO notes (note) VALUES ('half')").execute(&mut *tx).await?;
            stands.send(()).unwrap();
            gone_on.await.unwrap();
            Ok::<_, StoreError>(())
        })
    });
    let passing = async {
        still.await.unwrap();
        note(&other, "other").await.unwrap();
        go.send(()).unwrap();
    };
    let (stood, ()) = tokio::join!(standing, passing);
    assert!(matches!(stood, Err(StoreError::NotCommitted(_))), "{stood:?}");
    note(&server.store, "later").await.unwrap();
    assert_eq!(server.notes().await, ["later", "other"]);
}

#[tokio::test]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn an_older_process_writes_nothing_once_a_newer_one_carried_the_database_over() {
    let server = Server::new().await;
    server.by_hand("UPDATE schema_version SET version = version + 1").await;
    // What it does not write, it does not acknowledge, however often it is asked.
    for _ in 0..2 {
        assert!(note(&server.store, "old").await.is_err());
    }
    assert_eq!(server.notes().await, Vec::<String>::new());
    server.by_hand("UPDATE schema_version SET version = version - 1").await;
    note(&server.store, "again").await.unwrap();
    assert_eq!(server.notes().await, ["again"]);
}

#[tokio::test]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn a_write_that_looks_away_from_an_error_is_not_acknowledged() {
    let server = Server::new().await;
    let written = server.store.write(|tx| {
        Box::pin(async move {
            sqlx::query("INSERT INTO notes (note) VALUES ('half')").execute(&mut *tx).await?;
            // The server undoes everything at the end of such a transaction, and calls that a success.
            tx.execute("INSERT INTO nowhere VALUES (1)").await.unwrap_err();
            Ok::<_, StoreError>(())
        })
    });
    assert!(matches!(written.await, Err(StoreError::NotCommitted(_))));
    assert_eq!(server.notes().await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn a_reader_s_transaction_sees_one_moment_and_changes_nothing() {
    let server = Server::new().await;
    let mut reader = server.store.read().await.unwrap();
    let mut moment = reader.begin().await.unwrap();
    let count = "SELECT COUNT(*) FROM notes";
    let before: i64 = moment.fetch_one(count).await.unwrap().get(0);
    note(&server.store, "new").await.unwrap();
    let after: i64 = moment.fetch_one(count).await.unwrap().get(0);
    assert_eq!((before, after), (0, 0));
    assert!(moment.execute("INSERT INTO notes (note) VALUES ('mine')").await.is_err());
    drop(moment);
    assert_eq!(server.notes().await, ["new"]);
}

#[tokio::test]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn texts_are_ordered_by_their_bytes_as_in_a_file() {
    let server = Server::new().await;
    server
        .store
        .write(|tx| {
            Box::pin(async move {
                for id in ["a", "B", "_", "Z9", "-"] {
                    let sql = "INSERT INTO rooms (room_id, title, host, shop, state) VALUES ($1, '', '', '', 'soon')";
                    sqlx::query(sql).bind(id).execute(&mut *tx).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
    let mut reader = server.store.read().await.unwrap();
    let sorted: Vec<String> =
        sqlx::query_scalar("SELECT room_id FROM rooms ORDER BY room_id").fetch_all(&mut *reader).await.unwrap();
    assert_eq!(sorted, ["-", "B", "Z9", "_", "a"]);
}
