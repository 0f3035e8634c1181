//! The crowd in the practice room: one at a time.

use rehearsal::view::{Crowd, CrowdPlan};
use rehearsal::{CrowdError, Ground, crowd};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

/// A crowd that was sent.
struct Sent {
    views: watch::Receiver<Crowd>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// The crowd sent last.
#[derive(Default)]
pub(super) struct Crowds {
    last: Mutex<Option<Sent>>,
}

impl Crowds {
    /// Sends a crowd, unless one is at it, and gives its views.
    ///
    /// # Errors
    /// [`CrowdError::Plan`].
    pub(super) async fn send(&self, ground: Ground, plan: CrowdPlan) -> Result<watch::Receiver<Crowd>, CrowdError> {
        plan.check()?;
        let mut last = self.last.lock().await;
        if let Some(sent) = last.as_ref().filter(|sent| !sent.task.is_finished()) {
            return Ok(sent.views.clone());
        }
        let (sender, views) = watch::channel(Crowd::beginning());
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            if let Err(error) = crowd(&ground, &plan, &sender, stopped).await {
                tracing::error!(%error, "the crowd could not go on");
            }
        });
        *last = Some(Sent { views: views.clone(), stop, task });
        Ok(views)
    }

    /// Asks it to stop.
    pub(super) async fn stop(&self) {
        if let Some(sent) = self.last.lock().await.as_ref() {
            sent.stop.send_replace(true);
        }
    }

    /// Ends it where it stands: its shop is about to go.
    pub(super) async fn end(&self) {
        if let Some(sent) = self.last.lock().await.take() {
            sent.task.abort();
        }
    }
}
