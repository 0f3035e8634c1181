//! The merchant an order was made for decides who may be asked about it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use order::state::{Order, OrderState};
use order::{OrderId, PayType};
use std::time::Duration;
use storefront::serve;
use storefront::store::Store;
use support::{World, config, sandbox_in, wish};

/// Looks at an order until it is as wanted.
async fn look(store: &Store, order_id: &OrderId, wanted: impl Fn(&Order) -> bool) -> Order {
    let look = async {
        loop {
            let order = store.order(order_id).await.unwrap().unwrap().order;
            if wanted(&order) {
                return order;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look).await.unwrap()
}

#[tokio::test]
async fn another_merchant_s_channel_is_no_witness_and_the_order_waits_for_its_own() {
    let world = World::new(5).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let mut orders = Vec::new();
    for (pay_type, item, request) in [(PayType::Alipay, 0, 1), (PayType::Wechat, 1, 2)] {
        let (params, asked) = wish(&goods[item], 1, pay_type, request);
        orders.push(client.pay_order(&params, &asked).await.unwrap());
    }
    let World { shop, sandbox, folder, phone } = world;
    shop.stop().await;
    for ext in &orders {
        let url = format!("{}/phone/pay", sandbox.base_url);
        let paid = phone.post(url).json(&serde_json::json!({"code": ext.code})).send().await.unwrap();
        assert!(paid.status().is_success());
    }
    // The shop comes back with the keys of another merchant, whose channel knows none of these numbers.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = sandbox_in(elsewhere.path()).await;
    let shop = serve::start(config(folder.path(), &other.credentials, 5)).await.unwrap();
    for ext in &orders {
        let order = look(&shop.shop.store, &ext.order_id, |order| order.attempts[0].ask_fails >= 3).await;
        assert_eq!(order.state, OrderState::Closing);
    }
    shop.stop().await;
    other.stop().await;
    // With its own merchant back, the money is found.
    let shop = serve::start(config(folder.path(), &sandbox.credentials, 5)).await.unwrap();
    for ext in &orders {
        look(&shop.shop.store, &ext.order_id, |order| order.state == OrderState::Delivered).await;
    }
    shop.stop().await;
    sandbox.stop().await;
}
