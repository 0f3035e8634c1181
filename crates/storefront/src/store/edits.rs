//! A streamer's edits: who makes them, and why one is not taken.

use super::deals::DealError;
use super::goods::{self, GoodsRow};
use super::journal::{self, Act};
use super::{StoreError, Streamer};
use api::Goods;
use api::studio::STOCK_MAX;
use order::{GoodsId, RoomId};
use sqlx::AnyConnection;

/// Who does it, and when.
#[derive(Clone, Debug)]
pub struct By {
    /// The streamer.
    pub streamer: Streamer,
    /// Unix seconds.
    pub now: i64,
}

impl By {
    /// What is done, to be written in the journal.
    pub(crate) fn act<'a>(&'a self, act: &'static str, about: &'a str) -> Act<'a> {
        Act { streamer_id: &self.streamer.streamer_id, act, about, at: self.now }
    }

    pub(super) fn room(&self) -> &RoomId {
        &self.streamer.room_id
    }
}

/// Why an edit was not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The room has no such item, or no longer.
    #[error("there is no such item in your room")]
    NoSuchGoods,
    /// The room is gone.
    #[error("your room is gone")]
    NoSuchRoom,
    /// Somebody else changed it after it was read.
    #[error("somebody else changed it meanwhile; look again and decide anew")]
    Stale,
    /// More pieces are to go than can be ordered.
    #[error("only {left} pieces can be taken away; the rest is sold or held by open orders")]
    TooFew {
        /// Pieces that can be ordered.
        left: u32,
    },
    /// More pieces would wait than may.
    #[error("at most {STOCK_MAX} pieces of an item can wait for buyers")]
    TooMany,
    /// There is no such picture.
    #[error("there is no such picture; send it first")]
    NoSuchPicture,
    /// It would no longer cost more than its deal.
    #[error("its deal costs {deal} fen; end the deal first, or keep the price above it")]
    BelowDeal {
        /// The deal's price, fen.
        deal: i64,
    },
    /// Viewers cannot buy what would be explained to them.
    #[error("this item is not on sale; put it on sale before you explain it")]
    NotOnSale,
    /// The deal itself.
    #[error(transparent)]
    Deal(DealError),
}

impl From<sqlx::Error> for EditError {
    fn from(error: sqlx::Error) -> EditError {
        EditError::Store(error.into())
    }
}

impl From<DealError> for EditError {
    fn from(error: DealError) -> EditError {
        match error {
            DealError::Store(error) => EditError::Store(error),
            DealError::NoSuchGoods => EditError::NoSuchGoods,
            DealError::Price { .. } | DealError::Time | DealError::Pieces { .. } => EditError::Deal(error),
        }
    }
}

/// An item of the streamer's own room.
pub(super) async fn own(tx: &mut AnyConnection, by: &By, goods_id: &GoodsId) -> Result<GoodsRow, EditError> {
    let row = goods::find(tx, goods_id).await?;
    row.filter(|row| row.room_id == *by.room()).ok_or(EditError::NoSuchGoods)
}

/// Writes down what became of an item, and says in which line of the journal.
pub(super) async fn journal_item(
    tx: &mut AnyConnection,
    by: &By,
    act: &'static str,
    before: &Goods,
) -> Result<i64, EditError> {
    let after = own(tx, by, &before.goods_id).await?;
    Ok(journal::append_act(tx, &by.act(act, before.goods_id.as_str()), before, &after.goods).await?)
}
