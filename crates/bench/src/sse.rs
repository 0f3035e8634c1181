//! Many viewers who listen to one room.

use crate::figure::{Figure, Goal, Results, Unit};
use crate::measure::{now, process_pss, quantile, seconds};
use crate::programs::{Channels, Shelf, Shop, ShopFiles};
use crate::run::Run;
use crate::viewers::{clients, guests, order, pay_type};
use anyhow::{Context, Result, ensure};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

/// Changes of the goods that are listened to.
const CHANGES: usize = 5;
/// With nothing heard for so long, nothing more comes of the change before.
const SILENCE: Duration = Duration::from_secs(2);
/// Longest wait for a change at every listener.
const LIMIT: Duration = Duration::from_secs(60);
/// Listeners that connect at a time.
const AT_ONCE: usize = 64;

pub(crate) async fn measure(run: &Run) -> Result<Results> {
    let listeners = if run.quick { 500 } else { 10_000 };
    let folder = run.folder()?;
    let channels = Channels::start(run, folder.path()).await?;
    let shelf = Shelf { items: CHANGES as u32, pieces: 1_000 };
    let files = ShopFiles::sqlite(run, &folder.path().join("shop"), &channels, shelf, false).await?;
    let shop = files.serve().await?;
    let viewer = guests(&shop, 1).await?.pop().context("no viewer")?;
    let client = clients(&shop, 1).await?.pop().context("no client")?;
    client.speak_as(viewer);
    let before = process_pss(shop.server.pid)?;
    let (heard, mut hearing) = mpsc::unbounded_channel();
    listen(&shop, listeners, &heard).await?;
    let each = (process_pss(shop.server.pid)? - before) / f64::from(u32::try_from(listeners)?);
    let mut times = Vec::new();
    for (number, goods) in shop.goods.iter().enumerate() {
        // An order's later words come a moment after its first.
        while matches!(timeout(SILENCE, hearing.recv()).await, Ok(Some(_))) {}
        let began = now();
        let ordered = order(&client, goods, pay_type(number));
        let (ordered, last) = tokio::join!(ordered, all(&mut hearing, listeners));
        ordered?;
        times.push(last?.saturating_duration_since(began));
    }
    shop.server.stop().await?;
    channels.server.stop().await?;
    let times = seconds(&times);
    let memory = Figure {
        name: "listener_memory".into(),
        what: format!("{listeners} listeners of a room: memory of each"),
        value: each,
        unit: Unit::Bytes,
        floor: None,
        goal: Goal::AtMost(20.0 * 1024.0),
        how: "What the server's process grew by (PSS), all connected and silent, divided by their number.".into(),
    };
    let change = Figure {
        name: "listener_change".into(),
        what: format!("one change of the goods to {listeners} listeners"),
        value: quantile(&times, 1.0),
        unit: Unit::Seconds,
        floor: None,
        goal: Goal::AtMost(1.0),
        how: format!(
            "The longest of {CHANGES}; each is an order, which moves the stock, from before it is sent to the last listener's \
             line. The median is {}.",
            Unit::Seconds.text(quantile(&times, 0.5))
        ),
    };
    Ok(Results { figures: vec![memory, change], plots: Vec::new() })
}

/// Connects them all; each then says its number and when whenever it hears a change.
async fn listen(shop: &Shop, listeners: usize, heard: &mpsc::UnboundedSender<(usize, Instant)>) -> Result<()> {
    let address = shop.link.shop.socket_addrs(|| None)?.into_iter().next().context("the shop has no address")?;
    let room =
        Arc::new(format!("GET /v1/rooms/tea/events HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n"));
    let connecting = Arc::new(Semaphore::new(AT_ONCE));
    let connected = Arc::new(AtomicUsize::new(0));
    for number in 0..listeners {
        let permit = Arc::clone(&connecting).acquire_owned().await?;
        let (heard, room, connected) = (heard.clone(), Arc::clone(&room), Arc::clone(&connected));
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(room.as_bytes()).await?;
            let mut lines = BufReader::with_capacity(512, stream).lines();
            let status = lines.next_line().await?.unwrap_or_default();
            ensure!(status.contains(" 200 "), "a listener was refused: {status}");
            // The head ends with an empty line.
            while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
            connected.fetch_add(1, Ordering::Relaxed);
            drop(permit);
            while let Some(line) = lines.next_line().await? {
                if line.starts_with("data:") {
                    heard.send((number, now())).ok();
                }
            }
            anyhow::Ok(())
        });
    }
    let _all = connecting.acquire_many(u32::try_from(AT_ONCE)?).await?;
    let connected = connected.load(Ordering::Relaxed);
    ensure!(connected == listeners, "{connected} of {listeners} listeners are connected");
    Ok(())
}

/// Returns when each of them has heard something: that moment.
async fn all(hearing: &mut mpsc::UnboundedReceiver<(usize, Instant)>, listeners: usize) -> Result<Instant> {
    let mut silent = vec![true; listeners];
    let mut left = listeners;
    let wait = async {
        let mut last = now();
        while left > 0 {
            let (number, at) = hearing.recv().await.context("the listeners are gone")?;
            if std::mem::take(&mut silent[number]) {
                left -= 1;
                last = last.max(at);
            }
        }
        anyhow::Ok(last)
    };
    let heard = timeout(LIMIT, wait).await;
    heard.context("not every listener heard of a change")?
}
