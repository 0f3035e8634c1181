//! How fast orders are made at each load: viewers come at a steady rate, whatever the shop does, and pay.

use crate::books::Books;
use crate::figure::{Figure, Goal, Line, Plot, Results, Unit};
use crate::measure::{now, quantile};
use crate::programs::{Channels, Shelf, Shop, ShopFiles};
use crate::run::Run;
use crate::viewers::{clients, guests, order, pay_type};
use anyhow::{Context, Result};
use api::{Client, Secret};
use order::PayId;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Offered loads, as shares of what the shop carries.
const SHARES: [f64; 6] = [0.1, 0.25, 0.5, 0.75, 0.9, 1.0];
/// Viewers that wait at one time while it is found out what the shop carries.
const WAITING: usize = 16;
/// Connections kept ready; more are opened when all are busy.
const CLIENTS: usize = 64;

/// A shop and what its visitors share.
struct Place {
    shop: Shop,
    channels: Channels,
    idle: Mutex<VecDeque<Client>>,
    viewers: Vec<Secret>,
}

/// What one load gave.
struct Seen {
    offered: f64,
    carried: f64,
    /// The payments of its orders, and how long each took from its viewer to the code, in seconds.
    codes: Vec<(PayId, f64)>,
}

impl Seen {
    /// The time that this share of orders did not exceed.
    fn time_s(&self, share: f64) -> f64 {
        quantile(&self.codes.iter().map(|(_, took)| *took).collect::<Vec<_>>(), share)
    }

    /// The same without what the call to the channel took.
    fn own_s(&self, prepays: &HashMap<String, f64>, share: f64) -> Result<f64> {
        let own = |(pay_id, took): &(PayId, f64)| {
            let call =
                prepays.get(pay_id.as_str()).with_context(|| format!("the log tells of no call for {pay_id}"))?;
            anyhow::Ok(took - call)
        };
        Ok(quantile(&self.codes.iter().map(own).collect::<Result<Vec<_>>>()?, share))
    }
}

pub(crate) async fn measure(run: &Run) -> Result<Results> {
    let (trial, per_load) = if run.quick { (200, Duration::from_secs(2)) } else { (4_000, Duration::from_secs(15)) };
    let folder = run.folder()?;
    let channels = Channels::start(run, folder.path()).await?;
    let shelf = Shelf { items: 64, pieces: 1_000_000 };
    let files = ShopFiles::sqlite(run, &folder.path().join("shop"), &channels, shelf, false).await?;
    let shop = files.serve_and_tell_calls().await?;
    let mut books = Books::open(&files.database).await?;
    let viewers = guests(&shop, 2_000).await?;
    let ready = clients(&shop, CLIENTS).await?;
    let place = Arc::new(Place { shop, channels, idle: Mutex::new(ready.into()), viewers });
    let capacity = capacity(&place, trial, &mut books).await?;
    let mut number = trial;
    let mut seen = Vec::new();
    for share in SHARES {
        let offered = capacity * share;
        seen.push(offer(&place, offered, per_load, &mut number, &mut books).await?);
    }
    let place = Arc::into_inner(place).context("a viewer is still there")?;
    place.shop.server.stop().await?;
    files.check().await?;
    place.channels.server.stop().await?;
    results(capacity, &seen, &files.prepays()?)
}

/// Orders a second, created, paid and delivered, when somebody always waits.
async fn capacity(place: &Arc<Place>, orders: usize, books: &mut Books) -> Result<f64> {
    let before = books.delivered().await?;
    let next = Arc::new(AtomicUsize::new(0));
    let began = now();
    let mut lanes = JoinSet::new();
    for _ in 0..WAITING {
        let (place, next) = (Arc::clone(place), Arc::clone(&next));
        lanes.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= orders {
                    return anyhow::Ok(());
                }
                visit(&place, number, now()).await?;
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane??;
    }
    books.until_delivered(before + i64::try_from(orders)?).await?;
    Ok(f64::from(u32::try_from(orders)?) / began.elapsed().as_secs_f64())
}

/// Lets viewers come at a rate for a while. How long an order takes counts from when its viewer came, so that nobody who
/// waits is left out.
async fn offer(place: &Arc<Place>, rate: f64, during: Duration, number: &mut usize, books: &mut Books) -> Result<Seen> {
    let before = books.delivered().await?;
    let mut coming = interval(Duration::from_secs_f64(1.0 / rate));
    // Who comes late because this machine was busy comes at once.
    coming.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let began = now();
    let mut visits = JoinSet::new();
    while began.elapsed() < during {
        let due = coming.tick().await.into_std();
        let (place, this) = (Arc::clone(place), *number);
        *number += 1;
        visits.spawn(async move { visit(&place, this, due).await });
    }
    let mut codes = Vec::new();
    while let Some(visit) = visits.join_next().await {
        let (pay_id, took) = visit??;
        codes.push((pay_id, took.as_secs_f64()));
    }
    let count = i64::try_from(codes.len())?;
    books.until_delivered(before + count).await?;
    let carried = f64::from(u32::try_from(count)?) / began.elapsed().as_secs_f64();
    Ok(Seen { offered: rate, carried, codes })
}

/// One viewer orders and pays. Returns the payment and how long its code took.
async fn visit(place: &Place, number: usize, due: Instant) -> Result<(PayId, Duration)> {
    let idle = place.idle.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let client = match idle {
        Some(client) => client,
        None => Client::new(place.shop.link.clone())?,
    };
    // Each visit is another pair of viewer and item: nobody has two open orders for one item.
    let (viewer, item) = (number % place.viewers.len(), number / place.viewers.len());
    let goods = place.shop.goods.get(item % place.shop.goods.len()).context("the shop sells nothing")?;
    client.speak_as(place.viewers.get(viewer).context("nobody came")?.clone());
    let ext = order(&client, goods, pay_type(number)).await?;
    let took = due.elapsed();
    place.idle.lock().unwrap_or_else(PoisonError::into_inner).push_back(client);
    place.channels.pay(&ext.code).await?;
    Ok((ext.pay_id, took))
}

fn results(capacity: f64, seen: &[Seen], prepays: &HashMap<String, f64>) -> Result<Results> {
    let half = seen.iter().find(|seen| (seen.offered / capacity - 0.5).abs() < 0.01).context("half load is no load")?;
    let figure = Figure {
        name: "half_load".into(),
        what: "order creation at half load, the server's own share: p99".into(),
        value: half.own_s(prepays, 0.99)?,
        unit: Unit::Seconds,
        floor: None,
        goal: Goal::AtMost(0.010),
        how: format!(
            "{:.0} orders a second, each paid, of the {capacity:.0} that the machine carries with shop, sandbox and viewers on \
             it; from the moment the viewer came to the checked code, less what the shop's call to the channel took, as its log \
             tells. The median is {}; with the call it is {}, and p99 {}.",
            half.offered,
            Unit::Seconds.text(half.own_s(prepays, 0.5)?),
            Unit::Seconds.text(half.time_s(0.5)),
            Unit::Seconds.text(half.time_s(0.99))
        ),
    };
    let line = |name: &str, of: &dyn Fn(&Seen) -> Result<f64>| {
        let points = seen.iter().map(|seen| Ok((seen.offered, of(seen)?))).collect::<Result<_>>()?;
        anyhow::Ok(Line { name: name.into(), points })
    };
    let plots = vec![
        Plot {
            name: "latency".into(),
            title: "Time to the code, by load".into(),
            x: "orders a second offered".into(),
            y: "milliseconds".into(),
            lines: vec![
                line("p99", &|seen| Ok(seen.time_s(0.99) * 1e3))?,
                line("p99 without the channel", &|seen| Ok(seen.own_s(prepays, 0.99)? * 1e3))?,
                line("p50", &|seen| Ok(seen.time_s(0.5) * 1e3))?,
            ],
        },
        Plot {
            name: "throughput".into(),
            title: "Orders created, paid and delivered, by load".into(),
            x: "orders a second offered".into(),
            y: "orders a second delivered".into(),
            lines: vec![line("delivered", &|seen| Ok(seen.carried))?, line("offered", &|seen| Ok(seen.offered))?],
        },
    ];
    Ok(Results { figures: vec![figure], plots })
}
