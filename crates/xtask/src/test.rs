//! `cargo xtask test`: every test there is, from quick to slow, and one line at the end.

use crate::run::FEATURES;
use crate::step::{command, run, say};
use crate::{system, ui};
use anyhow::{Result, bail};
use std::process::Command;

/// What a person does about a failed step.
const LOOK: &str = "the lines above say what and where";

pub(crate) fn test() -> Result<()> {
    let mut lists = vec![system::BUILD, system::GALLERY];
    if cfg!(target_os = "linux") {
        lists.push(system::HEADLESS);
    }
    system::set_up(&lists)?;
    ui::build()?;
    let steps: [(&str, Command); 6] = [
        ("form of the Rust code", command("cargo", &["fmt", "--all", "--check"])),
        ("types and form of the page", ui::npm(&["run", "check"])),
        ("tests of the page", ui::npm(&["test"])),
        ("tests of the crates and of the real window", cargo_test()),
        ("lints", clippy()),
        ("every screen and state", ui::npm(&["run", "gallery"])),
    ];
    let (mut passed, mut failed) = (0, Vec::new());
    for (what, mut step) in steps {
        match run(what, &mut step, LOOK) {
            Ok(()) => passed += 1,
            Err(error) => {
                say(&format!("{error:#}"));
                failed.push(what);
            }
        }
    }
    say("\nPictures of the real window are in target/e2e, of every screen and state in target/gallery.");
    say(&format!("steps: {passed} passed, {} failed", failed.len()));
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn cargo_test() -> Command {
    command("cargo", &["test", "--workspace", "--features", FEATURES])
}

fn clippy() -> Command {
    let mut clippy = command("cargo", &["clippy", "--workspace", "--all-targets", "--features", FEATURES]);
    clippy.args(["--", "--deny", "warnings"]);
    clippy
}

pub(crate) fn gallery() -> Result<()> {
    system::set_up(&[system::GALLERY])?;
    ui::build()?;
    run("every screen and state", &mut ui::npm(&["run", "gallery"]), LOOK)
}

pub(crate) fn bindings() -> Result<()> {
    let mut write = command("cargo", &["test", "--package", "desktop", "--features", FEATURES, "--test", "bindings"]);
    run("writing the page's types", write.env("LIVESHOP_BLESS", "1"), LOOK)
}
