//! The project's own commands: `cargo xtask run`, `test`, `conformance`, `gallery`, `bindings`.

mod conformance;
mod run;
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
cargo xtask conformance
                       lives orders in the sandbox through the channels' Node.js SDKs
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
        ["conformance"] => conformance::conformance(false),
        ["gallery"] => test::gallery(),
        ["bindings"] => test::bindings(),
        ["help" | "--help" | "-h"] => {
            step::say(HELP);
            Ok(())
        }
        _ => bail!("there is no such command\n\n{HELP}"),
    }
}
