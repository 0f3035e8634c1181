//! The faults that lose or double money or goods in other shops, each a scenario here that this shop survives.
//! `cargo xtask faults` puts every one of them into a copy of the tree and shows that its scenario fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod acknowledgement;
mod crashes;
mod endings;
#[allow(dead_code, reason = "shared with the deals")]
mod house;
mod notices;
mod placing;
mod power;
mod refunds;
#[allow(dead_code, reason = "shared with the steps")]
mod till;
