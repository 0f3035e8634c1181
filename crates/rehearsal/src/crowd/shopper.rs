//! What one viewer of a crowd does.

use super::{Act, Kept, Square};
use crate::channels::{ChannelsError, Phone};
use crate::guest::{Guest, GuestError, Price, Reaction};
use crate::random;
use api::answer::Ext;
use api::{CallError, Goods, Secret};
use order::PayType;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;

/// Longest that a viewer tries to order, or to pay, before it gives up.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long until a phone tries again that was told to.
const PHONE_AGAIN: Duration = Duration::from_secs(2);
/// Of so many viewers, one wants something that is sold out.
const WANTS_SOLD_OUT: usize = 10;

/// Why a viewer made no order.
enum NoOrder {
    /// Nothing is left, or they have enough.
    TurnedAway,
    /// Something else.
    Failed(String),
    /// The crowd was stopped.
    Stopped,
}

impl From<GuestError> for NoOrder {
    fn from(error: GuestError) -> NoOrder {
        NoOrder::Failed(error.to_string())
    }
}

impl From<ChannelsError> for NoOrder {
    fn from(error: ChannelsError) -> NoOrder {
        NoOrder::Failed(error.to_string())
    }
}

impl From<random::NoRandomness> for NoOrder {
    fn from(error: random::NoRandomness) -> NoOrder {
        NoOrder::Failed(error.to_string())
    }
}

/// A viewer who keeps trying, for a while.
struct Trying<'a> {
    square: &'a Square<'a>,
    stop: watch::Receiver<bool>,
    since: Instant,
    slowed: bool,
}

impl Trying<'_> {
    /// Waits until something may be tried again. A call under way is never given up, for it may have made an order.
    async fn pause(&mut self, pause: Duration) -> Result<(), NoOrder> {
        if api::clock::monotonic().saturating_duration_since(self.since) > PATIENCE {
            return Err(NoOrder::Failed("it took too long".into()));
        }
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => Err(NoOrder::Stopped),
            () = sleep(pause) => Ok(()),
        }
    }

    /// Waits until the shop may be asked again, where that is of use. Returns the price to ask with, if it is another.
    async fn react(&mut self, error: &CallError) -> Result<Option<Price>, NoOrder> {
        match Reaction::to(error) {
            Reaction::Again(pause) => self.pause(pause).await.map(|()| None),
            Reaction::TooOften(pause) => {
                if !std::mem::replace(&mut self.slowed, true) {
                    self.square.count(|crowd| crowd.slowed_down = crowd.slowed_down.saturating_add(1));
                }
                self.pause(pause).await.map(|()| None)
            }
            Reaction::NewPrice(price) => self.pause(Duration::ZERO).await.map(|()| Some(price)),
            Reaction::Leave => Err(NoOrder::TurnedAway),
            Reaction::Fail => Err(NoOrder::Failed(error.to_string())),
        }
    }

    /// Comes into the room.
    async fn arrive(&mut self) -> Result<(Guest, Secret), NoOrder> {
        loop {
            match Guest::arrive(&self.square.ground.shop).await {
                Err(GuestError::Shop(error)) => drop(self.react(&error).await?),
                arrived => return Ok(arrived?),
            }
        }
    }

    /// Orders something.
    async fn order(&mut self, guest: &Guest) -> Result<Ext, NoOrder> {
        let goods = guest.client().goods().await.map_err(GuestError::from)?;
        let goods = choose(&goods)?.ok_or(NoOrder::TurnedAway)?;
        let pay_type = PayType::ALL[random::one_of(PayType::ALL.len())?];
        let price = Price::of(goods, guest.client().shop_now().unwrap_or_default());
        let mut wish = guest.wish(goods, price, pay_type, None).await?;
        loop {
            match guest.order(&wish).await {
                Ok(ext) => return Ok(ext),
                Err(error) => {
                    if let Some(price) = self.react(&error).await? {
                        wish = guest.wish(goods, price, pay_type, None).await?;
                    }
                }
            }
        }
    }

    /// Pays a code, as soon as the wallet works. `false` when the channel did not take the money.
    async fn pay(&mut self, ext: &Ext) -> Result<bool, NoOrder> {
        loop {
            match self.square.channels.pay(&ext.code, ext.pay_id.as_str()).await? {
                Phone::Paid => return Ok(true),
                Phone::Refused(code) if code == "channel_down" => self.pause(PHONE_AGAIN).await?,
                Phone::Refused(_) => return Ok(false),
            }
        }
    }
}

/// Lets one viewer after the other come, until nobody is left or the crowd is stopped.
pub(super) async fn take_turns(square: &Square<'_>, mut stop: watch::Receiver<bool>) {
    while let Some((at, act)) = square.next() {
        let wait = at.saturating_sub(api::clock::monotonic().saturating_duration_since(square.began));
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = sleep(wait) => {}
        }
        square.count(|crowd| crowd.came = crowd.came.saturating_add(1));
        let since = api::clock::monotonic();
        match shop(Trying { square, stop: stop.clone(), since, slowed: false }, act).await {
            Ok(()) => {}
            Err(NoOrder::TurnedAway) => square.count(|crowd| crowd.turned_away = crowd.turned_away.saturating_add(1)),
            Err(NoOrder::Stopped) => return,
            Err(NoOrder::Failed(why)) => {
                tracing::warn!(%why, "a viewer of the crowd failed");
                square.count(|crowd| crowd.failed = crowd.failed.saturating_add(1));
            }
        }
    }
}

async fn shop(mut trying: Trying<'_>, act: Act) -> Result<(), NoOrder> {
    let square = trying.square;
    let (guest, token) = trying.arrive().await?;
    let ext = trying.order(&guest).await?;
    let view = tokio::time::timeout(PATIENCE, guest.until(&ext.order_id, |_| true)).await;
    let view = view.map_err(|_| NoOrder::Failed("the order cannot be looked at".into()))?.map_err(GuestError::from)?;
    // Kept before anything else is done: whatever happens now, the order is seen to its end.
    square.kept().push(Kept { token, view, look_at: api::clock::monotonic() });
    square.count(|crowd| crowd.ordered = crowd.ordered.saturating_add(1));
    match act {
        Act::Leave => return Ok(()),
        Act::Pay => {}
        Act::Late => drop(guest.client().cancel(&ext.order_id).await.map_err(GuestError::from)?),
    }
    if trying.pay(&ext).await? {
        square.count(|crowd| {
            crowd.paid = crowd.paid.saturating_add(1);
            crowd.paid_fen = crowd.paid_fen.saturating_add(ext.amount_fen.get());
        });
    }
    Ok(())
}

/// Something that is on sale; now and then something that is sold out, as viewers do.
fn choose(goods: &[Goods]) -> Result<Option<&Goods>, random::NoRandomness> {
    let (left, gone): (Vec<&Goods>, Vec<&Goods>) =
        goods.iter().filter(|goods| goods.on_sale).partition(|goods| goods.stock_left > 0);
    let wants_gone = left.is_empty() || random::one_of(WANTS_SOLD_OUT)? == 0;
    let among = if wants_gone && !gone.is_empty() { gone } else { left };
    Ok(among.get(random::one_of(among.len())?).copied())
}
