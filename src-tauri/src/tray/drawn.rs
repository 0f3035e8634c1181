//! The tray's icon and menu.

use super::Tray;
use crate::brand::OURS;
use crate::front;
use crate::views::Language;
use crate::words;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

const PAY: &str = "pay";
const OPEN: &str = "open";
const QUIT: &str = "quit";

/// The icon and its menu's lines.
pub(super) struct Drawn {
    icon: TrayIcon,
    pay: MenuItem<Wry>,
    open: MenuItem<Wry>,
    quit: MenuItem<Wry>,
}

impl Drawn {
    /// Draws it, without words yet.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn new(app: &AppHandle) -> tauri::Result<Drawn> {
        let line = |id| MenuItem::with_id(app, id, "", true, None::<&str>);
        let (pay, open, quit) = (line(PAY)?, line(OPEN)?, line(QUIT)?);
        let between = PredefinedMenuItem::separator(app)?;
        let menu = Menu::with_items(app, &[&pay, &between, &open, &quit])?;
        let mut icon = TrayIconBuilder::with_id("payments").menu(&menu).tooltip(OURS.en).on_menu_event(pressed);
        if let Some(picture) = app.default_window_icon() {
            icon = icon.icon(picture.clone());
        }
        Ok(Drawn { icon: icon.build(app)?, pay, open, quit })
    }

    /// Says how it stands, and shows or hides it.
    pub(super) fn say(&self, language: Language, line: &str, shown: bool) {
        let said = [
            self.pay.set_text(line),
            self.open.set_text(words::open(language)),
            self.quit.set_text(words::quit(language)),
            self.icon.set_tooltip(Some(line)),
            self.icon.set_visible(shown),
        ];
        for error in said.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "the tray could not be drawn anew");
        }
    }
}

fn pressed(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        PAY => match app.state::<Tray>().first() {
            Some(request_id) => front::show_purchase(app, &request_id),
            None => front::show(app),
        },
        OPEN => front::show(app),
        QUIT => app.exit(0),
        _ => {}
    }
}
