//! The show in numbers.

use crate::bench::{Bench, TEAPOT, back, studio_of};
use crate::support::{until, wish};
use order::PayType;
use order::state::OrderState;
use serde_json::json;
use storefront::clock::{Clock, SystemClock};

#[tokio::test]
async fn the_figures_are_those_of_the_orders_made_since() {
    let bench = Bench::new().await;
    let began = SystemClock.now_s();
    let teapot = bench.bought(0, PayType::Alipay, 1).await;
    bench.bought(0, PayType::Wechat, 2).await;
    bench.bought(1, PayType::Wechat, 3).await;
    bench.closed(1, 4).await;
    let other = bench.world.viewer().await;
    let goods = other.goods().await.unwrap();
    let (params, asked) = wish(&goods[1], 3, PayType::Wechat, 5);
    let open = other.pay_order(&params, &asked).await.unwrap();
    bench.studio.refund_order(&teapot.order_id, &back(1, 300, "")).await.unwrap();
    bench.studio.refund_order(&teapot.order_id, &back(2, 500, "")).await.unwrap();
    bench.refunded(&teapot).await;
    let figures = bench.studio.show_figures(Some(began)).await.unwrap();
    // Time begins with the first order: whoever asks for everything does not get decades of nothing.
    let ever = bench.studio.show_figures(Some(0)).await.unwrap();
    assert_eq!((ever.since, ever.orders, &ever.goods), (figures.since, 5, &figures.goods));
    assert!((began..=figures.now_s).contains(&figures.since), "{figures:?}");
    assert_eq!((figures.buyers, figures.orders), (2, 5));
    assert_eq!((figures.paid, figures.open, figures.closed, figures.pieces), (3, 1, 1, 3));
    assert_eq!((figures.paid_fen, figures.refunds, figures.refunded_fen), (2 * TEAPOT + 600, 2, 800));
    let items: Vec<_> = figures
        .goods
        .iter()
        .map(|item| {
            (item.lot, item.title.as_str(), item.orders, item.paid, item.pieces, item.paid_fen, item.refunded_fen)
        })
        .collect();
    assert_eq!(items, [(1, "Clay teapot", 2, 2, 2, 2 * TEAPOT, 800), (2, "60 shark fins", 3, 1, 1, 600, 0)]);
    let steps = &figures.steps;
    assert!(!steps.is_empty() && steps.len() <= 60 && steps[0].at == figures.since, "{steps:?}");
    assert!(steps.windows(2).all(|pair| pair[1].at - pair[0].at == i64::from(figures.step_s)), "{steps:?}");
    assert!(steps.last().unwrap().at <= figures.now_s);
    let sums = steps
        .iter()
        .fold((0, 0, 0), |(orders, paid, fen), step| (orders + step.orders, paid + step.paid, fen + step.paid_fen));
    assert_eq!(sums, (5, 3, 2 * TEAPOT + 600));
    // Fins are three pieces once they are paid.
    bench.world.phone("pay", &open.code).await;
    until(&other, &open.order_id, &[OrderState::Delivered]).await;
    let paid = bench.studio.show_figures(Some(began)).await.unwrap();
    assert_eq!((paid.paid, paid.open, paid.pieces), (4, 0, 6));
    // Of another room, and of no time at all, there is nothing.
    let stranger = studio_of(&bench.world, "ceramics", "Mo").await;
    let nothing = stranger.show_figures(Some(0)).await.unwrap();
    assert_eq!((nothing.orders, nothing.goods.len(), nothing.paid_fen), (0, 0, 0));
    assert!(nothing.steps.len() <= 60 && nothing.steps.iter().all(|step| step.orders == 0));
    bench.end().await;
}

#[tokio::test]
async fn money_that_was_never_earned_is_no_refund_of_the_show() {
    let bench = Bench::new().await;
    bench.put_faults(json!({"alipay": {"close_ignored": {}}, "wechat": {"close_ignored": {}}})).await;
    let late = bench.closed(2, 1).await;
    bench.bought(2, PayType::Wechat, 2).await;
    bench.world.phone("pay", &late.code).await;
    until(&bench.viewer, &late.order_id, &[OrderState::Refunded]).await;
    let figures = bench.studio.show_figures(Some(0)).await.unwrap();
    assert_eq!((figures.orders, figures.paid, figures.closed, figures.open), (2, 1, 0, 0));
    assert_eq!((figures.paid_fen, figures.refunds, figures.refunded_fen), (8_800, 0, 0));
    bench.end().await;
}

#[tokio::test]
async fn without_a_time_the_figures_begin_when_the_show_went_live() {
    let bench = Bench::new().await;
    bench.bought(1, PayType::Alipay, 1).await;
    // A room that never went live is counted for its last day.
    let day = bench.studio.show_figures(None).await.unwrap();
    assert_eq!((day.now_s - day.since, day.orders), (86_400, 1));
    let live = day.now_s + 1_000;
    bench
        .world
        .shop
        .shop
        .store
        .write(move |tx| {
            Box::pin(async move {
                sqlx::query("UPDATE rooms SET live_since = $1").bind(live).execute(tx).await?;
                Ok::<_, storefront::store::StoreError>(())
            })
        })
        .await
        .unwrap();
    let figures = bench.studio.show_figures(None).await.unwrap();
    assert_eq!((figures.since, figures.orders, figures.steps.len()), (live, 0, 1));
    for query in ["since=-1", "since=soon", "since=99999999999", "since=1.5", "until=3"] {
        let (status, answer) = bench.call("GET", &format!("figures?{query}"), None).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_params")), "{query}");
    }
    bench.end().await;
}
