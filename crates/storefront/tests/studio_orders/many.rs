//! A room with very many orders: no list and no search reads all of them.

use crate::bench::Bench;
use api::OrderFilter;
use order::PayType;
use sqlx::{AnyConnection, Connection, Executor, Row};
use std::collections::BTreeSet;
use storefront::store::{STUDIO_PAGE, STUDIO_QUERIES};

/// Orders of the room beside those that were made.
const ORDERS: i64 = 3_000;
/// How many of them are made in one second.
const A_SECOND: i64 = 7;

async fn open(bench: &Bench) -> AnyConnection {
    AnyConnection::connect(&testbed::database(&bench.world.database())).await.unwrap()
}

/// Copies of an order on the lists it is on, with ids and titles of their own, made before it.
async fn fill(bench: &Bench, order_id: &order::OrderId) {
    let mut connection = open(bench).await;
    let columns =
        "order_id, viewer_id, room_id, goods_id, kind, title, quantity, amount_fen, fins, note, state, closed_by,
        created_at, deadline_at, revision, price_version, address, deal";
    let numbers =
        format!("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ORDERS})");
    let copies = format!(
        "{numbers} INSERT INTO orders ({columns})
         SELECT 'Z' || SUBSTR('0000000000000000000000000' || n, LENGTH(CAST(n AS TEXT)) + 1), viewer_id, room_id, goods_id, kind,
            CASE n % 90 WHEN 0 THEN 'Rare bowl' ELSE 'Cup ' || (n % 90) END, quantity, amount_fen, fins, note, state,
            closed_by, created_at - n / {A_SECOND}, deadline_at, revision, price_version, address, deal
         FROM numbers, orders WHERE order_id = '{order_id}'"
    );
    connection.execute(sqlx::AssertSqlSafe(copies)).await.unwrap();
    let listed = format!(
        "INSERT INTO order_lists SELECT l.room_id, l.list, o.created_at, o.order_id, o.title
         FROM orders o, order_lists l WHERE l.order_id = '{order_id}' AND o.order_id LIKE 'Z%'"
    );
    connection.execute(sqlx::AssertSqlSafe(listed)).await.unwrap();
    let attempts = format!(
        "INSERT INTO attempts SELECT o.order_id || 'A1', o.order_id, a.number, a.pay_type, a.partner_id, a.app_id,
            a.state, a.code, a.ready_at, a.ending_at, a.paid_fen, a.asked_at, a.asks, a.asks_settled, a.ask_failed_at,
            a.ask_fails, a.tried_at, a.tries, a.channel_no, a.paid_at
         FROM orders o, attempts a WHERE a.order_id = '{order_id}' AND o.order_id LIKE 'Z%'"
    );
    connection.execute(sqlx::AssertSqlSafe(attempts)).await.unwrap();
    connection.close().await.unwrap();
}

/// All pages of a list.
async fn pages(bench: &Bench, filter: OrderFilter, words: &str) -> Vec<Vec<api::StudioOrder>> {
    let mut pages = Vec::new();
    let mut next = None;
    loop {
        let page = bench.studio.studio_orders(filter, words, next.as_deref()).await.unwrap();
        pages.push(page.orders);
        next = page.next;
        if next.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn every_order_is_on_one_page_once_newest_first_whatever_is_made_or_leaves_meanwhile() {
    let bench = Bench::new().await;
    let ext = bench.bought(0, PayType::Alipay, 1).await;
    fill(&bench, &ext.order_id).await;
    let all = pages(&bench, OrderFilter::ToShip, "").await;
    assert!(all.iter().rev().skip(1).all(|page| page.len() == STUDIO_PAGE));
    let listed: Vec<_> = all.iter().flatten().map(|order| (order.created_at, order.order_id.to_string())).collect();
    assert_eq!(listed.len(), usize::try_from(ORDERS).unwrap() + 1);
    assert!(listed.is_sorted_by(|newer, older| newer > older));
    // The last order of a page leaves the list before the next page is asked for.
    let first = bench.studio.studio_orders(OrderFilter::ToShip, "", None).await.unwrap();
    let last = first.orders.last().unwrap();
    let draft = api::ShipmentDraft { carrier: "SF".into(), number: "1".into() };
    bench.studio.ship(&last.order_id, &draft).await.unwrap();
    let second = bench.studio.studio_orders(OrderFilter::ToShip, "", first.next.as_deref()).await.unwrap();
    assert_eq!(second.orders[0].order_id.as_str(), listed[STUDIO_PAGE].1);
    // A search has pages too, over many titles and over one.
    for (words, expected) in [("cup", ORDERS - ORDERS / 90), ("rare", ORDERS / 90), ("cup 17", 34)] {
        let found = pages(&bench, OrderFilter::Paid, words).await;
        let found: Vec<_> =
            found.iter().flatten().map(|order| (order.created_at, order.order_id.to_string())).collect();
        assert_eq!(found.len(), usize::try_from(expected).unwrap(), "{words}");
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "{words}");
        assert!(found.is_sorted_by(|newer, older| newer > older), "{words}");
    }
    bench.world.stop().await;
}

/// How far each query reads into the lists: from one place of an index to the end of a page, or one order.
const READS: [(&str, &str); 4] = [
    ("of a list", "(room_id=? AND list=? AND created_at<?)"),
    ("of a title", "(room_id=? AND list=? AND title=? AND created_at<?)"),
    ("titles", "(room_id=? AND list=? AND title=? AND created_at<?)"),
    ("of a number", "(room_id=? AND list=? AND created_at=? AND order_id=?)"),
];

#[tokio::test]
async fn no_list_and_no_search_reads_all_orders() {
    let bench = Bench::new().await;
    let ext = bench.bought(0, PayType::Alipay, 1).await;
    fill(&bench, &ext.order_id).await;
    let mut connection = open(&bench).await;
    assert_eq!(STUDIO_QUERIES.map(|(name, _)| name), READS.map(|(name, _)| name));
    if testbed::is_postgres() {
        connection.execute("ANALYZE").await.unwrap();
        for (name, query) in STUDIO_QUERIES {
            let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN {query}")));
            let asked = plan.bind("tea").bind("all").bind(i64::MAX).bind("").bind(51_i64).bind("Z00001").bind("0001");
            let steps: Vec<String> =
                asked.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get(0)).collect();
            assert!(steps.iter().any(|step| step.contains("Index")), "{name}: {steps:#?}");
            let reads_all = |step: &&String| {
                ["Seq Scan on order_lists", "Seq Scan on orders"].iter().any(|scan| step.contains(scan))
            };
            assert_eq!(steps.iter().find(reads_all), None, "{name}: {steps:#?}");
        }
        return bench.world.stop().await;
    }
    for ((name, query), (_, reads)) in STUDIO_QUERIES.into_iter().zip(READS) {
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}")));
        let asked = plan.bind("tea").bind("all").bind(i64::MAX).bind("").bind(51_i64).bind("Z00001").bind("0001");
        let steps: Vec<String> = asked.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get(3)).collect();
        let of_list: Vec<&String> = steps.iter().filter(|step| step.starts_with("SEARCH l ")).collect();
        assert!(!of_list.is_empty() && of_list.iter().all(|step| step.ends_with(reads)), "{name}: {steps:#?}");
        // What was found is gone through, never a table; and a page is read in its order.
        let scanned: Vec<&String> = steps.iter().filter(|step| step.starts_with("SCAN")).collect();
        assert!(scanned.iter().all(|step| ["SCAN t", "SCAN f"].contains(&step.as_str())), "{name}: {steps:#?}");
        let is_sorted = steps.iter().any(|step| step.contains("FOR ORDER BY"));
        assert_eq!(is_sorted, name == "of a number", "{name}: {steps:#?}");
    }
    bench.world.stop().await;
}
