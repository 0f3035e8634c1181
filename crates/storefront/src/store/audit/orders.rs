//! Each order by itself: lived again from its journal, and compared with every row it left.

use super::super::addresses::as_kept;
use super::super::ledger::Entry;
use super::super::orders::Record;
use super::super::{StoreError, invariants, journal, load};
use super::{Difference, Found, Progress, count, ids_after, lists};
use api::journal::{Known, Placed, Replayed, replay};
use order::state::{Attempt, Effect, Order};
use order::{GoodsKind, OrderId};
use sqlx::{AnyConnection, Row};

/// Every order; says how many there are.
pub(super) async fn all(
    tx: &mut AnyConnection,
    now: i64,
    found: &mut Found<'_>,
    progress: &mut Progress<'_>,
) -> Result<i64, StoreError> {
    let total = count(tx, "SELECT COUNT(*) FROM orders").await?;
    let (mut done, mut after) = (0_i64, String::new());
    loop {
        let ids = ids_after(tx, &after).await?;
        let Some(last) = ids.last() else { return Ok(done) };
        after.clone_from(last);
        for id in ids {
            done = done.saturating_add(1);
            progress("orders", done, total);
            let about = format!("order {id}");
            match OrderId::new(id) {
                Ok(order_id) => one(tx, &order_id, now, &mut |words| found(Difference::new(&about, words))).await?,
                Err(error) => found(Difference::new(&about, format!("it has no order's id: {error}"))),
            }
        }
    }
}

/// Rules 1, 2, 3, 4, 6, 12, 16 and 17 of one order.
async fn one(
    tx: &mut AnyConnection,
    order_id: &OrderId,
    now: i64,
    found: &mut (dyn FnMut(String) + Send),
) -> Result<(), StoreError> {
    let record = match load(tx, order_id).await {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(()),
        Err(error) => {
            found(format!("its rows cannot be read: {error}"));
            return Ok(());
        }
    };
    let lines = match journal::lines_of(tx, order_id.as_str()).await {
        Ok(lines) => lines,
        Err(error) => {
            found(format!("its journal lines cannot be read: {error}"));
            return Ok(());
        }
    };
    for words in invariants::faults_of(&record) {
        found(words);
    }
    watched(tx, &record, now, found).await?;
    lists::of_order(tx, &record, found).await?;
    let events = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    match replay(order_id, &lines) {
        Ok(replayed) => {
            if record.revision != events {
                found(format!("it has revision {} and {events} journal lines", record.revision));
            }
            promise(&record, &replayed.placed, found);
            machine(&record, &replayed, found);
            deliveries(tx, &record, &replayed, found).await?;
            ledger(tx, &record, &replayed, found).await?;
        }
        Err(error) => found(format!("it cannot be lived again: {error}")),
    }
    Ok(())
}

/// What was promised when it was made has not changed.
fn promise(record: &Record, placed: &Placed, found: &mut (dyn FnMut(String) + Send)) {
    let Record { order, snapshot, .. } = record;
    let checks = [
        (snapshot.viewer_id == placed.viewer_id, "viewer"),
        (snapshot.room_id == placed.room_id, "room"),
        (snapshot.goods_id == placed.goods_id, "goods"),
        (snapshot.kind == placed.kind, "kind"),
        (snapshot.title == placed.title, "title"),
        (snapshot.quantity == placed.quantity, "quantity"),
        (snapshot.fins == placed.fins, "number of fins"),
        (snapshot.note == placed.note, "note"),
        (snapshot.created_at == placed.created_at, "time of making"),
        (order.amount == placed.amount_fen, "amount"),
        (order.deadline_at == placed.deadline_at, "deadline"),
    ];
    for (_, what) in checks.into_iter().filter(|(same, _)| !same) {
        found(format!("its {what} is not the one it was placed with"));
    }
}

/// Rules 12 and 16: it stands where its events lead, and so does each attempt and refund.
fn machine(record: &Record, replayed: &Replayed, found: &mut (dyn FnMut(String) + Send)) {
    let (stored, lived) = (&record.order, &replayed.order);
    if stored.state != lived.state {
        let (stored, lived) = (stored.state.as_str(), lived.state.as_str());
        found(format!("it is stored as {stored}, and its journal leads to {lived}"));
    }
    if stored.closed_by != lived.closed_by {
        found(format!("it was ended by {:?}, its journal says by {:?}", stored.closed_by, lived.closed_by));
    }
    let ids = |order: &Order| order.attempts.iter().map(|attempt| attempt.pay_id.clone()).collect::<Vec<_>>();
    if ids(stored) != ids(lived) {
        found("its attempts are not those of its journal".into());
    }
    for attempt in &stored.attempts {
        let Some(expected) = lived.attempt(&attempt.pay_id) else { continue };
        let known = replayed.known.get(&attempt.pay_id);
        for field in differing_fields(record, attempt, expected, known) {
            found(format!("{field} of attempt {} is not what its journal says", attempt.pay_id));
        }
    }
    let ids = |order: &Order| order.refunds.iter().map(|refund| refund.refund_id.clone()).collect::<Vec<_>>();
    if ids(stored) != ids(lived) {
        found("its refunds are not those of its journal".into());
    }
    for refund in &stored.refunds {
        let Some(expected) = lived.refund(&refund.refund_id) else { continue };
        // How often it was tried is not compared: a notice lets it begin anew.
        let same = refund.pay_id == expected.pay_id
            && refund.amount == expected.amount
            && refund.reason == expected.reason
            && refund.tried_at == expected.tried_at;
        if refund.state != expected.state {
            let (stored, lived) = (refund.state.as_str(), expected.state.as_str());
            found(format!("refund {} is stored as {stored}, and its journal leads to {lived}", refund.refund_id));
        }
        if !same {
            found(format!("refund {} is not the one of its journal", refund.refund_id));
        }
    }
}

/// Which fields of an attempt are not as its journal says. When the channel was asked is not journaled.
fn differing_fields(
    record: &Record,
    stored: &Attempt,
    lived: &Attempt,
    known: Option<&Known>,
) -> impl Iterator<Item = &'static str> {
    let trade = record.trades.get(&stored.pay_id);
    let learned = trade.zip(known).is_some_and(|(trade, known)| trade.merchant == known.merchant);
    let code = trade.and_then(|trade| trade.code.as_ref()) == known.and_then(|known| known.code.as_ref());
    let number = trade.and_then(|trade| trade.channel_no.as_ref()) == known.and_then(|known| known.channel_no.as_ref());
    let paid_at = trade.and_then(|trade| trade.paid_at) == known.and_then(|known| known.paid_at);
    let checks = [
        (stored.pay_type == lived.pay_type, "the payment type"),
        (stored.state == lived.state, "the state"),
        (stored.ready_at == lived.ready_at, "the time of the payment string"),
        (stored.ending_at == lived.ending_at, "the time of ending"),
        (stored.paid == lived.paid, "the amount paid"),
        (stored.tried_at == lived.tried_at && stored.tries == lived.tries, "the last call"),
        (learned, "the merchant"),
        (code, "the payment string"),
        (number, "the channel's number"),
        (paid_at, "the time of payment"),
    ];
    checks.into_iter().filter(|(same, _)| !same).map(|(_, field)| field)
}

/// Rules 2 and 3: delivered once if the journal says so, with what was ordered, and otherwise not.
async fn deliveries(
    tx: &mut AnyConnection,
    record: &Record,
    replayed: &Replayed,
    found: &mut (dyn FnMut(String) + Send),
) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "SELECT viewer_id, goods_id, kind, quantity, fins, note, delivered_at, address FROM deliveries WHERE order_id = $1",
    )
    .bind(record.order.id.as_str())
    .fetch_all(tx)
    .await?;
    let due: Vec<i64> =
        replayed.effects.iter().filter(|(effect, _)| *effect == Effect::Deliver).map(|(_, at)| *at).collect();
    if rows.len() != due.len() || due.len() > 1 {
        found(format!("it has {} deliveries, and its journal delivers it {} times", rows.len(), due.len()));
    }
    let placed = &replayed.placed;
    // An address is no business of the journal, whose lines are in receipts: the order's own copy is what counts.
    let sent_to = record.snapshot.address.as_ref().map(as_kept);
    for (row, at) in rows.iter().zip(due) {
        let same = row.try_get::<String, _>(0).is_ok_and(|viewer| viewer == placed.viewer_id.as_str())
            && row.try_get::<String, _>(1).is_ok_and(|goods| goods == placed.goods_id.as_str())
            && row.try_get::<String, _>(2).is_ok_and(|kind| kind == placed.kind.as_str())
            && row.try_get::<i64, _>(3).is_ok_and(|quantity| quantity == i64::from(placed.quantity))
            && row.try_get::<Option<i64>, _>(4).is_ok_and(|fins| fins == placed.fins)
            && row.try_get::<Option<String>, _>(5).is_ok_and(|note| note == placed.note)
            && row.try_get::<i64, _>(6).is_ok_and(|delivered_at| delivered_at == at)
            && row.try_get::<Option<String>, _>(7).is_ok_and(|address| address == sent_to);
        if !same {
            found("what was delivered, to whom or when is not what was ordered and journaled".into());
        }
    }
    Ok(())
}

/// Rule 6: its ledger entries are those that its events had to book, line by line, and no others.
async fn ledger(
    tx: &mut AnyConnection,
    record: &Record,
    replayed: &Replayed,
    found: &mut (dyn FnMut(String) + Send),
) -> Result<(), StoreError> {
    let rows = sqlx::query(concat!(
        "SELECT entry, line, account, unit, amount, at FROM ledger WHERE entry IN (",
        invariants::entries_of_order!(),
        ") ORDER BY entry, line"
    ))
    .bind(record.order.id.as_str())
    .fetch_all(tx)
    .await?;
    let booked: Result<Vec<Line>, StoreError> = rows
        .iter()
        .map(|row| {
            let text = |at: usize| row.try_get::<String, _>(at);
            Ok((text(0)?, row.try_get(1)?, text(2)?, text(3)?, row.try_get(4)?, row.try_get(5)?))
        })
        .collect();
    let booked = match booked {
        Ok(booked) => booked,
        Err(error) => {
            found(format!("its ledger lines cannot be read: {error}"));
            return Ok(());
        }
    };
    let expected = expected_lines(record, replayed);
    for line in booked.iter().filter(|line| !expected.contains(line)) {
        let (entry, number, account, unit, amount, _) = line;
        found(format!("ledger entry {entry}, line {number} ({amount} {unit} to {account}) is not its journal's"));
    }
    for (entry, number, ..) in expected.iter().filter(|line| !booked.contains(line)) {
        found(format!("ledger entry {entry}, line {number} is missing or was changed"));
    }
    Ok(())
}

/// Entry, number, account, unit, amount, time.
type Line = (String, i64, String, String, i64, i64);

fn expected_lines(record: &Record, replayed: &Replayed) -> Vec<Line> {
    let mut lines = Vec::new();
    for (effect, at) in &replayed.effects {
        for entry in entries(record, replayed, effect) {
            for (number, (account, amount)) in (1_i64..).zip(entry.lines()) {
                lines.push((entry.name.clone(), number, account.to_owned(), entry.unit.to_owned(), amount, *at));
            }
        }
    }
    lines
}

/// What an effect books.
fn entries(record: &Record, replayed: &Replayed, effect: &Effect) -> Vec<Entry> {
    let (order, placed) = (&replayed.order, &replayed.placed);
    match effect {
        Effect::ReleaseStock | Effect::SellHeld | Effect::SellAgain | Effect::Alarm { .. } => Vec::new(),
        Effect::BookPayment { pay_id, amount } => {
            let attempt = order.attempt(pay_id);
            attempt.map(|attempt| Entry::payment(pay_id.as_str(), attempt.pay_type, amount.get())).into_iter().collect()
        }
        Effect::Deliver => {
            let id = record.order.id.as_str();
            let credit = placed.fins.filter(|_| placed.kind == GoodsKind::Fins);
            let credit = credit.map(|fins| Entry::fins(id, placed.viewer_id.as_str(), fins));
            [Entry::sale(id, placed.amount_fen.get())].into_iter().chain(credit).collect()
        }
        Effect::OpenRefund { refund } => {
            vec![Entry::refund_due(refund.refund_id.as_str(), refund.reason, refund.amount.get())]
        }
        Effect::BookRefund { refund_id } => {
            let of = order.refund(refund_id).and_then(|refund| Some((refund, order.attempt(&refund.pay_id)?)));
            of.map(|(refund, attempt)| Entry::refund(refund_id.as_str(), attempt.pay_type, refund.amount.get()))
                .into_iter()
                .collect()
        }
    }
}

/// Rules 13 and 17: an order that is not at rest has a job, and the job comes no later than the order's next step.
async fn watched(
    tx: &mut AnyConnection,
    record: &Record,
    now: i64,
    found: &mut (dyn FnMut(String) + Send),
) -> Result<(), StoreError> {
    let plan = record.order.plan(now);
    let Some(due) = plan.wake_at else { return Ok(()) };
    let row = sqlx::query("SELECT wake_at, leased_until FROM jobs WHERE order_id = $1")
        .bind(record.order.id.as_str())
        .fetch_optional(tx)
        .await?;
    let Some(row) = row else {
        found("nobody looks after it: it can still change and has no job".into());
        return Ok(());
    };
    match (row.try_get::<i64, _>(0), row.try_get::<i64, _>(1)) {
        // Somebody is at it, and will say when to look again.
        (Ok(_), Ok(leased_until)) if leased_until > now => {}
        (Ok(wake_at), Ok(_)) if wake_at <= due => {}
        (Ok(wake_at), Ok(_)) => found(format!(
            "it is looked after {} s too late: something is due at {due}, its job at {wake_at}",
            wake_at.saturating_sub(due)
        )),
        (Err(error), _) | (_, Err(error)) => found(format!("its job cannot be read: {error}")),
    }
    Ok(())
}
