//! Reading the answer of `assist_payOrderByThird`: first the error code, then the type of the data, then ext, field by
//! field. Each check that fails is an error of its own; none is skipped.

use crate::ShopKey;
use crate::error::{ErrorCode, Refusal, RefusalData};
use order::{Fen, GoodsId, OrderId, PayId, PayType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;
use utoipa::ToSchema;

/// The preset value of `error` that means "go on".
pub const NO_ERROR: i64 = 0;
/// The preset kind of the data that carries an order at a third party's payment service.
pub const THIRD_PARTY_ORDER: &str = "third_party_order";
/// How far ext's timestamp may lie from the shop's time when the answer arrives, seconds.
pub const FRESH_WITHIN_S: i64 = 120;

/// What the payment service needs, and what the app checks before it shows a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ext {
    /// The server's time, Unix seconds.
    pub timestamp: i64,
    /// The order.
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// The payment identification: attempt id and merchant order number at the channel.
    #[schema(value_type = String)]
    pub pay_id: PayId,
    /// The merchant at the channel: `seller_id` or `mchid`.
    pub partner_id: String,
    /// The payment type.
    #[schema(value_type = String)]
    pub pay_type: PayType,
    /// The goods.
    #[schema(value_type = String)]
    pub goods_id: GoodsId,
    /// Pieces.
    pub quantity: u32,
    /// What is due, fen.
    #[schema(value_type = i64)]
    pub amount_fen: Fen,
    /// Seconds left to pay, counted from the timestamp.
    pub expires_in_s: i64,
    /// The payment string.
    pub code: String,
    /// The key it is signed with.
    #[serde(default)]
    pub key_id: String,
    /// Ed25519 signature in base64.
    #[serde(default)]
    pub sign: String,
}

/// The data of an answer whose error is 0.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ThirdPartyOrder {
    /// Always `third_party_order`.
    pub kind: String,
    /// The order.
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// What the payment service needs.
    pub ext: Ext,
}

/// What the viewer asked for; the ext must be for exactly this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The goods.
    pub goods_id: GoodsId,
    /// Pieces.
    pub quantity: u32,
    /// The payment type.
    pub pay_type: PayType,
    /// The amount the viewer saw.
    pub amount: Fen,
    /// The order, when another attempt of it was asked for or the request was sent before.
    pub order_id: Option<OrderId>,
}

/// Why an answer without an error must not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFault {
    /// Not an object with `error`, `msg` and `data`, or ext lacks a field.
    #[error("the answer cannot be read")]
    Malformed,
    /// `data` is not of the preset type.
    #[error("the answer's data is not a third-party order")]
    WrongKind,
    /// Ext is not signed by the shop whose key was pinned.
    #[error("the answer is not signed by this shop")]
    BadSignature,
    /// Ext is too old or from the future.
    #[error("the answer is not fresh")]
    Stale,
    /// Ext is for another order than the answer or the request names.
    #[error("the answer is for another order")]
    OtherOrder,
    /// Ext is for other goods.
    #[error("the answer is for other goods")]
    OtherGoods,
    /// Ext is for another number of pieces.
    #[error("the answer is for another quantity")]
    OtherQuantity,
    /// Ext is for another amount than the viewer saw.
    #[error("the answer is for another amount")]
    OtherAmount,
    /// Ext is for another payment type.
    #[error("the answer is for another payment type")]
    OtherType,
    /// The payment string is not one of the chosen channel's.
    #[error("the payment string is not the channel's own")]
    ForeignCode,
    /// The payment string cannot be drawn as a code that reads back the same.
    #[error("the payment string cannot be drawn")]
    UnreadableCode,
}

impl AnswerFault {
    /// Every fault.
    pub const ALL: [AnswerFault; 11] = [
        AnswerFault::Malformed,
        AnswerFault::WrongKind,
        AnswerFault::BadSignature,
        AnswerFault::Stale,
        AnswerFault::OtherOrder,
        AnswerFault::OtherGoods,
        AnswerFault::OtherQuantity,
        AnswerFault::OtherAmount,
        AnswerFault::OtherType,
        AnswerFault::ForeignCode,
        AnswerFault::UnreadableCode,
    ];
}

/// An answer that gives no payment string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    /// The storefront refused.
    #[error("refused: {}", .0.message)]
    Refused(Refusal),
    /// The answer itself is wrong.
    #[error(transparent)]
    Fault(#[from] AnswerFault),
}

/// Reads `error`; 0 leads on to the data.
///
/// # Errors
/// The refusal, or [`AnswerFault::Malformed`].
pub fn data_of(body: &[u8]) -> Result<Map<String, Value>, NotUsable> {
    let answer: Map<String, Value> = serde_json::from_slice(body).map_err(|_| AnswerFault::Malformed)?;
    let data = answer.get("data");
    match answer.get("error").ok_or(AnswerFault::Malformed)? {
        Value::Number(error) if error.as_i64() == Some(NO_ERROR) => match data {
            Some(Value::Object(data)) => Ok(data.clone()),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | None => {
                Err(AnswerFault::WrongKind.into())
            }
        },
        error => {
            let code: ErrorCode = serde_json::from_value(error.clone()).map_err(|_| AnswerFault::Malformed)?;
            let message = answer.get("msg").and_then(Value::as_str).unwrap_or_default().to_owned();
            let data = data.cloned().and_then(|data| serde_json::from_value::<RefusalData>(data).ok());
            Err(NotUsable::Refused(Refusal { code, message, data: Box::new(data.unwrap_or_default()) }))
        }
    }
}

/// Reads and checks a whole answer. `shop_now` is the shop's time now, Unix seconds.
///
/// # Errors
/// The refusal, or the first check that failed.
pub fn read(body: &[u8], key: &ShopKey, shop_now: i64, asked: &Asked) -> Result<Ext, NotUsable> {
    let data = data_of(body)?;
    if data.get("kind").and_then(Value::as_str) != Some(THIRD_PARTY_ORDER) {
        return Err(AnswerFault::WrongKind.into());
    }
    let signed = data.get("ext").and_then(Value::as_object).ok_or(AnswerFault::Malformed)?;
    let ext: Ext = serde_json::from_value(Value::Object(signed.clone())).map_err(|_| AnswerFault::Malformed)?;
    let checks = [
        (key.verifies(signed), AnswerFault::BadSignature),
        (shop_now.abs_diff(ext.timestamp) <= FRESH_WITHIN_S.unsigned_abs(), AnswerFault::Stale),
        (data.get("order_id").and_then(Value::as_str) == Some(ext.order_id.as_str()), AnswerFault::OtherOrder),
        (asked.order_id.as_ref().is_none_or(|order_id| *order_id == ext.order_id), AnswerFault::OtherOrder),
        (ext.goods_id == asked.goods_id, AnswerFault::OtherGoods),
        (ext.quantity == asked.quantity, AnswerFault::OtherQuantity),
        (ext.amount_fen == asked.amount, AnswerFault::OtherAmount),
        (ext.pay_type == asked.pay_type, AnswerFault::OtherType),
    ];
    match checks.into_iter().find(|(holds, _)| !holds) {
        Some((_, fault)) => Err(fault.into()),
        None => Ok(ext),
    }
}

/// Whether a payment string is one that the channel itself hands out: anything else may be a page of a stranger's.
/// Alipay: `alipay.trade.precreate`, `qr_code`. WeChat Pay: Native order, `code_url`.
#[must_use]
pub fn is_channels_own(pay_type: PayType, code: &str) -> bool {
    let prefixes: &[&str] = match pay_type {
        PayType::Alipay => &["https://qr.alipay.com/"],
        PayType::Wechat => &["weixin://wxpay/", "weixin://pay.weixin.qq.com/"],
    };
    prefixes.iter().any(|prefix| code.starts_with(prefix) && code.len() > prefix.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShopSigner;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn asked() -> Asked {
        Asked {
            goods_id: GoodsId::new("teapot").unwrap(),
            quantity: 2,
            pay_type: PayType::Alipay,
            amount: Fen::new(45_600).unwrap(),
            order_id: None,
        }
    }

    fn ext() -> Map<String, Value> {
        let order_id = OrderId::from_bits(9);
        let value = json!({
            "timestamp": NOW, "order_id": order_id, "pay_id": order_id.attempt(1), "partner_id": "2088",
            "pay_type": "alipay", "goods_id": "teapot", "quantity": 2, "amount_fen": 45_600, "expires_in_s": 300,
            "code": "https://qr.alipay.com/bax1",
        });
        value.as_object().unwrap().clone()
    }

    fn answer(signer: &ShopSigner, mut ext: Map<String, Value>) -> Value {
        let order_id = ext["order_id"].clone();
        signer.sign(&mut ext);
        json!({"error": 0, "msg": "ok", "data": {"kind": "third_party_order", "order_id": order_id, "ext": ext}})
    }

    fn fault(signer: &ShopSigner, answer: &Value, asked: &Asked) -> NotUsable {
        read(answer.to_string().as_bytes(), signer.key(), NOW, asked).unwrap_err()
    }

    #[test]
    fn an_answer_for_what_was_asked_gives_the_payment_string() {
        let (signer, _) = ShopSigner::generate().unwrap();
        let ext = read(answer(&signer, ext()).to_string().as_bytes(), signer.key(), NOW, &asked()).unwrap();
        assert_eq!(ext.code, "https://qr.alipay.com/bax1");
    }

    #[test]
    fn error_is_looked_at_before_the_data() {
        let (signer, _) = ShopSigner::generate().unwrap();
        let mut refused = answer(&signer, ext());
        refused["error"] = json!("price_changed");
        refused["msg"] = json!("The price has changed.");
        refused["data"] = json!({"price_fen": 29_800, "price_version": 4});
        let NotUsable::Refused(refusal) = fault(&signer, &refused, &asked()) else { panic!("not a refusal") };
        assert_eq!((refusal.code, refusal.data.price_fen), (ErrorCode::PriceChanged, Some(29_800)));
        for strange in [json!(1), json!("0"), json!(false), json!(null), json!("no_such_code")] {
            refused["error"] = strange;
            assert_eq!(fault(&signer, &refused, &asked()), AnswerFault::Malformed.into());
        }
    }

    #[test]
    fn the_type_of_the_data_is_looked_at_before_ext() {
        let (signer, _) = ShopSigner::generate().unwrap();
        for data in [json!("text"), json!(["list"]), json!(null), json!({"kind": "coupon", "ext": ext()}), json!({})] {
            let mut other = answer(&signer, ext());
            other["data"] = data;
            assert_eq!(fault(&signer, &other, &asked()), AnswerFault::WrongKind.into());
        }
    }

    #[test]
    fn a_forged_ext_is_refused_whatever_field_was_changed() {
        let (signer, _) = ShopSigner::generate().unwrap();
        let honest = answer(&signer, ext());
        let fields: Vec<String> = honest["data"]["ext"].as_object().unwrap().keys().cloned().collect();
        for field in fields {
            let mut forged = honest.clone();
            let value = &mut forged["data"]["ext"][&field];
            *value = match &*value {
                Value::Number(number) => json!(number.as_i64().unwrap() + 1),
                Value::String(_) if field == "pay_type" => json!("wechat"),
                Value::String(text) => json!(format!("{text}1")),
                other => other.clone(),
            };
            assert_eq!(fault(&signer, &forged, &asked()), AnswerFault::BadSignature.into(), "{field}");
            forged["data"]["ext"].as_object_mut().unwrap().remove(&field);
            assert!(matches!(fault(&signer, &forged, &asked()), NotUsable::Fault(_)), "without {field}");
        }
    }

    #[test]
    fn a_well_signed_ext_for_something_else_is_refused_with_what_differs() {
        let (signer, _) = ShopSigner::generate().unwrap();
        for (field, value, expected) in [
            ("timestamp", json!(NOW - 121), AnswerFault::Stale),
            ("timestamp", json!(NOW + 121), AnswerFault::Stale),
            ("timestamp", json!(i64::MIN), AnswerFault::Stale),
            ("goods_id", json!("cup"), AnswerFault::OtherGoods),
            ("quantity", json!(3), AnswerFault::OtherQuantity),
            ("amount_fen", json!(45_601), AnswerFault::OtherAmount),
            ("pay_type", json!("wechat"), AnswerFault::OtherType),
        ] {
            let mut other = ext();
            other.insert(field.into(), value);
            assert_eq!(fault(&signer, &answer(&signer, other), &asked()), expected.into(), "{field}");
        }
        let resumed = Asked { order_id: Some(OrderId::from_bits(10)), ..asked() };
        assert_eq!(fault(&signer, &answer(&signer, ext()), &resumed), AnswerFault::OtherOrder.into());
        let mut crossed = answer(&signer, ext());
        crossed["data"]["order_id"] = json!(OrderId::from_bits(10));
        assert_eq!(fault(&signer, &crossed, &asked()), AnswerFault::OtherOrder.into());
    }

    #[test]
    fn any_bytes_are_an_error_and_never_a_panic() {
        let (signer, _) = ShopSigner::generate().unwrap();
        for body in
            ["", "null", "[]", "{", "{\"error\":0}", "\u{0}", "{\"error\":0,\"data\":{\"kind\":\"third_party_order\"}}"]
        {
            assert!(read(body.as_bytes(), signer.key(), NOW, &asked()).is_err(), "{body}");
        }
    }

    #[test]
    fn only_the_channel_s_own_payment_strings_are_drawn() {
        assert!(is_channels_own(PayType::Alipay, "https://qr.alipay.com/bax0123"));
        assert!(is_channels_own(PayType::Wechat, "weixin://wxpay/bizpayurl?pr=JyC91EIz1"));
        for (pay_type, code) in [
            (PayType::Alipay, "https://qr.alipay.com.evil.example/bax"),
            (PayType::Alipay, "http://qr.alipay.com/bax"),
            (PayType::Alipay, "https://qr.alipay.com/"),
            (PayType::Alipay, "weixin://wxpay/bizpayurl?pr=1"),
            (PayType::Wechat, "https://qr.alipay.com/bax0123"),
            (PayType::Wechat, "https://wxpay.example/"),
        ] {
            assert!(!is_channels_own(pay_type, code), "{code}");
        }
    }
}
