//! One step: says what it does, shows what the program prints, and says what to do when it fails.

use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The top of the project.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Prints a line at once.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever closed the pipe does not want to read on.
    let _written = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A command of the project's top, ready to be given more.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command with its output shown. `advice` is what to do when it fails.
pub(crate) fn run(what: &str, command: &mut Command, advice: &str) -> Result<()> {
    say(&format!("\n==> {what}"));
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{program} cannot be started; {advice}"))?;
    if !status.success() {
        bail!("{what}: {program} ended with {status}; {advice}");
    }
    Ok(())
}

/// What a command prints, or nothing when it fails or is not there.
pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = command(program, arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
