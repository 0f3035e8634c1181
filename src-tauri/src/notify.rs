//! Notifications of the system. Pressing one brings the window forward and shows what it speaks of.

use crate::brand::OURS;
use crate::front;
use crate::views::Language;
use crate::words::{self, News};
use notify_rust::{Notification, NotificationResponse};
use tauri::AppHandle;

/// What desktops call the pressing of a notification itself.
const PRESSED: &str = "default";

/// Notifies. A system that shows none is only noted: the page tells everything anyway.
pub(crate) fn notify(app: &AppHandle, language: Language, news: &News, request_id: Option<&str>) {
    let mut notification = Notification::new();
    let name = OURS.name(language);
    notification.appname(name).summary(&words::news(language, news)).action(PRESSED, &words::show(language));
    named(&mut notification, app);
    let (app, request_id) = (app.clone(), request_id.map(str::to_owned));
    // The system is asked, and then listened to until the notification is gone: on a thread of its own.
    let waiting = std::thread::Builder::new().name("notification".into()).spawn(move || match notification.show() {
        Ok(shown) => {
            let _gone = shown.wait_for_response(|response: &NotificationResponse| {
                let is_pressed = match response {
                    NotificationResponse::Default => true,
                    NotificationResponse::Action(action) => action == PRESSED,
                    _ => false,
                };
                match &request_id {
                    Some(request_id) if is_pressed => front::show_purchase(&app, request_id),
                    None if is_pressed => front::show(&app),
                    Some(_) | None => {}
                }
            });
        }
        Err(error) => tracing::info!(%error, "the system shows no notifications"),
    });
    if let Err(error) = waiting {
        tracing::warn!(%error, "a notification could not be shown");
    }
}

/// Says whose notification it is, as the platform wants it said.
fn named(notification: &mut Notification, app: &AppHandle) {
    #[cfg(target_os = "windows")]
    notification.app_id(&app.config().identifier);
    #[cfg(target_os = "linux")]
    notification.icon(OURS.package).hint(notify_rust::Hint::DesktopEntry(OURS.package.into()));
    let _used_on_some_platforms = (notification, app);
}
