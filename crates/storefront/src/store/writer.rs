//! The writer: gathers the writes that are waiting into one transaction and answers after its commit.

use super::batch::{Batch, Needs};
use super::disk::Disk;
use super::{StoreError, connect};
use crate::clock::Stopwatch;
use crate::metrics::WriterMetrics;
use futures_util::future::BoxFuture;
use sqlx::{AnyConnection, AnyPool, Connection};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, Span};

/// Most writes gathered into one transaction.
const BATCH: usize = 256;
/// Writes that may wait for the writer; callers of more wait for room.
pub(super) const QUEUE: usize = 8_192;

/// Tells a caller how the commit went.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
/// Reads and writes what it likes, says whether to keep it, and is answered after the commit.
type Alone = Box<dyn for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, (bool, Answer)> + Send>;

/// What the writer is given to do.
pub(super) enum Work {
    /// In a savepoint of its own.
    Alone(Alone),
    /// Decided with its neighbours, see [`Batch`].
    Together(Box<dyn Decision>),
}

/// One of many that are decided together.
pub(super) trait Decision: Send {
    /// What it will look at.
    fn needs(&self) -> &Needs;
    /// Decides. The last time counts.
    fn decide(&mut self, batch: &mut Batch);
    /// It could not be read or written.
    fn fail(&mut self, error: StoreError);
    /// After the commit.
    fn answer(self: Box<Self>, committed: Result<(), String>);
}

/// A write that stands alone, and where its answer comes.
pub(super) fn alone<T, E, F>(work: F) -> (Work, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    // What the writer says while it is at this work belongs to whoever asked for it.
    let span = Span::current();
    let work: Alone = Box::new(move |connection| {
        Box::pin(async move {
            let result = work(connection).instrument(span).await;
            let keep = result.is_ok();
            let answer: Answer = Box::new(move |committed| tell(sender, result, committed));
            (keep, answer)
        })
    });
    (Work::Alone(work), receiver)
}

/// A write that is decided with others, and where its answer comes.
pub(super) fn together<T, E, F>(needs: Needs, decide: F) -> (Work, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: Fn(&mut Batch) -> Result<T, E> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let (span, result) = (Span::current(), Err(StoreError::Closed.into()));
    (Work::Together(Box::new(Asked { needs, decide, span, result, sender })), receiver)
}

/// A caller that went away needs no answer.
fn tell<T, E: From<StoreError>>(
    sender: oneshot::Sender<Result<T, E>>,
    result: Result<T, E>,
    committed: Result<(), String>,
) {
    let result = match committed {
        Ok(()) => result,
        Err(why) => result.and(Err(StoreError::NotCommitted(why).into())),
    };
    let _gone = sender.send(result);
}

struct Asked<T, E, F> {
    needs: Needs,
    decide: F,
    /// What is said while it is decided belongs to whoever asked for it.
    span: Span,
    result: Result<T, E>,
    sender: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Decision for Asked<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: Fn(&mut Batch) -> Result<T, E> + Send,
{
    fn needs(&self) -> &Needs {
        &self.needs
    }

    fn decide(&mut self, batch: &mut Batch) {
        self.result = self.span.in_scope(|| (self.decide)(batch));
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Err(error.into());
    }

    fn answer(self: Box<Self>, committed: Result<(), String>) {
        tell(self.sender, self.result, committed);
    }
}

/// The writer: ends when the last [`super::Store`] is dropped.
pub(super) async fn write_all(
    pool: AnyPool,
    connection: AnyConnection,
    mut queue: mpsc::Receiver<Work>,
    disk: Arc<dyn Disk>,
    metrics: WriterMetrics,
) {
    let mut connection = Some(connection);
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let mut answers = Vec::with_capacity(batch.len());
        let stopwatch = Stopwatch::start();
        let mut committed = commit_on(&pool, &mut connection, &mut batch, &mut answers, disk.as_ref()).await;
        if !batch.is_empty() {
            // It was not begun: the server had ended the connection. Another one may do.
            committed = commit_on(&pool, &mut connection, &mut batch, &mut answers, disk.as_ref()).await;
            batch.clear();
        }
        match &committed {
            Ok(()) => metrics.committed(answers.len(), stopwatch.elapsed()),
            Err(why) => {
                metrics.failed();
                tracing::error!(%why, "a transaction did not commit");
            }
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
    batch: &mut Vec<Work>,
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

/// Takes the batch once it is begun.
async fn commit(
    connection: &mut AnyConnection,
    batch: &mut Vec<Work>,
    answers: &mut Vec<Answer>,
    disk: &dyn Disk,
) -> Result<(), String> {
    let failed = |error: sqlx::Error| error.to_string();
    let mut transaction = connect::begin(connection).await.map_err(failed)?;
    let mut batch = batch.drain(..).peekable();
    let mut is_written = false;
    while let Some(work) = batch.next() {
        // What is the whole of a transaction needs no savepoint to be undone.
        let is_first = answers.is_empty();
        match work {
            Work::Alone(work) if is_first && batch.peek().is_none() => {
                let (keep, answer) = work(&mut transaction).await;
                answers.push(answer);
                is_written = keep;
            }
            Work::Alone(work) => {
                let mut savepoint = transaction.begin().await.map_err(failed)?;
                let (keep, answer) = work(&mut savepoint).await;
                answers.push(answer);
                let ended = if keep { savepoint.commit().await } else { savepoint.rollback().await };
                ended.map_err(failed)?;
                is_written |= keep;
            }
            Work::Together(first) => {
                let mut group = vec![first];
                while let Some(Work::Together(next)) = batch.next_if(|next| matches!(next, Work::Together(_))) {
                    group.push(next);
                }
                let written = match group.as_mut_slice() {
                    [one] if is_first && batch.peek().is_none() => Ok(decide_one(&mut transaction, one).await),
                    group => decide(&mut transaction, group).await,
                };
                answers.extend(
                    group
                        .into_iter()
                        .map(|decision| -> Answer { Box::new(move |committed| decision.answer(committed)) }),
                );
                is_written |= written.map_err(failed)?;
            }
        }
    }
    if !is_written {
        return transaction.rollback().await.map_err(failed);
    }
    end(transaction, disk).await
}

/// Decides a group in a savepoint. If what it decided cannot be written, each is decided by itself, so that one which the
/// database refuses spoils no other. Says whether anything was written; an error says that the transaction is of no use
/// any more.
async fn decide(tx: &mut AnyConnection, group: &mut [Box<dyn Decision>]) -> Result<bool, sqlx::Error> {
    let mut savepoint = tx.begin().await?;
    match decide_all(&mut savepoint, group).await {
        Ok(is_written) => {
            savepoint.commit().await?;
            return Ok(is_written);
        }
        Err(error) => {
            tracing::warn!(%error, "writes could not be written together; each is tried by itself");
            savepoint.rollback().await?;
        }
    }
    let mut is_any_written = false;
    for one in group {
        let mut savepoint = tx.begin().await?;
        let is_written = decide_one(&mut savepoint, one).await;
        if is_written {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
        is_any_written |= is_written;
    }
    Ok(is_any_written)
}

/// Decides one, and says whether anything is there to be kept.
async fn decide_one(tx: &mut AnyConnection, one: &mut Box<dyn Decision>) -> bool {
    match decide_all(tx, std::slice::from_mut(one)).await {
        Ok(is_written) => is_written,
        Err(error) => {
            one.fail(error);
            false
        }
    }
}

async fn decide_all(tx: &mut AnyConnection, group: &mut [Box<dyn Decision>]) -> Result<bool, StoreError> {
    let mut needs = Needs::default();
    for one in group.iter() {
        needs.add(one.needs());
    }
    let mut batch = Batch::gather(tx, &needs).await?;
    for one in group.iter_mut() {
        one.decide(&mut batch);
    }
    batch.write(tx).await
}

/// Commits, and lets the disk know before and after.
async fn end(transaction: sqlx::Transaction<'_, sqlx::Any>, disk: &dyn Disk) -> Result<(), String> {
    disk.before_commit()?;
    connect::commit(transaction).await.map_err(|error| error.to_string())?;
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
                    sqlx::query("INSERT INTO notes (id, note) SELECT COUNT(*), 'x' FROM notes")
                        .execute(&mut *tx)
                        .await?;
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
        let url = testbed::database(&folder.path().join("s.db"));
        let store = Store::open(&url).await.unwrap();
        store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("CREATE TABLE notes (id BIGINT PRIMARY KEY, note TEXT)").await?;
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
        let store = Store::open(&testbed::database(&folder.path().join("s.db"))).await.unwrap();
        store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("CREATE TABLE notes (id BIGINT PRIMARY KEY, note TEXT NOT NULL)").await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
        let failing = store.write(|tx| {
            Box::pin(async move {
                tx.execute("INSERT INTO notes (id, note) VALUES (1, 'half')").await?;
                tx.execute("INSERT INTO notes (id, note) VALUES (2, NULL)").await?;
                Ok::<_, StoreError>(())
            })
        });
        let (failed, kept) = tokio::join!(failing, note(&store, false));
        assert!(failed.is_err() && kept.is_ok());
        assert_eq!(count(&store).await, 1);
    }
}
