//! What we answer a notice is what the channel counts as received: otherwise it repeats for a day.

use crate::support::{World, until, wish};
use order::PayType;
use order::state::OrderState;
use serde_json::{Value, json};
use std::time::Duration;

const POLL: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(60);

async fn notices(world: &World, channel: &str) -> Value {
    let books: Value =
        world.phone.get(format!("{}/books", world.sandbox.base_url)).send().await.unwrap().json().await.unwrap();
    books["totals"][channel]["notices"].clone()
}

#[tokio::test]
async fn the_channels_count_our_acknowledgement_and_repeat_no_notice() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    for (pay_type, request) in [(PayType::Alipay, 1), (PayType::Wechat, 2)] {
        let goods = client.goods().await.unwrap();
        let (params, asked) = wish(&goods[1], 1, pay_type, request);
        let ext = client.pay_order(&params, &asked).await.unwrap();
        world.phone("pay", &ext.code).await;
        until(&client, &ext.order_id, &[OrderState::Delivered]).await;
        let settled = async {
            loop {
                let notices = notices(&world, pay_type.as_str()).await;
                if notices.as_object().is_some_and(|states| !states.is_empty() && !states.contains_key("waiting")) {
                    return notices;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        assert_eq!(tokio::time::timeout(LONGEST, settled).await.unwrap(), json!({"received": 1}), "{pay_type}");
        // What was acknowledged is kept.
        let mut connection = world.shop.shop.store.read().await.unwrap();
        let kept = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM inbox WHERE pay_type = $1");
        assert_eq!(kept.bind(pay_type.as_str()).fetch_one(&mut *connection).await.unwrap(), 1, "{pay_type}");
    }
    world.stop().await;
}
