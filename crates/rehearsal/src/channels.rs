//! The pretend channels over HTTP: the phone, the faults, the books, and what happens there.

use crate::view::HappeningKind;
use order::{PayId, PayType};
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Longest wait for an answer.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Longest wait for something new; the channels say that there is nothing after 20 s.
const NEWS_LIMIT: Duration = Duration::from_secs(30);

/// The pretend channels gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ChannelsError {
    /// No answer.
    #[error("the pretend channels did not answer: {0}")]
    NoAnswer(#[from] reqwest::Error),
    /// They refused.
    #[error("the pretend channels refused: {0}")]
    Refused(String),
}

/// What a phone came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phone {
    /// The money was taken.
    Paid,
    /// It was not. The phone's code for why.
    Refused(String),
}

/// The channels' books.
#[derive(Debug, Deserialize)]
pub(crate) struct Books {
    trades: Vec<Trade>,
    refunds: Vec<Refund>,
}

#[derive(Debug, Deserialize)]
struct Trade {
    out_trade_no: String,
    paid_fen: i64,
}

#[derive(Debug, Deserialize)]
struct Refund {
    out_trade_no: String,
    amount_fen: i64,
    state: String,
}

impl Books {
    /// What was paid for these, and what of it is back with the payer, fen.
    pub(crate) fn of(&self, pay_ids: &[PayId]) -> (i64, i64) {
        let ours = |number: &str| pay_ids.iter().any(|pay_id| pay_id.as_str() == number);
        let paid = self.trades.iter().filter(|trade| ours(&trade.out_trade_no)).map(|trade| trade.paid_fen);
        let back = self.refunds.iter().filter(|refund| refund.state == "success" && ours(&refund.out_trade_no));
        (paid.fold(0, i64::saturating_add), back.map(|refund| refund.amount_fen).fold(0, i64::saturating_add))
    }
}

/// The faults of each channel, as the pretend channels keep them.
pub(crate) type Faults = BTreeMap<String, Map<String, Value>>;

/// Something that happened there.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Happened {
    pub(crate) seq: u64,
    pub(crate) at_ms: i64,
    pub(crate) what: HappeningKind,
    pub(crate) channel: PayType,
    pub(crate) amount_fen: Option<i64>,
    pub(crate) fault: Option<String>,
}

/// The pretend channels.
#[derive(Clone, Debug)]
pub(crate) struct Channels {
    http: reqwest::Client,
    base: String,
}

impl Channels {
    /// The channels whose origin is `base`.
    pub(crate) fn at(base: &str) -> Result<Channels, ChannelsError> {
        // A proxy of the system cannot reach this machine's own channels.
        let http = reqwest::Client::builder().no_proxy().connect_timeout(CALL_LIMIT).build()?;
        Ok(Channels { http, base: base.trim_end_matches('/').to_owned() })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).timeout(CALL_LIMIT)
    }

    /// The phone of this buyer pays a code.
    pub(crate) async fn pay(&self, code: &str, buyer: &str) -> Result<Phone, ChannelsError> {
        let request = self.request(Method::POST, "/phone/pay").json(&json!({"code": code, "buyer": buyer}));
        let response = request.send().await?;
        if response.status().is_success() {
            return Ok(Phone::Paid);
        }
        let why: Value = response.json().await?;
        Ok(Phone::Refused(why["code"].as_str().unwrap_or("unknown").to_owned()))
    }

    /// What is on, and what has fired.
    pub(crate) async fn faults(&self) -> Result<Faults, ChannelsError> {
        let model: Map<String, Value> = read(self.request(Method::GET, "/faults").send().await?).await?;
        Ok(of_model(model))
    }

    /// Replaces what is on.
    pub(crate) async fn put_faults(&self, faults: &Faults) -> Result<Faults, ChannelsError> {
        let model: Map<String, Value> = read(self.request(Method::PUT, "/faults").json(faults).send().await?).await?;
        Ok(of_model(model))
    }

    /// From now on nothing but this one fault, at this channel.
    pub(crate) async fn only(&self, pay_type: PayType, fault: &str, setting: Value) -> Result<(), ChannelsError> {
        let mut faults = nothing();
        faults.entry(pay_type.as_str().to_owned()).or_default().insert(fault.to_owned(), setting);
        self.put_faults(&faults).await.map(drop)
    }

    /// From now on nothing goes wrong on purpose.
    pub(crate) async fn calm(&self) -> Result<(), ChannelsError> {
        self.put_faults(&nothing()).await.map(drop)
    }

    /// The books.
    pub(crate) async fn books(&self) -> Result<Books, ChannelsError> {
        read(self.request(Method::GET, "/books").send().await?).await
    }

    /// What happened last, the newest first; with `after`, once there is something newer than that, or after a while.
    pub(crate) async fn happenings(&self, after: Option<u64>) -> Result<Vec<Happened>, ChannelsError> {
        #[derive(Deserialize)]
        struct List {
            happenings: Vec<Happened>,
        }
        let after = after.map(|after| ("after", after));
        let request = self.request(Method::GET, "/happenings").query(after.as_slice()).timeout(NEWS_LIMIT);
        let list: List = read(request.send().await?).await?;
        Ok(list.happenings)
    }

    /// The number of what happened last.
    pub(crate) async fn newest(&self) -> Result<u64, ChannelsError> {
        Ok(self.happenings(None).await?.first().map_or(0, |newest| newest.seq))
    }

    /// Returns once a fault has struck so often after that number. There is no end to it but the caller's.
    pub(crate) async fn struck(&self, after: u64, fault: &str, times: usize) -> Result<(), ChannelsError> {
        let is_it = |one: &&Happened| one.seq > after && one.fault.as_deref() == Some(fault);
        let mut happened = self.happenings(None).await?;
        while happened.iter().filter(is_it).count() < times {
            let newest = happened.first().map_or(0, |newest| newest.seq);
            happened = self.happenings(Some(newest)).await?;
        }
        Ok(())
    }
}

/// Nothing is on at either channel.
fn nothing() -> Faults {
    PayType::ALL.iter().map(|channel| (channel.as_str().to_owned(), Map::new())).collect()
}

/// The faults in a model, which also says how fast the clock goes.
fn of_model(model: Map<String, Value>) -> Faults {
    let faults = |value| match value {
        Value::Object(faults) => Some(faults),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    };
    let known = |name: &str| PayType::named(name).is_some();
    model.into_iter().filter(|(name, _)| known(name)).filter_map(|(name, value)| Some((name, faults(value)?))).collect()
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, ChannelsError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response.json().await?);
    }
    let why = response.text().await.unwrap_or_default();
    Err(ChannelsError::Refused(format!("{status}: {}", why.chars().take(200).collect::<String>())))
}
