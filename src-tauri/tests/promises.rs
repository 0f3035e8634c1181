//! What the app promises about a purchase, without a window: a session, a storefront and the sandbox's channels. Ending a
//! session and opening another over the same files is what the app does when it is killed and started again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod shop;

use api::{ErrorCode, RoomLink};
use desktop::purchase::Act;
use desktop::session::Session;
use desktop::shops::Shops;
use desktop::views::{BuyRequest, CommandCode, LocalCode, PurchaseView, Stage};
use order::PayType;
use order::state::{ClosedBy, RefundReason};
use serde_json::json;
use shop::{Forgery, Shop};
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longest a test waits for anything.
const WAIT: Duration = Duration::from_secs(60);

async fn open(shop: &Shop, data: &Path) -> Session {
    let (begun, _nobody) = mpsc::unbounded_channel();
    let shops = Shops::new(data.to_owned(), begun);
    Session::open(RoomLink::parse(&shop.link()).unwrap(), &shops, None).await.unwrap()
}

async fn buy(session: &Session, goods: &str, pay_type: PayType) -> String {
    let shelf = session.client.goods().await.unwrap();
    let item = shelf.iter().find(|item| item.goods_id.as_str() == goods).unwrap();
    let request = BuyRequest {
        goods_id: goods.into(),
        quantity: 1,
        pay_type,
        price_version: item.price_version,
        amount_fen: item.price_fen,
        note: None,
        address_id: None,
    };
    session.buy(request).await.unwrap()
}

/// The purchase's view, once it is as wanted.
async fn once(session: &Session, id: &str, wanted: impl Fn(&PurchaseView) -> bool) -> PurchaseView {
    let mut views = session.purchases.follow(id).unwrap();
    let found = tokio::time::timeout(WAIT, views.wait_for(|view| wanted(view))).await;
    match found {
        Ok(view) => view.unwrap().clone(),
        Err(_) => panic!("waited in vain; it stands at {:?}", *session.purchases.follow(id).unwrap().borrow()),
    }
}

/// The payment string on screen, once there is one of that channel.
async fn code(session: &Session, id: &str, pay_type: PayType) -> String {
    let shown = |view: &PurchaseView| view.pay_type == pay_type && matches!(view.stage, Stage::AwaitingPayment { .. });
    once(session, id, shown).await;
    session.purchases.code_of(id).unwrap()
}

fn delivered(view: &PurchaseView) -> bool {
    matches!(view.stage, Stage::Delivered { .. })
}

#[tokio::test]
async fn every_request_is_on_disk_before_the_shop_hears_of_it() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    shop.look_into(data.path().join("pending"));
    let session = open(&shop, data.path()).await;
    let id = buy(&session, "g1", PayType::Alipay).await;
    code(&session, &id, PayType::Alipay).await;
    session.purchases.act(&id, Act::Switch(PayType::Wechat)).await.unwrap();
    code(&session, &id, PayType::Wechat).await;
    let refused = buy(&session, "g1", PayType::Alipay).await;
    once(&session, &refused, |view| matches!(view.stage, Stage::Refused { .. })).await;
    let taken_up = session.purchases.take_up(&refused).await.unwrap();
    code(&session, &taken_up, PayType::Wechat).await;
    assert_eq!(shop.on_disk(), [true; 4]);
    shop.stop().await;
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_ordered() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let session = open(&shop, data.path()).await;
    // A file where the folder should be.
    std::fs::write(data.path().join("pending"), "").unwrap();
    let shelf = session.client.goods().await.unwrap();
    let request = BuyRequest {
        goods_id: "g1".into(),
        quantity: 1,
        pay_type: PayType::Alipay,
        price_version: shelf[0].price_version,
        amount_fen: shelf[0].price_fen,
        note: None,
        address_id: None,
    };
    let error = session.buy(request).await.unwrap_err();
    assert_eq!(error.code, CommandCode::Local(LocalCode::Storage));
    assert_eq!(shop.orders().await, 0);
    shop.stop().await;
}

#[tokio::test]
async fn a_purchase_goes_on_where_it_was_after_the_app_was_killed() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let session = open(&shop, data.path()).await;
    let id = buy(&session, "g1", PayType::Alipay).await;
    let first = code(&session, &id, PayType::Alipay).await;
    drop(session);
    let session = open(&shop, data.path()).await;
    assert_eq!(code(&session, &id, PayType::Alipay).await, first);
    session.purchases.act(&id, Act::Switch(PayType::Wechat)).await.unwrap();
    let second = code(&session, &id, PayType::Wechat).await;
    drop(session);
    let session = open(&shop, data.path()).await;
    assert_eq!(code(&session, &id, PayType::Wechat).await, second);
    assert_eq!(once(&session, &id, |_| true).await.switched_from, Some(PayType::Alipay));
    assert_eq!(shop.orders().await, 1);
    shop.stop().await;
}

#[tokio::test]
async fn a_result_that_came_while_the_app_was_closed_is_told_at_the_next_start() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let session = open(&shop, data.path()).await;
    let id = buy(&session, "g1", PayType::Alipay).await;
    let paid = code(&session, &id, PayType::Alipay).await;
    drop(session);
    shop.phone("pay", &paid).await;
    let session = open(&shop, data.path()).await;
    let view = once(&session, &id, delivered).await;
    assert!(!view.seen);
    session.purchases.dismiss(&id).await.unwrap();
    drop(session);
    // Once it was seen it is not told again.
    assert!(open(&shop, data.path()).await.purchases.views().is_empty());
    shop.stop().await;
}

#[tokio::test]
async fn a_late_payment_is_told_even_after_its_closed_order_was_put_away() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    // The channel says that the code is dead, and it is not.
    shop.faults(json!({"alipay": {"close_ignored": {}}})).await;
    let session = open(&shop, data.path()).await;
    let late = buy(&session, "g3", PayType::Alipay).await;
    let late_code = code(&session, &late, PayType::Alipay).await;
    session.purchases.act(&late, Act::Cancel).await.unwrap();
    once(&session, &late, |view| view.stage == Stage::Closed { by: ClosedBy::Viewer }).await;
    session.purchases.dismiss(&late).await.unwrap();
    once(&session, &late, |view| view.seen).await;
    // Somebody buys the last one meanwhile, so the late payment cannot be delivered.
    let other = buy(&session, "g3", PayType::Wechat).await;
    let other_code = code(&session, &other, PayType::Wechat).await;
    shop.phone("pay", &other_code).await;
    once(&session, &other, delivered).await;
    drop(session);
    shop.phone("pay", &late_code).await;
    let session = open(&shop, data.path()).await;
    let refunded = |view: &PurchaseView| matches!(view.stage, Stage::Refunding { .. } | Stage::Refunded { .. });
    let mut told = once(&session, &late, |view| view.seen || refunded(view)).await;
    if told.seen {
        // The shop had not heard of it yet; the next look finds it.
        drop(session);
        told = told_at_a_later_start(&shop, data.path(), &late).await;
    }
    assert!(!told.seen);
    let (Stage::Refunding { reason, paid_fen } | Stage::Refunded { reason, paid_fen }) = told.stage else {
        panic!("{:?}", told.stage)
    };
    assert_eq!((reason, paid_fen, told.pay_type), (RefundReason::Late, 8_800, PayType::Alipay));
    shop.stop().await;
}

/// Starts the app again until the shop has heard of the payment.
async fn told_at_a_later_start(shop: &Shop, data: &Path, id: &str) -> PurchaseView {
    let starting = async {
        loop {
            let session = open(shop, data).await;
            let mut views = session.purchases.follow(id).unwrap();
            let looked = tokio::time::timeout(Duration::from_secs(2), views.wait_for(|view| !view.seen)).await;
            if let Ok(Ok(view)) = looked {
                return view.clone();
            }
        }
    };
    tokio::time::timeout(WAIT, starting).await.unwrap()
}

#[tokio::test]
async fn whichever_code_is_paid_the_goods_come_and_a_second_payment_goes_back() {
    for (paid, counts) in [
        (vec![PayType::Wechat], PayType::Wechat),
        (vec![PayType::Alipay], PayType::Alipay),
        (vec![PayType::Wechat, PayType::Alipay], PayType::Wechat),
    ] {
        let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
        shop.faults(json!({"alipay": {"close_ignored": {}}})).await;
        let session = open(&shop, data.path()).await;
        let id = buy(&session, "g1", PayType::Alipay).await;
        let alipay = code(&session, &id, PayType::Alipay).await;
        session.purchases.act(&id, Act::Switch(PayType::Wechat)).await.unwrap();
        let wechat = code(&session, &id, PayType::Wechat).await;
        for pay_type in &paid {
            shop.phone("pay", if *pay_type == PayType::Alipay { &alipay } else { &wechat }).await;
            once(&session, &id, delivered).await;
        }
        let all = |view: &PurchaseView| matches!(&view.stage, Stage::Delivered { refunds, .. } if refunds.len() + 1 == paid.len());
        let view = once(&session, &id, all).await;
        assert_eq!(view.pay_type, counts, "{paid:?}");
        let Stage::Delivered { refunds, .. } = view.stage else { panic!("{:?}", view.stage) };
        for refund in refunds {
            assert_eq!((refund.reason, refund.pay_type), (RefundReason::Twice, PayType::Alipay));
            assert_eq!(refund.amount_fen, 22_800);
        }
        assert_eq!(shop.orders().await, 1);
        shop.stop().await;
    }
}

#[tokio::test]
async fn where_the_shop_does_not_change_the_way_to_pay_the_code_before_stands() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let session = open(&shop, data.path()).await;
    let id = buy(&session, "g1", PayType::Alipay).await;
    code(&session, &id, PayType::Alipay).await;
    let mut last = String::new();
    for number in 1..order::state::ATTEMPTS_MAX {
        let pay_type = if number % 2 == 1 { PayType::Wechat } else { PayType::Alipay };
        session.purchases.act(&id, Act::Switch(pay_type)).await.unwrap();
        last = code(&session, &id, pay_type).await;
    }
    let before = once(&session, &id, |_| true).await;
    session.purchases.act(&id, Act::Switch(PayType::Alipay)).await.unwrap();
    let after = once(&session, &id, |view| {
        view.not_switched_to.is_some() && matches!(view.stage, Stage::AwaitingPayment { .. })
    })
    .await;
    assert_eq!((after.pay_type, after.not_switched_to), (before.pay_type, Some(PayType::Alipay)));
    assert_eq!(session.purchases.code_of(&id).unwrap(), last);
    shop.phone("pay", &last).await;
    once(&session, &id, delivered).await;
    shop.stop().await;
}

#[tokio::test]
async fn an_order_that_waits_in_line_shows_its_place_and_then_its_code_by_itself() {
    let shop = Shop::open_with(300, None, "[limits]\nalipay_per_second = 1\n").await;
    let data = tempfile::tempdir().unwrap();
    let (mut before, mut sessions) = (Vec::new(), Vec::new());
    for viewer in 0..8 {
        sessions.push(open(&shop, &data.path().join(viewer.to_string())).await);
    }
    for session in &sessions {
        before.push(buy(session, "g2", PayType::Alipay).await);
    }
    let (session, id) = (sessions.last().unwrap(), before.last().unwrap());
    let mut views = session.purchases.follow(id).unwrap();
    let mut places = Vec::new();
    let watching = async {
        loop {
            match views.borrow_and_update().stage.clone() {
                Stage::Ordering => {}
                Stage::InLine { position, expires_in_s, online } => {
                    assert!(online && (1..=300).contains(&expires_in_s));
                    places.push(position);
                }
                Stage::AwaitingPayment { .. } => return,
                other => panic!("{other:?}"),
            }
            views.changed().await.unwrap();
        }
    };
    tokio::time::timeout(WAIT, watching).await.unwrap();
    assert!(!places.is_empty() && places.is_sorted_by(|before, after| before >= after), "{places:?}");
    shop.phone("pay", &session.purchases.code_of(id).unwrap()).await;
    once(session, id, delivered).await;
    assert_eq!(shop.orders().await, 8);
    shop.stop().await;
}

#[tokio::test]
async fn an_open_order_this_computer_lost_or_never_had_is_taken_up() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let session = open(&shop, data.path()).await;
    let id = buy(&session, "g1", PayType::Alipay).await;
    code(&session, &id, PayType::Alipay).await;
    session.purchases.act(&id, Act::Switch(PayType::Wechat)).await.unwrap();
    let first = code(&session, &id, PayType::Wechat).await;
    drop(session);
    std::fs::remove_dir_all(data.path().join("pending")).unwrap();
    let session = open(&shop, data.path()).await;
    assert!(session.purchases.views().is_empty());
    let refused = buy(&session, "g1", PayType::Alipay).await;
    let view = once(&session, &refused, |view| matches!(view.stage, Stage::Refused { .. })).await;
    let Stage::Refused { refusal } = view.stage else { panic!("{:?}", view.stage) };
    assert_eq!(refusal.code, ErrorCode::RequestConflict);
    let taken_up = session.purchases.take_up(&refused).await.unwrap();
    assert_eq!(code(&session, &taken_up, PayType::Wechat).await, first);
    assert_eq!(session.purchases.views().len(), 1, "the refused purchase is still there");
    shop.phone("pay", &first).await;
    once(&session, &taken_up, delivered).await;
    assert_eq!(shop.orders().await, 1);
    shop.stop().await;
}

#[tokio::test]
async fn a_receipt_is_checked_shown_and_saved_as_the_shop_signed_it() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let session = open(&shop, data.path()).await;
    let id = buy(&session, "g2", PayType::Wechat).await;
    shop.phone("pay", &code(&session, &id, PayType::Wechat).await).await;
    let order_id = once(&session, &id, delivered).await.order_id.unwrap();
    let other = session.save_receipt(&order_id, data.path()).unwrap_err();
    assert_eq!(other.code, CommandCode::Local(LocalCode::NotReady));
    let receipt = session.receipt(&order_id).await.unwrap();
    assert_eq!((receipt.order_id.as_str(), receipt.fins, receipt.amount_fen), (order_id.as_str(), Some(60), 600));
    assert_eq!(receipt.shop_key, shop.key().fingerprint());
    assert_eq!((receipt.payments.len(), receipt.payments[0].pay_type), (1, PayType::Wechat));
    let path = session.save_receipt(&order_id, data.path()).unwrap();
    let verified = api::receipt::verify_text(&std::fs::read_to_string(path).unwrap(), Some(shop.key())).unwrap();
    assert!(verified.is_pinned);
    assert_eq!(verified.receipt.order_id.as_str(), order_id);
    shop.stop().await;
}

#[tokio::test]
async fn a_receipt_that_was_changed_is_not_shown() {
    let (shop, data) = (Shop::open(300, Some(Forgery::Receipt)).await, tempfile::tempdir().unwrap());
    let session = open(&shop, data.path()).await;
    let id = buy(&session, "g1", PayType::Alipay).await;
    shop.phone("pay", &code(&session, &id, PayType::Alipay).await).await;
    let order_id = once(&session, &id, delivered).await.order_id.unwrap();
    let error = session.receipt(&order_id).await.unwrap_err();
    assert_eq!(error.code, CommandCode::Local(LocalCode::UnusableAnswer));
    assert!(session.save_receipt(&order_id, data.path()).is_err());
    shop.stop().await;
}
