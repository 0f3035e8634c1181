//! The shop in numbers, for whoever watches it.

use super::{Store, StoreError};
use order::state::{AttemptState, OrderState, RefundState};
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// Counts of what there is. A state that nothing is in counts 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Orders by state.
    pub orders: BTreeMap<String, i64>,
    /// Attempts by state.
    pub attempts: BTreeMap<String, i64>,
    /// Refunds by state.
    pub refunds: BTreeMap<String, i64>,
    /// The sum of all ledger lines by unit: 0, or the books are wrong.
    pub ledger: BTreeMap<String, i64>,
    /// Jobs that are due and leased by nobody.
    pub jobs_due: i64,
    /// Seconds the oldest of them has been due.
    pub overdue_s: i64,
    /// Notices kept.
    pub notices: i64,
    /// Reasons why no orders are taken.
    pub halts: i64,
}

impl Store {
    /// Counts, each from an index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn figures(&self, now: i64) -> Result<Figures, StoreError> {
        let mut connection = self.read().await?;
        let tx = &mut *connection;
        let names = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 0)).collect::<BTreeMap<_, _>>();
        let orders = names(&OrderState::ALL.map(OrderState::as_str));
        let orders = counts(tx, "SELECT state, COUNT(*) FROM orders GROUP BY state", orders).await?;
        let attempts = names(&AttemptState::ALL.map(AttemptState::as_str));
        let attempts = counts(tx, "SELECT state, COUNT(*) FROM attempts GROUP BY state", attempts).await?;
        let refunds = names(&RefundState::ALL.map(RefundState::as_str));
        let refunds = counts(tx, "SELECT state, COUNT(*) FROM refunds GROUP BY state", refunds).await?;
        let ledger = "SELECT unit, CAST(SUM(amount) AS BIGINT) FROM ledger GROUP BY unit";
        let ledger = counts(tx, ledger, BTreeMap::new()).await?;
        let due = "SELECT COUNT(*), MIN(wake_at) FROM jobs WHERE wake_at <= $1 AND leased_until <= $1";
        let row = sqlx::query(due).bind(now).fetch_one(&mut *tx).await?;
        let (jobs_due, oldest): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
        Ok(Figures {
            orders,
            attempts,
            refunds,
            ledger,
            jobs_due,
            overdue_s: oldest.map_or(0, |oldest| now.saturating_sub(oldest)),
            notices: sqlx::query("SELECT COUNT(*) FROM inbox").fetch_one(&mut *tx).await?.try_get(0)?,
            halts: sqlx::query("SELECT COUNT(*) FROM halts").fetch_one(tx).await?.try_get(0)?,
        })
    }
}

/// Adds the rows of (name, number) to those known.
async fn counts(
    tx: &mut AnyConnection,
    query: &'static str,
    mut counts: BTreeMap<String, i64>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    for row in sqlx::query(query).fetch_all(tx).await? {
        counts.insert(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(counts)
}
