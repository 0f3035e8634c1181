//! Durable reservations of one hot item a second: the shop's own code and database, without HTTP and channels.

use crate::books::Books;
use crate::figure::{Figure, Floor, Goal, Results, Unit};
use crate::floors::{BATCH, Bare};
use crate::measure::{median, now};
use crate::postgres::Postgres;
use crate::programs::{Channels, Shelf, ShopFiles, Worker};
use crate::run::Run;
use crate::worker;
use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use std::path::Path;

/// Rounds, and orders of each.
#[derive(Clone, Copy, Debug)]
struct Size {
    rounds: usize,
    orders: usize,
}

const FULL: Size = Size { rounds: 5, orders: 40_000 };
const QUICK: Size = Size { rounds: 2, orders: 2_000 };
/// Processes that share one database.
const FLEET: usize = 3;
const SHELF: Shelf = Shelf { items: 1, pieces: 10_000_000 };

/// A shop with viewers that the workers know by number. Its channels were there once: nobody asks them.
async fn shop(run: &Run, folder: &Path, database: String, viewers: usize) -> Result<ShopFiles> {
    let channels = Channels::start(run, folder).await?;
    let files = ShopFiles::make(run, folder, &channels, database, SHELF, false).await?;
    channels.server.stop().await?;
    Books::open(&files.database).await?.add_viewers(worker::VIEWER, viewers).await?;
    Ok(files)
}

/// Starts a worker over these settings.
pub(crate) async fn worker(files: &ShopFiles, work: &str) -> Result<Worker> {
    let config = files.config().to_str().context("the path is no text")?;
    Worker::start(&[work, "--config", config]).await
}

/// Has processes take some orders together; says how many a second.
async fn reserve(workers: &mut [Worker], first: usize, orders: usize) -> Result<f64> {
    let share = orders / workers.len();
    let began = now();
    let asked = workers
        .iter_mut()
        .enumerate()
        .map(|(number, worker)| async move { worker.ask(&format!("{} {share}", first + number * share)).await });
    try_join_all(asked).await?;
    Ok(f64::from(u32::try_from(share * workers.len())?) / began.elapsed().as_secs_f64())
}

pub(crate) async fn sqlite(run: &Run) -> Result<Results> {
    let size = if run.quick { QUICK } else { FULL };
    let folder = run.folder()?;
    let database = format!("sqlite:{}", folder.path().join("shop.db").display());
    let files = shop(run, folder.path(), database, size.rounds * size.orders).await?;
    let mut bare = Bare::make(&format!("sqlite:{}?mode=rwc", folder.path().join("bare.db").display())).await?;
    let mut workers = vec![worker(&files, "reserve").await?];
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for round in 0..size.rounds {
        floors.push(bare.grouped(size.orders.div_ceil(BATCH)).await?);
        ours.push(reserve(&mut workers, round * size.orders, size.orders).await?);
    }
    for worker in workers {
        worker.stop().await?;
    }
    reserved(&files, size.rounds * size.orders).await?;
    files.check_offline().await?;
    let figure = Figure {
        name: "reservations_sqlite".into(),
        what: "durable reservations a second of one hot item, SQLite with full sync".into(),
        value: median(&ours),
        unit: Unit::PerSecond,
        floor: Some(Floor {
            what: format!("bare rows, {BATCH} in a commit"),
            value: median(&floors),
            ratio: median(&ours) / median(&floors),
        }),
        goal: Goal::AtLeast(40_000.0),
        how: format!(
            "{} rounds of {} orders, in turn with the floor. `Shop::place` in one process, 512 buyers at a time; prepay is not \
             called, as the channel's pace is another figure. The audit finds no difference.",
            size.rounds, size.orders
        ),
    };
    Ok(Results::one(figure))
}

pub(crate) async fn postgres(run: &Run) -> Result<Results> {
    let size = if run.quick { QUICK } else { FULL };
    let server = Postgres::start(run).await?;
    let folder = run.folder()?;
    let files = shop(run, folder.path(), server.url.clone(), 2 * size.rounds * size.orders).await?;
    let mut bare = Bare::make(&server.url).await?;
    let mut alone = vec![worker(&files, "reserve").await?];
    let mut fleet = Vec::new();
    for _ in 0..FLEET {
        fleet.push(worker(&files, "reserve").await?);
    }
    let (mut one, mut three, mut grouped, mut single) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..size.rounds {
        grouped.push(bare.grouped(size.orders.div_ceil(BATCH)).await?);
        single.push(bare.one_by_one(size.orders / 4).await?);
        one.push(reserve(&mut alone, 2 * round * size.orders, size.orders).await?);
        three.push(reserve(&mut fleet, (2 * round + 1) * size.orders, size.orders).await?);
    }
    for worker in alone.into_iter().chain(fleet) {
        worker.stop().await?;
    }
    let orders = size.rounds * (size.orders + size.orders / FLEET * FLEET);
    reserved(&files, orders).await?;
    files.check_offline().await?;
    let figures = postgres_figures(&server.version, size, [&one, &three, &grouped, &single]);
    server.stop().await?;
    Ok(Results { figures, plots: Vec::new() })
}

fn postgres_figures(version: &str, size: Size, [one, three, grouped, single]: [&[f64]; 4]) -> Vec<Figure> {
    let how = format!(
        "{} rounds of {} orders each, in turn with the floors; 512 buyers at a time in each process; {version} with its default \
         durability on the same machine. Bare rows, {BATCH} in a commit: {:.0}/s.",
        size.rounds,
        size.orders,
        median(grouped)
    );
    let alone = Figure {
        name: "reservations_postgres".into(),
        what: "the same on PostgreSQL, one process".into(),
        value: median(one),
        unit: Unit::PerSecond,
        floor: Some(Floor {
            what: "one statement per order on one hot row".into(),
            value: median(single),
            ratio: median(one) / median(single),
        }),
        goal: Goal::AtLeast(15_000.0),
        how: how.clone(),
    };
    let ratios: Vec<f64> = three.iter().zip(one).map(|(three, one)| three / one).collect();
    let fleet = Figure {
        name: "reservations_fleet".into(),
        what: "the same on PostgreSQL, three processes together".into(),
        value: median(three),
        unit: Unit::PerSecond,
        floor: Some(Floor { what: "one process alone".into(), value: median(one), ratio: median(&ratios) }),
        goal: Goal::RatioAtLeast(1.0),
        how,
    };
    vec![alone, fleet]
}

/// Fails unless the item's row says the same.
async fn reserved(files: &ShopFiles, orders: usize) -> Result<()> {
    let reserved = Books::open(&files.database).await?.number("SELECT reserved FROM goods").await?;
    ensure!(usize::try_from(reserved)? == orders, "{reserved} pieces are reserved, not {orders}");
    Ok(())
}
