//! The order machine: one order, its attempts and its refunds, and every change they may go through.
//!
//! [`Order::apply`] is the only way a state changes. It takes what happened and returns what must be written in the
//! same transaction. It never decides that something is unpaid because time went by: a state that means "result
//! unknown" is left only by an [`Event`] that carries a channel's evidence.

mod event;
mod names;
mod objects;
mod transitions;

pub use event::{Effect, Event, Illegal};
pub use names::{AttemptState, ClosedBy, OrderState, RefundReason, RefundState};
pub use objects::{ATTEMPTS_MAX, Attempt, Order, Refund};
