//! A room's orders for a spreadsheet, oldest first, some at a time.

use super::lists::name;
use super::studio_papers::buyer;
use super::{Store, StoreError, addresses, id};
use api::{OrderFilter, PostalAddress};
use order::RoomId;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Rows read at a time.
const ROWS: i64 = 500;

/// An order as a spreadsheet wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// Its id.
    pub order_id: String,
    /// Tells viewers apart.
    pub buyer: String,
    /// Its goods' name when it was made.
    pub title: String,
    /// What delivery means.
    pub kind: String,
    /// Pieces.
    pub quantity: i64,
    /// Where it stands.
    pub state: String,
    /// What is due, fen.
    pub amount_fen: i64,
    /// The channel of the payment that came first.
    pub pay_type: Option<String>,
    /// That channel's number of it.
    pub channel_no: Option<String>,
    /// When that channel booked it, Unix seconds.
    pub paid_at: Option<i64>,
    /// What went back, fen.
    pub refunded_fen: i64,
    /// What is on its way back, fen.
    pub going_back_fen: i64,
    /// Who carries it.
    pub carrier: Option<String>,
    /// The carrier's number.
    pub number: Option<String>,
    /// When it was sent, Unix seconds.
    pub shipped_at: Option<i64>,
    /// What the viewer wrote.
    pub note: Option<String>,
    /// Where it is sent; only of what is to be sent.
    pub address: Option<PostalAddress>,
}

impl Store {
    /// The next orders of a room's list after one of them; of none, the first. Empty after the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sheet_rows(
        &self,
        room_id: &RoomId,
        list: OrderFilter,
        after: Option<&SheetRow>,
    ) -> Result<Vec<SheetRow>, StoreError> {
        let mut connection = self.read().await?;
        let (at, order_id) = after.map_or((i64::MIN, ""), |row| (row.created_at, row.order_id.as_str()));
        let rows = sqlx::query(
            "SELECT l.created_at, l.order_id, o.viewer_id, o.title, o.kind, o.quantity, o.state, o.amount_fen,
                a.pay_type, a.channel_no, a.paid_at,
                (SELECT CAST(COALESCE(SUM(r.amount_fen), 0) AS BIGINT) FROM refunds r
                    WHERE r.order_id = o.order_id AND r.state = 'done'),
                (SELECT CAST(COALESCE(SUM(r.amount_fen), 0) AS BIGINT) FROM refunds r
                    WHERE r.order_id = o.order_id AND r.state NOT IN ('done', 'closed')),
                s.carrier, s.number, s.shipped_at, o.note, o.address
             FROM order_lists l JOIN orders o ON o.order_id = l.order_id
             LEFT JOIN attempts a ON a.order_id = o.order_id AND a.number =
                (SELECT MIN(p.number) FROM attempts p WHERE p.order_id = o.order_id AND p.paid_fen IS NOT NULL)
             LEFT JOIN shipments s ON s.order_id = o.order_id
             WHERE l.room_id = $1 AND l.list = $2 AND l.created_at >= $3
                AND (l.created_at > $3 OR l.order_id > $4) ORDER BY l.created_at, l.order_id LIMIT $5",
        )
        .bind(room_id.as_str())
        .bind(name(list))
        .bind(at)
        .bind(order_id)
        .bind(ROWS)
        .fetch_all(&mut *connection)
        .await?;
        rows.iter().map(|row| read(row, room_id, list == OrderFilter::ToShip)).collect()
    }
}

fn read(row: &AnyRow, room_id: &RoomId, is_to_ship: bool) -> Result<SheetRow, StoreError> {
    let address: Option<String> = row.try_get(17)?;
    Ok(SheetRow {
        created_at: row.try_get(0)?,
        order_id: row.try_get(1)?,
        buyer: buyer(room_id, &id(row.try_get(2)?, "viewer id", "orders")?),
        title: row.try_get(3)?,
        kind: row.try_get(4)?,
        quantity: row.try_get(5)?,
        state: row.try_get(6)?,
        amount_fen: row.try_get(7)?,
        pay_type: row.try_get(8)?,
        channel_no: row.try_get(9)?,
        paid_at: row.try_get(10)?,
        refunded_fen: row.try_get(11)?,
        going_back_fen: row.try_get(12)?,
        carrier: row.try_get(13)?,
        number: row.try_get(14)?,
        shipped_at: row.try_get(15)?,
        note: row.try_get(16)?,
        address: address.filter(|_| is_to_ship).map(addresses::kept).transpose()?,
    })
}
