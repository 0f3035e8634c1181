//! The rows of orders, attempts and refunds, read and written whole.

use super::batch::{Known, Requests};
use super::bulk::{Answers, Questions, Script, Value};
use super::orders::{Record, Snapshot, Trade};
use super::{StoreError, addresses, fits, id, known};
use order::state::{Attempt, AttemptState, ClosedBy, Order, OrderState, Refund, RefundReason, RefundState};
use order::{Fen, GoodsKind, Merchant, OrderId, PayId, PayType, RequestId, ViewerId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, BTreeSet};

/// What a viewer's request gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    /// The params it came with.
    pub(crate) params: String,
    /// The order.
    pub(crate) order_id: OrderId,
    /// Its attempt.
    pub(crate) pay_id: PayId,
}

/// Asks what viewers' requests gave.
pub(super) fn ask_answers(questions: &mut Questions, requests: &BTreeSet<(ViewerId, RequestId)>) {
    let keys = requests.iter().map(|(viewer, request)| [viewer.as_str().into(), request.as_str().into()]).collect();
    let query =
        "SELECT viewer_id, request_id, order_id, pay_id, params FROM requests WHERE (viewer_id, request_id) IN (";
    questions.add(query, keys, ")");
}

/// The answer to [`ask_answers`].
pub(super) fn answered(requests: &BTreeSet<(ViewerId, RequestId)>, rows: &[AnyRow]) -> Result<Requests, StoreError> {
    let mut found: BTreeMap<_, _> = requests.iter().map(|key| (key.clone(), Known::new(None))).collect();
    for row in rows {
        let key = (id(row.try_get(0)?, "viewer id", "requests")?, id(row.try_get(1)?, "request id", "requests")?);
        let answered = Answered {
            order_id: id(row.try_get(2)?, "order id", "requests")?,
            pay_id: id(row.try_get(3)?, "payment id", "requests")?,
            params: row.try_get(4)?,
        };
        found.insert(key, Known::new(Some(answered)));
    }
    Ok(found)
}

/// Writes what viewers' requests gave. There is one row for a request, for ever.
pub(super) fn save_answers(script: &mut Script, requests: &Requests) {
    let new = requests.iter().filter(|(_, known)| known.was.is_none());
    let row = |(viewer, request): &(ViewerId, RequestId), answered: &Answered| -> [Value; 5] {
        let Answered { params, order_id, pay_id } = answered;
        let params = params.as_str().into();
        [viewer.as_str().into(), request.as_str().into(), params, order_id.as_str().into(), pay_id.as_str().into()]
    };
    let rows = new.filter_map(|(key, known)| Some(row(key, known.now.as_ref()?))).collect();
    script.add("INSERT INTO requests (viewer_id, request_id, params, order_id, pay_id)", rows, "");
}

/// Writes orders, new and changed, with what changed of their attempts and refunds.
pub(super) fn save(script: &mut Script, orders: &BTreeMap<OrderId, Known<Option<Record>>>) {
    let (mut new, mut changed, mut attempts, mut refunds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for known in orders.values() {
        let Some(record) = &known.now else { continue };
        let order = &record.order;
        let was = known.was.as_ref();
        match was {
            None => new.push(order_row(record)),
            Some(was) if was.revision != record.revision => changed.push([
                order.id.as_str().into(),
                order.state.as_str().into(),
                order.closed_by.map(ClosedBy::as_str).into(),
                record.revision.into(),
            ]),
            Some(_) => {}
        }
        for (number, attempt) in (1_i64..).zip(&order.attempts) {
            let Some(trade) = record.trades.get(&attempt.pay_id) else { continue };
            let same = was.is_some_and(|was| {
                was.order.attempt(&attempt.pay_id) == Some(attempt) && was.trades.get(&attempt.pay_id) == Some(trade)
            });
            if !same {
                attempts.push(attempt_row(&order.id, number, attempt, trade));
            }
        }
        for (number, refund) in (1_i64..).zip(&order.refunds) {
            if was.and_then(|was| was.order.refund(&refund.refund_id)) != Some(refund) {
                refunds.push(refund_row(&order.id, number, refund));
            }
        }
    }
    script.add(
        "INSERT INTO orders (order_id, viewer_id, room_id, goods_id, kind, title, quantity, amount_fen, fins, note,
            state, closed_by, created_at, deadline_at, revision, price_version, address, deal)",
        new,
        "",
    );
    let set = "UPDATE orders SET state = v.column2, closed_by = v.column3, revision = v.column4 FROM (";
    script.add(set, changed, ") AS v WHERE orders.order_id = v.column1");
    script.add(
        "INSERT INTO attempts (pay_id, order_id, number, pay_type, partner_id, app_id, state, code, ready_at, tried_at,
            tries, channel_no, paid_at, ending_at, paid_fen, asked_at, asks, asks_settled, ask_failed_at, ask_fails)",
        attempts,
        " ON CONFLICT (pay_id) DO UPDATE SET state = excluded.state, code = excluded.code,
            ready_at = excluded.ready_at, tried_at = excluded.tried_at, tries = excluded.tries,
            channel_no = excluded.channel_no, paid_at = excluded.paid_at, ending_at = excluded.ending_at,
            paid_fen = excluded.paid_fen, asked_at = excluded.asked_at, asks = excluded.asks,
            asks_settled = excluded.asks_settled, ask_failed_at = excluded.ask_failed_at,
            ask_fails = excluded.ask_fails",
    );
    script.add(
        "INSERT INTO refunds (refund_id, order_id, number, pay_id, amount_fen, reason, state, tried_at, tries)",
        refunds,
        " ON CONFLICT (refund_id) DO UPDATE SET state = excluded.state, tried_at = excluded.tried_at,
            tries = excluded.tries",
    );
}

fn order_row(record: &Record) -> [Value; 18] {
    let Record { order, snapshot, revision, .. } = record;
    [
        order.id.as_str().into(),
        snapshot.viewer_id.as_str().into(),
        snapshot.room_id.as_str().into(),
        snapshot.goods_id.as_str().into(),
        snapshot.kind.as_str().into(),
        snapshot.title.as_str().into(),
        i64::from(snapshot.quantity).into(),
        order.amount.get().into(),
        snapshot.fins.into(),
        snapshot.note.as_deref().into(),
        order.state.as_str().into(),
        order.closed_by.map(ClosedBy::as_str).into(),
        snapshot.created_at.into(),
        order.deadline_at.into(),
        (*revision).into(),
        snapshot.price_version.into(),
        Value::Text(snapshot.address.as_ref().map(addresses::as_kept)),
        i64::from(snapshot.is_deal).into(),
    ]
}

fn attempt_row(order_id: &OrderId, number: i64, attempt: &Attempt, trade: &Trade) -> [Value; 20] {
    [
        attempt.pay_id.as_str().into(),
        order_id.as_str().into(),
        number.into(),
        attempt.pay_type.as_str().into(),
        trade.merchant.partner_id.as_str().into(),
        trade.merchant.app_id.as_str().into(),
        attempt.state.as_str().into(),
        trade.code.as_deref().into(),
        attempt.ready_at.into(),
        attempt.tried_at.into(),
        i64::from(attempt.tries).into(),
        trade.channel_no.as_deref().into(),
        trade.paid_at.into(),
        attempt.ending_at.into(),
        attempt.paid.map(Fen::get).into(),
        attempt.asked_at.into(),
        trade.asks.into(),
        trade.asks_settled.into(),
        attempt.ask_failed_at.into(),
        i64::from(attempt.ask_fails).into(),
    ]
}

fn refund_row(order_id: &OrderId, number: i64, refund: &Refund) -> [Value; 9] {
    [
        refund.refund_id.as_str().into(),
        order_id.as_str().into(),
        number.into(),
        refund.pay_id.as_str().into(),
        refund.amount.get().into(),
        refund.reason.as_str().into(),
        refund.state.as_str().into(),
        refund.tried_at.into(),
        i64::from(refund.tries).into(),
    ]
}

/// Reads an order, whole.
pub(crate) async fn load(tx: &mut AnyConnection, order_id: &OrderId) -> Result<Option<Record>, StoreError> {
    let wanted = BTreeSet::from([order_id.clone()]);
    Ok(load_all(tx, &wanted).await?.remove(order_id))
}

/// Reads orders, whole; those that are there.
pub(super) async fn load_all(
    tx: &mut AnyConnection,
    order_ids: &BTreeSet<OrderId>,
) -> Result<BTreeMap<OrderId, Record>, StoreError> {
    let mut questions = Questions::default();
    ask(&mut questions, order_ids);
    found(&mut questions.ask(tx).await?)
}

/// Asks for orders, whole.
pub(super) fn ask(questions: &mut Questions, order_ids: &BTreeSet<OrderId>) {
    let keys = || order_ids.iter().map(|order_id| [order_id.as_str().into()]).collect();
    questions.add(
        "SELECT viewer_id, room_id, goods_id, kind, title, quantity, fins, note, created_at, state, amount_fen,
            deadline_at, closed_by, revision, price_version, address, deal, order_id FROM orders WHERE order_id IN (",
        keys(),
        ")",
    );
    questions.add(
        "SELECT pay_id, pay_type, state, ready_at, asked_at, asks, ask_fails, tried_at, tries, partner_id, app_id, code,
            channel_no, paid_at, asks_settled, ask_failed_at, ending_at, paid_fen, order_id FROM attempts
         WHERE order_id IN (",
        keys(),
        ") ORDER BY order_id, number",
    );
    questions.add(
        "SELECT refund_id, pay_id, amount_fen, reason, state, tried_at, tries, order_id FROM refunds WHERE order_id IN (",
        keys(),
        ") ORDER BY order_id, number",
    );
}

/// The answer to [`ask`]: the orders that are there.
pub(super) fn found(answers: &mut Answers) -> Result<BTreeMap<OrderId, Record>, StoreError> {
    let mut found = BTreeMap::new();
    for row in &answers.next() {
        let record = read_order(row)?;
        found.insert(record.order.id.clone(), record);
    }
    for row in &answers.next() {
        let (attempt, trade) = read_attempt(row)?;
        if let Some(record) = found.get_mut(&id(row.try_get(18)?, "order id", "attempts")?) {
            record.trades.insert(attempt.pay_id.clone(), trade);
            record.order.attempts.push(attempt);
        }
    }
    for row in &answers.next() {
        if let Some(record) = found.get_mut(&id(row.try_get(7)?, "order id", "refunds")?) {
            record.order.refunds.push(read_refund(row)?);
        }
    }
    Ok(found)
}

/// An order without its attempts and refunds.
fn read_order(row: &AnyRow) -> Result<Record, StoreError> {
    let order = Order {
        id: id(row.try_get(17)?, "order id", "orders")?,
        state: known(row.try_get(9)?, "order state", "orders", OrderState::named)?,
        amount: fits(row.try_get(10)?, "amount", "orders")?,
        deadline_at: row.try_get(11)?,
        closed_by: maybe(row.try_get(12)?, "reason of closing", "orders", ClosedBy::named)?,
        attempts: Vec::new(),
        refunds: Vec::new(),
    };
    Ok(Record { order, snapshot: read_snapshot(row)?, trades: BTreeMap::new(), revision: row.try_get(13)? })
}

fn maybe<T>(
    value: Option<String>,
    what: &'static str,
    table: &'static str,
    named: fn(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    value.map(|value| known(value, what, table, named)).transpose()
}

fn read_snapshot(row: &AnyRow) -> Result<Snapshot, StoreError> {
    Ok(Snapshot {
        viewer_id: id(row.try_get(0)?, "viewer id", "orders")?,
        room_id: id(row.try_get(1)?, "room id", "orders")?,
        goods_id: id(row.try_get(2)?, "goods id", "orders")?,
        kind: known(row.try_get(3)?, "kind of goods", "orders", GoodsKind::named)?,
        title: row.try_get(4)?,
        quantity: fits(row.try_get(5)?, "quantity", "orders")?,
        fins: row.try_get(6)?,
        note: row.try_get(7)?,
        price_version: row.try_get(14)?,
        is_deal: row.try_get::<i64, _>(16)? != 0,
        address: row.try_get::<Option<String>, _>(15)?.map(addresses::kept).transpose()?,
        created_at: row.try_get(8)?,
    })
}

fn read_attempt(row: &AnyRow) -> Result<(Attempt, Trade), StoreError> {
    let (asks, asks_settled): (i64, i64) = (row.try_get(5)?, row.try_get(14)?);
    let attempt = Attempt {
        pay_id: id(row.try_get(0)?, "payment id", "attempts")?,
        pay_type: known(row.try_get(1)?, "payment type", "attempts", PayType::named)?,
        state: known(row.try_get(2)?, "attempt state", "attempts", AttemptState::named)?,
        ready_at: row.try_get(3)?,
        ending_at: row.try_get(16)?,
        paid: row.try_get::<Option<i64>, _>(17)?.map(|fen| fits(fen, "amount", "attempts")).transpose()?,
        asked_at: row.try_get(4)?,
        ask_now: asks > asks_settled,
        ask_failed_at: row.try_get(15)?,
        ask_fails: fits(row.try_get(6)?, "count", "attempts")?,
        tried_at: row.try_get(7)?,
        tries: fits(row.try_get(8)?, "count", "attempts")?,
    };
    let trade = Trade {
        merchant: Merchant { partner_id: row.try_get(9)?, app_id: row.try_get(10)? },
        code: row.try_get(11)?,
        channel_no: row.try_get(12)?,
        paid_at: row.try_get(13)?,
        asks,
        asks_settled,
    };
    Ok((attempt, trade))
}

fn read_refund(row: &AnyRow) -> Result<Refund, StoreError> {
    Ok(Refund {
        refund_id: id(row.try_get(0)?, "refund id", "refunds")?,
        pay_id: id(row.try_get(1)?, "payment id", "refunds")?,
        amount: fits::<Fen>(row.try_get(2)?, "amount", "refunds")?,
        reason: known(row.try_get(3)?, "reason of a refund", "refunds", RefundReason::named)?,
        state: known(row.try_get(4)?, "refund state", "refunds", RefundState::named)?,
        tried_at: row.try_get(5)?,
        tries: fits(row.try_get(6)?, "count", "refunds")?,
    })
}
