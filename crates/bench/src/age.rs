//! What a million older orders change: the cost of the next one, and how soon a shop sells again after it was killed.

use crate::books::Books;
use crate::figure::{Figure, Floor, Goal, Line, Plot, Results, Unit};
use crate::measure::{median, now};
use crate::orders::{Cost, Regulars};
use crate::programs::{Channels, Shelf, ShopFiles};
use crate::reservations;
use crate::run::Run;
use crate::viewers::{clients, guests, order, pay_type};
use crate::worker;
use anyhow::{Context, Result};
use std::fs;

/// Viewers who bought it all, each of them again and again.
const VIEWERS: usize = 10_000;

/// How old a shop grows, and how often each age is looked at.
struct Size {
    ages: &'static [usize],
    rounds: usize,
    orders: usize,
}

const FULL: Size = Size { ages: &[10_000, 100_000, 250_000, 500_000, 1_000_000], rounds: 5, orders: 1_000 };
const QUICK: Size = Size { ages: &[1_000, 3_000], rounds: 2, orders: 100 };

pub(crate) async fn measure(run: &Run) -> Result<Results> {
    let size = if run.quick { QUICK } else { FULL };
    let folder = run.folder()?;
    let channels = Channels::start(run, folder.path()).await?;
    let shelf = Shelf { items: 1, pieces: 10_000_000 };
    let young = ShopFiles::sqlite(run, &folder.path().join("young"), &channels, shelf, false).await?;
    let old = ShopFiles::sqlite(run, &folder.path().join("old"), &channels, shelf, false).await?;
    Books::open(&old.database).await?.add_viewers(worker::VIEWER, VIEWERS).await?;
    let mut lived = 0;
    let (mut of_young, mut of_old, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for age in size.ages {
        live(&old, &mut lived, *age).await?;
        rows = compare(&channels, &young, &old, &size).await?;
        let delivered = |of: fn(&(Cost, Cost)) -> f64| median(&rows.iter().map(of).collect::<Vec<_>>()) * 1e6;
        let age = f64::from(u32::try_from(*age)?);
        of_young.push((age, delivered(|(young, _)| young.delivered_s)));
        of_old.push((age, delivered(|(_, old)| old.delivered_s)));
    }
    let lines = vec![
        Line { name: "with that many older orders".into(), points: of_old },
        Line { name: "in a young database, in turn with it".into(), points: of_young },
    ];
    let mut results = costs(&rows, lived, &size, lines);
    results.figures.push(restart(run, &channels, &old, lived).await?);
    old.check_offline().await?;
    channels.server.stop().await?;
    Ok(results)
}

/// Grows a shop to that many orders, by its own code: each is placed, given a code, paid and delivered.
async fn live(files: &ShopFiles, lived: &mut usize, until: usize) -> Result<()> {
    let mut worker = reservations::worker(files, "live").await?;
    while *lived < until {
        // A viewer has one open order for an item at a time.
        let some = (until - *lived).min(VIEWERS);
        worker.ask(&format!("0 {some}")).await?;
        *lived += some;
    }
    worker.stop().await
}

/// The same orders at both shops, in turn.
async fn compare(channels: &Channels, young: &ShopFiles, old: &ShopFiles, size: &Size) -> Result<Vec<(Cost, Cost)>> {
    let mut young = Regulars::of(young, channels, size.orders).await?;
    let mut old = Regulars::of(old, channels, size.orders).await?;
    let mut rows = Vec::new();
    for _ in 0..size.rounds {
        rows.push((young.round(channels).await?, old.round(channels).await?));
    }
    young.leave().await?;
    old.leave().await?;
    Ok(rows)
}

fn costs(rows: &[(Cost, Cost)], lived: usize, size: &Size, lines: Vec<Line>) -> Results {
    let of = |value: fn(&(Cost, Cost)) -> f64| median(&rows.iter().map(value).collect::<Vec<_>>());
    let ratio = of(|(young, old)| old.delivered_s / young.delivered_s);
    let figure = Figure {
        name: "age".into(),
        what: format!("processor time of an order, paid and delivered, with {lived} older ones"),
        value: of(|(_, old)| old.delivered_s),
        unit: Unit::Seconds,
        floor: Some(Floor {
            what: "the same in a young database".into(),
            value: of(|(young, _)| young.delivered_s),
            ratio,
        }),
        goal: Goal::RatioAtMost(1.2),
        how: format!(
            "{} rounds of {} orders at two shops in turn, over HTTP. The older orders were lived by the shop's own code.",
            size.rounds, size.orders
        ),
    };
    let plot = Plot {
        name: "age".into(),
        title: "Processor time of an order, paid and delivered, by older orders".into(),
        x: "older orders".into(),
        y: "microseconds".into(),
        lines,
    };
    Results { figures: vec![figure], plots: vec![plot] }
}

/// Kills the shop and starts it again, until a viewer has a code.
async fn restart(run: &Run, channels: &Channels, files: &ShopFiles, orders: usize) -> Result<Figure> {
    let rounds = if run.quick { 2 } else { 5 };
    let mut shop = files.serve().await?;
    let viewers = guests(&shop, rounds).await?;
    let mut times = Vec::new();
    for (number, viewer) in viewers.into_iter().enumerate() {
        shop.server.kill().await?;
        let began = now();
        shop = files.serve().await?;
        let client = clients(&shop, 1).await?.pop().context("no client")?;
        client.speak_as(viewer);
        let ext = order(&client, shop.goods.first().context("the shop sells nothing")?, pay_type(number)).await?;
        times.push(began.elapsed().as_secs_f64());
        channels.pay(&ext.code).await?;
    }
    shop.server.stop().await?;
    let bytes = fs::metadata(files.database.trim_start_matches("sqlite:"))?.len();
    Ok(Figure {
        name: "restart".into(),
        what: format!("restart to selling with {orders} orders"),
        value: median(&times),
        unit: Unit::Seconds,
        floor: None,
        goal: Goal::AtMost(1.0),
        how: format!(
            "Killed {rounds} times; from the start of the program to the first viewer's code. The database has {} MiB, in the \
             system's cache.",
            bytes / 1024 / 1024
        ),
    })
}
