//! The journal: each step of an order with its evidence, chained by SHA-256, so that a changed byte is found.

use super::StoreError;
use aws_lc_rs::digest::{SHA256, digest};
use sqlx::{AnyConnection, Row};

/// Appends a line. `evidence` is what a person would want to see: the channel's answer in short, never a secret.
pub(super) async fn append(
    tx: &mut AnyConnection,
    order_id: &str,
    event: &str,
    evidence: &str,
    at: i64,
) -> Result<(), StoreError> {
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
    Ok(())
}

/// The hash of a line: over the hash before it and the line as a JSON array, which separates the fields.
pub(super) fn line_hash(previous: &str, seq: i64, order_id: &str, event: &str, evidence: &str, at: i64) -> String {
    let line = serde_json::json!([previous, seq, order_id, event, evidence, at]).to_string();
    hex::encode(digest(&SHA256, line.as_bytes()))
}
