//! What Alipay's codes ask of a merchant (open platform, "common error codes", and the error codes of each method).
//!
//! Codes are matched as exact strings, and new ones appear at any time: each table ends in an arm for the rest.

use super::answer::Head;
use super::call::Failure;
use crate::{Error, Refusal};

/// `code` of a call that was accepted and processed.
pub(super) const DONE: &str = "10000";

/// How much of Alipay's words is kept. `sub_msg` of a wrong signature repeats the whole signed text.
const WORDS_MAX: usize = 200;

/// Sorts an answer that is not a verified success.
pub(super) fn failure(method: &str, head: Head, signed: bool) -> Failure {
    let Head { code, sub_code, sub_msg } = head;
    let words: String = sub_msg.chars().take(WORDS_MAX).collect();
    let why = format!("{method}: {code} {sub_code} {words}");
    match code.as_str() {
        "40005" => Failure::Call(Error::Busy { retry_after_s: 1 }),
        // Alipay cannot sign when it does not know who asks, so these are believed unsigned: they change no money.
        "20001" | "40001" | "40002" | "40003" | "40006" => Failure::Call(ours(&sub_code, why)),
        // A business answer is evidence, and evidence is signed.
        "40004" if signed => Failure::Business { sub_code, why },
        _ if signed => Failure::Call(Error::unknown(why)),
        _ => Failure::Call(Error::unknown(format!("{why} (unsigned)"))),
    }
}

fn ours(sub_code: &str, why: String) -> Error {
    let (setting, why) = match sub_code {
        "isv.invalid-app-id" | "isv.missing-app-id" => ("alipay.app_id", why),
        "isv.invalid-signature" | "isv.missing-signature" | "isv.missing-signature-key" => (
            "alipay.app_private_key",
            format!(
                "Alipay finds our signature wrong ({sub_code}): the key's public half must be the one uploaded there"
            ),
        ),
        "isv.invalid-timestamp" => ("clock", why),
        code if code.contains("permission") || code.contains("auth") || code.contains("product") => {
            ("alipay.app_id", format!("{why}: the product is not signed for, or not added to this application"))
        }
        _ => ("parameters", why),
    };
    Error::ours(setting, why)
}

/// Whether a `sub_code` says that the system failed, so that the outcome is unknown. `AQC` is Alipay's own misspelling.
fn is_system(sub_code: &str) -> bool {
    sub_code.ends_with("SYSTEM_ERROR") || sub_code.contains("UNKNOW")
}

/// Sorts a business refusal (`code` 40004) that the method itself gave no other meaning.
pub(super) fn refused(sub_code: String, why: String) -> Error {
    if is_system(&sub_code) {
        return Error::unknown(why);
    }
    let name = sub_code.strip_prefix("ACQ.").unwrap_or(&sub_code);
    let refusal = match name {
        "INVALID_PARAMETER" | "INVAILID_ARGUMENTS" | "TYPE_NOT_SUPPORTED" => return Error::ours("parameters", why),
        "ACCESS_FORBIDDEN" | "PARTNER_ERROR" => return Error::ours("alipay.app_id", why),
        "TRADE_HAS_SUCCESS" => Refusal::AlreadyPaid,
        "TRADE_HAS_CLOSE" => Refusal::AlreadyClosed,
        "CONTEXT_INCONSISTENT" | "DISCORDANT_REPEAT_REQUEST" => Refusal::NumberUsed,
        "TOTAL_FEE_EXCEED" => Refusal::AmountLimit,
        "EXIST_FORBIDDEN_WORD" => Refusal::TextNotAllowed,
        "SELLER_BALANCE_NOT_ENOUGH" => Refusal::NotEnoughBalance,
        "REFUND_AMT_NOT_EQUAL_TOTAL" | "REFUND_FEE_ERROR" => Refusal::RefundTooMuch,
        "TRADE_HAS_FINISHED" | "TRADE_CANCEL_TIME_OUT" => Refusal::RefundPeriodOver,
        "TRADE_NOT_EXIST" | "TRADE_STATUS_ERROR" | "REASON_TRADE_STATUS_INVALID" | "REASON_ILLEGAL_STATUS" => {
            Refusal::NotPaid
        }
        "TRADE_BUYER_NOT_MATCH" | "ERROR_BUYER_CERTIFY_LEVEL_LIMIT" | "USER_NOT_MATCH_ERR" => Refusal::BuyerOrAccount,
        "INVALID_RECEIVE_ACCOUNT" => Refusal::SellerLimit,
        _ if name.starts_with("BUYER_") => Refusal::BuyerOrAccount,
        _ if ["BEYOND_", "MERCHANT_", "SELLER_"].iter().any(|start| name.starts_with(start)) => Refusal::SellerLimit,
        _ => Refusal::Other,
    };
    Error::Refused { refusal, code: sub_code, why }
}
