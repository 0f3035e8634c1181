//! Receipts: checked against the pinned key before they are shown, and kept as the shop signed them.

use crate::downloads;
use crate::views::{MoneyBack, ReceiptPaid, ReceiptView};
use api::ShopKey;
use api::receipt::{self, ReceiptError};
use order::OrderId;
use order::state::RefundState;
use std::io;
use std::path::{Path, PathBuf};

/// What a signed receipt says, if this very shop signed it and it contradicts itself nowhere.
///
/// # Errors
/// [`ReceiptError`].
pub fn view(text: &str, key: &ShopKey) -> Result<ReceiptView, ReceiptError> {
    let receipt::Verified { receipt, key, timestamp, .. } = receipt::verify_text(text, Some(key))?;
    let paid = receipt.payments.iter().map(|payment| ReceiptPaid {
        pay_type: payment.pay_type,
        channel_no: payment.channel_no.clone(),
        amount_fen: payment.amount_fen,
        paid_at: payment.paid_at,
    });
    let refunds = receipt.refunds.iter().filter_map(|refund| {
        let payment = receipt.payments.iter().find(|payment| payment.pay_id == refund.pay_id)?;
        Some(MoneyBack {
            reason: refund.reason,
            amount_fen: refund.amount_fen,
            pay_type: payment.pay_type,
            done: refund.state == RefundState::Done,
        })
    });
    Ok(ReceiptView {
        payments: paid.collect(),
        refunds: refunds.collect(),
        order_id: receipt.order_id.to_string(),
        title: receipt.title,
        quantity: receipt.quantity,
        amount_fen: receipt.amount_fen,
        fins: receipt.fins,
        created_at: receipt.created_at,
        delivered_at: receipt.outcome.delivered_at,
        state: receipt.outcome.state,
        shop_key: key.fingerprint(),
        signed_at: timestamp,
    })
}

/// Writes a receipt into `folder` as the shop signed it, and says where.
///
/// # Errors
/// The disk's.
pub fn save(folder: &Path, order_id: &OrderId, text: &str) -> io::Result<PathBuf> {
    downloads::save(folder, &format!("liveshop-receipt-{order_id}"), "json", text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_saved_as_it_came_under_the_number_of_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let order_id = OrderId::from_bits(7);
        let path = save(folder.path(), &order_id, "{\"one\":1}").unwrap();
        assert_eq!(path.file_name().unwrap().to_str().unwrap(), format!("liveshop-receipt-{order_id}.json"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"one\":1}");
    }
}
