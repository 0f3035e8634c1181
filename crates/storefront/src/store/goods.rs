//! Goods and their stock.

use super::deals::{self, DealRow, NewDeal};
use super::rooms::{self, NewRoom};
use super::{Store, StoreError, fits, id, known};
use api::Goods;
use order::{Fen, GoodsId, GoodsKind, RoomId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// The columns of [`read`], in its order.
macro_rules! select {
    ($($rest:literal)?) => {
        concat!(
            "SELECT goods_id, lot, title, note, description, kind, fins, price_fen, price_version, available, reserved,
             limit_per_viewer, on_sale, pinned, picture, room_id, deal_version, deal_price_fen, deal_starts_at,
             deal_ends_at, deal_pieces, deal_taken, revision, sold FROM goods ",
            $($rest)?
        )
    };
}

/// An item to be put on a room's shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGoods {
    /// Its id.
    pub goods_id: GoodsId,
    /// Its name.
    pub title: String,
    /// One line: size, origin.
    pub note: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// What delivery means.
    pub kind: GoodsKind,
    /// Shark fins for each piece.
    pub fins: Option<u32>,
    /// Price of one piece.
    pub price: Fen,
    /// Pieces.
    pub stock: u32,
    /// How many one viewer may have.
    pub limit_per_viewer: Option<u32>,
    /// Whether it can be ordered.
    pub on_sale: bool,
    /// Whether the host is explaining it.
    pub pinned: bool,
    /// Id of its picture.
    pub picture: Option<String>,
    /// The deal it begins with.
    pub deal: Option<NewDeal>,
}

/// An item as the checkout needs it.
#[derive(Clone, Debug)]
pub struct GoodsRow {
    /// What a viewer sees.
    pub goods: Goods,
    /// The room it is sold in.
    pub room_id: RoomId,
    /// Its deal, as long as none takes its place, over or not.
    pub deal: Option<DealRow>,
    /// Rises with each edit; sales do not change it.
    pub revision: i64,
    /// Pieces sold.
    pub sold: u32,
}

impl GoodsRow {
    /// The deal whose price is the item's at a time.
    #[must_use]
    pub fn running_deal(&self, now: i64) -> Option<&DealRow> {
        self.deal.as_ref().filter(|deal| deal.runs(now))
    }
}

impl Store {
    /// Puts goods on a room's shelf after those already there. All of them, or none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_goods(&self, room_id: RoomId, goods: Vec<NewGoods>) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(async move { append(tx, &room_id, goods).await })).await
    }

    /// Makes a room with its goods, all in one; a room of that id stays as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_room(&self, room: NewRoom, goods: Vec<NewGoods>) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let room_id = room.room_id.clone();
                if rooms::insert(tx, room).await? {
                    append(tx, &room_id, goods).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The goods of a room, in the order of the shelf, with the deals that are not over at that time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn goods_of(&self, room_id: &RoomId, now: i64) -> Result<Vec<Goods>, StoreError> {
        let mut connection = self.read().await?;
        let shelf = shelf(&mut connection, room_id).await?;
        Ok(shelf.into_iter().map(|row| row.seen(now)).collect())
    }
}

impl GoodsRow {
    /// As viewers see it.
    pub(super) fn seen(self, now: i64) -> Goods {
        Goods { deal: self.goods.deal.filter(|deal| now < deal.ends_at), ..self.goods }
    }
}

/// The goods of a room, in the order of the shelf.
pub(super) async fn shelf(tx: &mut AnyConnection, room_id: &RoomId) -> Result<Vec<GoodsRow>, StoreError> {
    let rows = sqlx::query(select!("WHERE room_id = $1 AND removed = 0 ORDER BY position, lot"))
        .bind(room_id.as_str())
        .fetch_all(tx)
        .await?;
    rows.iter().map(read).collect()
}

/// How many pieces more, or fewer, can be ordered, are held and are sold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moved {
    pub(crate) available: i64,
    pub(crate) reserved: i64,
    pub(crate) sold: i64,
}

/// Puts goods at the end of a room's shelf. At most one item is explained: the last that says so.
pub(super) async fn append(tx: &mut AnyConnection, room_id: &RoomId, goods: Vec<NewGoods>) -> Result<(), StoreError> {
    let last = "SELECT COALESCE(MAX(lot), 0), COALESCE(MAX(position), 0) FROM goods WHERE room_id = $1 AND removed = 0";
    let row = sqlx::query(last).bind(room_id.as_str()).fetch_one(&mut *tx).await?;
    let (mut lot, mut position): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    for item in goods {
        (lot, position) = (lot.saturating_add(1), position.saturating_add(1));
        if item.pinned {
            unpin(tx, room_id).await?;
        }
        insert(tx, room_id, (lot, position), item).await?;
    }
    Ok(())
}

/// Explains nothing.
pub(super) async fn unpin(tx: &mut AnyConnection, room_id: &RoomId) -> Result<(), StoreError> {
    sqlx::query("UPDATE goods SET pinned = 0 WHERE room_id = $1 AND pinned <> 0")
        .bind(room_id.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

async fn insert(
    tx: &mut AnyConnection,
    room_id: &RoomId,
    (lot, position): (i64, i64),
    item: NewGoods,
) -> Result<(), StoreError> {
    let deal = item.deal.as_ref();
    sqlx::query(
        "INSERT INTO goods (goods_id, room_id, lot, title, note, description, kind, fins, price_fen, price_version,
            available, reserved, sold, stocked, limit_per_viewer, on_sale, pinned, picture, deal_version, deal_price_fen,
            deal_starts_at, deal_ends_at, deal_pieces, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, 0, 0, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20)",
    )
    .bind(item.goods_id.to_string())
    .bind(room_id.to_string())
    .bind(lot)
    .bind(item.title)
    .bind(item.note)
    .bind(item.description)
    .bind(item.kind.as_str())
    .bind(item.fins.map(i64::from))
    .bind(item.price.get())
    .bind(i64::from(item.stock))
    .bind(item.limit_per_viewer.map(i64::from))
    .bind(i64::from(item.on_sale))
    .bind(i64::from(item.pinned))
    .bind(item.picture)
    // Its own price has version 1.
    .bind(deal.map(|_| 2_i64))
    .bind(deal.map(|deal| deal.price.get()))
    .bind(deal.map(|deal| deal.starts_at))
    .bind(deal.map(|deal| deal.ends_at))
    .bind(deal.map(|deal| i64::from(deal.pieces)))
    .bind(position)
    .execute(tx)
    .await?;
    Ok(())
}

/// The item of that id, unless it was removed.
pub(super) async fn find(tx: &mut AnyConnection, goods_id: &GoodsId) -> Result<Option<GoodsRow>, StoreError> {
    let row =
        sqlx::query(select!("WHERE goods_id = $1 AND removed = 0")).bind(goods_id.as_str()).fetch_optional(tx).await?;
    row.as_ref().map(read).transpose()
}

/// The item of that id, if it can be ordered now.
pub(crate) async fn find_on_sale(tx: &mut AnyConnection, goods_id: &GoodsId) -> Result<Option<GoodsRow>, StoreError> {
    let Some(row) = find(tx, goods_id).await?.filter(|row| row.goods.on_sale) else { return Ok(None) };
    let over = rooms::is_over(tx, row.room_id.as_str()).await?;
    Ok((!over).then_some(row))
}

/// Moves pieces between what can be ordered, what is held and what is sold; those of an order at the deal's price are the
/// deal's, too. `false` when there are not enough: then nothing moved.
pub(crate) async fn move_stock(
    tx: &mut AnyConnection,
    goods_id: &GoodsId,
    price_version: i64,
    moved: Moved,
) -> Result<bool, StoreError> {
    let moved = sqlx::query(
        "UPDATE goods SET available = available + $2, reserved = reserved + $3, sold = sold + $4,
            deal_taken = deal_taken - CASE WHEN deal_version = $5 THEN $2 ELSE 0 END
         WHERE goods_id = $1 AND available + $2 >= 0 AND reserved + $3 >= 0 AND sold + $4 >= 0
            AND (deal_version IS NULL OR deal_version <> $5
                OR (deal_taken - $2 >= 0 AND ($2 >= 0 OR deal_taken - $2 <= deal_pieces)))",
    )
    .bind(goods_id.as_str())
    .bind(moved.available)
    .bind(moved.reserved)
    .bind(moved.sold)
    .bind(price_version)
    .execute(tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// How many pieces a viewer has bought or holds, and the order that holds them.
pub(crate) async fn share(
    tx: &mut AnyConnection,
    viewer_id: &str,
    goods_id: &GoodsId,
) -> Result<(u32, Option<String>), StoreError> {
    let row = sqlx::query("SELECT pieces, open_order_id FROM shares WHERE viewer_id = $1 AND goods_id = $2")
        .bind(viewer_id)
        .bind(goods_id.as_str())
        .fetch_optional(tx)
        .await?;
    let Some(row) = row else { return Ok((0, None)) };
    Ok((fits(row.try_get(0)?, "number of pieces", "shares")?, row.try_get(1)?))
}

/// Changes a viewer's share by `pieces` and says which order is open now.
pub(crate) async fn set_share(
    tx: &mut AnyConnection,
    viewer_id: &str,
    goods_id: &GoodsId,
    pieces: i64,
    open_order_id: Option<&str>,
) -> Result<(), StoreError> {
    // Not one upsert: SQLite checks the row it would insert even when it then updates, and that row may be negative.
    let changed = sqlx::query(
        "UPDATE shares SET pieces = pieces + $3, open_order_id = $4 WHERE viewer_id = $1 AND goods_id = $2",
    )
    .bind(viewer_id)
    .bind(goods_id.as_str())
    .bind(pieces)
    .bind(open_order_id)
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        sqlx::query("INSERT INTO shares (viewer_id, goods_id, pieces, open_order_id) VALUES ($1, $2, $3, $4)")
            .bind(viewer_id)
            .bind(goods_id.as_str())
            .bind(pieces)
            .bind(open_order_id)
            .execute(tx)
            .await?;
    }
    Ok(())
}

fn read(row: &AnyRow) -> Result<GoodsRow, StoreError> {
    let small = |value: Option<i64>, what| value.map(|value| fits(value, what, "goods")).transpose();
    let stock_left = fits(row.try_get(9)?, "stock", "goods")?;
    let deal = deals::read(row, 16)?;
    let goods = Goods {
        goods_id: id(row.try_get(0)?, "goods id", "goods")?,
        lot: fits(row.try_get(1)?, "lot number", "goods")?,
        title: row.try_get(2)?,
        note: row.try_get(3)?,
        description: row.try_get(4)?,
        kind: known(row.try_get(5)?, "kind of goods", "goods", GoodsKind::named)?,
        fins: small(row.try_get(6)?, "number of fins")?,
        price_fen: row.try_get(7)?,
        price_version: row.try_get(8)?,
        deal: deal.as_ref().map(|deal| deal.seen(stock_left)),
        stock_left,
        held: fits(row.try_get(10)?, "stock", "goods")?,
        limit_per_viewer: small(row.try_get(11)?, "limit")?,
        on_sale: row.try_get::<i64, _>(12)? != 0,
        pinned: row.try_get::<i64, _>(13)? != 0,
        picture: row.try_get(14)?,
    };
    let room_id = id(row.try_get(15)?, "room id", "goods")?;
    let (revision, sold) = (row.try_get(22)?, fits(row.try_get(23)?, "stock", "goods")?);
    Ok(GoodsRow { goods, room_id, deal, revision, sold })
}
