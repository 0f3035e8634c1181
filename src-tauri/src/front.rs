//! The window in front of the viewer, or not.

use crate::brand::OURS;
use crate::entrance::Entrances;
use crate::listen::tell;
use crate::tray::Tray;
use crate::views::Language;
use tauri::{AppHandle, Manager};

/// Brings the window forward.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window("main") else { return };
    for shown in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = shown {
            tracing::warn!(%error, "the window could not be brought forward");
        }
    }
    app.state::<Tray>().window_is_hidden(false);
}

/// Writes the app's name over the window.
pub(crate) fn call(app: &AppHandle, language: Language) {
    let called = app.get_webview_window("main").map_or(Ok(()), |window| window.set_title(OURS.name(language)));
    if let Err(error) = called {
        tracing::warn!(%error, "the window could not be named");
    }
}

/// Brings the window forward and shows a purchase. One of a room that was left is shown by going back there.
pub(crate) fn show_purchase(app: &AppHandle, request_id: &str) {
    show(app);
    let entrances = app.state::<Entrances>();
    let is_here = entrances.session().is_ok_and(|session| session.purchases.has(request_id));
    match entrances.shops().room_of(request_id) {
        Some(room) if !is_here => tell(app, "link", room.to_string()),
        Some(_) | None => tell(app, "show", request_id),
    }
}

/// The system passed on a link: the page asks about it as about any other, and trusts nothing by itself.
pub(crate) fn take_link(app: &AppHandle, link: &str) {
    show(app);
    if app.state::<Entrances>().is_for_the_page(link) {
        tell(app, "link", link);
    }
}

/// Whether the viewer has the window before them.
pub(crate) fn is_seen(app: &AppHandle) -> bool {
    let seen = |window: tauri::WebviewWindow| {
        window.is_focused().unwrap_or(false)
            && window.is_visible().unwrap_or(false)
            && !window.is_minimized().unwrap_or(false)
    };
    app.get_webview_window("main").is_some_and(seen)
}
