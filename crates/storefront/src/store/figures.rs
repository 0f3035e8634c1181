//! The shop in numbers, for whoever watches it. Only what is under way is counted: that is found by an index, and costs
//! the same however many orders are over.

use super::{Store, StoreError, jobs};
use order::state::{AttemptState, OrderState, RefundState};
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// Names of the ages at which something that waits is counted, and the seconds from which on they hold.
pub const AGES: [(&str, i64); 5] =
    [("under_1m", 0), ("1m_to_10m", 60), ("10m_to_1h", 600), ("1h_to_1d", 3_600), ("over_1d", 86_400)];

/// Counts of what is under way. A state that nothing is in counts 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Orders that are not over, by state.
    pub orders: BTreeMap<&'static str, i64>,
    /// Attempts that might still be paid, and those in quarantine (`mismatch`), by state. What is ours of a mismatch goes
    /// back by itself and is not counted.
    pub attempts: BTreeMap<&'static str, i64>,
    /// Attempts whose last call has no known result, by state; aged from the order, or from the begin of its end.
    pub unknown: BTreeMap<&'static str, Waiting>,
    /// Refunds that are not over, by state; aged from when the money was owed.
    pub refunds: BTreeMap<&'static str, Waiting>,
    /// The items of all rooms whose show is not over.
    pub stock: Vec<Stock>,
    /// Jobs that are due and leased by nobody.
    pub jobs_due: i64,
    /// Seconds the oldest of them has been due.
    pub overdue_s: i64,
    /// The names of the reasons why no orders are taken.
    pub halts: Vec<String>,
}

/// What waits for a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many, in the order of [`AGES`]; each is counted once.
    pub by_age: [i64; AGES.len()],
    /// Age of the oldest, seconds; 0 where there is none.
    pub oldest_s: i64,
}

/// The pieces of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// Its room.
    pub room_id: String,
    /// The item.
    pub goods_id: String,
    /// Its name.
    pub title: String,
    /// Pieces that can be ordered.
    pub available: i64,
    /// Pieces that open orders hold.
    pub reserved: i64,
    /// Pieces that were delivered.
    pub sold: i64,
}

const ORDERS: &str = "SELECT state, COUNT(*) FROM orders
    WHERE state IN ('reserved', 'awaiting_payment', 'closing', 'refund_due', 'refunding') GROUP BY state";

const ATTEMPTS: &str = "SELECT state, COUNT(*) FROM attempts
    WHERE state IN ('new', 'sent', 'qr_ready', 'scanned', 'close_sent', 'mismatch')
        AND (state <> 'mismatch' OR paid_fen IS NULL) GROUP BY state";

/// The state, the place in [`AGES`], how many, and since when the oldest of (state, since) waits.
macro_rules! by_age {
    ($waiting:literal) => {
        concat!(
            "SELECT state, CAST(CASE WHEN since > $1 THEN 0 WHEN since > $2 THEN 1 WHEN since > $3 THEN 2
                WHEN since > $4 THEN 3 ELSE 4 END AS BIGINT) AS age, COUNT(*), MIN(since) FROM (",
            $waiting,
            ") AS waiting GROUP BY state, age"
        )
    };
}

const UNKNOWN: &str = by_age!(
    "SELECT a.state, CASE WHEN a.state = 'close_sent' THEN COALESCE(a.ending_at, o.created_at) ELSE o.created_at END
        AS since
     FROM attempts a JOIN orders o ON o.order_id = a.order_id WHERE a.state IN ('sent', 'close_sent')"
);

/// What is owed is booked once, under the first number; those that take its place end in a dash and a count.
const REFUNDS: &str = by_age!(
    "SELECT r.state, COALESCE(due.at, o.created_at) AS since
     FROM refunds r JOIN orders o ON o.order_id = r.order_id LEFT JOIN ledger due ON due.line = 1 AND due.entry =
        'refund_due:' || CASE WHEN r.refund_id LIKE '%-%' THEN RTRIM(RTRIM(r.refund_id, '0123456789'), '-')
            ELSE r.refund_id END
     WHERE r.state IN ('new', 'sent', 'processing', 'abnormal')"
);

const STOCK: &str = "SELECT g.room_id, g.goods_id, g.title, g.available, g.reserved, g.sold
    FROM goods g JOIN rooms r ON r.room_id = g.room_id WHERE g.removed = 0 AND r.state <> 'over'";

const DUE: &str = concat!("SELECT COUNT(*), MIN(wake_at) FROM jobs WHERE ", jobs::due_at!(), " <= $1");

impl Store {
    /// Counts, each from an index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn figures(&self, now: i64) -> Result<Figures, StoreError> {
        let mut connection = self.read().await?;
        let tx = &mut *connection;
        let open = OrderState::ALL.into_iter().filter(|state| !state.is_terminal()).map(OrderState::as_str);
        let orders = counts(tx, ORDERS, open).await?;
        let live = |state: &AttemptState| state.is_open() || *state == AttemptState::Mismatch;
        let live = AttemptState::ALL.into_iter().filter(live).map(AttemptState::as_str);
        let attempts = counts(tx, ATTEMPTS, live).await?;
        let out = [AttemptState::Sent, AttemptState::CloseSent].map(AttemptState::as_str);
        let unknown = waiting(tx, UNKNOWN, out.into_iter(), now).await?;
        let open = RefundState::ALL.into_iter().filter(|state| !state.is_final()).map(RefundState::as_str);
        let refunds = waiting(tx, REFUNDS, open, now).await?;
        let row = sqlx::query(DUE).bind(now).fetch_one(&mut *tx).await?;
        let (jobs_due, oldest): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
        let halts = super::halts::halted(&mut *tx).await?.into_iter().map(|halt| halt.name).collect();
        Ok(Figures {
            orders,
            attempts,
            unknown,
            refunds,
            stock: stock(tx).await?,
            jobs_due,
            overdue_s: oldest.map_or(0, |oldest| now.saturating_sub(oldest)),
            halts,
        })
    }
}

/// Counts by state.
async fn counts(
    tx: &mut AnyConnection,
    query: &'static str,
    states: impl Iterator<Item = &'static str>,
) -> Result<BTreeMap<&'static str, i64>, StoreError> {
    let mut counts: BTreeMap<&str, i64> = states.map(|state| (state, 0)).collect();
    for row in sqlx::query(query).fetch_all(tx).await? {
        let state: String = row.try_get(0)?;
        if let Some(count) = counts.get_mut(state.as_str()) {
            *count = row.try_get(1)?;
        }
    }
    Ok(counts)
}

/// Counts by state and age.
async fn waiting(
    tx: &mut AnyConnection,
    query: &'static str,
    states: impl Iterator<Item = &'static str>,
    now: i64,
) -> Result<BTreeMap<&'static str, Waiting>, StoreError> {
    let mut found: BTreeMap<&str, Waiting> = states.map(|state| (state, Waiting::default())).collect();
    let mut query = sqlx::query(query);
    for (_, from_s) in AGES.into_iter().skip(1) {
        query = query.bind(now.saturating_sub(from_s));
    }
    for row in query.fetch_all(tx).await? {
        let (state, age, since): (String, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(3)?);
        let Some(waiting) = found.get_mut(state.as_str()) else { continue };
        if let Some(count) = usize::try_from(age).ok().and_then(|age| waiting.by_age.get_mut(age)) {
            *count = row.try_get(2)?;
        }
        waiting.oldest_s = waiting.oldest_s.max(now.saturating_sub(since));
    }
    Ok(found)
}

async fn stock(tx: &mut AnyConnection) -> Result<Vec<Stock>, StoreError> {
    let rows = sqlx::query(STOCK).fetch_all(tx).await?;
    let stock = rows.iter().map(|row| {
        Ok(Stock {
            room_id: row.try_get(0)?,
            goods_id: row.try_get(1)?,
            title: row.try_get(2)?,
            available: row.try_get(3)?,
            reserved: row.try_get(4)?,
            sold: row.try_get(5)?,
        })
    });
    stock.collect()
}
