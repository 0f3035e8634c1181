//! What a client sends to have an order made: ids and a wish, never a price or a name.

use order::{AddressId, GoodsId, OrderId, PayType, RequestId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most pieces in one order.
pub const QUANTITY_MAX: u32 = 999;
/// Longest note to the streamer, characters.
pub const NOTE_MAX_CHARS: usize = 200;

/// The body of `assist_payOrderByThird`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Minted by the client and kept: the same id always gives the same order.
    #[schema(value_type = String, example = "01JBX3K8Q9RSTVWXYZ0123456")]
    pub request_id: RequestId,
    /// The target identifier of the goods.
    #[schema(value_type = String)]
    pub goods_id: GoodsId,
    /// Pieces, 1 to 999.
    pub quantity: u32,
    /// The payment type the viewer chose.
    #[schema(value_type = String, pattern = "^(alipay|wechat)$")]
    pub pay_type: PayType,
    /// The version of the price the viewer saw. If the price has changed since, no order is made.
    pub price_version: i64,
    /// An open order of the viewer to be paid this way: another attempt of the same order, or the code of the attempt it
    /// has. Goods and quantity are the order's; its price stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order_id: Option<OrderId>,
    /// An address of the viewer's book, to send merchandise to. The order keeps a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address_id: Option<AddressId>,
    /// For the streamer, who ships the goods; at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Params {
    /// A new order without an address or a note.
    #[must_use]
    pub fn new(
        request_id: RequestId,
        goods_id: GoodsId,
        quantity: u32,
        pay_type: PayType,
        price_version: i64,
    ) -> Params {
        let (order_id, address_id, note) = (None, None, None);
        Params { request_id, goods_id, quantity, pay_type, price_version, order_id, address_id, note }
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// A sentence that names the field and what it must be.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=QUANTITY_MAX).contains(&self.quantity) {
            return Err(format!("quantity must be 1 to {QUANTITY_MAX}"));
        }
        if self.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_MAX_CHARS) {
            return Err(format!("note must be at most {NOTE_MAX_CHARS} characters"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an app from before address books sends, and what a shop kept of it.
    const BEFORE: &str = concat!(
        r#"{"request_id":"0000000000000000000000000A","goods_id":"g1","quantity":1,"pay_type":"alipay","#,
        r#""price_version":1}"#
    );

    #[test]
    fn params_without_an_address_are_written_as_they_always_were() {
        // A request is compared with what was kept of it, letter by letter.
        let params: Params = serde_json::from_str(BEFORE).unwrap();
        assert_eq!(serde_json::to_string(&params).unwrap(), BEFORE);
    }

    #[test]
    fn an_address_is_named_by_its_id_and_never_written_out() {
        let mut params: Params = serde_json::from_str(BEFORE).unwrap();
        params.address_id = Some(AddressId::new("A1").unwrap());
        let text = serde_json::to_string(&params).unwrap();
        assert_eq!(text, BEFORE.replace('}', r#","address_id":"A1"}"#));
        let written_out = BEFORE.replace('}', r#","address":{"name":"Lin Xia"}}"#);
        assert!(serde_json::from_str::<Params>(&written_out).is_err());
    }
}
