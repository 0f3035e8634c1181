//! The Liveshop program.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match desktop::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if desktop::other_copy_left(&error) => begin_anew(),
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            ExitCode::FAILURE
        }
    }
}

/// How often a start may find another copy that ends before it answers.
const STARTS_MAX: u32 = 5;

/// Starts once more in this program's place: the copy that was to show its window has just ended.
#[cfg(unix)]
fn begin_anew() -> ExitCode {
    use std::os::unix::process::CommandExt;
    const STARTS: &str = "LIVESHOP_STARTS";
    let starts: u32 = std::env::var(STARTS).ok().and_then(|starts| starts.parse().ok()).unwrap_or(1);
    let program = std::env::current_exe().ok().filter(|_| starts < STARTS_MAX);
    let Some(program) = program else {
        tracing::error!(starts, "another copy neither shows its window nor makes way");
        return ExitCode::FAILURE;
    };
    let mut again = std::process::Command::new(program);
    again.args(std::env::args_os().skip(1)).env(STARTS, starts.saturating_add(1).to_string());
    let error = again.exec();
    tracing::error!(%error, "the app could not be started again");
    ExitCode::FAILURE
}

#[cfg(not(unix))]
fn begin_anew() -> ExitCode {
    tracing::error!(STARTS_MAX, "another copy ended before it answered; start the app again");
    ExitCode::FAILURE
}
