//! A shop's database read from outside, at no cost to the shop.

use anyhow::{Result, bail};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Row};
use std::str::FromStr;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// Longest wait for orders to come to rest.
const LIMIT: Duration = Duration::from_secs(300);

/// A connection to read with.
pub(crate) struct Books(AnyConnection);

impl Books {
    pub(crate) async fn open(database: &str) -> Result<Books> {
        sqlx::any::install_default_drivers();
        Ok(Books(AnyConnectOptions::from_str(database)?.connect().await?))
    }

    /// One number.
    pub(crate) async fn number(&mut self, sql: &'static str) -> Result<i64> {
        Ok(sqlx::query(sql).fetch_one(&mut self.0).await?.try_get(0)?)
    }

    pub(crate) async fn delivered(&mut self) -> Result<i64> {
        self.number("SELECT COUNT(*) FROM orders WHERE state = 'delivered'").await
    }

    /// Writes that many viewers, numbered from 0 after the prefix, whose tokens nobody has.
    pub(crate) async fn add_viewers(&mut self, prefix: &str, count: usize) -> Result<()> {
        sqlx::query(
            "WITH RECURSIVE numbers (number) AS (
                SELECT CAST(0 AS BIGINT) UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < $2)
             INSERT INTO viewers (viewer_id, token_hash, fins_balance, created_at)
             SELECT $1 || number, $1 || number, 0, 0 FROM numbers",
        )
        .bind(prefix)
        .bind(i64::try_from(count)?)
        .execute(&mut self.0)
        .await?;
        Ok(())
    }

    /// Returns once that many orders are delivered.
    pub(crate) async fn until_delivered(&mut self, count: i64) -> Result<()> {
        let began = crate::measure::now();
        loop {
            let delivered = self.delivered().await?;
            if delivered >= count {
                return Ok(());
            }
            if began.elapsed() > LIMIT {
                bail!("{delivered} of {count} orders were delivered in {LIMIT:?}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
