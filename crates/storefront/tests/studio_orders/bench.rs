//! A shop over a sandbox with a streamer, and what the scenes do again and again.

use crate::support::{World, at_its_deal, draft, until, wish};
use api::answer::Ext;
use api::{Client, Decline, RefundDraft, RoomLink, Secret, StudioPaper};
use aws_lc_rs::digest::{SHA256, digest};
use order::state::{OrderState, RefundState};
use order::{PayType, RoomId};
use serde_json::Value;
use storefront::store::NewRoom;

/// The price of a clay teapot.
pub(crate) const TEAPOT: i64 = 22_800;

/// The shop's world, seen from a streamer of the room `tea` and a viewer in it.
pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) studio: Client,
    pub(crate) viewer: Client,
}

/// A client with a new streamer's token for a room, which is made if it is not there.
pub(crate) async fn studio_of(world: &World, room: &str, streamer: &str) -> Client {
    let store = &world.shop.shop.store;
    let room_id = RoomId::new(room).unwrap();
    let made = NewRoom::new(room_id.clone(), room.into(), streamer.into(), "Kiln".into(), api::RoomState::Live);
    store.make_room(made).await.unwrap();
    let token = format!("the token of {streamer}");
    let hash = hex::encode(digest(&SHA256, token.as_bytes()));
    store.add_streamer(format!("id-of-{streamer}"), streamer.into(), room_id, hash).await.unwrap();
    let (shop, key) = (world.base(), world.shop.key.to_base64());
    let link = reqwest::Url::parse_with_params(&format!("liveshop://room/{room}"), [("shop", shop), ("key", key)]);
    let client = Client::new(RoomLink::parse(link.unwrap().as_str()).unwrap()).unwrap();
    client.speak_as(Secret::new(token));
    client
}

impl Bench {
    pub(crate) async fn new() -> Bench {
        let world = World::new(300).await;
        let studio = studio_of(&world, "tea", "Lin").await;
        let viewer = world.viewer().await;
        Bench { world, studio, viewer }
    }

    /// Orders one piece of an item of the shelf, at its deal's price where it has one.
    pub(crate) async fn ordered(&self, item: usize, pay_type: PayType, request: u128) -> Ext {
        let goods = self.viewer.goods().await.unwrap();
        let item = if goods[item].deal.is_some() { at_its_deal(&goods[item]) } else { goods[item].clone() };
        let (params, asked) = wish(&item, 1, pay_type, request);
        self.viewer.pay_order(&params, &asked).await.unwrap()
    }

    /// The same, sent to an address and with a note.
    pub(crate) async fn ordered_to(&self, name: &str, note: &str, request: u128) -> Ext {
        let book = self.viewer.save_address(None, &draft(name, true)).await.unwrap();
        let goods = self.viewer.goods().await.unwrap();
        let (mut params, asked) = wish(&goods[0], 1, PayType::Wechat, request);
        let address = book.iter().find(|entry| entry.address.name == name).unwrap();
        params.address_id = Some(address.address_id.clone());
        params.note = Some(note.into());
        self.viewer.pay_order(&params, &asked).await.unwrap()
    }

    pub(crate) async fn pay(&self, ext: &Ext) {
        let shown = self.world.phone("pay", &ext.code).await;
        assert_eq!(shown["state"], "paid", "{shown}");
        until(&self.viewer, &ext.order_id, &[OrderState::Delivered]).await;
    }

    /// A delivered order.
    pub(crate) async fn bought(&self, item: usize, pay_type: PayType, request: u128) -> Ext {
        let ext = self.ordered(item, pay_type, request).await;
        self.pay(&ext).await;
        ext
    }

    /// An order that the viewer cancelled.
    pub(crate) async fn closed(&self, item: usize, request: u128) -> Ext {
        let ext = self.ordered(item, PayType::Alipay, request).await;
        self.viewer.cancel(&ext.order_id).await.unwrap();
        until(&self.viewer, &ext.order_id, &[OrderState::Closed]).await;
        ext
    }

    pub(crate) async fn paper(&self, ext: &Ext) -> StudioPaper {
        self.studio.studio_order(&ext.order_id).await.unwrap()
    }

    /// Waits until every refund of an order is done, and says how the studio sees it then.
    pub(crate) async fn refunded(&self, ext: &Ext) -> StudioPaper {
        crate::support::until_view(&self.viewer, &ext.order_id, |view| {
            !view.refunds.is_empty() && view.refunds.iter().all(|refund| refund.state == RefundState::Done)
        })
        .await;
        self.paper(ext).await
    }

    /// The money of each refund of an order in its channel's books.
    pub(crate) async fn at_the_channel(&self, ext: &Ext) -> Vec<(String, i64, String)> {
        let url = format!("{}/books", self.world.sandbox.base_url);
        let books: Value = self.world.phone.get(url).send().await.unwrap().json().await.unwrap();
        let rows = books["refunds"].as_array().unwrap().iter();
        let of_it = rows.filter(|row| row["out_trade_no"] == ext.pay_id.as_str());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        of_it.map(|row| (text(&row["number"]), row["amount_fen"].as_i64().unwrap(), text(&row["state"]))).collect()
    }

    pub(crate) async fn put_faults(&self, faults: Value) {
        let url = format!("{}/faults", self.world.sandbox.base_url);
        let answer = self.world.phone.put(url).json(&faults).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// An answer of the shop to the streamer's own words: status and JSON.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/v1/studio/{path}", self.world.base());
        let request = self.world.phone.request(method.parse().unwrap(), url).bearer_auth("the token of Lin");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Ends it; nothing may be wrong in its books.
    pub(crate) async fn end(self) {
        assert_eq!(crate::support::audit(&self.world.database()).await, Vec::<String>::new());
        self.world.stop().await;
    }
}

/// A wish of the streamer's for money to go back.
pub(crate) fn back(request: u128, amount_fen: i64, reason: &str) -> RefundDraft {
    RefundDraft { request_id: order::id::base32(request), amount_fen, reason: reason.into() }
}

/// A streamer's no.
pub(crate) fn no(reason: &str) -> Decline {
    Decline { reason: reason.into() }
}
