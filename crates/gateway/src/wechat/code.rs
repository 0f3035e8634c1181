//! What WeChat Pay's error codes ask of a merchant (APIv3, "status and error codes", and the codes of each interface).
//!
//! Status and `code` decide. Only `INVALID_REQUEST` must also be read, since it carries several meanings. New codes
//! appear at any time: the table ends in an arm for the rest.

use super::call::Problem;
use crate::{Error, Refusal};

/// How much of WeChat Pay's words is kept.
const WORDS_MAX: usize = 200;

/// Sorts an error answer.
pub(super) fn classify(status: u16, problem: Problem, retry_after_s: u32) -> Error {
    let Problem { code, message } = problem;
    let words: String = message.chars().take(WORDS_MAX).collect();
    let why = format!("HTTP {status} {code} {words}");
    let refusal = match (status, code.as_str()) {
        (429, _) | (_, "FREQUENCY_LIMITED" | "RATELIMIT_EXCEEDED") => return Error::Busy { retry_after_s },
        (500.., _) | (_, "" | "SYSTEM_ERROR" | "SYSTEMERROR" | "SERVICE_UNAVAILABLE") => return Error::unknown(why),
        (..=399, _) => return Error::unknown(why),
        (401, _) | (_, "SIGN_ERROR") => return signature_refused(&message, why),
        (_, "PARAM_ERROR") => return Error::ours("parameters", why),
        (_, "APPID_MCHID_NOT_MATCH") => return Error::ours("wechat.appid", why),
        (_, "MCH_NOT_EXISTS") => return Error::ours("wechat.mchid", why),
        (_, "NO_AUTH" | "NOAUTH") => {
            return Error::ours("wechat.mchid", format!("{why}: enable the product in the console"));
        }
        (_, "ORDERPAID" | "ORDER_PAID") => Refusal::AlreadyPaid,
        (_, "ORDER_CLOSED" | "ORDERCLOSED") => Refusal::AlreadyClosed,
        (_, "OUT_TRADE_NO_USED") => Refusal::NumberUsed,
        (_, "INVALID_REQUEST") => invalid_request(&message),
        (_, "RULE_LIMIT" | "RULELIMIT") => Refusal::SellerLimit,
        (_, "NOT_ENOUGH" | "NOTENOUGH") => Refusal::NotEnoughBalance,
        (_, "USER_ACCOUNT_ABNORMAL") => Refusal::BuyerOrAccount,
        (_, "REFUND_FEE_MISMATCH") => Refusal::RefundTooMuch,
        (_, "TRADE_OVERDUE") => Refusal::RefundPeriodOver,
        (404, code) if is_not_found(code) => Refusal::NotPaid,
        (_, _) => Refusal::Other,
    };
    Error::Refused { refusal, code, why }
}

/// The codes of an order or refund that is not there.
pub(super) fn is_not_found(code: &str) -> bool {
    matches!(code, "ORDER_NOT_EXIST" | "ORDER_NOT_EXISTS" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS")
}

/// The meanings of `INVALID_REQUEST` that have been seen, by the words that tell them apart.
pub(super) fn invalid_request(message: &str) -> Refusal {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["已支付"]) {
        Refusal::AlreadyPaid
    } else if says(&["已关闭", "已关单"]) {
        Refusal::AlreadyClosed
    } else if says(&["重入", "重复", "不一致"]) {
        Refusal::NumberUsed
    } else if says(&["超过可退款", "退款金额超过", "退款金额大于"]) {
        Refusal::RefundTooMuch
    } else if says(&["可退款的最大期限", "退款期限"]) {
        Refusal::RefundPeriodOver
    } else {
        Refusal::Other
    }
}

fn signature_refused(message: &str, why: String) -> Error {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let setting = if says(&["timestamp", "时间"]) {
        "clock"
    } else if says(&["序列号", "证书"]) {
        "wechat.merchant_serial"
    } else if says(&["APIv3"]) {
        "wechat.apiv3_key"
    } else {
        "wechat.merchant_private_key"
    };
    Error::ours(setting, why)
}
