//! Several studios and the channel at once: every interleaving gives back what was asked for, once, and no more than came.

use crate::house::{House, PRICE, viewer};
use crate::till::{Call, Gate, Till, Trouble};
use api::{ErrorCode, OrderFilter, RefundDraft};
use order::state::{AttemptState, OrderState, RefundState};
use order::{PayType, RoomId};
use std::sync::Arc;
use storefront::shop::ShopError;
use storefront::store::{Cursor, Placed, PlainDisk, Streamer};

fn streamer(name: &str) -> Streamer {
    Streamer { streamer_id: name.into(), name: name.into(), room_id: RoomId::new("tea").unwrap() }
}

fn back(request: u128, amount_fen: i64) -> RefundDraft {
    RefundDraft { request_id: order::id::base32(request), amount_fen, reason: String::new() }
}

fn code<T: std::fmt::Debug>(answer: &Result<T, ShopError>) -> Option<ErrorCode> {
    match answer {
        Ok(_) => None,
        Err(ShopError::Refused(refusal)) => Some(refusal.code),
        Err(other) => panic!("{other:?}"),
    }
}

impl House {
    async fn delivered(&self) -> Placed {
        let placed = self.ordered(PayType::Wechat).await;
        self.wechat.pay(&placed.pay_id);
        self.pass(10).await;
        assert_eq!(self.state(&placed).await, OrderState::Delivered);
        placed
    }

    /// What is in the channel's books and in ours of an order's refunds, once all is at rest.
    async fn at_rest(&self, placed: &Placed, expected: &[i64]) {
        self.pass(100_000).await;
        let mut moved: Vec<i64> = self.wechat.refunds().into_iter().map(|(_, fen)| fen).collect();
        moved.sort_unstable();
        assert_eq!(moved, expected);
        let order = self.record(placed).await.order;
        assert!(order.refunds.iter().all(|refund| refund.state == RefundState::Done), "{:?}", order.refunds);
        let cash = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM ledger WHERE account = 'channel_cash:wechat'";
        assert_eq!(self.number(cash).await, PRICE - expected.iter().sum::<i64>());
        assert_eq!(self.audit().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn of_two_studios_that_give_all_of_it_back_at_once_one_does() {
    let house = House::open().await;
    let placed = house.delivered().await;
    let (lin, mo) = (streamer("lin"), streamer("mo"));
    let (one, two) = tokio::join!(
        house.shop.give_back(&lin, &placed.order_id, back(1, PRICE)),
        house.shop.give_back(&mo, &placed.order_id, back(2, PRICE))
    );
    let mut codes = [code(&one), code(&two)];
    codes.sort_by_key(Option::is_some);
    assert_eq!(codes, [None, Some(ErrorCode::RefundExceeds)]);
    house.at_rest(&placed, &[PRICE]).await;
}

#[tokio::test]
async fn many_studios_with_the_same_request_and_with_their_own_never_give_back_too_much() {
    let house = House::open().await;
    let placed = house.delivered().await;
    // 8,800 fen are ten times 880: of twelve different requests, each sent three times at once, ten are taken.
    let calls = (0..36_u128).map(|number| {
        let (shop, order_id) = (Arc::clone(&house.shop), placed.order_id.clone());
        tokio::spawn(async move {
            shop.give_back(&streamer(&format!("s{number}")), &order_id, back(number % 12, PRICE / 10)).await.map(|_| ())
        })
    });
    let mut codes = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        codes.push(code(&call.await.unwrap()));
    }
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 30, "{codes:?}");
    assert!(codes.iter().flatten().all(|code| *code == ErrorCode::RefundExceeds), "{codes:?}");
    house.at_rest(&placed, &[PRICE / 10; 10]).await;
}

#[tokio::test]
async fn a_refund_asked_for_while_another_is_under_way_is_a_second_one() {
    let house = House::open().await;
    let placed = house.delivered().await;
    let gate = Gate::new();
    house.wechat.troubles(Call::Refund, [Trouble::HeldBefore(Arc::clone(&gate))]);
    house.shop.give_back(&streamer("lin"), &placed.order_id, back(1, 100)).await.unwrap();
    let watcher = house.settle_beside();
    gate.arrived().await;
    // The first is at its channel, and nobody knows yet what comes of it.
    assert_eq!(house.record(&placed).await.order.refunds[0].state, RefundState::Sent);
    let exceeds = house.shop.give_back(&streamer("lin"), &placed.order_id, back(2, PRICE)).await;
    assert_eq!(code(&exceeds), Some(ErrorCode::RefundExceeds));
    let same = house.shop.give_back(&streamer("lin"), &placed.order_id, back(1, 100)).await.unwrap();
    assert_eq!(same.order.refunds.len(), 1);
    house.shop.give_back(&streamer("mo"), &placed.order_id, back(3, PRICE - 100)).await.unwrap();
    gate.let_go();
    watcher.await.unwrap().unwrap();
    house.at_rest(&placed, &[100, PRICE - 100]).await;
}

#[tokio::test]
async fn a_refund_survives_lost_calls_and_a_killed_process_under_its_one_number() {
    let house = House::open().await;
    let placed = house.delivered().await;
    let first = house.shop.give_back(&streamer("lin"), &placed.order_id, back(1, 500)).await.unwrap();
    house.wechat.troubles(Call::Refund, [Trouble::LostRequest, Trouble::LostAnswer]);
    house.settle().await;
    let house = house.restarted().await;
    // The studio never heard the answer either, and asks again.
    let again = house.shop.give_back(&streamer("lin"), &placed.order_id, back(1, 500)).await.unwrap();
    assert_eq!(again.order.refunds[0].refund_id, first.order.refunds[0].refund_id);
    house.at_rest(&placed, &[500]).await;
    assert_eq!(house.wechat.refunds()[0].0, first.order.refunds[0].refund_id.to_string());
}

#[tokio::test]
async fn a_payment_in_quarantine_waits_for_a_person_and_gives_nothing_back() {
    let elsewhere = Till::new(PayType::Wechat);
    let house = House::furnish(Arc::new(PlainDisk), Till::new(PayType::Alipay), elsewhere).await;
    let placed = house.ordered(PayType::Wechat).await;
    let wrong = house.record(&placed).await;
    let event = order::state::Event::Differs {
        pay_id: placed.pay_id.clone(),
        mismatch: order::Mismatch::Partner,
        ours: None,
        at: house.now(),
    };
    let stays = storefront::store::Evidence::text("query: somebody else's payment");
    house.shop.store.apply(&wrong.order.id, event, stays, house.now()).await.unwrap();
    let answer = house.shop.give_back(&streamer("lin"), &placed.order_id, back(1, 1)).await;
    assert_eq!(code(&answer), Some(ErrorCode::RefundExceeds));
    let room_id = RoomId::new("tea").unwrap();
    let paper = house.shop.store.studio_paper(&room_id, &placed.order_id).await.unwrap().unwrap();
    assert!(paper.order.quarantined && paper.refundable_fen == 0 && paper.attempts[0].state == AttemptState::Mismatch);
    let stuck = house.shop.store.studio_orders(&room_id, OrderFilter::Stuck, "", &Cursor::start()).await.unwrap();
    assert_eq!(stuck.orders.len(), 1);
    assert_eq!(house.wechat.called(Call::Refund), 0);
    assert_eq!(viewer("ann"), house.record(&placed).await.snapshot.viewer_id);
}
