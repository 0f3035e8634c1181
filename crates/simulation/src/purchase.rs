//! A viewer's purchase: what the app remembers of it, what the viewer does, and what the app checks in every answer.

use crate::channel::merchant;
use crate::failure::{Failure, broken};
use crate::house::Item;
use api::{Params, ShopKey};
use order::state::OrderState;
use order::{OrderId, PayId, PayType, RequestId, ViewerId};
use serde_json::Value;
use storefront::store::Placed;

/// What a viewer does once a code is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A phone scans the code.
    Scan,
    /// A phone pays it.
    Pay,
    /// A phone pays it at the moment the next close call arrives at its channel.
    PayAtClose,
    /// Asks for the order to end.
    Cancel,
    /// Says that they paid.
    Ask,
    /// Sends the same request again.
    Repeat,
    /// Chooses another way to pay.
    Switch(PayType),
}

/// One request for an order, and what came of it.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Whose it is.
    pub viewer: ViewerId,
    /// What the app sends, each time the same.
    pub params: Params,
    /// What one piece cost at the version of the params, fen.
    pub price: i64,
    /// What the viewer does after the code came: seconds after it.
    pub acts: Vec<(i64, Act)>,
    /// What the viewer does after the code of another way to pay came.
    pub then: Vec<(i64, Act)>,
    /// What the storefront said it placed.
    pub placed: Option<(OrderId, PayId)>,
    /// The code it answered with.
    pub code: Option<String>,
    /// How often it was sent.
    pub sent: u32,
}

/// What an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A code to be shown, for the first time.
    Code,
    /// Nothing new.
    Same,
    /// A code that is not to be shown.
    Hidden,
}

impl Purchase {
    /// A purchase that was not sent yet. `price` is that of the item now.
    ///
    /// # Errors
    /// [`Failure::Row`] when the number makes no request id, which it always does.
    pub fn new(viewer: ViewerId, number: usize, item: &Item, pay_type: PayType) -> Result<Purchase, Failure> {
        let request_id = RequestId::new(format!("request-{number:010}"));
        let params = Params::new(
            request_id.map_err(|error| Failure::Row(error.to_string()))?,
            item.goods_id.clone(),
            1,
            pay_type,
            item.version,
        );
        let (acts, then) = (Vec::new(), Vec::new());
        Ok(Purchase { viewer, params, price: item.price, acts, then, placed: None, code: None, sent: 0 })
    }

    /// The storefront said what it placed. It must say the same for ever.
    ///
    /// # Errors
    /// [`Failure::Violation`].
    pub fn take_placed(&mut self, placed: &Placed) -> Result<(), Failure> {
        let now = (placed.order_id.clone(), placed.pay_id.clone());
        if self.placed.as_ref().is_some_and(|before| *before != now) {
            return broken(format!("the request {} gave {:?}, now {now:?}", self.params.request_id, self.placed));
        }
        if self.params.order_id.as_ref().is_some_and(|order_id| *order_id != now.0) {
            return broken(format!("{} asked for {:?} and got {now:?}", self.params.request_id, self.params.order_id));
        }
        self.placed = Some(now);
        Ok(())
    }

    /// Reads an answer as the app does, and holds it against what was asked. `state` is where the order stood.
    ///
    /// # Errors
    /// [`Failure::Violation`].
    pub fn take_answer(&mut self, answer: &Value, key: &ShopKey, state: OrderState) -> Result<Heard, Failure> {
        let ext = answer.get("ext").and_then(Value::as_object).filter(|ext| key.verifies(ext));
        let Some(ext) = ext else { return broken(format!("an answer that does not verify: {answer}")) };
        let text = |name: &str| ext.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &str| ext.get(name).and_then(Value::as_i64).unwrap_or(-1);
        let Some((order_id, pay_id)) = &self.placed else { return broken("an answer to nothing") };
        let params = &self.params;
        let right = text("order_id") == order_id.as_str()
            && text("pay_id") == pay_id.as_str()
            && text("pay_type") == params.pay_type.as_str()
            && text("partner_id") == merchant(params.pay_type).partner_id
            && text("goods_id") == params.goods_id.as_str()
            && number("quantity") == i64::from(params.quantity)
            && number("amount_fen") == self.price.saturating_mul(i64::from(params.quantity));
        if !right {
            return broken(format!("{answer} does not answer {params:?} at {} fen", self.price));
        }
        let left = number("expires_in_s");
        if left != 0 && state != OrderState::AwaitingPayment {
            return broken(format!("the code of {order_id} is shown for {left} s while it is {state:?}"));
        }
        let code = text("code").to_owned();
        let first = self.code.is_none();
        if self.code.as_ref().is_some_and(|before| *before != code) {
            return broken(format!("{pay_id} had the code {:?}, now {code}", self.code));
        }
        self.code = Some(code);
        Ok(match (first, left > 0) {
            (true, true) => Heard::Code,
            (true, false) => Heard::Hidden,
            (false, _) => Heard::Same,
        })
    }
}
