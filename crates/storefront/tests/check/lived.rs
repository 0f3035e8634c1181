//! A shop that has seen everything once, and the commands run over it.

use crate::support::{World, copy_database, until, until_view, wish};
use api::answer::Ext;
use api::{Client, Goods};
use order::PayType;
use order::state::{OrderState, RefundState};
use serde_json::{Value, json};
use sqlx::AnyConnection;
use std::path::{Path, PathBuf};
use std::process::Output;
use storefront::check::{self, Checked};
use storefront::config::Config;

pub(crate) async fn put_faults(world: &World, faults: Value) {
    let url = format!("{}/faults", world.sandbox.base_url);
    let answer = world.phone.put(url).json(&faults).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

pub(crate) async fn order(client: &Client, goods: &Goods, quantity: u32, pay_type: PayType, request: u128) -> Ext {
    let (params, asked) = wish(goods, quantity, pay_type, request);
    client.pay_order(&params, &asked).await.unwrap()
}

pub(crate) async fn pay(world: &World, ext: &Ext) {
    let shown = world.phone("pay", &ext.code).await;
    assert_eq!(shown["state"], "paid", "{shown}");
}

/// Orders of a shop that has seen everything once.
pub(crate) struct Lived {
    pub(crate) paid: Ext,
    pub(crate) fins: Ext,
    pub(crate) cancelled: Ext,
    pub(crate) late: Ext,
    pub(crate) twice: Ext,
}

/// Paid, fins, cancelled, paid too late and refunded, switched and paid through both channels.
pub(crate) async fn live(world: &World) -> Lived {
    let (first, second) = (world.viewer().await, world.viewer().await);
    let goods = first.goods().await.unwrap();
    let paid = order(&first, &goods[0], 2, PayType::Alipay, 1).await;
    pay(world, &paid).await;
    until(&first, &paid.order_id, &[OrderState::Delivered]).await;
    let fins = order(&first, &goods[1], 3, PayType::Wechat, 2).await;
    pay(world, &fins).await;
    until(&first, &fins.order_id, &[OrderState::Delivered]).await;
    let cancelled = order(&second, &goods[0], 1, PayType::Wechat, 3).await;
    second.cancel(&cancelled.order_id).await.unwrap();
    until(&second, &cancelled.order_id, &[OrderState::Closed]).await;
    // The channels say "closed" and leave it payable: only so can money come late or twice.
    put_faults(world, json!({"alipay": {"close_ignored": {}}, "wechat": {"close_ignored": {}}})).await;
    let late = order(&first, &goods[2], 1, PayType::Alipay, 4).await;
    first.cancel(&late.order_id).await.unwrap();
    until(&first, &late.order_id, &[OrderState::Closed]).await;
    let last_cup = order(&second, &goods[2], 1, PayType::Wechat, 5).await;
    pay(world, &last_cup).await;
    until(&second, &last_cup.order_id, &[OrderState::Delivered]).await;
    pay(world, &late).await;
    until(&first, &late.order_id, &[OrderState::Refunded]).await;
    let before = order(&second, &goods[1], 1, PayType::Alipay, 6).await;
    let (mut params, mut asked) = wish(&goods[1], 1, PayType::Wechat, 7);
    params.order_id = Some(before.order_id.clone());
    asked.order_id = Some(before.order_id.clone());
    let twice = second.pay_order(&params, &asked).await.unwrap();
    pay(world, &twice).await;
    until(&second, &twice.order_id, &[OrderState::Delivered]).await;
    pay(world, &before).await;
    until_view(&second, &twice.order_id, |view| view.refunds.iter().any(|refund| refund.state == RefundState::Done))
        .await;
    Lived { paid, fins, cancelled, late, twice }
}

/// The settings of the world's shop.
pub(crate) fn settings(world: &World) -> PathBuf {
    world.folder.path().join("shop.toml")
}

pub(crate) fn read_config(world: &World) -> Config {
    Config::read(&settings(world), |_| None).unwrap()
}

pub(crate) async fn storefront(arguments: &[&str]) -> Output {
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_storefront"));
    program.args(arguments).env("RUST_LOG", "error,sqlx=off").output().await.unwrap()
}

pub(crate) async fn with_config(world: &World, arguments: &[&str]) -> Output {
    let config = settings(world);
    let all: Vec<&str> = arguments.iter().copied().chain(["--config", config.to_str().unwrap()]).collect();
    storefront(&all).await
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A copy of the shop's database as it is now.
pub(crate) async fn copy(world: &World, name: &str) -> PathBuf {
    let path = world.folder.path().join(name);
    copy_database(&world.database(), &path).await;
    path
}

pub(crate) async fn change(connection: &mut AnyConnection, sql: &str) -> u64 {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap().rows_affected()
}

/// What the channels find in a database.
pub(crate) async fn ask_channels(world: &World, path: &Path) -> (Checked, Vec<String>) {
    let mut config = read_config(world);
    config.database = testbed::database(path).into();
    let mut found = Vec::new();
    let checked =
        check::check(&config, false, &mut |difference| found.push(difference.to_string()), &mut |_, _, _| {}).await;
    (checked.unwrap(), found)
}
