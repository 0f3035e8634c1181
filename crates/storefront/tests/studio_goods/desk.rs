//! Who may sit at the desk, what is written there, and what two of them do to each other.

use crate::support::{World, audit, program, refused, until, wish};
use crate::{drafted, edited, item, new_item, speaking, studio, token};
use api::studio::{StudioGoods, TITLE_MAX_CHARS};
use api::{CallError, Client, ErrorCode, GoodsDraft, GoodsEdit, NewItem, RoomDraft, RoomState, Studio};
use futures_util::StreamExt;
use order::state::OrderState;
use order::{GoodsId, GoodsKind, PayType, RoomId};
use std::time::Duration;
use storefront::clock::{Clock, SystemClock};
use storefront::push::Change as Pushed;

fn room_draft(desk: &Studio) -> RoomDraft {
    let room = desk.room.clone();
    RoomDraft {
        revision: desk.room_revision,
        title: room.title,
        notice: room.notice,
        state: room.state,
        stream: room.stream,
        starts_at: room.starts_at,
        cover: room.cover,
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, CallError>) -> ErrorCode {
    refused(answer).code
}

#[tokio::test]
async fn what_is_written_at_the_desk_is_what_viewers_see() {
    let world = World::new(300).await;
    let (studio, viewer) = (studio(&world).await, world.viewer().await);
    let desk = studio.studio().await.unwrap();
    assert_eq!((desk.streamer.as_str(), desk.room.title.as_str(), desk.goods.len()), ("Ahe", "Tea", 3));
    let draft = GoodsDraft {
        title: "  Gaiwan  ".into(),
        note: Some(" 120 ml ".into()),
        description: Some("  ".into()),
        limit_per_viewer: Some(3),
        ..new_item("", 16_800, 0).draft
    };
    let desk = studio.add_item(&NewItem { draft, stock: 24 }).await.unwrap();
    let added = desk.goods[3].clone();
    let seen = &added.item;
    assert_eq!((seen.title.as_str(), seen.note.as_deref(), &seen.description), ("Gaiwan", Some("120 ml"), &None));
    assert_eq!((seen.lot, seen.stock_left, seen.limit_per_viewer, seen.price_version), (4, 24, Some(3), 1));
    assert_eq!(viewer.goods().await.unwrap()[3], added.item);
    let fins = |draft: &mut GoodsDraft| {
        *draft = GoodsDraft { kind: GoodsKind::Fins, fins: Some(88), price_fen: 900, ..draft.clone() };
    };
    let desk = studio.edit_item(&added.item.goods_id, &edited(&added, fins)).await.unwrap();
    let after = &desk.goods[3];
    assert_eq!((after.item.kind, after.item.fins, after.item.price_fen), (GoodsKind::Fins, Some(88), 900));
    assert_eq!((after.item.price_version, after.revision > added.revision), (2, true));
    assert_eq!(viewer.goods().await.unwrap()[3], after.item);
    // Written again as it is, nothing changes, and nobody else's copy grows old.
    let same = studio.edit_item(&added.item.goods_id, &edited(after, |_| {})).await.unwrap();
    assert_eq!(same.goods[3], *after);
    let (params, asked) = wish(&after.item, 2, PayType::Alipay, 1);
    let ext = viewer.pay_order(&params, &asked).await.unwrap();
    let busy = studio.studio().await.unwrap();
    let busy = &busy.goods[3];
    assert_eq!((busy.item.held, busy.open_orders, busy.sold, busy.revision), (2, 1, 0, after.revision));
    world.phone("pay", &ext.code).await;
    assert_eq!(until(&viewer, &ext.order_id, &[OrderState::Delivered]).await.fins, Some(176));
    let sold = studio.studio().await.unwrap();
    assert_eq!((sold.goods[3].sold, sold.goods[3].open_orders, sold.goods[3].item.held), (2, 0, 0));
    assert_eq!(audit(&world.database()).await, Vec::<String>::new());
    world.stop().await;
}

#[tokio::test]
async fn of_two_studios_the_later_save_of_an_old_row_is_refused_and_nothing_is_lost() {
    let world = World::new(300).await;
    let (one, other) = (studio(&world).await, studio(&world).await);
    let seen = one.studio().await.unwrap();
    let teapot = item(&seen, "g1");
    let id = &teapot.item.goods_id;
    one.edit_item(id, &edited(teapot, |draft| draft.price_fen = 19_900)).await.unwrap();
    let late = edited(teapot, |draft| draft.title = "Red teapot".into());
    assert_eq!(code(other.edit_item(id, &late).await), ErrorCode::Stale);
    assert_eq!(code(other.remove_item(id, teapot.revision).await), ErrorCode::Stale);
    let deal = api::DealDraft { revision: teapot.revision, price_fen: 100, starts_in_s: 0, lasts_s: 60, pieces: 1 };
    assert_eq!(code(other.make_deal(id, &deal).await), ErrorCode::Stale);
    // The other looks again, and both edits stand.
    let seen = other.studio().await.unwrap();
    let desk = other.edit_item(id, &edited(item(&seen, "g1"), |draft| draft.title = "Red teapot".into())).await;
    let desk = desk.unwrap();
    let both = item(&desk, "g1");
    assert_eq!((both.item.title.as_str(), both.item.price_fen), ("Red teapot", 19_900));
    // Another row is nobody's business, and the room has a revision of its own.
    one.edit_item(&GoodsId::new("g2").unwrap(), &edited(item(&seen, "g2"), |draft| draft.price_fen = 700))
        .await
        .unwrap();
    let room = room_draft(&desk);
    one.edit_room(&RoomDraft { title: "Tea night".into(), ..room.clone() }).await.unwrap();
    let late = RoomDraft { notice: Some("Hello".into()), ..room.clone() };
    assert_eq!(code(other.edit_room(&late).await), ErrorCode::Stale);
    assert!(program(world.folder.path(), &["show", "tea", "--state", "soon"]).await.0);
    let before_show = RoomDraft { revision: room.revision + 1, ..late };
    assert_eq!(code(other.edit_room(&before_show).await), ErrorCode::Stale);
    assert_eq!(world.viewer().await.room().await.unwrap().title, "Tea night");
    world.stop().await;
}

#[tokio::test]
async fn of_many_saves_of_one_row_at_once_one_is_taken() {
    let world = World::new(300).await;
    let studios = [studio(&world).await, studio(&world).await, studio(&world).await, studio(&world).await];
    let seen = studios[0].studio().await.unwrap();
    let teapot = item(&seen, "g1");
    let saves = studios.iter().enumerate().map(|(number, studio)| {
        let edit = GoodsEdit { add_stock: 1, ..edited(teapot, |draft| draft.title = format!("Teapot {number}")) };
        async move { studio.edit_item(&teapot.item.goods_id, &edit).await }
    });
    let answers = futures_util::future::join_all(saves).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.into_iter().filter(Result::is_err).all(|answer| code(answer) == ErrorCode::Stale));
    let desk = studios[0].studio().await.unwrap();
    assert_eq!(item(&desk, "g1").item.stock_left, 6);
    world.stop().await;
}

/// What is done to a draft.
type Change<'a> = &'a dyn Fn(&mut GoodsDraft);

#[tokio::test]
async fn what_may_not_stand_is_refused_in_words_and_changes_nothing() {
    let world = World::new(300).await;
    let studio = studio(&world).await;
    let before = studio.studio().await.unwrap();
    let teapot = item(&before, "g1").clone();
    let long = "壶".repeat(TITLE_MAX_CHARS + 1);
    let drafts: [(&str, Change<'_>); 12] = [
        ("title", &|draft| draft.title = "  ".into()),
        ("title", &|draft| draft.title = long.clone()),
        ("title", &|draft| draft.title = "Two\nlines".into()),
        ("note", &|draft| draft.note = Some(long.clone())),
        ("note", &|draft| draft.note = Some("Two\nlines".into())),
        ("description", &|draft| draft.description = Some("x".repeat(2_001))),
        ("price_fen", &|draft| draft.price_fen = 0),
        ("price_fen", &|draft| draft.price_fen = 10_000_000),
        ("limit_per_viewer", &|draft| draft.limit_per_viewer = Some(0)),
        ("fins", &|draft| draft.kind = GoodsKind::Fins),
        ("fins", &|draft| (draft.kind, draft.fins) = (GoodsKind::Fins, Some(0))),
        ("no such picture", &|draft| draft.picture = Some("nothing".into())),
    ];
    for (words, change) in drafts {
        let edit = edited(&teapot, change);
        let refusal = refused(studio.edit_item(&teapot.item.goods_id, &edit).await);
        assert_eq!(refusal.code, ErrorCode::InvalidParams, "{words}");
        assert!(refusal.message.contains(words), "{words}: {}", refusal.message);
        let added = studio.add_item(&NewItem { draft: edit.draft, stock: 1 }).await;
        assert_eq!(code(added), ErrorCode::InvalidParams, "{words}");
    }
    let much = NewItem { stock: 100_000, ..new_item("Cup", 100, 0) };
    assert_eq!(code(studio.add_item(&much).await), ErrorCode::InvalidParams);
    let more = GoodsEdit { add_stock: 100_000, ..edited(&teapot, |_| {}) };
    assert_eq!(code(studio.edit_item(&teapot.item.goods_id, &more).await), ErrorCode::InvalidParams);
    let room = room_draft(&before);
    for (words, draft) in [
        ("title", RoomDraft { title: String::new(), ..room.clone() }),
        ("notice", RoomDraft { notice: Some("字".repeat(201)), ..room.clone() }),
        ("https://", RoomDraft { stream: Some("http://live.example/a.m3u8".into()), ..room.clone() }),
        ("starts_at", RoomDraft { starts_at: Some(-1), ..room.clone() }),
        ("starts_at", RoomDraft { starts_at: Some(i64::MAX), ..room.clone() }),
        ("no such picture", RoomDraft { cover: Some("nothing".into()), ..room.clone() }),
    ] {
        let refusal = refused(studio.edit_room(&draft).await);
        assert_eq!(refusal.code, ErrorCode::InvalidParams, "{words}");
        assert!(refusal.message.contains(words), "{words}: {}", refusal.message);
    }
    let after = studio.studio().await.unwrap();
    assert_eq!((after.goods, after.room), (before.goods, before.room));
    world.stop().await;
}

#[tokio::test]
async fn only_the_room_s_own_streamer_is_let_in() {
    let world = World::new(300).await;
    let viewer = world.viewer().await;
    let own = token(&world, "Ahe", "tea").await;
    let studio = speaking(&world, &own);
    let cellar = speaking(&world, &token(&world, "Mo", "cellar").await);
    assert_eq!(code(viewer.studio().await), ErrorCode::Unauthorised);
    assert_eq!(code(viewer.studio_events().await.map(|_| ())), ErrorCode::Unauthorised);
    assert_eq!(code(viewer.add_item(&new_item("Cup", 100, 1)).await), ErrorCode::Unauthorised);
    assert_eq!(code(viewer.add_picture(vec![0; 10], None).await), ErrorCode::Unauthorised);
    assert_eq!(code(viewer.import_goods(String::new(), true).await), ErrorCode::Unauthorised);
    assert_eq!(code(viewer.export_goods().await), ErrorCode::Unauthorised);
    assert_eq!(code(speaking(&world, "nobody's").studio().await), ErrorCode::Unauthorised);
    assert_eq!(code(studio.addresses().await), ErrorCode::Unauthorised);
    let (params, asked) = wish(&viewer.goods().await.unwrap()[0], 1, PayType::Alipay, 1);
    assert_eq!(code(studio.pay_order(&params, &asked).await), ErrorCode::Unauthorised);
    // Goods of another room, and none at all, answer alike.
    let desk = cellar.studio().await.unwrap();
    assert_eq!((desk.room.room_id.as_str(), desk.goods.len()), ("cellar", 0));
    let seen = studio.studio().await.unwrap();
    let foreign = item(&seen, "g1");
    let mut answers = Vec::new();
    for id in [foreign.item.goods_id.clone(), GoodsId::new("nothing").unwrap()] {
        answers.push(everything(&cellar, &id, foreign).await);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], [ErrorCode::NotFound; 5]);
    let order = api::GoodsOrder { goods_ids: vec![foreign.item.goods_id.clone()] };
    assert_eq!(code(cellar.order_goods(&order).await), ErrorCode::Stale);
    assert_eq!(studio.studio().await.unwrap().goods, seen.goods);
    // A token that is taken back opens nothing any more, and its stream ends.
    let mut words = Box::pin(studio.studio_events().await.unwrap());
    let (done, said) = program(world.folder.path(), &["streamer", "remove", "nobody"]).await;
    assert!(!done && said.contains("there is no streamer nobody"), "{said}");
    let again = token(&world, "Ahe", "tea").await;
    let (done, said) = program(world.folder.path(), &["streamer", "remove", "Ahe"]).await;
    assert!(!done && said.contains("say the id of one"), "{said}");
    let ids: Vec<_> = world.shop.shop.store.streamers_called("Ahe").await.unwrap();
    let first = world.shop.shop.store.streamer_by_token(&hash(&own)).await.unwrap().unwrap();
    assert_eq!(ids.len(), 2);
    assert!(program(world.folder.path(), &["streamer", "remove", &first.streamer_id]).await.0);
    assert_eq!(code(studio.studio().await), ErrorCode::Unauthorised);
    speaking(&world, &again).pin(&api::Pin { goods_id: None }).await.unwrap();
    speaking(&world, &again).add_item(&new_item("Cup", 100, 1)).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(30), words.next()).await.unwrap();
    assert!(ended.is_none_or(|word| word.is_err()));
    world.stop().await;
}

fn hash(token: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()))
}

/// What everything that names an item is refused with.
async fn everything(studio: &Client, id: &GoodsId, seen: &StudioGoods) -> [ErrorCode; 5] {
    let deal = api::DealDraft { revision: seen.revision, price_fen: 100, starts_in_s: 0, lasts_s: 60, pieces: 1 };
    [
        code(studio.edit_item(id, &GoodsEdit { revision: seen.revision, draft: drafted(seen), add_stock: 1 }).await),
        code(studio.remove_item(id, seen.revision).await),
        code(studio.pin(&api::Pin { goods_id: Some(id.clone()) }).await),
        code(studio.make_deal(id, &deal).await),
        code(studio.end_deal(id).await),
    ]
}

#[tokio::test]
async fn the_show_goes_live_and_over_and_open_windows_are_told() {
    let world = World::new(300).await;
    let (studio, viewer) = (studio(&world).await, world.viewer().await);
    let desk = studio.studio().await.unwrap();
    assert_eq!((desk.room.state, desk.live_since), (RoomState::Live, None));
    let over = RoomDraft { state: RoomState::Over, ..room_draft(&desk) };
    let desk = studio.edit_room(&over).await.unwrap();
    assert_eq!((desk.room.state, desk.live_since), (RoomState::Over, None));
    let goods = viewer.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    assert_eq!(code(viewer.pay_order(&params, &asked).await), ErrorCode::NotOnSale);
    let mut windows = [Box::pin(viewer.room_events().await.unwrap()), Box::pin(viewer.room_events().await.unwrap())];
    let stream = "https://live.example/tea.m3u8";
    let live = RoomDraft {
        state: RoomState::Live,
        title: "Tea night".into(),
        notice: Some("From 8".into()),
        stream: Some(stream.into()),
        starts_at: Some(1_800_000_000),
        ..room_draft(&desk)
    };
    let from = SystemClock.now_s();
    let desk = studio.edit_room(&live).await.unwrap();
    let since = desk.live_since.unwrap();
    assert!((from..=SystemClock.now_s()).contains(&since), "{since} from {from}");
    for window in &mut windows {
        let word = tokio::time::timeout(Duration::from_secs(30), window.next()).await.unwrap();
        assert_eq!(word.unwrap().unwrap(), "changed");
    }
    let room = viewer.room().await.unwrap();
    assert_eq!((room.title.as_str(), room.notice.as_deref()), ("Tea night", Some("From 8")));
    assert_eq!(
        (room.state, room.stream.as_deref(), room.starts_at),
        (RoomState::Live, Some(stream), Some(1_800_000_000))
    );
    // What is said while it is on does not begin it anew.
    let desk = studio.edit_room(&RoomDraft { notice: None, ..room_draft(&desk) }).await.unwrap();
    assert_eq!((desk.live_since, desk.room.notice), (Some(since), None));
    viewer.pay_order(&params, &asked).await.unwrap();
    world.stop().await;
}

#[tokio::test]
async fn a_studio_hears_of_its_room_s_goods_and_orders_and_of_no_other_s() {
    let world = World::new(300).await;
    let (one, viewer) = (studio(&world).await, world.viewer().await);
    let cellar = speaking(&world, &token(&world, "Mo", "cellar").await);
    let mut words = Box::pin(one.studio_events().await.unwrap());
    let mut theirs = Box::pin(cellar.studio_events().await.unwrap());
    let mut heard = async |wanted: &str| {
        let hear = async { while words.next().await.unwrap().unwrap() != wanted {} };
        tokio::time::timeout(Duration::from_secs(30), hear).await.unwrap_or_else(|_| panic!("never heard {wanted}"));
    };
    one.add_item(&new_item("Cup", 100, 1)).await.unwrap();
    heard("goods").await;
    let (params, asked) = wish(&viewer.goods().await.unwrap()[0], 1, PayType::Alipay, 1);
    let ext = viewer.pay_order(&params, &asked).await.unwrap();
    heard("orders").await;
    world.phone("pay", &ext.code).await;
    until(&viewer, &ext.order_id, &[OrderState::Delivered]).await;
    heard("orders").await;
    // The other room heard only its own. A token that is taken back ends its stream, so all of it can be read.
    cellar.add_item(&new_item("Wine", 100, 1)).await.unwrap();
    let mut all = Vec::new();
    let mut hear = async || tokio::time::timeout(Duration::from_secs(30), theirs.next()).await.unwrap();
    all.extend(hear().await.map(Result::unwrap));
    assert!(program(world.folder.path(), &["streamer", "remove", "Mo"]).await.0);
    world.shop.shop.push.tell(Pushed::Room(RoomId::new("cellar").unwrap()));
    while let Some(Ok(word)) = hear().await {
        all.push(word);
    }
    assert_eq!(all, ["goods"]);
    world.stop().await;
}

#[tokio::test]
async fn a_streamer_s_changes_are_counted_and_looking_is_not() {
    let world = World::new(300).await;
    let settings = world.folder.path().join("shop.toml");
    let text = std::fs::read_to_string(&settings).unwrap() + "[limits]\nstreamer_per_minute = 2\n";
    let World { shop, sandbox, folder, phone } = world;
    shop.stop().await;
    std::fs::write(&settings, text).unwrap();
    let config = storefront::config::Config::read(&settings, |_| None).unwrap();
    let shop = storefront::serve::start(config).await.unwrap();
    let world = World { shop, sandbox, folder, phone };
    let one = studio(&world).await;
    // However five changes fall on two minutes, one of these has too many.
    let mut refusals = Vec::new();
    for _ in 0..5 {
        if let Err(CallError::Refused(refusal)) = one.pin(&api::Pin { goods_id: None }).await {
            refusals.push(refusal);
        }
    }
    let refusal = refusals.pop().unwrap();
    assert_eq!(refusal.code, ErrorCode::TooManyRequests);
    assert!(refusal.data.retry_after_s.is_some_and(|seconds| (1..=60).contains(&seconds)));
    for _ in 0..5 {
        one.studio().await.unwrap();
    }
    world.stop().await;
}
