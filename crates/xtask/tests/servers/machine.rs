//! The system that the packages are installed into, and what is taken out of it again.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) const SETTINGS: &str = "/etc/liveshop/storefront.toml";
pub(crate) const BOOKS: &str = "/var/lib/liveshop/storefront.db";
/// What packages and commands of the manual leave behind, each a shop's own.
const LEFT: [&str; 5] =
    ["/etc/liveshop", "/var/lib/liveshop", "/var/lib/liveshop-sandbox", "/var/backups/liveshop", "/tmp/goods.csv"];

/// A system without a shop. When it is dropped, it is that again, however the test ended.
pub(crate) struct Machine {
    packages: Vec<PathBuf>,
}

impl Machine {
    /// Looks that there is nothing here that the test would take away.
    pub(crate) fn without_a_shop(packages: &Path) -> Machine {
        assert_eq!(run("id", &["-u"]).trim(), "0", "packages are installed by root: run `cargo xtask test`");
        for path in LEFT {
            assert!(!is_there(path), "{path} is there, and this test would remove it: is a shop run on this computer?");
        }
        let is_user = try_run("id", &["liveshop"]).status.success();
        assert!(!is_user, "there is a user liveshop: is a shop run on this computer?");
        let files = std::fs::read_dir(packages).unwrap().map(|file| file.unwrap().path());
        let mut packages: Vec<_> = files.filter(|file| file.extension().is_some_and(|kind| kind == "deb")).collect();
        packages.sort();
        assert_eq!(packages.len(), 2, "{packages:?}");
        Machine { packages }
    }

    pub(crate) fn packages(&self) -> Vec<PathBuf> {
        self.packages.clone()
    }

    /// Installs both packages, also over themselves.
    pub(crate) fn install(&self) {
        let files: Vec<String> = self.packages.iter().map(|file| file.display().to_string()).collect();
        let mut install = vec!["install", "-y", "-q", "--no-install-recommends", "--reinstall"];
        install.extend(files.iter().map(String::as_str));
        run("apt-get", &install);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // What is not there any more needs no removing.
        let _purged = try_run("dpkg", &["--purge", "liveshop-storefront", "liveshop-sandbox"]);
        for path in LEFT {
            let _removed = try_run("rm", &["-rf", path]);
        }
        let _removed = try_run("deluser", &["--quiet", "--system", "liveshop"]);
    }
}

pub(crate) fn is_there(path: &str) -> bool {
    Path::new(path).symlink_metadata().is_ok()
}

/// Runs a command to its end.
pub(crate) fn try_run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir("/").stdin(Stdio::null()).env("DEBIAN_FRONTEND", "noninteractive");
    command.output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// As [`try_run`], for a command that must succeed: what it prints.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = try_run(program, arguments);
    let (said, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{program} {arguments:?}: {status}\n{said}{errors}");
    said.into_owned()
}
