//! The channels' bills: which were read, and what our books say about their lines.

use super::{Store, StoreError, fits, id, known};
use order::state::{RefundReason, RefundState};
use order::{Fen, OrderId, PayId, PayType, RefundId};
use sqlx::Row;
use sqlx::any::AnyRow;

/// What is known of one day's bill of one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillState {
    /// When it was last read to its end, Unix seconds.
    pub read_at: Option<i64>,
    /// Its lines at that time.
    pub lines: i64,
    /// What differed then and remained so, in words.
    pub differences: Vec<String>,
    /// Tries in a row since that gave no bill.
    pub fails: i64,
    /// When it is tried again after such a try, Unix seconds.
    pub retry_at: Option<i64>,
}

/// An attempt as our books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedAttempt {
    /// Its order.
    pub order_id: OrderId,
    /// Its channel.
    pub pay_type: PayType,
    /// What was collected, if anything was.
    pub paid: Option<Fen>,
    /// The channel's own number of that payment.
    pub channel_no: Option<String>,
}

/// A refund as our books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedRefund {
    /// Its number.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Fen,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub state: RefundState,
}

impl Store {
    /// What is known of a day's bill (`yyyy-MM-dd`).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bill(&self, day: &str, pay_type: PayType) -> Result<BillState, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query(
            "SELECT read_at, lines, differences, fails, retry_at FROM bills WHERE day = $1 AND pay_type = $2",
        )
        .bind(day)
        .bind(pay_type.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(BillState::default()) };
        let words: String = row.try_get(2)?;
        let damaged = |_| StoreError::Damaged { table: "bills", value: words.clone(), what: "list of differences" };
        Ok(BillState {
            read_at: row.try_get(0)?,
            lines: row.try_get(1)?,
            differences: serde_json::from_str(&words).map_err(damaged)?,
            fails: row.try_get(3)?,
            retry_at: row.try_get(4)?,
        })
    }

    /// Notes that a day's bill was read to its end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bill_read(
        &self,
        day: &str,
        pay_type: PayType,
        lines: i64,
        differences: &[String],
        now: i64,
    ) -> Result<(), StoreError> {
        // Texts always have a JSON form.
        let words = serde_json::to_string(differences).unwrap_or_default();
        let day = day.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO bills (day, pay_type, read_at, lines, differences, fails, retry_at)
                     VALUES ($1, $2, $3, $4, $5, 0, NULL) ON CONFLICT (day, pay_type) DO UPDATE
                     SET read_at = $3, lines = $4, differences = $5, fails = 0, retry_at = NULL",
                )
                .bind(day)
                .bind(pay_type.as_str())
                .bind(now)
                .bind(lines)
                .bind(words)
                .execute(tx)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Notes that a try gave no bill. What an earlier one gave stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bill_not_read(
        &self,
        day: &str,
        pay_type: PayType,
        fails: i64,
        retry_at: i64,
    ) -> Result<(), StoreError> {
        let day = day.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO bills (day, pay_type, read_at, lines, differences, fails, retry_at)
                     VALUES ($1, $2, NULL, 0, '[]', $3, $4)
                     ON CONFLICT (day, pay_type) DO UPDATE SET fails = $3, retry_at = $4",
                )
                .bind(day)
                .bind(pay_type.as_str())
                .bind(fails)
                .bind(retry_at)
                .execute(tx)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// When the shop's first order was made, Unix seconds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn first_order_at(&self) -> Result<Option<i64>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT MIN(created_at) FROM orders").fetch_one(&mut *connection).await?;
        Ok(row.try_get(0)?)
    }

    /// An attempt, if it is ours.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn booked_attempt(&self, pay_id: &PayId) -> Result<Option<BookedAttempt>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT order_id, pay_type, paid_fen, channel_no FROM attempts WHERE pay_id = $1")
            .bind(pay_id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        let read = |row: AnyRow| {
            let paid: Option<i64> = row.try_get(2)?;
            Ok(BookedAttempt {
                order_id: id(row.try_get(0)?, "order id", "attempts")?,
                pay_type: known(row.try_get(1)?, "payment type", "attempts", PayType::named)?,
                paid: paid.map(|fen| fits(fen, "amount", "attempts")).transpose()?,
                channel_no: row.try_get(3)?,
            })
        };
        row.map(read).transpose()
    }

    /// The refunds of an attempt.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn booked_refunds(&self, order_id: &OrderId, pay_id: &PayId) -> Result<Vec<BookedRefund>, StoreError> {
        let mut connection = self.read().await?;
        let rows = sqlx::query(
            "SELECT refund_id, amount_fen, reason, state FROM refunds WHERE order_id = $1 AND pay_id = $2
             ORDER BY number",
        )
        .bind(order_id.as_str())
        .bind(pay_id.as_str())
        .fetch_all(&mut *connection)
        .await?;
        let read = |row: &AnyRow| {
            Ok(BookedRefund {
                refund_id: id(row.try_get(0)?, "refund id", "refunds")?,
                amount: fits(row.try_get(1)?, "amount", "refunds")?,
                reason: known(row.try_get(2)?, "reason of a refund", "refunds", RefundReason::named)?,
                state: known(row.try_get(3)?, "refund state", "refunds", RefundState::named)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// The attempts of a channel that were paid from `from_s` to before `to_s` by the channel's own time, Unix seconds,
    /// with what was collected.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn paid_between(
        &self,
        pay_type: PayType,
        from_s: i64,
        to_s: i64,
    ) -> Result<Vec<(OrderId, PayId, Fen)>, StoreError> {
        let mut connection = self.read().await?;
        let rows = sqlx::query(
            "SELECT order_id, pay_id, paid_fen FROM attempts
             WHERE pay_type = $1 AND paid_at >= $2 AND paid_at < $3 AND paid_fen IS NOT NULL",
        )
        .bind(pay_type.as_str())
        .bind(from_s)
        .bind(to_s)
        .fetch_all(&mut *connection)
        .await?;
        let read = |row: &AnyRow| {
            Ok((
                id(row.try_get(0)?, "order id", "attempts")?,
                id(row.try_get(1)?, "payment id", "attempts")?,
                fits(row.try_get(2)?, "amount", "attempts")?,
            ))
        };
        rows.iter().map(read).collect()
    }
}
