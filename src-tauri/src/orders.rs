//! The viewer's orders at the open shop, as the page lists them: every view is signed and checked before it comes here.

use crate::views::{CommandError, LocalCode, MoneyBack};
use api::{Client, OrderDetails, OrderView, RefundView};
use order::state::{AttemptState, ClosedBy, OrderState, RefundReason, RefundState};
use order::{GoodsKind, OrderId, PayId, PayType};
use serde::Serialize;
use ts_rs::TS;

/// One order in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct OrderSummary {
    /// The order.
    pub order_id: String,
    /// The goods.
    pub goods_id: String,
    /// What delivery means.
    #[ts(type = "GoodsKind")]
    pub kind: GoodsKind,
    /// The goods' name when the order was made.
    pub title: String,
    /// Pieces.
    pub quantity: u32,
    /// What is due, fen.
    #[ts(type = "number")]
    pub amount_fen: i64,
    /// Shark fins that delivery credits.
    #[ts(type = "number | null")]
    pub fins: Option<i64>,
    /// The payment type: what was paid with, once something was, else what was chosen last.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// Where it stands.
    #[ts(type = "OrderState")]
    pub state: OrderState,
    /// Who or what ended it.
    #[ts(type = "ClosedBy | null")]
    pub closed_by: Option<ClosedBy>,
    /// When it was made, Unix seconds.
    #[ts(type = "number")]
    pub created_at: i64,
    /// When the channel booked the payment, Unix seconds.
    #[ts(type = "number | null")]
    pub paid_at: Option<i64>,
    /// Seconds left to pay when this was sent, 0 once it cannot be paid.
    #[ts(type = "number")]
    pub expires_in_s: i64,
    /// What goes or went back.
    pub refunds: Vec<MoneyBack>,
}

/// A page of the list, newest first.
#[derive(Clone, Debug, Serialize, TS)]
pub struct OrdersPage {
    /// The orders.
    pub orders: Vec<OrderSummary>,
    /// What to ask for the page after this one; nothing when this is the last.
    pub next: Option<String>,
}

/// One attempt of an order.
#[derive(Clone, Debug, Serialize, TS)]
pub struct AttemptLine {
    /// The channel's merchant order number.
    pub pay_id: String,
    /// The channel.
    #[ts(type = "PayType")]
    pub pay_type: PayType,
    /// Where it stands.
    #[ts(type = "AttemptState")]
    pub state: AttemptState,
}

/// One order with all that belongs to it.
#[derive(Clone, Debug, Serialize, TS)]
pub struct OrderPaper {
    /// As the list has it.
    pub order: OrderSummary,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptLine>,
    /// Note, address and wish for a refund.
    pub details: OrderDetails,
}

/// A page of the viewer's orders: the first, or the one `next` names.
///
/// # Errors
/// [`CommandError`].
pub async fn page(client: &Client, next: Option<&str>) -> Result<OrdersPage, CommandError> {
    let before = next.map(id).transpose()?;
    let (views, more) = client.orders(before.as_ref()).await?;
    let next = views.last().filter(|_| more).map(|view| view.order_id.to_string());
    Ok(OrdersPage { orders: views.into_iter().map(summary).collect(), next })
}

/// One order with all that belongs to it.
///
/// # Errors
/// [`CommandError`].
pub async fn paper(client: &Client, order_id: &str) -> Result<OrderPaper, CommandError> {
    let order_id = id(order_id)?;
    let (view, details) = futures_util::future::try_join(client.order(&order_id), client.details(&order_id)).await?;
    Ok(on_paper(view, details))
}

/// Asks the streamer for a delivered order's money.
///
/// # Errors
/// [`CommandError`].
pub async fn ask_refund(client: &Client, order_id: &str, reason: &str) -> Result<OrderPaper, CommandError> {
    let order_id = id(order_id)?;
    let details = client.ask_refund(&order_id, reason).await?;
    Ok(on_paper(client.order(&order_id).await?, details))
}

fn id(order_id: &str) -> Result<OrderId, CommandError> {
    OrderId::new(order_id).map_err(|error| CommandError::local(LocalCode::NotReady, error))
}

fn on_paper(view: OrderView, details: OrderDetails) -> OrderPaper {
    let attempts = view.attempts.iter().map(|attempt| AttemptLine {
        pay_id: attempt.pay_id.to_string(),
        pay_type: attempt.pay_type,
        state: attempt.state,
    });
    OrderPaper { attempts: attempts.collect(), order: summary(view), details }
}

fn summary(view: OrderView) -> OrderSummary {
    let chosen = view.attempts.last().map(|attempt| attempt.pay_type);
    OrderSummary {
        order_id: view.order_id.to_string(),
        goods_id: view.goods_id.to_string(),
        kind: view.kind,
        quantity: view.quantity,
        amount_fen: view.amount_fen,
        fins: view.fins,
        // Every order is made with its first attempt.
        pay_type: paid_with(&view).or(chosen).unwrap_or(PayType::Alipay),
        state: view.state,
        closed_by: view.closed_by,
        created_at: view.created_at,
        paid_at: view.paid_at,
        expires_in_s: view.expires_in_s,
        refunds: refunds(&view),
        title: view.title,
    }
}

/// The channel whose payment counts: that of the goods, or of the money that goes back.
pub(crate) fn paid_with(view: &OrderView) -> Option<PayType> {
    let by = |pay_id: &PayId| view.attempts.iter().find(|attempt| attempt.pay_id == *pay_id);
    let extra = |pay_id: &PayId| {
        view.refunds.iter().any(|refund| refund.pay_id == *pay_id && refund.reason == RefundReason::Twice)
    };
    let attempt = match view.state {
        OrderState::Delivered => {
            view.attempts.iter().find(|attempt| attempt.state == AttemptState::Paid && !extra(&attempt.pay_id))
        }
        OrderState::RefundDue | OrderState::Refunding | OrderState::Refunded => {
            view.refunds.last().and_then(|refund| by(&refund.pay_id))
        }
        OrderState::Reserved | OrderState::AwaitingPayment | OrderState::Closing | OrderState::Closed => None,
    };
    attempt.map(|attempt| attempt.pay_type)
}

/// What of an order's money goes back or went.
pub(crate) fn refunds(view: &OrderView) -> Vec<MoneyBack> {
    let known = |refund: &RefundView| {
        let attempt = view.attempts.iter().find(|attempt| attempt.pay_id == refund.pay_id)?;
        Some(MoneyBack {
            reason: refund.reason,
            amount_fen: refund.amount_fen,
            pay_type: attempt.pay_type,
            done: refund.state == RefundState::Done,
        })
    };
    view.refunds.iter().filter_map(known).collect()
}
