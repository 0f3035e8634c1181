//! The pretend phone: scanning, paying and declining a code, by HTTP or through a page.

pub(crate) mod buyer;
pub(crate) mod door;
pub(crate) mod page;
pub(crate) mod wallet;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::SqliteConnection;

use crate::books::codes::{self, Code};
use crate::books::{BooksError, trades};
use crate::faults::Fault;
use crate::happenings::{Happening, Kind};
use crate::trade::{Channel, State, Trade};
use crate::{Sandbox, alipay, random, wechat};

/// What a phone asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// The payment string the phone has scanned.
    code: String,
    /// Whose phone it is; a code belongs to the first who scans it.
    #[serde(default = "first_buyer")]
    buyer: String,
    /// `zh` or `en`, for the shop's name when none was given.
    #[serde(default)]
    lang: Option<String>,
}

fn first_buyer() -> String {
    "first".to_owned()
}

/// What a phone shows.
#[derive(Debug, Serialize)]
struct Shown {
    channel: Channel,
    payee: String,
    subject: String,
    amount_fen: i64,
    /// `waiting`, `paid` or `declined`.
    state: &'static str,
    /// How long the order can still be paid, in milliseconds; 0 when it cannot.
    open_for_ms: i64,
}

/// Why a phone shows something else.
#[derive(Debug)]
enum Trouble {
    Unknown,
    Expired,
    Superseded,
    AlreadyPaid,
    Closed,
    OtherBuyer,
    Down,
    Books(BooksError),
}

impl From<BooksError> for Trouble {
    fn from(error: BooksError) -> Self {
        Self::Books(error)
    }
}

impl Trouble {
    fn respond(&self) -> Response {
        let (status, code, message) = match self {
            Self::Unknown => (404, "unknown_code", "this is no payment code of the practice channels"),
            Self::Expired => (410, "expired", "this code has expired; ask the shop for a new one"),
            Self::Superseded => (410, "superseded", "a newer code replaced this one; scan that"),
            Self::AlreadyPaid => (409, "already_paid", "this order has been paid"),
            Self::Closed => (409, "closed", "this order has been closed; nothing was charged"),
            Self::OtherBuyer => (409, "other_buyer", "another account has scanned this code; it can pay only"),
            Self::Down => (503, "channel_down", "this wallet cannot reach its channel; try again in a minute"),
            Self::Books(error) => {
                tracing::error!(%error, "the phone could not be served");
                (500, "internal", "the practice wallet failed; look at the sandbox's log")
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({"code": code, "message": message}))).into_response()
    }
}

/// What a phone does with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Scan,
    Pay,
    Decline,
}

/// `POST /phone/scan`: opens the cashier. At Alipay this is when the trade comes into being.
async fn scan(Shared(sandbox): Shared<Arc<Sandbox>>, body: Bytes) -> Response {
    act(&sandbox, &body, Act::Scan).await
}

/// `POST /phone/pay`: scans if that was not done yet, and pays.
async fn pay(Shared(sandbox): Shared<Arc<Sandbox>>, body: Bytes) -> Response {
    act(&sandbox, &body, Act::Pay).await
}

/// `POST /phone/decline`: the wallet refuses. Alipay closes the trade; WeChat Pay tells the merchant nothing.
async fn decline(Shared(sandbox): Shared<Arc<Sandbox>>, body: Bytes) -> Response {
    act(&sandbox, &body, Act::Decline).await
}

/// `GET /phone/newest`: the code that was given out last and that nobody has scanned. A real phone that has the page open
/// needs no camera for it.
async fn newest(Shared(sandbox): Shared<Arc<Sandbox>>) -> Response {
    let found = async {
        let mut books = sandbox.books.begin().await?;
        codes::newest(&mut books, sandbox.clock.now_ms()).await
    };
    match found.await {
        Ok(code) => Json(json!({"code": code})).into_response(),
        Err(error) => Trouble::Books(error).respond(),
    }
}

async fn act(sandbox: &Sandbox, body: &[u8], act: Act) -> Response {
    let ask: Ask = match serde_json::from_slice(body) {
        Ok(ask) => ask,
        Err(error) => {
            let message = format!("send JSON like {{\"code\": \"<payment string>\"}}: {error}");
            return (StatusCode::BAD_REQUEST, Json(json!({"code": "invalid_request", "message": message})))
                .into_response();
        }
    };
    match in_books(sandbox, &ask, act).await {
        Ok(shown) => Json(shown).into_response(),
        Err(trouble) => trouble.respond(),
    }
}

async fn in_books(sandbox: &Sandbox, ask: &Ask, act: Act) -> Result<Shown, Trouble> {
    let mut books = sandbox.books.begin().await?;
    let done = act_on(sandbox, &mut books, ask, act).await;
    if !matches!(done, Err(Trouble::Books(_))) {
        books.commit().await.map_err(BooksError::from)?;
        sandbox.courier.notify_one();
    }
    done
}

async fn act_on(sandbox: &Sandbox, books: &mut SqliteConnection, ask: &Ask, act: Act) -> Result<Shown, Trouble> {
    let code = codes::find(books, ask.code.trim()).await?.ok_or(Trouble::Unknown)?;
    if sandbox.faults.fire(code.channel, Fault::ChannelDown, "phone").is_some() {
        return Err(Trouble::Down);
    }
    let found = trades::by_number(books, code.channel, &code.out_trade_no).await?.ok_or(Trouble::Unknown)?;
    if found.state == State::Paid && sandbox.faults.is_on(code.channel, Fault::DoublePayment) {
        return pay_again(sandbox, books, ask, act, found).await;
    }
    let mut trade = open_trade(sandbox, books, &code, found, &ask.buyer).await?;
    if trade.buyer.is_none() {
        let now = sandbox.clock.now_ms();
        trade.buyer = Some(ask.buyer.clone());
        trade.scanned_ms = Some(now);
        trade.state = State::Scanned;
        if trade.channel == Channel::Alipay {
            trade.trade_no = Some(random::alipay_trade_no(now));
        }
        trades::save(books, &mut trade).await?;
        happened(sandbox, Kind::Scanned, &trade, None);
    }
    let state = match act {
        Act::Scan => "waiting",
        Act::Pay => {
            charge(sandbox, books, &mut trade, None).await?;
            "paid"
        }
        Act::Decline => {
            if trade.channel == Channel::Alipay {
                trade = alipay::close_unpaid(sandbox, books, trade).await?;
            }
            "declined"
        }
    };
    Ok(shown(sandbox, ask, &trade, state))
}

/// The trade if this buyer can still pay it through this code.
async fn open_trade(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    code: &Code,
    trade: Trade,
    buyer: &str,
) -> Result<Trade, Trouble> {
    let now = sandbox.clock.now_ms();
    match trade.state {
        State::Paid => return Err(Trouble::AlreadyPaid),
        State::Closed | State::Void => return Err(Trouble::Closed),
        State::Ordered | State::Scanned => {}
    }
    if now >= trade.expires_ms {
        if trade.channel == Channel::Alipay && trade.state == State::Scanned {
            alipay::close_unpaid(sandbox, books, trade).await?;
        }
        return Err(Trouble::Expired);
    }
    if code.superseded {
        return Err(Trouble::Superseded);
    }
    // A code's own life limits the scan; whoever has scanned may take until the trade runs out.
    if trade.state == State::Ordered && now >= code.expires_ms {
        return Err(Trouble::Expired);
    }
    if trade.buyer.as_ref().is_some_and(|first| first != buyer) {
        return Err(Trouble::OtherBuyer);
    }
    Ok(trade)
}

/// Tells whoever watches what a phone did.
fn happened(sandbox: &Sandbox, what: Kind, trade: &Trade, fault: Option<Fault>) {
    let happening = Happening {
        what,
        channel: trade.channel,
        out_trade_no: Some(trade.out_trade_no.clone()),
        amount_fen: Some(trade.amount_fen),
        fault,
    };
    sandbox.happenings.add(sandbox.clock.now_ms(), happening);
}

/// Moves the pretend money and tells the merchant. `fault` is what makes it possible, where it should not be.
async fn charge(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    trade: &mut Trade,
    fault: Option<Fault>,
) -> Result<(), BooksError> {
    let now = sandbox.clock.now_ms();
    trade.state = State::Paid;
    trade.paid_fen = trade.amount_fen;
    trade.paid_ms = Some(now);
    if trade.channel == Channel::Wechat {
        trade.trade_no = Some(random::wechat_transaction_id(now));
    }
    trades::save(books, trade).await?;
    // Before its notice, which may be lost at once.
    happened(sandbox, Kind::Paid, trade, fault);
    match trade.channel {
        Channel::Alipay => alipay::notice::post_status(sandbox, books, trade, None).await,
        Channel::Wechat => wechat::notice::post_payment(sandbox, books, trade).await,
    }
}

/// The fault of a code that two buyers pay: a second trade with the same merchant number.
async fn pay_again(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    ask: &Ask,
    act: Act,
    first: Trade,
) -> Result<Shown, Trouble> {
    let mut second = Trade {
        id: 0,
        trade_no: None,
        refunded_fen: 0,
        buyer: Some(format!("{} again", ask.buyer)),
        cancelled: None,
        ..first
    };
    let state = match act {
        Act::Scan => "waiting",
        Act::Decline => "declined",
        Act::Pay => {
            sandbox.faults.fire(second.channel, Fault::DoublePayment, "pay").ok_or(Trouble::AlreadyPaid)?;
            if second.channel == Channel::Alipay {
                second.trade_no = Some(random::alipay_trade_no(sandbox.clock.now_ms()));
            }
            charge(sandbox, books, &mut second, Some(Fault::DoublePayment)).await?;
            "paid"
        }
    };
    Ok(shown(sandbox, ask, &second, state))
}

fn shown(sandbox: &Sandbox, ask: &Ask, trade: &Trade, state: &'static str) -> Shown {
    let default = if ask.lang.as_deref() == Some("zh") { "练习店铺" } else { "Liveshop practice shop" };
    Shown {
        channel: trade.channel,
        payee: sandbox.payee.clone().unwrap_or_else(|| default.to_owned()),
        subject: trade.subject.clone(),
        amount_fen: trade.amount_fen,
        state,
        open_for_ms: if trade.is_open() { trade.expires_ms.saturating_sub(sandbox.clock.now_ms()).max(0) } else { 0 },
    }
}
