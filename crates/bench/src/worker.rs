//! A shop without its network: its own code and database in a process of their own, and channels that answer at once.
//! The process says `ready`, and then answers each line it is told.

use crate::measure::now;
use anyhow::{Context, Result, bail};
use api::{Goods, Params};
use async_trait::async_trait;
use gateway::{
    BillLine, Channel, CloseAnswer, Error, Notice, NoticeAnswer, NoticeError, Prepay, RawNotice, Refund,
    RefundStanding, Standing,
};
use order::state::Event;
use order::{Merchant, PayId, PayType, Payment, RefundId, RequestId, RoomId, ViewerId};
use std::io::{BufRead, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use storefront::config::Config;
use storefront::serve;
use storefront::shop::Shop;
use storefront::store::Evidence;
use tokio::task::JoinSet;

/// Buyers that wait at one time: more than one transaction takes in.
const AT_ONCE: usize = 512;

/// How the viewers' ids begin; their number follows. Whoever starts a worker has written them.
pub(crate) const VIEWER: &str = "viewer-";

/// A channel that is not there.
struct Stub {
    pay_type: PayType,
    merchant: Merchant,
}

fn nothing() -> Error {
    Error::Unknown { why: "this channel is not there".into() }
}

#[async_trait]
impl Channel for Stub {
    fn pay_type(&self) -> PayType {
        self.pay_type
    }

    fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    async fn prepay(&self, _: &Prepay) -> Result<String, Error> {
        Err(nothing())
    }

    async fn query(&self, _: &PayId) -> Result<Standing, Error> {
        Err(nothing())
    }

    async fn close(&self, _: &PayId) -> Result<CloseAnswer, Error> {
        Err(nothing())
    }

    async fn refund(&self, _: &Refund) -> Result<RefundStanding, Error> {
        Err(nothing())
    }

    async fn refund_query(&self, _: &PayId, _: &RefundId) -> Result<RefundStanding, Error> {
        Err(nothing())
    }

    fn read_notice(&self, _: &RawNotice<'_>, _: i64) -> Result<Notice, NoticeError> {
        Err(NoticeError::NotOurs)
    }

    fn notice_answer(&self, _: bool) -> NoticeAnswer {
        NoticeAnswer { status: 400, content_type: "text/plain", body: "" }
    }

    async fn bill(&self, _: &str) -> Result<Vec<BillLine>, Error> {
        Err(nothing())
    }
}

/// What a worker does when it is told a line: two numbers, the first viewer's and how many follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Work {
    /// Each viewer has a piece reserved.
    Reserve,
    /// The same, and it is paid and delivered.
    Live,
}

/// Runs until nothing more is told.
pub(crate) async fn work(config: &Path, work: Work) -> Result<()> {
    let config = Config::read(config, |_| None)?;
    let mut shop = serve::open(&config, SocketAddr::from((Ipv4Addr::LOCALHOST, 1))).await?;
    for pay_type in PayType::ALL {
        let merchant = Merchant { partner_id: "2088000000000000".into(), app_id: "2021000000000000".into() };
        shop.channels.insert(pay_type, Arc::new(Stub { pay_type, merchant }));
    }
    let goods = shop.store.goods_of(&RoomId::new("tea")?, shop.clock.now_s()).await?;
    let goods = goods.into_iter().next().context("the shop sells nothing")?;
    let place = Arc::new((shop, goods));
    say("ready")?;
    let lines = std::io::stdin().lock().lines();
    for line in lines {
        let line = line?;
        let (first, count) = line.split_once(' ').context("two numbers are wanted")?;
        let (first, count): (usize, usize) = (first.parse()?, count.parse()?);
        let next = Arc::new(AtomicUsize::new(first));
        let began = now();
        let mut buyers = JoinSet::new();
        for _ in 0..AT_ONCE.min(count) {
            let (place, next) = (Arc::clone(&place), Arc::clone(&next));
            buyers.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count {
                        return anyhow::Ok(());
                    }
                    buy(&place.0, &place.1, number, work).await?;
                }
            });
        }
        while let Some(buyer) = buyers.join_next().await {
            buyer??;
        }
        say(&began.elapsed().as_secs_f64().to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

async fn buy(shop: &Shop, goods: &Goods, number: usize, work: Work) -> Result<()> {
    let viewer = ViewerId::new(format!("{VIEWER}{number}"))?;
    let params = Params::new(
        RequestId::new(order::id::base32(shop.random.bits()?))?,
        goods.goods_id.clone(),
        1,
        PayType::ALL[number % PayType::ALL.len()],
        goods.price_version,
    );
    let pay_type = params.pay_type;
    let placed = shop.place(&viewer, "192.0.2.1", params).await?;
    if !placed.is_new {
        bail!("an order was there before");
    }
    if work == Work::Reserve {
        return Ok(());
    }
    let (order_id, pay_id, now) = (placed.order_id, placed.pay_id, shop.clock.now_s());
    let apply = |event: Event, evidence: Evidence| shop.store.apply(&order_id, event, evidence, now);
    apply(Event::PrepaySent { pay_id: pay_id.clone(), at: now }, Evidence::text("prepay")).await?;
    let code = Some((pay_id.clone(), format!("https://qr.alipay.com/{pay_id}")));
    let ready = Evidence { code, ..Evidence::text("payment string") };
    let record = apply(Event::PrepayReady { pay_id: pay_id.clone(), at: now }, ready).await?;
    let trade = record.trades.get(&pay_id).context("the attempt has no trade")?;
    let payment = Payment {
        pay_id: pay_id.clone(),
        pay_type,
        merchant: trade.merchant.clone(),
        amount: record.order.amount,
        currency: "CNY".into(),
        channel_no: format!("20231115{pay_id}"),
        paid_at: now,
    };
    let paid = Evidence { payment: Some(payment), ..Evidence::text("query: paid") };
    apply(Event::Paid { pay_id, amount: record.order.amount, restock: false }, paid).await?;
    Ok(())
}
