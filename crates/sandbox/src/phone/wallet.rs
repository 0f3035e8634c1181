//! `GET /phone/wallet?channel=alipay`: what a pretend buyer has and has paid.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Sandbox;
use crate::books::{BooksError, trades};
use crate::clock::rfc3339;
use crate::trade::{Channel, Trade};

/// What a purse is filled with, in fen. It is filled again before it runs out: nobody is to practise being broke.
const FILLED_FEN: i64 = 10_000_000;

/// How many bills are listed.
const LISTED: u32 = 20;

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    channel: Channel,
    #[serde(default = "super::first_buyer")]
    buyer: String,
}

pub(crate) async fn show(State(sandbox): State<Arc<Sandbox>>, Query(asked): Query<Asked>) -> Response {
    match wallet(&sandbox, &asked).await {
        Ok(wallet) => Json(wallet).into_response(),
        Err(error) => {
            tracing::error!(%error, "the wallet could not be shown");
            let body = json!({"code": "internal", "message": "the practice wallet failed; look at the sandbox's log"});
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

async fn wallet(sandbox: &Sandbox, asked: &Asked) -> Result<Value, BooksError> {
    let mut books = sandbox.books.begin().await?;
    let spent_fen = trades::spent_fen(&mut books, asked.channel, &asked.buyer).await?;
    let paid = trades::latest_paid(&mut books, asked.channel, &asked.buyer, LISTED).await?;
    let bills: Vec<Value> = paid.iter().map(bill).collect();
    Ok(json!({"channel": asked.channel, "balance_fen": FILLED_FEN - spent_fen.rem_euclid(FILLED_FEN), "bills": bills}))
}

fn bill(trade: &Trade) -> Value {
    json!({
        "subject": trade.subject,
        "amount_fen": trade.paid_fen,
        "refunded_fen": trade.refunded_fen,
        "paid_at": trade.paid_ms.map(rfc3339),
    })
}
