//! The operator's commands over a shop that has lived: the audit, what stops a shop from selling, and the export.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod export;
mod lived;
mod selling;
