//! The writer: gathers the writes that are waiting into one transaction and answers after its commit.

use super::disk::Disk;
use super::{StoreError, connect};
use futures_util::future::BoxFuture;
use sqlx::{AnyConnection, AnyPool, Connection};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Most writes gathered into one transaction.
const BATCH: usize = 256;
/// Writes that may wait for the writer; callers of more wait for room.
pub(super) const QUEUE: usize = 1024;

/// Tells a caller how the commit went.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
/// A write: runs in a savepoint, says whether to keep it, and is answered after the commit.
pub(super) type Work = Box<dyn for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, (bool, Answer)> + Send>;

/// A write, and where its answer comes.
pub(super) fn work<T, E, F>(work: F) -> (Work, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let work: Work = Box::new(move |connection| {
        Box::pin(async move {
            let result = work(connection).await;
            let keep = result.is_ok();
            let answer: Answer = Box::new(move |committed| {
                let result = match committed {
                    Ok(()) => result,
                    Err(why) => result.and(Err(StoreError::NotCommitted(why).into())),
                };
                // A caller that went away needs no answer.
                let _gone = sender.send(result);
            });
            (keep, answer)
        })
    });
    (work, receiver)
}

/// The writer: ends when the last [`Store`] is dropped.
pub(super) async fn write_all(
    pool: AnyPool,
    connection: AnyConnection,
    mut queue: mpsc::Receiver<Work>,
    disk: Arc<dyn Disk>,
) {
    let mut connection = Some(connection);
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let mut answers = Vec::with_capacity(batch.len());
        let committed = commit_on(&pool, &mut connection, batch.drain(..), &mut answers, disk.as_ref()).await;
        if let Err(why) = &committed {
            tracing::error!(%why, "a transaction did not commit");
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
    if let Some(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::warn!(%error, "the database did not close cleanly");
    }
}

/// One batch on the writer's connection. A connection whose commit failed is given up: what it believes of its open
/// transactions can no longer be trusted, and a later commit on it could be none.
async fn commit_on(
    pool: &AnyPool,
    connection: &mut Option<AnyConnection>,
    batch: impl Iterator<Item = Work>,
    answers: &mut Vec<Answer>,
    disk: &dyn Disk,
) -> Result<(), String> {
    let mut current = match connection.take() {
        Some(current) => current,
        None => pool.acquire().await.map_err(|error| error.to_string())?.detach(),
    };
    match commit(&mut current, batch, answers, disk).await {
        Ok(()) => {
            *connection = Some(current);
            Ok(())
        }
        Err(error) => {
            if let Err(error) = current.close_hard().await {
                tracing::warn!(%error, "a given-up connection did not close");
            }
            Err(error)
        }
    }
}

async fn commit(
    connection: &mut AnyConnection,
    batch: impl Iterator<Item = Work>,
    answers: &mut Vec<Answer>,
    disk: &dyn Disk,
) -> Result<(), String> {
    let failed = |error: sqlx::Error| error.to_string();
    let mut transaction = connect::begin(connection).await.map_err(failed)?;
    let mut batch = batch.peekable();
    let first = batch.next();
    if batch.peek().is_none() {
        // Alone, a write is its own transaction.
        let Some(work) = first else { return Ok(()) };
        let (keep, answer) = work(&mut transaction).await;
        answers.push(answer);
        if !keep {
            return transaction.rollback().await.map_err(failed);
        }
        return end(transaction, disk).await;
    }
    for work in first.into_iter().chain(batch) {
        let mut savepoint = transaction.begin().await.map_err(failed)?;
        let (keep, answer) = work(&mut savepoint).await;
        answers.push(answer);
        let ended = if keep { savepoint.commit().await } else { savepoint.rollback().await };
        ended.map_err(failed)?;
    }
    end(transaction, disk).await
}

/// Commits, and lets the disk know before and after.
async fn end(transaction: sqlx::Transaction<'_, sqlx::Any>, disk: &dyn Disk) -> Result<(), String> {
    disk.before_commit()?;
    transaction.commit().await.map_err(|error| error.to_string())?;
    disk.committed();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;
    use sqlx::{Executor, Row};

    async fn count(store: &Store) -> i64 {
        let mut connection = store.read().await.unwrap();
        sqlx::query("SELECT COUNT(*) FROM notes").fetch_one(&mut *connection).await.unwrap().try_get(0).unwrap()
    }

    /// Writes a note; `breaking` also leaves a promise to the database that the commit finds broken.
    async fn note(store: &Store, breaking: bool) -> Result<(), StoreError> {
        store
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO notes (note) VALUES ('x')").execute(&mut *tx).await?;
                    if breaking {
                        sqlx::query("INSERT INTO promises (note_id) VALUES (-1)").execute(tx).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    #[tokio::test]
    async fn after_commits_that_failed_what_is_acknowledged_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("s.db").display());
        let store = Store::open(&url).await.unwrap();
        store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)").await?;
                    // A deferred reference is looked at by the commit, so the commit itself fails.
                    tx.execute(
                        "CREATE TABLE promises (note_id BIGINT REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)",
                    )
                    .await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
        for _ in 0..3 {
            assert!(matches!(note(&store, true).await, Err(StoreError::NotCommitted(_))));
        }
        assert_eq!(count(&store).await, 0);
        note(&store, false).await.unwrap();
        assert_eq!(count(&store).await, 1);
        let again = Store::open(&url).await.unwrap();
        assert_eq!(count(&again).await, 1);
    }

    #[tokio::test]
    async fn a_write_that_fails_undoes_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("s.db").display())).await.unwrap();
        store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT NOT NULL)").await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
        let failing = store.write(|tx| {
            Box::pin(async move {
                tx.execute("INSERT INTO notes (note) VALUES ('half')").await?;
                tx.execute("INSERT INTO notes (note) VALUES (NULL)").await?;
                Ok::<_, StoreError>(())
            })
        });
        let (failed, kept) = tokio::join!(failing, note(&store, false));
        assert!(failed.is_err() && kept.is_ok());
        assert_eq!(count(&store).await, 1);
    }
}
