//! Notices: a JSON envelope whose resource is sealed with the APIv3 key, signed anew for each delivery.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::answer::signature_headers;
use super::order::transaction;
use super::refund::noticed;
use super::seal::sealed;
use crate::books::BooksError;
use crate::clock::rfc3339;
use crate::courier::{self, Delivery};
use crate::faults::Fault;
use crate::faults::calls::notice_signature;
use crate::trade::{Channel, Refund, RefundState, Trade};
use crate::{Sandbox, random};

/// Tells the merchant that an order was paid. Nothing else about a payment is ever told.
pub(crate) async fn post_payment(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    trade: &Trade,
) -> Result<(), BooksError> {
    let content = transaction(sandbox, trade, altered_by(sandbox));
    let payload = envelope(sandbox, "TRANSACTION.SUCCESS", "支付成功", "transaction", &content);
    courier::post(sandbox, books, Channel::Wechat, &trade.out_trade_no, trade.notify_url.as_deref(), payload).await
}

/// Tells the merchant how a refund ended.
pub(super) async fn post_refund(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    trade: &Trade,
    refund: &Refund,
) -> Result<(), BooksError> {
    if refund.notify_url.is_none() {
        return Ok(());
    }
    let (event, summary) = match refund.state {
        RefundState::Processing | RefundState::Success => ("REFUND.SUCCESS", "退款成功"),
        RefundState::Abnormal => ("REFUND.ABNORMAL", "退款异常"),
    };
    let content = noticed(sandbox, trade, refund, altered_by(sandbox));
    let payload = envelope(sandbox, event, summary, "refund", &content);
    courier::post(sandbox, books, Channel::Wechat, &trade.out_trade_no, refund.notify_url.as_deref(), payload).await
}

fn altered_by(sandbox: &Sandbox) -> i64 {
    i64::from(sandbox.faults.fire(Channel::Wechat, Fault::NoticeAmountAltered, "notice").is_some())
}

fn envelope(sandbox: &Sandbox, event: &str, summary: &str, kind: &str, content: &Value) -> Value {
    let mut resource = sealed(&sandbox.keys.numbers.apiv3_key, kind, &content.to_string());
    resource["original_type"] = json!(kind);
    json!({
        "id": random::uuid(),
        "create_time": rfc3339(sandbox.channel_now_ms(Channel::Wechat)),
        "resource_type": "encrypt-resource",
        "event_type": event,
        "summary": summary,
        "resource": resource,
    })
}

/// Signs a notice for one delivery: same id and body, fresh timestamp, nonce and signature.
pub(crate) fn prepare(sandbox: &Sandbox, payload: &Value) -> Delivery {
    let body = payload.to_string();
    let fault = notice_signature(sandbox, Channel::Wechat);
    let mut headers = signature_headers(sandbox, "notice", &body, fault);
    headers.push(("content-type", "application/json".to_owned()));
    headers.push(("user-agent", "Mozilla/4.0".to_owned()));
    Delivery { headers, body: body.into_bytes() }
}
