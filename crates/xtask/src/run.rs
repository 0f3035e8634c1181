//! `cargo xtask run`: the app, from nothing.

use crate::step::{command, root, run as step, say};
use crate::{system, ui};
use anyhow::Result;
use std::env;
use std::path::PathBuf;

/// The features, the whole workspace and the profile are those of the tests, so that all of them share one build.
pub(crate) const FEATURES: &str = "desktop/custom-protocol";

/// What a build has in common with the tests, so that it builds nothing a second time: an example takes what is only for
/// tests into account, and that decides how everything below is built.
pub(crate) const AS_TESTED: [&str; 5] = ["--workspace", "--features", FEATURES, "--example", "demo"];

pub(crate) fn run() -> Result<()> {
    let headless = !has_display();
    let lists: &[&[&str]] = if headless { &[system::BUILD, system::HEADLESS] } else { &[system::BUILD] };
    system::set_up(lists)?;
    ui::build()?;
    let mut build = command("cargo", &["build", "--bin", "liveshop"]);
    build.args(AS_TESTED);
    step("building the app (the first time takes some minutes)", &mut build, "the lines above name the file and line")?;
    let program = |name: &str| target().join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if headless {
        say("\nThere is no display: the window opens on a virtual one and makes a demonstration purchase.");
        let mut demo = command(&program("examples/demo").to_string_lossy(), &[]);
        demo.env("LIVESHOP_APP", program("liveshop")).env("LIVESHOP_SHOTS", root().join("target/demo"));
        return step(
            "one purchase through the window's own buttons",
            &mut demo,
            "look at target/demo for the last picture",
        );
    }
    let mut app = command(&program("liveshop").to_string_lossy(), &[]);
    step("opening the window; close it to end", &mut app, "the lines above say what is missing")
}

fn has_display() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
