//! What an audit says of lists, requests and parcels: nothing while they are right, and their name when they are not.

use crate::bench::{Bench, back};
use crate::support::{audit, copy_database, open_to_break, until};
use api::ShipmentDraft;
use order::state::{Event, OrderState};
use order::{Mismatch, PayType};
use serde_json::json;
use sqlx::{AnyConnection, Connection, Executor};
use std::path::PathBuf;
use storefront::clock::{Clock, SystemClock};
use storefront::store::Evidence;

/// The step of the schema that brought the lists.
const STEP: &str = include_str!("../../src/store/migrations/0003_studio.sql");

/// A copy of the shop's database as it is now.
async fn copy(bench: &Bench, name: &str) -> PathBuf {
    let path = bench.world.folder.path().join(name);
    copy_database(&bench.world.database(), &path).await;
    path
}

#[tokio::test]
async fn orders_from_before_there_were_lists_are_put_on_theirs() {
    let bench = Bench::new().await;
    let whole = bench.bought(0, PayType::Alipay, 1).await;
    let part = bench.bought(0, PayType::Wechat, 2).await;
    bench.studio.refund_order(&whole.order_id, &back(1, whole.amount_fen.get(), "")).await.unwrap();
    bench.studio.refund_order(&part.order_id, &back(2, 1, "")).await.unwrap();
    bench.put_faults(json!({"alipay": {"close_ignored": {}}, "wechat": {"close_ignored": {}}})).await;
    let late = bench.closed(2, 3).await;
    let fins = bench.bought(1, PayType::Alipay, 4).await;
    bench.bought(2, PayType::Wechat, 5).await;
    bench.world.phone("pay", &late.code).await;
    until(&bench.viewer, &late.order_id, &[OrderState::Refunded]).await;
    bench.closed(1, 6).await;
    for ext in [&part, &fins] {
        bench.viewer.ask_refund(&ext.order_id, "why not").await.unwrap();
    }
    let odd = bench.ordered(1, PayType::Wechat, 7).await;
    let (pay_id, at) = (odd.pay_id.clone(), SystemClock.now_s());
    let event = Event::Differs { pay_id, mismatch: Mismatch::Partner, ours: None, at };
    bench.world.shop.shop.store.apply(&odd.order_id, event, Evidence::text("odd"), at).await.unwrap();
    for ext in [&whole, &part] {
        bench.refunded(ext).await;
    }
    let path = copy(&bench, "before.db").await;
    let mut connection = open_to_break(&path).await;
    let count = async |connection: &mut AnyConnection| -> i64 {
        sqlx::query_scalar("SELECT COUNT(*) FROM order_lists").fetch_one(connection).await.unwrap()
    };
    let listed = count(&mut connection).await;
    connection.execute("DELETE FROM order_lists").await.unwrap();
    assert!(audit(&path).await.len() >= usize::try_from(listed).unwrap(), "every missing place is named");
    let fill =
        STEP.split(';').map(|sql| sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n"));
    let fill: Vec<String> = fill.filter(|sql| sql.trim_start().starts_with("INSERT INTO order_lists")).collect();
    assert_eq!(fill.len(), 6);
    for sql in fill {
        connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }
    assert_eq!(count(&mut connection).await, listed);
    connection.close().await.unwrap();
    // A payment that differs rests on evidence that this scene made up; nothing else is wrong.
    let found = audit(&path).await;
    assert!(
        found.iter().all(|line| line.starts_with(&format!("order {}: it cannot be lived", odd.order_id))),
        "{found:#?}"
    );
    bench.world.stop().await;
}

#[tokio::test]
async fn whatever_is_changed_of_lists_requests_and_parcels_is_named() {
    let bench = Bench::new().await;
    let paid = bench.bought(0, PayType::Alipay, 1).await;
    let closed = bench.closed(1, 2).await;
    bench.studio.refund_order(&paid.order_id, &back(1, 500, "")).await.unwrap();
    bench.refunded(&paid).await;
    bench.studio.ship(&paid.order_id, &ShipmentDraft { carrier: "SF".into(), number: "1".into() }).await.unwrap();
    bench.viewer.ask_refund(&paid.order_id, "why not").await.unwrap();
    let path = copy(&bench, "whole.db").await;
    assert_eq!(audit(&path).await, Vec::<String>::new(), "before anything is changed");
    let (paid, closed) = (&paid.order_id, &closed.order_id);
    let not_as_it_says = format!("it has order {paid}, which is not as it says");
    for (sql, expected) in [
        (format!("DELETE FROM order_lists WHERE list = 'paid' AND order_id = '{paid}'"), "it is not on the list paid"),
        ("DELETE FROM order_lists WHERE list = 'wishes'".into(), "it is not on the list wishes"),
        ("DELETE FROM shipments".into(), "it is not on the list to_ship"),
        ("UPDATE refund_requests SET answered_at = 1".into(), "it should not be on the list wishes"),
        (
            format!("UPDATE order_lists SET list = 'stuck' WHERE list = 'closed' AND order_id = '{closed}'"),
            "list stuck",
        ),
        (format!("UPDATE order_lists SET list = 'mine' WHERE list = 'paid' AND order_id = '{paid}'"), &not_as_it_says),
        (format!("UPDATE order_lists SET title = 'x' WHERE list = 'paid' AND order_id = '{paid}'"), &not_as_it_says),
        (format!("UPDATE order_lists SET created_at = 1 WHERE list = 'all' AND order_id = '{paid}'"), &not_as_it_says),
        (format!("UPDATE order_lists SET room_id = 'x' WHERE list = 'all' AND order_id = '{paid}'"), &not_as_it_says),
        ("UPDATE given_back SET amount_fen = 501".into(), "the refund it is answered with is not the one it asked for"),
        (format!("UPDATE given_back SET order_id = '{closed}'"), "the refund it is answered with is not"),
        ("UPDATE given_back SET room_id = 'x'".into(), "the refund it is answered with is not"),
        (format!("UPDATE shipments SET order_id = '{closed}'"), "there is nothing of it to send"),
        (format!("UPDATE refund_requests SET order_id = '{closed}'"), "that order was never delivered"),
    ] {
        let broken = bench.world.folder.path().join("case.db");
        copy_database(&path, &broken).await;
        let mut connection = open_to_break(&broken).await;
        let changed = connection.execute(sqlx::AssertSqlSafe(sql.clone())).await.unwrap().rows_affected();
        connection.close().await.unwrap();
        let found = audit(&broken).await;
        assert!(changed > 0 && found.iter().any(|line| line.contains(expected)), "{sql}: {expected:?}: {found:#?}");
    }
    bench.end().await;
}
