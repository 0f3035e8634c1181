//! What stops a shop from selling, and lets it sell again.

use crate::lived::{change, order, pay, said, with_config};
use crate::support::{World, open_to_break, until, wish};
use api::{CallError, ErrorCode};
use order::PayType;
use order::state::OrderState;
use serde_json::{Value, json};
use storefront::store::{BOOKS, OPERATOR};

async fn ready(world: &World) -> (u16, Value) {
    let answer = world.phone.get(format!("{}/readyz", world.base())).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn wrong_books_stop_selling_and_never_delivering_until_they_check_clean() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let ext = order(&client, &goods[0], 1, PayType::Wechat, 1).await;
    assert_eq!(ready(&world).await, (200, json!({"ready": true})));
    let mut connection = open_to_break(&world.database()).await;
    let slip = format!("INSERT INTO ledger VALUES ('sale:{}', 3, 'suspense', 'CNY', 7, 1)", ext.order_id);
    change(&mut connection, &slip).await;
    pay(&world, &ext).await;
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    let halts = world.shop.shop.store.halts().await.unwrap();
    assert_eq!(halts.len(), 1, "{halts:?}");
    assert_eq!(halts[0].name, BOOKS);
    assert!(halts[0].reason.contains(ext.order_id.as_str()), "{halts:?}");
    let (params, asked) = wish(&goods[1], 1, PayType::Wechat, 2);
    let Err(CallError::Refused(refusal)) = client.pay_order(&params, &asked).await else { panic!("sold") };
    assert_eq!(refusal.code, ErrorCode::ShopPaused);
    let (status, why) = ready(&world).await;
    assert_eq!((status, &why["ready"]), (503, &json!(false)));
    assert!(why["why"][0].as_str().unwrap().starts_with("books: order "), "{why}");
    let output = with_config(&world, &["selling", "on"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("the books are wrong"), "{}", said(&output));
    change(&mut connection, "DELETE FROM ledger WHERE line = 3").await;
    let output = with_config(&world, &["selling", "on"]).await;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(ready(&world).await, (200, json!({"ready": true})));
    order(&client, &goods[1], 1, PayType::Wechat, 2).await;
    world.stop().await;
}

#[tokio::test]
async fn selling_is_switched_off_with_the_open_orders_and_on_again() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let open = order(&client, &goods[0], 1, PayType::Wechat, 1).await;
    let paid = order(&client, &goods[1], 1, PayType::Wechat, 2).await;
    pay(&world, &paid).await;
    let output = with_config(&world, &["selling", "off", "--reason", "stocktaking", "--end-open-orders"]).await;
    assert!(output.status.success(), "{}", said(&output));
    until(&client, &open.order_id, &[OrderState::Closed]).await;
    // Paid by then: the channel is asked first, and its word decides.
    until(&client, &paid.order_id, &[OrderState::Delivered]).await;
    let (params, asked) = wish(&goods[0], 1, PayType::Wechat, 3);
    let Err(CallError::Refused(refusal)) = client.pay_order(&params, &asked).await else { panic!("sold") };
    assert_eq!(refusal.code, ErrorCode::ShopPaused);
    let status: Value = serde_json::from_slice(&with_config(&world, &["selling", "status"]).await.stdout).unwrap();
    assert_eq!((&status["selling"], &status["halts"][0]["by"]), (&json!(false), &json!(OPERATOR)));
    assert_eq!(status["halts"][0]["reason"], "stocktaking");
    assert!(with_config(&world, &["selling", "on"]).await.status.success());
    order(&client, &goods[0], 1, PayType::Wechat, 4).await;
    world.stop().await;
}
