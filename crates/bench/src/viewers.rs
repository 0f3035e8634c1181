//! Viewers: many of them over a few connections that stay open, each with a token of their own.

use crate::measure::now;
use crate::programs::{Channels, Shop};
use anyhow::{Context, Result};
use api::{Asked, CallError, Client, Ext, Goods, Params, Secret};
use futures_util::future::try_join_all;
use order::{Fen, PayType, RequestId};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use storefront::random::{Random, SystemRandom};

/// Makes that many guests.
pub(crate) async fn guests(shop: &Shop, count: usize) -> Result<Vec<Secret>> {
    const LANES: usize = 32;
    let next = AtomicUsize::new(0);
    let lane = || async {
        let client = Client::new(shop.link.clone())?;
        let mut made = Vec::new();
        while next.fetch_add(1, Ordering::Relaxed) < count {
            made.push(client.new_viewer().await?.token);
        }
        anyhow::Ok(made)
    };
    Ok(try_join_all((0..LANES.min(count)).map(|_| lane())).await?.concat())
}

/// Orders one piece and checks the answer as the app does.
pub(crate) async fn order(client: &Client, goods: &Goods, pay_type: PayType) -> Result<Ext, CallError> {
    let no = |why: &str| CallError::NoAnswer(why.to_owned());
    let bits = SystemRandom.bits().map_err(|_| no("the system gives no randomness"))?;
    let params = Params::new(
        RequestId::new(order::id::base32(bits)).map_err(|_| no("no request id"))?,
        goods.goods_id.clone(),
        1,
        pay_type,
        goods.price_version,
    );
    let asked = Asked {
        goods_id: goods.goods_id.clone(),
        quantity: 1,
        pay_type,
        amount: Fen::new(goods.price_fen).map_err(|_| no("no price"))?,
        order_id: None,
    };
    client.pay_order(&params, &asked).await
}

/// Alipay and WeChat Pay in turn.
pub(crate) fn pay_type(number: usize) -> PayType {
    PayType::ALL[number % PayType::ALL.len()]
}

/// Clients of a shop whose time is proven, so that none asks for it while something is measured.
pub(crate) async fn clients(shop: &Shop, count: usize) -> Result<Vec<Client>> {
    // All are made before any speaks: making one takes long enough for a connection of another to seem lost.
    let made: Result<Vec<Client>, CallError> = (0..count).map(|_| Client::new(shop.link.clone())).collect();
    let made = made?;
    try_join_all(made.iter().map(Client::prove)).await?;
    Ok(made)
}

/// Each of these viewers orders an item of its own number, as many at a time as there are clients. Returns codes, and how
/// long each order took.
pub(crate) async fn order_all(shop: &Shop, clients: &[Client], viewers: &[Secret]) -> Result<Vec<(Ext, Duration)>> {
    let next = AtomicUsize::new(0);
    let lanes = clients.iter().map(|client| async {
        let mut made = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(viewer) = viewers.get(number) else { return anyhow::Ok(made) };
            client.speak_as(viewer.clone());
            let goods = shop.goods.get(number % shop.goods.len().max(1)).context("the shop sells nothing")?;
            let began = now();
            let ext = order(client, goods, pay_type(number)).await?;
            made.push((ext, began.elapsed()));
        }
    });
    Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
}

/// The phone pays all these codes.
pub(crate) async fn pay_all(channels: &Channels, codes: &[Ext], at_once: usize) -> Result<()> {
    let next = AtomicUsize::new(0);
    let lane = || async {
        while let Some(ext) = codes.get(next.fetch_add(1, Ordering::Relaxed)) {
            channels.pay(&ext.code).await?;
        }
        anyhow::Ok(())
    };
    try_join_all((0..at_once).map(|_| lane())).await.map(drop)
}
