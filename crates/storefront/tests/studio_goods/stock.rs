//! Stock and prices that are changed while people buy.

use crate::support::{World, at_its_deal, audit, refused, wish};
use crate::{edited, item, studio};
use api::{CallError, DealDraft, ErrorCode, GoodsEdit, RoomDraft};
use futures_util::future::{join, join_all};
use order::PayType;
use storefront::clock::{Clock, SystemClock};

#[tokio::test]
async fn stock_moves_by_what_is_added_and_never_below_what_can_be_ordered() {
    let world = World::new(300).await;
    let (one, viewer) = (studio(&world).await, world.viewer().await);
    let (params, asked) = wish(&viewer.goods().await.unwrap()[0], 2, PayType::Alipay, 1);
    viewer.pay_order(&params, &asked).await.unwrap();
    let desk = one.studio().await.unwrap();
    let teapot = item(&desk, "g1");
    let id = &teapot.item.goods_id;
    assert_eq!((teapot.item.stock_left, teapot.item.held), (3, 2));
    let too_few = GoodsEdit { add_stock: -4, ..edited(teapot, |draft| draft.title = "Pot".into()) };
    let refusal = refused(one.edit_item(id, &too_few).await);
    assert_eq!((refusal.code, refusal.data.stock_left), (ErrorCode::SoldOut, Some(3)));
    let desk = one.studio().await.unwrap();
    assert_eq!(item(&desk, "g1"), teapot, "nothing of a refused edit stays");
    let desk = one.edit_item(id, &GoodsEdit { add_stock: -3, ..too_few }).await.unwrap();
    let none = item(&desk, "g1");
    assert_eq!((none.item.stock_left, none.item.held, none.item.title.as_str()), (0, 2, "Pot"));
    let desk = one.edit_item(id, &GoodsEdit { add_stock: 10, ..edited(none, |_| {}) }).await.unwrap();
    assert_eq!(item(&desk, "g1").item.stock_left, 10);
    let brim = GoodsEdit { add_stock: 99_987, ..edited(item(&desk, "g1"), |_| {}) };
    let over = GoodsEdit { add_stock: 99_988, ..brim.clone() };
    assert_eq!(refused(one.edit_item(id, &over).await).code, ErrorCode::InvalidParams);
    let desk = one.edit_item(id, &brim).await.unwrap();
    assert_eq!(item(&desk, "g1").item.stock_left, 99_997);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn pieces_are_taken_away_while_forty_people_buy_and_none_is_sold_twice() {
    let world = World::new(300).await;
    let one = studio(&world).await;
    let viewers = join_all((0..40).map(|_| world.viewer())).await;
    let desk = one.studio().await.unwrap();
    let fins = item(&desk, "g2");
    let id = &fins.item.goods_id;
    // Sixty wait; twenty are taken away by the streamer, in steps, and every buyer wants two.
    let desk = one.edit_item(id, &GoodsEdit { add_stock: -940, ..edited(fins, |_| {}) }).await.unwrap();
    let start = item(&desk, "g2").clone();
    let buying = join_all(viewers.iter().map(async |viewer| {
        let (params, asked) = wish(&start.item, 2, PayType::Alipay, 1);
        viewer.pay_order(&params, &asked).await
    }));
    let editing = async {
        let (mut gone, mut seen) = (0_u32, start.clone());
        for _ in 0..10 {
            match one.edit_item(id, &GoodsEdit { add_stock: -2, ..edited(&seen, |_| {}) }).await {
                Ok(desk) => {
                    gone += 2;
                    seen = item(&desk, "g2").clone();
                }
                Err(CallError::Refused(refusal)) => assert_eq!(refusal.code, ErrorCode::SoldOut),
                Err(other) => panic!("{other}"),
            }
        }
        gone
    };
    let (bought, gone) = join(buying, editing).await;
    let mut sold = 0_u32;
    for answer in bought {
        match answer {
            Ok(_) => sold += 2,
            Err(CallError::Refused(refusal)) => assert_eq!(refusal.code, ErrorCode::SoldOut),
            Err(other) => panic!("{other}"),
        }
    }
    let desk = one.studio().await.unwrap();
    let after = item(&desk, "g2");
    // They want eighty together, so nothing is left, and at most twenty went to nobody.
    assert_eq!((after.item.stock_left, after.item.held, sold + gone), (0, sold, 60));
    assert!(sold >= 40, "{gone} taken away, {sold} sold");
    assert_eq!(after.open_orders * 2, sold);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn no_price_ever_has_a_version_that_another_had() {
    let world = World::new(300).await;
    let (one, viewer) = (studio(&world).await, world.viewer().await);
    let mut seen = Vec::new();
    let mut versions = async |note: &str| {
        let desk = one.studio().await.unwrap();
        let fins = item(&desk, "g2").clone();
        let deal = fins.last_deal.as_ref().map(|deal| (deal.price_version, deal.price_fen));
        for pair in [Some((fins.item.price_version, fins.item.price_fen)), deal].into_iter().flatten() {
            if !seen.contains(&pair) {
                assert!(seen.iter().all(|(version, _)| *version != pair.0), "{note}: {pair:?} after {seen:?}");
                seen.push(pair);
            }
        }
        fins
    };
    let deal =
        |revision: i64, price_fen: i64| DealDraft { revision, price_fen, starts_in_s: 0, lasts_s: 600, pieces: 5 };
    let mut fins = versions("at first").await;
    let id = fins.item.goods_id.clone();
    for (own, of_deal) in [(700, 500), (800, 400), (600, 300)] {
        one.edit_item(&id, &edited(&fins, |draft| draft.price_fen = own)).await.unwrap();
        fins = versions("own").await;
        one.make_deal(&id, &deal(fins.revision, of_deal)).await.unwrap();
        fins = versions("deal").await;
    }
    // A price at or below the deal's would make it no deal: it is refused, and the words say what to do.
    for low in [300, 299] {
        let refusal = refused(one.edit_item(&id, &edited(&fins, |draft| draft.price_fen = low)).await);
        assert_eq!(refusal.code, ErrorCode::InvalidParams);
        assert!(refusal.message.contains("300 fen; end the deal first"), "{}", refusal.message);
    }
    // A viewer who saw the old price is told the new one.
    let (params, asked) = wish(&at_its_deal(&fins.item), 1, PayType::Alipay, 1);
    let desk = one.end_deal(&id).await.unwrap();
    let ended = item(&desk, "g2");
    assert_eq!(ended.item.deal, None);
    let last = ended.last_deal.as_ref().unwrap();
    assert!(last.starts_at > 0 && last.ends_at <= desk.now_s && last.pieces == 5, "{last:?}");
    let refusal = refused(viewer.pay_order(&params, &asked).await);
    assert_eq!((refusal.code, refusal.data.price_fen), (ErrorCode::PriceChanged, Some(600)));
    one.edit_item(&id, &edited(ended, |draft| draft.price_fen = 250)).await.unwrap();
    let fins = versions("below the deal that is over").await;
    let (params, asked) = wish(&fins.item, 1, PayType::Alipay, 2);
    assert_eq!(viewer.pay_order(&params, &asked).await.unwrap().amount_fen.get(), 250);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn a_deal_begins_when_it_is_said_and_a_bad_one_is_refused_in_words() {
    let world = World::new(300).await;
    let (one, viewer) = (studio(&world).await, world.viewer().await);
    let desk = one.studio().await.unwrap();
    let teapot = item(&desk, "g1");
    let id = &teapot.item.goods_id;
    let good = DealDraft { revision: teapot.revision, price_fen: 15_800, starts_in_s: 60, lasts_s: 600, pieces: 5 };
    for (words, bad) in [
        ("below the item's own", DealDraft { price_fen: 22_800, ..good.clone() }),
        ("below the item's own", DealDraft { price_fen: 0, ..good.clone() }),
        ("price_fen", DealDraft { price_fen: -1, ..good.clone() }),
        ("lasts_s", DealDraft { lasts_s: 9, ..good.clone() }),
        ("lasts_s", DealDraft { lasts_s: 30 * 86_400 + 1, ..good.clone() }),
        ("starts_in_s", DealDraft { starts_in_s: u32::MAX, ..good.clone() }),
        ("1 to 5 pieces", DealDraft { pieces: 6, ..good.clone() }),
        ("1 to 5 pieces", DealDraft { pieces: 0, ..good.clone() }),
    ] {
        let refusal = refused(one.make_deal(id, &bad).await);
        assert_eq!(refusal.code, ErrorCode::InvalidParams, "{words}");
        assert!(refusal.message.contains(words), "{words}: {}", refusal.message);
    }
    let from = SystemClock.now_s();
    let desk = one.make_deal(id, &good).await.unwrap();
    let deal = item(&desk, "g1").item.deal.clone().unwrap();
    assert_eq!(deal.ends_at - deal.starts_at, 600);
    assert!((from + 60..=SystemClock.now_s() + 60).contains(&deal.starts_at), "{deal:?} from {from}");
    assert_eq!(viewer.goods().await.unwrap()[0].deal, Some(deal));
    // One that has not begun is kept from beginning.
    let desk = one.end_deal(id).await.unwrap();
    let over = item(&desk, "g1").last_deal.clone().unwrap();
    assert!(over.starts_at <= desk.now_s && over.ends_at <= desk.now_s, "{over:?}");
    assert_eq!(viewer.goods().await.unwrap()[0].deal, None);
    // Ending it once more changes nothing.
    let again = one.end_deal(id).await.unwrap();
    assert_eq!(again.goods, desk.goods);
    world.stop().await;
}

#[tokio::test]
async fn orders_keep_the_name_and_price_they_were_made_with() {
    let world = World::new(300).await;
    let (one, viewer) = (studio(&world).await, world.viewer().await);
    let goods = viewer.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = viewer.pay_order(&params, &asked).await.unwrap();
    let desk = one.studio().await.unwrap();
    let edit = edited(item(&desk, "g1"), |draft| {
        (draft.title, draft.price_fen, draft.on_sale) = ("Dear teapot".into(), 99_900, false);
    });
    one.edit_item(&goods[0].goods_id, &edit).await.unwrap();
    let room = desk.room.clone();
    let over = RoomDraft {
        revision: desk.room_revision,
        title: room.title,
        notice: None,
        state: api::RoomState::Over,
        stream: None,
        starts_at: None,
        cover: None,
    };
    one.edit_room(&over).await.unwrap();
    let view = viewer.order(&ext.order_id).await.unwrap();
    assert_eq!((view.title.as_str(), view.amount_fen), ("Clay teapot", 22_800));
    assert_eq!(viewer.pay_order(&params, &asked).await.unwrap().amount_fen.get(), 22_800);
    world.stop().await;
}
