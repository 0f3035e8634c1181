//! The journal: each step of an order with its evidence, chained by SHA-256, so that a changed byte is found. What the
//! lines hold, and their hash, is described in [`api::journal`].

use super::StoreError;
use super::orders::{Evidence, Snapshot};
use api::journal::{Grounds, JournalLine, PLACED, Placed, STUDIO, line_hash};
use order::state::{Event, Order};
use order::{Merchant, OrderId};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// The first line of an order: what it promised, bound by the chain from then on.
pub(super) async fn append_placed(
    tx: &mut AnyConnection,
    order: &Order,
    snapshot: &Snapshot,
    params: &str,
    merchant: &Merchant,
) -> Result<(), StoreError> {
    let Some(first) = order.attempts.first() else { return Ok(()) };
    let placed = Placed {
        viewer_id: snapshot.viewer_id.clone(),
        room_id: snapshot.room_id.clone(),
        goods_id: snapshot.goods_id.clone(),
        kind: snapshot.kind,
        title: snapshot.title.clone(),
        quantity: snapshot.quantity,
        amount_fen: order.amount,
        fins: snapshot.fins,
        note: snapshot.note.clone(),
        created_at: snapshot.created_at,
        deadline_at: order.deadline_at,
        pay_type: first.pay_type,
        merchant: merchant.clone(),
        params: params.to_owned(),
    };
    append(tx, order.id.as_str(), PLACED, &as_json(&placed), snapshot.created_at).await?;
    Ok(())
}

/// The line of an event that changed an order.
pub(super) async fn append_event(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    event: &Event,
    evidence: &Evidence,
    at: i64,
) -> Result<(), StoreError> {
    let Evidence { text, code, payment, merchant } = evidence.clone();
    let grounds = Grounds { text, code, payment, merchant };
    append(tx, order_id.as_str(), &as_json(event), &as_json(&grounds), at).await?;
    Ok(())
}

/// What a streamer did, and to what.
pub(crate) struct Act<'a> {
    /// Who.
    pub(crate) streamer_id: &'a str,
    /// What, such as `goods_edited`.
    pub(crate) act: &'static str,
    /// To which item, order or room.
    pub(crate) about: &'a str,
    /// When, Unix seconds.
    pub(crate) at: i64,
}

/// The line of what a streamer did, with what stood before and what stands after. It belongs to no order, so none is
/// lived again from it. Says which line it is.
pub(crate) async fn append_act(
    tx: &mut AnyConnection,
    act: &Act<'_>,
    before: &(impl Serialize + Sync),
    after: &(impl Serialize + Sync),
) -> Result<i64, StoreError> {
    let event = serde_json::json!({
        "event": format!("{STUDIO}{}", act.act), "streamer_id": act.streamer_id, "about": act.about,
    });
    let evidence = serde_json::json!({"before": before, "after": after});
    append(tx, "", &event.to_string(), &evidence.to_string(), act.at).await
}

/// What the journal keeps is made of texts, numbers and lists, so it always has a JSON form.
fn as_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Appends a line, and says which it is.
async fn append(
    tx: &mut AnyConnection,
    order_id: &str,
    event: &str,
    evidence: &str,
    at: i64,
) -> Result<i64, StoreError> {
    let head = sqlx::query("SELECT seq, hash FROM journal_head WHERE name = 'head'").fetch_one(&mut *tx).await?;
    let seq = head.try_get::<i64, _>(0)?.saturating_add(1);
    let previous: String = head.try_get(1)?;
    let hash = line_hash(&previous, seq, order_id, event, evidence, at);
    sqlx::query("INSERT INTO journal (seq, order_id, event, evidence, at, hash) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(seq)
        .bind(order_id)
        .bind(event)
        .bind(evidence)
        .bind(at)
        .bind(&hash)
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE journal_head SET seq = $1, hash = $2 WHERE name = 'head'")
        .bind(seq)
        .bind(hash)
        .execute(tx)
        .await?;
    Ok(seq)
}

/// An order's lines, oldest first.
pub(super) async fn lines_of(tx: &mut AnyConnection, order_id: &str) -> Result<Vec<JournalLine>, StoreError> {
    let rows = sqlx::query(
        "SELECT j.seq, COALESCE(p.hash, ''), j.event, j.evidence, j.at, j.hash FROM journal j
         LEFT JOIN journal p ON p.seq = j.seq - 1 WHERE j.order_id = $1 ORDER BY j.seq",
    )
    .bind(order_id)
    .fetch_all(tx)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<JournalLine, StoreError> {
    Ok(JournalLine {
        seq: row.try_get(0)?,
        previous: row.try_get(1)?,
        event: row.try_get(2)?,
        evidence: row.try_get(3)?,
        at: row.try_get(4)?,
        hash: row.try_get(5)?,
    })
}
