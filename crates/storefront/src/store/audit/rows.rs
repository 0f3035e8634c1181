//! Orders and ledger lines of a span of time, row by row.

use super::super::ledger::{CNY, FIN};
use super::super::{Reader, StoreError};
use crate::export::{LedgerRow, OrderRow};
use futures_util::TryStreamExt;
use sqlx::Row;

impl Reader {
    /// Hands on every order made in the span (Unix seconds, the end not included), oldest first, until one is refused.
    ///
    /// # Errors
    /// [`StoreError`]; inside it, what `take` refused with.
    pub async fn orders_between<E>(
        &mut self,
        (from, to): (i64, i64),
        take: &mut (dyn FnMut(OrderRow) -> Result<(), E> + Send),
    ) -> Result<Result<(), E>, StoreError> {
        let mut rows = sqlx::query(
            "SELECT o.created_at, o.order_id, o.room_id, o.goods_id, o.title, o.kind, o.state, o.quantity, o.amount_fen,
                o.fins, a.pay_type, a.channel_no
             FROM orders o LEFT JOIN attempts a ON a.order_id = o.order_id AND a.number =
                (SELECT MIN(p.number) FROM attempts p WHERE p.order_id = o.order_id AND p.paid_fen IS NOT NULL)
             WHERE o.created_at >= $1 AND o.created_at < $2 ORDER BY o.created_at, o.order_id",
        )
        .bind(from)
        .bind(to)
        .fetch(&mut self.connection);
        while let Some(row) = rows.try_next().await? {
            let text = |at: usize| row.try_get::<String, _>(at);
            let paid: (Option<String>, Option<String>) = (row.try_get(10)?, row.try_get(11)?);
            let taken = take(OrderRow {
                created_at: row.try_get(0)?,
                texts: [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?],
                quantity: row.try_get(7)?,
                amount_fen: row.try_get(8)?,
                fins: row.try_get(9)?,
                paid: paid.0.zip(paid.1),
            });
            if taken.is_err() {
                return Ok(taken);
            }
        }
        Ok(Ok(()))
    }

    /// Hands on every ledger line booked in the span (Unix seconds, the end not included), oldest first, until one is
    /// refused.
    ///
    /// # Errors
    /// [`StoreError`]; inside it, what `take` refused with.
    pub async fn ledger_between<E>(
        &mut self,
        (from, to): (i64, i64),
        take: &mut (dyn FnMut(LedgerRow) -> Result<(), E> + Send),
    ) -> Result<Result<(), E>, StoreError> {
        let mut rows = sqlx::query(
            "SELECT at, entry, account, unit, amount FROM ledger WHERE at >= $1 AND at < $2 ORDER BY at, entry, line",
        )
        .bind(from)
        .bind(to)
        .fetch(&mut self.connection);
        while let Some(row) = rows.try_next().await? {
            let (unit, amount): (String, i64) = (row.try_get(3)?, row.try_get(4)?);
            let taken = take(LedgerRow {
                at: row.try_get(0)?,
                entry: row.try_get(1)?,
                account: row.try_get(2)?,
                fen: (unit == CNY).then_some(amount),
                fins: (unit == FIN).then_some(amount),
            });
            if taken.is_err() {
                return Ok(taken);
            }
        }
        Ok(Ok(()))
    }
}
