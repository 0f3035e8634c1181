//! Deals: a lower price of an item, for a while and for some pieces.

use super::{Store, StoreError, fits, goods};
use order::{Fen, GoodsId, RoomId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// A deal to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeal {
    /// Price of one piece.
    pub price: Fen,
    /// When it begins, Unix seconds.
    pub starts_at: i64,
    /// When it ends, Unix seconds.
    pub ends_at: i64,
    /// For how many pieces.
    pub pieces: u32,
}

/// Why an item does not get a deal.
#[derive(Debug, thiserror::Error)]
pub enum DealError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such item.
    #[error("there is no such item")]
    NoSuchGoods,
    /// Its price.
    #[error("the price of a deal must be below the item's own, {own} fen, and above 0")]
    Price {
        /// The item's own price, fen.
        own: i64,
    },
    /// Its time.
    #[error("a deal must end after it begins")]
    Time,
    /// Its pieces.
    #[error("a deal must be for 1 to {available} pieces, which are what can be ordered")]
    Pieces {
        /// Pieces that can be ordered.
        available: u32,
    },
}

impl From<sqlx::Error> for DealError {
    fn from(error: sqlx::Error) -> DealError {
        DealError::Store(error.into())
    }
}

/// The deal an item has or had last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealRow {
    /// Price of one piece, fen.
    pub price_fen: i64,
    /// The version of that price.
    pub price_version: i64,
    /// When it begins, Unix seconds.
    pub starts_at: i64,
    /// When it ends, Unix seconds.
    pub ends_at: i64,
    /// For how many pieces.
    pub pieces: u32,
    /// Pieces of orders at its price that hold stock or have bought it.
    pub taken: u32,
}

impl DealRow {
    /// Pieces that can still be had at its price.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.pieces.saturating_sub(self.taken)
    }

    /// Whether its price is the item's now.
    #[must_use]
    pub fn runs(&self, now: i64) -> bool {
        (self.starts_at..self.ends_at).contains(&now) && self.left() > 0
    }

    /// As a viewer sees it, of an item of which `stock_left` pieces are left.
    pub(super) fn seen(&self, stock_left: u32) -> api::Deal {
        api::Deal {
            price_fen: self.price_fen,
            price_version: self.price_version,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            pieces: self.pieces,
            pieces_left: self.left().min(stock_left),
        }
    }
}

/// Reads the deal out of six columns from `first` on: version, price, begin, end, pieces, taken.
pub(super) fn read(row: &AnyRow, first: usize) -> Result<Option<DealRow>, StoreError> {
    let at = |column: usize| row.try_get::<Option<i64>, _>(first.saturating_add(column));
    let (Some(price_version), Some(price_fen), Some(starts_at), Some(ends_at), Some(pieces)) =
        (at(0)?, at(1)?, at(2)?, at(3)?, at(4)?)
    else {
        return Ok(None);
    };
    let pieces = fits(pieces, "number of pieces", "goods")?;
    let taken = fits(at(5)?.unwrap_or(0), "number of pieces", "goods")?;
    Ok(Some(DealRow { price_fen, price_version, starts_at, ends_at, pieces, taken }))
}

impl Store {
    /// Gives an item a deal in place of the one it had, or ends the one it has. Orders made at the old price keep it, also
    /// when they are paid late. Says in which room the item is sold, whose listeners are to be told.
    ///
    /// # Errors
    /// [`DealError`]; nothing was changed.
    pub async fn set_deal(&self, goods_id: GoodsId, deal: Option<NewDeal>) -> Result<RoomId, DealError> {
        self.write(move |tx| Box::pin(async move { set(tx, &goods_id, deal).await })).await
    }
}

pub(super) async fn set(
    tx: &mut AnyConnection,
    goods_id: &GoodsId,
    deal: Option<NewDeal>,
) -> Result<RoomId, DealError> {
    let row = goods::find(tx, goods_id).await?.ok_or(DealError::NoSuchGoods)?;
    let (own, version) = (row.goods.price_fen, row.goods.price_version);
    let Some(deal) = deal else {
        end(tx, goods_id, 0).await?;
        return Ok(row.room_id);
    };
    if deal.price == Fen::ZERO || deal.price.get() >= own {
        return Err(DealError::Price { own });
    }
    if deal.ends_at <= deal.starts_at {
        return Err(DealError::Time);
    }
    let available = row.goods.stock_left;
    if deal.pieces == 0 || deal.pieces > available {
        return Err(DealError::Pieces { available });
    }
    sqlx::query(
        "UPDATE goods SET deal_version = CASE WHEN COALESCE(deal_version, 0) > $2 THEN deal_version ELSE $2 END + 1,
            deal_price_fen = $3, deal_starts_at = $4, deal_ends_at = $5, deal_pieces = $6, deal_taken = 0
         WHERE goods_id = $1",
    )
    .bind(goods_id.as_str())
    .bind(version)
    .bind(deal.price.get())
    .bind(deal.starts_at)
    .bind(deal.ends_at)
    .bind(i64::from(deal.pieces))
    .execute(tx)
    .await?;
    Ok(row.room_id)
}

/// Ends an item's deal, or keeps it from beginning. Only its time is over: orders at its price may still come back, and
/// no later price may have its version.
pub(super) async fn end(tx: &mut AnyConnection, goods_id: &GoodsId, now: i64) -> Result<(), StoreError> {
    let end = "UPDATE goods SET deal_starts_at = CASE WHEN deal_starts_at > $2 THEN $2 ELSE deal_starts_at END,
            deal_ends_at = CASE WHEN deal_ends_at > $2 THEN $2 ELSE deal_ends_at END
        WHERE goods_id = $1 AND deal_version IS NOT NULL";
    sqlx::query(end).bind(goods_id.as_str()).bind(now).execute(tx).await?;
    Ok(())
}
