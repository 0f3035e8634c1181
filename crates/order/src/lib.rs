//! What is bought and where it stands: money, identifiers, payments and the order machine.
//!
//! This crate is pure: no input or output, no clock, no randomness, no async. Its dependency list keeps it so. Start
//! reading here: [`money`], then [`payment`], then [`state`] and [`plan`].
#![deny(missing_docs)]
#![deny(clippy::float_arithmetic, clippy::wildcard_enum_match_arm)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod goods;
pub mod id;
pub mod money;
pub mod payment;
pub mod plan;
pub mod state;

pub use goods::GoodsKind;
pub use id::{AddressId, GoodsId, IdError, OrderId, PayId, RefundId, RequestId, RoomId, ViewerId};
pub use money::{Fen, MoneyError};
pub use payment::{Expected, Merchant, Mismatch, PayType, Payment};
