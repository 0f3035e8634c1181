//! The project's own commands; `cargo xtask help` lists them.

mod bench;
mod bundle;
mod conformance;
mod faults;
mod fuzz;
mod run;
mod simulate;
mod step;
mod system;
mod test;
mod ui;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask run        sets up what is missing, builds the app and opens it;
                       without a display: makes a demonstration purchase and saves screenshots
cargo xtask test       sets up what is missing and runs every test
cargo xtask bench [NAME...] [--quick] [--write-docs]
                       measures the shop against its floors; docs/BENCHMARKS.md says what
cargo xtask bundle [--brand FILE] [--quick] [--appimage] [--try]
                       makes the installers of this system, under a brand of your own, and tries
                       the Debian package; docs/PACKAGING.md says how
cargo xtask bundle --windows [--brand FILE] [--try]
                       makes the installer for Windows on Debian, and tries it under Wine
cargo xtask bundle --servers [--try]
                       makes Debian packages of the shop server and the sandbox, and lives with
                       them; docs/RUNNING.md says how a shop is run from them
cargo xtask conformance
                       lives orders in the sandbox through the channels' Node.js SDKs
cargo xtask faults [NAME]
                       puts each known fault, or those with NAME in theirs, into a copy of the tree
                       and shows that its scenario fails
cargo xtask fuzz [--inputs N]
                       sends N (a million) bad inputs to the shop and counts its answers
cargo xtask simulate [--lives N] [--seed N] | crash-points
                       lives N orders in simulated worlds with faults, replays one seed, or
                       tries every crash point of a few orders and every pair of them
cargo xtask updates    has an older version of the app update itself from a feed on this machine,
                       and offers it what is to be refused
cargo xtask gallery    draws every screen and state into target/gallery
cargo xtask bindings   writes the page's TypeScript types anew from the Rust ones";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            step::say(&format!("\nstopped: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["run"] => run::run(),
        ["test"] => test::test(),
        ["bench", rest @ ..] => bench::bench(rest),
        ["bundle", "--servers"] => bundle::servers::bundle(false),
        ["bundle", "--servers", "--try"] => bundle::servers::bundle(true),
        ["bundle", rest @ ..] => bundle::bundle(rest),
        ["conformance"] => conformance::conformance(false),
        ["faults"] => faults::faults(None),
        ["faults", name] => faults::faults(Some(name)),
        ["fuzz"] => fuzz::fuzz(None),
        ["fuzz", "--inputs", inputs] => fuzz::fuzz(Some(inputs)),
        ["simulate", rest @ ..] => simulate::simulate(rest),
        #[cfg(target_os = "linux")]
        ["updates"] => test::updates(),
        ["gallery"] => test::gallery(),
        ["bindings"] => test::bindings(),
        ["help" | "--help" | "-h"] => {
            step::say(HELP);
            Ok(())
        }
        _ => bail!("there is no such command\n\n{HELP}"),
    }
}
