//! `cargo xtask simulate`: the storefront's own code in simulated worlds, `crates/simulation`.

use crate::step::{command, run};
use anyhow::Result;

/// Builds `simulate` for long runs and runs it with these arguments.
pub(crate) fn simulate(arguments: &[&str]) -> Result<()> {
    let build = ["run", "--profile", "proof", "--quiet", "--package", "simulation", "--bin", "simulate", "--"];
    let mut simulate = command("cargo", &[&build[..], arguments].concat());
    run("simulated worlds", &mut simulate, "the line above says which seed, and how to live it again")
}
