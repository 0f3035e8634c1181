//! `GET /books`: what the channels know, for whoever judges the shop by it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::Sandbox;
use crate::books::{BooksError, notices, refunds, trades};
use crate::clock::rfc3339;
use crate::trade::{Channel, Trade};

pub(crate) async fn books(State(sandbox): State<Arc<Sandbox>>) -> Response {
    match report(&sandbox).await {
        Ok(report) => Json(report).into_response(),
        Err(error) => {
            tracing::error!(%error, "the books could not be reported");
            let body = json!({"code": "internal", "message": "the books could not be read; look at the log"});
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

async fn report(sandbox: &Sandbox) -> Result<Value, BooksError> {
    let mut books = sandbox.books.begin().await?;
    let trades = trades::all(&mut books).await?;
    let refunds = refunds::all(&mut books).await?;
    let mut totals = serde_json::Map::new();
    for channel in [Channel::Alipay, Channel::Wechat] {
        let mine: Vec<&Trade> = trades.iter().filter(|trade| trade.channel == channel).collect();
        let sum = |part: fn(&Trade) -> i64| mine.iter().map(|trade| part(trade)).sum::<i64>();
        let (paid_fen, refunded_fen) = (sum(|trade| trade.paid_fen), sum(|trade| trade.refunded_fen));
        let notices = notices::count(&mut books, channel).await?;
        let due = notices::count_due(&mut books, channel, sandbox.clock.now_ms()).await?;
        totals.insert(
            channel.name().to_owned(),
            json!({
                "trades": mine.len(),
                "paid_fen": paid_fen,
                "refunded_fen": refunded_fen,
                "balance_fen": paid_fen - refunded_fen,
                "notices_due": due,
                "notices": serde_json::Map::from_iter(notices.into_iter().map(|(state, number)| (state, json!(number)))),
            }),
        );
    }
    let listed: Vec<Value> = trades.iter().map(entry).collect();
    let refunded: Vec<Value> = refunds
        .iter()
        .map(|refund| {
            json!({
                "channel": refund.channel,
                "out_trade_no": refund.out_trade_no,
                "number": refund.number,
                "amount_fen": refund.amount_fen,
                "state": refund.state,
            })
        })
        .collect();
    Ok(json!({
        "payee": sandbox.payee.as_deref().unwrap_or("Liveshop practice shop"),
        "trades": listed,
        "refunds": refunded,
        "totals": totals,
    }))
}

fn entry(trade: &Trade) -> Value {
    json!({
        "channel": trade.channel,
        "out_trade_no": trade.out_trade_no,
        "trade_no": trade.trade_no,
        "state": trade.state,
        "subject": trade.subject,
        "amount_fen": trade.amount_fen,
        "paid_fen": trade.paid_fen,
        "refunded_fen": trade.refunded_fen,
        "ordered_at": rfc3339(trade.ordered_ms),
        "paid_at": trade.paid_ms.map(rfc3339),
        "closed_at": trade.closed_ms.map(rfc3339),
    })
}
