//! From the phone's payment to the word on the viewer's side.

use crate::figure::{Figure, Goal, Results, Unit};
use crate::measure::{now, quantile, seconds};
use crate::programs::{Channels, Shelf, ShopFiles};
use crate::run::Run;
use crate::viewers::{clients, guests, order, pay_type};
use anyhow::{Context, Result, bail};
use api::{Client, Goods, Secret};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use order::state::OrderState;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Viewers at one time.
const LANES: usize = 4;

/// Purchases one after the other, each followed as the app follows it: by the order's open stream.
pub(crate) async fn measure(run: &Run) -> Result<Results> {
    let purchases = if run.quick { 40 } else { 2_000 };
    let folder = run.folder()?;
    let channels = Channels::start(run, folder.path()).await?;
    let shelf = Shelf { items: 16, pieces: 1_000_000 };
    let files = ShopFiles::sqlite(run, &folder.path().join("shop"), &channels, shelf, false).await?;
    let shop = files.serve().await?;
    let viewers = guests(&shop, purchases).await?;
    let clients = clients(&shop, LANES).await?;
    let next = AtomicUsize::new(0);
    let lanes = clients.iter().map(|client| async {
        let mut times = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(viewer) = viewers.get(number) else { return anyhow::Ok(times) };
            let goods = shop.goods.get(number % shop.goods.len().max(1)).context("the shop sells nothing")?;
            times.push(purchase(&channels, client, viewer, goods, number).await?);
        }
    });
    let times: Vec<Duration> = try_join_all(lanes).await?.into_iter().flatten().collect();
    shop.server.stop().await?;
    channels.server.stop().await?;
    let times = seconds(&times);
    Ok(Results::one(Figure {
        name: "prompt".into(),
        what: "paid at the sandbox to the prompt on the app's side, no faults: p99".into(),
        value: quantile(&times, 0.99),
        unit: Unit::Seconds,
        floor: None,
        goal: Goal::AtMost(0.2),
        how: format!(
            "{purchases} purchases, {LANES} at a time, from before the phone's call to the checked view that says delivered; \
             the median is {}.",
            Unit::Seconds.text(quantile(&times, 0.5))
        ),
    }))
}

async fn purchase(
    channels: &Channels,
    client: &Client,
    viewer: &Secret,
    goods: &Goods,
    number: usize,
) -> Result<Duration> {
    client.speak_as(viewer.clone());
    let ext = order(client, goods, pay_type(number)).await?;
    let mut views = Box::pin(client.order_events(&ext.order_id).await?);
    // The first view is the order as it stands.
    views.next().await.context("the stream ended")??;
    let began = now();
    let follow = async {
        while let Some(view) = views.next().await {
            if view?.state == OrderState::Delivered {
                return Ok(began.elapsed());
            }
        }
        bail!("the stream ended before the delivery")
    };
    let (paid, told) = tokio::join!(channels.pay(&ext.code), follow);
    paid?;
    told
}
