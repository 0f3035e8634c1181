//! Rehearsals of the practice room: one at a time, each on a stage of its own. It goes on whatever the page shows.

use super::PracticeError;
use super::stage::{Copies, Set};
use rehearsal::rehearse;
use rehearsal::view::{Rehearsal, RehearsalState};
use std::path::{Path, PathBuf};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

/// A rehearsal that runs, or ran.
struct Run {
    views: watch::Receiver<Rehearsal>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// The rehearsal begun last.
pub(crate) struct Rehearsals {
    /// Where a stage keeps its files while it stands.
    folder: PathBuf,
    last: Mutex<Option<Run>>,
}

impl Rehearsals {
    /// Stages stand in `folder`. What a program that crashed left there is removed.
    pub(crate) fn new(folder: PathBuf) -> Rehearsals {
        clear(&folder);
        Rehearsals { folder, last: Mutex::default() }
    }

    /// Begins one with copies that `copies` makes, unless one runs, and gives its views.
    ///
    /// # Errors
    /// There is nothing to rehearse.
    pub(super) async fn begin(
        &self,
        copies: impl Future<Output = Result<Copies, PracticeError>> + Send,
        now: i64,
    ) -> Result<watch::Receiver<Rehearsal>, PracticeError> {
        let mut last = self.last.lock().await;
        if let Some(run) = last.as_mut() {
            if !is_over(run) {
                return Ok(run.views.clone());
            }
            // Its stage is being taken down, and the next one stands in the same place.
            if let Err(error) = (&mut run.task).await {
                tracing::error!(%error, "the last rehearsal had failed");
            }
        }
        let copies = copies.await?;
        let (sender, views) = watch::channel(Rehearsal::preparing(copies.title.clone(), now));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(self.folder.clone(), copies, sender, stopped));
        *last = Some(Run { views: views.clone(), stop, task });
        Ok(views)
    }

    /// Asks the one that runs to stop.
    pub(crate) async fn stop(&self) {
        if let Some(run) = self.last.lock().await.as_ref() {
            run.stop.send_replace(true);
        }
    }

    /// The one that runs, or ran last.
    pub(crate) async fn last(&self) -> Option<Rehearsal> {
        self.last.lock().await.as_ref().map(|run| run.views.borrow().clone())
    }

    /// The app ends: nothing stays on the disk.
    pub(crate) fn close(&self) {
        clear(&self.folder);
    }
}

/// Whether nothing of it is to come but the end of its stage.
fn is_over(run: &Run) -> bool {
    match run.views.borrow().state {
        RehearsalState::Preparing | RehearsalState::Running => run.task.is_finished(),
        RehearsalState::Done | RehearsalState::Stopped | RehearsalState::Failed => true,
    }
}

async fn run(folder: PathBuf, copies: Copies, views: watch::Sender<Rehearsal>, mut stop: watch::Receiver<bool>) {
    clear(&folder);
    let set = match std::fs::create_dir_all(&folder) {
        Ok(()) => Set::up(&folder, &copies).await,
        Err(source) => Err(PracticeError::Disk { path: folder.clone(), source }),
    };
    match set {
        Ok(set) => {
            if *stop.borrow_and_update() {
                views.send_modify(Rehearsal::stop);
            } else {
                rehearse(&set.stage, &views, stop).await;
            }
            set.strike().await;
        }
        Err(error) => {
            tracing::error!(%error, "the stage could not be set up");
            views.send_modify(|rehearsal| rehearsal.fail(error.to_string()));
        }
    }
    clear(&folder);
    // The views end with the stage.
    drop(views);
}

fn clear(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "the stage of a rehearsal could not be removed");
        }
        Ok(()) | Err(_) => {}
    }
}
