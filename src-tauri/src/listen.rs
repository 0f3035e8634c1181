//! Hears what changes in the open room and tells the page.

use crate::entrance::Entrances;
use crate::session::Session;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tauri::{AppHandle, Emitter, Manager};

/// Between two tries to hear the shop again.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);
/// Between two words to the page about a busy room.
const PAUSE: Duration = Duration::from_millis(250);
/// Most changes told as one.
const AT_ONCE: usize = 4096;

/// The room the app listens to already.
#[derive(Default)]
pub(crate) struct Listening(std::sync::atomic::AtomicBool);

/// Listens to the open room, once.
pub(crate) fn to_room(app: &AppHandle, entrances: &Entrances) {
    let Ok(session) = entrances.session() else { return };
    if !app.state::<Listening>().0.swap(true, std::sync::atomic::Ordering::SeqCst) {
        tauri::async_runtime::spawn(listen(app.clone(), session));
    }
}

async fn listen(app: AppHandle, session: Arc<Session>) {
    loop {
        match session.client.room_events().await {
            Ok(changes) => {
                tell(&app, "connection", true);
                // What changed while nobody listened is not told again.
                tell(&app, "room_changed", ());
                // What came while the last change was told is told as one.
                let mut changes = std::pin::pin!(changes.ready_chunks(AT_ONCE));
                while let Some(gathered) = changes.next().await {
                    tell(&app, "room_changed", ());
                    if gathered.iter().any(Result::is_err) {
                        break;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
            Err(error) => tracing::warn!(%error, "the room cannot be heard"),
        }
        tell(&app, "connection", false);
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

fn tell<T: serde::Serialize + Clone>(app: &AppHandle, event: &str, payload: T) {
    if let Err(error) = app.emit_to("main", event, payload) {
        tracing::warn!(%error, event, "the page could not be told");
    }
}
