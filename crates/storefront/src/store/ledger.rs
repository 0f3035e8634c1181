//! The ledger: double entry, append-only. Each entry has a name that says what it books, so it can be booked once.

use super::bulk::{Script, Value};
use order::PayType;
use order::state::RefundReason;

/// Money, in fen.
pub(super) const CNY: &str = "CNY";
/// Shark fins.
pub(super) const FIN: &str = "FIN";

/// Money that arrived and has not been delivered against or returned yet.
pub(super) const SUSPENSE: &str = "suspense";
pub(super) const SALES: &str = "sales";
pub(super) const REFUNDS_PAYABLE: &str = "refunds_payable";
pub(super) const FINS_ISSUED: &str = "fins_issued";
/// Before a viewer's id.
pub(super) const VIEWER_FINS: &str = "viewer_fins:";

/// Money that lies at a channel.
pub(super) fn cash(pay_type: PayType) -> String {
    format!("channel_cash:{pay_type}")
}

/// One entry of two lines: so much into `debit`, out of `credit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it books; it can be booked once.
    pub(super) name: String,
    /// [`CNY`] or [`FIN`].
    pub(super) unit: &'static str,
    /// The account it goes into.
    pub(super) debit: String,
    /// The account it comes out of.
    pub(super) credit: String,
    /// In fen, or in fins.
    pub(super) amount: i64,
}

impl Entry {
    fn of_money(name: String, debit: impl Into<String>, credit: impl Into<String>, amount: i64) -> Entry {
        Entry { name, unit: CNY, debit: debit.into(), credit: credit.into(), amount }
    }

    /// A payment arrived.
    pub(super) fn payment(pay_id: &str, pay_type: PayType, amount_fen: i64) -> Entry {
        Entry::of_money(format!("payment:{pay_id}"), cash(pay_type), SUSPENSE, amount_fen)
    }

    /// A paid order was delivered: the money is earned.
    pub(super) fn sale(order_id: &str, amount_fen: i64) -> Entry {
        Entry::of_money(format!("sale:{order_id}"), SUSPENSE, SALES, amount_fen)
    }

    /// Fins were credited to a viewer.
    pub(super) fn fins(order_id: &str, viewer_id: &str, fins: i64) -> Entry {
        let (debit, credit) = (FINS_ISSUED.to_owned(), format!("{VIEWER_FINS}{viewer_id}"));
        Entry { name: format!("fins:{order_id}"), unit: FIN, debit, credit, amount: fins }
    }

    /// Money is owed back.
    pub(super) fn refund_due(refund_id: &str, reason: RefundReason, amount_fen: i64) -> Entry {
        let from = if is_of_sale(reason) { SALES } else { SUSPENSE };
        Entry::of_money(format!("refund_due:{refund_id}"), from, REFUNDS_PAYABLE, amount_fen)
    }

    /// Money went back.
    pub(super) fn refund(refund_id: &str, pay_type: PayType, amount_fen: i64) -> Entry {
        Entry::of_money(format!("refund:{refund_id}"), REFUNDS_PAYABLE, cash(pay_type), amount_fen)
    }

    /// Its two lines: account and amount.
    pub(super) fn lines(&self) -> [(&str, i64); 2] {
        [(&self.debit, self.amount), (&self.credit, self.amount.saturating_neg())]
    }
}

/// Whether it is the money of goods that were delivered that goes back; otherwise it was never earned.
pub(super) const fn is_of_sale(reason: RefundReason) -> bool {
    match reason {
        RefundReason::Late | RefundReason::Twice | RefundReason::Returned | RefundReason::Mismatch => false,
        RefundReason::Streamer | RefundReason::Console => true,
    }
}

/// Books entries, each with its time.
pub(super) fn book(script: &mut Script, entries: &[(Entry, i64)]) {
    let lines = entries.iter().flat_map(|(entry, at)| {
        let lines = (1_i64..).zip(entry.lines());
        lines.map(|(line, (account, amount))| -> [Value; 6] {
            let name = entry.name.as_str().into();
            [name, line.into(), account.into(), entry.unit.into(), amount.into(), (*at).into()]
        })
    });
    let rows = lines.collect();
    script.add("INSERT INTO ledger (entry, line, account, unit, amount, at)", rows, "");
}
