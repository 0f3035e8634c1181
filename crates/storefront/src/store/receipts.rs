//! An order's receipt, read from the rows. What the journal says is for the reader to compare.

use super::journal;
use super::orders::Record;
use super::{Store, StoreError};
use api::receipt::{Outcome, Receipt, ReceiptPayment, ReceiptRefund};
use order::state::Attempt;
use order::{Fen, OrderId};
use sqlx::{AnyConnection, Connection, Row};

impl Store {
    /// The receipt of an order, and whose order it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn receipt(&self, order_id: &OrderId) -> Result<Option<(Record, Receipt)>, StoreError> {
        let mut connection = self.read().await?;
        // One transaction: rows and journal lines of the same moment.
        let mut transaction = connection.begin().await?;
        let Some(record) = super::load(&mut transaction, order_id).await? else { return Ok(None) };
        let receipt = read(&mut transaction, &record).await?;
        transaction.commit().await?;
        Ok(Some((record, receipt)))
    }
}

/// The receipt of an order that was read in the same transaction.
pub(super) async fn read(tx: &mut AnyConnection, record: &Record) -> Result<Receipt, StoreError> {
    let Record { order, snapshot, .. } = record;
    let delivered = sqlx::query("SELECT delivered_at FROM deliveries WHERE order_id = $1")
        .bind(order.id.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let delivered_at = delivered.map(|row| row.try_get(0)).transpose()?;
    let paid = order.attempts.iter().filter_map(|attempt| Some((attempt, attempt.paid?)));
    let payments = paid.map(|(attempt, amount)| payment(record, attempt, amount)).collect::<Result<_, _>>()?;
    let refunds = order.refunds.iter().map(|refund| ReceiptRefund {
        refund_id: refund.refund_id.clone(),
        pay_id: refund.pay_id.clone(),
        amount_fen: refund.amount.get(),
        reason: refund.reason,
        state: refund.state,
    });
    Ok(Receipt {
        order_id: order.id.clone(),
        goods_id: snapshot.goods_id.clone(),
        title: snapshot.title.clone(),
        kind: snapshot.kind,
        quantity: snapshot.quantity,
        amount_fen: order.amount.get(),
        fins: snapshot.fins,
        created_at: snapshot.created_at,
        outcome: Outcome { state: order.state, delivered_at },
        payments,
        refunds: refunds.collect(),
        journal: journal::lines_of(tx, order.id.as_str()).await?,
    })
}

fn payment(record: &Record, attempt: &Attempt, amount: Fen) -> Result<ReceiptPayment, StoreError> {
    let trade = record.trades.get(&attempt.pay_id);
    let booked = trade.and_then(|trade| Some((trade, trade.channel_no.clone()?, trade.paid_at?)));
    let (trade, channel_no, paid_at) = booked.ok_or_else(|| StoreError::Damaged {
        table: "attempts",
        value: attempt.pay_id.to_string(),
        what: "paid attempt with the channel's number and time",
    })?;
    Ok(ReceiptPayment {
        pay_id: attempt.pay_id.clone(),
        pay_type: attempt.pay_type,
        partner_id: trade.merchant.partner_id.clone(),
        app_id: trade.merchant.app_id.clone(),
        channel_no,
        amount_fen: amount.get(),
        paid_at,
    })
}
