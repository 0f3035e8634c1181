//! A viewer's list of orders, page by page.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::answer::Ext;
use api::client::ORDERS_PAGE;
use order::{OrderId, PayType};
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Executor};
use std::collections::BTreeSet;
use support::{World, wish};

/// Orders of one viewer, all made in the same second.
const ORDERS: usize = 120;

/// An order, and so many like it that there are [`ORDERS`]. The others' ids are all digits, before and after its own.
async fn live(world: &World, ext: &Ext) -> BTreeSet<OrderId> {
    let mut connection = AnyConnection::connect(&testbed::database(&world.database())).await.unwrap();
    connection.execute("CREATE TEMP TABLE one AS SELECT * FROM orders").await.unwrap();
    let mut ids = BTreeSet::from([ext.order_id.clone()]);
    for number in 1..ORDERS {
        let id = OrderId::new(format!("{number:020}")).unwrap();
        sqlx::query("UPDATE one SET order_id = $1").bind(id.as_str()).execute(&mut connection).await.unwrap();
        connection.execute("INSERT INTO orders SELECT * FROM one").await.unwrap();
        ids.insert(id);
    }
    connection.close().await.unwrap();
    ids
}

#[tokio::test]
async fn orders_of_one_second_are_all_listed_once() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ids = live(&world, &client.pay_order(&params, &asked).await.unwrap()).await;
    let (mut listed, mut pages) = (Vec::new(), Vec::new());
    loop {
        let (page, more) = client.orders(listed.last()).await.unwrap();
        pages.push(page.len());
        listed.extend(page.into_iter().map(|view| view.order_id));
        if !more {
            break;
        }
    }
    assert_eq!(pages, [50, 50, 20]);
    assert_eq!((listed.len(), BTreeSet::from_iter(listed.clone())), (ids.len(), ids));
    assert!(listed.is_sorted_by(|newer, older| newer > older), "{listed:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_page_begins_before_a_time_or_after_an_order_of_the_viewer_s_own() {
    let world = World::new(300).await;
    let guest: Value =
        world.phone.post(format!("{}/v1/viewers", world.base())).send().await.unwrap().json().await.unwrap();
    let client = world.viewer().await;
    client.speak_as(serde_json::from_value(guest["token"].clone()).unwrap());
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    live(&world, &ext).await;
    let made = client.order(&ext.order_id).await.unwrap().created_at;
    let page = async |before: &str| {
        let url = format!("{}/v1/orders?before={before}", world.base());
        let answer = world.phone.get(url).bearer_auth(guest["token"].as_str().unwrap()).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    for (before, listed) in [
        ((made + 1).to_string(), ORDERS_PAGE as usize),
        (made.to_string(), 0),
        ("0".into(), 0),
        ("-1".into(), 0),
        (i64::MAX.to_string(), ORDERS_PAGE as usize),
        // An order's id, not a time, which would list a whole page.
        (format!("{:020}", 3), 2),
        (format!("{:020}", 1), 0),
        // Nobody's.
        (format!("{:020}", 999), 0),
    ] {
        let (status, views) = page(&before).await;
        assert_eq!((status, views.as_array().unwrap().len()), (200, listed), "{before}");
    }
    let stranger = world.viewer().await;
    assert_eq!(stranger.orders(Some(&ext.order_id)).await.unwrap(), (Vec::new(), false));
    for before in ["", "yesterday", "1.5", "9999999999999999999"] {
        let (status, answer) = page(before).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_params")), "{before}");
    }
    world.stop().await;
}
