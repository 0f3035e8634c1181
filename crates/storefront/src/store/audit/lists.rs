//! The lists of the studio, and what stands beside orders there.

use super::super::StoreError;
use super::super::lists::{self, LISTS, Standing, name};
use super::super::orders::Record;
use super::{Difference, Found, sums};
use sqlx::{AnyConnection, Row};
use std::collections::BTreeSet;

/// An order is on every list it belongs on, and on no other.
pub(super) async fn of_order(
    tx: &mut AnyConnection,
    record: &Record,
    found: &mut (dyn FnMut(String) + Send),
) -> Result<(), StoreError> {
    let Record { order, snapshot, .. } = record;
    let rows = sqlx::query(
        "SELECT list FROM order_lists WHERE room_id = $1 AND created_at = $2 AND order_id = $3
            AND list IN ('all', 'unpaid', 'paid', 'to_ship', 'wishes', 'refunds', 'stuck', 'closed')",
    )
    .bind(snapshot.room_id.as_str())
    .bind(snapshot.created_at)
    .bind(order.id.as_str())
    .fetch_all(&mut *tx)
    .await?;
    let listed: BTreeSet<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let standing = Standing { order, snapshot, beside: lists::beside(tx, &order.id).await? };
    for list in LISTS {
        let (is_on, name) = (standing.is_on(list), name(list));
        if is_on != listed.contains(name) {
            let words = if is_on { "is not on the list" } else { "should not be on the list" };
            found(format!("it {words} {name} of its room"));
        }
    }
    Ok(())
}

/// Rows that belong to nothing, or to something else than they say.
pub(super) async fn strays(tx: &mut AnyConnection, found: &mut Found<'_>) -> Result<(), StoreError> {
    let queries = [
        "SELECT 'list ' || l.list || ' of room ' || l.room_id, 'it has order ' || l.order_id || ', which is not as it says'
            FROM order_lists l LEFT JOIN orders o ON o.order_id = l.order_id AND o.room_id = l.room_id
                AND o.created_at = l.created_at AND o.title = l.title
            WHERE o.order_id IS NULL
                OR l.list NOT IN ('all', 'unpaid', 'paid', 'to_ship', 'wishes', 'refunds', 'stuck', 'closed')",
        "SELECT 'request ' || g.request_id || ' of room ' || g.room_id, 'the refund it is answered with is not the one it asked for'
            FROM given_back g LEFT JOIN orders o ON o.order_id = g.order_id AND o.room_id = g.room_id
            LEFT JOIN refunds r ON r.refund_id = g.refund_id AND r.order_id = o.order_id AND r.amount_fen = g.amount_fen
                AND r.reason = 'streamer'
            WHERE r.refund_id IS NULL",
        "SELECT 'shipment of order ' || s.order_id, 'there is nothing of it to send' FROM shipments s
            LEFT JOIN orders o ON o.order_id = s.order_id AND o.state = 'delivered' AND o.kind = 'merchandise'
            WHERE o.order_id IS NULL",
        "SELECT 'wish for a refund of order ' || w.order_id, 'that order was never delivered' FROM refund_requests w
            LEFT JOIN orders o ON o.order_id = w.order_id AND o.state = 'delivered' WHERE o.order_id IS NULL",
    ];
    for sql in queries {
        sums::each(tx, sql, found, |row| {
            Ok(Difference::new(row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?))
        })
        .await?;
    }
    Ok(())
}
