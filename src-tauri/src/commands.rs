//! What the page may call. Each command is a door, not a room.

pub(crate) mod account;
#[cfg(not(feature = "practice"))]
#[path = "commands/no_rehearsal.rs"]
pub(crate) mod rehearsal;
#[cfg(feature = "practice")]
pub(crate) mod rehearsal;
pub(crate) mod rooms;
pub(crate) mod studio;
pub(crate) mod updates;

use crate::downloads;
use crate::entrance::Entrances;
use crate::purchase::Act;
use crate::views::{BuyRequest, CommandError, PurchaseView, ReceiptView};
use order::PayType;
use serde::Serialize;
use tauri::ipc::Channel;
use tauri::{AppHandle, State};
use tokio::sync::watch;

#[tauri::command]
pub(crate) async fn buy(
    request: BuyRequest,
    channel: Channel<PurchaseView>,
    entrances: State<'_, Entrances>,
) -> Result<String, CommandError> {
    let session = entrances.session()?;
    let request_id = session.buy(request).await?;
    stream(session.purchases.follow(&request_id)?, channel);
    Ok(request_id)
}

#[tauri::command]
pub(crate) async fn take_up(
    request_id: String,
    channel: Channel<PurchaseView>,
    entrances: State<'_, Entrances>,
) -> Result<String, CommandError> {
    let session = entrances.session()?;
    let taken_up = session.purchases.take_up(&request_id).await?;
    stream(session.purchases.follow(&taken_up)?, channel);
    Ok(taken_up)
}

#[tauri::command]
pub(crate) async fn resume_order(
    order_id: String,
    channel: Channel<PurchaseView>,
    entrances: State<'_, Entrances>,
) -> Result<String, CommandError> {
    let session = entrances.session()?;
    let resumed = session.purchases.resume(&order_id).await?;
    stream(session.purchases.follow(&resumed)?, channel);
    Ok(resumed)
}

#[tauri::command]
pub(crate) async fn pending(entrances: State<'_, Entrances>) -> Result<Vec<PurchaseView>, CommandError> {
    Ok(entrances.session()?.purchases.views())
}

#[tauri::command]
pub(crate) async fn watch(
    request_id: String,
    channel: Channel<PurchaseView>,
    entrances: State<'_, Entrances>,
) -> Result<(), CommandError> {
    stream(entrances.session()?.purchases.follow(&request_id)?, channel);
    Ok(())
}

#[tauri::command]
pub(crate) async fn retry(request_id: String, entrances: State<'_, Entrances>) -> Result<(), CommandError> {
    entrances.session()?.purchases.act(&request_id, Act::Retry).await
}

#[tauri::command]
pub(crate) async fn ask_now(request_id: String, entrances: State<'_, Entrances>) -> Result<(), CommandError> {
    entrances.session()?.purchases.act(&request_id, Act::Ask).await
}

#[tauri::command]
pub(crate) async fn switch(
    request_id: String,
    pay_type: PayType,
    entrances: State<'_, Entrances>,
) -> Result<(), CommandError> {
    entrances.session()?.purchases.act(&request_id, Act::Switch(pay_type)).await
}

#[tauri::command]
pub(crate) async fn cancel(request_id: String, entrances: State<'_, Entrances>) -> Result<(), CommandError> {
    entrances.session()?.purchases.act(&request_id, Act::Cancel).await
}

#[tauri::command]
pub(crate) async fn dismiss(request_id: String, entrances: State<'_, Entrances>) -> Result<(), CommandError> {
    entrances.session()?.purchases.dismiss(&request_id).await
}

#[tauri::command]
pub(crate) async fn receipt(order_id: String, entrances: State<'_, Entrances>) -> Result<ReceiptView, CommandError> {
    entrances.session()?.receipt(&order_id).await
}

#[tauri::command]
pub(crate) async fn save_receipt(
    order_id: String,
    app: AppHandle,
    entrances: State<'_, Entrances>,
) -> Result<String, CommandError> {
    let folder = downloads::folder(&app)?;
    Ok(entrances.session()?.save_receipt(&order_id, &folder)?.display().to_string())
}

#[tauri::command]
pub(crate) async fn phone_url(
    request_id: String,
    entrances: State<'_, Entrances>,
) -> Result<Option<String>, CommandError> {
    Ok(entrances.phone_url(&*entrances.session()?, &request_id))
}

/// Sends views to the page, the one of now first, until no more come or the page is gone.
fn stream<View: Clone + Serialize + Send + Sync + 'static>(mut views: watch::Receiver<View>, channel: Channel<View>) {
    tauri::async_runtime::spawn(async move {
        loop {
            let view = views.borrow_and_update().clone();
            if channel.send(view).is_err() || views.changed().await.is_err() {
                return;
            }
        }
    });
}
