//! What a monitor reads: the figures, who may read them, and what is made of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod exposition;
mod log;
mod readers;
mod shown;
mod told;
mod waiting;
