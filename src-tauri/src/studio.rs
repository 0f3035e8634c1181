//! What the streamer of the open room does, beside what the client already is: ids that are none, and files.

use crate::clock;
use crate::downloads;
use crate::session::Session;
use crate::views::{CommandCode, CommandError, LocalCode};
use api::{Crop, ErrorCode, studio};
use order::{GoodsId, OrderId};
use std::path::{Path, PathBuf};

/// An item's id as the page has it.
///
/// # Errors
/// [`ErrorCode::NotFound`].
pub fn item(goods_id: String) -> Result<GoodsId, CommandError> {
    GoodsId::new(goods_id).map_err(|error| refused(ErrorCode::NotFound, error))
}

/// The ids of a shelf as the page has them.
///
/// # Errors
/// [`ErrorCode::NotFound`].
pub fn items(goods_ids: Vec<String>) -> Result<Vec<GoodsId>, CommandError> {
    goods_ids.into_iter().map(item).collect()
}

/// An order's number as the page has it.
///
/// # Errors
/// [`ErrorCode::NotFound`].
pub fn order(order_id: String) -> Result<OrderId, CommandError> {
    OrderId::new(order_id).map_err(|error| refused(ErrorCode::NotFound, error))
}

/// A square of a picture, as the page writes it: `X,Y,SIDE`.
///
/// # Errors
/// [`ErrorCode::InvalidParams`].
pub fn crop(text: &str) -> Result<Crop, CommandError> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
    match numbers.as_deref() {
        Ok(&[x, y, side]) => Ok(Crop { x, y, side }),
        _ => Err(refused(ErrorCode::InvalidParams, "a square is X,Y,SIDE in pixels")),
    }
}

/// Refuses a picture that no shop takes before it is sent.
///
/// # Errors
/// [`ErrorCode::PictureUnusable`].
pub fn check_size(picture: &[u8]) -> Result<(), CommandError> {
    if picture.len() <= studio::PICTURE_MAX_BYTES {
        return Ok(());
    }
    Err(refused(ErrorCode::PictureUnusable, "a picture has 5 MB at most"))
}

/// What a CSV file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The goods.
    Goods,
    /// The orders.
    Orders,
    /// What is to be sent, with where to.
    Parcels,
}

/// Writes the room's goods, orders or parcels into `folder` under a name of room and day, and says where.
///
/// # Errors
/// [`CommandError`].
pub async fn export(session: &Session, table: Table, folder: &Path) -> Result<PathBuf, CommandError> {
    let streamer = session.host.client()?;
    let (what, csv) = match table {
        Table::Goods => ("goods", streamer.export_goods().await?),
        Table::Orders => ("orders", streamer.export_orders().await?),
        Table::Parcels => ("to-ship", streamer.export_to_ship().await?),
    };
    let day = clock::china_day(session.client.shop_now().unwrap_or_else(clock::now_s));
    let name = format!("liveshop-{what}-{}-{day}", session.room.room_id);
    downloads::save(folder, &name, "csv", &csv).map_err(|error| CommandError::local(LocalCode::Storage, error))
}

fn refused(code: ErrorCode, why: impl std::fmt::Display) -> CommandError {
    CommandError { code: CommandCode::Shop(code), message: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_three_numbers() {
        assert_eq!(crop("10,0,400").unwrap(), Crop { x: 10, y: 0, side: 400 });
        for none in ["", "1,2", "1,2,3,4", "-1,0,400", "a,b,c", "1, 2,3"] {
            assert_eq!(crop(none).unwrap_err().code, CommandCode::Shop(ErrorCode::InvalidParams), "{none}");
        }
    }

    #[test]
    fn a_picture_that_is_too_large_is_not_sent() {
        assert!(check_size(&vec![0; studio::PICTURE_MAX_BYTES]).is_ok());
        let error = check_size(&vec![0; studio::PICTURE_MAX_BYTES + 1]).unwrap_err();
        assert_eq!(error.code, CommandCode::Shop(ErrorCode::PictureUnusable));
    }
}
