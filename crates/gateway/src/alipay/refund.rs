//! Money going back: refund and its query.

use super::Alipay;
use super::call::Failure;
use super::trade::{Yuan, same_trade};
use crate::{Error, Refund, RefundStanding, Refusal};
use order::{Fen, PayId, RefundId};
use serde::{Deserialize, Serialize};

/// Characters of `refund_reason` (`alipay.trade.refund`, String(256)).
const REASON_CHARS_MAX: usize = 256;

#[derive(Serialize)]
struct Ask<'a> {
    out_trade_no: &'a PayId,
    refund_amount: String,
    out_request_no: &'a RefundId,
    #[serde(skip_serializing_if = "String::is_empty")]
    refund_reason: String,
}

#[derive(Deserialize)]
struct Asked {
    out_trade_no: String,
    #[serde(default)]
    fund_change: String,
}

#[derive(Serialize)]
struct Which<'a> {
    out_trade_no: &'a PayId,
    out_request_no: &'a RefundId,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    out_trade_no: String,
    #[serde(default)]
    out_request_no: String,
    refund_amount: Option<Yuan>,
    #[serde(default)]
    refund_status: String,
}

impl Alipay {
    pub(super) async fn trade_refund(&self, request: &Refund) -> Result<RefundStanding, Error> {
        if request.amount == Fen::ZERO {
            return Err(Error::before_sending(Refusal::AmountLimit, "Alipay returns at least 0.01 yuan"));
        }
        if request.amount > request.total {
            return Err(Error::before_sending(Refusal::RefundTooMuch, "more than the attempt was paid with"));
        }
        let biz_content = Ask {
            out_trade_no: &request.pay_id,
            refund_amount: request.amount.to_yuan(),
            out_request_no: &request.refund_id,
            refund_reason: request.reason.chars().filter(|c| c.len_utf8() < 4).take(REASON_CHARS_MAX).collect(),
        };
        let answer: Asked = self.call("alipay.trade.refund", &biz_content, None).await.map_err(Error::from)?;
        same_trade(&request.pay_id, &answer.out_trade_no)?;
        if answer.fund_change == "Y" {
            return Ok(RefundStanding::Done);
        }
        // This call moved no money: an earlier one did, or it has not moved yet.
        match self.trade_refund_query(&request.pay_id, &request.refund_id, Some(request.amount)).await? {
            RefundStanding::NotFound => Ok(RefundStanding::Processing),
            standing @ (RefundStanding::Processing
            | RefundStanding::Done
            | RefundStanding::Abnormal
            | RefundStanding::Closed) => Ok(standing),
        }
    }

    /// `amount`, when given, is what the refund must be of.
    pub(super) async fn trade_refund_query(
        &self,
        pay_id: &PayId,
        refund_id: &RefundId,
        amount: Option<Fen>,
    ) -> Result<RefundStanding, Error> {
        let which = Which { out_trade_no: pay_id, out_request_no: refund_id };
        let answer: Found = match self.call("alipay.trade.fastpay.refund.query", &which, None).await {
            Ok(answer) => answer,
            Err(Failure::Business { sub_code, .. })
                if sub_code == "ACQ.TRADE_NOT_EXIST" || sub_code == "TRADE_NOT_EXIST" =>
            {
                return Ok(RefundStanding::NotFound);
            }
            Err(failure) => return Err(failure.into()),
        };
        match (answer.refund_status.as_str(), answer.refund_amount) {
            // Some answers about an unknown refund carry no data at all, not even the numbers that were asked for.
            ("", None) => Ok(RefundStanding::NotFound),
            // Very old answers showed an amount without a status. The documentation of today counts the status alone.
            ("", Some(_)) => Ok(RefundStanding::Processing),
            ("REFUND_SUCCESS", found) => {
                same_trade(pay_id, &answer.out_trade_no)?;
                if answer.out_request_no != refund_id.as_str() {
                    return Err(Error::unknown("the answer is about another out_request_no"));
                }
                match (amount, found) {
                    (Some(wanted), Some(Yuan(found))) if wanted != found => {
                        Err(Error::unknown("the refund under this out_request_no is of another amount"))
                    }
                    (Some(_), Some(_)) | (None, _) => Ok(RefundStanding::Done),
                    (Some(_), None) => Err(Error::unknown("the answer has no refund_amount")),
                }
            }
            (status, _) => Err(Error::unknown(format!("refund_status {status:?} is not known"))),
        }
    }
}
