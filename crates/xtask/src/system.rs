//! The system packages: what is needed, what is missing, and how this system gets it.

use crate::step::{ask, command, run, say};
use anyhow::{Result, bail};
use std::process::Command;

/// To build the window with its tray, and to see and hear a show in it.
pub(crate) const BUILD: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "fonts-wqy-microhei",
    "gstreamer1.0-libav",
    "gstreamer1.0-plugins-bad",
];
/// To open it without a display and press its buttons.
pub(crate) const HEADLESS: &[&str] = &["xvfb", "webkit2gtk-driver", "dbus-daemon"];
/// To keep a shop at a database server: tests and benchmarks start one of their own.
pub(crate) const POSTGRES: &[&str] = &["postgresql"];
/// To see that an installed app has its place in the menu and is given links.
pub(crate) const INSTALLING: &[&str] = &["desktop-file-utils", "xdg-utils"];
/// To install and back up the servers' packages, and to have their units read.
pub(crate) const SERVERS: &[&str] = &["adduser", "sqlite3", "systemd"];
/// To build for Windows, and to pack an installer.
pub(crate) const WINDOWS: &[&str] = &["gcc-mingw-w64-x86-64-posix", "nsis"];
/// To try such an installer.
pub(crate) const WINE: &[&str] = &["wine64"];
/// To draw every screen and state.
pub(crate) const GALLERY: &[&str] = &["chromium"];

/// Installs what is missing of the lists, or says how.
pub(crate) fn set_up(lists: &[&[&str]]) -> Result<()> {
    node()?;
    if has_apt() {
        return apt(&lists.concat());
    }
    let missing = elsewhere();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("this system lacks what the window is built with. Run:\n\n    {missing}\n\nand then this command again")
}

/// Whether this is a Debian or Ubuntu.
pub(crate) fn has_apt() -> bool {
    cfg!(target_os = "linux") && ask("apt-get", &["--version"]).is_some()
}

/// Vite's and Svelte's own limits.
const NODE: &str = "20.19, 22.12 or newer";

fn node() -> Result<()> {
    let Some(version) = ask("node", &["--version"]) else {
        bail!("Node is missing; install Node {NODE} from https://nodejs.org or by the system's package manager");
    };
    let mut parts = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let new_enough = matches!((major, minor), (20, 19..) | (22, 12..) | (24.., _));
    if !new_enough {
        bail!("Node {version} is too old for the page's tools; install Node {NODE}");
    }
    Ok(())
}

fn apt(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("\nThese system packages are missing and will be installed now: {}", missing.join(" ")));
    if !is_root() {
        say("Installing them needs sudo, which may ask for your password.");
    }
    let all = missing.join(" ");
    let advice = format!("try it by hand: apt-get update && apt-get install --no-install-recommends {all}");
    run("fetching the list of packages", &mut apt_get(&["update", "-q"]), &advice)?;
    let mut install = apt_get(&["install", "-y", "-q", "--no-install-recommends"]);
    install.args(&missing);
    run("installing system packages", &mut install, &advice)
}

/// `apt-get`, by root or through sudo.
pub(crate) fn apt_get(arguments: &[&str]) -> Command {
    let mut command = if is_root() { command("apt-get", &[]) } else { command("sudo", &["apt-get"]) };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

pub(crate) fn is_root() -> bool {
    ask("id", &["-u"]).as_deref() == Some("0")
}

pub(crate) fn is_installed(package: &str) -> bool {
    ask("dpkg-query", &["-W", "-f", "${Status}", package]).is_some_and(|status| status == "install ok installed")
}

/// The command that gets what is missing on a system without apt; empty when nothing is.
fn elsewhere() -> String {
    if cfg!(target_os = "macos") {
        let tools = ask("xcode-select", &["-p"]).is_some();
        return if tools { String::new() } else { "xcode-select --install".into() };
    }
    if cfg!(target_os = "windows") {
        // WebView2 is part of Windows 11; on Windows 10 its runtime is installed beside the browser.
        let key = r"HKLM\SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
        let found = ask("reg", &["query", key]).is_some();
        return if found { String::new() } else { "winget install Microsoft.EdgeWebView2Runtime".into() };
    }
    if ask("pkg-config", &["--exists", "webkit2gtk-4.1"]).is_some() {
        return String::new();
    }
    let managers = [
        ("dnf", "sudo dnf install webkit2gtk4.1-devel gcc gcc-c++ make pkgconf-pkg-config wqy-microhei-fonts"),
        ("pacman", "sudo pacman -S --needed webkit2gtk-4.1 base-devel wqy-microhei"),
        ("zypper", "sudo zypper install webkit2gtk3-devel gcc gcc-c++ make pkgconf wqy-microhei-fonts"),
    ];
    let found = managers.into_iter().find(|(manager, _)| ask(manager, &["--version"]).is_some());
    found
        .map_or("install WebKitGTK 4.1 with its development files, a C compiler and pkg-config", |(_, command)| command)
        .into()
}
