//! What compiles for Windows: Rust as it is here, when its standard library for Windows is, or Debian's compiler, which
//! builds that library from its source.

use super::PLATFORM;
use crate::run::target;
use crate::step::{ask, command, run, say};
use crate::system;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a person does without either.
const ADVICE: &str = "where the network is reached, `rustup target add x86_64-pc-windows-gnu` makes this unnecessary";

/// The compiler.
pub(super) struct Compiler {
    /// Where Debian's is, if it is the one.
    debian: Option<PathBuf>,
}

impl Compiler {
    /// Finds it, or fetches Debian's packages of it into the build's folder: installed, they would stand in the way of the
    /// compiler that is there.
    ///
    /// # Errors
    /// There is none, and none to be had.
    pub(super) fn find() -> Result<Compiler> {
        let library = ask("rustc", &["--print", "target-libdir", "--target", PLATFORM]);
        if library.is_some_and(|library| Path::new(&library).is_dir()) {
            return Ok(Compiler { debian: None });
        }
        let folder = target().join("windows-compiler");
        if !folder.join("usr/bin/rustc").is_file() {
            say("\nRust's standard library for Windows is not installed here; Debian's compiler builds it.");
            fetch(&folder)?;
        }
        Ok(Compiler { debian: Some(folder) })
    }

    /// A cargo that builds with it.
    pub(super) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = command("cargo", arguments);
        if let Some(folder) = &self.debian {
            cargo.env("RUSTC", folder.join("usr/bin/rustc"));
            cargo.env("LD_LIBRARY_PATH", folder.join("usr/lib/x86_64-linux-gnu"));
            // To build the library along with the program is still called unstable.
            cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }
}

/// Unpacks Debian's compiler, the source of its library and what it runs with into `folder`.
fn fetch(folder: &Path) -> Result<()> {
    if !system::has_apt() {
        bail!("Rust's standard library for Windows is missing: rustup target add {PLATFORM}");
    }
    run("fetching the list of packages", &mut system::apt_get(&["update", "-q"]), ADVICE)?;
    let library = dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
    let llvm = dependency(&library, "libllvm")?;
    let partly = folder.with_extension("partly");
    if partly.exists() {
        fs::remove_dir_all(&partly)?;
    }
    fs::create_dir_all(&partly)?;
    let mut download = command("apt-get", &["download", "rustc-web", "rust-web-src", "libstd-rust-web-dev"]);
    run("fetching Debian's compiler", download.args([&library, &llvm]).current_dir(&partly), ADVICE)?;
    let packages: Vec<PathBuf> = fs::read_dir(&partly)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    for package in packages.iter().filter(|file| file.extension().is_some_and(|kind| kind == "deb")) {
        let mut unpack = command("dpkg-deb", &["--extract"]);
        run("unpacking it", unpack.arg(package).arg(&partly), ADVICE)?;
        fs::remove_file(package)?;
    }
    // Whole or not there.
    fs::rename(&partly, folder).with_context(|| folder.display().to_string())
}

/// The package that another needs, by how its name begins; the rest is a version.
fn dependency(package: &str, begins: &str) -> Result<String> {
    let said = ask("apt-cache", &["depends", "--important", package]).unwrap_or_default();
    let mut needed = said.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    let found = needed.find(|name| name.strip_prefix(begins).is_some_and(|rest| rest.starts_with(char::is_numeric)));
    let found = found.with_context(|| format!("this system has no package {package}; {ADVICE}"))?;
    Ok(found.to_owned())
}
