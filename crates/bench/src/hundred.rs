//! The hot item: a hundred pieces, and a hundred thousand buyers who all want one now.

use crate::books::Books;
use crate::figure::{Figure, Goal, Results, Unit};
use crate::measure::now;
use crate::programs::{Channels, Shelf, Shop, ShopFiles};
use crate::run::Run;
use crate::viewers::{clients, guests, order, pay_all, pay_type};
use anyhow::{Context, Result, ensure};
use api::{CallError, Client, ErrorCode, Ext, Secret};
use futures_util::future::try_join_all;
use std::sync::atomic::{AtomicUsize, Ordering};

const PIECES: u32 = 100;
/// Connections the buyers share.
const LANES: usize = 512;

#[derive(Default)]
struct Counts {
    sold: Vec<Ext>,
    sold_out: usize,
    too_many: usize,
}

/// Fails when another number of pieces is sold, when a buyer hears anything but why there is none, or when the books
/// differ afterwards.
pub(crate) async fn measure(run: &Run) -> Result<Results> {
    let buyers = if run.quick { 2_000 } else { 100_000 };
    let folder = run.folder()?;
    let channels = Channels::start(run, folder.path()).await?;
    let shelf = Shelf { items: 1, pieces: PIECES };
    let files = ShopFiles::sqlite(run, &folder.path().join("shop"), &channels, shelf, true).await?;
    let shop = files.serve().await?;
    let viewers = guests(&shop, buyers).await?;
    let clients = clients(&shop, LANES).await?;
    let began = now();
    let counts = rush(&shop, &clients, &viewers).await?;
    let took = began.elapsed();
    ensure!(counts.sold.len() + counts.sold_out + counts.too_many == buyers, "not every buyer heard something");
    pay_all(&channels, &counts.sold, 8).await?;
    let mut books = Books::open(&files.database).await?;
    books.until_delivered(i64::from(PIECES)).await?;
    let sold = books.number("SELECT sold FROM goods").await?;
    ensure!(sold == i64::from(PIECES), "{sold} pieces were sold, not {PIECES}");
    ensure!(counts.sold.len() == usize::try_from(PIECES)?, "{} codes were given", counts.sold.len());
    shop.server.stop().await?;
    files.check().await?;
    channels.server.stop().await?;
    Ok(Results::one(Figure {
        name: "hundred".into(),
        what: format!("{PIECES} pieces, {buyers} buyers: sold"),
        value: f64::from(u32::try_from(sold)?),
        unit: Unit::Pieces,
        floor: None,
        goal: Goal::Exactly(f64::from(PIECES)),
        how: format!(
            "All came at once over {LANES} connections and were answered in {:.1} s: {} sold_out, {} too_many_requests, \
             nothing else. The {PIECES} paid and had their delivery; the audit of the books, the channels' among them, finds no \
             difference.",
            took.as_secs_f64(),
            counts.sold_out,
            counts.too_many
        ),
    }))
}

async fn rush(shop: &Shop, clients: &[Client], viewers: &[Secret]) -> Result<Counts> {
    let goods = shop.goods.first().context("the shop sells nothing")?;
    let next = AtomicUsize::new(0);
    let lanes = clients.iter().map(|client| async {
        let mut counts = Counts::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(viewer) = viewers.get(number) else { return anyhow::Ok(counts) };
            client.speak_as(viewer.clone());
            match order(client, goods, pay_type(number)).await {
                Ok(ext) => counts.sold.push(ext),
                Err(CallError::Refused(refusal)) if refusal.code == ErrorCode::SoldOut => counts.sold_out += 1,
                Err(CallError::Refused(refusal)) if refusal.code == ErrorCode::TooManyRequests => counts.too_many += 1,
                Err(other) => return Err(other).context("a buyer heard something else"),
            }
        }
    });
    let mut all = Counts::default();
    for counts in try_join_all(lanes).await? {
        all.sold.extend(counts.sold);
        all.sold_out += counts.sold_out;
        all.too_many += counts.too_many;
    }
    Ok(all)
}
