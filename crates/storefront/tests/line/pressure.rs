//! More at once than can be done: what is refused then, what is not, and that it ends.

use crate::house::{House, code, viewer};
use crate::support::World;
use api::ErrorCode;
use order::PayType;
use order::state::OrderState;
use std::sync::Arc;
use std::time::Duration;
use storefront::store::StoreError;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longest a test waits for an answer that nothing holds up.
const WAIT: Duration = Duration::from_secs(9);

/// Has the writer stand still until the bell is rung, with `waiting` writes behind the one it is at.
async fn hold_up(house: &House, waiting: usize) -> (Arc<Notify>, Vec<JoinHandle<()>>) {
    let (bell, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let write = |bell: Option<(Arc<Notify>, Arc<Notify>)>| {
        let shop = Arc::clone(&house.shop);
        tokio::spawn(async move {
            let nothing = shop.store.write(|_| {
                Box::pin(async move {
                    if let Some((bell, begun)) = bell {
                        begun.notify_one();
                        bell.notified().await;
                    }
                    Ok::<_, StoreError>(())
                })
            });
            nothing.await.unwrap();
        })
    };
    let mut writes = vec![write(Some((Arc::clone(&bell), Arc::clone(&begun))))];
    begun.notified().await;
    writes.extend((0..waiting).map(|_| write(None)));
    while house.shop.store.waiting() < waiting {
        tokio::task::yield_now().await;
    }
    (bell, writes)
}

#[tokio::test]
async fn while_half_of_what_may_wait_waits_new_orders_are_refused_and_payments_are_heard() {
    let house = House::open().await;
    let placed = house.ordered(PayType::Wechat).await;
    house.wechat.pay(&placed.pay_id);
    let notice = house.wechat.notice(&placed.pay_id, "paid");
    let half = house.shop.store.capacity() / 2;
    let (bell, writes) = hold_up(&house, half).await;
    let answer = timeout(WAIT, house.place("ben", "fins", PayType::Wechat)).await;
    assert_eq!(code(answer.unwrap()), ErrorCode::TooManyRequests);
    // Word of the payment waits like everything else, and is taken.
    let (heard, ()) = tokio::join!(house.hear(PayType::Wechat, &notice), async { bell.notify_one() });
    heard.unwrap();
    for write in writes {
        write.await.unwrap();
    }
    house.settle().await;
    assert_eq!(house.state(&placed).await, OrderState::Delivered);
    house.place("ben", "fins", PayType::Wechat).await.unwrap();
}

#[tokio::test]
async fn below_that_an_order_waits_and_is_made() {
    let house = House::open().await;
    let (bell, writes) = hold_up(&house, house.shop.store.capacity() / 2 - 1).await;
    let (placed, ()) = tokio::join!(house.place("ben", "fins", PayType::Wechat), async { bell.notify_one() });
    assert!(placed.unwrap().is_new);
    for write in writes {
        write.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_known_to_be_sold_out_is_refused_without_a_turn_at_the_writer() {
    let house = House::open().await;
    let plate = house.place("ben", "plate", PayType::Wechat).await.unwrap();
    assert_eq!(code(house.place("cay", "plate", PayType::Wechat).await), ErrorCode::SoldOut);
    let (bell, writes) = hold_up(&house, 0).await;
    let answer = timeout(WAIT, house.place("ann", "plate", PayType::Wechat)).await;
    assert_eq!(code(answer.unwrap()), ErrorCode::SoldOut);
    bell.notify_one();
    for write in writes {
        write.await.unwrap();
    }
    // Who has it on order hears of that order; and what came back can be had.
    assert_eq!(code(house.place("ben", "plate", PayType::Alipay).await), ErrorCode::RequestConflict);
    house.shop.cancel(&viewer("ben"), &plate.order_id).await.unwrap();
    house.place("ann", "plate", PayType::Wechat).await.unwrap();
}

#[tokio::test]
async fn over_the_bound_of_requests_others_are_told_to_come_again_and_health_is_answered() {
    let world = World::with(300, "[server]\nrequests_max = 1\n").await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let guest = http.post(format!("{}/v1/viewers", world.base())).send().await.unwrap();
    let guest: serde_json::Value = guest.json().await.unwrap();
    // A request whose body does not come is under way as long as it is waited for.
    let mut slow = TcpStream::connect(world.shop.address).await.unwrap();
    let token = guest["token"].as_str().unwrap();
    let head = format!(
        "POST /v1/assist_payOrderByThird HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n"
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let time = || http.get(format!("{}/v1/time?nonce=0123456789abcdef", world.base())).send();
    // It is not told when the storefront has begun with it.
    let refusal = async {
        loop {
            let answer = time().await.unwrap();
            if !answer.status().is_success() {
                return answer;
            }
        }
    };
    let refused = timeout(WAIT, refusal).await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    let refused: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(refused["error"], "too_many_requests");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(http.get(format!("{}{path}", world.base())).send().await.unwrap().status(), 200, "{path}");
    }
    // A notice is read, and refused for what it is.
    let notice = http.post(format!("{}/notices/wechat", world.base())).body("{}").send().await.unwrap();
    assert_ne!(notice.status(), 429);
    drop(slow);
    while !time().await.unwrap().status().is_success() {}
    world.stop().await;
}
