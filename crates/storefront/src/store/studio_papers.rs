//! A room's orders as its streamer sees them.

use super::lists::{self, is_quarantined, refundable};
use super::orders::Record;
use super::studio_pages::Cursor;
use super::{Store, StoreError, details, given_back, journal, ledger, load};
use crate::timeline::timeline;
use api::studio::{StudioAttempt, StudioRefund};
use api::{OrderFilter, StudioOrder, StudioOrders, StudioPaper};
use aws_lc_rs::digest::{SHA256, digest};
use order::state::{Attempt, Order};
use order::{Fen, GoodsKind, OrderId, PayType, RoomId, ViewerId};
use sqlx::{AnyConnection, Connection};

/// Characters of [`buyer`].
const BUYER_CHARS: usize = 8;

impl Store {
    /// A page of a room's orders. What a page is, [`Store::studio_page`] says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn studio_orders(
        &self,
        room_id: &RoomId,
        list: OrderFilter,
        words: &str,
        after: &Cursor,
    ) -> Result<StudioOrders, StoreError> {
        let (records, next) = self.studio_page(room_id, list, words, after).await?;
        let mut connection = self.read().await?;
        let mut orders = Vec::with_capacity(records.len());
        for record in &records {
            orders.push(listed(&mut connection, record).await?);
        }
        Ok(StudioOrders { orders, next: next.map(|next| next.to_string()) })
    }

    /// An order of the room with its evidence; `None` when the room has no such order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn studio_paper(&self, room_id: &RoomId, order_id: &OrderId) -> Result<Option<StudioPaper>, StoreError> {
        let mut connection = self.read().await?;
        // One transaction: rows and journal lines of the same moment.
        let mut transaction = connection.begin().await?;
        let record = load(&mut transaction, order_id).await?;
        let Some(record) = record.filter(|record| record.snapshot.room_id == *room_id) else { return Ok(None) };
        let paper = paper(&mut transaction, &record).await?;
        transaction.commit().await?;
        Ok(Some(paper))
    }
}

/// The payment type it was delivered for; else what it was paid with; else what was chosen last.
fn pay_type(order: &Order) -> Result<PayType, StoreError> {
    let paid = order.attempts.iter().filter(|attempt| attempt.paid.is_some());
    // A payment that goes back whole is not the one that goods were delivered for.
    let goes_back = |attempt: &Attempt| {
        order.refunds.iter().any(|refund| refund.pay_id == attempt.pay_id && !ledger::is_of_sale(refund.reason))
    };
    let attempt = paid.clone().find(|attempt| !goes_back(attempt)).or(paid.clone().next()).or(order.current());
    attempt.map(|attempt| attempt.pay_type).ok_or_else(|| StoreError::Damaged {
        table: "orders",
        value: order.id.to_string(),
        what: "order with an attempt",
    })
}

/// Tells the viewers of a room apart, and nothing about them.
pub(crate) fn buyer(room_id: &RoomId, viewer_id: &ViewerId) -> String {
    let hash = digest(&SHA256, format!("{room_id} {viewer_id}").as_bytes());
    hex::encode_upper(hash).chars().take(BUYER_CHARS).collect()
}

async fn listed(tx: &mut AnyConnection, record: &Record) -> Result<StudioOrder, StoreError> {
    let papers = details::papers(tx, &record.order.id).await?;
    let Record { order, snapshot, trades, .. } = record;
    let refunds = order.refunds.iter().map(|refund| StudioRefund {
        refund_id: refund.refund_id.clone(),
        pay_id: refund.pay_id.clone(),
        amount_fen: refund.amount.get(),
        reason: refund.reason,
        state: refund.state,
        tries: refund.tries,
    });
    Ok(StudioOrder {
        order_id: order.id.clone(),
        buyer: buyer(&snapshot.room_id, &snapshot.viewer_id),
        goods_id: snapshot.goods_id.clone(),
        lot: papers.lot,
        title: snapshot.title.clone(),
        kind: snapshot.kind,
        quantity: snapshot.quantity,
        amount_fen: order.amount.get(),
        deal: snapshot.is_deal,
        pay_type: pay_type(order)?,
        state: order.state,
        closed_by: order.closed_by,
        created_at: snapshot.created_at,
        paid_at: trades.values().filter_map(|trade| trade.paid_at).min(),
        refunds: refunds.collect(),
        refund_request: papers.refund_request,
        shipment: papers.shipment,
        quarantined: is_quarantined(order),
    })
}

async fn paper(tx: &mut AnyConnection, record: &Record) -> Result<StudioPaper, StoreError> {
    let listed = listed(tx, record).await?;
    let Record { order, snapshot, trades, .. } = record;
    let attempts = order.attempts.iter().map(|attempt| {
        let trade = trades.get(&attempt.pay_id);
        StudioAttempt {
            pay_id: attempt.pay_id.clone(),
            pay_type: attempt.pay_type,
            state: attempt.state,
            channel_no: trade.and_then(|trade| trade.channel_no.clone()),
            paid_fen: attempt.paid.map(Fen::get),
            paid_at: trade.and_then(|trade| trade.paid_at),
            refundable_fen: order.refundable(&attempt.pay_id).get(),
        }
    });
    let beside = lists::beside(tx, &order.id).await?;
    let standing = lists::Standing { order, snapshot, beside };
    let is_sent = snapshot.kind == GoodsKind::Merchandise && listed.shipment.is_some();
    let lines = journal::lines_of(tx, order.id.as_str()).await?;
    let reasons = given_back::reasons(tx, record).await?;
    let timeline = timeline(order, &lines, &reasons).map_err(|line| StoreError::Damaged {
        table: "journal",
        value: line.to_string(),
        what: "line of an order",
    })?;
    Ok(StudioPaper {
        attempts: attempts.collect(),
        note: snapshot.note.clone(),
        address: snapshot.address.clone().filter(|_| is_sent || standing.is_on(OrderFilter::ToShip)),
        refundable_fen: refundable(order).get(),
        timeline,
        order: listed,
    })
}
