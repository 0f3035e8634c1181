//! A rush for a few pieces, over HTTP.

use crate::support::{World, audit, wish};
use api::{CallError, ErrorCode};
use futures_util::{StreamExt, stream};
use order::PayType;
use std::collections::BTreeMap;

const BUYERS: u128 = 200;
const PIECES: u32 = 20;

#[tokio::test]
async fn of_a_crowd_as_many_are_served_as_there_are_pieces_and_the_others_hear_why() {
    let world = World::new(300).await;
    let clients: Vec<_> = stream::iter(0..BUYERS).map(|_| world.viewer()).buffered(20).collect().await;
    let hot = storefront::store::NewGoods {
        goods_id: order::GoodsId::new("hot").unwrap(),
        title: "Hot".into(),
        note: None,
        description: None,
        kind: order::GoodsKind::Merchandise,
        fins: None,
        price: order::Fen::new(22_800).unwrap(),
        stock: PIECES,
        limit_per_viewer: None,
        on_sale: true,
        pinned: false,
        picture: None,
        deal: None,
    };
    world.shop.shop.store.add_goods(order::RoomId::new("tea").unwrap(), vec![hot]).await.unwrap();
    let shelf = clients[0].goods().await.unwrap();
    let hot = shelf.into_iter().find(|goods| goods.goods_id.as_str() == "hot").unwrap();
    let buy = |(number, client): (u128, api::Client)| {
        let (params, asked) = wish(&hot, 1, PayType::ALL[usize::try_from(number % 2).unwrap()], number + 1);
        tokio::spawn(async move {
            loop {
                match client.pay_order(&params, &asked).await {
                    Ok(_) => return None,
                    // It may be asked again, and comes to one of the others.
                    Err(CallError::Refused(refusal)) if refusal.code == ErrorCode::TooManyRequests => {
                        assert!(refusal.data.retry_after_s.is_some());
                        tokio::task::yield_now().await;
                    }
                    Err(CallError::Refused(refusal)) if refusal.data.queue_position.is_some() => {}
                    Err(error) => return Some(error.to_string()),
                }
            }
        })
    };
    let buying: Vec<_> = (0..).zip(clients).map(buy).collect();
    let mut answers: BTreeMap<Option<String>, u32> = BTreeMap::new();
    for bought in buying {
        *answers.entry(bought.await.unwrap()).or_default() += 1;
    }
    let sold_out = CallError::Refused(api::Refusal::plain(ErrorCode::SoldOut, "there are not enough left")).to_string();
    let others = u32::try_from(BUYERS).unwrap() - PIECES;
    assert_eq!(answers, BTreeMap::from([(None, PIECES), (Some(sold_out), others)]));
    let found = audit(&world.database()).await;
    assert!(found.is_empty(), "{found:?}");
    world.stop().await;
}
