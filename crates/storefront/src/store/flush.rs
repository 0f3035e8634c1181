//! Writes what a batch decided, by a few statements for all of it.

use super::batch::{Batch, Delivery, Known};
use super::bulk::{Script, Value};
use super::lists::{self, Beside, Moves, Standing};
use super::orders::Record;
use super::{StoreError, addresses, goods, halts, inbox, invariants, jobs, journal, ledger, rows, viewers};
use order::state::OrderState;
use order::{OrderId, ViewerId};
use sqlx::AnyConnection;
use std::collections::BTreeMap;

/// Writes it. Says whether there was anything.
pub(super) async fn flush(tx: &mut AnyConnection, batch: Batch) -> Result<bool, StoreError> {
    if !is_changed(&batch) {
        return Ok(false);
    }
    let moves = relist(tx, &batch.orders).await?;
    let mut script = Script::default();
    viewers::add(&mut script, batch.new_viewers);
    rows::save(&mut script, &batch.orders);
    goods::save_shares(&mut script, &batch.shares);
    goods::save_stock(&mut script, &batch.goods);
    rows::save_answers(&mut script, &batch.requests);
    moves.write(&mut script);
    deliver(&mut script, &batch.orders, batch.deliveries);
    ledger::book(&mut script, &batch.entries);
    credit(&mut script, &batch.fins);
    inbox::write(&mut script, batch.new_notices);
    jobs::save(&mut script, &batch.jobs);
    journal::write(&mut script, batch.lines, &batch.head);
    script.run(tx).await?;
    for halt in batch.new_halts {
        halts::halt(tx, &halt.name, &halt.reason, halt.at).await?;
    }
    for (order_id, (at, has_moved)) in batch.touched {
        if let Some(record) = batch.orders.get(&order_id).and_then(|known| known.now.as_ref()) {
            invariants::check(tx, record, has_moved, at).await;
        }
    }
    Ok(true)
}

fn is_changed(batch: &Batch) -> bool {
    // An event writes a line; what is written without one are jobs, notices and how often somebody asked.
    let asked = |known: &Known<Option<Record>>| match (&known.was, &known.now) {
        (Some(was), Some(now)) => was.order != now.order || was.trades != now.trades,
        (None, None) => false,
        (None, Some(_)) | (Some(_), None) => true,
    };
    !batch.lines.is_empty()
        || !batch.new_notices.is_empty()
        || !batch.new_viewers.is_empty()
        || batch.jobs.values().any(|known| known.was != known.now)
        || batch.requests.values().any(|known| known.was != known.now)
        || batch.orders.values().any(asked)
}

/// The lists that orders are on now and were not, and the other way round. What is beside an order comes to delivered
/// orders only.
async fn relist(
    tx: &mut AnyConnection,
    orders: &BTreeMap<OrderId, Known<Option<Record>>>,
) -> Result<Moves, StoreError> {
    let mut moves = Moves::default();
    for Known { was, now } in orders.values() {
        let Some(after) = now else { continue };
        if was.as_ref().is_some_and(|was| was.revision == after.revision) {
            continue;
        }
        let beside = match was.as_ref().map(|was| was.order.state) {
            Some(OrderState::Delivered) => lists::beside(tx, &after.order.id).await?,
            Some(
                OrderState::Reserved
                | OrderState::AwaitingPayment
                | OrderState::Closing
                | OrderState::Closed
                | OrderState::RefundDue
                | OrderState::Refunding
                | OrderState::Refunded,
            )
            | None => Beside::default(),
        };
        let before = was.as_ref().map(|was| Standing { order: &was.order, snapshot: &was.snapshot, beside });
        moves.follow(before, Standing { order: &after.order, snapshot: &after.snapshot, beside });
    }
    Ok(moves)
}

/// Writes the deliveries: merchandise is shipped from there.
fn deliver(script: &mut Script, orders: &BTreeMap<OrderId, Known<Option<Record>>>, deliveries: Vec<Delivery>) {
    let row = |delivery: Delivery| -> Option<[Value; 9]> {
        let Record { snapshot, .. } = orders.get(&delivery.order_id)?.now.as_ref()?;
        Some([
            delivery.order_id.as_str().into(),
            snapshot.viewer_id.as_str().into(),
            snapshot.goods_id.as_str().into(),
            snapshot.kind.as_str().into(),
            i64::from(snapshot.quantity).into(),
            snapshot.fins.into(),
            snapshot.note.as_deref().into(),
            delivery.at.into(),
            Value::Text(snapshot.address.as_ref().map(addresses::as_kept)),
        ])
    };
    let rows = deliveries.into_iter().filter_map(row).collect();
    let into =
        "INSERT INTO deliveries (order_id, viewer_id, goods_id, kind, quantity, fins, note, delivered_at, address)";
    script.add(into, rows, "");
}

/// Credits viewers with fins.
fn credit(script: &mut Script, fins: &BTreeMap<ViewerId, i64>) {
    let rows = fins.iter().map(|(viewer, fins)| -> [Value; 2] { [viewer.as_str().into(), (*fins).into()] }).collect();
    let set = "UPDATE viewers SET fins_balance = fins_balance + v.column2 FROM (";
    script.add(set, rows, ") AS v WHERE viewers.viewer_id = v.column1");
}
