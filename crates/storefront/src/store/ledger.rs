//! The ledger: double entry, append-only. Each entry has a name that says what it books, so it can be booked once.

use super::StoreError;
use order::PayType;
use order::state::RefundReason;
use sqlx::AnyConnection;

/// Money, in fen.
const CNY: &str = "CNY";
/// Shark fins.
const FIN: &str = "FIN";

/// Money that arrived and has not been delivered against or returned yet.
const SUSPENSE: &str = "suspense";
const SALES: &str = "sales";
const REFUNDS_PAYABLE: &str = "refunds_payable";
const FINS_ISSUED: &str = "fins_issued";

fn cash(pay_type: PayType) -> String {
    format!("channel_cash:{pay_type}")
}

/// A payment arrived.
pub(super) async fn book_payment(
    tx: &mut AnyConnection,
    pay_id: &str,
    pay_type: PayType,
    amount_fen: i64,
    at: i64,
) -> Result<(), StoreError> {
    book(tx, &format!("payment:{pay_id}"), CNY, &cash(pay_type), SUSPENSE, amount_fen, at).await
}

/// A paid order was delivered: the money is earned.
pub(super) async fn book_sale(
    tx: &mut AnyConnection,
    order_id: &str,
    amount_fen: i64,
    at: i64,
) -> Result<(), StoreError> {
    book(tx, &format!("sale:{order_id}"), CNY, SUSPENSE, SALES, amount_fen, at).await
}

/// Fins were credited to a viewer.
pub(super) async fn book_fins(
    tx: &mut AnyConnection,
    order_id: &str,
    viewer_id: &str,
    fins: i64,
    at: i64,
) -> Result<(), StoreError> {
    book(tx, &format!("fins:{order_id}"), FIN, FINS_ISSUED, &format!("viewer_fins:{viewer_id}"), fins, at).await
}

/// Money is owed back.
pub(super) async fn book_refund_due(
    tx: &mut AnyConnection,
    refund_id: &str,
    reason: RefundReason,
    amount_fen: i64,
    at: i64,
) -> Result<(), StoreError> {
    let from = match reason {
        RefundReason::Late | RefundReason::Twice | RefundReason::Returned | RefundReason::Mismatch => SUSPENSE,
        RefundReason::Streamer | RefundReason::Console => SALES,
    };
    book(tx, &format!("refund_due:{refund_id}"), CNY, from, REFUNDS_PAYABLE, amount_fen, at).await
}

/// Money went back.
pub(super) async fn book_refund(
    tx: &mut AnyConnection,
    refund_id: &str,
    pay_type: PayType,
    amount_fen: i64,
    at: i64,
) -> Result<(), StoreError> {
    book(tx, &format!("refund:{refund_id}"), CNY, REFUNDS_PAYABLE, &cash(pay_type), amount_fen, at).await
}

/// Writes one entry of two lines: `amount` into `debit`, out of `credit`.
async fn book(
    tx: &mut AnyConnection,
    entry: &str,
    unit: &str,
    debit: &str,
    credit: &str,
    amount: i64,
    at: i64,
) -> Result<(), StoreError> {
    for (line, account, amount) in [(1_i64, debit, amount), (2, credit, amount.saturating_neg())] {
        sqlx::query("INSERT INTO ledger (entry, line, account, unit, amount, at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(entry)
            .bind(line)
            .bind(account)
            .bind(unit)
            .bind(amount)
            .bind(at)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
