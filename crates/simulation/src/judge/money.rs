//! The ledger, held against the orders, the viewers' balances and the channels' own books.

use super::Judge;
use super::step::is_undelivered;
use crate::books::Books;
use crate::failure::{Failure, broken};
use order::PayType;
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};

/// One entry: its lines by account and unit.
type Entry = BTreeMap<(String, String), i64>;

impl Judge {
    /// Invariants 5 to 7: every entry is one of those that the orders call for, and none is missing.
    pub(super) async fn check_money(&mut self, books: &Books) -> Result<(), Failure> {
        let found = self.entries().await?;
        let wanted = self.wanted();
        for (name, lines) in &wanted {
            if found.get(name) != Some(lines) {
                return broken(format!("the ledger should have {name} as {lines:?}; it has {:?}", found.get(name)));
            }
        }
        if let Some((name, lines)) = found.iter().find(|(name, _)| !wanted.contains_key(*name)) {
            return broken(format!("the ledger has {name} as {lines:?}, which nothing called for"));
        }
        let mut accounts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for lines in found.values() {
            if lines.values().sum::<i64>() != 0 {
                return broken(format!("an entry does not balance: {lines:?}"));
            }
            for ((account, unit), amount) in lines {
                *accounts.entry((account, unit)).or_default() += amount;
            }
        }
        let account = |name: &str, unit: &str| accounts.get(&(name, unit)).copied().unwrap_or(0);
        for pay_type in PayType::ALL {
            let (ours, theirs) = (account(&format!("channel_cash:{pay_type}"), "CNY"), books.cash(pay_type));
            if ours != theirs {
                return broken(format!("the ledger has {ours} fen at {pay_type}; {pay_type} has {theirs}"));
            }
        }
        for empty in ["suspense", "refunds_payable"] {
            if account(empty, "CNY") != 0 {
                return broken(format!("{empty} holds {} fen at rest", account(empty, "CNY")));
            }
        }
        let fins: BTreeMap<String, i64> = accounts
            .iter()
            .filter_map(|((name, unit), amount)| {
                let viewer = name.strip_prefix("viewer_fins:").filter(|_| *unit == "FIN")?;
                Some((viewer.to_owned(), -amount))
            })
            .collect();
        self.check_fins(&fins).await
    }

    async fn entries(&mut self) -> Result<BTreeMap<String, Entry>, Failure> {
        let rows = sqlx::query("SELECT entry, account, unit, amount FROM ledger ORDER BY entry, line")
            .fetch_all(&mut self.connection)
            .await?;
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for row in &rows {
            let lines = entries.entry(row.try_get(0)?).or_default();
            *lines.entry((row.try_get(1)?, row.try_get(2)?)).or_default() += row.try_get::<i64, _>(3)?;
        }
        Ok(entries)
    }

    /// What the orders, attempts and refunds call for.
    fn wanted(&self) -> BTreeMap<String, Entry> {
        let mut wanted = BTreeMap::new();
        let mut book = |name: String, unit: &str, debit: &str, credit: &str, amount: i64| {
            let line = |account: &str, amount| ((account.to_owned(), unit.to_owned()), amount);
            wanted.insert(name, Entry::from([line(debit, amount), line(credit, -amount)]));
        };
        for order in self.orders.values() {
            let id = &order.order_id;
            if order.deliveries > 0 {
                book(format!("sale:{id}"), "CNY", "suspense", "sales", order.amount);
                if let Some(fins) = order.fins {
                    let viewer = format!("viewer_fins:{}", order.viewer_id);
                    book(format!("fins:{id}"), "FIN", "fins_issued", &viewer, fins);
                }
            }
            for attempt in &order.attempts {
                if let Some(paid) = attempt.paid {
                    let cash = format!("channel_cash:{}", attempt.pay_type);
                    book(format!("payment:{}", attempt.pay_id), "CNY", &cash, "suspense", paid);
                }
            }
            for refund in &order.refunds {
                let from = if is_undelivered(refund) { "suspense" } else { "sales" };
                let id = &refund.refund_id;
                if !takes_anothers_place(id) {
                    book(format!("refund_due:{id}"), "CNY", from, "refunds_payable", refund.amount);
                }
                let attempt = order.attempts.iter().find(|attempt| attempt.pay_id == refund.pay_id);
                if let (Some(attempt), "done") = (attempt, refund.state.as_str()) {
                    let cash = format!("channel_cash:{}", attempt.pay_type);
                    book(format!("refund:{id}"), "CNY", "refunds_payable", &cash, refund.amount);
                }
            }
        }
        wanted
    }

    async fn check_fins(&mut self, ledger: &BTreeMap<String, i64>) -> Result<(), Failure> {
        let rows = sqlx::query("SELECT viewer_id, fins_balance FROM viewers").fetch_all(&mut self.connection).await?;
        let mut known = BTreeSet::new();
        for row in &rows {
            let (viewer, balance): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            let booked = ledger.get(&viewer).copied().unwrap_or(0);
            if balance != booked {
                return broken(format!("{viewer} has {balance} fins; the ledger says {booked}"));
            }
            known.insert(viewer);
        }
        match ledger.keys().find(|viewer| !known.contains(*viewer)) {
            Some(viewer) => broken(format!("the ledger credits {viewer}, who is no viewer")),
            None => Ok(()),
        }
    }
}

/// Whether a refund took the place of one that its channel ended: what is owed was booked with the first.
pub(super) fn takes_anothers_place(refund_id: &str) -> bool {
    refund_id.rsplit_once('-').is_some_and(|(_, number)| number.parse::<u32>().is_ok())
}
