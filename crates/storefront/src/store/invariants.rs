//! What must hold of an order after every event, looked at in the event's own transaction. What is found wrong stops
//! selling and nothing else: what was paid is still delivered, and a person looks.

use super::StoreError;
use super::halts::{self, BOOKS};
use super::ledger::{REFUNDS_PAYABLE, SUSPENSE, is_of_sale};
use super::orders::Record;
use order::Fen;
use order::state::{Attempt, AttemptState, OrderState, Refund, RefundState};
use sqlx::{AnyConnection, Row};

/// The names of an order's ledger entries, from its rows.
macro_rules! entries_of_order {
    () => {
        "SELECT 'sale:' || order_id FROM orders WHERE order_id = $1
         UNION ALL SELECT 'fins:' || order_id FROM orders WHERE order_id = $1
         UNION ALL SELECT 'payment:' || pay_id FROM attempts WHERE order_id = $1
         UNION ALL SELECT 'refund_due:' || refund_id FROM refunds WHERE order_id = $1
         UNION ALL SELECT 'refund:' || refund_id FROM refunds WHERE order_id = $1"
    };
}
pub(super) use entries_of_order;

/// Looks at an order after its events, and at the goods and ledger entries they moved, if they did. Whatever is wrong
/// halts the shop in the same transaction; this never fails, because the events must stay.
pub(super) async fn check(tx: &mut AnyConnection, after: &Record, has_moved: bool, now: i64) {
    let mut faults = faults_of(after);
    if has_moved {
        match rows_of(tx, after).await {
            Ok(rows) => faults.extend(rows.faults(after)),
            Err(error) => faults.push(format!("its books cannot be read: {error}")),
        }
    }
    let Some(first) = faults.first() else { return };
    let reason = format!("order {}: {first}", after.order.id);
    tracing::error!(order.id = %after.order.id, ?faults, "the books are wrong: the shop takes no orders");
    if let Err(error) = halts::halt(tx, BOOKS, &reason, now).await {
        tracing::error!(%error, "the shop could not be halted");
    }
}

/// Rules 1, 2 and 4: every paid attempt was delivered, or goes back whole; never both, and never more than came.
pub(super) fn faults_of(record: &Record) -> Vec<String> {
    let order = &record.order;
    let mut faults = Vec::new();
    let mut delivered = 0_usize;
    for attempt in &order.attempts {
        let counts = |refund: &&Refund| refund.pay_id == attempt.pay_id && refund.state != RefundState::Closed;
        let of_it: Vec<&Refund> = order.refunds.iter().filter(counts).collect();
        let back = of_it.iter().try_fold(Fen::ZERO, |sum, refund| sum.plus(refund.amount));
        let paid = attempt.paid.unwrap_or(Fen::ZERO);
        if back.is_none_or(|back| back > paid) {
            faults.push(format!("more goes back for attempt {} than the {paid} that came", attempt.pay_id));
        }
        let undelivered: Vec<&&Refund> = of_it.iter().filter(|refund| !is_of_sale(refund.reason)).collect();
        match (attempt.paid, undelivered.as_slice()) {
            (None, _) if attempt.state == AttemptState::Paid => {
                faults.push(format!("attempt {} is paid without an amount", attempt.pay_id));
            }
            (None, _) => {}
            (Some(paid), []) => {
                delivered = delivered.saturating_add(1);
                faults.extend(not_for_delivery(order.amount, order.state, attempt, paid));
            }
            (Some(paid), [refund]) if refund.amount == paid => {}
            (Some(paid), _) => {
                faults.push(format!("attempt {} brought {paid} and does not go back as one whole", attempt.pay_id));
            }
        }
    }
    let due = usize::from(order.state == OrderState::Delivered);
    if delivered != due {
        let state = order.state.as_str();
        faults.push(format!("the order is {state} and {delivered} paid attempts are not on their way back"));
    }
    faults
}

fn not_for_delivery(amount: Fen, state: OrderState, attempt: &Attempt, paid: Fen) -> Option<String> {
    let fits = attempt.state == AttemptState::Paid && paid == amount;
    (state == OrderState::Delivered && !fits)
        .then(|| format!("it was delivered for {paid} of attempt {}, and {amount} was due", attempt.pay_id))
}

/// What the database says about one order's deliveries, goods and ledger entries.
struct Rows {
    deliveries: i64,
    good_goods: i64,
    unbalanced: i64,
    suspense: i64,
    payable: i64,
}

async fn rows_of(tx: &mut AnyConnection, record: &Record) -> Result<Rows, StoreError> {
    let row = sqlx::query(concat!(
        "WITH lines AS (SELECT entry, unit, account, amount FROM ledger WHERE entry IN (",
        entries_of_order!(),
        "))
         SELECT (SELECT COUNT(*) FROM deliveries WHERE order_id = $1),
            (SELECT COUNT(*) FROM goods WHERE goods_id = $2 AND available >= 0 AND reserved >= 0 AND sold >= 0
                AND available + reserved + sold = stocked),
            (SELECT COUNT(*) FROM (SELECT entry FROM lines GROUP BY entry, unit HAVING SUM(amount) <> 0) AS wrong),
            CAST(COALESCE(SUM(CASE WHEN account = $3 THEN amount ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN account = $4 THEN amount ELSE 0 END), 0) AS BIGINT)
         FROM lines"
    ))
    .bind(record.order.id.as_str())
    .bind(record.snapshot.goods_id.as_str())
    .bind(SUSPENSE)
    .bind(REFUNDS_PAYABLE)
    .fetch_one(tx)
    .await?;
    Ok(Rows {
        deliveries: row.try_get(0)?,
        good_goods: row.try_get(1)?,
        unbalanced: row.try_get(2)?,
        suspense: row.try_get(3)?,
        payable: row.try_get(4)?,
    })
}

impl Rows {
    fn faults(&self, record: &Record) -> Vec<String> {
        let order = &record.order;
        let due = i64::from(order.state == OrderState::Delivered);
        let open = order.refunds.iter().filter(|refund| !refund.state.is_final());
        let owed = open.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount.get()));
        let checks = [
            (self.deliveries != due, format!("it is {} and has {} deliveries", order.state.as_str(), self.deliveries)),
            (self.good_goods != 1, format!("the stock of {} does not add up", record.snapshot.goods_id)),
            (self.unbalanced != 0, format!("{} of its ledger entries do not balance", self.unbalanced)),
            (self.suspense != 0, format!("{} fen of it are neither delivered nor owed", self.suspense)),
            (
                self.payable != owed.saturating_neg(),
                format!("its refunds owe {owed} fen, the ledger {}", self.payable.saturating_neg()),
            ),
        ];
        checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, words)| words).collect()
    }
}
