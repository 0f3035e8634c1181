//! A database of the first version is carried over when it is served, and goes on where it stood.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::OrderDetails;
use order::PayType;
use order::state::OrderState;
use sqlx::{AnyConnection, Connection, Executor, Row};
use std::path::Path;
use storefront::config::Config;
use storefront::push::Change;
use storefront::serve;
use storefront::store::{OpenError, Reader, Store, StoreError};
use support::{World, audit, draft, program, until, viewer_of, wish};

/// The first version's schema, which never changes.
const FIRST: &str = include_str!("../src/store/schema.sql");

async fn open(path: &Path) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let url = testbed::database(path);
    let url = if testbed::is_postgres() { url } else { format!("{url}?mode=rwc") };
    AnyConnection::connect(&url).await.unwrap()
}

async fn run(connection: &mut AnyConnection, sql: String) {
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}

/// The columns of a table, in their order.
async fn columns(connection: &mut AnyConnection, table: &str) -> Vec<String> {
    let columns = if testbed::is_postgres() {
        format!(
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_name = '{table}'
             ORDER BY ordinal_position"
        )
    } else {
        format!("SELECT name FROM pragma_table_info('{table}')")
    };
    let columns = connection.fetch_all(sqlx::AssertSqlSafe(columns)).await.unwrap();
    columns.iter().map(|row| row.get(0)).collect()
}

/// A database as the first version would have left it: its schema, with the rows of one that has lived.
async fn first_version_of(lived: &Path, first: &Path) {
    let mut connection = open(first).await;
    connection.execute(FIRST).await.unwrap();
    connection.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)").await.unwrap();
    connection.execute("INSERT INTO schema_version (version) VALUES (1)").await.unwrap();
    let mut lived = open(lived).await;
    let quote = if testbed::is_postgres() { "quote_nullable" } else { "quote" };
    for table in FIRST.split("CREATE TABLE ").skip(1).filter_map(|rest| rest.split(' ').next()) {
        let columns = columns(&mut connection, table).await;
        run(&mut connection, format!("DELETE FROM {table}")).await;
        let values = columns.iter().map(|column| format!("{quote}({column})")).collect::<Vec<_>>().join(" || ', ' || ");
        let rows = lived.fetch_all(sqlx::AssertSqlSafe(format!("SELECT {values} FROM {table}"))).await.unwrap();
        for row in rows {
            let (columns, values) = (columns.join(", "), row.get::<String, _>(0));
            run(&mut connection, format!("INSERT INTO {table} ({columns}) VALUES ({values})")).await;
        }
    }
    lived.close().await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_version_keeps_its_orders_and_serves_on() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let (first_params, delivered) = (params.clone(), client.pay_order(&params, &asked).await.unwrap());
    world.phone("pay", &delivered.code).await;
    let before = until(&client, &delivered.order_id, &[OrderState::Delivered]).await;
    let (params, asked) = wish(&goods[1], 2, PayType::Wechat, 2);
    let open = client.pay_order(&params, &asked).await.unwrap();
    let (params, asked) = wish(&goods[2], 1, PayType::Wechat, 3);
    let left = client.pay_order(&params, &asked).await.unwrap();
    let World { shop, sandbox, folder, phone } = world;
    let (key, lived, first) = (shop.key.to_base64(), folder.path().join("shop.db"), folder.path().join("first.db"));
    let room = client.room().await.unwrap();
    shop.stop().await;
    first_version_of(&lived, &first).await;
    let settings = folder.path().join("shop.toml");
    let text =
        std::fs::read_to_string(&settings).unwrap().replace(&testbed::database(&lived), &testbed::database(&first));
    std::fs::write(&settings, text).unwrap();
    // Only serving carries it over.
    let (done, said) = program(folder.path(), &["check", "--offline"]).await;
    let words = "the database has schema 1; start `storefront serve` once, which brings it to 4";
    assert!(!done && said.contains(words), "{said}");
    let shop = serve::start(Config::read(&settings, |_| None).unwrap()).await.unwrap();
    assert_eq!(audit(&first).await, Vec::<String>::new());
    let again = viewer_of(&format!("http://{}", shop.address), &key).await;
    assert_eq!(again.room().await.unwrap(), room);
    assert_eq!(again.goods().await.unwrap()[0].deal, None);
    // The shelf is in the order it had.
    let mut connection = shop.shop.store.read().await.unwrap();
    let order = "SELECT position, lot, revision FROM goods ORDER BY goods_id";
    let order: Vec<(i64, i64, i64)> = sqlx::query_as(order).fetch_all(&mut *connection).await.unwrap();
    assert_eq!(order, [(1, 1, 0), (2, 2, 0), (3, 3, 0)]);
    drop(connection);
    // The orders of before are read, and the requests that made them are known.
    let record = shop.shop.store.order(&delivered.order_id).await.unwrap().unwrap();
    assert_eq!((record.order.state, record.snapshot.price_version), (OrderState::Delivered, 0));
    assert_eq!(shop.shop.store.details_of(&record).await.unwrap(), OrderDetails::default());
    assert_eq!(shop.shop.view(&record)["amount_fen"], before.amount_fen);
    let again_asked = shop.shop.place(&record.snapshot.viewer_id, "192.0.2.1", first_params).await.unwrap();
    assert_eq!((again_asked.order_id, again_asked.is_new), (delivered.order_id.clone(), false));
    // What was open goes on to either end.
    let state = async |ext: &api::Ext, wanted: OrderState| {
        let mut changes = shop.shop.push.listen(Change::Order(ext.order_id.clone()));
        while shop.shop.store.order(&ext.order_id).await.unwrap().unwrap().order.state != wanted {
            changes.heard().await;
        }
    };
    let pay = format!("{}/phone/pay", sandbox.base_url);
    phone.post(pay).json(&serde_json::json!({"code": open.code})).send().await.unwrap();
    state(&open, OrderState::Delivered).await;
    shop.shop.cancel(&record.snapshot.viewer_id, &left.order_id).await.unwrap();
    state(&left, OrderState::Closed).await;
    let goods = again.goods().await.unwrap();
    assert_eq!(goods.iter().map(|item| (item.stock_left, item.held)).collect::<Vec<_>>(), [(4, 0), (998, 0), (1, 0)]);
    // And what came with the later version is there.
    let book = again.save_address(None, &draft("林夏", true)).await.unwrap();
    let (mut params, asked) = wish(&goods[2], 1, PayType::Alipay, 4);
    params.address_id = Some(book[0].address_id.clone());
    let ext = again.pay_order(&params, &asked).await.unwrap();
    assert_eq!(again.details(&ext.order_id).await.unwrap().address, Some(book[0].address.clone()));
    assert_eq!(audit(&first).await, Vec::<String>::new());
    shop.stop().await;
    sandbox.stop().await;
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_database_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first.db");
    let mut connection = open(&path).await;
    connection.execute(FIRST).await.unwrap();
    connection.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)").await.unwrap();
    connection.execute("INSERT INTO schema_version (version) VALUES (1)").await.unwrap();
    // The second step's last table is in its way.
    connection.execute("CREATE TABLE refund_requests (mine TEXT)").await.unwrap();
    let url = testbed::database(&path);
    Store::open(&url).await.unwrap_err();
    let left = columns(&mut connection, "goods").await.iter().filter(|column| column.starts_with("deal_")).count();
    let version: i64 =
        sqlx::query_scalar("SELECT version FROM schema_version").fetch_one(&mut connection).await.unwrap();
    assert_eq!((left, version), (0, 1));
    connection.execute("DROP TABLE refund_requests").await.unwrap();
    Store::open(&url).await.unwrap();
    // Once more has nothing to do.
    Store::open(&url).await.unwrap();
    Reader::open(&url).await.unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newer.db");
    let url = testbed::database(&path);
    drop(Store::open(&url).await.unwrap());
    let mut connection = open(&path).await;
    connection.execute("UPDATE schema_version SET version = 5").await.unwrap();
    let words = "the database has schema 5; this program knows 4. Install the newer program";
    let error = Store::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 5 }) && error.to_string() == words, "{error}");
    let error = Reader::open(&url).await.unwrap_err();
    assert!(
        matches!(error, OpenError::Store(StoreError::TooNew { found: 5 })) && error.to_string() == words,
        "{error}"
    );
    let version: i64 =
        sqlx::query_scalar("SELECT version FROM schema_version").fetch_one(&mut connection).await.unwrap();
    assert_eq!(version, 5);
}

#[tokio::test]
async fn several_that_open_an_empty_database_at_once_make_its_tables_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.db");
    let url = testbed::database(&path);
    let opening: tokio::task::JoinSet<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            async move { Store::open(&url).await }
        })
        .collect();
    for store in opening.join_all().await {
        assert_eq!(store.unwrap().halts().await.unwrap(), []);
    }
    let mut connection = open(&path).await;
    let versions: Vec<i64> =
        sqlx::query_scalar("SELECT version FROM schema_version").fetch_all(&mut connection).await.unwrap();
    assert_eq!(versions, [4]);
}
