//! The sandbox judged by SDKs that others wrote: `crates/sandbox/conformance`.

use crate::run::target;
use crate::step::{command, root, run};
use anyhow::Result;
use std::env;
use std::path::Path;
use std::process::Command;

/// Lives orders in the sandbox through the channels' Node.js SDKs. The sandbox's program is built first, unless `built`
/// says that it just was.
pub(crate) fn conformance(built: bool) -> Result<()> {
    let folder = root().join("crates/sandbox/conformance");
    install(&folder)?;
    let program = root().join(target()).join("debug").join(format!("sandbox{}", env::consts::EXE_SUFFIX));
    if !(built && program.exists()) {
        let mut build = command("cargo", &["build", "--package", "sandbox", "--bin", "sandbox"]);
        run("building the sandbox", &mut build, "the lines above name the file and line")?;
    }
    // Each script starts a sandbox of its own and ends it; every wait of theirs has an end.
    let mut scripts = npm(&folder, &["test", "--silent"]);
    // alipay-sdk stamps requests in the process's local time, and Alipay reads GMT+8.
    scripts.env("SANDBOX_PROGRAM", program).env("TZ", "Asia/Shanghai");
    run("the channels' SDKs against the sandbox", &mut scripts, "the lines above say which SDK found what")
}

/// On Windows npm is a script.
fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
    npm.current_dir(folder);
    npm
}

/// Installs the SDKs that the lock file names, unless they are there already.
fn install(folder: &Path) -> Result<()> {
    let modified = |name: &str| folder.join(name).metadata().and_then(|file| file.modified()).ok();
    if modified("node_modules/.package-lock.json") >= modified("package-lock.json") {
        return Ok(());
    }
    run("installing the channels' SDKs", &mut npm(folder, &["ci"]), "check the network, then try again")
}
