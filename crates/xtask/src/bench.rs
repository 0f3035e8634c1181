//! `cargo xtask bench`: the shop measured against its floors, `crates/bench`.

use crate::step::{command, run};
use crate::system;
use anyhow::Result;

/// Builds the programs for speed, as the long proofs do (the shipped profile optimises across crates on top of that and
/// takes three times as long to build), and has `bench` measure them.
pub(crate) fn bench(arguments: &[&str]) -> Result<()> {
    if cfg!(target_os = "linux") {
        system::set_up(&[system::POSTGRES])?;
    }
    let packages = ["--package", "storefront", "--package", "sandbox", "--package", "bench"];
    let mut build = command("cargo", &[&["build", "--profile", "proof", "--bins"], &packages[..]].concat());
    run("building the programs for speed", &mut build, "the lines above name the file and line")?;
    let program = crate::run::target().join("proof").join("bench");
    let mut bench = command(&program.to_string_lossy(), arguments);
    run("benchmarks (some minutes)", &mut bench, "the lines above say which figure failed and why")
}
