//! The whole desk of a streamer, as it is at one moment.

use super::{Store, StoreError, Streamer, fits, goods, rooms};
use api::studio::StudioGoods;
use api::{Room, Studio};
use order::PayType;
use sqlx::{AnyConnection, Connection, Row};
use std::collections::BTreeMap;

impl Store {
    /// The room of a streamer and its goods. `None` when the room is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn desk(
        &self,
        streamer: &Streamer,
        pay_types: Vec<PayType>,
        now: i64,
    ) -> Result<Option<Studio>, StoreError> {
        let mut connection = self.read().await?;
        // One transaction: room, goods and orders of the same moment.
        let mut tx = connection.begin().await?;
        let Some(row) = rooms::find(&mut tx, &streamer.room_id).await? else { return Ok(None) };
        let shelf = goods::shelf(&mut tx, &streamer.room_id).await?;
        let open = open_orders(&mut tx).await?;
        tx.commit().await?;
        let goods = shelf.into_iter().map(|row| StudioGoods {
            revision: row.revision,
            sold: row.sold,
            open_orders: open.get(row.goods.goods_id.as_str()).copied().unwrap_or(0),
            last_deal: row.goods.deal.clone(),
            item: row.seen(now),
        });
        Ok(Some(Studio {
            streamer: streamer.name.clone(),
            room: Room { pay_types, ..row.room },
            room_revision: row.revision,
            live_since: row.live_since,
            goods: goods.collect(),
            now_s: now,
        }))
    }
}

/// Open orders that hold pieces, by item.
async fn open_orders(tx: &mut AnyConnection) -> Result<BTreeMap<String, u32>, StoreError> {
    // By state alone: few orders are open, however many a room has had.
    let open = "SELECT goods_id, COUNT(*) FROM orders WHERE state IN ('reserved', 'awaiting_payment', 'closing')
        GROUP BY goods_id";
    let rows = sqlx::query(open).fetch_all(tx).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, fits(row.try_get(1)?, "number of orders", "orders")?))).collect()
}
