//! The viewer at the open shop: balance, orders, addresses.

use crate::entrance::Entrances;
use crate::orders::{self, OrderPaper, OrdersPage};
use crate::views::{CommandError, LocalCode};
use api::{Address, AddressDraft, Viewer};
use order::AddressId;
use tauri::State;

#[tauri::command]
pub(crate) async fn viewer(entrances: State<'_, Entrances>) -> Result<Viewer, CommandError> {
    Ok(entrances.session()?.client.viewer().await?)
}

#[tauri::command]
pub(crate) async fn orders(next: Option<String>, entrances: State<'_, Entrances>) -> Result<OrdersPage, CommandError> {
    orders::page(&entrances.session()?.client, next.as_deref()).await
}

#[tauri::command]
pub(crate) async fn order(order_id: String, entrances: State<'_, Entrances>) -> Result<OrderPaper, CommandError> {
    orders::paper(&entrances.session()?.client, &order_id).await
}

#[tauri::command]
pub(crate) async fn ask_refund(
    order_id: String,
    reason: String,
    entrances: State<'_, Entrances>,
) -> Result<OrderPaper, CommandError> {
    orders::ask_refund(&entrances.session()?.client, &order_id, &reason).await
}

#[tauri::command]
pub(crate) async fn addresses(entrances: State<'_, Entrances>) -> Result<Vec<Address>, CommandError> {
    Ok(entrances.session()?.client.addresses().await?)
}

#[tauri::command]
pub(crate) async fn save_address(
    address_id: Option<String>,
    draft: AddressDraft,
    entrances: State<'_, Entrances>,
) -> Result<Vec<Address>, CommandError> {
    let address_id = address_id.map(known).transpose()?;
    Ok(entrances.session()?.client.save_address(address_id.as_ref(), &draft).await?)
}

#[tauri::command]
pub(crate) async fn remove_address(
    address_id: String,
    entrances: State<'_, Entrances>,
) -> Result<Vec<Address>, CommandError> {
    Ok(entrances.session()?.client.remove_address(&known(address_id)?).await?)
}

fn known(address_id: String) -> Result<AddressId, CommandError> {
    AddressId::new(address_id).map_err(|error| CommandError::local(LocalCode::NotReady, error))
}
