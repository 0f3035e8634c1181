//! The line of a channel: more orders than it takes a second wait for their turn, and lose nothing by it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/house.rs"]
mod house;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/till.rs"]
mod till;

mod pressure;
mod rush;
mod scenes;
mod served;
