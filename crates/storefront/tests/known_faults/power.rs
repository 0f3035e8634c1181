//! A disk that fills up, dies, or makes writes meet.

use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use storefront::store::Disk;
use tokio::sync::Barrier;

#[derive(Debug)]
pub(crate) struct Power {
    /// Commits until the disk takes no more.
    commits_left: AtomicI64,
    /// Writes that wait until there are two of them.
    to_meet: AtomicI64,
    meeting: Barrier,
}

impl Power {
    pub(crate) fn steady() -> Arc<Power> {
        Arc::new(Power { commits_left: AtomicI64::new(i64::MAX), to_meet: AtomicI64::new(0), meeting: Barrier::new(2) })
    }

    /// So many commits more, then none.
    pub(crate) fn fail_after(&self, commits: i64) {
        self.commits_left.store(commits, Ordering::SeqCst);
    }

    /// The next two writes both begin before either is done: whatever they read first, they read before.
    pub(crate) fn let_two_meet(&self) {
        self.to_meet.store(2, Ordering::SeqCst);
    }
}

#[async_trait]
impl Disk for Power {
    async fn before_write(&self) {
        if self.to_meet.fetch_sub(1, Ordering::SeqCst) > 0 {
            self.meeting.wait().await;
        }
    }

    fn before_commit(&self) -> Result<(), String> {
        if self.commits_left.fetch_sub(1, Ordering::SeqCst) > 0 { Ok(()) } else { Err("the disk is full".into()) }
    }

    fn committed(&self) {}
}
