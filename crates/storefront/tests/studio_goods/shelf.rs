//! The order of the shelf, its numbers, and the item that is explained.

use crate::support::{World, audit, refused, until, wish};
use crate::{edited, item, new_item, shelf, studio};
use api::{Client, ErrorCode, GoodsOrder, Pin, RoomDraft, RoomState, Studio};
use order::state::OrderState;
use order::{GoodsId, PayType};

fn ids(names: &[&str]) -> GoodsOrder {
    GoodsOrder { goods_ids: names.iter().map(|name| GoodsId::new(*name).unwrap()).collect() }
}

async fn set_state(studio: &Client, state: RoomState) -> Studio {
    let Studio { room, room_revision: revision, .. } = studio.studio().await.unwrap();
    let draft = RoomDraft {
        revision,
        title: room.title,
        notice: room.notice,
        state,
        stream: room.stream,
        starts_at: room.starts_at,
        cover: room.cover,
    };
    studio.edit_room(&draft).await.unwrap()
}

async fn pinned(studio: &Client) -> Vec<String> {
    let desk = studio.studio().await.unwrap();
    let pinned = desk.goods.iter().filter(|one| one.item.pinned);
    pinned.map(|one| one.item.goods_id.to_string()).collect()
}

#[tokio::test]
async fn lots_follow_the_shelf_except_while_the_show_is_live() {
    let world = World::new(300).await;
    let (one, viewer) = (studio(&world).await, world.viewer().await);
    let desk = one.order_goods(&ids(&["g3", "g1", "g2"])).await.unwrap();
    let live = [("Last cup", 3), ("Clay teapot", 1), ("60 shark fins", 2)];
    assert_eq!(shelf(&desk), live);
    let seen: Vec<_> = viewer.goods().await.unwrap().into_iter().map(|goods| (goods.title, goods.lot)).collect();
    assert_eq!(seen.iter().map(|(title, lot)| (title.as_str(), *lot)).collect::<Vec<_>>(), live);
    // An item that is added or goes during the show moves nobody's number.
    let desk = one.add_item(&new_item("Jar", 500, 1)).await.unwrap();
    assert_eq!(desk.goods[3].item.lot, 4);
    let teapot = item(&desk, "g1");
    let desk = one.remove_item(&teapot.item.goods_id, teapot.revision).await.unwrap();
    assert_eq!(shelf(&desk), [("Last cup", 3), ("60 shark fins", 2), ("Jar", 4)]);
    let desk = set_state(&one, RoomState::Over).await;
    assert_eq!(shelf(&desk), [("Last cup", 1), ("60 shark fins", 2), ("Jar", 3)]);
    let jar = desk.goods[2].item.goods_id.to_string();
    let desk = one.order_goods(&ids(&[&jar, "g3", "g2"])).await.unwrap();
    assert_eq!(shelf(&desk), [("Jar", 1), ("Last cup", 2), ("60 shark fins", 3)]);
    let cup = item(&desk, "g3");
    let desk = one.remove_item(&cup.item.goods_id, cup.revision).await.unwrap();
    assert_eq!(shelf(&desk), [("Jar", 1), ("60 shark fins", 2)]);
    let desk = set_state(&one, RoomState::Live).await;
    assert_eq!(shelf(&desk), [("Jar", 1), ("60 shark fins", 2)]);
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn an_order_of_other_goods_than_the_shelf_has_is_stale() {
    let world = World::new(300).await;
    let one = studio(&world).await;
    let before = one.studio().await.unwrap();
    for wrong in [&["g1", "g2"][..], &["g1", "g2", "g3", "g4"], &["g1", "g2", "g2"], &["g1", "g1", "g2", "g3"], &[]] {
        assert_eq!(refused(one.order_goods(&ids(wrong)).await).code, ErrorCode::Stale, "{wrong:?}");
    }
    assert_eq!(one.studio().await.unwrap().goods, before.goods);
    let gone = item(&before, "g2");
    one.remove_item(&gone.item.goods_id, gone.revision).await.unwrap();
    assert_eq!(refused(one.order_goods(&ids(&["g3", "g2", "g1"])).await).code, ErrorCode::Stale);
    one.order_goods(&ids(&["g3", "g1"])).await.unwrap();
    world.stop().await;
}

#[tokio::test]
async fn one_item_at_most_is_explained_and_none_that_cannot_be_bought() {
    let world = World::new(300).await;
    let one = studio(&world).await;
    let pin =
        async |goods: Option<&str>| one.pin(&Pin { goods_id: goods.map(|goods| GoodsId::new(goods).unwrap()) }).await;
    for (goods, expected) in [("g1", &["g1"][..]), ("g2", &["g2"]), ("g2", &["g2"])] {
        pin(Some(goods)).await.unwrap();
        assert_eq!(pinned(&one).await, expected);
    }
    pin(None).await.unwrap();
    assert_eq!(pinned(&one).await, Vec::<String>::new());
    // What is taken off sale is explained no longer, and cannot be; what is sold out can.
    let desk = pin(Some("g1")).await.unwrap();
    let teapot = item(&desk, "g1");
    let off = edited(teapot, |draft| draft.on_sale = false);
    let desk = one.edit_item(&teapot.item.goods_id, &off).await.unwrap();
    assert_eq!(pinned(&one).await, Vec::<String>::new());
    assert_eq!(refused(pin(Some("g1")).await).code, ErrorCode::NotOnSale);
    let viewer = world.viewer().await;
    let (params, asked) = wish(&item(&desk, "g3").item, 1, PayType::Alipay, 1);
    viewer.pay_order(&params, &asked).await.unwrap();
    pin(Some("g3")).await.unwrap();
    assert_eq!(pinned(&one).await, ["g3"]);
    // What is removed is explained no longer either.
    let desk = one.studio().await.unwrap();
    one.remove_item(&GoodsId::new("g3").unwrap(), item(&desk, "g3").revision).await.unwrap();
    assert_eq!(pinned(&one).await, Vec::<String>::new());
    assert_eq!(refused(pin(Some("g3")).await).code, ErrorCode::NotFound);
    world.stop().await;
}

#[tokio::test]
async fn a_removed_item_is_gone_from_every_shelf_and_its_open_order_is_delivered() {
    let world = World::new(300).await;
    let (one, viewer) = (studio(&world).await, world.viewer().await);
    let goods = viewer.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 2, PayType::Wechat, 1);
    let ext = viewer.pay_order(&params, &asked).await.unwrap();
    let desk = one.studio().await.unwrap();
    let teapot = item(&desk, "g1");
    assert_eq!(teapot.open_orders, 1);
    one.remove_item(&teapot.item.goods_id, teapot.revision).await.unwrap();
    assert_eq!(viewer.goods().await.unwrap().len(), 2);
    let again = wish(&goods[0], 1, PayType::Wechat, 2);
    assert_eq!(refused(world.viewer().await.pay_order(&again.0, &again.1).await).code, ErrorCode::NotOnSale);
    // The code that was given is given again, and who pays it gets the goods.
    assert_eq!(viewer.pay_order(&params, &asked).await.unwrap().code, ext.code);
    world.phone("pay", &ext.code).await;
    let view = until(&viewer, &ext.order_id, &[OrderState::Delivered]).await;
    assert_eq!((view.title.as_str(), view.quantity), ("Clay teapot", 2));
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}
