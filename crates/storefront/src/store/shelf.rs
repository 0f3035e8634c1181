//! The order of a room's shelf, its lot numbers, and the item that is explained.

use super::edits::{By, EditError, own};
use super::{Store, StoreError, goods, journal, rooms};
use api::RoomState;
use order::{GoodsId, RoomId};
use sqlx::AnyConnection;

/// Added to the lots of goods that change theirs: no shelf is as long.
const OUT_OF_THE_WAY: i64 = 1_000_000_000;

impl Store {
    /// Puts the shelf into an order: every item once.
    ///
    /// # Errors
    /// [`EditError`]; stale when it names other goods than the shelf has.
    pub async fn order_shelf(&self, by: By, goods_ids: Vec<GoodsId>) -> Result<(), EditError> {
        self.write(move |tx| Box::pin(async move { order(tx, &by, &goods_ids).await })).await
    }

    /// Explains an item, or none.
    ///
    /// # Errors
    /// [`EditError`].
    pub async fn pin(&self, by: By, goods_id: Option<GoodsId>) -> Result<(), EditError> {
        self.write(move |tx| Box::pin(async move { pin(tx, &by, goods_id.as_ref()).await })).await
    }
}

async fn order(tx: &mut AnyConnection, by: &By, wanted: &[GoodsId]) -> Result<(), EditError> {
    let shelf: Vec<GoodsId> = goods::shelf(tx, by.room()).await?.into_iter().map(|row| row.goods.goods_id).collect();
    if shelf == wanted {
        return Ok(());
    }
    let sorted = |ids: &[GoodsId]| {
        let mut ids = ids.to_vec();
        ids.sort();
        ids
    };
    if sorted(&shelf) != sorted(wanted) {
        return Err(EditError::Stale);
    }
    for (position, goods_id) in (1_i64..).zip(wanted) {
        sqlx::query("UPDATE goods SET position = $2 WHERE goods_id = $1 AND position <> $2")
            .bind(goods_id.as_str())
            .bind(position)
            .execute(&mut *tx)
            .await?;
    }
    number_lots(tx, by.room()).await?;
    journal::append_act(tx, &by.act("shelf_ordered", by.room().as_str()), &shelf, &wanted).await?;
    Ok(())
}

/// Numbers the lots in the order of the shelf, unless the show is live: its host has said them aloud.
pub(super) async fn number_lots(tx: &mut AnyConnection, room_id: &RoomId) -> Result<(), StoreError> {
    let live = rooms::find(tx, room_id).await?.is_none_or(|row| row.room.state == RoomState::Live);
    if live {
        return Ok(());
    }
    let shelf = goods::shelf(tx, room_id).await?;
    let wrong = (1_u32..).zip(shelf).filter(|(lot, row)| *lot != row.goods.lot);
    let wrong: Vec<(i64, GoodsId)> = wrong.map(|(lot, row)| (lot.into(), row.goods.goods_id)).collect();
    // No two goods of a room have one number, not for a moment: those that change theirs step aside first.
    for aside in [OUT_OF_THE_WAY, 0] {
        for (lot, goods_id) in &wrong {
            sqlx::query("UPDATE goods SET lot = $2 WHERE goods_id = $1")
                .bind(goods_id.as_str())
                .bind(lot.saturating_add(aside))
                .execute(&mut *tx)
                .await?;
        }
    }
    Ok(())
}

pub(super) async fn pin(tx: &mut AnyConnection, by: &By, goods_id: Option<&GoodsId>) -> Result<(), EditError> {
    let shelf = goods::shelf(tx, by.room()).await?;
    let before = shelf.iter().find(|row| row.goods.pinned).map(|row| &row.goods.goods_id);
    if before == goods_id {
        return Ok(());
    }
    goods::unpin(tx, by.room()).await?;
    if let Some(goods_id) = goods_id {
        if !own(tx, by, goods_id).await?.goods.on_sale {
            return Err(EditError::NotOnSale);
        }
        sqlx::query("UPDATE goods SET pinned = 1 WHERE goods_id = $1")
            .bind(goods_id.as_str())
            .execute(&mut *tx)
            .await?;
    }
    journal::append_act(tx, &by.act("goods_pinned", by.room().as_str()), &before, &goods_id).await?;
    Ok(())
}
