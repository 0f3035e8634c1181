//! An update put to the test: an older version of the app, the newer one signed for a feed, and the feed served from this
//! machine. Both stand for AppImages, the only kind of installer that replaces itself on Linux: what replaces one is a
//! program file like any other, so that neither the real image's parts nor the network is needed.

use super::brand::{Brand, Updates};
use super::{BRAND, LOOK, kind, tauri, updates};
use crate::run::{AS_TESTED, FEATURES, target};
use crate::step::{command, root, run};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// The older version.
const OLDER: &str = "0.0.1";
/// Where the feed is served: an address of this machine that is nobody's by habit.
const FEED: &str = "https://127.11.26.4:8443/latest.json";

/// Where it is all made.
fn folder() -> PathBuf {
    target().join("update")
}

fn key() -> PathBuf {
    folder().join("signing.key")
}

/// Liveshop, looking for newer versions at the feed.
fn brand() -> Result<Brand> {
    let key = fs::read_to_string(key().with_extension("key.pub"))?.trim().to_owned();
    Ok(Brand::standard(&root()).with_updates(Updates { feed: FEED.into(), key }))
}

/// Builds the older version. Whatever is built next without its brand is the newer one.
///
/// # Errors
/// The build's or the disk's.
pub(crate) fn build_older() -> Result<()> {
    fs::create_dir_all(folder())?;
    if !key().exists() {
        let mut generate = tauri(&["signer", "generate", "--ci", "--password", "", "--write-keys"]);
        run("making a key to sign updates with", generate.arg(key()), LOOK)?;
    }
    let embedded = folder().join("brand.json");
    let text = format!("{:#}\n", brand()?.embedded(None));
    // Written only when it changes, so that the build is not done again for it.
    if fs::read_to_string(&embedded).ok().as_ref() != Some(&text) {
        fs::write(&embedded, text)?;
    }
    let mut build = command("cargo", &["build", "--bin", "liveshop"]);
    build.args(AS_TESTED).env(BRAND, &embedded).env("TAURI_CONFIG", format!(r#"{{"version":"{OLDER}"}}"#));
    run("building an older version of the app", &mut build, LOOK)?;
    for (kind, name) in [(b"APP", "older"), (b"DEB", "older-deb")] {
        pack(kind, &folder().join(name))?;
    }
    Ok(())
}

/// Signs the version that was built for the tests, serves it to the older one, and has that update itself by its buttons.
///
/// # Errors
/// The first thing that is not as it must be.
pub(crate) fn update_to_tested_build() -> Result<()> {
    let feed = folder().join("feed");
    if feed.exists() {
        fs::remove_dir_all(&feed)?;
    }
    fs::create_dir_all(&feed)?;
    let mut build = command("cargo", &["build", "--bin", "liveshop"]);
    run("building the newer version", build.args(AS_TESTED), LOOK)?;
    let newer = feed.join("Liveshop.AppImage");
    pack(b"APP", &newer)?;
    updates::tell_of(&brand()?, Some(key()), std::slice::from_ref(&newer), &feed)?;
    let unnumbered = folder().join("unnumbered.AppImage");
    fs::copy(&newer, &unnumbered)?;
    let mut sign = tauri(&["signer", "sign", "--password", "", "--private-key-path"]);
    run("signing it once more, for no version", sign.arg(key()).arg(unnumbered), LOOK)?;
    let mut test = command("cargo", &["test", "--workspace", "--features", FEATURES, "--test", "window"]);
    test.args(["--", "--ignored", "updates::"]).env("LIVESHOP_UPDATE", folder());
    run("the older version updates itself, and refuses what is not right", &mut test, LOOK)
}

/// The program as the bundler would put it into an installer of that kind: without what only debuggers read.
fn pack(kind: &[u8; 3], to: &Path) -> Result<()> {
    let built = target().join("debug/liveshop");
    let mut strip = command("strip", &["-o"]);
    run("packing it", strip.arg(to).arg(built), LOOK)?;
    let mut program = fs::read(to)?;
    kind::write(kind, &mut program)?;
    fs::write(to, program)?;
    Ok(())
}
