//! Goods and their stock.

use super::batch::{Known, Share, Shares};
use super::bulk::{Questions, Script, Value};
use super::deals::{self, DealRow, NewDeal};
use super::rooms::{self, NewRoom};
use super::{Store, StoreError, fits, id, known};
use api::Goods;
use order::{Fen, GoodsId, GoodsKind, RoomId, ViewerId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, BTreeSet};

/// The columns of [`read`], in its order.
macro_rules! select {
    ($($rest:literal)?) => {
        concat!(
            "SELECT goods_id, lot, title, note, description, kind, fins, price_fen, price_version, available, reserved,
             limit_per_viewer, on_sale, pinned, picture, room_id, deal_version, deal_price_fen, deal_starts_at,
             deal_ends_at, deal_pieces, deal_taken, revision, sold, removed FROM goods ",
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

/// Pieces of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stock {
    pub(super) available: i64,
    pub(super) reserved: i64,
    pub(super) sold: i64,
    /// Of the deal it has.
    pub(super) deal_taken: i64,
}

impl Stock {
    fn of(row: &GoodsRow) -> Stock {
        Stock {
            available: row.goods.stock_left.into(),
            reserved: row.goods.held.into(),
            sold: row.sold.into(),
            deal_taken: row.deal.as_ref().map_or(0, |deal| deal.taken.into()),
        }
    }
}

/// An item as a batch of writes knows it.
#[derive(Clone, Debug)]
pub(crate) struct Shelved {
    /// The item, with its stock as it is now.
    pub(crate) row: GoodsRow,
    /// Whether it was removed, or the show it is sold in is over.
    is_off: bool,
    was: Stock,
}

impl Shelved {
    /// The item, if it can be ordered now.
    pub(crate) fn on_sale(&self) -> Option<&GoodsRow> {
        Some(&self.row).filter(|row| row.goods.on_sale && !self.is_off)
    }

    /// Moves pieces between what can be ordered, what is held and what is sold; those of an order at the deal's price are
    /// the deal's, too. `false` when there are not enough: then nothing moved.
    pub(crate) fn move_stock(&mut self, price_version: i64, moved: Moved) -> bool {
        let now = Stock::of(&self.row);
        let deal = self.row.deal.as_mut().filter(|deal| deal.price_version == price_version);
        let taken = now.deal_taken.saturating_sub(if deal.is_some() { moved.available } else { 0 });
        let pieces = |now: i64, more: i64| u32::try_from(now.saturating_add(more)).ok();
        let (Some(available), Some(reserved), Some(sold), Ok(taken)) = (
            pieces(now.available, moved.available),
            pieces(now.reserved, moved.reserved),
            pieces(now.sold, moved.sold),
            u32::try_from(taken),
        ) else {
            return false;
        };
        if let Some(deal) = deal {
            if moved.available < 0 && taken > deal.pieces {
                return false;
            }
            deal.taken = taken;
        }
        (self.row.goods.stock_left, self.row.goods.held, self.row.sold) = (available, reserved, sold);
        true
    }

    /// What the stock became more and less by since it was read, if it did.
    pub(super) fn change(&self) -> Option<Stock> {
        let now = Stock::of(&self.row);
        (now != self.was).then(|| Stock {
            available: now.available.saturating_sub(self.was.available),
            reserved: now.reserved.saturating_sub(self.was.reserved),
            sold: now.sold.saturating_sub(self.was.sold),
            deal_taken: now.deal_taken.saturating_sub(self.was.deal_taken),
        })
    }
}

/// Asks for items, and for the states of their rooms.
pub(super) fn ask(questions: &mut Questions, goods_ids: &BTreeSet<GoodsId>) {
    let keys = || goods_ids.iter().map(|goods_id| [goods_id.as_str().into()]).collect();
    questions.add(select!("WHERE goods_id IN ("), keys(), ")");
    let rooms = "SELECT room_id, state FROM rooms WHERE room_id IN (SELECT room_id FROM goods WHERE goods_id IN (";
    questions.add(rooms, keys(), "))");
}

/// The answer to [`ask`]. An item that was removed is still there for its orders; it is only not on sale.
pub(super) fn found(
    goods_ids: &BTreeSet<GoodsId>,
    rows: &[AnyRow],
    rooms: &[AnyRow],
) -> Result<BTreeMap<GoodsId, Option<Shelved>>, StoreError> {
    let mut over: BTreeMap<String, bool> = BTreeMap::new();
    for room in rooms {
        over.insert(room.try_get(0)?, rooms::is_over_in(room.try_get(1)?));
    }
    let mut found: BTreeMap<_, _> = goods_ids.iter().map(|goods_id| (goods_id.clone(), None)).collect();
    for row in rows {
        let is_removed = row.try_get::<i64, _>(24)? != 0;
        let row = read(row)?;
        let is_over = over.get(row.room_id.as_str()).is_none_or(|is_over| *is_over);
        let was = Stock::of(&row);
        let shelved = Shelved { row, is_off: is_removed || is_over, was };
        found.insert(shelved.row.goods.goods_id.clone(), Some(shelved));
    }
    Ok(found)
}

/// Writes what became of items' stock.
pub(super) fn save_stock(script: &mut Script, goods: &BTreeMap<GoodsId, Option<Shelved>>) {
    let row = |(goods_id, shelved): (&GoodsId, &Option<Shelved>)| -> Option<[Value; 5]> {
        let Stock { available, reserved, sold, deal_taken } = shelved.as_ref()?.change()?;
        Some([goods_id.as_str().into(), available.into(), reserved.into(), sold.into(), deal_taken.into()])
    };
    let set = "UPDATE goods SET available = available + v.column2, reserved = reserved + v.column3,
            sold = sold + v.column4, deal_taken = deal_taken + v.column5 FROM (";
    script.add(set, goods.iter().filter_map(row).collect(), ") AS v WHERE goods.goods_id = v.column1");
}

/// Asks what viewers have of items.
pub(super) fn ask_shares(questions: &mut Questions, wanted: &BTreeSet<(ViewerId, GoodsId)>) {
    let keys = wanted.iter().map(|(viewer, goods)| [viewer.as_str().into(), goods.as_str().into()]).collect();
    let query = "SELECT viewer_id, goods_id, pieces, open_order_id FROM shares WHERE (viewer_id, goods_id) IN (";
    questions.add(query, keys, ")");
}

/// The answer to [`ask_shares`].
pub(super) fn shares(wanted: &BTreeSet<(ViewerId, GoodsId)>, rows: &[AnyRow]) -> Result<Shares, StoreError> {
    let mut found: BTreeMap<_, _> = wanted.iter().map(|key| (key.clone(), Known::new(None))).collect();
    for row in rows {
        let key = (id(row.try_get(0)?, "viewer id", "shares")?, id(row.try_get(1)?, "goods id", "shares")?);
        let share = Share { pieces: fits(row.try_get(2)?, "number of pieces", "shares")?, open: row.try_get(3)? };
        found.insert(key, Known::new(Some(share)));
    }
    Ok(found)
}

/// Writes what viewers have of items.
pub(super) fn save_shares(script: &mut Script, shares: &Shares) {
    let changed = shares.iter().filter(|(_, known)| known.was != known.now);
    let row = |(viewer, goods): &(ViewerId, GoodsId), share: &Share| -> [Value; 4] {
        [viewer.as_str().into(), goods.as_str().into(), i64::from(share.pieces).into(), share.open.as_deref().into()]
    };
    let rows = changed.filter_map(|(key, known)| Some(row(key, known.now.as_ref()?))).collect();
    let again = " ON CONFLICT (viewer_id, goods_id) DO UPDATE SET pieces = excluded.pieces,
        open_order_id = excluded.open_order_id";
    script.add("INSERT INTO shares (viewer_id, goods_id, pieces, open_order_id)", rows, again);
}

fn read(row: &AnyRow) -> Result<GoodsRow, StoreError> {
    let small = |value: Option<i64>, what| value.map(|value| fits(value, what, "goods")).transpose();
    let stock_left = fits(row.try_get(9)?, "stock", "goods")?;
    let deal = deals::read(row, 16)?;
    let goods = Goods {
        goods_id: id(row.try_get(0)?, "goods id", "goods")?,
        // The lot of a removed item lies below 0: its number is another's.
        lot: fits(row.try_get::<i64, _>(1)?.max(0), "lot number", "goods")?,
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
