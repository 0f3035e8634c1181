//! `cargo xtask bench`: the shop measured against its floors, `crates/bench`.

use crate::run::{AS_TESTED, target};
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
    // Both packages are named, so that what they share is built once, and only the bare window is built of them.
    let mut bare =
        command("cargo", &["build", "--release", "--package", "desktop", "--package", "bare", "--bin", "bare"]);
    bare.args(["--features", "tauri/custom-protocol"]);
    // As Tauri's own program has it, for the same reason.
    bare.env("REMOVE_UNUSED_COMMANDS", root().join("src-tauri"));
    run("building a bare window in the same way", &mut bare, LOOK)?;
    let mut start = command("cargo", &["build", "--example", "start"]);
    run("building what opens them", start.args(AS_TESTED), LOOK)
}
