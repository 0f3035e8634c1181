//! The cases: what is done in each, and what must come of it.

use crate::guest::{Guest, at_rest, payments};
use crate::line::Line;
use crate::random;
use crate::scene::Scene;
use crate::stage::StageError;
use crate::view::{Case, Deed, Outcome, Who};
use api::studio::RefundDraft;
use api::{CallError, RoomLink};
use order::PayType;
use order::state::{OrderState, RefundState};
use serde_json::json;
use std::io;
use std::sync::Arc;

/// Pieces a case's item has.
const STOCK: u32 = 3;
/// How often a trouble must have struck before it ends.
const STRIKES: usize = 2;

impl Case {
    /// Every case, in the order they are lived.
    pub const ALL: [Case; 10] = [
        Case::Paid,
        Case::Expired,
        Case::NoticeLost,
        Case::PaidLate,
        Case::PaidTwice,
        Case::SoldOut,
        Case::RefundStuck,
        Case::ViewerOffline,
        Case::QueriesUnanswered,
        Case::ChannelDown,
    ];

    /// How many pieces its item has.
    pub(crate) const fn stock(self) -> u32 {
        match self {
            Case::SoldOut => 1,
            Case::Paid
            | Case::Expired
            | Case::NoticeLost
            | Case::PaidLate
            | Case::PaidTwice
            | Case::RefundStuck
            | Case::ViewerOffline
            | Case::QueriesUnanswered
            | Case::ChannelDown => STOCK,
        }
    }

    /// What must come of it, by the price of a piece.
    pub(crate) const fn wanted(self, price_fen: i64) -> Outcome {
        let (paid, back, goods_out) = match self {
            Case::Paid => (2, 0, 2),
            Case::Expired => (0, 0, 0),
            Case::PaidTwice | Case::SoldOut => (2, 1, 1),
            Case::RefundStuck => (1, 1, 1),
            Case::NoticeLost | Case::PaidLate | Case::ViewerOffline | Case::QueriesUnanswered | Case::ChannelDown => {
                (1, 0, 1)
            }
        };
        Outcome {
            money_in_fen: price_fen.saturating_mul(paid),
            money_back_fen: price_fen.saturating_mul(back),
            goods_out,
        }
    }

    /// What each of its viewers must be told in the end, in the order they ordered.
    pub(crate) const fn ends(self) -> &'static [OrderState] {
        match self {
            Case::Paid => &[OrderState::Delivered, OrderState::Delivered],
            Case::Expired => &[OrderState::Closed],
            Case::SoldOut => &[OrderState::Refunded, OrderState::Delivered],
            // What the streamer takes back was delivered and stays so; its refund says the rest.
            Case::RefundStuck
            | Case::NoticeLost
            | Case::PaidLate
            | Case::PaidTwice
            | Case::ViewerOffline
            | Case::QueriesUnanswered
            | Case::ChannelDown => &[OrderState::Delivered],
        }
    }
}

/// Lives a case to its end. There is no other end to it than the caller's limit.
pub(crate) async fn live(case: Case, scene: &Scene<'_>) -> Result<(), StageError> {
    match case {
        Case::Paid => paid(scene).await,
        Case::Expired => expired(scene).await,
        Case::NoticeLost => notice_lost(scene).await,
        Case::PaidLate => paid_late(scene).await,
        Case::PaidTwice => paid_twice(scene).await,
        Case::SoldOut => sold_out(scene).await,
        Case::RefundStuck => refund_stuck(scene).await,
        Case::ViewerOffline => viewer_offline(scene).await,
        Case::QueriesUnanswered => queries_unanswered(scene).await,
        Case::ChannelDown => channel_down(scene).await,
    }
}

async fn paid(scene: &Scene<'_>) -> Result<(), StageError> {
    for pay_type in PayType::ALL {
        let guest = scene.enter().await?;
        let ext = scene.order(&guest, pay_type).await?;
        scene.pay(&ext, Deed::Paid).await?;
        scene.follow(&guest, &ext.order_id, at_rest).await?;
    }
    Ok(())
}

async fn expired(scene: &Scene<'_>) -> Result<(), StageError> {
    let guest = scene.enter().await?;
    let ext = scene.order(&guest, PayType::Alipay).await?;
    scene.follow(&guest, &ext.order_id, at_rest).await?;
    Ok(())
}

async fn notice_lost(scene: &Scene<'_>) -> Result<(), StageError> {
    let guest = scene.enter().await?;
    let ext = scene.order(&guest, PayType::Alipay).await?;
    scene.begin(ext.pay_type, "notice_dropped", json!({})).await?;
    scene.pay(&ext, Deed::Paid).await?;
    scene.follow(&guest, &ext.order_id, at_rest).await?;
    Ok(())
}

/// The channel says that the code is dead, and it is not: WeChat Pay, whose code outlives even a short time to pay.
async fn paid_late(scene: &Scene<'_>) -> Result<(), StageError> {
    let guest = scene.enter().await?;
    let ext = scene.order(&guest, PayType::Wechat).await?;
    scene.begin(ext.pay_type, "close_ignored", json!({})).await?;
    scene.cancel(&guest, &ext.order_id).await?;
    scene.end().await?;
    scene.pay(&ext, Deed::Paid).await?;
    scene.follow(&guest, &ext.order_id, |view| at_rest(view) && payments(view) == 1).await?;
    Ok(())
}

async fn paid_twice(scene: &Scene<'_>) -> Result<(), StageError> {
    let guest = scene.enter().await?;
    let first = scene.order(&guest, PayType::Wechat).await?;
    scene.begin(first.pay_type, "close_ignored", json!({})).await?;
    scene.did_with(Who::Viewer, Deed::Switched, PayType::Alipay, first.amount_fen.get());
    let second = scene.code(&guest, PayType::Alipay, Some(&first.order_id)).await?;
    scene.did_with(Who::Shop, Deed::CodeShown, second.pay_type, second.amount_fen.get());
    // The first code was closed before the second was asked for.
    scene.end().await?;
    scene.pay(&second, Deed::Paid).await?;
    scene.pay(&first, Deed::PaidAgain).await?;
    scene.follow(&guest, &first.order_id, |view| at_rest(view) && payments(view) == 2).await?;
    Ok(())
}

async fn sold_out(scene: &Scene<'_>) -> Result<(), StageError> {
    let guest = scene.enter().await?;
    let late = scene.order(&guest, PayType::Wechat).await?;
    scene.begin(late.pay_type, "close_ignored", json!({})).await?;
    scene.cancel(&guest, &late.order_id).await?;
    scene.end().await?;
    let other = scene.enter().await?;
    let last = scene.code(&other, PayType::Alipay, None).await?;
    scene.pay_quietly(&last).await?;
    other.until(&last.order_id, at_rest).await?;
    scene.did_with(Who::Viewer, Deed::LastPieceBought, last.pay_type, last.amount_fen.get());
    scene.pay(&late, Deed::Paid).await?;
    scene.follow(&guest, &late.order_id, |view| at_rest(view) && payments(view) == 1).await?;
    Ok(())
}

async fn refund_stuck(scene: &Scene<'_>) -> Result<(), StageError> {
    let guest = scene.enter().await?;
    let ext = scene.order(&guest, PayType::Alipay).await?;
    scene.pay(&ext, Deed::Paid).await?;
    scene.follow(&guest, &ext.order_id, at_rest).await?;
    scene.begin(ext.pay_type, "balance_not_enough", json!({})).await?;
    let draft = RefundDraft {
        request_id: order::id::base32(random::bits()?),
        amount_fen: ext.amount_fen.get(),
        reason: "彩排 / rehearsal".into(),
    };
    scene.set.streamer.refund_order(&ext.order_id, &draft).await?;
    scene.did_with(Who::Shop, Deed::TakenBack, ext.pay_type, draft.amount_fen);
    let stuck = |state: RefundState| state == RefundState::Abnormal;
    let is_stuck = |view: &api::OrderView| view.refunds.iter().any(|refund| stuck(refund.state));
    guest.until(&ext.order_id, is_stuck).await.map_err(StageError::Shop)?;
    scene.end().await?;
    scene.follow(&guest, &ext.order_id, |view| at_rest(view) && !view.refunds.is_empty()).await?;
    Ok(())
}

async fn viewer_offline(scene: &Scene<'_>) -> Result<(), StageError> {
    let shop = &scene.set.stage.shop;
    let to = shop
        .shop
        .socket_addrs(|| None)?
        .into_iter()
        .next()
        .ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
    let line = Line::open(([127, 0, 0, 1], 0).into(), to).await?;
    let (offline, token) = Guest::arrive(&through(&line, shop)).await?;
    let offline = Arc::new(offline);
    let ext = scene.order(&offline, PayType::Wechat).await?;
    let online = Arc::new(Guest::elsewhere(shop, token)?);
    scene.judge_at(&online);
    line.cut();
    scene.did(Who::Trouble, Deed::TroubleBegan);
    scene.pay(&ext, Deed::Paid).await?;
    // The shop knows it, and the window does not.
    online.until(&ext.order_id, at_rest).await?;
    match offline.client().order(&ext.order_id).await {
        Err(CallError::NoAnswer(_)) => {}
        Ok(_) | Err(CallError::Unusable(_) | CallError::Refused(_)) => {
            return Err(StageError::NoTrouble("the viewer's line was cut and still reached the shop"));
        }
    }
    line.mend();
    scene.did(Who::Trouble, Deed::TroubleEnded);
    scene.follow(&offline, &ext.order_id, at_rest).await?;
    Ok(())
}

/// The room by way of a line.
fn through(line: &Line, shop: &RoomLink) -> RoomLink {
    let mut link = shop.clone();
    // Fails only for addresses that cannot have a host; a room link's are http or https.
    let _set = link.shop.set_ip_host(line.address().ip());
    let _set = link.shop.set_port(Some(line.address().port()));
    link
}

async fn queries_unanswered(scene: &Scene<'_>) -> Result<(), StageError> {
    let guest = scene.enter().await?;
    let ext = scene.order(&guest, PayType::Wechat).await?;
    let before = scene.set.channels.newest().await?;
    scene.begin(ext.pay_type, "http_error_before", json!({"calls": ["query"]})).await?;
    scene.pay(&ext, Deed::Paid).await?;
    scene.set.channels.struck(before, "http_error_before", STRIKES).await?;
    let meanwhile = guest.client().order(&ext.order_id).await?;
    scene.told(&meanwhile);
    scene.end().await?;
    scene.follow(&guest, &ext.order_id, at_rest).await?;
    Ok(())
}

async fn channel_down(scene: &Scene<'_>) -> Result<(), StageError> {
    let guest = scene.enter().await?;
    let before = scene.set.channels.newest().await?;
    scene.begin(PayType::Alipay, "channel_down", json!({})).await?;
    let up_again = async {
        scene.set.channels.struck(before, "channel_down", STRIKES).await?;
        scene.end().await
    };
    let (ext, ended) = tokio::join!(scene.order(&guest, PayType::Alipay), up_again);
    let (ext, ()) = (ext?, ended?);
    scene.pay(&ext, Deed::Paid).await?;
    scene.follow(&guest, &ext.order_id, at_rest).await?;
    Ok(())
}
