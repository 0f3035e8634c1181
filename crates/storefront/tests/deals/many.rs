//! Deals over HTTP, by many at once, and as a shelf begins with them.

use crate::support::{World, at_its_deal, audit, program, until, wish};
use api::{CallError, ErrorCode};
use futures_util::future::join_all;
use order::state::OrderState;
use order::{Fen, PayType};
use std::time::Duration;
use storefront::clock::{Clock, SystemClock};
use storefront::push::Change;
use storefront::store::NewDeal;

#[tokio::test]
async fn of_forty_buyers_at_once_five_get_the_deal_s_five_pieces_at_its_price() {
    let world = World::new(300).await;
    let clients = join_all((0..40).map(|_| world.viewer())).await;
    let goods = clients[0].goods().await.unwrap();
    let now = SystemClock.now_s();
    let deal = NewDeal { price: Fen::new(100).unwrap(), starts_at: now, ends_at: now + 3_600, pieces: 5 };
    let room = world.shop.shop.store.set_deal(goods[1].goods_id.clone(), Some(deal)).await.unwrap();
    world.shop.shop.push.tell(Change::Room(room));
    let item = at_its_deal(&clients[0].goods().await.unwrap()[1]);
    let answers = join_all(clients.iter().map(async |client| {
        let (params, asked) = wish(&item, 1, PayType::Alipay, 1);
        client.pay_order(&params, &asked).await
    }))
    .await;
    let mut bought = Vec::new();
    for (client, answer) in clients.iter().zip(answers) {
        match answer {
            Ok(ext) => bought.push((client, ext)),
            Err(CallError::Refused(refusal)) => {
                // With the last piece the item has its own price again.
                let now = (refusal.code, refusal.data.price_fen, refusal.data.price_version);
                assert_eq!(now, (ErrorCode::PriceChanged, Some(600), Some(1)));
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(bought.len(), 5);
    for (client, ext) in bought {
        assert_eq!(ext.amount_fen.get(), 100);
        world.phone("pay", &ext.code).await;
        let view = until(client, &ext.order_id, &[OrderState::Delivered]).await;
        assert_eq!((view.amount_fen, view.fins), (100, Some(60)));
    }
    let after = &clients[0].goods().await.unwrap()[1];
    let left = after.deal.as_ref().unwrap().pieces_left;
    assert_eq!((left, after.stock_left, after.held), (0, 995, 0));
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn a_file_s_deal_begins_when_it_is_imported_and_a_bad_one_imports_nothing() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let file = world.folder.path().join("goods.csv");
    let import = async |rows: &str| {
        let header = "title,kind,price_fen,stock,limit_per_viewer,deal_price_fen,deal_pieces,deal_minutes";
        std::fs::write(&file, format!("{header}\n{rows}\n")).unwrap();
        program(world.folder.path(), &["goods", "import", file.to_str().unwrap(), "--room", "tea"]).await
    };
    let (done, said) = import("Jar,merchandise,500,9,,,,\nGaiwan,merchandise,16800,24,,9900,25,20").await;
    assert!(!done && said.contains("line 3: deal_pieces must be"), "{said}");
    assert_eq!(client.goods().await.unwrap().len(), 3);
    let before = SystemClock.now_s();
    let (done, said) = import("Jar,merchandise,500,9,,,,\nGaiwan,merchandise,16800,24,,9900,6,20").await;
    assert!(done, "{said}");
    // What another program writes is seen a second later.
    let seen = async {
        loop {
            let goods = client.goods().await.unwrap();
            if goods.len() == 5 {
                return goods;
            }
        }
    };
    let goods = tokio::time::timeout(Duration::from_secs(60), seen).await.unwrap();
    assert_eq!(goods[3].deal, None);
    let deal = goods[4].deal.clone().unwrap();
    assert_eq!((deal.price_fen, deal.pieces, deal.pieces_left), (9_900, 6, 6));
    assert!((before..=SystemClock.now_s()).contains(&deal.starts_at), "{deal:?} after {before}");
    assert_eq!(deal.ends_at - deal.starts_at, 20 * 60);
    assert_ne!(deal.price_version, goods[4].price_version);
    let (params, asked) = wish(&at_its_deal(&goods[4]), 2, PayType::Wechat, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    assert_eq!(ext.amount_fen.get(), 19_800);
    assert_eq!(client.goods().await.unwrap()[4].deal.as_ref().unwrap().pieces_left, 4);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}
