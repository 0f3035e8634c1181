//! The merchant's console at either channel: what a person does there, past the merchant's program.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sqlx::SqliteConnection;

use crate::books::{BooksError, refunds, trades};
use crate::trade::{Channel, Refund, RefundState, State};
use crate::{Sandbox, alipay, random, wechat};

/// Money to return by hand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    channel: Channel,
    /// The merchant's number of the order.
    out_trade_no: String,
    amount_fen: i64,
}

/// A refund of WeChat Pay's that ended ABNORMAL, to be paid out another way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settle {
    /// The merchant's number of the refund.
    number: String,
}

/// Why the console does not do it.
#[derive(Debug)]
enum Trouble {
    NotJson(serde_json::Error),
    NoTrade,
    TooMuch,
    NoRefund,
    Books(BooksError),
}

impl From<BooksError> for Trouble {
    fn from(error: BooksError) -> Self {
        Self::Books(error)
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Books(error.into())
    }
}

impl Trouble {
    fn respond(&self) -> Response {
        let (status, code, message) = match self {
            Self::NotJson(error) => {
                (StatusCode::BAD_REQUEST, "invalid_request", format!("not what is sent here: {error}"))
            }
            Self::NoTrade => (StatusCode::NOT_FOUND, "no_trade", "no paid order has this number".to_owned()),
            Self::TooMuch => {
                (StatusCode::CONFLICT, "too_much", "more than is left of the payment, or nothing".to_owned())
            }
            Self::NoRefund => (StatusCode::NOT_FOUND, "no_refund", "no abnormal refund has this number".to_owned()),
            Self::Books(error) => {
                tracing::error!(%error, "the console could not be served");
                let message = "the books could not be used; look at the sandbox's log".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
            }
        };
        (status, Json(json!({"code": code, "message": message}))).into_response()
    }
}

/// `POST /merchant/refund`: returns money of a paid order under a number of the console's own.
pub(crate) async fn refund(Shared(sandbox): Shared<Arc<Sandbox>>, body: Bytes) -> Response {
    answer(&sandbox, give_back(&sandbox, &body).await)
}

/// `POST /merchant/settle`: an abnormal refund reaches its payer all the same.
pub(crate) async fn settle(Shared(sandbox): Shared<Arc<Sandbox>>, body: Bytes) -> Response {
    answer(&sandbox, pay_out(&sandbox, &body).await)
}

fn answer(sandbox: &Sandbox, done: Result<Refund, Trouble>) -> Response {
    match done {
        Ok(refund) => {
            sandbox.courier.notify_one();
            Json(json!({"number": refund.number, "amount_fen": refund.amount_fen, "state": refund.state}))
                .into_response()
        }
        Err(trouble) => trouble.respond(),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(Trouble::NotJson)
}

async fn give_back(sandbox: &Sandbox, body: &[u8]) -> Result<Refund, Trouble> {
    let back: Back = read(body)?;
    let mut books = sandbox.books.begin().await?;
    let refund = book(sandbox, &mut books, &back).await?;
    books.commit().await?;
    Ok(refund)
}

async fn book(sandbox: &Sandbox, books: &mut SqliteConnection, back: &Back) -> Result<Refund, Trouble> {
    let trade = trades::by_number(books, back.channel, &back.out_trade_no).await?;
    let mut trade = trade.filter(|trade| trade.state == State::Paid).ok_or(Trouble::NoTrade)?;
    if back.amount_fen < 1 || back.amount_fen > trade.paid_fen - trade.refunded_fen {
        return Err(Trouble::TooMuch);
    }
    let now = sandbox.clock.now_ms();
    let mut refund = Refund {
        id: 0,
        channel: back.channel,
        trade_id: trade.id,
        out_trade_no: trade.out_trade_no.clone(),
        number: random::digits(24),
        refund_id: match back.channel {
            Channel::Alipay => String::new(),
            Channel::Wechat => random::wechat_refund_id(now),
        },
        amount_fen: back.amount_fen,
        reason: None,
        // The merchant's program gave no address for this refund.
        notify_url: None,
        request: Map::<String, Value>::new(),
        state: RefundState::Success,
        created_ms: now,
        due_ms: now,
        done_ms: Some(now),
        fails: false,
    };
    trade.refunded_fen += refund.amount_fen;
    trades::save(books, &mut trade).await?;
    refunds::save(books, &mut refund).await?;
    // Alipay tells of every refund at the payment's address.
    if back.channel == Channel::Alipay {
        alipay::notice::post_status(sandbox, books, &trade, Some(&refund)).await?;
    }
    Ok(refund)
}

async fn pay_out(sandbox: &Sandbox, body: &[u8]) -> Result<Refund, Trouble> {
    let Settle { number } = read(body)?;
    let mut books = sandbox.books.begin().await?;
    let found = refunds::by_number(&mut books, Channel::Wechat, &number).await?;
    let mut refund = found.filter(|refund| refund.state == RefundState::Abnormal).ok_or(Trouble::NoRefund)?;
    refund.fails = false;
    wechat::refund::arrive(sandbox, &mut books, refund.clone()).await?;
    books.commit().await?;
    refund.state = RefundState::Success;
    Ok(refund)
}
