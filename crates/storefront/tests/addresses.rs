//! The address book, and the copy of an address that an order keeps.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::address::ADDRESSES_MAX;
use api::{Address, Client, ErrorCode, PostalAddress};
use order::state::OrderState;
use order::{AddressId, OrderId, PayType};
use std::process::Stdio;
use support::{World, audit, draft, program, refused, sandbox_in, until, viewer_of, wish};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Names in the book's order; the one offered first with a star.
fn names(book: &[Address]) -> Vec<String> {
    let star = |one: &Address| if one.is_default { "*" } else { "" };
    book.iter().map(|one| format!("{}{}", one.address.name, star(one))).collect()
}

fn named<'a>(book: &'a [Address], name: &str) -> &'a AddressId {
    &book.iter().find(|one| one.address.name == name).unwrap().address_id
}

/// Adds an address and says its id.
async fn add(client: &Client, name: &str) -> AddressId {
    let book = client.save_address(None, &draft(name, false)).await.unwrap();
    named(&book, name).clone()
}

/// Where what was delivered is sent.
async fn sent_to(world: &World, order_id: &OrderId) -> Option<PostalAddress> {
    let mut connection = world.shop.shop.store.read().await.unwrap();
    let row = sqlx::query_scalar("SELECT address FROM deliveries WHERE order_id = $1").bind(order_id.as_str());
    let text: Option<String> = row.fetch_one(&mut *connection).await.unwrap();
    text.map(|text| serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn one_address_of_a_book_is_offered_first_whatever_is_done_to_it() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    assert_eq!(client.addresses().await.unwrap(), []);
    let book = client.save_address(None, &draft("a", false)).await.unwrap();
    assert_eq!(names(&book), ["a*"]);
    let book = client.save_address(None, &draft("b", false)).await.unwrap();
    assert_eq!(names(&book), ["a*", "b"]);
    let book = client.save_address(None, &draft("c", true)).await.unwrap();
    assert_eq!(names(&book), ["c*", "b", "a"]);
    let (a, b, c) = (named(&book, "a").clone(), named(&book, "b").clone(), named(&book, "c").clone());
    let book = client.save_address(Some(&a), &draft("a", true)).await.unwrap();
    assert_eq!(names(&book), ["a*", "c", "b"]);
    let book = client.save_address(Some(&b), &draft("b changed", false)).await.unwrap();
    assert_eq!(names(&book), ["a*", "c", "b changed"]);
    // The one offered first is offered no longer: the newest takes its place.
    let book = client.save_address(Some(&a), &draft("a", false)).await.unwrap();
    assert_eq!(names(&book), ["c*", "b changed", "a"]);
    let book = client.remove_address(&b).await.unwrap();
    assert_eq!(names(&book), ["c*", "a"]);
    client.save_address(Some(&a), &draft("a", true)).await.unwrap();
    let d = add(&client, "d").await;
    let book = client.remove_address(&a).await.unwrap();
    assert_eq!(names(&book), ["d*", "c"]);
    client.remove_address(&d).await.unwrap();
    assert_eq!(client.remove_address(&c).await.unwrap(), []);
    assert_eq!(client.addresses().await.unwrap(), []);
    world.stop().await;
}

#[tokio::test]
async fn a_book_holds_no_more_than_its_most_and_keeps_addresses_without_the_space_around_them() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let book = client.save_address(None, &draft("  林 夏  ", false)).await.unwrap();
    assert_eq!(names(&book), ["林 夏*"]);
    for number in 1..ADDRESSES_MAX {
        add(&client, &format!("n{number}")).await;
    }
    let full = refused(client.save_address(None, &draft("one more", false)).await);
    assert_eq!(full.code, ErrorCode::InvalidParams);
    assert!(full.message.contains(&format!("holds {ADDRESSES_MAX} addresses")), "{full:?}");
    let book = client.addresses().await.unwrap();
    assert_eq!(book.len(), ADDRESSES_MAX);
    // A full book can be changed, and another viewer's is another book.
    client.save_address(Some(&book[3].address_id), &draft("changed", false)).await.unwrap();
    client.remove_address(&book[4].address_id).await.unwrap();
    add(&client, "one more").await;
    add(&world.viewer().await, "first").await;
    world.stop().await;
}

#[tokio::test]
async fn another_viewer_s_address_and_none_at_all_answer_alike() {
    let world = World::new(300).await;
    let (owner, stranger) = (world.viewer().await, world.viewer().await);
    let theirs = add(&owner, "owner").await;
    let nobodys = AddressId::new("0000000000000000000000000A").unwrap();
    let mut answers = Vec::new();
    for address_id in [&theirs, &nobodys] {
        answers.push(refused(stranger.save_address(Some(address_id), &draft("mine now", true)).await));
        answers.push(refused(stranger.remove_address(address_id).await));
    }
    assert_eq!(answers[0].code, ErrorCode::NotFound);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(names(&owner.addresses().await.unwrap()), ["owner*"]);
    assert_eq!(stranger.addresses().await.unwrap(), []);
    world.stop().await;
}

#[tokio::test]
async fn an_order_is_sent_where_its_viewer_said_whatever_becomes_of_the_address() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let chosen = draft("林夏", true).address;
    let address_id = add(&client, "林夏").await;
    let (mut params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    params.address_id = Some(address_id.clone());
    let ext = client.pay_order(&params, &asked).await.unwrap();
    client.save_address(Some(&address_id), &draft("somebody else", true)).await.unwrap();
    assert_eq!(client.details(&ext.order_id).await.unwrap().address.as_ref(), Some(&chosen));
    client.remove_address(&address_id).await.unwrap();
    // The same request is answered with the same order, although its address is in the book no longer.
    assert_eq!(client.pay_order(&params, &asked).await.unwrap().order_id, ext.order_id);
    world.phone("pay", &ext.code).await;
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    assert_eq!(client.details(&ext.order_id).await.unwrap().address.as_ref(), Some(&chosen));
    assert_eq!(sent_to(&world, &ext.order_id).await.as_ref(), Some(&chosen));
    let (params, asked) = wish(&goods[1], 1, PayType::Wechat, 2);
    let without = client.pay_order(&params, &asked).await.unwrap();
    world.phone("pay", &without.code).await;
    until(&client, &without.order_id, &[OrderState::Delivered]).await;
    assert_eq!(client.details(&without.order_id).await.unwrap().address, None);
    assert_eq!(sent_to(&world, &without.order_id).await, None);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn an_order_to_an_address_that_is_not_in_the_book_is_not_made() {
    let world = World::new(300).await;
    let (client, other) = (world.viewer().await, world.viewer().await);
    let before = client.goods().await.unwrap();
    let foreign = add(&other, "other").await;
    let removed = add(&client, "removed").await;
    client.remove_address(&removed).await.unwrap();
    for (address_id, request) in [(foreign, 1), (removed, 2)] {
        let (mut params, asked) = wish(&before[0], 1, PayType::Alipay, request);
        params.address_id = Some(address_id);
        assert_eq!(refused(client.pay_order(&params, &asked).await).code, ErrorCode::AddressUnknown);
        // Nothing of it stays: the same request may go to an address that is there.
        assert_eq!(client.goods().await.unwrap(), before);
    }
    assert_eq!(client.orders(None).await.unwrap(), (Vec::new(), false));
    let (mut params, asked) = wish(&before[0], 1, PayType::Alipay, 2);
    params.address_id = Some(add(&client, "there").await);
    client.pay_order(&params, &asked).await.unwrap();
    world.stop().await;
}

#[tokio::test]
async fn a_request_sent_again_with_another_address_is_another_request() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (first, second) = (add(&client, "first").await, add(&client, "second").await);
    let (mut params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    params.address_id = Some(first);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    for address_id in [Some(second), None] {
        params.address_id = address_id;
        let refusal = refused(client.pay_order(&params, &asked).await);
        assert_eq!((refusal.code, refusal.data.order_id), (ErrorCode::RequestConflict, Some(ext.order_id.to_string())));
    }
    let kept = client.details(&ext.order_id).await.unwrap().address.unwrap();
    assert_eq!(kept.name, "first");
    world.stop().await;
}

#[tokio::test]
async fn nothing_of_an_address_is_in_the_log_at_its_most_talkative() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox_in(folder.path()).await;
    support::config(folder.path(), &sandbox.credentials, 300);
    let csv = folder.path().join("goods.csv");
    std::fs::write(&csv, support::CSV).unwrap();
    let (made, said) = program(folder.path(), &["streamer", "add", "Ahe", "--room", "tea"]).await;
    assert!(made, "{said}");
    let (made, said) = program(folder.path(), &["goods", "import", csv.to_str().unwrap(), "--room", "tea"]).await;
    assert!(made, "{said}");
    let (log, settings) = (folder.path().join("log"), folder.path().join("shop.toml"));
    let mut serving = tokio::process::Command::new(env!("CARGO_BIN_EXE_storefront"))
        .args(["serve", "--config", settings.to_str().unwrap()])
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(serving.stdout.take().unwrap()).lines();
    let ready: serde_json::Value = serde_json::from_str(&said.next_line().await.unwrap().unwrap()).unwrap();
    let client = viewer_of(ready["listen"].as_str().unwrap(), ready["public_key"].as_str().unwrap()).await;
    let goods = client.goods().await.unwrap();
    let secret = draft("ZHANGXIAOYU", true);
    let book = client.save_address(None, &secret).await.unwrap();
    client.save_address(Some(&book[0].address_id), &secret).await.unwrap();
    let mut wrong = secret.clone();
    wrong.address.phone = "8765-4321-8765-4321-8765".into();
    refused(client.save_address(None, &wrong).await);
    let (mut params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    params.address_id = Some(book[0].address_id.clone());
    let ext = client.pay_order(&params, &asked).await.unwrap();
    client.details(&ext.order_id).await.unwrap();
    let pay = format!("{}/phone/pay", sandbox.base_url);
    let phone = reqwest::Client::builder().no_proxy().build().unwrap();
    phone.post(pay).json(&serde_json::json!({"code": ext.code})).send().await.unwrap();
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    // An order whose address can no longer be read is named without it.
    let database = testbed::database(&folder.path().join("shop.db"));
    let store = storefront::store::Store::open(&database).await.unwrap();
    let spoil = store.write(|tx| {
        Box::pin(async move {
            let spoil = sqlx::query("UPDATE orders SET address = address || 'x'").execute(tx).await?;
            Ok::<_, storefront::store::StoreError>(spoil.rows_affected())
        })
    });
    assert_eq!(spoil.await.unwrap(), 1);
    assert_eq!(refused(client.details(&ext.order_id).await).code, ErrorCode::Internal);
    serving.kill().await.unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("INSERT INTO addresses") && log.contains("which is no address"), "it says what it did: {log}");
    for part in ["ZHANGXIAOYU", "571 8765", "8765-4321", "西湖区", "龙井路"] {
        let line = log.lines().find(|line| line.contains(part));
        assert_eq!(line, None, "{part}");
    }
    sandbox.stop().await;
}
