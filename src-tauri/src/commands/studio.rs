//! The streamer's desk at the open room. Each edit answers with the whole desk as it is then.

use crate::downloads;
use crate::entrance::Entrances;
use crate::studio::{self, Table};
use crate::views::{CommandCode, CommandError, Hosting};
use api::studio::{
    DealDraft, Decline, GoodsEdit, GoodsOrder, ImportReport, NewItem, OrderFilter, PictureKept, Pin, RefundDraft,
    RoomDraft, ShipmentDraft, ShowFigures, Studio, StudioOrders, StudioPaper,
};
use api::{Client, ErrorCode};
use std::sync::Arc;
use tauri::ipc::{InvokeBody, Request};
use tauri::{AppHandle, State};

#[tauri::command]
pub(crate) async fn hosting(entrances: State<'_, Entrances>) -> Result<Hosting, CommandError> {
    Ok(entrances.session()?.hosting().await)
}

#[tauri::command]
pub(crate) async fn host_room(token: String, entrances: State<'_, Entrances>) -> Result<Hosting, CommandError> {
    let session = entrances.session()?;
    let streamer = session.host.take(&token).await?;
    Ok(Hosting { streamer: Some(streamer), rehearsal: session.practice })
}

#[tauri::command]
pub(crate) async fn stop_hosting(entrances: State<'_, Entrances>) -> Result<Hosting, CommandError> {
    let session = entrances.session()?;
    session.host.forget()?;
    Ok(Hosting { streamer: None, rehearsal: session.practice })
}

#[tauri::command]
pub(crate) async fn studio(entrances: State<'_, Entrances>) -> Result<Studio, CommandError> {
    Ok(streamer(&entrances)?.studio().await?)
}

#[tauri::command]
pub(crate) async fn add_item(item: NewItem, entrances: State<'_, Entrances>) -> Result<Studio, CommandError> {
    Ok(streamer(&entrances)?.add_item(&item).await?)
}

#[tauri::command]
pub(crate) async fn edit_item(
    goods_id: String,
    edit: GoodsEdit,
    entrances: State<'_, Entrances>,
) -> Result<Studio, CommandError> {
    Ok(streamer(&entrances)?.edit_item(&studio::item(goods_id)?, &edit).await?)
}

#[tauri::command]
pub(crate) async fn remove_item(
    goods_id: String,
    revision: i64,
    entrances: State<'_, Entrances>,
) -> Result<Studio, CommandError> {
    Ok(streamer(&entrances)?.remove_item(&studio::item(goods_id)?, revision).await?)
}

#[tauri::command]
pub(crate) async fn order_goods(
    goods_ids: Vec<String>,
    entrances: State<'_, Entrances>,
) -> Result<Studio, CommandError> {
    let goods_ids = studio::items(goods_ids)?;
    Ok(streamer(&entrances)?.order_goods(&GoodsOrder { goods_ids }).await?)
}

#[tauri::command]
pub(crate) async fn pin(goods_id: Option<String>, entrances: State<'_, Entrances>) -> Result<Studio, CommandError> {
    let goods_id = goods_id.map(studio::item).transpose()?;
    Ok(streamer(&entrances)?.pin(&Pin { goods_id }).await?)
}

#[tauri::command]
pub(crate) async fn make_deal(
    goods_id: String,
    deal: DealDraft,
    entrances: State<'_, Entrances>,
) -> Result<Studio, CommandError> {
    Ok(streamer(&entrances)?.make_deal(&studio::item(goods_id)?, &deal).await?)
}

#[tauri::command]
pub(crate) async fn end_deal(goods_id: String, entrances: State<'_, Entrances>) -> Result<Studio, CommandError> {
    Ok(streamer(&entrances)?.end_deal(&studio::item(goods_id)?).await?)
}

#[tauri::command]
pub(crate) async fn edit_room(draft: RoomDraft, entrances: State<'_, Entrances>) -> Result<Studio, CommandError> {
    Ok(streamer(&entrances)?.edit_room(&draft).await?)
}

/// The body is the picture; the header `crop`, if there is one, a square of it.
#[tauri::command]
pub(crate) async fn add_picture(
    request: Request<'_>,
    entrances: State<'_, Entrances>,
) -> Result<PictureKept, CommandError> {
    let InvokeBody::Raw(picture) = request.body() else {
        let code = CommandCode::Shop(ErrorCode::InvalidParams);
        return Err(CommandError { code, message: "a picture is sent as it is".into() });
    };
    studio::check_size(picture)?;
    let crop = request.headers().get("crop").map(|crop| studio::crop(crop.to_str().unwrap_or_default())).transpose()?;
    Ok(streamer(&entrances)?.add_picture(picture.clone(), crop).await?)
}

#[tauri::command]
pub(crate) async fn import_goods(
    csv: String,
    dry_run: bool,
    entrances: State<'_, Entrances>,
) -> Result<ImportReport, CommandError> {
    Ok(streamer(&entrances)?.import_goods(csv, dry_run).await?)
}

#[tauri::command]
pub(crate) async fn export_goods(app: AppHandle, entrances: State<'_, Entrances>) -> Result<String, CommandError> {
    let path = studio::export(&*entrances.session()?, Table::Goods, &downloads::folder(&app)?).await?;
    Ok(path.display().to_string())
}

#[tauri::command]
pub(crate) async fn studio_orders(
    filter: OrderFilter,
    words: String,
    next: Option<String>,
    entrances: State<'_, Entrances>,
) -> Result<StudioOrders, CommandError> {
    Ok(streamer(&entrances)?.studio_orders(filter, &words, next.as_deref()).await?)
}

#[tauri::command]
pub(crate) async fn studio_order(
    order_id: String,
    entrances: State<'_, Entrances>,
) -> Result<StudioPaper, CommandError> {
    Ok(streamer(&entrances)?.studio_order(&studio::order(order_id)?).await?)
}

#[tauri::command]
pub(crate) async fn refund_order(
    order_id: String,
    draft: RefundDraft,
    entrances: State<'_, Entrances>,
) -> Result<StudioPaper, CommandError> {
    Ok(streamer(&entrances)?.refund_order(&studio::order(order_id)?, &draft).await?)
}

#[tauri::command]
pub(crate) async fn decline_refund(
    order_id: String,
    reason: String,
    entrances: State<'_, Entrances>,
) -> Result<StudioPaper, CommandError> {
    Ok(streamer(&entrances)?.decline_refund(&studio::order(order_id)?, &Decline { reason }).await?)
}

#[tauri::command]
pub(crate) async fn ship(
    order_id: String,
    draft: ShipmentDraft,
    entrances: State<'_, Entrances>,
) -> Result<StudioPaper, CommandError> {
    Ok(streamer(&entrances)?.ship(&studio::order(order_id)?, &draft).await?)
}

#[tauri::command]
pub(crate) async fn show_figures(
    since: Option<i64>,
    entrances: State<'_, Entrances>,
) -> Result<ShowFigures, CommandError> {
    Ok(streamer(&entrances)?.show_figures(since).await?)
}

#[tauri::command]
pub(crate) async fn export_orders(
    to_ship: bool,
    app: AppHandle,
    entrances: State<'_, Entrances>,
) -> Result<String, CommandError> {
    let table = if to_ship { Table::Parcels } else { Table::Orders };
    let path = studio::export(&*entrances.session()?, table, &downloads::folder(&app)?).await?;
    Ok(path.display().to_string())
}

/// The client that speaks as the open room's streamer.
fn streamer(entrances: &Entrances) -> Result<Arc<Client>, CommandError> {
    entrances.session()?.host.client()
}
