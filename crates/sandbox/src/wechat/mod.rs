//! WeChat Pay API v3 as a direct merchant sees it: Native payment, refunds, certificates, bills.

mod answer;
mod auth;
mod bill;
mod certificates;
mod fields;
pub(crate) mod inspect;
pub(crate) mod notice;
mod order;
pub(crate) mod refund;
mod seal;

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State as Shared};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use self::answer::{Answer, Problem};
use self::fields::Query;
use crate::Sandbox;
use crate::books::BooksError;
use crate::faults::calls::{self, Spoiled};
use crate::form;
use crate::server::BODY_LIMIT;
use crate::trade::Channel;

/// A call of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Native,
    QueryByNumber(String),
    QueryById(String),
    Close(String),
    Refund,
    RefundQuery(String),
    Certificates,
    TradeBill,
    BillFile,
}

impl Call {
    /// The call at an address; an unknown path and a wrong method are answered with an empty body.
    fn route(method: &Method, path: &str) -> Result<Self, StatusCode> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let (verb, call) = match parts.as_slice() {
            ["v3", "pay", "transactions", "native"] => (Method::POST, Self::Native),
            ["v3", "pay", "transactions", "out-trade-no", number] => (Method::GET, Self::QueryByNumber(plain(number))),
            ["v3", "pay", "transactions", "out-trade-no", number, "close"] => {
                (Method::POST, Self::Close(plain(number)))
            }
            ["v3", "pay", "transactions", "id", id] => (Method::GET, Self::QueryById(plain(id))),
            ["v3", "refund", "domestic", "refunds"] => (Method::POST, Self::Refund),
            ["v3", "refund", "domestic", "refunds", number] => (Method::GET, Self::RefundQuery(plain(number))),
            ["v3", "certificates"] => (Method::GET, Self::Certificates),
            ["v3", "bill", "tradebill"] => (Method::GET, Self::TradeBill),
            ["v3", "billdownload", "file"] => (Method::GET, Self::BillFile),
            _ => return Err(StatusCode::NOT_FOUND),
        };
        if *method == verb { Ok(call) } else { Err(StatusCode::METHOD_NOT_ALLOWED) }
    }

    /// The name by which faults mean this call.
    fn fault_name(&self) -> &'static str {
        match self {
            Self::Native => "order",
            Self::QueryByNumber(_) | Self::QueryById(_) => "query",
            Self::Close(_) => "close",
            Self::Refund => "refund",
            Self::RefundQuery(_) => "refund_query",
            Self::Certificates => "certificates",
            Self::TradeBill | Self::BillFile => "bill",
        }
    }
}

/// Undoes percent-encoding of a path segment, where `+` stands for itself.
fn plain(segment: &str) -> String {
    String::from_utf8_lossy(&form::decode(segment.replace('+', "%2B").as_bytes())).into_owned()
}

/// Every address under `/v3/` that is not Alipay's.
pub(crate) async fn call(Shared(sandbox): Shared<Arc<Sandbox>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let call = match Call::route(&parts.method, parts.uri.path()) {
        Ok(call) => call,
        Err(status) => return status.into_response(),
    };
    if let Err(answer) = auth::check(&sandbox, &parts, &body) {
        return answer.unsigned();
    }
    let name = call.fault_name();
    if let Some(spoiled) = calls::before(&sandbox, Channel::Wechat, name).await {
        return spoil(&sandbox, name, spoiled);
    }
    let query = Query::read(parts.uri.query().unwrap_or_default());
    if call == Call::BillFile {
        return bill::file(&sandbox, &query).await;
    }
    let answer = match effect(&sandbox, &call, &query, &body).await {
        Ok(answer) | Err(Problem::Refused(answer)) => answer,
        Err(Problem::Books(error)) => {
            tracing::error!(%error, "a call to WeChat Pay failed");
            return spoil(&sandbox, name, Spoiled::SystemError);
        }
    };
    if call == Call::Refund {
        sandbox.courier.notify_one();
    }
    match calls::after(&sandbox, Channel::Wechat, name).await {
        Some(spoiled) => spoil(&sandbox, name, spoiled),
        None => answer.signed(&sandbox, name),
    }
}

fn spoil(sandbox: &Sandbox, name: &str, spoiled: Spoiled) -> Response {
    match spoiled {
        Spoiled::Transport => calls::bad_gateway(),
        Spoiled::SystemError => Answer::error(500, "SYSTEM_ERROR", "系统异常，请稍后重试").signed(sandbox, name),
        Spoiled::RateLimited => {
            Answer::error(429, "FREQUENCY_LIMITED", "频率超限，请稍后重试").coded(268_447_840).signed(sandbox, name)
        }
        Spoiled::Refused => Answer::error(403, "NO_AUTH", "商户无权限").signed(sandbox, name),
    }
}

async fn effect(sandbox: &Sandbox, call: &Call, query: &Query, body: &[u8]) -> Result<Answer, Problem> {
    let mut books = sandbox.books.begin().await?;
    let outcome = match call {
        Call::Native => order::native(sandbox, &mut books, body).await,
        Call::QueryByNumber(number) => order::query_by_number(sandbox, &mut books, number, query).await,
        Call::QueryById(id) => order::query_by_id(sandbox, &mut books, id, query).await,
        Call::Close(number) => order::close(sandbox, &mut books, number, body).await,
        Call::Refund => refund::refund(sandbox, &mut books, body).await,
        Call::RefundQuery(number) => refund::query(sandbox, &mut books, number).await,
        Call::Certificates => certificates::list(sandbox).map_err(Problem::from),
        Call::TradeBill | Call::BillFile => bill::url(sandbox, &mut books, query).await,
    };
    if !matches!(outcome, Err(Problem::Books(_))) {
        books.commit().await.map_err(BooksError::from)?;
    }
    outcome
}
