//! Receipts: checked against the pinned key before they are shown, and kept as the shop signed them.

use crate::views::{MoneyBack, ReceiptPaid, ReceiptView};
use api::ShopKey;
use api::receipt::{self, ReceiptError};
use order::OrderId;
use order::state::RefundState;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Most files of one order's receipt in one folder.
const COPIES_MAX: u32 = 99;

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

/// Writes a receipt into `folder` as the shop signed it, and says where. A file that is there already is never
/// overwritten: the same receipt counts as saved, another one gets a number.
///
/// # Errors
/// The disk's.
pub fn save(folder: &Path, order_id: &OrderId, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    for copy in 1..=COPIES_MAX {
        let number = if copy == 1 { String::new() } else { format!("-{copy}") };
        let path = folder.join(format!("liveshop-receipt-{order_id}{number}.json"));
        match File::options().write(true).create_new(true).open(&path) {
            Ok(file) => return fill(file, text).map(|()| path.clone()).inspect_err(|_| drop(fs::remove_file(&path))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
                    return Ok(path);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("{} holds {COPIES_MAX} receipts of this order already", folder.display())))
}

fn fill(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_receipt_is_what_came_and_never_overwrites_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let downloads = folder.path().join("Downloads");
        let order_id = OrderId::from_bits(7);
        let first = save(&downloads, &order_id, "{\"one\":1}").unwrap();
        assert_eq!(first.file_name().unwrap().to_str().unwrap(), format!("liveshop-receipt-{order_id}.json"));
        assert_eq!(save(&downloads, &order_id, "{\"one\":1}").unwrap(), first);
        let second = save(&downloads, &order_id, "{\"two\":2}").unwrap();
        assert_eq!(second.file_name().unwrap().to_str().unwrap(), format!("liveshop-receipt-{order_id}-2.json"));
        assert_eq!(fs::read_to_string(&first).unwrap(), "{\"one\":1}");
        assert_eq!(fs::read_to_string(&second).unwrap(), "{\"two\":2}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(save(&file, &OrderId::from_bits(7), "{}").is_err());
    }
}
