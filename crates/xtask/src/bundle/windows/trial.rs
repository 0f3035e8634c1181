//! The installer for Windows put to the test under Wine: installed, looked at, installed over itself, and removed. Wine has
//! no WebView2, so that the app's window is not seen here.

use super::super::brand::Brand;
use super::LOOK;
use crate::run::target;
use crate::step::{ask, command, run, say};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian has it.
const WINE: &str = "/usr/lib/wine/wine64";
/// What knows whether anything still runs in it.
const SERVER: &str = "/usr/lib/wine/wineserver64";
/// What links are registered under.
const SCHEME: &str = r"HKCU\Software\Classes\liveshop";

/// A Windows of its own, below the build's folder.
struct Windows {
    folder: PathBuf,
}

impl Windows {
    /// Begins one.
    fn new() -> Result<Windows> {
        let folder = target().join("wine");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let windows = Windows { folder };
        run("beginning a Windows to try it in", &mut windows.program("wineboot", &["--init"]), LOOK)?;
        Ok(windows)
    }

    /// A program in it.
    fn program(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
        let mut wine = command(WINE, &[]);
        wine.arg(program).args(arguments).env("WINEPREFIX", &self.folder);
        // No window is needed, and neither are the parts that Wine would offer to fetch.
        wine.env_remove("DISPLAY")
            .env("LC_ALL", "C.UTF-8")
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=");
        wine
    }

    /// Runs a program to its end, and to that of all that it has started: an uninstaller goes on from a copy of itself.
    fn run(&self, what: &str, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Result<()> {
        run(what, &mut self.program(program, arguments), LOOK)?;
        let mut wait = command(SERVER, &["--wait"]);
        run("waiting for what it has started", wait.env("WINEPREFIX", &self.folder), LOOK)
    }

    /// The files of its one user.
    fn home(&self) -> Result<PathBuf> {
        let users = fs::read_dir(self.folder.join("drive_c/users"))?.filter_map(|user| Some(user.ok()?.path()));
        let mut others = users.filter(|user| user.file_name().is_some_and(|name| name != "Public"));
        others.next().context("the Windows has a user")
    }

    /// What its registry says below a key; nothing when there is no such key.
    fn registry(&self, key: &str) -> Option<String> {
        let output = self.program("reg", &["query", key, "/s"]).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Tries the installer of a brand.
///
/// # Errors
/// The first thing that is not as it must be.
pub(super) fn install_and_remove(brand: &Brand, installer: &Path) -> Result<()> {
    let windows = Windows::new()?;
    let home = windows.home()?;
    // Beside it is the folder for what is temporary, where NSIS leaves the uninstaller's copy until Windows starts anew.
    let kept = home.join("AppData");
    let before = files(&kept)?;
    let installed = home.join("AppData/Local").join(&brand.en);
    let program = installed.join(format!("{}.exe", brand.package));
    windows.run("installing it", installer, &["/S"])?;
    is_whole(&windows, brand, &installed)?;
    fs::write(&program, "an older version")?;
    windows.run("installing it over an older one, as an update does", installer, &["/P", "/S"])?;
    is_whole(&windows, brand, &installed)?;
    // By the name that it has there: it compares that with what is registered.
    windows.run("removing it", in_windows(&windows, &installed.join("uninstall.exe"))?, &["/S"])?;
    ensure!(!installed.exists(), "{} is still there", installed.display());
    let left: Vec<PathBuf> = files(&kept)?.into_iter().filter(|file| !before.contains(file)).collect();
    ensure!(left.is_empty(), "it has left behind: {left:?}");
    for key in [SCHEME.to_owned(), uninstall(brand), notifying(brand)] {
        ensure!(windows.registry(&key).is_none(), "it has left {key} in the registry");
    }
    say("\nIt was installed, replaced and removed under Wine, which has no WebView2: the window was not seen.");
    Ok(())
}

fn uninstall(brand: &Brand) -> String {
    format!(r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\{}", brand.en)
}

fn notifying(brand: &Brand) -> String {
    format!(r"HKCU\Software\Classes\AppUserModelId\{}", brand.identifier)
}

/// Whether every file is there, and the system knows of it.
fn is_whole(windows: &Windows, brand: &Brand, installed: &Path) -> Result<()> {
    let program = format!("{}.exe", brand.package);
    for name in [&program, "WebView2Loader.dll", "licences.txt", "uninstall.exe"] {
        let size = fs::metadata(installed.join(name)).with_context(|| format!("{name} was not installed"))?.len();
        ensure!(size > 10_000, "{name} has {size} bytes");
    }
    let shortcut = Path::new("AppData/Roaming/Microsoft/Windows/Start Menu/Programs").join(format!("{}.lnk", brand.en));
    ensure!(windows.home()?.join(&shortcut).is_file(), "{} was not made", shortcut.display());
    let place = in_windows(windows, installed)?;
    for (key, says) in [
        (SCHEME.to_owned(), format!(r#""{place}\{program}" "%1""#)),
        (uninstall(brand), format!(r#""{place}\uninstall.exe" /S"#)),
        (uninstall(brand), brand.publisher.clone()),
        (notifying(brand), brand.en.clone()),
    ] {
        let Some(said) = windows.registry(&key) else { bail!("{key} is not in the registry") };
        ensure!(said.contains(&says), "{key} does not say {says}, but:\n{said}");
    }
    Ok(())
}

/// A path as programs in it call it.
fn in_windows(windows: &Windows, path: &Path) -> Result<String> {
    let below = path.strip_prefix(windows.folder.join("drive_c"))?;
    Ok(format!(r"C:\{}", below.to_string_lossy().replace('/', r"\")))
}

/// Every file below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let found = ask("find", &[&folder.to_string_lossy(), "-type", "f"]).context("its files cannot be listed")?;
    Ok(found.lines().map(PathBuf::from).collect())
}
