//! What a room shows from evening to evening, and a shelf as long as one may be.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::{Client, ErrorCode, Room, RoomState};
use order::state::OrderState;
use order::{GoodsId, PayType, RoomId};
use std::fmt::Write;
use std::time::Duration;
use storefront::clock::{Clock, SystemClock};
use storefront::import;
use support::{World, program, refused, until, wish};

/// The room as soon as it is as wanted: what another program writes is seen a second later.
async fn shown(client: &Client, wanted: impl Fn(&Room) -> bool) -> Room {
    let look = async {
        loop {
            let room = client.room().await.unwrap();
            if wanted(&room) {
                return room;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look).await.unwrap()
}

#[tokio::test]
async fn a_room_s_show_is_set_by_the_program_and_seen_by_viewers() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let show = async |arguments: &[&str]| {
        let all: Vec<&str> = ["show"].iter().chain(arguments).copied().collect();
        program(world.folder.path(), &all).await
    };
    let stream = "https://live.example/tea/index.m3u8?k=1";
    let from = SystemClock.now_s();
    let (done, said) = show(&["tea", "--state", "soon", "--stream", stream, "--starts-in-min", "90"]).await;
    assert!(done, "{said}");
    let told: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&told["room"], &told["state"], &told["stream"]), (&"tea".into(), &"soon".into(), &stream.into()));
    let room = shown(&client, |room| room.state == RoomState::Soon).await;
    assert_eq!(room.stream.as_deref(), Some(stream));
    let (shop, room_id) = (&world.shop.shop, RoomId::new("tea").unwrap());
    let starts_at = room.starts_at.unwrap();
    assert!((from + 5_400..=SystemClock.now_s() + 5_400).contains(&starts_at), "{starts_at} from {from}");
    for (arguments, words) in [
        (&["tea", "--state", "live", "--stream", "http://live.example/tea.m3u8"][..], "starts with https://"),
        (&["tea", "--state", "live", "--stream", "live.example/tea.m3u8"], "starts with https://"),
        (&["tea", "--state", "live", "--stream", "javascript:alert(1)"], "starts with https://"),
        (&["tea", "--state", "live", "--stream", ""], "starts with https://"),
        (&["tea", "--state", "on"], "it is soon, live or over"),
        (&["tea"], "--state"),
        (&["cellar", "--state", "live"], "there is no room cellar"),
        (&["the cellar", "--state", "live"], "a room id must be"),
        (&["tea", "--state", "soon", "--starts-in-min=-5"], "invalid value '-5'"),
    ] {
        let (done, said) = show(arguments).await;
        assert!(!done && said.contains(words), "{arguments:?}: {said}");
        let stored = shop.store.room(&room_id, shop.pay_types()).await.unwrap().unwrap();
        assert_eq!(stored, room, "{arguments:?}");
    }
    // What is not said is not shown any more; this machine's own stream needs no TLS.
    assert!(show(&["tea", "--state", "live"]).await.0);
    let room = shown(&client, |room| room.state == RoomState::Live).await;
    assert_eq!((room.stream, room.starts_at), (None, None));
    assert!(show(&["tea", "--state", "live", "--stream", "http://127.0.0.1:8080/tea.m3u8"]).await.0);
    shown(&client, |room| room.stream.as_deref() == Some("http://127.0.0.1:8080/tea.m3u8")).await;
    world.stop().await;
}

#[tokio::test]
async fn nothing_is_ordered_in_a_room_that_is_over_and_what_was_ordered_is_delivered() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    assert!(program(world.folder.path(), &["show", "tea", "--state", "over"]).await.0);
    let (other, other_asked) = wish(&goods[1], 1, PayType::Alipay, 2);
    assert_eq!(refused(client.pay_order(&other, &other_asked).await).code, ErrorCode::NotOnSale);
    assert_eq!(client.pay_order(&params, &asked).await.unwrap().code, ext.code);
    world.phone("pay", &ext.code).await;
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    assert!(program(world.folder.path(), &["show", "tea", "--state", "soon"]).await.0);
    client.pay_order(&other, &other_asked).await.unwrap();
    world.stop().await;
}

#[tokio::test]
async fn ten_thousand_goods_with_the_longest_names_are_imported_and_listed() {
    const GOODS: usize = 10_000;
    let world = World::new(300).await;
    let client = world.viewer().await;
    let mut csv =
        "title,kind,price_fen,stock,limit_per_viewer,note,description,deal_price_fen,deal_pieces,deal_minutes\n"
            .to_owned();
    let (title, note, about) = ("山".repeat(60), "高约十二厘米，口径九厘米".repeat(2), "窑变青瓷，手工拉坯".repeat(20));
    for _ in 0..GOODS {
        writeln!(csv, "{title},merchandise,16800,24,2,{note},{about},9900,6,600").unwrap();
    }
    let mut count = 0;
    let new_id = || {
        count += 1;
        GoodsId::new(format!("long{count}")).ok()
    };
    let goods = import::goods(&csv, SystemClock.now_s(), new_id, |_| None).unwrap();
    let store = &world.shop.shop.store;
    store.add_goods(RoomId::new("tea").unwrap(), goods).await.unwrap();
    let shelf = client.goods().await.unwrap();
    assert_eq!(shelf.len(), GOODS + 3);
    let last = shelf.last().unwrap();
    assert_eq!((last.goods_id.as_str(), &last.title, last.lot), ("long10000", &title, 10_003));
    assert_eq!((last.description.as_deref(), last.deal.as_ref().unwrap().pieces_left), (Some(about.as_str()), 6));
    world.stop().await;
}
