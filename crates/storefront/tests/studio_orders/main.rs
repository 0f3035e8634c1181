//! Orders and money under the streamer's token: what a studio sees of them, and what it does with them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/house.rs"]
mod house;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/till.rs"]
mod till;

mod bench;
mod beside;
mod books;
mod figures;
mod lists;
mod many;
mod money;
mod races;
mod sheet;
