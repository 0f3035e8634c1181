//! `storefront check-config`.

use super::read_config;
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::Path;
use storefront::checkup::Checkup;
use storefront::config;

/// Prints the settings in force, as a settings file with comments; or what is wrong with them, a line each.
pub(crate) async fn check_config(path: &Path) -> Result<()> {
    let config = read_config(path)?;
    let Checkup { problems, notes } = Checkup::of(&config).await;
    let mut lines: Vec<String> = problems.iter().map(|problem| format!("wrong: {problem}")).collect();
    if problems.is_empty() {
        lines.push(format!("# {} can be served. In force is:", path.display()));
        lines.extend(config.in_force());
    }
    let overruled = config::overruling(|name| std::env::var(name).ok());
    lines.extend(overruled.iter().map(|name| format!("# {name} of the environment overrules the file")));
    lines.extend(notes.iter().map(|note| format!("# {note}")));
    if is_root() {
        lines.push("# looked at with the rights of root; run this as the user that serves".into());
    }
    let mut out = std::io::stdout().lock();
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).context("cannot write to standard output")?;
    match problems.len() {
        0 => Ok(()),
        1 => bail!("1 setting is wrong"),
        many => bail!("{many} settings are wrong"),
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
