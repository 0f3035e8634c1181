//! What happened, and what is told of it.

use super::exposition::Exposition;
use super::support::{World, until, wish};
use order::PayType;
use order::state::OrderState;
use std::time::Duration;
use storefront::store::StoreError;

/// Longest a test waits for anything.
const WAIT: Duration = Duration::from_secs(60);

pub(crate) async fn read(url: &str) -> Exposition {
    let answer = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    Exposition::read(&answer.text().await.unwrap())
}

/// A shop in which one order was paid and delivered, one waits for its payment, and nobody sells any more.
pub(crate) async fn lived() -> (World, api::Ext) {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[1], 2, PayType::Wechat, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    world.phone("pay", &ext.code).await;
    until(&client, &ext.order_id, &[OrderState::Delivered]).await;
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 2);
    client.pay_order(&params, &asked).await.unwrap();
    world.shop.shop.store.halt(storefront::store::OPERATOR, "a test".into(), 1).await.unwrap();
    (world, ext)
}

#[tokio::test]
async fn a_monitor_reads_what_happened_and_nothing_of_anybody() {
    let (world, ext) = lived().await;
    let forged = world.phone.post(format!("{}/notices/alipay", world.base())).body("sign=x").send().await.unwrap();
    assert!(forged.status().is_client_error());
    let text = world.phone.get(format!("{}/metrics", world.base())).send().await.unwrap().text().await.unwrap();
    let told = Exposition::read(&text);
    for (name, labels, value) in [
        ("liveshop_orders", &[("state", "awaiting_payment")][..], 1.0),
        ("liveshop_orders", &[("state", "refunding")], 0.0),
        ("liveshop_orders_placed_total", &[], 2.0),
        ("liveshop_orders_ended_total", &[("state", "delivered")], 1.0),
        ("liveshop_orders_ended_total", &[("state", "closed")], 0.0),
        ("liveshop_paid_to_delivered_seconds_count", &[], 1.0),
        ("liveshop_attempts", &[("state", "qr_ready")], 1.0),
        ("liveshop_unknown_outcomes", &[], 0.0),
        ("liveshop_refunds", &[("state", "abnormal")], 0.0),
        ("liveshop_stock_pieces", &[("title", "60 shark fins"), ("room", "tea"), ("state", "sold")], 2.0),
        ("liveshop_stock_pieces", &[("title", "Clay teapot"), ("state", "reserved")], 1.0),
        ("liveshop_stock_pieces", &[("title", "Clay teapot"), ("state", "available")], 4.0),
        ("liveshop_channel_calls_total", &[("channel", "wechat"), ("operation", "prepay"), ("outcome", "ok")], 1.0),
        ("liveshop_channel_calls_total", &[("channel", "alipay"), ("operation", "prepay"), ("outcome", "ok")], 1.0),
        ("liveshop_channel_calls_total", &[("outcome", "unknown")], 0.0),
        ("liveshop_orders_in_line", &[("channel", "wechat")], 0.0),
        ("liveshop_channel_call_duration_seconds_count", &[("channel", "wechat"), ("operation", "prepay")], 1.0),
        ("liveshop_notices_total", &[("channel", "alipay"), ("outcome", "refused")], 1.0),
        ("liveshop_http_requests_total", &[("route", "/v1/viewers"), ("method", "POST"), ("status", "201")], 1.0),
        ("liveshop_http_requests_total", &[("route", "/v1/assist_payOrderByThird"), ("status", "200")], 2.0),
        ("liveshop_http_request_duration_seconds_count", &[("route", "/v1/assist_payOrderByThird")], 2.0),
        ("liveshop_halts", &[("reason", "operator")], 1.0),
        ("liveshop_halts", &[("reason", "books")], 0.0),
        ("liveshop_database_up", &[], 1.0),
        ("liveshop_commits_failed_total", &[], 0.0),
        ("liveshop_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0),
    ] {
        let found = told.value(name, labels);
        assert!((found - value).abs() < f64::EPSILON, "{name} {labels:?}: {found}, not {value}\n\n{text}");
    }
    let commits = told.value("liveshop_commit_duration_seconds_count", &[]);
    assert!(commits > 0.0 && told.value("liveshop_commit_writes_sum", &[]) >= commits);
    assert!(told.value("liveshop_channel_calls_total", &[("operation", "query"), ("outcome", "ok")]) >= 1.0);
    assert!(told.value("liveshop_writes_waiting", &[]) <= told.value("liveshop_writes_waiting_limit", &[]));
    for secret in [ext.order_id.as_str(), ext.pay_id.as_str(), ext.code.as_str()] {
        assert!(!text.contains(secret), "{secret}\n\n{text}");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_a_client_invents_makes_no_new_series() {
    let world = World::new(300).await;
    for number in 0..20 {
        let method = reqwest::Method::from_bytes(format!("INVENTED{number}").as_bytes()).unwrap();
        for path in [format!("/invented/{number}"), format!("/v1/rooms/invented{number}")] {
            world.phone.request(method.clone(), format!("{}{path}", world.base())).send().await.unwrap();
        }
    }
    let told = read(&format!("{}/metrics", world.base())).await;
    let count = |route| told.value("liveshop_http_requests_total", &[("method", "other"), ("route", route)]);
    assert_eq!((count("none"), count("/v1/rooms/{room}")), (20.0, 20.0));
    assert!(
        told.samples
            .iter()
            .all(|sample| !sample.labels.values().any(|value| value.to_lowercase().contains("invented")))
    );
    world.stop().await;
}

#[tokio::test]
async fn an_event_stream_counts_until_its_reader_goes() {
    let world = World::new(300).await;
    let url = format!("{}/metrics", world.base());
    let readers = async || {
        let labels = [("route", "/v1/rooms/{room}/events")];
        read(&url).await.find("liveshop_sse_clients", &labels)
    };
    assert_eq!(readers().await, None);
    let mut first = world.phone.get(format!("{}/v1/rooms/tea/events", world.base())).send().await.unwrap();
    let second = world.phone.get(format!("{}/v1/rooms/tea/events", world.base())).send().await.unwrap();
    assert_eq!(readers().await, Some(2.0));
    // It still brings what it is there for.
    world.shop.shop.push.tell(storefront::push::Change::Room(order::RoomId::new("tea").unwrap()));
    let word = tokio::time::timeout(WAIT, first.chunk()).await.unwrap().unwrap().unwrap();
    assert!(std::str::from_utf8(&word).unwrap().contains("changed"));
    drop(second);
    let gone = async {
        while readers().await != Some(1.0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WAIT, gone).await.unwrap();
    drop(first);
    world.stop().await;
}

#[tokio::test]
async fn without_its_database_the_shop_still_tells_what_it_counted() {
    let world = World::new(300).await;
    let _viewer = world.viewer().await;
    let broken = world.shop.shop.store.write(|tx| {
        Box::pin(async move {
            sqlx::query("ALTER TABLE halts RENAME TO gone").execute(tx).await?;
            Ok::<_, StoreError>(())
        })
    });
    broken.await.unwrap();
    let told = read(&format!("{}/metrics", world.base())).await;
    assert_eq!(told.find("liveshop_database_up", &[]), Some(0.0));
    assert_eq!(told.find("liveshop_orders", &[]), None);
    assert_eq!(told.find("liveshop_http_requests_total", &[("route", "/v1/viewers")]), Some(1.0));
    world.stop().await;
}
