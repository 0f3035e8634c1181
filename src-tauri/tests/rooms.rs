//! Getting from room to room: what is trusted, where the app goes at its next start, and what was bought in a room that
//! was left.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod shop;

use api::{AddressDraft, PostalAddress};
use desktop::entrance::Entrances;
use desktop::orders;
use desktop::session::Session;
use desktop::shops::Shops;
use desktop::views::{BuyRequest, CommandCode, Entrance, LocalCode, PurchaseView, Stage};
use order::PayType;
use order::state::OrderState;
use shop::Shop;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Longest a test waits for anything.
const WAIT: Duration = Duration::from_secs(60);

type Begun = mpsc::UnboundedReceiver<watch::Receiver<PurchaseView>>;

/// A start of the app over its files.
fn start(data: &Path, link: Option<&str>) -> (Entrances, Begun) {
    let (begun, beginning) = mpsc::unbounded_channel();
    (Entrances::new(Shops::new(data.to_owned(), begun), link.map(str::to_owned)), beginning)
}

/// Goes into a room whose shop is not trusted yet.
async fn trust(entrances: &Entrances, link: &str) {
    assert!(matches!(entrances.open_room(link).await.unwrap(), Entrance::AskTrust { .. }));
    assert!(matches!(entrances.trust().await.unwrap(), Entrance::Open { practice: false, .. }));
}

fn link_of(entrances: &Entrances) -> String {
    entrances.session().unwrap().client.link().to_string()
}

async fn buy(session: &Session, goods: &str, address_id: Option<String>) -> String {
    let shelf = session.shelf().await.unwrap();
    let item = shelf.goods.iter().find(|item| item.goods_id.as_str() == goods).unwrap();
    let request = BuyRequest {
        goods_id: goods.into(),
        quantity: 1,
        pay_type: PayType::Alipay,
        price_version: item.price_version,
        amount_fen: item.price_fen,
        note: Some("Wrap it well".into()),
        address_id,
    };
    session.buy(request).await.unwrap()
}

async fn until(mut views: watch::Receiver<PurchaseView>, wanted: impl Fn(&Stage) -> bool) -> PurchaseView {
    let found =
        tokio::time::timeout(WAIT, views.wait_for(|view| wanted(&view.stage))).await.map(|view| view.unwrap().clone());
    found.unwrap_or_else(|_| panic!("waited in vain; it stands at {:?}", views.borrow().stage))
}

async fn code(session: &Session, id: &str) -> String {
    until(session.purchases.follow(id).unwrap(), |stage| matches!(stage, Stage::AwaitingPayment { .. })).await;
    session.purchases.code_of(id).unwrap()
}

/// The one purchase on disk beside `other`.
fn first_request(data: &Path, other: &str) -> String {
    let files = std::fs::read_dir(data.join("pending")).unwrap().map(|file| file.unwrap().path());
    let mut names = files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned());
    names.find(|name| name != other).unwrap()
}

fn delivered(stage: &Stage) -> bool {
    matches!(stage, Stage::Delivered { .. })
}

#[tokio::test]
async fn a_shop_is_asked_about_once_and_another_key_of_it_is_refused_loudly() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let (entrances, _begun) = start(data.path(), Some(&shop.link()));
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::AskTrust { .. }));
    assert!(entrances.session().is_err(), "nothing is open before the viewer has decided");
    let Entrance::Open { shop_key, link, .. } = entrances.trust().await.unwrap() else { panic!("not open") };
    assert_eq!((shop_key, link), (shop.key().fingerprint(), Some(link_of(&entrances))));
    let other = other_key(&shop.link());
    let Entrance::KeyChanged { known_key, shop_key, .. } = entrances.open_room(&other).await.unwrap() else {
        panic!("another key was not told")
    };
    assert_eq!(known_key, shop.key().fingerprint());
    assert_ne!(known_key, shop_key);
    let error = entrances.trust().await.unwrap_err();
    assert_eq!(error.code, CommandCode::Local(LocalCode::NotReady));
    // The open room stays open, and is the one of the next start.
    assert_eq!(Some(link_of(&entrances)), entrances.rooms().first().map(|known| known.link.clone()));
    let (entrances, _begun) = start(data.path(), None);
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::Open { practice: false, .. }));
    shop.stop().await;
}

#[tokio::test]
async fn the_shop_that_came_with_the_app_opens_by_itself_and_no_other_key_of_it_does() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let home = api::RoomLink::parse(&shop.link()).unwrap();
    let (entrances, _begun) = start(data.path(), None);
    let entrances = entrances.at_home(Some(home));
    let Entrance::Open { practice, link, .. } = entrances.enter().await.unwrap() else { panic!("it asked") };
    assert_eq!((practice, link), (false, Some(link_of(&entrances))));
    assert!(matches!(entrances.open_room(&other_key(&shop.link())).await.unwrap(), Entrance::KeyChanged { .. }));
    shop.stop().await;
}

/// The same room under another key.
fn other_key(link: &str) -> String {
    let key = api::ShopSigner::generate().unwrap().0.key().to_base64().replace('+', "-").replace('/', "_");
    format!("{}&key={key}", link.split_once("&key=").unwrap().0)
}

#[tokio::test]
async fn a_link_that_is_none_leaves_the_open_room_open() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let (entrances, _begun) = start(data.path(), None);
    trust(&entrances, &shop.link()).await;
    let error = entrances.open_room("https://shop.example").await.unwrap_err();
    assert_eq!(error.code, CommandCode::Local(LocalCode::BadLink));
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::Open { practice: false, .. }));
    shop.stop().await;
}

#[tokio::test]
async fn a_link_that_comes_before_the_page_is_the_one_that_is_entered_and_later_ones_are_told() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let (entrances, _begun) = start(data.path(), None);
    assert!(!entrances.is_for_the_page(&shop.link()));
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::AskTrust { .. }));
    assert!(entrances.is_for_the_page(&shop.link()));
    shop.stop().await;
}

#[tokio::test]
async fn the_next_start_goes_to_the_room_entered_last_and_the_practice_room_is_never_listed() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let (entrances, _begun) = start(data.path(), None);
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::Open { practice: true, link: None, .. }));
    assert!(entrances.rooms().is_empty());
    trust(&entrances, &shop.link()).await;
    assert_eq!(entrances.rooms().len(), 1);
    let room = link_of(&entrances);
    assert!(matches!(entrances.open_practice().await.unwrap(), Entrance::Open { practice: true, .. }));
    assert_eq!(entrances.rooms().len(), 1);
    drop(entrances);
    let (entrances, _begun) = start(data.path(), None);
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::Open { practice: true, .. }));
    entrances.open_room(&room).await.unwrap();
    drop(entrances);
    // A key that is not pinned any more is not entered by itself.
    std::fs::remove_file(data.path().join("shops.json")).unwrap();
    let (entrances, _begun) = start(data.path(), None);
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::Open { practice: true, .. }));
    entrances.forget_room(&room).unwrap();
    assert!(entrances.rooms().is_empty());
    shop.stop().await;
}

#[tokio::test]
async fn the_practice_room_starts_before_the_page_asks_where_it_is_the_first_and_only_there() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let started = |data: &tempfile::TempDir| data.path().join("practice/ports.json").exists();
    let (entrances, _begun) = start(data.path(), Some(&shop.link()));
    entrances.prepare().await;
    assert!(!started(&data), "a link leads elsewhere");
    entrances.enter().await.unwrap();
    entrances.trust().await.unwrap();
    drop(entrances);
    let (entrances, _begun) = start(data.path(), None);
    entrances.prepare().await;
    assert!(!started(&data), "the room entered last is another");
    drop(entrances);
    let data = tempfile::tempdir().unwrap();
    let (entrances, _begun) = start(data.path(), None);
    entrances.prepare().await;
    assert!(started(&data) && entrances.session().is_err(), "its servers run, and nobody is in it");
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::Open { practice: true, .. }));
    shop.stop().await;
}

#[tokio::test]
async fn what_was_bought_in_a_room_that_was_left_is_followed_to_its_end() {
    let (first, second) = (Shop::open(300, None).await, Shop::open(300, None).await);
    let data = tempfile::tempdir().unwrap();
    let (entrances, mut begun) = start(data.path(), None);
    trust(&entrances, &first.link()).await;
    let (room, left) = (link_of(&entrances), Arc::downgrade(&entrances.session().unwrap()));
    let id = buy(&entrances.session().unwrap(), "g1", None).await;
    let code = code(&entrances.session().unwrap(), &id).await;
    let views = begun.recv().await.unwrap();
    trust(&entrances, &second.link()).await;
    assert!(left.upgrade().is_none(), "the room that was left is still listened to");
    assert!(entrances.session().unwrap().purchases.views().is_empty());
    first.phone("pay", &code).await;
    until(views, delivered).await;
    assert_eq!(entrances.shops().room_of(&id).unwrap().to_string(), room);
    // Back in the room its result is shown, by the same purchase: it was not begun a second time.
    entrances.open_room(&room).await.unwrap();
    let session = entrances.session().unwrap();
    assert!(delivered(&session.purchases.views()[0].stage));
    assert!(begun.try_recv().is_err());
    session.purchases.dismiss(&id).await.unwrap();
    // A shop without purchases is let go once its room is left.
    let purchases = Arc::downgrade(&session.purchases);
    drop(session);
    entrances.open_room(&second.link()).await.unwrap();
    assert!(purchases.upgrade().is_none());
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn what_was_bought_elsewhere_is_followed_after_a_restart_although_its_room_is_not_opened() {
    let (shop, other) = (Shop::open(300, None).await, Shop::open(300, None).await);
    let data = tempfile::tempdir().unwrap();
    let left = {
        let (entrances, _begun) = start(data.path(), None);
        trust(&entrances, &shop.link()).await;
        let session = entrances.session().unwrap();
        let id = buy(&session, "g1", None).await;
        let left = code(&session, &id).await;
        let room = link_of(&entrances);
        trust(&entrances, &other.link()).await;
        // A room that is forgotten is still the one its purchase was made in.
        entrances.forget_room(&room).unwrap();
        left
    };
    shop.phone("pay", &left).await;
    let (entrances, mut begun) = start(data.path(), None);
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::Open { .. }));
    assert_eq!(link_of(&entrances), entrances.rooms()[0].link, "the other shop's room is open");
    assert!(entrances.session().unwrap().purchases.is_empty());
    assert!(entrances.take_up_elsewhere().await);
    let taken_up = tokio::time::timeout(WAIT, begun.recv()).await.unwrap().unwrap();
    until(taken_up, delivered).await;
    assert_eq!(link_of(&entrances), entrances.rooms()[0].link, "the viewer stays where they are");
    assert!(entrances.take_up_elsewhere().await, "nothing is left to take up");
    // The open room's shop had nothing at work meanwhile; what is bought there now goes on when it is left.
    let session = entrances.session().unwrap();
    let bought = buy(&session, "g2", None).await;
    let views = begun.recv().await.unwrap();
    let paid = code(&session, &bought).await;
    // And what is not its own is not its to forget.
    let first = first_request(data.path(), &bought);
    assert!(session.purchases.dismiss(&first).await.is_err());
    assert!(data.path().join("pending").join(format!("{first}.json")).is_file());
    drop(session);
    entrances.open_practice().await.unwrap();
    other.phone("pay", &paid).await;
    until(views, delivered).await;
    drop(entrances);
    // A shop that is away is tried again later.
    shop.stop().await;
    let (entrances, _begun) = start(data.path(), None);
    entrances.enter().await.unwrap();
    assert!(!entrances.take_up_elsewhere().await);
    other.stop().await;
}

#[tokio::test]
async fn an_open_order_is_shown_again_from_the_list_of_orders_and_a_closed_one_is_not() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let (entrances, _begun) = start(data.path(), None);
    trust(&entrances, &shop.link()).await;
    let id = buy(&entrances.session().unwrap(), "g1", None).await;
    let first = code(&entrances.session().unwrap(), &id).await;
    let order_id = entrances.session().unwrap().purchases.views()[0].order_id.clone().unwrap();
    assert_eq!(entrances.session().unwrap().purchases.resume(&order_id).await.unwrap(), id);
    drop(entrances);
    std::fs::remove_dir_all(data.path().join("pending")).unwrap();
    let (entrances, _begun) = start(data.path(), None);
    entrances.enter().await.unwrap();
    let session = entrances.session().unwrap();
    let resumed = session.purchases.resume(&order_id).await.unwrap();
    assert_eq!(code(&session, &resumed).await, first);
    let view = &session.purchases.views()[0];
    assert_eq!((view.bought.title.as_str(), view.bought.lot, view.amount_fen), ("Clay teapot", 1, 22_800));
    shop.phone("pay", &first).await;
    until(session.purchases.follow(&resumed).unwrap(), delivered).await;
    session.purchases.dismiss(&resumed).await.unwrap();
    assert_eq!(session.purchases.resume(&order_id).await.unwrap_err().code, CommandCode::Local(LocalCode::NotReady));
    shop.stop().await;
}

#[tokio::test]
async fn orders_are_listed_and_one_is_shown_with_its_address_note_and_refund_request() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let (entrances, _begun) = start(data.path(), None);
    trust(&entrances, &shop.link()).await;
    let session = entrances.session().unwrap();
    let address = PostalAddress {
        name: "Xiaoman Lin".into(),
        phone: "13800000000".into(),
        region: "Hangzhou".into(),
        detail: "1 Practice Road".into(),
    };
    let draft = AddressDraft { address: address.clone(), is_default: true };
    let book = session.client.save_address(None, &draft).await.unwrap();
    let id = buy(&session, "g1", Some(book[0].address_id.to_string())).await;
    shop.phone("pay", &code(&session, &id).await).await;
    until(session.purchases.follow(&id).unwrap(), delivered).await;
    let fins = buy(&session, "g2", None).await;
    code(&session, &fins).await;
    let page = orders::page(&session.client, None).await.unwrap();
    assert_eq!((page.orders.len(), page.next), (2, None));
    // Both may have been made in the same second.
    let of = |title| page.orders.iter().find(|order| order.title == title).unwrap();
    let (teapot, fins) = (of("Clay teapot"), of("60 shark fins"));
    assert_eq!((teapot.state, fins.state), (OrderState::Delivered, OrderState::AwaitingPayment));
    assert!(fins.expires_in_s > 0 && teapot.paid_at.is_some());
    let order_id = teapot.order_id.as_str();
    let paper = orders::paper(&session.client, order_id).await.unwrap();
    assert_eq!((paper.details.note.as_deref(), paper.details.address), (Some("Wrap it well"), Some(address)));
    assert_eq!((paper.attempts.len(), paper.attempts[0].pay_type), (1, PayType::Alipay));
    let asked = orders::ask_refund(&session.client, order_id, "It arrived broken").await.unwrap();
    assert_eq!(asked.details.refund_request.unwrap().reason, "It arrived broken");
    shop.stop().await;
}

#[tokio::test]
async fn a_new_viewer_of_the_practice_room_has_an_address_a_show_and_a_deal() {
    let data = tempfile::tempdir().unwrap();
    for _start in 0..2 {
        let (entrances, _begun) = start(data.path(), None);
        let Entrance::Open { room, .. } = entrances.enter().await.unwrap() else { panic!("not open") };
        let session = entrances.session().unwrap();
        assert_eq!(session.client.addresses().await.unwrap().len(), 1, "one address, however often it is started");
        let playlist = reqwest::Client::builder().no_proxy().build().unwrap();
        let playlist = playlist.get(room.stream.unwrap()).send().await.unwrap().text().await.unwrap();
        assert!(playlist.starts_with("#EXTM3U"), "{playlist}");
        let shelf = session.shelf().await.unwrap();
        let deals: Vec<_> = shelf.goods.iter().filter_map(|goods| Some((goods.lot, goods.deal.as_ref()?))).collect();
        let [(5, deal)] = deals[..] else { panic!("{deals:?}") };
        assert_eq!((deal.price_fen, deal.pieces), (10_990, 60));
        assert!((deal.starts_at..deal.ends_at).contains(&shelf.now_s), "{deal:?} at {}", shelf.now_s);
    }
}
