//! What stands beside an order's money: the viewer's wish and the streamer's answer, and how goods were sent.

use crate::bench::{Bench, TEAPOT, back, no, studio_of};
use crate::support::refused;
use api::{ErrorCode, OrderFilter, ShipmentDraft};
use order::PayType;
use serde_json::json;
use sqlx::{AnyConnection, Connection, Row};

fn parcel(carrier: &str, number: &str) -> ShipmentDraft {
    ShipmentDraft { carrier: carrier.into(), number: number.into() }
}

async fn listed(bench: &Bench, filter: OrderFilter) -> usize {
    bench.studio.studio_orders(filter, "", None).await.unwrap().orders.len()
}

/// What the journal has of the streamers' acts: name, and what came after it.
async fn acts(bench: &Bench) -> Vec<(String, serde_json::Value)> {
    let mut connection = AnyConnection::connect(&testbed::database(&bench.world.database())).await.unwrap();
    let rows = sqlx::query("SELECT event, evidence FROM journal WHERE order_id = '' ORDER BY seq");
    let json = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let read = |row: &sqlx::any::AnyRow| {
        let event = json(row.get(0));
        assert_eq!(event["streamer_id"], "id-of-Lin");
        (event["event"].as_str().unwrap().to_owned(), json(row.get(1))["after"].clone())
    };
    rows.fetch_all(&mut connection).await.unwrap().iter().map(read).collect()
}

#[tokio::test]
async fn a_no_to_a_wish_is_seen_by_the_viewer_and_the_first_answer_stays() {
    let bench = Bench::new().await;
    let ext = bench.bought(0, PayType::Alipay, 1).await;
    let early = refused(bench.studio.decline_refund(&ext.order_id, &no("no")).await);
    assert_eq!(early.code, ErrorCode::RequestConflict);
    bench.viewer.ask_refund(&ext.order_id, "it is not blue").await.unwrap();
    assert_eq!(listed(&bench, OrderFilter::Wishes).await, 1);
    let paper = bench.studio.decline_refund(&ext.order_id, &no(" it was never blue ")).await.unwrap();
    let wish = paper.order.refund_request.unwrap();
    let said = wish.declined.clone().unwrap();
    assert_eq!((wish.reason.as_str(), said.reason.as_str()), ("it is not blue", "it was never blue"));
    assert!(said.at >= wish.asked_at);
    assert_eq!(listed(&bench, OrderFilter::Wishes).await, 0);
    assert_eq!(bench.viewer.details(&ext.order_id).await.unwrap().refund_request, Some(wish));
    // Said again it is the same no; another studio's other words are too late.
    bench.studio.decline_refund(&ext.order_id, &no("it was never blue")).await.unwrap();
    let other = studio_of(&bench.world, "tea", "Mo").await;
    assert_eq!(refused(other.decline_refund(&ext.order_id, &no("no")).await).code, ErrorCode::Stale);
    for reason in ["", "  ", "two\nlines", &"长".repeat(201)] {
        assert_eq!(
            refused(bench.studio.decline_refund(&ext.order_id, &no(reason)).await).code,
            ErrorCode::InvalidParams,
            "{reason:?}"
        );
    }
    assert_eq!(acts(&bench).await, [("studio_wish_declined".to_owned(), json!({"reason": "it was never blue"}))]);
    // A no binds nobody: money may go back all the same.
    let paper = bench.studio.refund_order(&ext.order_id, &back(1, 100, "")).await.unwrap();
    assert!(paper.order.refund_request.unwrap().declined.is_some());
    bench.refunded(&ext).await;
    bench.end().await;
}

#[tokio::test]
async fn a_refund_answers_a_wish_and_a_later_no_is_stale() {
    let bench = Bench::new().await;
    let ext = bench.bought(0, PayType::Alipay, 1).await;
    // Some went back before anybody asked: that answers nothing.
    bench.studio.refund_order(&ext.order_id, &back(1, 100, "")).await.unwrap();
    bench.viewer.ask_refund(&ext.order_id, "the rest too").await.unwrap();
    assert_eq!(listed(&bench, OrderFilter::Wishes).await, 1);
    bench.studio.refund_order(&ext.order_id, &back(2, 200, "")).await.unwrap();
    assert_eq!(listed(&bench, OrderFilter::Wishes).await, 0);
    assert_eq!(refused(bench.studio.decline_refund(&ext.order_id, &no("no")).await).code, ErrorCode::Stale);
    let wish = bench.viewer.details(&ext.order_id).await.unwrap().refund_request.unwrap();
    assert_eq!((wish.reason.as_str(), wish.declined), ("the rest too", None));
    bench.refunded(&ext).await;
    bench.end().await;
}

#[tokio::test]
async fn how_an_order_was_sent_is_seen_by_the_viewer_and_can_be_put_right() {
    let bench = Bench::new().await;
    let ext = bench.ordered_to("Lin Xia", "no ribbon", 1).await;
    let unpaid = refused(bench.studio.ship(&ext.order_id, &parcel("SF", "1")).await);
    assert_eq!(unpaid.code, ErrorCode::RequestConflict);
    assert_eq!(bench.paper(&ext).await.address, None);
    bench.pay(&ext).await;
    assert_eq!(bench.paper(&ext).await.address.unwrap().name, "Lin Xia");
    assert_eq!(listed(&bench, OrderFilter::ToShip).await, 1);
    let sent = bench.studio.ship(&ext.order_id, &parcel(" 顺丰 ", " SF1234567890 ")).await.unwrap();
    let shipment = sent.order.shipment.clone().unwrap();
    assert_eq!((shipment.carrier.as_str(), shipment.number.as_str()), ("顺丰", "SF1234567890"));
    // Where it went is still wanted when somebody asks after it.
    assert_eq!((sent.address.is_some(), listed(&bench, OrderFilter::ToShip).await), (true, 0));
    assert_eq!(bench.viewer.details(&ext.order_id).await.unwrap().shipment, Some(shipment.clone()));
    // Said again nothing changes; said otherwise it is replaced.
    let again = bench.studio.ship(&ext.order_id, &parcel("顺丰", "SF1234567890")).await.unwrap();
    assert_eq!(again.order.shipment, Some(shipment));
    let right = bench.studio.ship(&ext.order_id, &parcel("顺丰", "SF1234567899")).await.unwrap();
    assert_eq!(bench.viewer.details(&ext.order_id).await.unwrap().shipment, right.order.shipment);
    let names: Vec<_> = acts(&bench).await.into_iter().map(|(name, after)| (name, after["number"].clone())).collect();
    let shipped = |number: &str| ("studio_order_shipped".to_owned(), json!(number));
    assert_eq!(names, [shipped("SF1234567890"), shipped("SF1234567899")]);
    // A sent order's refund does not put it back among what is to be sent.
    bench.studio.refund_order(&ext.order_id, &back(1, 100, "")).await.unwrap();
    bench.refunded(&ext).await;
    assert_eq!(listed(&bench, OrderFilter::ToShip).await, 0);
    bench.end().await;
}

#[tokio::test]
async fn only_merchandise_is_sent_and_only_by_a_carrier_with_a_number() {
    let bench = Bench::new().await;
    let (fins, teapot) = (bench.bought(1, PayType::Alipay, 1).await, bench.bought(0, PayType::Alipay, 2).await);
    assert_eq!(refused(bench.studio.ship(&fins.order_id, &parcel("SF", "1")).await).code, ErrorCode::RequestConflict);
    assert_eq!(bench.paper(&fins).await.address, None);
    let stranger = studio_of(&bench.world, "ceramics", "Mo").await;
    assert_eq!(refused(stranger.ship(&teapot.order_id, &parcel("SF", "1")).await).code, ErrorCode::NotFound);
    for bad in [
        parcel("", "1"),
        parcel("SF", " "),
        parcel(&"长".repeat(41), "1"),
        parcel("SF", &"1".repeat(61)),
        parcel("SF\u{7}", "1"),
    ] {
        let refusal = refused(bench.studio.ship(&teapot.order_id, &bad).await);
        assert_eq!(refusal.code, ErrorCode::InvalidParams, "{bad:?}");
    }
    bench.studio.ship(&teapot.order_id, &parcel(&"长".repeat(40), &"1".repeat(60))).await.unwrap();
    assert_eq!(bench.paper(&teapot).await.order.amount_fen, TEAPOT);
    bench.end().await;
}
