//! Rehearsals, crowds and the panel, on a real storefront over a real sandbox.

#![allow(unreachable_pub, clippy::unwrap_used, reason = "modules of one test, which stops at the first surprise")]

mod crowds;
mod failing;
mod falsifier;
mod script;
mod switches;
mod world;
