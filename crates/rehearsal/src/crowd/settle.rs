//! The crowd's orders: followed until they have come to rest, and held against the channels' books.

use super::{CrowdError, Kept, Square};
use crate::guest::{GuestError, at_rest, payments, returned_fen};
use api::{CallError, Client, OrderView};
use order::state::OrderState;
use order::{GoodsKind, PayId};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::sleep;

/// How long until an order that moves is looked at again.
const MOVING: Duration = Duration::from_secs(1);
/// How long until an order is looked at again that waits to be paid.
const WAITING: Duration = Duration::from_secs(5);
/// How long orders may take to come to rest after the time to pay them was over.
const AFTER_TIME: Duration = Duration::from_secs(60);
/// How long they may take once the crowd was stopped.
const AFTER_STOP: Duration = Duration::from_secs(30);

/// Follows the orders until all have come to rest and nobody comes any more, or until they have had their time.
pub(super) async fn settle(
    square: &Square<'_>,
    all_came: watch::Receiver<bool>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), CrowdError> {
    let client = Client::new(square.ground.shop.clone()).map_err(GuestError::from)?;
    let mut end: Option<Instant> = None;
    let mut stopped = false;
    loop {
        // Asked before the orders are looked at: whoever comes is among them.
        let complete = *all_came.borrow();
        if complete && *stop.borrow() && !std::mem::replace(&mut stopped, true) {
            cancel_all(square, &client).await;
            end = api::clock::monotonic().checked_add(AFTER_STOP);
        }
        look(square, &client).await;
        let open = count(square);
        if complete && open.is_none() {
            return Ok(());
        }
        let now = api::clock::monotonic();
        if complete && end.is_none() {
            end = now.checked_add(open.unwrap_or_default().saturating_add(AFTER_TIME));
        }
        if end.is_some_and(|end| now >= end) {
            return Ok(());
        }
        tokio::select! {
            () = sleep(MOVING) => {}
            _ = stop.wait_for(|stop| *stop), if !*stop.borrow() => {}
        }
    }
}

/// Looks at the orders whose time it is. One that cannot be looked at keeps what was known of it.
async fn look(square: &Square<'_>, client: &Client) {
    let now = api::clock::monotonic();
    let due: Vec<_> = {
        let kept = square.kept();
        let is_due = |kept: &&Kept| !at_rest(&kept.view) && kept.look_at <= now;
        kept.iter().filter(is_due).map(|kept| (kept.token.clone(), kept.view.order_id.clone())).collect()
    };
    for (token, order_id) in due {
        client.speak_as(token);
        match client.order(&order_id).await {
            Ok(view) => take(square, view),
            Err(error) => tracing::debug!(%error, "an order of the crowd cannot be looked at"),
        }
    }
}

fn take(square: &Square<'_>, view: OrderView) {
    let pause = if view.state == OrderState::AwaitingPayment {
        let left = Duration::from_secs(view.expires_in_s.max(0).unsigned_abs());
        left.clamp(MOVING, WAITING)
    } else {
        MOVING
    };
    let look_at = api::clock::monotonic().checked_add(pause).unwrap_or_else(api::clock::monotonic);
    if let Some(kept) = square.kept().iter_mut().find(|kept| kept.view.order_id == view.order_id) {
        kept.look_at = look_at;
        // An older view may come late.
        if view.revision >= kept.view.revision {
            kept.view = view;
        }
    }
}

/// Counts how the orders stand. Returns the longest time that one of them can still be paid, unless all have come to
/// rest.
fn count(square: &Square<'_>) -> Option<Duration> {
    let kept = square.kept();
    let with = |state: OrderState| {
        u32::try_from(kept.iter().filter(|kept| kept.view.state == state).count()).unwrap_or(u32::MAX)
    };
    let counts = (with(OrderState::Delivered), with(OrderState::Refunded), with(OrderState::Closed));
    let refunded_fen = kept.iter().map(|kept| returned_fen(&kept.view)).fold(0, i64::saturating_add);
    let open = kept.iter().filter(|kept| !at_rest(&kept.view));
    let longest = open.map(|kept| Duration::from_secs(kept.view.expires_in_s.max(0).unsigned_abs())).max();
    drop(kept);
    square.count(|crowd| {
        (crowd.delivered, crowd.refunded, crowd.closed) = counts;
        crowd.refunded_fen = refunded_fen;
    });
    longest
}

/// Cancels what was left unpaid.
async fn cancel_all(square: &Square<'_>, client: &Client) {
    let unpaid = |kept: &&Kept| match kept.view.state {
        OrderState::Reserved | OrderState::AwaitingPayment => true,
        OrderState::Closing
        | OrderState::Closed
        | OrderState::Delivered
        | OrderState::RefundDue
        | OrderState::Refunding
        | OrderState::Refunded => false,
    };
    let unpaid: Vec<_> =
        square.kept().iter().filter(unpaid).map(|kept| (kept.token.clone(), kept.view.order_id.clone())).collect();
    for (token, order_id) in unpaid {
        client.speak_as(token);
        match client.cancel(&order_id).await {
            Ok(view) => take(square, view),
            Err(error) => tracing::warn!(%error, "an order of the crowd could not be cancelled"),
        }
    }
}

/// Whether the channels' books and the crowd's orders agree: the shop knows of all money that came and of no other, what
/// went back is what it says, nobody was left without goods or money, and shark fins are in the accounts of those who
/// paid for them.
pub(super) async fn agrees(square: &Square<'_>) -> Result<bool, CrowdError> {
    let books = square.channels.books().await?;
    let client = Client::new(square.ground.shop.clone()).map_err(GuestError::from)?;
    let kept: Vec<_> = square.kept().iter().map(|kept| (kept.token.clone(), kept.view.clone())).collect();
    for (token, view) in kept {
        let pay_ids: Vec<PayId> = view.attempts.iter().map(|attempt| attempt.pay_id.clone()).collect();
        let fault = match fault_of(&view, books.of(&pay_ids)) {
            None => fins_fault(&client, token, &view).await.map_err(GuestError::from)?,
            fault => fault,
        };
        if let Some(fault) = fault {
            tracing::error!(order.id = %view.order_id, state = view.state.as_str(), fault, "the books do not agree");
            return Ok(false);
        }
    }
    Ok(true)
}

/// What does not agree between an order and what the channels' books have of it: money in and money back.
fn fault_of(view: &OrderView, (paid, back): (i64, i64)) -> Option<&'static str> {
    let known = i64::try_from(payments(view)).unwrap_or(i64::MAX);
    if paid != view.amount_fen.saturating_mul(known) {
        return Some("the shop does not know of the money that came");
    }
    if back != returned_fen(view) {
        return Some("another sum went back than the shop says");
    }
    let agrees = match view.state {
        OrderState::Delivered => known > 0,
        OrderState::Closed => known == 0,
        OrderState::Refunded => known > 0 && paid == back,
        OrderState::RefundDue | OrderState::Refunding => known > 0,
        OrderState::Reserved | OrderState::AwaitingPayment | OrderState::Closing => known == 0,
    };
    (!agrees).then_some("the order's state is not what its money says")
}

async fn fins_fault(client: &Client, token: api::Secret, view: &OrderView) -> Result<Option<&'static str>, CallError> {
    let (GoodsKind::Fins, Some(fins)) = (view.kind, view.fins) else { return Ok(None) };
    client.speak_as(token);
    let due = if view.state == OrderState::Delivered { fins } else { 0 };
    let differs = client.viewer().await?.fins_balance != due;
    Ok(differs.then_some("shark fins are not in the account they belong to"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{AttemptView, RefundView};
    use order::state::{AttemptState, RefundReason, RefundState};
    use order::{GoodsId, OrderId, PayType};

    /// An order of 100 fen.
    fn view(state: OrderState, paid: bool, back: Option<RefundState>) -> OrderView {
        let order_id = OrderId::from_bits(7);
        let attempt = AttemptView {
            pay_id: order_id.attempt(1),
            pay_type: PayType::Alipay,
            state: if paid { AttemptState::Paid } else { AttemptState::Closed },
        };
        let refund =
            |state| RefundView { pay_id: order_id.attempt(1), amount_fen: 100, reason: RefundReason::Late, state };
        OrderView {
            state,
            closed_by: None,
            goods_id: GoodsId::new("cup").unwrap(),
            kind: GoodsKind::Merchandise,
            title: "Cup".into(),
            quantity: 1,
            amount_fen: 100,
            fins: None,
            attempts: vec![attempt],
            refunds: back.map(refund).into_iter().collect(),
            created_at: 0,
            paid_at: None,
            expires_in_s: 0,
            queue_position: None,
            revision: 1,
            timestamp: 0,
            key_id: String::new(),
            sign: String::new(),
            order_id,
        }
    }

    #[test]
    fn an_order_agrees_when_its_money_and_its_state_say_the_same() {
        for (order, money) in [
            (view(OrderState::Delivered, true, None), (100, 0)),
            (view(OrderState::Closed, false, None), (0, 0)),
            (view(OrderState::Refunded, true, Some(RefundState::Done)), (100, 100)),
            (view(OrderState::Refunding, true, Some(RefundState::Abnormal)), (100, 0)),
            (view(OrderState::AwaitingPayment, false, None), (0, 0)),
        ] {
            assert_eq!(fault_of(&order, money), None, "{order:?}");
        }
    }

    #[test]
    fn money_the_shop_does_not_know_of_goods_without_money_and_a_refund_of_another_sum_do_not_agree() {
        for (order, money) in [
            (view(OrderState::Closed, false, None), (100, 0)),
            (view(OrderState::Delivered, false, None), (0, 0)),
            (view(OrderState::Delivered, true, None), (200, 0)),
            (view(OrderState::Delivered, true, None), (100, 100)),
            (view(OrderState::Closed, true, None), (100, 0)),
            (view(OrderState::Refunded, true, Some(RefundState::Done)), (100, 50)),
            (view(OrderState::AwaitingPayment, true, None), (100, 0)),
        ] {
            assert!(fault_of(&order, money).is_some(), "{order:?} {money:?}");
        }
    }
}
