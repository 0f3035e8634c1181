//! Single rows that many ask for at the same time: what waits is read together.

use super::{StoreError, writer};
use futures_util::future::BoxFuture;
use sqlx::{AnyConnection, AnyPool};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tokio::sync::{mpsc, oneshot};

/// Most looks made at once.
const AT_ONCE: usize = 256;

type Asked<K, V> = (K, oneshot::Sender<Result<Option<V>, StoreError>>);

/// Looks for one kind of thing. A look sees whatever was committed before it was asked for.
pub(super) struct Looks<K, V>(mpsc::Sender<Asked<K, V>>);

impl<K, V> Clone for Looks<K, V> {
    fn clone(&self) -> Looks<K, V> {
        Looks(self.0.clone())
    }
}

impl<K, V> fmt::Debug for Looks<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Looks")
    }
}

impl<K, V> Looks<K, V>
where
    K: Clone + Ord + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    /// Begins to take looks, until the last of these is dropped.
    pub(super) fn begin<L>(pool: AnyPool, load: L) -> Looks<K, V>
    where
        L: for<'c> Fn(&'c mut AnyConnection, BTreeSet<K>) -> BoxFuture<'c, Result<BTreeMap<K, V>, StoreError>>
            + Send
            + Sync
            + 'static,
    {
        let (asking, mut asked) = mpsc::channel::<Asked<K, V>>(writer::QUEUE);
        tokio::spawn(async move {
            let mut waiting = Vec::with_capacity(AT_ONCE);
            while asked.recv_many(&mut waiting, AT_ONCE).await > 0 {
                let keys = waiting.iter().map(|(key, _)| key.clone()).collect();
                let found = async { load(&mut *pool.acquire().await?, keys).await };
                let found = found.await.map_err(|error| error.to_string());
                for (key, answer) in waiting.drain(..) {
                    let one = match &found {
                        Ok(found) => Ok(found.get(&key).cloned()),
                        Err(why) => Err(StoreError::NotRead(why.clone())),
                    };
                    // Whoever went away needs no answer.
                    let _gone = answer.send(one);
                }
            }
        });
        Looks(asking)
    }

    /// Looks for one.
    pub(super) async fn look(&self, key: K) -> Result<Option<V>, StoreError> {
        let (answer, found) = oneshot::channel();
        self.0.send((key, answer)).await.map_err(|_| StoreError::Closed)?;
        found.await.map_err(|_| StoreError::Closed)?
    }
}
