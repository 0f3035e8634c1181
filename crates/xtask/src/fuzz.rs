//! `cargo xtask fuzz`: bad input in numbers, at the doors that anybody can reach.

use crate::step::{command, run};
use anyhow::{Context, Result};

/// What `fuzz` makes when nothing is said.
const INPUTS: u64 = 1_000_000;

/// Sends inputs to the shop's routes; the counts by address and answer are printed at the end.
pub(crate) fn fuzz(inputs: Option<&str>) -> Result<()> {
    let inputs = match inputs {
        Some(text) => text.parse().context("--inputs must be a whole number")?,
        None => INPUTS,
    };
    let test = "no_input_breaks_the_shop_or_moves_anything";
    let mut fuzz = command("cargo", &["test", "--profile", "proof", "--package", "storefront", "--test", "fuzz"]);
    fuzz.args(["--", "--nocapture", "--exact", test]).env("LIVESHOP_FUZZ_INPUTS", inputs.to_string());
    // Each refused notice is a warning: a million of them would be all there is to read.
    fuzz.env("RUST_LOG", "off");
    run(&format!("{inputs} inputs"), &mut fuzz, "the lines above give the seed and the input")
}
