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

#[cfg(test)]
mod tests {
    use super::super::orders::Snapshot;
    use super::*;
    use order::state::{ClosedBy, Event, Order};
    use order::{GoodsId, GoodsKind, Mismatch, OrderId, PayId, PayType, RefundId, RoomId, ViewerId};
    use std::collections::BTreeMap;

    const AT: i64 = 10;

    fn fen(amount: i64) -> Fen {
        Fen::new(amount).unwrap()
    }

    fn id(number: u32) -> PayId {
        OrderId::from_bits(1).attempt(number)
    }

    fn paid(number: u32) -> Event {
        Event::Paid { pay_id: id(number), amount: fen(100), restock: false }
    }

    fn taken_back(part: &str, amount: i64) -> Event {
        let refund_id = RefundId::new(format!("{}{part}", id(1))).unwrap();
        Event::TakenBack { pay_id: id(1), refund_id, amount: fen(amount) }
    }

    /// An order of 100 fen after these events.
    fn lived(events: &[Event]) -> Record {
        let mut order = Order::place(OrderId::from_bits(1), fen(100), 300, PayType::Alipay);
        let begun = [Event::PrepaySent { pay_id: id(1), at: AT }, Event::PrepayReady { pay_id: id(1), at: AT }];
        for event in begun.iter().chain(events) {
            order.apply(event).unwrap();
        }
        let snapshot = Snapshot {
            viewer_id: ViewerId::new("ann").unwrap(),
            room_id: RoomId::new("tea").unwrap(),
            goods_id: GoodsId::new("cup").unwrap(),
            kind: GoodsKind::Merchandise,
            title: "Cup".into(),
            quantity: 1,
            fins: None,
            note: None,
            price_version: 1,
            is_deal: false,
            address: None,
            created_at: AT,
        };
        Record { order, snapshot, trades: BTreeMap::new(), revision: 1 }
    }

    /// Closed unpaid.
    fn closed() -> [Event; 2] {
        [Event::EndAsked { by: ClosedBy::Viewer, at: AT }, Event::CloseProved { pay_id: id(1), at: AT }]
    }

    /// Another way to pay, which is paid; the first one is paid as well.
    fn both_paid() -> [Event; 4] {
        let other = Event::Attempted { pay_type: PayType::Wechat, at: AT };
        [other, Event::PrepaySent { pay_id: id(2), at: AT }, paid(2), paid(1)]
    }

    #[test]
    fn nothing_is_wrong_with_an_order_wherever_the_machine_leads_it() {
        let late = [closed().to_vec(), vec![paid(1)]].concat();
        let differs = |ours| Event::Differs { pay_id: id(1), mismatch: Mismatch::Amount, ours, at: AT };
        let refused =
            |part: &str| Event::RefundClosed { refund_id: RefundId::new(format!("{}{part}", id(1))).unwrap() };
        for events in [
            vec![],
            closed().to_vec(),
            vec![paid(1)],
            late.clone(),
            [late, vec![Event::RefundDone { refund_id: id(1).whole_refund() }]].concat(),
            both_paid().to_vec(),
            vec![differs(Some(fen(99)))],
            vec![differs(None)],
            vec![Event::Returned { pay_id: id(1), amount: fen(100) }],
            vec![paid(1), taken_back("S1", 60), taken_back("S2", 40)],
            // The number of a refund that its channel ended is used up: the next one is for the same money.
            vec![paid(1), taken_back("S1", 60), refused("S1")],
        ] {
            assert_eq!(faults_of(&lived(&events)), Vec::<String>::new(), "{events:?}");
        }
    }

    #[test]
    fn whatever_is_wrong_with_an_order_is_named() {
        let late = [closed().to_vec(), vec![paid(1)]].concat();
        let wrong = |events: &[Event], change: fn(&mut Order)| {
            let mut record = lived(events);
            change(&mut record.order);
            faults_of(&record)
        };
        let one = id(1);
        let not_gone = |state: OrderState, count: usize| {
            format!("the order is {} and {count} paid attempts are not on their way back", state.as_str())
        };
        let without = format!("attempt {one} is paid without an amount");
        assert_eq!(
            wrong(&[paid(1)], |order| order.attempts[0].paid = None),
            [without, not_gone(OrderState::Delivered, 0)]
        );
        let delivered_for = |paid: i64, pay_id| {
            format!("it was delivered for {} of attempt {pay_id}, and {} was due", fen(paid), fen(100))
        };
        assert_eq!(wrong(&[paid(1)], |order| order.attempts[0].paid = Some(fen(99))), [delivered_for(99, &one)]);
        assert_eq!(
            wrong(&[paid(1)], |order| order.attempts[0].state = AttemptState::Mismatch),
            [delivered_for(100, &one)]
        );
        // Money that came is neither delivered for nor on its way back.
        assert_eq!(wrong(&late, |order| order.refunds.clear()), [not_gone(OrderState::RefundDue, 1)]);
        assert_eq!(
            wrong(&late, |order| order.refunds[0].state = RefundState::Closed),
            [not_gone(OrderState::RefundDue, 1)]
        );
        assert_eq!(wrong(&[paid(1)], |order| order.state = OrderState::Closed), [not_gone(OrderState::Closed, 1)]);
        assert_eq!(wrong(&both_paid(), |order| order.refunds.clear()), [not_gone(OrderState::Delivered, 2)]);
        let whole = |pay_id: &PayId| format!("attempt {pay_id} brought {} and does not go back as one whole", fen(100));
        assert_eq!(wrong(&late, |order| order.refunds[0].amount = fen(99)), [whole(&one)]);
        let too_much =
            |pay_id: &PayId, paid: i64| format!("more goes back for attempt {pay_id} than the {} that came", fen(paid));
        assert_eq!(wrong(&late, |order| order.refunds[0].amount = fen(101)), [too_much(&one, 100), whole(&one)]);
        let parts = [paid(1), taken_back("S1", 60), taken_back("S2", 40)];
        assert_eq!(wrong(&parts, |order| order.refunds[1].amount = fen(41)), [too_much(&one, 100)]);
    }

    #[test]
    fn whatever_is_wrong_with_an_order_s_rows_is_named() {
        let good = || Rows { deliveries: 1, good_goods: 1, unbalanced: 0, suspense: 0, payable: 0 };
        let delivered = lived(&[paid(1)]);
        let none = Vec::<String>::new();
        assert_eq!(good().faults(&delivered), none);
        assert_eq!(Rows { deliveries: 0, ..good() }.faults(&lived(&[])), none);
        assert_eq!(
            Rows { deliveries: 1, ..good() }.faults(&lived(&[])),
            ["it is awaiting_payment and has 1 deliveries"]
        );
        for (rows, fault) in [
            (Rows { deliveries: 0, ..good() }, "it is delivered and has 0 deliveries"),
            (Rows { deliveries: 2, ..good() }, "it is delivered and has 2 deliveries"),
            (Rows { good_goods: 0, ..good() }, "the stock of cup does not add up"),
            (Rows { unbalanced: 1, ..good() }, "1 of its ledger entries do not balance"),
            (Rows { suspense: 7, ..good() }, "7 fen of it are neither delivered nor owed"),
            (Rows { payable: -5, ..good() }, "its refunds owe 0 fen, the ledger 5"),
        ] {
            assert_eq!(rows.faults(&delivered), [fault]);
        }
        // What is on its way back is owed, and what is back is not.
        let back = Event::RefundDone { refund_id: RefundId::new(format!("{}S1", id(1))).unwrap() };
        let going = lived(&[paid(1), taken_back("S1", 60), taken_back("S2", 40)]);
        assert_eq!(Rows { payable: -100, ..good() }.faults(&going), none);
        assert_eq!(good().faults(&going), ["its refunds owe 100 fen, the ledger 0"]);
        let half = lived(&[paid(1), taken_back("S1", 60), taken_back("S2", 40), back]);
        assert_eq!(Rows { payable: -40, ..good() }.faults(&half), none);
    }
}
