//! What a channel has proved: the facts that a signed answer to our own query carries.

use crate::{Fen, PayId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The payment type the viewer chose, which is also the channel that collects the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayType {
    /// Alipay, scan to pay (`alipay.trade.precreate`).
    Alipay,
    /// WeChat Pay, Native (`/v3/pay/transactions/native`).
    Wechat,
}

impl PayType {
    /// Every payment type.
    pub const ALL: [PayType; 2] = [PayType::Alipay, PayType::Wechat];

    /// The name in params, ext and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            PayType::Alipay => "alipay",
            PayType::Wechat => "wechat",
        }
    }

    /// The payment type of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<PayType> {
        PayType::ALL.into_iter().find(|pay_type| pay_type.as_str() == name)
    }
}

impl fmt::Display for PayType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The merchant a payment went to, in the channel's own numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// `seller_id` at Alipay, `mchid` at WeChat Pay: `partner_id` in ext.
    pub partner_id: String,
    /// `app_id` at Alipay, `appid` at WeChat Pay.
    pub app_id: String,
}

/// Money that arrived for one attempt, as the channel's signed answer states it. Only the gateway makes one, and only
/// from an answer whose signature it verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Merchant order number the channel filed the money under.
    pub pay_id: PayId,
    /// The channel.
    pub pay_type: PayType,
    /// Who received it. A part that the channel's answer does not carry is filled by the gateway from the request
    /// that was signed, never left empty.
    pub merchant: Merchant,
    /// The order total the payer paid (`total_amount`, `amount.total`), before the channel's own coupons.
    pub amount: Fen,
    /// ISO 4217 code; both channels collect `CNY` only.
    pub currency: String,
    /// The channel's own number: `trade_no`, `transaction_id`.
    pub channel_no: String,
    /// When the channel booked it, Unix seconds.
    pub paid_at: i64,
}

/// What an attempt must have collected to count as paid (rule E: every field equal).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The attempt.
    pub pay_id: PayId,
    /// Its channel.
    pub pay_type: PayType,
    /// The merchant the attempt was made for.
    pub merchant: Merchant,
    /// The amount of the order's snapshot.
    pub amount: Fen,
}

/// A field of a payment that differs from what was expected. The attempt is quarantined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// Another merchant order number.
    #[error("the payment is for another merchant order number")]
    PayId,
    /// Another channel.
    #[error("the payment came through another channel")]
    PayType,
    /// Another seller or merchant number.
    #[error("the payment went to another merchant")]
    Partner,
    /// Another application.
    #[error("the payment was made for another app id")]
    App,
    /// More or less than the order's amount.
    #[error("the amount paid is not the amount of the order")]
    Amount,
    /// Not CNY.
    #[error("the payment is in another currency")]
    Currency,
    /// Some of it had gone back before we knew of it.
    #[error("some or all of the payment had been returned at the channel before it was heard of")]
    Returned,
}

impl Expected {
    /// Whether the payment, though it may differ in amount, came to us for this attempt: then it can be sent back.
    #[must_use]
    pub fn is_ours(&self, payment: &Payment) -> bool {
        matches!(self.compare(payment), Ok(()) | Err(Mismatch::Amount))
            && payment.currency == "CNY"
            && payment.amount != Fen::ZERO
    }

    /// Compares every field.
    ///
    /// # Errors
    /// The first field that differs.
    pub fn compare(&self, payment: &Payment) -> Result<(), Mismatch> {
        let Payment { pay_id, pay_type, merchant, amount, currency, channel_no: _, paid_at: _ } = payment;
        let checks = [
            (*pay_id == self.pay_id, Mismatch::PayId),
            (*pay_type == self.pay_type, Mismatch::PayType),
            (merchant.partner_id == self.merchant.partner_id, Mismatch::Partner),
            (merchant.app_id == self.merchant.app_id, Mismatch::App),
            (*amount == self.amount, Mismatch::Amount),
            (currency == "CNY", Mismatch::Currency),
        ];
        checks.into_iter().find(|(equal, _)| !equal).map_or(Ok(()), |(_, differs)| Err(differs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected {
        Expected {
            pay_id: PayId::new("ORDER1A1").unwrap(),
            pay_type: PayType::Alipay,
            merchant: Merchant { partner_id: "2088".into(), app_id: "2021".into() },
            amount: Fen::new(22_800).unwrap(),
        }
    }

    fn payment() -> Payment {
        let Expected { pay_id, pay_type, merchant, amount } = expected();
        Payment { pay_id, pay_type, merchant, amount, currency: "CNY".into(), channel_no: "1".into(), paid_at: 1 }
    }

    #[test]
    fn a_payment_counts_when_every_field_is_equal() {
        assert_eq!(expected().compare(&payment()), Ok(()));
    }

    #[test]
    fn only_another_sum_in_the_same_currency_is_still_ours_to_send_back() {
        type Forge = fn(&mut Payment);
        let cases: [(bool, Forge); 9] = [
            (true, |_| ()),
            (true, |p| p.amount = Fen::new(1).unwrap()),
            (false, |p| p.amount = Fen::ZERO),
            (false, |p| p.pay_id = PayId::new("ORDER1A2").unwrap()),
            (false, |p| p.pay_type = PayType::Wechat),
            (false, |p| p.merchant.partner_id = "2089".into()),
            (false, |p| p.merchant.app_id = "2022".into()),
            (false, |p| p.currency = "USD".into()),
            (false, |p| (p.amount, p.currency) = (Fen::new(1).unwrap(), "USD".into())),
        ];
        for (ours, forge) in cases {
            let mut payment = payment();
            forge(&mut payment);
            assert_eq!(expected().is_ours(&payment), ours, "{payment:?}");
        }
    }

    #[test]
    fn any_one_field_that_differs_is_named() {
        type Forge = fn(&mut Payment);
        let cases: [(Mismatch, Forge); 6] = [
            (Mismatch::PayId, |p| p.pay_id = PayId::new("ORDER1A2").unwrap()),
            (Mismatch::PayType, |p| p.pay_type = PayType::Wechat),
            (Mismatch::Partner, |p| p.merchant.partner_id = "2089".into()),
            (Mismatch::App, |p| p.merchant.app_id = "2022".into()),
            (Mismatch::Amount, |p| p.amount = Fen::new(22_799).unwrap()),
            (Mismatch::Currency, |p| p.currency = "USD".into()),
        ];
        for (mismatch, forge) in cases {
            let mut forged = payment();
            forge(&mut forged);
            assert_eq!(expected().compare(&forged), Err(mismatch));
        }
    }
}
