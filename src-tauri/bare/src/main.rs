//! A window that shows one line: what any program made of Tauri costs before it does anything. `cargo xtask bench app`
//! measures the app against it.

#![allow(clippy::print_stderr, clippy::exit, reason = "it reports to a person; what Tauri generates ends a process")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let context = tauri::generate_context!("window/tauri.conf.json");
    match tauri::Builder::default().run(context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the window could not be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
