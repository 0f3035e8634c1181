//! What waits for a channel, by its age.

use super::support::{World, until, wish};
use order::state::{Event, OrderState};
use order::{Fen, PayType, RefundId};
use storefront::clock::{Clock, SystemClock};
use storefront::store::{Evidence, Figures};

/// How many of these wait, by age.
fn by_age(figures: &Figures, state: &str) -> [i64; 5] {
    figures.unknown.get(state).or_else(|| figures.refunds.get(state)).unwrap().by_age
}

#[tokio::test]
async fn a_prepay_without_an_answer_grows_older_until_there_is_one() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let viewer = client.viewer().await.unwrap().viewer_id;
    let World { shop, sandbox, folder: _folder, .. } = world;
    let store = shop.shop.store.clone();
    assert_eq!(by_age(&store.figures(SystemClock.now_s()).await.unwrap(), "sent"), [0; 5]);
    sandbox.stop().await;
    let (params, _) = wish(&goods[0], 1, PayType::Alipay, 1);
    let placed = shop.shop.place(&viewer, "127.0.0.1", params).await.unwrap();
    shop.shop.due.notify_one();
    let sent = async {
        loop {
            let record = store.order(&placed.order_id).await.unwrap().unwrap();
            if record.order.attempts[0].tries > 0 {
                return record.snapshot.created_at;
            }
            tokio::task::yield_now().await;
        }
    };
    let placed_at = tokio::time::timeout(std::time::Duration::from_secs(60), sent).await.unwrap();
    for (age_s, at) in [(0, 0), (59, 0), (60, 1), (600, 2), (3_600, 3), (86_399, 3), (86_400, 4), (900_000, 4)] {
        let figures = store.figures(placed_at + age_s).await.unwrap();
        let mut wanted = [0; 5];
        wanted[at] = 1;
        assert_eq!(by_age(&figures, "sent"), wanted, "{age_s} s");
        assert_eq!(figures.unknown["sent"].oldest_s, age_s);
        assert_eq!(figures.orders["reserved"], 1);
    }
    shop.stop().await;
}

#[tokio::test]
async fn a_refund_is_as_old_as_what_is_owed_also_under_its_next_number() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Wechat, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    world.phone("pay", &ext.code).await;
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    let World { shop, sandbox, folder: _folder, .. } = world;
    let store = shop.shop.store.clone();
    // Nobody attends to the order any more.
    shop.stop().await;
    sandbox.stop().await;
    let refund_id = RefundId::new(format!("{}S1", ext.pay_id)).unwrap();
    // Long after the order was made, so that the ages tell one from the other.
    let owed_at = SystemClock.now_s() + 10_000;
    let amount = Fen::new(100).unwrap();
    let take = async |event: Event, now: i64| {
        store.apply(&ext.order_id, event, Evidence::text("a test"), now).await.unwrap();
    };
    take(Event::TakenBack { pay_id: ext.pay_id.clone(), refund_id: refund_id.clone(), amount }, owed_at).await;
    let figures = store.figures(owed_at + 5).await.unwrap();
    assert_eq!((by_age(&figures, "new"), figures.refunds["new"].oldest_s), ([1, 0, 0, 0, 0], 5));
    take(Event::RefundSent { refund_id: refund_id.clone(), at: owed_at + 10 }, owed_at + 10).await;
    let figures = store.figures(owed_at + 700).await.unwrap();
    assert_eq!((by_age(&figures, "new"), by_age(&figures, "sent")), ([0; 5], [0; 5]));
    assert_eq!((figures.refunds["sent"].by_age, figures.refunds["sent"].oldest_s), ([0, 0, 1, 0, 0], 700));
    // The channel ended it for good: the same debt goes on under the next number.
    take(Event::RefundClosed { refund_id: refund_id.clone() }, owed_at + 800).await;
    let figures = store.figures(owed_at + 4_000).await.unwrap();
    assert_eq!((figures.refunds["new"].by_age, figures.refunds["new"].oldest_s), ([0, 0, 0, 1, 0], 4_000));
    take(Event::RefundDone { refund_id: refund_id.next() }, owed_at + 4_001).await;
    let figures = store.figures(owed_at + 4_002).await.unwrap();
    assert!(figures.refunds.values().all(|waiting| waiting.by_age == [0; 5] && waiting.oldest_s == 0));
}
