//! Hears what changes in the room on screen, and on the desk of its streamer, and tells the page.

use crate::session::Session;
use api::{CallError, Client, ErrorCode};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tauri::{AppHandle, Emitter};
use tokio::sync::watch;
#[cfg(feature = "practice")]
use {crate::entrance::Entrances, rehearsal::Seen, tauri::Manager};

/// Between two tries to hear the shop again.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);
/// Between two words to the page about a busy room.
const PAUSE: Duration = Duration::from_millis(250);
/// Most changes told as one.
const AT_ONCE: usize = 4096;

/// Listens to the open room, and to the next once it is left.
pub(crate) async fn to_rooms(app: AppHandle, mut current: watch::Receiver<Option<Arc<Session>>>) {
    loop {
        let session = current.borrow_and_update().clone();
        tokio::select! {
            () = listen(&app, session) => {}
            left = current.changed() => if left.is_err() { return },
        }
    }
}

/// Listens for ever; before a room is open, to nothing.
async fn listen(app: &AppHandle, session: Option<Arc<Session>>) {
    let Some(session) = session else { return std::future::pending().await };
    loop {
        match session.client.room_events().await {
            Ok(changes) => {
                tell(app, "connection", true);
                // A computer that slept has lost count of the shop's time.
                if let Err(error) = session.client.prove().await {
                    tracing::warn!(%error, "the shop's time could not be proven anew");
                }
                // What changed while nobody listened is not told again.
                tell(app, "room_changed", ());
                // What came while the last change was told is told as one.
                let mut changes = std::pin::pin!(changes.ready_chunks(AT_ONCE));
                while let Some(gathered) = changes.next().await {
                    tell(app, "room_changed", ());
                    if gathered.iter().any(Result::is_err) {
                        break;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
            Err(error) => tracing::warn!(%error, "the room cannot be heard"),
        }
        tell(app, "connection", false);
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

/// What may change on a desk.
const DESK: [&str; 2] = ["goods", "orders"];

/// Listens to the desk of the open room while this window is its streamer's, and to the next once the room is left.
pub(crate) async fn to_desks(app: AppHandle, mut current: watch::Receiver<Option<Arc<Session>>>) {
    loop {
        let session = current.borrow_and_update().clone();
        let hear = async {
            match session {
                Some(session) => session.host.each_client(|streamer| listen_to_desk(&app, streamer)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = hear => {}
            left = current.changed() => if left.is_err() { return },
        }
    }
}

/// Listens for ever. A token that is not taken any more hears nothing.
async fn listen_to_desk(app: &AppHandle, streamer: Arc<Client>) {
    loop {
        match streamer.studio_events().await {
            Ok(changes) => {
                // What changed while nobody listened is not told again.
                for what in DESK {
                    tell(app, "studio_changed", what);
                }
                let mut changes = std::pin::pin!(changes.ready_chunks(AT_ONCE));
                while let Some(gathered) = changes.next().await {
                    for what in DESK.into_iter().filter(|what| gathered.iter().flatten().any(|change| change == what)) {
                        tell(app, "studio_changed", what);
                    }
                    if gathered.iter().any(Result::is_err) {
                        break;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
            Err(CallError::Refused(refusal)) if refusal.code == ErrorCode::Unauthorised => {
                tracing::warn!("the shop does not take the streamer's token");
                return std::future::pending().await;
            }
            Err(error) => tracing::warn!(%error, "the desk cannot be heard"),
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

/// Watches the panel of the practice room while that is open, and tells when something happened there.
#[cfg(feature = "practice")]
pub(crate) async fn to_happenings(app: AppHandle, mut current: watch::Receiver<Option<Arc<Session>>>) {
    loop {
        current.borrow_and_update();
        let practice = app.state::<Entrances>().practice().ok();
        let watch = async {
            let Some(practice) = practice else { return std::future::pending().await };
            let mut seen = Seen::default();
            loop {
                practice.panel().changed(&mut seen).await;
                tell(&app, "happening", ());
            }
        };
        tokio::select! {
            () = watch => {}
            left = current.changed() => if left.is_err() { return },
        }
    }
}

/// Tells the page.
pub(crate) fn tell<T: serde::Serialize + Clone>(app: &AppHandle, event: &str, payload: T) {
    if let Err(error) = app.emit_to("main", event, payload) {
        tracing::warn!(%error, event, "the page could not be told");
    }
}
