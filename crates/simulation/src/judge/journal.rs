//! The journal: one chain from its first line to its head, and a line for every change.

use super::Judge;
use crate::failure::{Failure, broken};
use aws_lc_rs::digest::{SHA256, digest};
use sqlx::Row;

impl Judge {
    /// Invariant 20.
    pub(super) async fn check_journal(&mut self) -> Result<(), Failure> {
        let rows = sqlx::query("SELECT seq, order_id, event, evidence, at, hash FROM journal ORDER BY seq")
            .fetch_all(&mut self.connection)
            .await?;
        let (mut seq, mut head) = (0_i64, String::new());
        for row in &rows {
            let found: i64 = row.try_get(0)?;
            if found != seq + 1 {
                return broken(format!("line {found} of the journal follows line {seq}"));
            }
            seq = found;
            let (order_id, event, evidence): (&str, &str, &str) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let at: i64 = row.try_get(4)?;
            let line = serde_json::json!([head, seq, order_id, event, evidence, at]).to_string();
            head = hex::encode(digest(&SHA256, line.as_bytes()));
            if head != row.try_get::<String, _>(5)? {
                return broken(format!("line {seq} of the journal does not carry the hash of what is before it"));
            }
            if event != "placed" && serde_json::from_str::<serde_json::Value>(event).is_err() {
                return broken(format!("line {seq} of the journal holds no event"));
            }
        }
        let row = sqlx::query("SELECT seq, hash FROM journal_head").fetch_one(&mut self.connection).await?;
        if (row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?) != (seq, head) {
            return broken(format!("the head of the journal is not its last line, {seq}"));
        }
        Ok(())
    }
}
