//! Judging a case: the channels' books say what money moved, the shop's books and the viewers' own what goods did, and
//! what the viewers are told must be true.

use crate::guest::{at_rest, returned_fen};
use crate::scene::{Buyer, Scene};
use crate::stage::StageError;
use crate::view::{Case, CaseFault, Outcome};
use api::OrderView;
use order::state::OrderState;
use order::{GoodsKind, PayId};

/// What was found of a case.
pub(crate) struct Found {
    pub(crate) outcome: Outcome,
    pub(crate) faults: Vec<CaseFault>,
}

/// Looks at what came of a case.
pub(crate) async fn judge(case: Case, scene: &Scene<'_>) -> Result<Found, StageError> {
    let buyers = scene.buyers();
    let mut views = Vec::new();
    for Buyer { guest, order_id } in &buyers {
        views.push(guest.client().order(order_id).await?);
    }
    let pay_ids: Vec<PayId> =
        views.iter().flat_map(|view| view.attempts.iter().map(|attempt| attempt.pay_id.clone())).collect();
    let (money_in_fen, money_back_fen) = scene.set.channels.books().await?.of(&pay_ids);
    let goods_out = delivered(scene, &buyers, &views).await?;
    let outcome = Outcome { money_in_fen, money_back_fen, goods_out };
    let mut faults = Vec::new();
    let told_back = views.iter().map(returned_fen).fold(0, i64::saturating_add);
    if outcome != case.wanted(scene.goods.price_fen) || told_back != money_back_fen {
        faults.push(CaseFault::Outcome);
    }
    faults.extend(ends(case, &views));
    let stock = scene.set.stock_of(&scene.goods.goods_id).await?;
    // Pieces of an order that is still open are held, and come back or are sold once it ends.
    let resting = views.iter().all(at_rest);
    let there = stock.item.stock_left.saturating_add(stock.item.held).saturating_add(stock.sold);
    if there != scene.stock || (resting && (stock.item.held != 0 || stock.sold != goods_out)) {
        faults.push(CaseFault::Stock);
    }
    Ok(Found { outcome, faults })
}

/// Pieces that reached their buyers: shark fins by the buyers' accounts, merchandise by the orders that say so.
async fn delivered(scene: &Scene<'_>, buyers: &[Buyer], views: &[OrderView]) -> Result<u32, StageError> {
    match (scene.goods.kind, scene.goods.fins) {
        (GoodsKind::Fins, Some(fins)) => {
            let mut credited = 0_i64;
            for Buyer { guest, .. } in buyers {
                credited = credited.saturating_add(guest.client().viewer().await?.fins_balance);
            }
            let pieces = credited.checked_div(i64::from(fins)).unwrap_or_default();
            Ok(u32::try_from(pieces).unwrap_or_default())
        }
        (GoodsKind::Fins, None) | (GoodsKind::Merchandise, _) => {
            let delivered = views.iter().filter(|view| view.state == OrderState::Delivered);
            Ok(delivered.map(|view| view.quantity).fold(0, u32::saturating_add))
        }
    }
}

/// What a viewer was told that should not have been, the first of it.
fn ends(case: Case, views: &[OrderView]) -> Option<CaseFault> {
    let mut views = views.iter();
    let told_otherwise = |wanted: &&OrderState| views.next().is_none_or(|view| view.state != **wanted);
    let wanted = case.ends().iter().find(told_otherwise)?;
    Some(CaseFault::EndState { wanted: *wanted })
}
