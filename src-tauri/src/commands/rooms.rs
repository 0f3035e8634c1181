//! Getting into rooms, what is in the open one, and the app itself.

use crate::entrance::Entrances;
use crate::front;
use crate::menu;
use crate::preferences::Chosen;
use crate::views::{About, CommandError, Entrance, KnownRoom, Preferences, Shelf};
use tauri::{AppHandle, State};

#[tauri::command]
pub(crate) async fn enter(entrances: State<'_, Entrances>) -> Result<Entrance, CommandError> {
    entrances.enter().await
}

#[tauri::command]
pub(crate) async fn open_room(link: String, entrances: State<'_, Entrances>) -> Result<Entrance, CommandError> {
    entrances.open_room(&link).await
}

#[tauri::command]
pub(crate) async fn open_practice(entrances: State<'_, Entrances>) -> Result<Entrance, CommandError> {
    entrances.open_practice().await
}

#[tauri::command]
pub(crate) async fn trust(entrances: State<'_, Entrances>) -> Result<Entrance, CommandError> {
    entrances.trust().await
}

#[tauri::command]
pub(crate) async fn rooms(entrances: State<'_, Entrances>) -> Result<Vec<KnownRoom>, CommandError> {
    Ok(entrances.rooms())
}

#[tauri::command]
pub(crate) async fn forget_room(link: String, entrances: State<'_, Entrances>) -> Result<(), CommandError> {
    entrances.forget_room(&link)
}

#[tauri::command]
pub(crate) async fn shelf(entrances: State<'_, Entrances>) -> Result<Shelf, CommandError> {
    entrances.session()?.shelf().await
}

#[tauri::command]
pub(crate) async fn preferences(
    preferences: Preferences,
    app: AppHandle,
    chosen: State<'_, Chosen>,
) -> Result<(), CommandError> {
    front::call(&app, preferences.language);
    menu::call(&app, preferences.language);
    chosen.choose(preferences)
}

#[tauri::command]
pub(crate) async fn about(app: AppHandle, entrances: State<'_, Entrances>) -> Result<About, CommandError> {
    Ok(About {
        version: app.package_info().version.to_string(),
        practice: cfg!(feature = "practice"),
        data_folder: entrances.data().display().to_string(),
    })
}
