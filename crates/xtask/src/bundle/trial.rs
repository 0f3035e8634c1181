//! An installer put to the test: installed into this system by its own package manager, started, bought with, given a
//! link by the system, and removed; nothing stays but what belongs to the viewer.

use crate::run::{AS_TESTED, target};
use crate::step::{ask, command, root, run, say};
use crate::system;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a person does about a failed step.
const LOOK: &str = "the lines above say what and where";
/// Where a package may leave something.
const SYSTEM: [&str; 5] = ["/etc", "/opt", "/srv", "/usr", "/var"];
/// What the system itself writes while packages come and go: its records of packages, and lists made of what there is.
const RECORDS: [&str; 9] = [
    "/usr/local",
    "/usr/share/applications/mimeinfo.cache",
    "/usr/share/icons/hicolor/icon-theme.cache",
    "/var/cache",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/log",
    "/var/spool",
    "/var/tmp",
];
/// A room's link, of a shop that nobody has heard of: the app asks whether to trust it.
const LINK: &str =
    "liveshop://room/tea?shop=https%3A%2F%2Fshop.example&key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether this system installs .deb packages, and has no `package` that a trial would replace and remove.
///
/// # Errors
/// It does not, or has.
pub(crate) fn is_possible(package: &str) -> Result<()> {
    if !system::has_apt() {
        bail!("trying an installer needs Debian or Ubuntu: it is installed by apt-get");
    }
    if system::is_installed(package) {
        bail!(
            "{package} is installed on this computer, and a trial would replace and remove it: sudo apt-get remove {package}"
        );
    }
    Ok(())
}

/// Tries the installer `deb` of `package`, whose app keeps its files in a folder named `identifier`.
///
/// # Errors
/// The first thing that is not as it must be. The package is removed all the same.
pub(crate) fn install_and_start(package: &str, identifier: &str, deb: &Path) -> Result<()> {
    let mut demo = command("cargo", &["build"]);
    run("building the one who presses the buttons", demo.args(AS_TESTED), LOOK)?;
    let homes = target().join("trial");
    if homes.exists() {
        fs::remove_dir_all(&homes)?;
    }
    fs::create_dir_all(&homes)?;
    let before = files()?;
    run("installing it", system::apt_get(&["install", "-y", "-q", "--no-install-recommends"]).arg(deb), LOOK)?;
    let tried = is_whole(package).and_then(|()| start(package, &homes));
    run("removing it", &mut system::apt_get(&["remove", "-y", "-q", package]), LOOK)?;
    tried?;
    let left: Vec<PathBuf> = files()?.difference(&before).cloned().collect();
    if !left.is_empty() {
        bail!("the package has left behind: {left:?}");
    }
    let data = viewers_files(&homes, identifier)?;
    say(&format!("\nNothing is left of it but the viewer's own: {}", data.display()));
    Ok(())
}

/// Whether every file is there as it was packed, and the menu entry is right and takes links.
fn is_whole(package: &str) -> Result<()> {
    let entry = format!("/usr/share/applications/{package}.desktop");
    run("comparing its files", &mut command("dpkg", &["--verify", package]), LOOK)?;
    run("checking its menu entry", &mut command("desktop-file-validate", &[&entry]), LOOK)?;
    let icon = |size: u32| format!("/usr/share/icons/hicolor/{size}x{size}/apps/{package}.png");
    let icons = super::config::ICON_SIZES.map(icon);
    let copyright = format!("/usr/share/doc/{package}/copyright");
    for file in icons.iter().chain([&copyright, &entry, &format!("/usr/bin/{package}")]) {
        if !Path::new(file).is_file() {
            bail!("{file} is not installed");
        }
    }
    let takes = ask("xdg-mime", &["query", "default", "x-scheme-handler/liveshop"]).unwrap_or_default();
    if takes != format!("{package}.desktop") {
        bail!(
            "liveshop:// links are taken by `{takes}` and not by {package}.desktop; set it with xdg-mime and try again"
        );
    }
    Ok(())
}

/// Starts the installed app on a virtual display, buys with it, and has the system give it a link.
fn start(package: &str, homes: &Path) -> Result<()> {
    let shots = root().join("target/e2e/installed");
    let mut demo = command(&target().join("debug/examples/demo").to_string_lossy(), &[]);
    demo.env("LIVESHOP_APP", format!("/usr/bin/{package}")).env("LIVESHOP_SHOTS", shots);
    demo.env("LIVESHOP_HOMES", homes).env("LIVESHOP_LINK", LINK);
    run("a purchase in the installed app, and a link", &mut demo, "look at target/e2e/installed for the last picture")
}

/// The folder in which the app that was tried has kept what is the viewer's.
fn viewers_files(homes: &Path, identifier: &str) -> Result<PathBuf> {
    let mut homes = fs::read_dir(homes)?.filter_map(|home| Some(home.ok()?.path().join("data").join(identifier)));
    let is_kept = |data: &PathBuf| data.join("viewers").is_dir();
    homes.find(is_kept).with_context(|| format!("the app has left no viewer's files under {identifier}"))
}

/// Every file and folder of the system that a package may have brought.
fn files() -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut next: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    while let Some(folder) = next.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Other programs come and go, and some folders are root's alone.
            Err(error) if folder.components().count() > 2 => {
                say(&format!("    {} is not looked into: {error}", folder.display()));
                continue;
            }
            Err(_) => continue,
        };
        for entry in entries {
            let Ok(entry) = entry else { continue };
            let path = entry.path();
            if RECORDS.iter().any(|record| path == Path::new(record)) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                next.push(path.clone());
            }
            found.insert(path);
        }
    }
    Ok(found)
}
