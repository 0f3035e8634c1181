//! One trade from its payment string to its end: precreate, query, close, cancel.

use super::Alipay;
use super::call::Failure;
use crate::{CloseAnswer, Error, Prepay, Refusal, Standing, china_time};
use order::{Fen, PayId, PayType, Payment};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Characters of `subject` (`alipay.trade.precreate`, String(256)).
const SUBJECT_CHARS_MAX: usize = 256;
/// Characters of `notify_url` (common parameters, String(256)).
const NOTIFY_URL_CHARS_MAX: usize = 256;

#[derive(Serialize)]
struct Precreate<'a> {
    out_trade_no: &'a PayId,
    total_amount: String,
    subject: String,
    seller_id: &'a str,
    time_expire: String,
}

#[derive(Deserialize)]
struct Precreated {
    out_trade_no: String,
    qr_code: String,
}

#[derive(Serialize)]
struct Which<'a> {
    out_trade_no: &'a PayId,
}

/// An answer that says nothing but which trade it is about.
#[derive(Deserialize)]
struct About {
    out_trade_no: String,
}

#[derive(Deserialize)]
struct Cancelled {
    out_trade_no: String,
    retry_flag: String,
    #[serde(default)]
    action: String,
}

#[derive(Deserialize)]
struct Queried {
    out_trade_no: String,
    #[serde(default)]
    trade_no: String,
    trade_status: String,
    total_amount: Option<Yuan>,
    buyer_pay_amount: Option<Yuan>,
    receipt_amount: Option<Yuan>,
    #[serde(default)]
    send_pay_date: String,
}

/// An amount in yuan. Alipay documents a price and sends a string; a bare number is read from its own digits, so that
/// it never becomes a floating point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Yuan(pub(super) Fen);

impl<'de> Deserialize<'de> for Yuan {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text = raw.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(raw);
        Fen::from_yuan(text).map(Yuan).map_err(serde::de::Error::custom)
    }
}

/// Refuses an answer about another trade: a mixed-up answer must never settle this one.
pub(super) fn same_trade(asked: &PayId, answered: &str) -> Result<(), Error> {
    if asked.as_str() == answered {
        return Ok(());
    }
    tracing::error!(pay.id = %asked, "Alipay answered about another out_trade_no");
    Err(Error::unknown("the answer is about another out_trade_no"))
}

/// What the payer reads, without the characters the documentation forbids (`/ = &`), control characters and characters
/// outside the basic plane, whose fate at Alipay is not documented.
fn subject(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .filter(|c| c.len_utf8() < 4)
        .map(|c| match c {
            '/' => '／',
            '=' => '＝',
            '&' => '＆',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    let cut: String = cleaned.trim().chars().take(SUBJECT_CHARS_MAX).collect();
    // A name of nothing but emoji must not make an order impossible.
    if cut.is_empty() { "商品".into() } else { cut }
}

impl Alipay {
    pub(super) async fn trade_precreate(&self, request: &Prepay) -> Result<String, Error> {
        // 0.01 to 100,000,000 yuan; the upper end is Fen's own.
        if request.amount == Fen::ZERO {
            return Err(Error::before_sending(Refusal::AmountLimit, "Alipay collects at least 0.01 yuan"));
        }
        if request.notify_url.chars().count() > NOTIFY_URL_CHARS_MAX {
            return Err(Error::ours("public_url", "makes a notice address of more than 256 characters"));
        }
        let time_expire = china_time::plain(request.expires_at_s)
            .ok_or_else(|| Error::ours("parameters", "the deadline is outside the years 0 to 9999"))?;
        let biz_content = Precreate {
            out_trade_no: &request.pay_id,
            total_amount: request.amount.to_yuan(),
            subject: subject(&request.subject),
            seller_id: &self.merchant.partner_id,
            time_expire,
        };
        let answer: Precreated =
            self.call("alipay.trade.precreate", &biz_content, Some(&request.notify_url)).await.map_err(Error::from)?;
        same_trade(&request.pay_id, &answer.out_trade_no)?;
        if answer.qr_code.is_empty() {
            return Err(Error::unknown("the answer has an empty qr_code"));
        }
        Ok(answer.qr_code)
    }

    pub(super) async fn trade_query(&self, pay_id: &PayId) -> Result<Standing, Error> {
        let answer: Queried = match self.call("alipay.trade.query", &Which { out_trade_no: pay_id }, None).await {
            Ok(answer) => answer,
            // The trade comes into being when somebody scans the code; before that this is the regular answer.
            Err(Failure::Business { sub_code, .. }) if sub_code == "ACQ.TRADE_NOT_EXIST" => {
                return Ok(Standing::NoTrade);
            }
            Err(failure) => return Err(failure.into()),
        };
        same_trade(pay_id, &answer.out_trade_no)?;
        match answer.trade_status.as_str() {
            "WAIT_BUYER_PAY" => Ok(Standing::WaitingForBuyer),
            "TRADE_SUCCESS" | "TRADE_FINISHED" => Ok(Standing::Paid(self.payment(pay_id, &answer)?)),
            // Both "never paid" and "paid and given back" read TRADE_CLOSED.
            "TRADE_CLOSED" if answer.shows_payment() => {
                Ok(Standing::ClosedAfterPayment(self.payment(pay_id, &answer)?))
            }
            "TRADE_CLOSED" => Ok(Standing::Closed),
            other => Err(Error::unknown(format!("alipay.trade.query: trade_status {other:?} is not known"))),
        }
    }

    fn payment(&self, pay_id: &PayId, answer: &Queried) -> Result<Payment, Error> {
        let missing = |name: &str| Error::unknown(format!("alipay.trade.query: the answer has no {name}"));
        let Yuan(amount) = answer.total_amount.ok_or_else(|| missing("total_amount"))?;
        if answer.trade_no.is_empty() {
            return Err(missing("trade_no"));
        }
        Ok(Payment {
            pay_id: pay_id.clone(),
            pay_type: PayType::Alipay,
            // The answer names neither seller nor application; it is signed for the application that asked, and the
            // seller is the one our signed precreate named.
            merchant: self.merchant.clone(),
            amount,
            // The product collects CNY only and its answers carry no currency.
            currency: "CNY".into(),
            channel_no: answer.trade_no.clone(),
            // Optional in the documentation. A payment is not to be lost for want of its minute.
            paid_at: china_time::from_plain(&answer.send_pay_date).unwrap_or_else(|| (self.now)()),
        })
    }

    /// Close ends a trade somebody scanned. Before the scan there is no trade to close, but the code can still be paid:
    /// cancel ends that too.
    pub(super) async fn trade_close(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        let closed: Result<About, Failure> =
            self.call("alipay.trade.close", &Which { out_trade_no: pay_id }, None).await;
        match closed {
            Ok(answer) => same_trade(pay_id, &answer.out_trade_no).map(|()| CloseAnswer::Closed),
            Err(Failure::Business { sub_code, why }) => match sub_code.as_str() {
                "ACQ.TRADE_NOT_EXIST" => self.trade_cancel(pay_id).await,
                "ACQ.TRADE_STATUS_ERROR"
                | "ACQ.REASON_TRADE_STATUS_INVALID"
                | "ACQ.REASON_ILLEGAL_STATUS"
                | "ACQ.TRADE_HAS_SUCCESS"
                | "ACQ.TRADE_HAS_FINISHED"
                | "ACQ.TRADE_HAS_CLOSE" => Ok(CloseAnswer::AlreadyPaid),
                _ => Err(Failure::Business { sub_code, why }.into()),
            },
            Err(Failure::Call(error)) => Err(error),
        }
    }

    async fn trade_cancel(&self, pay_id: &PayId) -> Result<CloseAnswer, Error> {
        let answer: Cancelled = match self.call("alipay.trade.cancel", &Which { out_trade_no: pay_id }, None).await {
            Ok(answer) => answer,
            Err(Failure::Business { sub_code, why }) => {
                return match sub_code.as_str() {
                    // Each of these is said of a trade that was paid after all.
                    "ACQ.SELLER_BALANCE_NOT_ENOUGH"
                    | "ACQ.REASON_TRADE_BEEN_FREEZEN"
                    | "ACQ.TRADE_HAS_FINISHED"
                    | "ACQ.REASON_TRADE_REFUND_FEE_ERR" => Ok(CloseAnswer::AlreadyPaid),
                    _ => Err(Failure::Business { sub_code, why }.into()),
                };
            }
            Err(Failure::Call(error)) => return Err(error),
        };
        same_trade(pay_id, &answer.out_trade_no)?;
        match (answer.retry_flag.as_str(), answer.action.as_str()) {
            ("N", "" | "close") => Ok(CloseAnswer::Closed),
            ("N", "refund") => Ok(CloseAnswer::Returned),
            ("Y", _) => Err(Error::unknown("alipay.trade.cancel asks to be called again")),
            (flag, action) => {
                Err(Error::unknown(format!("alipay.trade.cancel: retry_flag {flag:?}, action {action:?} is not known")))
            }
        }
    }
}

impl Queried {
    /// Unpaid trades have no pay date and show their amounts as 0.00.
    fn shows_payment(&self) -> bool {
        let paid = [self.buyer_pay_amount, self.receipt_amount];
        !self.send_pay_date.is_empty() || paid.iter().flatten().any(|Yuan(amount)| *amount > Fen::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_what_alipay_takes() {
        assert_eq!(subject(" 茶壶 a/b=c&d\n\u{1F375}"), "茶壶 a／b＝c＆d");
        assert_eq!(subject("two\nlines"), "two lines");
        assert_eq!(subject(&"茶".repeat(300)).chars().count(), 256);
        for empty in ["", " ", "🍵🍵", "\n"] {
            assert_eq!(subject(empty), "商品", "{empty:?}");
        }
    }

    #[test]
    fn amounts_are_read_from_their_digits() {
        let read = |text: &str| serde_json::from_str::<Yuan>(text).ok().map(|Yuan(amount)| amount.get());
        assert_eq!(read("\"88.88\""), Some(8888));
        assert_eq!(read("88.1"), Some(8810));
        for wrong in ["\"\"", "null", "true", "1e2", "-1", "\"-1.00\"", "88.888", "[]", "\"8\\u0038\""] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
