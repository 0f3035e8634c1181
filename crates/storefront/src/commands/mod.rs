//! What the program does, one file for each command.

pub(crate) mod check;
pub(crate) mod check_config;
pub(crate) mod export;
pub(crate) mod goods;
pub(crate) mod manual;
pub(crate) mod receipt;
pub(crate) mod reconcile;
pub(crate) mod selling;
pub(crate) mod serve;
pub(crate) mod streamer;

use anyhow::{Context, Result};
use std::io::Write;
use std::path::Path;
use storefront::config::Config;

pub(crate) fn read_config(path: &Path) -> Result<Config> {
    Ok(Config::read(path, |name| std::env::var(name).ok())?)
}

/// One JSON line on standard output: what another program reads.
pub(crate) fn say(value: &serde_json::Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}").and_then(|()| out.flush()).context("cannot write to standard output")
}
