//! Asynchronous notices: a signed form to the address given at precreate.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::money::yuan;
use super::status;
use crate::books::BooksError;
use crate::clock::china_text;
use crate::courier::{self, Delivery};
use crate::faults::Fault;
use crate::faults::calls::{SignatureFault, notice_signature, probe};
use crate::trade::{Channel, Refund, Trade};
use crate::{Sandbox, form, phone, random};

/// Tells the merchant of the trade's present state; with a refund, of that.
pub(crate) async fn post_status(
    sandbox: &Sandbox,
    books: &mut SqliteConnection,
    trade: &Trade,
    refund: Option<&Refund>,
) -> Result<(), BooksError> {
    if trade.notify_url.is_none() {
        return Ok(());
    }
    let payload = content(sandbox, trade, refund);
    courier::post(sandbox, books, Channel::Alipay, &trade.out_trade_no, trade.notify_url.as_deref(), payload).await
}

/// The fields as an object of texts, without what is added at each delivery.
fn content(sandbox: &Sandbox, trade: &Trade, refund: Option<&Refund>) -> Value {
    let now = sandbox.clock.now_ms();
    let altered = sandbox.faults.fire(Channel::Alipay, Fault::NoticeAmountAltered, "notice").is_some();
    let extra = i64::from(altered);
    let paid = yuan(if trade.paid_fen > 0 { trade.paid_fen + extra } else { 0 });
    let mut fields = json!({
        "gmt_create": china_text(trade.scanned_ms.unwrap_or(trade.ordered_ms)),
        "charset": "utf-8",
        "subject": trade.subject,
        "buyer_id": phone::buyer::user_id(trade.buyer.as_deref()),
        "buyer_logon_id": phone::buyer::logon_id(trade.buyer.as_deref()),
        "invoice_amount": paid,
        "version": "1.0",
        "notify_id": random::alipay_notify_id(now),
        "notify_type": "trade_status_sync",
        "out_trade_no": trade.out_trade_no,
        "total_amount": yuan(trade.amount_fen + extra),
        "trade_status": status(sandbox, trade),
        "trade_no": trade.trade_no,
        "auth_app_id": sandbox.keys.numbers.app_id,
        "receipt_amount": paid,
        "point_amount": "0.00",
        "app_id": sandbox.keys.numbers.app_id,
        "buyer_pay_amount": paid,
        "seller_id": sandbox.keys.numbers.seller_id,
    });
    if let Some(paid_ms) = trade.paid_ms {
        fields["gmt_payment"] = json!(china_text(paid_ms));
        let bill = json!([{"amount": yuan(trade.paid_fen + extra), "fundChannel": "ALIPAYACCOUNT"}]);
        fields["fund_bill_list"] = json!(bill.to_string());
    }
    if let Some(closed_ms) = trade.closed_ms {
        fields["gmt_close"] = json!(china_text(closed_ms));
    }
    if let Some(refund) = refund {
        fields["gmt_refund"] = json!(format!("{}.{:03}", china_text(refund.created_ms), refund.created_ms % 1000));
        fields["refund_fee"] = json!(yuan(trade.refunded_fen));
        fields["out_biz_no"] = json!(refund.number);
    }
    for field in ["body", "passback_params"] {
        if let Some(text) = trade.ordered_text(field) {
            fields[field] = json!(text);
        }
    }
    fields
}

/// Stamps and signs a notice for one delivery. The notice id stays the same; the stamp does not.
pub(crate) fn prepare(sandbox: &Sandbox, payload: &Value) -> Delivery {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for (name, value) in payload.as_object().into_iter().flatten() {
        if let Some(text) = value.as_str() {
            fields.push((name, text.to_owned()));
        }
    }
    fields.push(("notify_time", china_text(sandbox.channel_now_ms(Channel::Alipay))));
    let signature = match notice_signature(sandbox, Channel::Alipay) {
        None => Some(sandbox.keys.alipay.sign(signed_text(&fields).as_bytes())),
        Some(SignatureFault::Wrong) => Some(sandbox.keys.alipay.sign(b"another text")),
        Some(SignatureFault::Probe) => Some(probe()),
        Some(SignatureFault::Missing) => None,
    };
    if let Some(signature) = signature {
        fields.push(("sign_type", "RSA2".to_owned()));
        fields.push(("sign", signature));
    }
    let mut body = String::new();
    for (name, value) in &fields {
        if !body.is_empty() {
            body.push('&');
        }
        form::encode(&mut body, name.as_bytes());
        body.push('=');
        form::encode(&mut body, value.as_bytes());
    }
    Delivery {
        headers: vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
        body: body.into_bytes(),
    }
}

/// All fields but `sign` and `sign_type`, sorted, joined; unlike a request, where `sign_type` takes part.
fn signed_text(fields: &[(&str, String)]) -> String {
    let mut sorted: Vec<_> = fields.iter().filter(|(_, value)| !value.is_empty()).collect();
    sorted.sort();
    sorted.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::rsa::Verifier;

    #[test]
    fn real_notices_verify_over_the_text_the_sandbox_signs() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/vectors/alipay-vectors.json")).expect("the vectors");
        let mut genuine = 0;
        for vector in vectors["notify_verify"].as_array().expect("a list") {
            let params = vector["params"].as_object().expect("parameters");
            // One vector leaves sign_type in, and must not verify.
            let excluded = vector["excluded"].as_array().expect("a list");
            let fields: Vec<(&str, String)> = params
                .iter()
                .filter(|(name, _)| !excluded.iter().any(|one| one == name.as_str()))
                .map(|(name, value)| (name.as_str(), value.as_str().expect("a text").to_owned()))
                .collect();
            let key = STANDARD.decode(vector["public_key"].as_str().expect("a key")).expect("base64");
            let good = Verifier::from_spki(key)
                .verifies(signed_text(&fields).as_bytes(), params["sign"].as_str().expect("a signature"));
            assert_eq!(Some(good), vector["expect"].as_bool(), "{}", vector["id"]);
            genuine += usize::from(good);
        }
        assert!(genuine >= 3, "only {genuine} genuine notices");
    }
}
