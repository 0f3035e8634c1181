//! `storefront selling`.

use super::check::{progress, tell};
use super::{read_config, say};
use anyhow::{Result, bail};
use order::state::{ClosedBy, Event};
use serde_json::json;
use std::path::Path;
use storefront::check;
use storefront::clock::{Clock, SystemClock};
use storefront::store::{ApplyError, BOOKS, Evidence, OPERATOR, Reader, Store};

/// Takes no orders from now on; and has those that are open end, if that is wanted: each channel is asked before its
/// order ends, so whoever paid by then gets the goods.
pub(crate) async fn off(reason: String, end_open_orders: bool, config: &Path) -> Result<()> {
    let database = read_config(config)?.database;
    let mut reader = Reader::open(&database).await?;
    let store = Store::open(&database).await?;
    store.halt(OPERATOR, reason, SystemClock.now_s()).await?;
    let mut ended = 0_u64;
    if end_open_orders {
        // The halt is committed, so no order can follow those that are listed.
        for order_id in reader.selling_orders().await? {
            let now = SystemClock.now_s();
            let event = Event::EndAsked { by: ClosedBy::Shop, at: now };
            match store.apply(&order_id, event, Evidence::text("the shop stopped selling"), now).await {
                Ok(_) => ended = ended.saturating_add(1),
                Err(ApplyError::Store(error)) => return Err(error.into()),
                Err(error) => tracing::error!(order.id = %order_id, %error, "the order could not be ended"),
            }
        }
    }
    say(&json!({"selling": false, "ending": ended}))
}

/// Takes orders again. What the shop found wrong in its own books must be right first.
pub(crate) async fn on(config: &Path) -> Result<()> {
    let database = read_config(config)?.database;
    let mut reader = Reader::open(&database).await?;
    let store = Store::open(&database).await?;
    if let Some(halt) = store.halts().await?.into_iter().find(|halt| halt.name == BOOKS) {
        let checked = check::database(&mut reader, SystemClock.now_s(), &mut tell, &mut progress).await?;
        if checked.differences > 0 {
            bail!(
                "the books are wrong ({}), and the check finds {} differences: the shop stays closed until they are \
                 put right; see: storefront check --config {}",
                halt.reason,
                checked.differences,
                config.display()
            );
        }
        store.lift(BOOKS).await?;
    }
    store.lift(OPERATOR).await?;
    status(config).await
}

/// Whether orders are taken, and if not, why.
pub(crate) async fn status(config: &Path) -> Result<()> {
    let database = read_config(config)?.database;
    let mut reader = Reader::open(&database).await?;
    let halts = reader.halts().await?;
    let why: Vec<_> =
        halts.iter().map(|halt| json!({"by": halt.name, "reason": halt.reason, "since": halt.at})).collect();
    say(&json!({"selling": halts.is_empty(), "halts": why}))
}
