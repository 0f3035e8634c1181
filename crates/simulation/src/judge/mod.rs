//! The judge: reads the storefront's database with SQL of its own after each commit, and holds it against the channels'
//! books and the promises of `docs/ARCHITECTURE.md`. It uses no code of the storefront.

mod journal;
mod money;
mod rest;
mod step;

use crate::failure::{Failure, broken};
use crate::place::{connect, is_postgres};
use crate::stage::Stage;
use order::PayType;
use serde::Deserialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// An attempt, as its row has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AttemptFacts {
    /// Merchant order number.
    pub pay_id: String,
    /// The channel.
    pub pay_type: PayType,
    /// Where it stands.
    pub state: String,
    /// What was collected, fen.
    pub paid: Option<i64>,
    /// The payment string that viewers are shown.
    pub code: Option<String>,
}

/// A refund, as its row has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RefundFacts {
    /// Its number.
    pub refund_id: String,
    /// The attempt.
    pub pay_id: String,
    /// How much, fen.
    pub amount: i64,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub state: String,
}

/// An order, as its rows have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its id.
    pub order_id: String,
    /// Where it stands.
    pub state: String,
    /// Whose it is.
    pub viewer_id: String,
    /// The goods.
    pub goods_id: String,
    /// Pieces.
    pub quantity: i64,
    /// What is due, fen.
    pub amount: i64,
    /// Fins to be credited.
    pub fins: Option<i64>,
    /// Delivery rows.
    pub deliveries: i64,
    /// Its attempts.
    pub attempts: Vec<AttemptFacts>,
    /// Its refunds.
    pub refunds: Vec<RefundFacts>,
}

/// One world's judge.
pub struct Judge {
    pub(crate) connection: AnyConnection,
    /// [`TOUCHED`] as this database says it.
    touched: String,
    /// Every order seen, as it was seen last.
    pub orders: BTreeMap<String, Facts>,
    seen: i64,
    /// What streamers were told went back, by request: the order and how much.
    pub given: BTreeMap<String, (String, i64)>,
    /// Pieces held and sold, by goods.
    moved: BTreeMap<String, (i64, i64)>,
    /// Pieces a viewer has or holds, by viewer and goods.
    shares: BTreeMap<(String, String), i64>,
}

/// The orders with lines in the journal after one of its lines, and what stands beside them.
const TOUCHED: &str = "
    SELECT o.order_id, o.state, o.viewer_id, o.goods_id, o.quantity, o.amount_fen, o.fins,
        (SELECT COUNT(*) FROM deliveries d WHERE d.order_id = o.order_id),
        (SELECT CAST(json_group_array(json_object('pay_id', pay_id, 'pay_type', pay_type, 'state', state,
            'paid', paid_fen, 'code', code) ORDER BY number) AS TEXT) FROM attempts a WHERE a.order_id = o.order_id),
        (SELECT CAST(json_group_array(json_object('refund_id', refund_id, 'pay_id', pay_id, 'amount', amount_fen,
            'reason', reason, 'state', state) ORDER BY refund_id) AS TEXT) FROM refunds r
            WHERE r.order_id = o.order_id),
        (SELECT MAX(seq) FROM journal),
        g.available, g.reserved, g.sold, g.stocked, g.limit_per_viewer, s.pieces, s.open_order_id,
        (SELECT COUNT(*) FROM journal j WHERE j.order_id = o.order_id AND j.seq > $1)
    FROM orders o JOIN goods g ON g.goods_id = o.goods_id
        LEFT JOIN shares s ON s.viewer_id = o.viewer_id AND s.goods_id = o.goods_id
    WHERE o.order_id IN (SELECT order_id FROM journal WHERE seq > $1) ORDER BY o.order_id";

/// What stands beside a touched order.
struct Beside {
    stock: [i64; 4],
    limit: Option<i64>,
    pieces: i64,
    open: Option<String>,
    events: i64,
}

/// A list of rows; PostgreSQL has none for an empty one.
fn list<T: for<'a> Deserialize<'a>>(text: Option<&str>) -> Result<Vec<T>, Failure> {
    serde_json::from_str(text.unwrap_or("[]")).map_err(|error| Failure::Row(error.to_string()))
}

impl Judge {
    /// The judge of one database.
    ///
    /// # Errors
    /// [`Failure::Sql`].
    pub async fn of(database: &str) -> Result<Judge, Failure> {
        let connection = connect(database).await?;
        let touched = if is_postgres(&connection) {
            TOUCHED.replace("json_group_array", "json_agg").replace("json_object", "json_build_object")
        } else {
            TOUCHED.to_owned()
        };
        Ok(Judge {
            connection,
            touched,
            orders: BTreeMap::new(),
            seen: 0,
            given: BTreeMap::new(),
            moved: BTreeMap::new(),
            shares: BTreeMap::new(),
        })
    }

    /// Judges what the last commit changed.
    ///
    /// # Errors
    /// [`Failure::Violation`].
    pub async fn look(&mut self, stage: &Stage) -> Result<(), Failure> {
        let rows = self.touched_since(self.seen).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut touched = Vec::with_capacity(rows.len());
        for row in &rows {
            self.seen = self.seen.max(row.try_get(10)?);
            let (facts, beside) = (facts(row)?, beside(row)?);
            let before = self.remember(&facts);
            touched.push((before, facts, beside));
        }
        for (before, facts, beside) in &touched {
            self.check_goods(facts, beside)?;
            step::check(before.as_ref(), facts, beside.events, &mut stage.scene())?;
        }
        Ok(())
    }

    async fn touched_since(&mut self, seq: i64) -> Result<Vec<AnyRow>, Failure> {
        let touched = sqlx::query(AssertSqlSafe(self.touched.as_str())).bind(seq);
        Ok(touched.fetch_all(&mut self.connection).await?)
    }

    /// When the next job is due or its lease runs out, Unix seconds of the server's clock.
    ///
    /// # Errors
    /// [`Failure::Sql`].
    pub async fn next_job_at(&mut self) -> Result<Option<i64>, Failure> {
        let next =
            sqlx::query("SELECT MIN(CASE WHEN wake_at > leased_until THEN wake_at ELSE leased_until END) FROM jobs");
        Ok(next.fetch_one(&mut self.connection).await?.try_get(0)?)
    }

    /// Takes an order as it is now into the sums, and says what it was.
    fn remember(&mut self, facts: &Facts) -> Option<Facts> {
        let before = self.orders.insert(facts.order_id.clone(), facts.clone());
        for (facts, sign) in before.iter().map(|before| (before, -1)).chain([(facts, 1)]) {
            let (held, sold) = facts.pieces();
            let moved = self.moved.entry(facts.goods_id.clone()).or_default();
            *moved = (moved.0 + sign * held, moved.1 + sign * sold);
            *self.shares.entry((facts.viewer_id.clone(), facts.goods_id.clone())).or_default() += sign * (held + sold);
        }
        before
    }

    /// Invariants 9 to 11.
    fn check_goods(&self, facts: &Facts, beside: &Beside) -> Result<(), Failure> {
        let [available, reserved, sold, stocked] = beside.stock;
        let (held, delivered) = self.moved.get(&facts.goods_id).copied().unwrap_or_default();
        let goods = &facts.goods_id;
        if available < 0 || reserved < 0 || sold < 0 || available + reserved + sold != stocked {
            return broken(format!("the stock of {goods} does not add up: {:?}", beside.stock));
        }
        if (reserved, sold) != (held, delivered) {
            return broken(format!(
                "{goods} has {reserved} reserved and {sold} sold; its orders hold {held} and were delivered {delivered}"
            ));
        }
        let key = (facts.viewer_id.clone(), facts.goods_id.clone());
        let pieces = self.shares.get(&key).copied().unwrap_or(0);
        if beside.pieces != pieces {
            return broken(format!("{key:?} has a share of {}, its orders make {pieces}", beside.pieces));
        }
        if beside.limit.is_some_and(|limit| pieces > limit) {
            return broken(format!("{key:?} has {pieces}, more than the limit"));
        }
        let holding =
            |other: &&Facts| other.viewer_id == facts.viewer_id && other.goods_id == *goods && other.pieces().0 > 0;
        let open: Vec<&str> = self.orders.values().filter(holding).map(|other| other.order_id.as_str()).collect();
        if open != beside.open.as_deref().into_iter().collect::<Vec<_>>() {
            return broken(format!("{key:?} has the open order {:?}; open are {open:?}", beside.open));
        }
        Ok(())
    }
}

impl Facts {
    /// Pieces it holds and pieces it was delivered.
    fn pieces(&self) -> (i64, i64) {
        match self.state.as_str() {
            "reserved" | "awaiting_payment" | "closing" => (self.quantity, 0),
            "delivered" => (0, self.quantity),
            _ => (0, 0),
        }
    }

    /// Whether it has ended, as far as anybody knows now.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self.state.as_str(), "closed" | "delivered" | "refunded")
    }
}

fn facts(row: &AnyRow) -> Result<Facts, Failure> {
    Ok(Facts {
        order_id: row.try_get(0)?,
        state: row.try_get(1)?,
        viewer_id: row.try_get(2)?,
        goods_id: row.try_get(3)?,
        quantity: row.try_get(4)?,
        amount: row.try_get(5)?,
        fins: row.try_get(6)?,
        deliveries: row.try_get(7)?,
        attempts: list(row.try_get(8)?)?,
        refunds: list(row.try_get(9)?)?,
    })
}

fn beside(row: &AnyRow) -> Result<Beside, Failure> {
    let stock = [row.try_get(11)?, row.try_get(12)?, row.try_get(13)?, row.try_get(14)?];
    let (limit, pieces, open) = (row.try_get(15)?, row.try_get(16)?, row.try_get(17)?);
    Ok(Beside { stock, limit, pieces, open, events: row.try_get(18)? })
}
