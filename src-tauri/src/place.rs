//! Where the window stands and how large it is: kept while it changes, not only at the end, which a crash, a power cut or
//! the system's log-out do not wait for.

use std::time::Duration;
use tauri::{AppHandle, Manager, WindowEvent};
use tauri_plugin_window_state::{AppHandleExt, StateFlags};
use tokio::sync::Notify;

/// What is kept. Whether it is shown is not: a window that waits in the tray is there again at the next start.
pub(crate) const KEPT: StateFlags = StateFlags::SIZE.union(StateFlags::POSITION).union(StateFlags::MAXIMIZED);
/// How long the window must stand still: who drags it does not make the disk busy.
const STILL: Duration = Duration::from_millis(500);

/// Rung when the window was moved or its size changed.
#[derive(Default)]
pub(crate) struct Moved(Notify);

/// Hears what happens to the window.
pub(crate) fn hear(window: &tauri::Window, event: &WindowEvent) {
    if matches!(event, WindowEvent::Resized(_) | WindowEvent::Moved(_))
        && let Some(moved) = window.try_state::<Moved>()
    {
        moved.0.notify_one();
    }
}

/// Keeps the window's place whenever it has changed, for as long as the app runs.
pub(crate) async fn keep(app: AppHandle) {
    let moved = app.state::<Moved>();
    loop {
        moved.0.notified().await;
        while tokio::time::timeout(STILL, moved.0.notified()).await.is_ok() {}
        if let Err(error) = app.save_window_state(KEPT) {
            tracing::warn!(%error, "the window's place was not kept");
        }
    }
}
