//! `cargo xtask test`: every test there is, from quick to slow, and one line at the end.

#[cfg(target_os = "linux")]
use crate::bundle::update_trial;
use crate::bundle::{servers, trial_of_tested_build};
use crate::conformance::conformance;
use crate::run::FEATURES;
use crate::step::{command, run, say};
use crate::{system, ui};
use anyhow::{Result, bail};
use std::process::Command;

/// What a person does about a failed step.
const LOOK: &str = "the lines above say what and where";

pub(crate) fn test() -> Result<()> {
    let mut lists = vec![system::BUILD, system::GALLERY, system::POSTGRES];
    if cfg!(target_os = "linux") {
        lists.extend([system::HEADLESS, system::INSTALLING, system::SERVERS]);
    }
    system::set_up(&lists)?;
    ui::build()?;
    let shown = |what: &'static str, result: Result<()>| {
        if let Err(error) = &result {
            say(&format!("{error:#}"));
        }
        (what, result.is_ok())
    };
    let step = |what: &'static str, mut command: Command| shown(what, run(what, &mut command, LOOK));
    // First, so that what the other steps need is built last and stays.
    #[cfg(target_os = "linux")]
    let older = update_trial::build_older();
    let mut steps = vec![
        step("form of the Rust code", command("cargo", &["fmt", "--all", "--check"])),
        step("types and form of the page", ui::npm(&["run", "check"])),
        step("tests of the page", ui::npm(&["test"])),
    ];
    let crates = step("tests of the crates and of the real window", cargo_test());
    // Tests that all passed have left the sandbox's program behind, and building it alone would build it anew.
    let conformance = shown("the channels' SDKs against the sandbox", conformance(crates.1));
    steps.extend([
        crates,
        conformance,
        step("the shop over PostgreSQL", over_postgres()),
        step("simulated worlds over PostgreSQL", worlds_over_postgres()),
        step("lints", clippy()),
    ]);
    steps.push(step("every screen and state", ui::npm(&["run", "gallery"])));
    #[cfg(target_os = "linux")]
    steps.push(shown(
        "an update taken, and those that are not right refused",
        older.and_then(|()| update_trial::update_to_tested_build()),
    ));
    if system::has_apt() {
        steps.push(shown("the installer, installed, started and removed", trial_of_tested_build()));
        steps.push(shown("the servers' packages, served from and purged", servers::trial_of_tested_build()));
    } else {
        say("\nThe installers are not tried: this system has no apt-get.");
    }
    let failed: Vec<&str> = steps.iter().filter(|(_, passed)| !passed).map(|(what, _)| *what).collect();
    say("\nPictures of the real window are in target/e2e, of every screen and state in target/gallery.");
    say(&format!("steps: {} passed, {} failed", steps.len() - failed.len(), failed.len()));
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn cargo_test() -> Command {
    command("cargo", &["test", "--workspace", "--features", FEATURES])
}

/// The storefront's tests once more, and those of several storefronts over one database.
fn over_postgres() -> Command {
    let mut test = command("cargo", &["test", "--package", "storefront", "--", "--include-ignored"]);
    test.env("LIVESHOP_TEST_DATABASE", "postgres");
    test
}

/// Simulated worlds with their databases at a server.
fn worlds_over_postgres() -> Command {
    command("cargo", &["test", "--package", "simulation", "--test", "worlds", "--", "--ignored"])
}

fn clippy() -> Command {
    let mut clippy = command("cargo", &["clippy", "--workspace", "--all-targets", "--features", FEATURES]);
    clippy.args(["--", "--deny", "warnings"]);
    clippy
}

#[cfg(target_os = "linux")]
pub(crate) fn updates() -> Result<()> {
    system::set_up(&[system::BUILD, system::HEADLESS])?;
    ui::build()?;
    update_trial::build_older()?;
    update_trial::update_to_tested_build()
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
