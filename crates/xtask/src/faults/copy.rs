//! A copy of the tree that can be spoiled. Only what differs is written, so that what was built from it stays built.

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// What no copy needs: builds, history, installed packages.
const LEFT_OUT: [&str; 4] = ["target", ".git", "node_modules", "dist"];

/// Makes `to` the same as `from`.
pub(super) fn bring(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("{} cannot be made", to.display()))?;
    let mut kept: BTreeSet<OsString> = BTreeSet::new();
    for entry in fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|left_out| name == *left_out) {
            continue;
        }
        let (source, copy) = (entry.path(), to.join(&name));
        if source.is_dir() {
            bring(&source, &copy)?;
        } else {
            bring_file(&source, &copy).with_context(|| format!("{} cannot be copied", source.display()))?;
        }
        kept.insert(name);
    }
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !kept.contains(&entry.file_name()) {
            remove(&entry.path()).with_context(|| format!("{} cannot be removed", entry.path().display()))?;
        }
    }
    Ok(())
}

fn bring_file(source: &Path, copy: &Path) -> std::io::Result<()> {
    let bytes = fs::read(source)?;
    if fs::read(copy).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    fs::write(copy, bytes)
}

fn remove(path: &Path) -> std::io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
