//! One trade from its payment string to its end: Native order, query, close.

use super::call::Failure;
use super::{Wechat, code};
use crate::{CloseAnswer, Error, Prepay, Refusal, Standing, china_time};
use order::{Fen, Merchant, PayId, PayType, Payment};
use reqwest::Method;
use serde::{Deserialize, Serialize};

/// Characters of `description` (Native order, string(127)).
const DESCRIPTION_CHARS_MAX: usize = 127;
/// Characters of `notify_url` (Native order, string(255)).
const NOTIFY_URL_CHARS_MAX: usize = 255;
/// WeChat Pay types `amount.total` as `int` and its SDKs read it into 32 bits: 21,474,836.47 yuan.
pub(super) const FEN_MAX: i64 = i32::MAX as i64;

#[derive(Serialize)]
struct Order<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: String,
    out_trade_no: &'a PayId,
    time_expire: String,
    notify_url: &'a str,
    amount: OrderAmount,
}

#[derive(Serialize)]
struct OrderAmount {
    total: Fen,
    currency: &'static str,
}

#[derive(Deserialize)]
struct Ordered {
    code_url: String,
}

/// A transaction, in a query's answer and in a payment notice.
#[derive(Debug, Deserialize)]
pub(super) struct Transaction {
    pub(super) appid: String,
    pub(super) mchid: String,
    pub(super) out_trade_no: String,
    pub(super) trade_state: String,
    #[serde(default)]
    transaction_id: String,
    #[serde(default)]
    success_time: String,
    amount: Option<Amount>,
}

#[derive(Debug, Deserialize)]
struct Amount {
    total: Option<Fen>,
    #[serde(default)]
    currency: String,
}

/// What the payer reads: no control characters, nothing outside the basic plane (WeChat Pay takes UTF-8 of up to three
/// bytes a character), cut to length.
fn description(text: &str) -> String {
    let kept = text.chars().filter(|c| c.len_utf8() < 4).map(|c| if c.is_control() { ' ' } else { c });
    let cut: String = kept.collect::<String>().trim().chars().take(DESCRIPTION_CHARS_MAX).collect();
    // A name of nothing but emoji must not make an order impossible.
    if cut.is_empty() { "商品".into() } else { cut }
}

/// Refuses a notice address WeChat Pay's validator would: parameters, fragments, white space.
pub(super) fn check_notify_url(url: &str) -> Result<(), Error> {
    let refused = |c: char| matches!(c, '?' | '#' | '[' | ']') || c.is_whitespace();
    let is_http = url.starts_with("https://") || url.starts_with("http://");
    if is_http && !url.contains(refused) && url.chars().count() <= NOTIFY_URL_CHARS_MAX {
        return Ok(());
    }
    Err(Error::ours(
        "public_url",
        "makes a notice address WeChat Pay refuses: http(s), no ? # or spaces, 255 characters",
    ))
}

/// Refuses an answer about another trade: a mixed-up answer must never settle this one.
pub(super) fn same_trade(asked: &PayId, answered: &str) -> Result<(), Error> {
    if asked.as_str() == answered {
        return Ok(());
    }
    tracing::error!(pay.id = %asked, "WeChat Pay answered about another out_trade_no");
    Err(Error::unknown("the answer is about another out_trade_no"))
}

impl Transaction {
    /// The payment it reports, or the name of the part that is missing.
    pub(super) fn payment(&self, pay_id: &PayId, now_s: i64) -> Result<Payment, &'static str> {
        let amount = self.amount.as_ref().ok_or("amount")?;
        if amount.currency.is_empty() {
            return Err("amount.currency");
        }
        if self.transaction_id.is_empty() {
            return Err("transaction_id");
        }
        Ok(Payment {
            pay_id: pay_id.clone(),
            pay_type: PayType::Wechat,
            merchant: Merchant { partner_id: self.mchid.clone(), app_id: self.appid.clone() },
            // The order's total; payer_total is less when a coupon of the channel's paid a part.
            amount: amount.total.ok_or("amount.total")?,
            currency: amount.currency.clone(),
            channel_no: self.transaction_id.clone(),
            // Optional in the documentation. A payment is not to be lost for want of its minute.
            paid_at: china_time::from_rfc3339(&self.success_time).unwrap_or(now_s),
        })
    }
}

impl Wechat {
    pub(super) async fn native_order(&self, request: &Prepay) -> Result<String, Error> {
        if request.amount == Fen::ZERO || request.amount.get() > FEN_MAX {
            return Err(Error::before_sending(Refusal::AmountLimit, "WeChat Pay collects 0.01 to 21,474,836.47 yuan"));
        }
        check_notify_url(&request.notify_url)?;
        let time_expire = china_time::rfc3339(request.expires_at_s)
            .ok_or_else(|| Error::ours("parameters", "the deadline is outside the years 0 to 9999"))?;
        let order = Order {
            appid: &self.merchant.app_id,
            mchid: &self.merchant.partner_id,
            description: description(&request.subject),
            out_trade_no: &request.pay_id,
            time_expire,
            notify_url: &request.notify_url,
            amount: OrderAmount { total: request.amount, currency: "CNY" },
        };
        let answer: Ordered =
            self.call(Method::POST, "/v3/pay/transactions/native", Some(json(&order)?)).await.map_err(Error::from)?;
        if answer.code_url.is_empty() {
            return Err(Error::unknown("the answer has an empty code_url"));
        }
        Ok(answer.code_url)
    }

    pub(super) async fn order_query(&self, pay_id: &PayId) -> Result<Standing, Error> {
        let Some(answer) = self.transaction(&format!("out-trade-no/{pay_id}")).await? else {
            return Ok(Standing::NoTrade);
        };
        same_trade(pay_id, &answer.out_trade_no)?;
        self.standing(&answer, pay_id)
    }

    /// Asks about a paid order by WeChat Pay's own number, which a bill or a viewer's receipt names (query of an order by
    /// `transaction_id`). Also says which merchant order number it was filed under; `None` when there is no such number.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Ours`] when the text is no transaction id.
    pub async fn query_transaction(&self, transaction_id: &str) -> Result<Option<(PayId, Standing)>, Error> {
        if !(1..=32).contains(&transaction_id.len()) || !transaction_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::ours("parameters", "a transaction id is up to 32 digits"));
        }
        let Some(answer) = self.transaction(&format!("id/{transaction_id}")).await? else { return Ok(None) };
        if answer.transaction_id != transaction_id {
            return Err(Error::unknown("the answer is about another transaction"));
        }
        let not_ours = |_| Error::unknown("the answer's merchant order number is none of ours");
        let pay_id = PayId::new(answer.out_trade_no.clone()).map_err(not_ours)?;
        let standing = self.standing(&answer, &pay_id)?;
        Ok(Some((pay_id, standing)))
    }

    /// The order that `number` names, or `None` on signed word that there is none.
    async fn transaction(&self, number: &str) -> Result<Option<Transaction>, Error> {
        let target = format!("/v3/pay/transactions/{number}?mchid={}", self.merchant.partner_id);
        match self.call(Method::GET, &target, None).await {
            Ok(answer) => Ok(Some(answer)),
            // "There is no such order" is evidence, and evidence is signed.
            Err(Failure::Refused { status: 404, problem, proven: true, .. }) if code::is_not_found(&problem.code) => {
                Ok(None)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    fn standing(&self, answer: &Transaction, pay_id: &PayId) -> Result<Standing, Error> {
        match answer.trade_state.as_str() {
            state @ ("SUCCESS" | "REFUND") => {
                let missing = |part| Error::unknown(format!("the answer has no {part}"));
                let payment = answer.payment(pay_id, (self.now)()).map_err(missing)?;
                Ok(if state == "REFUND" { Standing::SomeReturned(payment) } else { Standing::Paid(payment) })
            }
            "NOTPAY" => Ok(Standing::NotPaid),
            "CLOSED" => Ok(Standing::Closed),
            other => Err(Error::unknown(format!("trade_state {other:?} does not occur in Native pay"))),
        }
    }

    pub(super) async fn order_close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        #[derive(Serialize)]
        struct Close<'a> {
            mchid: &'a str,
        }
        let target = format!("/v3/pay/transactions/out-trade-no/{pay_id}/close");
        let body = json(&Close { mchid: &self.merchant.partner_id })?;
        match self.call_raw(Method::POST, &target, Some(body)).await {
            Ok(reply) if reply.status == 204 => Ok(CloseAnswer::Closed),
            Ok(reply) => Err(Error::unknown(format!("{target}: HTTP status {}", reply.status))),
            Err(failure) => match Error::from(failure) {
                Error::Refused { refusal: Refusal::AlreadyPaid, .. } => Ok(CloseAnswer::AlreadyPaid),
                error => Err(error),
            },
        }
    }
}

/// The request's body: the same arguments give the same bytes, which the channel compares when an order is repeated.
pub(super) fn json(body: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(body).map_err(|error| Error::ours("parameters", format!("cannot write the request: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_what_wechat_pay_takes() {
        assert_eq!(description(" 茶壶 a/b\tc\u{1F375} "), "茶壶 a/b c");
        assert_eq!(description(&"茶".repeat(300)).chars().count(), 127);
        for empty in ["", " ", "🍵🍵", "\n"] {
            assert_eq!(description(empty), "商品", "{empty:?}");
        }
    }
}
