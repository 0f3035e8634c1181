//! What the figures were measured on.

use crate::measure::unix_s;
use crate::run::Run;
use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;

/// One machine, one day, one state of the code.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) day: String,
    pub(crate) commit: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) system: String,
    pub(crate) disk: String,
    pub(crate) rust: String,
    pub(crate) build: String,
    /// Smaller counts, for trying.
    pub(crate) quick: bool,
}

impl Machine {
    pub(crate) fn look(run: &Run) -> Machine {
        let folder = run.results().ok();
        let disk = folder.and_then(|folder| ask("findmnt", &["-no", "FSTYPE", "-T", folder.to_str()?]));
        Machine {
            day: day(unix_s()),
            commit: commit(),
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            memory_gib: memory_gib(),
            system: format!("{}, Linux {}", distribution(), ask("uname", &["-r"]).unwrap_or_default()),
            disk: disk.unwrap_or_else(|| "unknown".into()),
            rust: ask("rustc", &["--version"]).unwrap_or_else(|| "unknown".into()),
            build: run.build(),
            quick: run.quick,
        }
    }
}

/// The commit, and whether the files are no longer its.
fn commit() -> String {
    let commit = ask("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".into());
    match ask("git", &["status", "--porcelain", "--untracked-files=no"]) {
        Some(changed) if !changed.is_empty() => format!("{commit} and changes"),
        _ => commit,
    }
}

fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(Run::root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The value of the first line that begins so.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once([':', '='])?.1.trim().trim_matches('"').to_owned())
}

fn distribution() -> String {
    field("/etc/os-release", "PRETTY_NAME").unwrap_or_else(|| "unknown".into())
}

fn memory_gib() -> u64 {
    let kib = field("/proc/meminfo", "MemTotal").and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() / 1024 / 1024
}

/// `yyyy-mm-dd`, UTC.
fn day(unix_s: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(unix_s).map(|at| at.date().to_string()).unwrap_or_default()
}
