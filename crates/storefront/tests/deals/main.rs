//! Deals: a lower price of an item, for a while and for some pieces.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/house.rs"]
mod house;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/till.rs"]
mod till;

mod many;
mod scenes;
