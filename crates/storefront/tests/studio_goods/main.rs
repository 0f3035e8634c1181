//! The streamer's studio: room, goods, deals, pictures and files, over the real routes and database.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod desk;
mod files;
#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/house.rs"]
mod house;
mod later;
mod pictures;
mod shelf;
mod stock;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/till.rs"]
mod till;

use api::studio::StudioGoods;
use api::{Client, GoodsDraft, GoodsEdit, NewItem, RoomLink, Secret, Studio};
use order::GoodsKind;
use support::{World, program};

/// Adds a streamer with the program, and gives the token it printed.
async fn token(world: &World, name: &str, room: &str) -> String {
    let (done, said) = program(world.folder.path(), &["streamer", "add", name, "--room", room]).await;
    assert!(done, "{said}");
    let printed: serde_json::Value = serde_json::from_str(&said).unwrap();
    printed["token"].as_str().unwrap().to_owned()
}

/// A client that speaks as whoever has that token.
fn speaking(world: &World, token: &str) -> Client {
    let link = reqwest::Url::parse_with_params(
        "liveshop://room/tea",
        [("shop", world.base()), ("key", world.shop.key.to_base64())],
    );
    let client = Client::new(RoomLink::parse(link.unwrap().as_str()).unwrap()).unwrap();
    client.speak_as(Secret::new(token.to_owned()));
    client
}

/// A new streamer of the room.
async fn studio(world: &World) -> Client {
    speaking(world, &token(world, "Ahe", "tea").await)
}

fn item<'a>(desk: &'a Studio, goods: &str) -> &'a StudioGoods {
    desk.goods.iter().find(|one| one.item.goods_id.as_str() == goods).unwrap()
}

/// What would have to be written to have the item as it is.
fn drafted(goods: &StudioGoods) -> GoodsDraft {
    let item = goods.item.clone();
    GoodsDraft {
        title: item.title,
        note: item.note,
        description: item.description,
        kind: item.kind,
        fins: item.fins,
        price_fen: item.price_fen,
        limit_per_viewer: item.limit_per_viewer,
        on_sale: item.on_sale,
        picture: item.picture,
    }
}

/// An edit of the item as it was seen.
fn edited(goods: &StudioGoods, change: impl FnOnce(&mut GoodsDraft)) -> GoodsEdit {
    let mut draft = drafted(goods);
    change(&mut draft);
    GoodsEdit { revision: goods.revision, draft, add_stock: 0 }
}

fn new_item(title: &str, price_fen: i64, stock: u32) -> NewItem {
    let draft = GoodsDraft {
        title: title.into(),
        note: None,
        description: None,
        kind: GoodsKind::Merchandise,
        fins: None,
        price_fen,
        limit_per_viewer: None,
        on_sale: true,
        picture: None,
    };
    NewItem { draft, stock }
}

/// Titles and lots in the order of the shelf.
fn shelf(desk: &Studio) -> Vec<(&str, u32)> {
    desk.goods.iter().map(|one| (one.item.title.as_str(), one.item.lot)).collect()
}
