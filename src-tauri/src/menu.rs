//! The menu bar of macOS: the system's usual one, with the guide under Help, where people look for it there. Other systems
//! have none; the window's top bar leads to the guide on all of them.

use crate::front;
use crate::listen::tell;
use crate::views::Language;
use crate::words;
use tauri::AppHandle;
use tauri::menu::{HELP_SUBMENU_ID, Menu, MenuItem, MenuItemKind};

const GUIDE: &str = "guide";

/// Shows it, in that language.
///
/// # Errors
/// The system's.
pub(crate) fn set_up(app: &AppHandle, language: Language) -> tauri::Result<()> {
    if !cfg!(target_os = "macos") {
        return Ok(());
    }
    let menu = Menu::default(app)?;
    if let Some(MenuItemKind::Submenu(help)) = menu.get(HELP_SUBMENU_ID) {
        help.append(&MenuItem::with_id(app, GUIDE, words::guide(language), true, None::<&str>)?)?;
    }
    app.set_menu(menu)?;
    app.on_menu_event(|app, event| {
        if event.id().as_ref() == GUIDE {
            front::show(app);
            tell(app, "guide", ());
        }
    });
    Ok(())
}

/// Says it in another language.
pub(crate) fn call(app: &AppHandle, language: Language) {
    let Some(MenuItemKind::Submenu(help)) = app.menu().and_then(|menu| menu.get(HELP_SUBMENU_ID)) else { return };
    let Some(MenuItemKind::MenuItem(guide)) = help.get(GUIDE) else { return };
    if let Err(error) = guide.set_text(words::guide(language)) {
        tracing::warn!(%error, "the menu could not be drawn anew");
    }
}
