//! The page: its packages and its build.

use crate::step::{command, root, run};
use anyhow::Result;
use std::process::Command;

/// `npm` in the page's folder. On Windows npm is a script.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
    npm.current_dir(root().join("ui"));
    npm
}

/// Installs the packages that the lock file names, unless they are there already.
pub(crate) fn install() -> Result<()> {
    let installed = root().join("ui/node_modules/.package-lock.json");
    let modified = |path: &std::path::Path| path.metadata().and_then(|file| file.modified()).ok();
    let lock = modified(&root().join("ui/package-lock.json"));
    if modified(&installed) < lock {
        run("installing the page's packages", &mut npm(&["ci"]), "check the network, then try again")?;
    }
    Ok(())
}

/// Builds the page, with its packages.
pub(crate) fn build() -> Result<()> {
    install()?;
    run("building the page", &mut npm(&["run", "build"]), "the lines above name the file and line")
}
