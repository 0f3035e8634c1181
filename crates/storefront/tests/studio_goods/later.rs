//! What comes later: payments of goods that were removed, limits that were lowered, and what the journal says.

use crate::house::{DEADLINE_S, House, PRICE, refusal};
use api::{ErrorCode, GoodsDraft, GoodsEdit, RoomDraft, RoomState};
use order::state::OrderState;
use order::{GoodsId, GoodsKind, PayType, RoomId};
use storefront::store::{By, NewDeal, Placed, Streamer};

fn id(goods: &str) -> GoodsId {
    GoodsId::new(goods).unwrap()
}

impl House {
    fn by(&self) -> By {
        let streamer = Streamer { streamer_id: "s1".into(), name: "Ahe".into(), room_id: RoomId::new("tea").unwrap() };
        By { streamer, now: self.now() }
    }

    /// Edits an item as it is now.
    async fn edit(&self, goods: &str, change: impl FnOnce(&mut GoodsDraft)) {
        let desk = self.shop.store.desk(&self.by().streamer, Vec::new(), self.now()).await.unwrap().unwrap();
        let mut edit = crate::edited(crate::item(&desk, goods), change);
        edit.add_stock = 0;
        self.shop.store.edit_item(self.by(), id(goods), edit).await.unwrap();
    }

    async fn remove(&self, goods: &str) {
        let desk = self.shop.store.desk(&self.by().streamer, Vec::new(), self.now()).await.unwrap().unwrap();
        let revision = crate::item(&desk, goods).revision;
        self.shop.store.remove_item(self.by(), id(goods), revision).await.unwrap();
    }

    async fn pay_late(&self, placed: &Placed) {
        self.pass(DEADLINE_S + 10).await;
        assert_eq!(self.state(placed).await, OrderState::Closed);
        self.alipay.pay(&placed.pay_id);
        self.hear(PayType::Alipay, &self.alipay.notice(&placed.pay_id, "payment")).await.unwrap();
        self.pass(30).await;
    }

    async fn books_are_right(&self) {
        assert_eq!(self.audit().await, Vec::<String>::new());
        assert_eq!(self.shop.store.halts().await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_late_payment_of_a_removed_item_goes_back_and_its_open_order_is_delivered() {
    let house = House::open().await;
    let late = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    house.settle().await;
    house.remove("fins").await;
    house.pay_late(&late).await;
    assert_eq!(house.state(&late).await, OrderState::Refunded);
    assert_eq!(house.alipay.refunds(), [(late.pay_id.whole_refund().to_string(), PRICE)]);
    let open = house.place("ben", "cup", PayType::Alipay).await.unwrap();
    house.settle().await;
    house.remove("cup").await;
    house.alipay.pay(&open.pay_id);
    house.hear(PayType::Alipay, &house.alipay.notice(&open.pay_id, "payment")).await.unwrap();
    house.settle().await;
    assert_eq!(house.state(&open).await, OrderState::Delivered);
    // An order that runs out frees its pieces, though nobody can order them.
    let plate = house.place("cay", "plate", PayType::Alipay).await.unwrap();
    house.settle().await;
    house.remove("plate").await;
    house.pass(DEADLINE_S + 10).await;
    assert_eq!(house.state(&plate).await, OrderState::Closed);
    assert_eq!(refusal(house.place("ann", "plate", PayType::Alipay).await).code, ErrorCode::NotOnSale);
    assert_eq!(house.held_and_sold().await, (0, 1));
    house.books_are_right().await;
}

#[tokio::test]
async fn a_late_payment_of_an_item_that_is_off_sale_goes_back() {
    let house = House::open().await;
    let late = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    house.settle().await;
    house.edit("fins", |draft| draft.on_sale = false).await;
    house.pay_late(&late).await;
    assert_eq!(house.state(&late).await, OrderState::Refunded);
    house.books_are_right().await;
}

#[tokio::test]
async fn a_limit_that_is_lowered_binds_what_is_ordered_after_it() {
    let house = House::open().await;
    house.edit("fins", |draft| draft.limit_per_viewer = Some(5)).await;
    let bought = house.place_at("ann", "fins", 5, 1).await.unwrap();
    house.settle().await;
    house.alipay.pay(&bought.pay_id);
    house.hear(PayType::Alipay, &house.alipay.notice(&bought.pay_id, "payment")).await.unwrap();
    house.settle().await;
    house.edit("fins", |draft| draft.limit_per_viewer = Some(2)).await;
    // She has more than one may have now, and did nothing wrong.
    house.books_are_right().await;
    let refused = refusal(house.place("ann", "fins", PayType::Alipay).await);
    assert_eq!((refused.code, refused.data.limit, refused.data.bought), (ErrorCode::LimitReached, Some(2), Some(5)));
    assert_eq!(refusal(house.place_at("ben", "fins", 3, 1).await).code, ErrorCode::LimitReached);
    house.place_at("ben", "fins", 2, 1).await.unwrap();
    house.books_are_right().await;
    // One who got more after it was lowered would be found.
    let cheat = "UPDATE goods SET limit_per_viewer = 1 WHERE goods_id = 'fins'";
    house.shop.store.write(move |tx| Box::pin(async move { run(tx, cheat).await })).await.unwrap();
    let found = house.audit().await;
    assert!(found.len() == 1 && found[0].contains("viewer ben and goods fins: 2 pieces"), "{found:?}");
}

async fn run(tx: &mut sqlx::AnyConnection, sql: &'static str) -> Result<(), storefront::store::StoreError> {
    sqlx::query(sql).execute(tx).await?;
    Ok(())
}

#[tokio::test]
async fn every_act_is_a_line_of_the_journal_between_those_of_orders() {
    let house = House::open().await;
    let order = house.place("ann", "fins", PayType::Alipay).await.unwrap();
    house.settle().await;
    let store = &house.shop.store;
    house.edit("fins", |draft| draft.price_fen = 6_000).await;
    let deal = NewDeal {
        price: order::Fen::new(5_000).unwrap(),
        starts_at: house.now(),
        ends_at: house.now() + 600,
        pieces: 10,
    };
    store.make_deal(house.by(), id("fins"), 1, deal).await.unwrap();
    store.end_deal(house.by(), id("fins")).await.unwrap();
    store.order_shelf(house.by(), ["fins", "cup", "plate"].map(id).to_vec()).await.unwrap();
    store.pin(house.by(), Some(id("cup"))).await.unwrap();
    house.remove("plate").await;
    house.alipay.pay(&order.pay_id);
    house.hear(PayType::Alipay, &house.alipay.notice(&order.pay_id, "payment")).await.unwrap();
    house.settle().await;
    let mut connection = store.read().await.unwrap();
    let lines: Vec<(String, String)> =
        sqlx::query_as("SELECT event, evidence FROM journal WHERE order_id = '' ORDER BY seq")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    drop(connection);
    let events: Vec<serde_json::Value> = lines.iter().map(|(event, _)| serde_json::from_str(event).unwrap()).collect();
    let acts: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let expected = [
        "studio_goods_edited",
        "studio_deal_made",
        "studio_deal_ended",
        "studio_shelf_ordered",
        "studio_goods_pinned",
        "studio_goods_removed",
    ];
    assert_eq!(acts, expected);
    assert!(events.iter().all(|event| event["streamer_id"] == "s1"));
    let edit: serde_json::Value = serde_json::from_str(&lines[0].1).unwrap();
    assert_eq!((&edit["before"]["price_fen"], &edit["after"]["price_fen"]), (&PRICE.into(), &6_000.into()));
    // The order lives again from its own lines, and its receipt is made of them alone.
    house.books_are_right().await;
    let (_, receipt) = store.receipt(&order.order_id).await.unwrap().unwrap();
    assert!(receipt.journal.iter().all(|line| !line.name().unwrap().starts_with("studio_")));
    let signed = api::receipt::signed(receipt, house.now(), &house.shop.signer);
    api::receipt::verify(&signed, Some(house.shop.signer.key())).unwrap();
    // A changed act is found, and so is a line that nobody did.
    let change = "UPDATE journal SET event = REPLACE(event, 's1', 's2') WHERE order_id = ''";
    store.write(move |tx| Box::pin(async move { run(tx, change).await })).await.unwrap();
    assert!(house.audit().await.iter().any(|found| found.contains("it was changed")));
    let nobody = "UPDATE journal SET event = '{\"event\":\"paid\"}' WHERE seq = (SELECT MIN(seq) FROM journal
        WHERE order_id = '')";
    store.write(move |tx| Box::pin(async move { run(tx, nobody).await })).await.unwrap();
    assert!(house.audit().await.iter().any(|found| found.contains("it belongs to no order, and nobody did it")));
}

#[tokio::test]
async fn a_show_begins_when_it_goes_live_and_not_when_it_is_edited() {
    let house = House::open().await;
    let set = async |state: RoomState, title: &str| {
        let desk = house.shop.store.desk(&house.by().streamer, Vec::new(), house.now()).await.unwrap().unwrap();
        let draft = RoomDraft {
            revision: desk.room_revision,
            title: title.into(),
            notice: None,
            state,
            stream: None,
            starts_at: None,
            cover: None,
        };
        house.shop.store.edit_room(house.by(), draft).await.unwrap();
        let desk = house.shop.store.desk(&house.by().streamer, Vec::new(), house.now()).await.unwrap().unwrap();
        desk.live_since
    };
    assert_eq!(set(RoomState::Over, "Tea").await, None);
    house.skip(10);
    let first = house.now();
    assert_eq!(set(RoomState::Live, "Tea").await, Some(first));
    house.skip(10);
    assert_eq!(set(RoomState::Live, "Tea night").await, Some(first));
    house.skip(10);
    assert_eq!(set(RoomState::Over, "Tea night").await, Some(first));
    house.skip(10);
    assert_eq!(set(RoomState::Live, "Tea night").await, Some(house.now()));
}

#[tokio::test]
async fn an_edit_that_is_refused_leaves_no_line() {
    let house = House::open().await;
    let store = &house.shop.store;
    let draft = GoodsDraft {
        title: "x".into(),
        note: None,
        description: None,
        kind: GoodsKind::Merchandise,
        fins: None,
        price_fen: 1,
        limit_per_viewer: None,
        on_sale: true,
        picture: None,
    };
    let edit = GoodsEdit { revision: 0, draft, add_stock: -3 };
    store.edit_item(house.by(), id("cup"), edit.clone()).await.unwrap_err();
    store.edit_item(house.by(), id("cup"), GoodsEdit { revision: 7, ..edit.clone() }).await.unwrap_err();
    store.remove_item(house.by(), id("nothing"), 0).await.unwrap_err();
    assert_eq!(house.number("SELECT COUNT(*) FROM journal").await, 0);
    house.books_are_right().await;
}
