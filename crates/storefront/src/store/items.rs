//! What a streamer does to one item. Each act is one transaction with its line of the journal.

use super::deals::{self, NewDeal};
use super::edits::{By, EditError, journal_item, own};
use super::goods::{self, GoodsRow, NewGoods};
use super::{Store, StoreError, journal, pictures, shelf};
use api::studio::{GoodsDraft, STOCK_MAX};
use api::{Goods, GoodsEdit};
use order::GoodsId;
use sqlx::{AnyConnection, Row};

impl Store {
    /// Puts a new item at the end of the shelf.
    ///
    /// # Errors
    /// [`EditError`].
    pub async fn add_item(&self, by: By, item: NewGoods) -> Result<(), EditError> {
        self.write(move |tx| Box::pin(async move { add(tx, &by, vec![item]).await })).await
    }

    /// Changes an item.
    ///
    /// # Errors
    /// [`EditError`].
    pub async fn edit_item(&self, by: By, goods_id: GoodsId, wanted: GoodsEdit) -> Result<(), EditError> {
        self.write(move |tx| Box::pin(async move { edit(tx, &by, &goods_id, wanted).await })).await
    }

    /// Takes an item off the shelf for good. Its orders go on; a payment that comes late goes back.
    ///
    /// # Errors
    /// [`EditError`].
    pub async fn remove_item(&self, by: By, goods_id: GoodsId, revision: i64) -> Result<(), EditError> {
        self.write(move |tx| Box::pin(async move { remove(tx, &by, &goods_id, revision).await })).await
    }

    /// Gives an item a deal in place of the one it had.
    ///
    /// # Errors
    /// [`EditError`].
    pub async fn make_deal(&self, by: By, goods_id: GoodsId, revision: i64, deal: NewDeal) -> Result<(), EditError> {
        self.write(move |tx| Box::pin(async move { make_deal(tx, &by, &goods_id, Some(revision), deal).await })).await
    }

    /// Ends an item's deal.
    ///
    /// # Errors
    /// [`EditError`].
    pub async fn end_deal(&self, by: By, goods_id: GoodsId) -> Result<(), EditError> {
        self.write(move |tx| Box::pin(async move { end_deal(tx, &by, &goods_id).await })).await
    }
}

/// Puts new items at the end of the shelf.
pub(super) async fn add(tx: &mut AnyConnection, by: &By, items: Vec<NewGoods>) -> Result<(), EditError> {
    let mut ids = Vec::with_capacity(items.len());
    for item in &items {
        if let Some(picture) = &item.picture
            && !pictures::is_kept(tx, picture).await?
        {
            return Err(EditError::NoSuchPicture);
        }
        ids.push(item.goods_id.clone());
    }
    goods::append(tx, by.room(), items).await?;
    for goods_id in ids {
        let after = own(tx, by, &goods_id).await?;
        journal::append_act(tx, &by.act("goods_added", goods_id.as_str()), &(), &after.goods).await?;
    }
    Ok(())
}

pub(super) async fn edit(
    tx: &mut AnyConnection,
    by: &By,
    goods_id: &GoodsId,
    edit: GoodsEdit,
) -> Result<(), EditError> {
    let row = own(tx, by, goods_id).await?;
    if row.revision != edit.revision {
        return Err(EditError::Stale);
    }
    let GoodsEdit { draft, add_stock, .. } = edit;
    let before = &row.goods;
    if draft == drafted(before) && add_stock == 0 {
        return Ok(());
    }
    if draft.picture != before.picture
        && let Some(picture) = &draft.picture
        && !pictures::is_kept(tx, picture).await?
    {
        return Err(EditError::NoSuchPicture);
    }
    let waiting = i64::from(before.stock_left).saturating_add(before.held.into()).saturating_add(add_stock.into());
    if add_stock > 0 && waiting > STOCK_MAX.into() {
        return Err(EditError::TooMany);
    }
    let limit_changed = draft.limit_per_viewer != before.limit_per_viewer;
    let price_version = version_of(&row, draft.price_fen, by.now)?;
    if !write(tx, &row, draft, price_version, add_stock).await? {
        return Err(EditError::TooFew { left: before.stock_left });
    }
    let line = journal_item(tx, by, "goods_edited", before).await?;
    if limit_changed {
        sqlx::query("UPDATE goods SET limit_seq = $2 WHERE goods_id = $1")
            .bind(goods_id.as_str())
            .bind(line)
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// The version of an item's own price when it is to be that. No price of the item ever had it.
fn version_of(row: &GoodsRow, price_fen: i64, now: i64) -> Result<i64, EditError> {
    let own = row.goods.price_version;
    if price_fen == row.goods.price_fen {
        return Ok(own);
    }
    let Some(deal) = &row.deal else { return Ok(own.saturating_add(1)) };
    if now < deal.ends_at && price_fen <= deal.price_fen {
        return Err(EditError::BelowDeal { deal: deal.price_fen });
    }
    Ok(own.max(deal.price_version).saturating_add(1))
}

/// Writes an edit whole, or `false`: there are not as many pieces as are to go.
async fn write(
    tx: &mut AnyConnection,
    row: &GoodsRow,
    draft: GoodsDraft,
    price_version: i64,
    add_stock: i32,
) -> Result<bool, StoreError> {
    let written = sqlx::query(
        "UPDATE goods SET title = $3, note = $4, description = $5, kind = $6, fins = $7, price_fen = $8,
            price_version = $9, limit_per_viewer = $10, on_sale = $11, picture = $12,
            pinned = CASE WHEN $11 = 0 THEN 0 ELSE pinned END, available = available + $13, stocked = stocked + $13,
            revision = revision + 1
         WHERE goods_id = $1 AND revision = $2 AND available + $13 >= 0",
    )
    .bind(row.goods.goods_id.as_str())
    .bind(row.revision)
    .bind(draft.title)
    .bind(draft.note)
    .bind(draft.description)
    .bind(draft.kind.as_str())
    .bind(draft.fins.map(i64::from))
    .bind(draft.price_fen)
    .bind(price_version)
    .bind(draft.limit_per_viewer.map(i64::from))
    .bind(i64::from(draft.on_sale))
    .bind(draft.picture)
    .bind(i64::from(add_stock))
    .execute(tx)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// What a streamer would have to write to have the item as it is.
pub(super) fn drafted(item: &Goods) -> GoodsDraft {
    GoodsDraft {
        title: item.title.clone(),
        note: item.note.clone(),
        description: item.description.clone(),
        kind: item.kind,
        fins: item.fins,
        price_fen: item.price_fen,
        limit_per_viewer: item.limit_per_viewer,
        on_sale: item.on_sale,
        picture: item.picture.clone(),
    }
}

async fn remove(tx: &mut AnyConnection, by: &By, goods_id: &GoodsId, revision: i64) -> Result<(), EditError> {
    let row = own(tx, by, goods_id).await?;
    if row.revision != revision {
        return Err(EditError::Stale);
    }
    let lowest = sqlx::query("SELECT MIN(lot) FROM goods WHERE room_id = $1").bind(by.room().as_str());
    let lowest: i64 = lowest.fetch_one(&mut *tx).await?.try_get(0)?;
    deals::end(tx, goods_id, by.now).await?;
    sqlx::query(
        "UPDATE goods SET removed = 1, on_sale = 0, pinned = 0, lot = $2, revision = revision + 1 WHERE goods_id = $1",
    )
    .bind(goods_id.as_str())
    .bind(lowest.min(0).saturating_sub(1))
    .execute(&mut *tx)
    .await?;
    shelf::number_lots(tx, by.room()).await?;
    journal::append_act(tx, &by.act("goods_removed", goods_id.as_str()), &row.goods, &()).await?;
    Ok(())
}

pub(super) async fn make_deal(
    tx: &mut AnyConnection,
    by: &By,
    goods_id: &GoodsId,
    revision: Option<i64>,
    deal: NewDeal,
) -> Result<(), EditError> {
    let row = own(tx, by, goods_id).await?;
    if revision.is_some_and(|revision| revision != row.revision) {
        return Err(EditError::Stale);
    }
    deals::set(tx, goods_id, Some(deal)).await?;
    raise_revision(tx, goods_id).await?;
    journal_item(tx, by, "deal_made", &row.goods).await?;
    Ok(())
}

async fn end_deal(tx: &mut AnyConnection, by: &By, goods_id: &GoodsId) -> Result<(), EditError> {
    let row = own(tx, by, goods_id).await?;
    // One that is over stays as it was.
    if row.deal.as_ref().is_none_or(|deal| deal.ends_at <= by.now) {
        return Ok(());
    }
    deals::end(tx, goods_id, by.now).await?;
    raise_revision(tx, goods_id).await?;
    journal_item(tx, by, "deal_ended", &row.goods).await?;
    Ok(())
}

async fn raise_revision(tx: &mut AnyConnection, goods_id: &GoodsId) -> Result<(), StoreError> {
    let raise = "UPDATE goods SET revision = revision + 1 WHERE goods_id = $1";
    sqlx::query(raise).bind(goods_id.as_str()).execute(tx).await?;
    Ok(())
}
