//! What an order costs the storefront's process, over HTTP and with the sandbox for a channel.

use crate::books::Books;
use crate::crypto::{self, Rsa};
use crate::figure::{Figure, Floor, Goal, Results, Unit};
use crate::measure::{median, now, process_cpu_s, quantile};
use crate::programs::{Channels, Shelf, Shop, ShopFiles};
use crate::run::Run;
use crate::viewers::{clients, guests, order_all, pay_all};
use anyhow::Result;
use api::{Client, Secret};
use std::time::Duration;
use tokio::time::sleep;

/// Viewers that order at one time: they keep the shop busy, and no order is open long enough to be asked about.
const AT_ONCE: usize = 64;
/// How long a process must have done nothing to count as at rest.
const REST: Duration = Duration::from_millis(60);

/// Processor time of one order, seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) created_s: f64,
    pub(crate) delivered_s: f64,
    /// How long it took until every viewer of the round had a code.
    pub(crate) round_s: f64,
}

/// A shop, and viewers that order there again and again.
pub(crate) struct Regulars<'a> {
    files: &'a ShopFiles,
    shop: Shop,
    books: Books,
    clients: Vec<Client>,
    viewers: Vec<Secret>,
}

impl Regulars<'_> {
    pub(crate) async fn of<'a>(files: &'a ShopFiles, channels: &Channels, viewers: usize) -> Result<Regulars<'a>> {
        let shop = files.serve().await?;
        let books = Books::open(&files.database).await?;
        let (clients, viewers) = (clients(&shop, AT_ONCE).await?, guests(&shop, viewers).await?);
        let mut regulars = Regulars { files, shop, books, clients, viewers };
        // The first orders open connections and grow the memory.
        regulars.round(channels).await?;
        Ok(regulars)
    }

    /// Each viewer orders, and then each pays.
    pub(crate) async fn round(&mut self, channels: &Channels) -> Result<Cost> {
        self.files.clear_log()?;
        let pid = self.shop.server.pid;
        let delivered = self.books.delivered().await?;
        let before = at_rest(pid).await?;
        let began = now();
        let codes = order_all(&self.shop, &self.clients, &self.viewers).await?;
        let round_s = began.elapsed().as_secs_f64();
        let created = at_rest(pid).await?;
        let codes: Vec<_> = codes.into_iter().map(|(ext, _)| ext).collect();
        pay_all(channels, &codes, AT_ONCE).await?;
        self.books.until_delivered(delivered + i64::try_from(codes.len())?).await?;
        let paid = at_rest(pid).await?;
        let orders = f64::from(u32::try_from(codes.len())?);
        Ok(Cost { created_s: (created - before) / orders, delivered_s: (paid - before) / orders, round_s })
    }

    pub(crate) async fn leave(self) -> Result<()> {
        self.shop.server.stop().await
    }
}

/// Processor time of a process once it does nothing any more, seconds.
async fn at_rest(pid: u32) -> Result<f64> {
    let mut last = process_cpu_s(pid)?;
    loop {
        sleep(REST).await;
        let now = process_cpu_s(pid)?;
        if now <= last {
            return Ok(now);
        }
        last = now;
    }
}

/// Created, and created, paid and delivered, against the signatures that either needs.
pub(crate) async fn measure(run: &Run) -> Result<Results> {
    let (rounds, orders, signatures) = if run.quick { (2, 100, 200) } else { (9, 500, 1_500) };
    let folder = run.folder()?;
    let channels = Channels::start(run, folder.path()).await?;
    let shelf = Shelf { items: 16, pieces: 1_000_000 };
    let files = ShopFiles::sqlite(run, &folder.path().join("shop"), &channels, shelf, false).await?;
    let mut regulars = Regulars::of(&files, &channels, orders).await?;
    let key = Rsa::generate()?;
    let mut rows: Vec<(crypto::Floor, Cost)> = Vec::new();
    for _ in 0..rounds {
        let floor = crypto::floor(&key, signatures)?;
        rows.push((floor, regulars.round(&channels).await?));
    }
    regulars.leave().await?;
    files.check().await?;
    channels.server.stop().await?;
    let longest = quantile(&rows.iter().map(|(_, cost)| cost.round_s).collect::<Vec<_>>(), 1.0);
    let how = format!(
        "{rounds} rounds of {orders} orders over HTTP, {AT_ONCE} at a time, half of them at each channel, SQLite with full \
         sync; the floor is measured before each round. utime and stime of the storefront's process only. The \
         longest round had its codes after {longest:.1} s; what is open for 3 s is asked about, which costs too."
    );
    let figure = |name: &str, what: &str, of: fn(&Cost) -> f64, least: fn(&crypto::Floor) -> f64, floor: &str, most| {
        let values: Vec<f64> = rows.iter().map(|(_, cost)| of(cost)).collect();
        let floors: Vec<f64> = rows.iter().map(|(floor, _)| least(floor)).collect();
        let ratios: Vec<f64> = values.iter().zip(&floors).map(|(value, floor)| value / floor).collect();
        Figure {
            name: name.into(),
            what: what.into(),
            value: median(&values),
            unit: Unit::Seconds,
            floor: Some(Floor { what: floor.into(), value: median(&floors), ratio: median(&ratios) }),
            goal: Goal::RatioAtMost(most),
            how: how.clone(),
        }
    };
    let created = figure(
        "created",
        "storefront: processor time of an order created (code in hand)",
        |cost| cost.created_s,
        |floor| floor.sign_s + floor.verify_s,
        "1 sign + 1 verify by aws-lc-rs",
        1.6,
    );
    let delivered = figure(
        "delivered",
        "storefront: processor time of an order created, paid and delivered",
        |cost| cost.delivered_s,
        |floor| 2.0 * floor.sign_s + 3.0 * floor.verify_s,
        "2 sign + 3 verify by aws-lc-rs",
        1.8,
    );
    Ok(Results { figures: vec![created, delivered], plots: Vec::new() })
}
