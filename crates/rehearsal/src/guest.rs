//! A simulated viewer: a guest of the room that orders, changes the way to pay, cancels, and is told, all through the
//! client that a viewer's window uses.

use crate::random::{self, NoRandomness};
use api::answer::Ext;
use api::{
    AddressDraft, Asked, CallError, Client, ErrorCode, Goods, OrderView, Params, PostalAddress, RoomLink, Secret,
};
use futures_util::StreamExt;
use order::state::{AttemptState, RefundState};
use order::{AddressId, Fen, GoodsKind, IdError, OrderId, PayType, RequestId};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long until a shop is asked again that did not answer, or ended its stream.
const AGAIN: Duration = Duration::from_millis(400);

/// Why a simulated viewer could not do what a viewer does.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The shop's answer, or that there was none.
    #[error(transparent)]
    Shop(#[from] CallError),
    /// No request id could be made.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// An id of ours is none.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The item costs more than an order may.
    #[error("the item's price is no amount of an order")]
    Price,
}

/// A simulated viewer.
#[derive(Debug)]
pub(crate) struct Guest {
    client: Client,
    address: OnceCell<AddressId>,
}

/// A price of an item, with its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) fen: i64,
    pub(crate) version: i64,
}

impl Price {
    /// What an item costs at that time of the shop's clock.
    pub(crate) fn of(goods: &Goods, now: i64) -> Price {
        let running = |deal: &&api::Deal| deal.starts_at <= now && now < deal.ends_at && deal.pieces_left > 0;
        match goods.deal.as_ref().filter(running) {
            Some(deal) => Price { fen: deal.price_fen, version: deal.price_version },
            None => Price { fen: goods.price_fen, version: goods.price_version },
        }
    }
}

/// One piece of an item, one way to pay.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    params: Params,
    asked: Asked,
}

impl Guest {
    /// A new guest of the room.
    pub(crate) async fn arrive(link: &RoomLink) -> Result<(Guest, Secret), GuestError> {
        let client = Client::new(link.clone())?;
        client.prove().await?;
        let token = client.new_viewer().await?.token;
        Ok((Guest { client, address: OnceCell::new() }, token))
    }

    /// The same guest at another window.
    pub(crate) fn elsewhere(link: &RoomLink, token: Secret) -> Result<Guest, GuestError> {
        let client = Client::new(link.clone())?;
        client.speak_as(token);
        Ok(Guest { client, address: OnceCell::new() })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Wishes for a piece of an item, or for another way to pay an order of it. Merchandise is sent somewhere.
    pub(crate) async fn wish(
        &self,
        goods: &Goods,
        price: Price,
        pay_type: PayType,
        order_id: Option<&OrderId>,
    ) -> Result<Wish, GuestError> {
        let address_id = match goods.kind {
            GoodsKind::Merchandise => Some(self.address.get_or_try_init(|| self.give_address()).await?.clone()),
            GoodsKind::Fins => None,
        };
        let params = Params {
            request_id: RequestId::new(order::id::base32(random::bits()?))?,
            goods_id: goods.goods_id.clone(),
            quantity: 1,
            pay_type,
            price_version: price.version,
            order_id: order_id.cloned(),
            address_id,
            note: None,
        };
        let asked = Asked {
            goods_id: goods.goods_id.clone(),
            quantity: 1,
            pay_type,
            amount: Fen::new(price.fen).map_err(|_| GuestError::Price)?,
            order_id: order_id.cloned(),
        };
        Ok(Wish { params, asked })
    }

    /// Sends a wish once.
    pub(crate) async fn order(&self, wish: &Wish) -> Result<Ext, CallError> {
        self.client.pay_order(&wish.params, &wish.asked).await
    }

    /// Sends a wish until there is a code or the shop says no. There is no end to it but the caller's.
    pub(crate) async fn order_patiently(&self, wish: &Wish) -> Result<Ext, CallError> {
        loop {
            let error = match self.order(wish).await {
                Ok(ext) => return Ok(ext),
                Err(error) => error,
            };
            match Reaction::to(&error) {
                Reaction::Again(pause) | Reaction::TooOften(pause) => tokio::time::sleep(pause).await,
                Reaction::NewPrice(_) | Reaction::Leave | Reaction::Fail => return Err(error),
            }
        }
    }

    /// An address nobody lives at.
    async fn give_address(&self) -> Result<AddressId, GuestError> {
        let text = || "彩排 / rehearsal".to_owned();
        let address = PostalAddress { name: text(), phone: "00000".into(), region: text(), detail: text() };
        let book = self.client.save_address(None, &AddressDraft { address, is_default: true }).await?;
        let first = book.into_iter().next().map(|address| address.address_id);
        Ok(first.ok_or(api::AnswerFault::Malformed).map_err(CallError::from)?)
    }

    /// Follows an order until what is said of it is as wanted. There is no end to it but the caller's.
    pub(crate) async fn until(
        &self,
        order_id: &OrderId,
        wanted: impl Fn(&OrderView) -> bool,
    ) -> Result<OrderView, CallError> {
        loop {
            match self.client.order_events(order_id).await {
                Ok(views) => {
                    let mut views = Box::pin(views);
                    while let Some(Ok(view)) = views.next().await {
                        if wanted(&view) {
                            return Ok(view);
                        }
                    }
                }
                Err(CallError::NoAnswer(_)) => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// What a viewer does about a shop that did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// Asks the same again after a while.
    Again(Duration),
    /// The same, for it was asked too often.
    TooOften(Duration),
    /// Takes the price as it is now.
    NewPrice(Price),
    /// Goes without: nothing is left, or they have enough.
    Leave,
    /// Has no remedy.
    Fail,
}

impl Reaction {
    /// What a viewer does about this.
    pub(crate) fn to(error: &CallError) -> Reaction {
        let refusal = match error {
            CallError::NoAnswer(_) => return Reaction::Again(AGAIN),
            CallError::Unusable(_) => return Reaction::Fail,
            CallError::Refused(refusal) => refusal,
        };
        let after = refusal.data.retry_after_s.map(|seconds| Duration::from_secs(u64::from(seconds).max(1)));
        match refusal.code {
            ErrorCode::ChannelUnavailable => after.map_or(Reaction::Fail, Reaction::Again),
            ErrorCode::TooManyRequests => Reaction::TooOften(after.unwrap_or(AGAIN)),
            ErrorCode::PriceChanged => match (refusal.data.price_fen, refusal.data.price_version) {
                (Some(fen), Some(version)) => Reaction::NewPrice(Price { fen, version }),
                (Some(_) | None, Some(_) | None) => Reaction::Fail,
            },
            ErrorCode::SoldOut | ErrorCode::LimitReached | ErrorCode::NotOnSale => Reaction::Leave,
            ErrorCode::RequestConflict
            | ErrorCode::Unauthorised
            | ErrorCode::NotFound
            | ErrorCode::ShopPaused
            | ErrorCode::AddressUnknown
            | ErrorCode::Stale
            | ErrorCode::RefundExceeds
            | ErrorCode::PictureUnusable
            | ErrorCode::InvalidParams
            | ErrorCode::Internal => Reaction::Fail,
        }
    }
}

/// Whether an order will not change by itself any more: it ended, no trade of it can be paid, and no money is on its way.
pub(crate) fn at_rest(view: &OrderView) -> bool {
    view.state.is_terminal()
        && !view.attempts.iter().any(|attempt| attempt.state.is_open())
        && view.refunds.iter().all(|refund| refund.state.is_final())
}

/// For how many trades of an order the shop knows of money.
pub(crate) fn payments(view: &OrderView) -> usize {
    let paid = |state: AttemptState| match state {
        AttemptState::Paid | AttemptState::Mismatch => true,
        AttemptState::New
        | AttemptState::Sent
        | AttemptState::QrReady
        | AttemptState::Scanned
        | AttemptState::CloseSent
        | AttemptState::Closed
        | AttemptState::Rejected => false,
    };
    view.attempts.iter().filter(|attempt| paid(attempt.state)).count()
}

/// What of an order's money is back, fen.
pub(crate) fn returned_fen(view: &OrderView) -> i64 {
    let done = view.refunds.iter().filter(|refund| refund.state == RefundState::Done);
    done.map(|refund| refund.amount_fen).fold(0, i64::saturating_add)
}
