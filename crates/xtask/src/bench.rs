//! `cargo xtask bench`: the shop measured against its floors, `crates/bench`.

use crate::run::{FEATURES, target};
use crate::step::{command, root, run};
use crate::{bundle, system};
use anyhow::Result;

/// What a person does about a failed build.
const LOOK: &str = "the lines above name the file and line";

/// Builds the programs for speed, as the long proofs do (the shipped profile optimises across crates on top of that and
/// takes three times as long to build), and has `bench` measure them.
pub(crate) fn bench(arguments: &[&str]) -> Result<()> {
    if cfg!(target_os = "linux") {
        system::set_up(&[system::POSTGRES])?;
    }
    let mut names = arguments.iter().filter(|argument| !argument.starts_with("--")).peekable();
    if names.peek().is_none() || names.any(|name| *name == "app") {
        build_app()?;
    }
    let packages = ["--package", "storefront", "--package", "sandbox", "--package", "bench"];
    let mut build = command("cargo", &[&["build", "--profile", "proof", "--bins"], &packages[..]].concat());
    run("building the programs for speed", &mut build, LOOK)?;
    let program = target().join("proof").join("bench");
    let mut bench = command(&program.to_string_lossy(), arguments);
    run("benchmarks (some minutes)", &mut bench, "the lines above say which figure failed and why")
}

/// Makes the app's installers, a bare window built in the same way, and what opens both.
fn build_app() -> Result<()> {
    system::set_up(&[system::BUILD, system::HEADLESS])?;
    bundle::shipped()?;
    let example =
        |name: &str| ["build", "--package", "desktop", "--features", FEATURES, "--example", name].map(str::to_owned);
    let mut bare = command("cargo", &[]);
    // As Tauri's own program has it, so that both share what they are made of.
    bare.args(example("bare")).arg("--release").env("REMOVE_UNUSED_COMMANDS", root().join("src-tauri"));
    run("building a bare window in the same way", &mut bare, LOOK)?;
    let mut start = command("cargo", &[]);
    run("building what opens them", start.args(example("start")), LOOK)
}
