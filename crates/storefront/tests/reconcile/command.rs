//! `storefront reconcile`, beside a running server and alone, by this computer's own clock.

use crate::bench::BOTH;
use crate::support::{World, wish};
use gateway::Prepay;
use order::state::OrderState;
use order::{Fen, OrderId, PayId, PayType};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use std::path::Path;
use std::process::Output;
use storefront::clock::{Clock, SystemClock};
use storefront::reconcile::Day;
use storefront::store::StoreError;
use tokio::process::Command;

async fn run(folder: &Path, dates: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storefront"));
    command.arg("reconcile").arg("--config").arg(folder.join("shop.toml"));
    for date in dates {
        command.args(["--date", date]);
    }
    command.output().await.unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn today() -> Day {
    Day::of(SystemClock.now_s()).unwrap()
}

async fn faults(world: &World, faults: Value) {
    let url = format!("{}/faults", world.sandbox.base_url);
    let put = world.phone.put(url).json(&json!({"alipay": faults, "wechat": faults})).send().await.unwrap();
    assert!(put.status().is_success(), "{}", put.text().await.unwrap());
}

/// Two days pass for what the channels have in their books.
async fn two_days_pass_at_the_channels(world: &World) {
    let url = format!("sqlite:{}", world.folder.path().join("sandbox/books.sqlite").display());
    let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
    let sql = "UPDATE trades SET document = json_set(document, '$.paid_ms', (document ->> 'paid_ms') - 172800000)
               WHERE document ->> 'paid_ms' IS NOT NULL";
    assert!(sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected() > 0);
}

/// Orders that were paid two days ago at both channels, and of which the shop has heard nothing and asks no more.
async fn lost_payments(world: &World) -> Vec<PayId> {
    let notice = json!({"notice_dropped": {}, "close_ignored": {}, "query_behind": {}});
    faults(world, notice).await;
    let mut lost = Vec::new();
    for pay_type in BOTH {
        let client = world.viewer().await;
        let goods = client.goods().await.unwrap();
        let (params, asked) = wish(&goods[0], 1, pay_type, 1);
        let ext = client.pay_order(&params, &asked).await.unwrap();
        client.cancel(&ext.order_id).await.unwrap();
        crate::support::until(&client, &ext.order_id, &[OrderState::Closed]).await;
        assert_eq!(world.phone("pay", &ext.code).await["state"], "paid");
        lost.push(ext.pay_id);
    }
    // As after a day of queries that all answered "not paid".
    let store = &world.shop.shop.store;
    store
        .write(|tx| {
            Box::pin(async move {
                tx.execute("UPDATE attempts SET asked_at = ending_at + 90000").await?;
                tx.execute("DELETE FROM jobs").await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
    two_days_pass_at_the_channels(world).await;
    faults(world, json!({})).await;
    lost
}

async fn state_of(world: &World, pay_id: &PayId) -> OrderState {
    let store = &world.shop.shop.store;
    let order_id = store.order_of_attempt(pay_id).await.unwrap().unwrap();
    store.order(&order_id).await.unwrap().unwrap().order.state
}

async fn finds_and_repairs(world: &World, lost: &[PayId]) {
    let day = today().plus(-2).unwrap();
    let output = run(world.folder.path(), &[day.as_str()]).await;
    assert!(output.status.success(), "{}", said(&output));
    let reports = lines(&output);
    assert_eq!(reports.len(), 2, "{reports:?}");
    for ((report, pay_type), pay_id) in reports.iter().zip(BOTH).zip(lost) {
        assert_eq!((&report["day"], &report["pay_type"]), (&json!(day.as_str()), &json!(pay_type)));
        assert_eq!(report["payments"], json!({"lines": 1, "fen": 22_800}));
        assert_eq!(
            (&report["found"][0]["kind"], &report["found"][0]["pay_id"]),
            (&json!("not_booked"), &json!(pay_id))
        );
        assert_eq!(report["differences"], json!([]));
        assert_eq!(state_of(world, pay_id).await, OrderState::Delivered);
    }
    let again = run(world.folder.path(), &[day.as_str(), day.as_str()]).await;
    assert!(again.status.success(), "{}", said(&again));
    let found: Vec<Value> = lines(&again).into_iter().map(|report| report["found"].clone()).collect();
    assert_eq!(found, [json!([]), json!([])], "a day is read once, and has nothing new");
}

#[tokio::test]
async fn beside_a_running_server_it_finds_and_repairs() {
    let world = World::new(300).await;
    let lost = lost_payments(&world).await;
    finds_and_repairs(&world, &lost).await;
    world.stop().await;
}

#[tokio::test]
async fn alone_it_drives_the_repairs_itself_and_fails_while_differences_remain() {
    let world = World::new(300).await;
    let lost = lost_payments(&world).await;
    let stranger = OrderId::from_bits(99).attempt(1);
    let request = Prepay {
        pay_id: stranger.clone(),
        amount: Fen::new(900).unwrap(),
        subject: "Something else".into(),
        expires_at_s: SystemClock.now_s() + 300,
        notify_url: "http://127.0.0.1:10/elsewhere".into(),
    };
    let code = world.shop.shop.channels[&PayType::Wechat].prepay(&request).await.unwrap();
    let World { shop, sandbox, folder, phone } = world;
    let kept = std::sync::Arc::clone(&shop.shop);
    shop.stop().await;
    let day = today().plus(-2).unwrap();
    let output = run(folder.path(), &[day.as_str()]).await;
    assert!(output.status.success(), "{}", said(&output));
    for pay_id in &lost {
        let order_id = kept.store.order_of_attempt(pay_id).await.unwrap().unwrap();
        assert_eq!(kept.store.order(&order_id).await.unwrap().unwrap().order.state, OrderState::Delivered);
    }
    let paid = phone.post(format!("{}/phone/pay", sandbox.base_url)).json(&json!({"code": code})).send().await.unwrap();
    assert!(paid.status().is_success());
    let url = format!("sqlite:{}", folder.path().join("sandbox/books.sqlite").display());
    let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
    let sql = "UPDATE trades SET document = json_set(document, '$.paid_ms', (document ->> 'paid_ms') - 172800000)
               WHERE id = (SELECT MAX(id) FROM trades)";
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    let output = run(folder.path(), &[day.as_str()]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("1 differences remain"), "{}", said(&output));
    let difference = &lines(&output)[1]["differences"][0];
    assert_eq!((&difference["kind"], &difference["number"]), (&json!("unknown_number"), &json!(stranger)));
    assert!(difference["message"].as_str().unwrap().contains("which we do not know"), "{difference}");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_date_that_cannot_be_read_is_refused_in_words_and_a_bill_that_is_not_given_is_a_failure() {
    let world = World::new(300).await;
    let folder = world.folder.path();
    let (now, next) = (today(), today().plus(1).unwrap());
    for (dates, words) in [
        (vec!["yesterday"], "is not a day; write it as 2026-01-31"),
        (vec!["2026-02-30"], "is not a day"),
        (vec!["2026-01-31", "31.1.2026"], "is not a day"),
        (vec![now.as_str()], "there is no bill of today"),
        (vec![next.as_str()], "is in the future"),
        (vec![], "--date"),
    ] {
        let output = run(folder, &dates).await;
        assert!(!output.status.success() && output.stdout.is_empty(), "{dates:?}");
        assert!(said(&output).contains(words), "{dates:?}: {}", said(&output));
    }
    faults(&world, json!({"http_error_before": {"calls": ["bill"]}})).await;
    let output = run(folder, &[now.plus(-2).unwrap().as_str()]).await;
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true));
    assert!(said(&output).contains("2 bills were not read"), "{}", said(&output));
    world.stop().await;
}
