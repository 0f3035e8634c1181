//! A judge that never found anything proves nothing: each thing it looks at is put wrong once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use order::PayType;
use simulation::crash_points::{Run, Story, begin, turn};
use simulation::failure::Failure;
use simulation::house::Template;
use simulation::place::{Place, connect};
use simulation::runner;
use simulation::world::World;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A row put wrong at rest, and the words the judge has for it.
const AT_REST: &[(Story, &str, &str)] = &[
    (Story::Paid, "DELETE FROM deliveries", "changed without a line"),
    (Story::Paid, "UPDATE orders SET state = 'closed'", "changed without a line"),
    (Story::Paid, "UPDATE attempts SET paid_fen = paid_fen - 1", "changed without a line"),
    (Story::BothPaid, "UPDATE refunds SET state = 'sent'", "changed without a line"),
    (Story::Paid, "UPDATE goods SET sold = sold - 1, stocked = stocked - 1 WHERE sold > 0", "were delivered"),
    (Story::Expired, "UPDATE goods SET reserved = reserved + 1 WHERE goods_id = 'clay'", "1 reserved"),
    (Story::Paid, "UPDATE ledger SET amount = amount + 1 WHERE amount > 0", "the ledger should have"),
    (Story::Paid, "UPDATE ledger SET account = 'sales' WHERE account = 'suspense'", "the ledger should have"),
    (Story::Paid, "DELETE FROM ledger WHERE entry LIKE 'sale:%'", "the ledger should have"),
    (Story::Expired, "INSERT INTO ledger VALUES ('gift', 1, 'sales', 'CNY', 0, 0)", "which nothing called for"),
    (Story::Paid, "UPDATE viewers SET fins_balance = 1 WHERE viewer_id = 'viewer-0'", "1 fins"),
    (Story::Paid, "UPDATE journal SET evidence = evidence || ' ' WHERE seq = 2", "the hash of what is before it"),
    (Story::Paid, "DELETE FROM journal WHERE seq = 3", "of the journal follows line"),
    (Story::Paid, "UPDATE journal_head SET seq = seq - 1", "the head of the journal"),
    (
        Story::Paid,
        "INSERT INTO given_back SELECT room_id, 'r', order_id, 'x', 1, '' FROM orders",
        "streamers asked for",
    ),
    (Story::Paid, "INSERT INTO jobs SELECT order_id, 0, 0 FROM orders", "jobs are left"),
];

/// A world that was meddled with is left as it is: the next one has a file of its own.
fn database() -> String {
    static WORLDS: AtomicU32 = AtomicU32::new(0);
    format!("judge-{}", WORLDS.fetch_add(1, Ordering::Relaxed))
}

/// Worlds in files, which a row can be put wrong in against the tables' own rules.
fn in_files(work: impl AsyncFnOnce(Arc<Template>)) {
    let place = Place::files().unwrap();
    runner::runtime(&place).unwrap().block_on(async { work(Arc::new(Template::make(&place).await.unwrap())).await });
}

async fn meddle(world: &World, sql: &'static str) {
    let mut connection = connect(world.database()).await.unwrap();
    sqlx::query("PRAGMA ignore_check_constraints = ON").execute(&mut connection).await.unwrap();
    sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut connection).await.unwrap();
    let changed = sqlx::query(sql).execute(&mut connection).await.unwrap();
    assert!(changed.rows_affected() > 0, "changed nothing: {sql}");
}

async fn at_rest(template: &Arc<Template>, story: Story, pay_type: PayType) -> World {
    let run = Run { story, pay_type, at: Vec::new() };
    let mut world = begin(template, &run, &database()).await.unwrap();
    while turn(&mut world).await.unwrap() {}
    world
}

fn words(ended: Result<impl Sized, Failure>, what: &str) -> String {
    match ended {
        Err(Failure::Violation(words)) => words,
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what}: the judge found nothing"),
    }
}

#[test]
fn a_row_put_wrong_at_rest_is_found() {
    in_files(async |template| {
        for (story, sql, expected) in AT_REST {
            let world = at_rest(&template, *story, PayType::Wechat).await;
            meddle(&world, sql).await;
            // The storefront's own audit looks at the same rows in its own way.
            // A job too many is no difference to it: the next look at it ends it.
            if !sql.starts_with("INSERT INTO jobs") {
                let audited = words(world.audit().await, sql);
                assert!(audited.starts_with("the audit finds"), "{sql}: {audited}");
            }
            let words = words(world.judge_rest().await, sql);
            assert!(words.contains(expected), "{sql}: {words}");
        }
        assert!(at_rest(&template, Story::Paid, PayType::Wechat).await.end().await.is_ok());
    });
}

#[test]
fn a_refund_that_a_streamer_was_told_of_and_that_is_not_there_is_found() {
    in_files(async |template| {
        let mut world = at_rest(&template, Story::Paid, PayType::Wechat).await;
        world.judge.given.insert("a request".into(), ("an order".into(), 5));
        let words = words(world.judge_rest().await, "told of");
        assert!(words.contains("a request was told"), "{words}");
    });
}

#[test]
fn books_of_a_channel_that_differ_from_ours_are_found() {
    type Lie = fn(&mut simulation::books::Trade);
    let lies: [(Story, Lie, &str); 5] = [
        (Story::Paid, |trade| trade.taken = None, "its channel took None"),
        (Story::Paid, |trade| trade.taken.as_mut().unwrap().amount -= 1, "its channel took Some"),
        (Story::Expired, |trade| trade.taken = Some(taken()), "its channel took Some"),
        (Story::BothPaid, |trade| trade.returns.clear(), "its channel returned 0"),
        (Story::PaidLate, |trade| trade.returns.values_mut().for_each(|back| back.amount -= 1), "its channel returned"),
    ];
    in_files(async |template| {
        for (story, lie, expected) in lies {
            let world = at_rest(&template, story, PayType::Alipay).await;
            world.stage.scene().books.trades.values_mut().for_each(lie);
            let words = words(world.judge_rest().await, expected);
            assert!(words.contains(expected), "{expected}: {words}");
        }
    });
}

fn taken() -> simulation::books::Taken {
    simulation::books::Taken { amount: 100, at: 0, channel_no: "1".into(), shown_at: 0 }
}

#[test]
fn what_goes_wrong_on_the_way_is_found_by_the_next_commit() {
    // What was there before its order's next step, and the words the judge has for it.
    let cases = [
        ("UPDATE orders SET amount_fen = 1", "at 100 fen"),
        ("UPDATE orders SET state = 'refunded'", "its orders hold"),
        ("UPDATE goods SET reserved = reserved + 1, stocked = stocked + 1 WHERE reserved > 0", "its orders hold"),
        ("UPDATE shares SET pieces = 5", "a share of 5"),
        (
            "INSERT INTO deliveries SELECT order_id, viewer_id, goods_id, kind, 1, 0, NULL, 0, NULL FROM orders",
            "1 deliveries",
        ),
        ("UPDATE attempts SET state = 'paid', paid_fen = 100", "counts as paid"),
    ];
    in_files(async |template| {
        for (sql, expected) in cases {
            let run = Run { story: Story::Expired, pay_type: PayType::Alipay, at: Vec::new() };
            let mut world = begin(&template, &run, &database()).await.unwrap();
            while !world.judge.orders.values().any(|order| order.state == "awaiting_payment") {
                assert!(turn(&mut world).await.unwrap());
            }
            meddle(&world, sql).await;
            let found = loop {
                match turn(&mut world).await {
                    Ok(true) => {}
                    Ok(false) => break Ok(()),
                    Err(failure) => break Err(failure),
                }
            };
            let words = words(found, sql);
            assert!(words.contains(expected), "{sql}: {words}");
        }
    });
}
