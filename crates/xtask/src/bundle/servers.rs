//! `cargo xtask bundle --servers`: the shop server and the sandbox as Debian packages, each with a unit of systemd, man
//! pages and shell completions. What else is in them stands in `crates/storefront/debian` and `crates/sandbox/debian`.

mod deb;

use super::installers::sum_up;
use super::{Build, LOOK, licences};
use crate::run::{AS_TESTED, FEATURES, target};
use crate::step::{command, root, run, say};
use crate::system;
use anyhow::{Context, Result, bail};
use deb::{Control, Tree};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server and what its package is called.
struct Server {
    /// The crate, and the program that it builds.
    name: &'static str,
    package: &'static str,
    /// What the program is called where it is installed.
    program: &'static str,
    /// What has the program write its man pages and completions.
    manual: &'static str,
    /// Files of the project and where they are installed, beside those of every server.
    files: &'static [(&'static str, &'static str)],
    summary: &'static str,
    description: &'static str,
    suggests: &'static str,
}

const SERVERS: [Server; 2] = [
    Server {
        name: "storefront",
        package: "liveshop-storefront",
        program: "storefront",
        manual: "manual",
        files: &[
            ("crates/storefront/debian/storefront.toml", "etc/liveshop/storefront.toml"),
            ("docs/RUNNING.md", "usr/share/doc/liveshop-storefront/RUNNING.md"),
            ("docs/monitoring/alarms.yml", "usr/share/doc/liveshop-storefront/monitoring/alarms.yml"),
            ("docs/monitoring/dashboard.json", "usr/share/doc/liveshop-storefront/monitoring/dashboard.json"),
        ],
        summary: "shop server of live rooms",
        description: "It makes every order at Alipay or WeChat Pay, is the only one to speak with\n\
                      the channels, and delivers what was paid. It keeps its books in SQLite or,\n\
                      several of it together, in PostgreSQL.",
        suggests: "liveshop-sandbox, nginx | caddy, postgresql, sqlite3",
    },
    Server {
        name: "sandbox",
        package: "liveshop-sandbox",
        // Debian and Fedora have a program `sandbox` already, in policycoreutils-sandbox.
        program: "liveshop-sandbox",
        manual: "--manual",
        files: &[],
        summary: "pretend Alipay, pretend WeChat Pay and a pretend phone",
        description: "It speaks both channels' protocols on one address, so that a shop can be\n\
                      tried and rehearsed. No real money moves.",
        suggests: "liveshop-storefront",
    },
];

/// Makes the packages as they are shipped, and tries them if that is wanted.
pub(crate) fn bundle(trial: bool) -> Result<()> {
    if trial {
        is_possible()?;
        system::set_up(&[system::SERVERS, system::POSTGRES])?;
    }
    let packages = make(Build::Shipped)?;
    if trial { live_with(&packages) } else { Ok(()) }
}

/// Tries the packages of what the tests have built: the same but for the programs inside.
pub(crate) fn trial_of_tested_build() -> Result<()> {
    is_possible()?;
    live_with(&make(Build::Tested)?)
}

/// Whether this system has no server that a trial would replace and remove.
fn is_possible() -> Result<()> {
    match SERVERS.iter().find(|server| system::is_installed(server.package)) {
        Some(server) => bail!(
            "{} is installed on this computer, and a trial would replace and remove it; try on another",
            server.package
        ),
        None => Ok(()),
    }
}

/// Installs packages into this system, lives a shop's days in them, and removes them: `crates/xtask/tests/servers`.
fn live_with(packages: &[PathBuf]) -> Result<()> {
    let folder = packages.first().and_then(|file| file.parent()).context("no package was made")?;
    let mut test = command("cargo", &["test", "--workspace", "--features", FEATURES, "--test", "servers"]);
    if !system::is_root() {
        say("Installing packages and serving as their user needs sudo, which may ask for your password.");
        test.args(["--config", "target.'cfg(unix)'.runner = 'sudo --preserve-env=LIVESHOP_PACKAGES'"]);
    }
    test.args(["--", "--ignored", "--nocapture"]).env("LIVESHOP_PACKAGES", folder);
    run("the servers' packages, installed, served from and purged", &mut test, LOOK)
}

fn make(build: Build) -> Result<Vec<PathBuf>> {
    if !system::has_apt() {
        bail!("the servers' packages are Debian's, and are made on Debian or Ubuntu");
    }
    let mut cargo = command("cargo", &["build", "--locked", "--bin", "storefront", "--bin", "sandbox"]);
    let (profile, kept) = match build {
        Build::Shipped => {
            cargo.args(["--release", "--package", "storefront", "--package", "sandbox"]);
            ("release", "servers")
        }
        Build::Tested => {
            cargo.args(AS_TESTED);
            ("debug", "tested-servers")
        }
    };
    run("building the servers", &mut cargo, "the lines above name the file and line")?;
    let kept = root().join(target()).join("installers").join(kept);
    if kept.exists() {
        fs::remove_dir_all(&kept)?;
    }
    fs::create_dir_all(&kept)?;
    say("\n==> packing the servers");
    let packages: Vec<PathBuf> = SERVERS
        .iter()
        .map(|server| {
            let program = root().join(target()).join(profile).join(server.name);
            pack(server, &program, build, &kept).with_context(|| server.package)
        })
        .collect::<Result<_>>()?;
    sum_up(&packages, &kept)?;
    Ok(packages)
}

/// Puts one server's package together.
fn pack(server: &Server, program: &Path, build: Build, kept: &Path) -> Result<PathBuf> {
    let tree = Tree::new(root().join(target()).join("bundle").join(server.package))?;
    let installed = format!("usr/bin/{}", server.program);
    tree.copy(program, &installed)?;
    let share = tree.folder("usr/share")?;
    let mut manual = Command::new(tree.path(&installed));
    deb::done(manual.arg(server.manual).arg(&share))?;
    tree.compress("usr/share/man/man1")?;
    let debian = root().join("crates").join(server.name).join("debian");
    let unit = format!("{}.service", server.package);
    tree.copy(&debian.join(&unit), &format!("usr/lib/systemd/system/{unit}"))?;
    for (from, to) in server.files {
        tree.copy(&root().join(from), to)?;
    }
    let doc = format!("usr/share/doc/{}", server.package);
    tree.write(&format!("{doc}/copyright"), &licences::notices_of(&root(), server.name)?)?;
    tree.copy(&root().join("docs/CHANGELOG.md"), &format!("{doc}/changelog"))?;
    tree.compress_file(&format!("{doc}/changelog"))?;
    for script in ["postinst", "prerm", "postrm"] {
        tree.copy(&debian.join(script), &format!("DEBIAN/{script}"))?;
    }
    let control = Control {
        package: server.package,
        version: env!("CARGO_PKG_VERSION"),
        depends: &["adduser"],
        suggests: server.suggests,
        summary: server.summary,
        description: server.description,
    };
    tree.pack(&control, &installed, build == Build::Tested, kept)
}
