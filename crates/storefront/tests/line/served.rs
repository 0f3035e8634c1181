//! A line as viewers see it, over HTTP: a storefront and the sandbox's channels.

use crate::support::{World, until_view, wish};
use api::{CallError, ErrorCode};
use futures_util::{StreamExt, stream};
use order::state::OrderState;
use order::{OrderId, PayType};
use std::sync::Arc;

/// Orders that went to a channel, in the order they did.
async fn sent(world: &World) -> Vec<String> {
    let mut connection = world.shop.shop.store.read().await.unwrap();
    let sent = "SELECT order_id FROM journal WHERE event LIKE '%prepay_sent%' ORDER BY seq";
    sqlx::query_scalar(sent).fetch_all(&mut *connection).await.unwrap()
}

#[tokio::test]
async fn who_waits_is_told_their_place_and_is_served_in_the_order_they_came() {
    let world = World::with(300, "[limits]\nalipay_per_second = 1\n").await;
    let fins = world.viewer().await.goods().await.unwrap().swap_remove(1);
    let clients: Vec<_> = stream::iter(0..12).then(|_| world.viewer()).map(Arc::new).collect().await;
    let mut came: Vec<OrderId> = Vec::new();
    let mut asking = Vec::new();
    for (number, client) in (1..).zip(&clients) {
        let (params, asked) = wish(&fins, 1, PayType::Alipay, number);
        let asks = Arc::clone(client);
        asking.push(tokio::spawn(async move { asks.pay_order(&params, &asked).await }));
        // The next comes when this one has a place, or went at once.
        let order = loop {
            let order = client.orders(None).await.unwrap().0.pop();
            if let Some(order) =
                order.filter(|order| order.queue_position.is_some() || order.state != OrderState::Reserved)
            {
                break order;
            }
        };
        came.push(order.order_id);
    }
    let (client, order_id) = (clients.last().unwrap(), came.last().unwrap());
    // The last of them sees every place they have not passed already, ever smaller, and then the code.
    let mut views = Box::pin(client.order_events(order_id).await.unwrap());
    let mut places = Vec::new();
    let code = loop {
        let view = views.next().await.unwrap().unwrap();
        places.extend(view.queue_position);
        if view.state == OrderState::AwaitingPayment {
            break view;
        }
    };
    assert_eq!(code.queue_position, None);
    assert!(places.len() > 1 && places.is_sorted_by(|before, after| before > after), "{places:?}");
    let mut told = 0;
    for (number, answer) in asking.into_iter().enumerate() {
        match answer.await.unwrap() {
            Ok(ext) => assert_eq!(ext.order_id, came[number]),
            Err(CallError::Refused(refusal)) => {
                assert_eq!(refusal.code, ErrorCode::ChannelUnavailable);
                assert_eq!(refusal.data.order_id.as_deref(), Some(came[number].as_str()));
                assert!(refusal.data.queue_position.is_some() && refusal.data.retry_after_s.is_some());
                told += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(told > 0, "twelve orders at one a second, and nobody was told to wait");
    let came: Vec<String> = came.iter().map(ToString::to_string).collect();
    assert_eq!(sent(&world).await, came);
    world.stop().await;
}

#[tokio::test]
async fn the_same_request_is_the_same_order_while_it_waits_and_gives_the_code_afterwards() {
    let world = World::with(300, "[limits]\nalipay_per_second = 1\n").await;
    let client = world.viewer().await;
    let fins = client.goods().await.unwrap().swap_remove(1);
    let mut before = Vec::new();
    for number in 0..6 {
        let other = world.viewer().await;
        let (params, asked) = wish(&fins, 1, PayType::Alipay, 100 + number);
        before.push(tokio::spawn(async move { other.pay_order(&params, &asked).await.map(|ext| ext.order_id) }));
    }
    while world.shop.shop.lines.length(PayType::Alipay).0 < 4 {
        tokio::task::yield_now().await;
    }
    let (params, asked) = wish(&fins, 1, PayType::Alipay, 1);
    let mut order_id = None;
    let ext = loop {
        match client.pay_order(&params, &asked).await {
            Ok(ext) => break ext,
            Err(CallError::Refused(refusal)) if refusal.data.queue_position.is_some() => {
                let named = OrderId::new(refusal.data.order_id.unwrap()).unwrap();
                assert_eq!(*order_id.get_or_insert(named.clone()), named);
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(order_id, Some(ext.order_id.clone()), "nobody waited");
    assert_eq!(client.orders(None).await.unwrap().0.len(), 1);
    world.phone("pay", &ext.code).await;
    until_view(&client, &ext.order_id, |view| view.state == OrderState::Delivered).await;
    for asked in before {
        let _answered = asked.await.unwrap();
    }
    world.stop().await;
}
