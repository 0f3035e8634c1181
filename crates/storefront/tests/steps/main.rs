//! What a worker does with what a channel answers, with a lease that runs out, and with notices that come again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/house.rs"]
mod house;
#[allow(dead_code, reason = "shared with the known faults")]
#[path = "../known_faults/till.rs"]
mod till;

mod answers;
mod leases;
mod notices;
mod stock;
