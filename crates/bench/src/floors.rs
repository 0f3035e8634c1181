//! Databases without a shop: what small rows cost that are committed to disk.

use crate::measure::now;
use anyhow::Result;
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

/// Rows of one transaction: those of a full batch of the storefront's writer.
pub(crate) const BATCH: usize = 256;
/// Connections that sell one piece at a time.
const SELLERS: usize = 16;

/// A table of sold pieces and the row that counts them.
pub(crate) struct Bare {
    url: String,
    connection: AnyConnection,
    insert: String,
    next: usize,
}

async fn connect(url: &str) -> Result<AnyConnection> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnectOptions::from_str(url)?.connect().await?;
    if url.starts_with("sqlite:") {
        for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 5000"] {
            connection.execute(pragma).await?;
        }
    }
    Ok(connection)
}

impl Bare {
    pub(crate) async fn make(url: &str) -> Result<Bare> {
        let mut connection = connect(url).await?;
        for sql in [
            "CREATE TABLE bare (order_id TEXT PRIMARY KEY, viewer_id TEXT NOT NULL, fen BIGINT NOT NULL)",
            "CREATE TABLE bare_stock (pieces BIGINT NOT NULL)",
            "INSERT INTO bare_stock VALUES (1000000000)",
        ] {
            connection.execute(sql).await?;
        }
        let rows = (0..BATCH).map(|row| format!("(${}, ${}, ${})", row * 3 + 1, row * 3 + 2, row * 3 + 3));
        let insert = format!("INSERT INTO bare VALUES {}", rows.collect::<Vec<_>>().join(", "));
        Ok(Bare { url: url.to_owned(), connection, insert, next: 0 })
    }

    fn order_id(&mut self) -> String {
        self.next += 1;
        // As far from each other in the index as the shop's are.
        order::id::base32((self.next as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
    }

    /// Orders a second, many in one transaction.
    pub(crate) async fn grouped(&mut self, batches: usize) -> Result<f64> {
        let began = now();
        for _ in 0..batches {
            let ids: Vec<String> = (0..BATCH).map(|_| self.order_id()).collect();
            let mut transaction = self.connection.begin().await?;
            let mut insert = sqlx::query(AssertSqlSafe(self.insert.clone()));
            for id in ids {
                insert = insert.bind(id).bind("viewer").bind(22_800_i64);
            }
            insert.execute(&mut *transaction).await?;
            let pieces = i64::try_from(BATCH)?;
            let stock = sqlx::query("UPDATE bare_stock SET pieces = pieces - $1").bind(pieces);
            stock.execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
        Ok(f64::from(u32::try_from(batches * BATCH)?) / began.elapsed().as_secs_f64())
    }

    /// Orders a second on PostgreSQL, each one statement that moves the stock's row and keeps the order.
    pub(crate) async fn one_by_one(&mut self, orders: usize) -> Result<f64> {
        let ids: Arc<Vec<String>> = Arc::new((0..orders).map(|_| self.order_id()).collect());
        let next = Arc::new(AtomicUsize::new(0));
        let mut sellers = Vec::new();
        for _ in 0..SELLERS {
            sellers.push(connect(&self.url).await?);
        }
        let began = now();
        let mut selling = JoinSet::new();
        for mut connection in sellers {
            let (ids, next) = (Arc::clone(&ids), Arc::clone(&next));
            selling.spawn(async move {
                while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                    sqlx::query(
                        "WITH taken AS (UPDATE bare_stock SET pieces = pieces - 1 WHERE pieces > 0 RETURNING 1)
                         INSERT INTO bare SELECT $1, 'viewer', 22800 FROM taken",
                    )
                    .bind(id)
                    .execute(&mut connection)
                    .await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(seller) = selling.join_next().await {
            seller??;
        }
        Ok(f64::from(u32::try_from(orders)?) / began.elapsed().as_secs_f64())
    }
}
