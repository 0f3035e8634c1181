//! Money going back: refund and its query.

use super::call::Failure;
use super::trade::{FEN_MAX, check_notify_url, json, same_trade};
use super::{Wechat, code};
use crate::{Error, Refund, RefundStanding, Refusal};
use order::{Fen, PayId, RefundId};
use reqwest::Method;
use serde::{Deserialize, Serialize};

/// Characters of `reason` (refund, string(80)).
const REASON_CHARS_MAX: usize = 80;

#[derive(Serialize)]
struct Ask<'a> {
    out_trade_no: &'a PayId,
    out_refund_no: &'a RefundId,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    notify_url: &'a str,
    amount: AskAmount,
}

#[derive(Serialize)]
struct AskAmount {
    refund: Fen,
    total: Fen,
    currency: &'static str,
}

#[derive(Deserialize)]
struct Refunded {
    out_trade_no: String,
    out_refund_no: String,
    status: String,
    amount: RefundedAmount,
}

#[derive(Deserialize)]
struct RefundedAmount {
    refund: Fen,
}

impl Wechat {
    pub(super) async fn domestic_refund(&self, request: &Refund) -> Result<RefundStanding, Error> {
        if request.amount == Fen::ZERO || request.total.get() > FEN_MAX {
            return Err(Error::before_sending(Refusal::AmountLimit, "WeChat Pay returns 0.01 to 21,474,836.47 yuan"));
        }
        if request.amount > request.total {
            return Err(Error::before_sending(Refusal::RefundTooMuch, "more than the attempt was paid with"));
        }
        check_notify_url(&request.notify_url)?;
        let ask = Ask {
            out_trade_no: &request.pay_id,
            out_refund_no: &request.refund_id,
            reason: request.reason.chars().filter(|c| c.len_utf8() < 4).take(REASON_CHARS_MAX).collect(),
            // Without it a console-configured address would get notices of the old API, in XML.
            notify_url: &request.notify_url,
            amount: AskAmount { refund: request.amount, total: request.total, currency: "CNY" },
        };
        let body = json(&ask)?;
        let answer: Refunded =
            self.call(Method::POST, "/v3/refund/domestic/refunds", Some(body)).await.map_err(Error::from)?;
        if answer.amount.refund != request.amount {
            return Err(Error::unknown("the refund under this out_refund_no is of another amount"));
        }
        answer.standing(&request.pay_id, &request.refund_id)
    }

    pub(super) async fn domestic_refund_query(
        &self,
        pay_id: &PayId,
        refund_id: &RefundId,
    ) -> Result<RefundStanding, Error> {
        let target = format!("/v3/refund/domestic/refunds/{refund_id}");
        match self.call::<Refunded>(Method::GET, &target, None).await {
            Ok(answer) => answer.standing(pay_id, refund_id),
            Err(Failure::Refused { status: 404, problem, proven: true, .. }) if code::is_not_found(&problem.code) => {
                Ok(RefundStanding::NotFound)
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

impl Refunded {
    fn standing(&self, pay_id: &PayId, refund_id: &RefundId) -> Result<RefundStanding, Error> {
        same_trade(pay_id, &self.out_trade_no)?;
        if self.out_refund_no != refund_id.as_str() {
            return Err(Error::unknown("the answer is about another out_refund_no"));
        }
        match self.status.as_str() {
            "PROCESSING" => Ok(RefundStanding::Processing),
            "SUCCESS" => Ok(RefundStanding::Done),
            "ABNORMAL" => Ok(RefundStanding::Abnormal),
            "CLOSED" => Ok(RefundStanding::Closed),
            other => Err(Error::unknown(format!("refund status {other:?} is not known"))),
        }
    }
}
