//! The receipt of an order: what was bought, which payment the channel booked, how it ended, and the order's lines of
//! the shop's journal. It is signed by the shop and can be checked without it.
//!
//! The signed form is `{"receipt": {...}, "key_id", "public_key", "timestamp", "sign"}`, signed as [`crate::sign`] says.
//! Of its fields only `receipt` holds free text, and inside JSON, where it can end no field.

use crate::journal::{JournalLine, ReplayError, replay};
use crate::{ShopKey, sign};
use order::state::{OrderState, RefundReason, RefundState};
use order::{GoodsId, GoodsKind, OrderId, PayId, PayType, RefundId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What the shop states about one order for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The order.
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// The goods.
    #[schema(value_type = String)]
    pub goods_id: GoodsId,
    /// The goods' name when the order was made.
    pub title: String,
    /// What delivery means.
    #[schema(value_type = String)]
    pub kind: GoodsKind,
    /// Pieces.
    pub quantity: u32,
    /// What was due, fen.
    pub amount_fen: i64,
    /// Shark fins that delivery credits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fins: Option<i64>,
    /// When the order was made, Unix seconds.
    pub created_at: i64,
    /// How it stands, or ended.
    pub outcome: Outcome,
    /// The payments that came, in the order of its attempts.
    pub payments: Vec<ReceiptPayment>,
    /// What goes or went back, oldest first.
    pub refunds: Vec<ReceiptRefund>,
    /// The order's lines of the shop's journal. Everything above follows from them.
    pub journal: Vec<JournalLine>,
}

/// How an order stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// Its state.
    #[schema(value_type = String)]
    pub state: OrderState,
    /// When the goods were delivered, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<i64>,
}

/// One payment, in the channel's own numbers: the viewer finds it in the wallet by them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptPayment {
    /// The payment identification, which is the channel's merchant order number.
    #[schema(value_type = String)]
    pub pay_id: PayId,
    /// The channel.
    #[schema(value_type = String)]
    pub pay_type: PayType,
    /// The merchant at the channel: `seller_id` or `mchid`.
    pub partner_id: String,
    /// `app_id` or `appid`.
    pub app_id: String,
    /// The channel's number of the payment: `trade_no` or `transaction_id`.
    pub channel_no: String,
    /// What was paid, fen.
    pub amount_fen: i64,
    /// When the channel booked it, Unix seconds.
    pub paid_at: i64,
}

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptRefund {
    /// Its number at the channel.
    #[schema(value_type = String)]
    pub refund_id: RefundId,
    /// The payment it belongs to.
    #[schema(value_type = String)]
    pub pay_id: PayId,
    /// How much, fen.
    pub amount_fen: i64,
    /// Why.
    #[schema(value_type = String)]
    pub reason: RefundReason,
    /// Where it stands.
    #[schema(value_type = String)]
    pub state: RefundState,
}

/// A receipt with the shop's signature, as it is served and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedReceipt {
    /// What is stated.
    pub receipt: Receipt,
    /// The shop's public key, base64: enough to check the receipt, not to know whose shop it is.
    pub public_key: String,
    /// When it was signed, Unix seconds of the shop's clock.
    pub timestamp: i64,
    /// The key it is signed with.
    #[serde(default)]
    pub key_id: String,
    /// Ed25519 signature in base64.
    #[serde(default)]
    pub sign: String,
}

/// A receipt that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it states.
    pub receipt: Receipt,
    /// Who signed it.
    pub key: ShopKey,
    /// Whether that key was given by the one who asks. Otherwise it is the one the receipt itself carries: then nobody
    /// changed the receipt since it was signed, and who signed it is not proved.
    pub is_pinned: bool,
    /// When it was signed, Unix seconds of the shop's clock.
    pub timestamp: i64,
}

/// Why a receipt does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is no receipt.
    #[error("this is not a receipt: {0}")]
    Malformed(String),
    /// The public key in it is none.
    #[error("the receipt carries no shop key")]
    NoKey,
    /// It is signed by another shop than the one that was named.
    #[error("the receipt is signed with the key {found}, not with this shop's key {expected}")]
    OtherKey {
        /// The id of the key in the receipt.
        found: String,
        /// The id of the key that was given.
        expected: String,
    },
    /// The signature is not one of these words.
    #[error("the signature does not verify: the receipt was changed after it was signed")]
    BadSignature,
    /// A line is not the one its hash was made of.
    #[error("journal line {seq} does not match its hash: it was changed, or is another order's")]
    LineChanged {
        /// The line.
        seq: i64,
    },
    /// Two lines do not follow each other.
    #[error("journal line {seq} does not follow the line before it")]
    LineMoved {
        /// The later line.
        seq: i64,
    },
    /// The lines tell a story that cannot be.
    #[error(transparent)]
    Impossible(#[from] ReplayError),
    /// The receipt says something that its own lines do not.
    #[error("the receipt's {field} is not what its journal lines say")]
    Contradicts {
        /// The field.
        field: &'static str,
    },
}

impl Receipt {
    /// The receipt that follows from an order's lines.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn of(order_id: &OrderId, lines: Vec<JournalLine>) -> Result<Receipt, ReplayError> {
        let replayed = replay(order_id, &lines)?;
        let delivered_at = replayed.delivered_at();
        let order = &replayed.order;
        let payments = order.attempts.iter().filter_map(|attempt| {
            let known = replayed.known.get(&attempt.pay_id)?;
            Some(ReceiptPayment {
                pay_id: attempt.pay_id.clone(),
                pay_type: attempt.pay_type,
                partner_id: known.merchant.partner_id.clone(),
                app_id: known.merchant.app_id.clone(),
                channel_no: known.channel_no.clone()?,
                amount_fen: attempt.paid?.get(),
                paid_at: known.paid_at?,
            })
        });
        let refunds = order.refunds.iter().map(|refund| ReceiptRefund {
            refund_id: refund.refund_id.clone(),
            pay_id: refund.pay_id.clone(),
            amount_fen: refund.amount.get(),
            reason: refund.reason,
            state: refund.state,
        });
        Ok(Receipt {
            order_id: order_id.clone(),
            payments: payments.collect(),
            refunds: refunds.collect(),
            outcome: Outcome { state: order.state, delivered_at },
            goods_id: replayed.placed.goods_id,
            title: replayed.placed.title,
            kind: replayed.placed.kind,
            quantity: replayed.placed.quantity,
            amount_fen: replayed.placed.amount_fen.get(),
            fins: replayed.placed.fins,
            created_at: replayed.placed.created_at,
            journal: lines,
        })
    }

    /// The first field in which two receipts differ.
    #[must_use]
    pub fn differs_from(&self, other: &Receipt) -> Option<&'static str> {
        let Receipt {
            order_id,
            goods_id,
            title,
            kind,
            quantity,
            amount_fen,
            fins,
            created_at,
            outcome,
            payments,
            refunds,
            journal,
        } = self;
        let equal = [
            (*order_id == other.order_id, "order_id"),
            (*goods_id == other.goods_id, "goods_id"),
            (*title == other.title, "title"),
            (*kind == other.kind, "kind"),
            (*quantity == other.quantity, "quantity"),
            (*amount_fen == other.amount_fen, "amount_fen"),
            (*fins == other.fins, "fins"),
            (*created_at == other.created_at, "created_at"),
            (*outcome == other.outcome, "outcome"),
            (*payments == other.payments, "payments"),
            (*refunds == other.refunds, "refunds"),
            (*journal == other.journal, "journal"),
        ];
        equal.into_iter().find(|(equal, _)| !equal).map(|(_, field)| field)
    }
}

/// Checks a receipt: the signature (under `pinned`, or under the key it carries), every journal line's hash, that lines
/// next to each other are chained, and that everything it says follows from its lines.
///
/// # Errors
/// [`ReceiptError`]: the first thing that is wrong.
pub fn verify(object: &Map<String, Value>, pinned: Option<&ShopKey>) -> Result<Verified, ReceiptError> {
    let signed: SignedReceipt = serde_json::from_value(Value::Object(object.clone()))
        .map_err(|error| ReceiptError::Malformed(error.to_string()))?;
    let carried = ShopKey::from_base64(&signed.public_key).map_err(|_| ReceiptError::NoKey)?;
    if let Some(expected) = pinned.filter(|expected| **expected != carried) {
        return Err(ReceiptError::OtherKey { found: carried.key_id(), expected: expected.key_id() });
    }
    if !carried.verifies(object) {
        return Err(ReceiptError::BadSignature);
    }
    let SignedReceipt { receipt, timestamp, .. } = signed;
    for line in &receipt.journal {
        if !line.is_unchanged(receipt.order_id.as_str()) {
            return Err(ReceiptError::LineChanged { seq: line.seq });
        }
    }
    for (line, next) in receipt.journal.iter().zip(receipt.journal.iter().skip(1)) {
        let is_next = line.seq.checked_add(1) == Some(next.seq);
        if line.seq >= next.seq || is_next && next.previous != line.hash {
            return Err(ReceiptError::LineMoved { seq: next.seq });
        }
    }
    let told = Receipt::of(&receipt.order_id, receipt.journal.clone())?;
    if let Some(field) = receipt.differs_from(&told) {
        return Err(ReceiptError::Contradicts { field });
    }
    Ok(Verified { receipt, key: carried, is_pinned: pinned.is_some(), timestamp })
}

/// As [`verify`], of a text.
///
/// # Errors
/// As [`verify`].
pub fn verify_text(text: &str, pinned: Option<&ShopKey>) -> Result<Verified, ReceiptError> {
    let object = serde_json::from_str(text).map_err(|error| ReceiptError::Malformed(error.to_string()))?;
    verify(&object, pinned)
}

/// Signs a receipt.
#[must_use]
pub fn signed(receipt: Receipt, timestamp: i64, signer: &sign::ShopSigner) -> Map<String, Value> {
    let public_key = signer.key().to_base64();
    let signed = SignedReceipt { receipt, public_key, timestamp, key_id: String::new(), sign: String::new() };
    let mut object = match serde_json::to_value(signed) {
        Ok(Value::Object(object)) => object,
        // A struct of texts, numbers and lists always has the form of an object.
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => Map::new(),
    };
    signer.sign(&mut object);
    object
}
