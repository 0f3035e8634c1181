//! A show in numbers, counted from the orders of its room since a time.

use super::{Store, StoreError, fits, id};
use api::ShowFigures;
use api::studio::{FigureStep, GoodsFigures};
use order::{GoodsId, RoomId};
use sqlx::{AnyConnection, Connection, Row};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most steps.
const STEPS_MAX: i64 = 60;
/// Lengths of a step that people read easily, seconds; past the last, whole days.
const LENGTHS_S: [i64; 12] = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200];
/// A day, seconds.
const DAY_S: i64 = 86_400;

/// How long a step is, so that there are at most [`STEPS_MAX`] from `since` to `now`; and how many there are.
fn steps_of(since: i64, now: i64) -> (i64, i64) {
    // The second it is now belongs to a step.
    let span = now.saturating_sub(since).saturating_add(1).max(1);
    let steps = |length: i64| span.saturating_sub(1).div_euclid(length).saturating_add(1);
    let days = || steps(DAY_S.saturating_mul(STEPS_MAX)).saturating_mul(DAY_S);
    let length = LENGTHS_S.into_iter().find(|length| steps(*length) <= STEPS_MAX).unwrap_or_else(days);
    (length, steps(length))
}

/// Counts of one item.
#[derive(Default)]
struct Counts {
    open: i64,
    closed: i64,
    refunds: i64,
}

impl Store {
    /// The figures of a room's show: of orders made since a time, beginning with the first of them, or since the show
    /// went live, or of the last day when it never did.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn show_figures(
        &self,
        room_id: &RoomId,
        since: Option<i64>,
        now: i64,
    ) -> Result<ShowFigures, StoreError> {
        let mut connection = self.read().await?;
        // One transaction: every number of the same moment.
        let mut tx = connection.begin().await?;
        let since = match since {
            // Before the first order there is nothing to draw.
            Some(since) => first_order(&mut tx, room_id, since).await?.unwrap_or(since),
            None => live_since(&mut tx, room_id).await?.unwrap_or(now.saturating_sub(DAY_S)),
        };
        let (goods, counts) = goods(&mut tx, room_id, since).await?;
        let (step_s, steps) = steps(&mut tx, room_id, since, now).await?;
        let buyers =
            sqlx::query("SELECT COUNT(DISTINCT viewer_id) FROM orders WHERE room_id = $1 AND created_at >= $2");
        let buyers = buyers.bind(room_id.as_str()).bind(since).fetch_one(&mut *tx).await?.try_get(0)?;
        tx.commit().await?;
        let sum = |number: fn(&GoodsFigures) -> u32| goods.iter().map(|item| i64::from(number(item))).sum::<i64>();
        Ok(ShowFigures {
            since,
            now_s: now,
            buyers: count(buyers)?,
            orders: count(sum(|item| item.orders))?,
            open: count(counts.open)?,
            paid: count(sum(|item| item.paid))?,
            closed: count(counts.closed)?,
            pieces: count(sum(|item| item.pieces))?,
            paid_fen: goods.iter().map(|item| item.paid_fen).sum(),
            refunds: count(counts.refunds)?,
            refunded_fen: goods.iter().map(|item| item.refunded_fen).sum(),
            step_s,
            steps,
            goods,
        })
    }
}

fn count(number: i64) -> Result<u32, StoreError> {
    fits(number, "count", "orders")
}

async fn live_since(tx: &mut AnyConnection, room_id: &RoomId) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT live_since FROM rooms WHERE room_id = $1").bind(room_id.as_str());
    Ok(row.fetch_optional(tx).await?.map(|row| row.try_get(0)).transpose()?.flatten())
}

/// When the first order was made from a time on.
async fn first_order(tx: &mut AnyConnection, room_id: &RoomId, since: i64) -> Result<Option<i64>, StoreError> {
    let first = "SELECT MIN(created_at) FROM orders WHERE room_id = $1 AND created_at >= $2";
    Ok(sqlx::query(first).bind(room_id.as_str()).bind(since).fetch_one(tx).await?.try_get(0)?)
}

/// The figures of every item that was ordered, the best first, and what is counted of all of them together.
async fn goods(
    tx: &mut AnyConnection,
    room_id: &RoomId,
    since: i64,
) -> Result<(Vec<GoodsFigures>, Counts), StoreError> {
    let mut counts = Counts::default();
    let mut back = BTreeMap::new();
    // Of a payment that was never delivered for, nothing was earned: it is no refund of the show.
    let refunded = "SELECT o.goods_id, COUNT(*), CAST(SUM(r.amount_fen) AS BIGINT) FROM order_lists l
         JOIN orders o ON o.order_id = l.order_id JOIN refunds r ON r.order_id = l.order_id
         WHERE l.room_id = $1 AND l.list = 'refunds' AND l.created_at >= $2 AND r.state <> 'closed'
            AND r.reason IN ('streamer', 'console') GROUP BY o.goods_id";
    for row in sqlx::query(refunded).bind(room_id.as_str()).bind(since).fetch_all(&mut *tx).await? {
        counts.refunds = counts.refunds.saturating_add(row.try_get(1)?);
        back.insert(row.try_get::<String, _>(0)?, row.try_get::<i64, _>(2)?);
    }
    let ordered = "SELECT g.goods_id, g.lot, g.title, o.orders, o.open, o.closed, o.paid, o.pieces, o.fen FROM (
            SELECT goods_id, COUNT(*) AS orders,
                CAST(SUM(CASE WHEN state IN ('reserved', 'awaiting_payment', 'closing') THEN 1 ELSE 0 END) AS BIGINT)
                    AS open,
                CAST(SUM(CASE WHEN state = 'closed' THEN 1 ELSE 0 END) AS BIGINT) AS closed,
                CAST(SUM(CASE WHEN state = 'delivered' THEN 1 ELSE 0 END) AS BIGINT) AS paid,
                CAST(SUM(CASE WHEN state = 'delivered' THEN quantity ELSE 0 END) AS BIGINT) AS pieces,
                CAST(SUM(CASE WHEN state = 'delivered' THEN amount_fen ELSE 0 END) AS BIGINT) AS fen
            FROM orders WHERE room_id = $1 AND created_at >= $2 GROUP BY goods_id) AS o
         JOIN goods g ON g.goods_id = o.goods_id";
    let mut goods: Vec<GoodsFigures> = Vec::new();
    for row in sqlx::query(ordered).bind(room_id.as_str()).bind(since).fetch_all(tx).await? {
        let goods_id: GoodsId = id(row.try_get(0)?, "goods id", "goods")?;
        counts.open = counts.open.saturating_add(row.try_get(4)?);
        counts.closed = counts.closed.saturating_add(row.try_get(5)?);
        goods.push(GoodsFigures {
            refunded_fen: back.remove(goods_id.as_str()).unwrap_or(0),
            goods_id,
            lot: count(row.try_get::<i64, _>(1)?.max(0))?,
            title: row.try_get(2)?,
            orders: count(row.try_get(3)?)?,
            paid: count(row.try_get(6)?)?,
            pieces: count(row.try_get(7)?)?,
            paid_fen: row.try_get(8)?,
        });
    }
    goods.sort_by_key(|item| (Reverse((item.paid_fen, item.orders)), item.lot, item.goods_id.clone()));
    Ok((goods, counts))
}

/// Orders and payments over time, each step there, also an empty one.
async fn steps(
    tx: &mut AnyConnection,
    room_id: &RoomId,
    since: i64,
    now: i64,
) -> Result<(u32, Vec<FigureStep>), StoreError> {
    let (step_s, number) = steps_of(since, now);
    let begin = |step: i64| since.saturating_add(step.saturating_mul(step_s));
    let empty = |step| FigureStep { at: begin(step), orders: 0, paid: 0, paid_fen: 0 };
    let mut steps: Vec<FigureStep> = (0..number).map(empty).collect();
    let made = "SELECT (created_at - $2) / $3, COUNT(*),
            CAST(SUM(CASE WHEN state = 'delivered' THEN 1 ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN state = 'delivered' THEN amount_fen ELSE 0 END) AS BIGINT)
         FROM orders WHERE room_id = $1 AND created_at >= $2 GROUP BY 1 ORDER BY 1";
    let rows = sqlx::query(made).bind(room_id.as_str()).bind(since).bind(step_s).fetch_all(tx).await?;
    for row in &rows {
        // What a clock that was set back has made in the future counts as of now.
        let at = usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(usize::MAX).min(steps.len().saturating_sub(1));
        if let Some(step) = steps.get_mut(at) {
            step.orders = step.orders.saturating_add(count(row.try_get(1)?)?);
            step.paid = step.paid.saturating_add(count(row.try_get(2)?)?);
            step.paid_fen = step.paid_fen.saturating_add(row.try_get(3)?);
        }
    }
    Ok((fits(step_s, "step", "orders")?, steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_show_of_any_length_has_at_most_sixty_steps_that_reach_to_now() {
        for (span, expected) in [
            (0, (10, 1)),
            (9, (10, 1)),
            (10, (10, 2)),
            (599, (10, 60)),
            (600, (30, 21)),
            (2 * 3_600, (300, 25)),
            (4 * 3_600, (300, 49)),
            (DAY_S, (1_800, 49)),
            (40 * DAY_S, (DAY_S, 41)),
            (60 * DAY_S, (2 * DAY_S, 31)),
            (20_000 * DAY_S, (334 * DAY_S, 60)),
            (-5, (10, 1)),
        ] {
            assert_eq!(steps_of(1_000, 1_000 + span), expected, "{span}");
        }
    }
}
