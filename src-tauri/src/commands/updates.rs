//! Newer versions of the app.

use super::stream;
use crate::updates::{Asking, UpdateView, Updates};
use tauri::ipc::Channel;
use tauri::{AppHandle, State};

#[tauri::command]
pub(crate) async fn updates(channel: Channel<UpdateView>, updates: State<'_, Updates>) -> Result<(), ()> {
    stream(updates.views(), channel);
    Ok(())
}

#[tauri::command]
pub(crate) async fn look_for_update(app: AppHandle, updates: State<'_, Updates>) -> Result<(), ()> {
    updates.look(&app, Asking::Viewer).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn install_update(app: AppHandle, updates: State<'_, Updates>) -> Result<(), ()> {
    updates.install(&app).await;
    Ok(())
}
