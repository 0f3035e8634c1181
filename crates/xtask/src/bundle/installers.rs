//! The installers that were made: gathered in one folder, with their sizes and checksums.

use crate::step::{ask, command, run, say};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What an installer's name ends with.
const KINDS: [&str; 6] = ["deb", "rpm", "AppImage", "exe", "msi", "dmg"];
/// The checksums, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

/// Copies the installers below the bundler's folder into `to`, and says what there is.
///
/// # Errors
/// There is none, or the disk's.
pub(super) fn gather(bundles: &Path, to: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for kind in fs::read_dir(bundles).with_context(|| bundles.display().to_string())? {
        let kind = kind?.path();
        for file in kind.is_dir().then(|| fs::read_dir(&kind)).transpose()?.into_iter().flatten() {
            let file = file?.path();
            let ends = file.extension().is_some_and(|end| KINDS.iter().any(|kind| end.eq_ignore_ascii_case(kind)));
            if ends && file.is_file() {
                found.push(file);
            }
        }
    }
    if found.is_empty() {
        bail!("the bundler has left no installer in {}", bundles.display());
    }
    found.sort();
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    let copy = |file: &PathBuf| {
        let copied = to.join(file.file_name().context("an installer has a name")?);
        fs::copy(file, &copied)?;
        Ok(copied)
    };
    found.iter().map(copy).collect()
}

/// Packs the Debian packages anew with xz, where Debian's own tool is at hand: the bundler knows only gzip, which leaves
/// them a third larger.
///
/// # Errors
/// The tool's or the disk's.
pub(super) fn tighten(installers: &[PathBuf], folder: &Path) -> Result<()> {
    if ask("dpkg-deb", &["--version"]).is_none() {
        say("\nThere is no dpkg-deb here: Debian packages stay packed with gzip, and larger.");
        return Ok(());
    }
    let unpacked = folder.join("unpacked");
    for deb in installers.iter().filter(|file| file.extension().is_some_and(|end| end == "deb")) {
        let mut unpack = command("dpkg-deb", &["--raw-extract"]);
        run("unpacking the Debian package", unpack.arg(deb).arg(&unpacked), "the lines above say why")?;
        let mut pack = command("dpkg-deb", &["-Zxz", "--root-owner-group", "--build"]);
        run("packing it with xz", pack.arg(&unpacked).arg(deb), "the lines above say why")?;
        fs::remove_dir_all(&unpacked)?;
    }
    Ok(())
}

/// Writes the checksums beside the installers and prints each with its size.
///
/// # Errors
/// The disk's.
pub(super) fn sum_up(installers: &[PathBuf], folder: &Path) -> Result<()> {
    let mut sums = String::new();
    say("\nThe installers:");
    for file in installers {
        let bytes = fs::read(file)?;
        let sum: String = Sha256::digest(&bytes).iter().fold(String::new(), |mut sum, byte| {
            // Writing into a text does not fail.
            let _written = write!(sum, "{byte:02x}");
            sum
        });
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        writeln!(sums, "{sum}  {name}")?;
        say(&format!("  {} · {} · sha256 {sum}", file.display(), megabytes(bytes.len())));
    }
    let file = folder.join(SUMS);
    fs::write(&file, sums)?;
    say(&format!("  {}", file.display()));
    Ok(())
}

/// `9.87 MB`, a megabyte being a million bytes.
fn megabytes(bytes: usize) -> String {
    let hundredths = bytes.saturating_add(5_000) / 10_000;
    format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installers_are_gathered_and_summed_up() {
        let folder = tempfile::tempdir().unwrap();
        let bundles = folder.path().join("bundle");
        for (kind, name) in [("deb", "a_1_amd64.deb"), ("rpm", "a-1.x86_64.rpm"), ("deb", "control.tar.gz")] {
            fs::create_dir_all(bundles.join(kind)).unwrap();
            fs::write(bundles.join(kind).join(name), "abc").unwrap();
        }
        let to = folder.path().join("installers");
        let found = gather(&bundles, &to).unwrap();
        let names: Vec<_> = found.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a_1_amd64.deb", "a-1.x86_64.rpm"]);
        sum_up(&found, &to).unwrap();
        // The digest of "abc" of FIPS 180-4.
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sums = fs::read_to_string(to.join("SHA256SUMS")).unwrap();
        assert_eq!(sums, format!("{sum}  a_1_amd64.deb\n{sum}  a-1.x86_64.rpm\n"));
    }

    #[test]
    fn a_debian_package_packed_anew_holds_what_it_held() {
        // Elsewhere packages stay as the bundler packs them.
        if ask("dpkg-deb", &["--version"]).is_none() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (tree, deb) = (folder.path().join("tree"), folder.path().join("a_1_all.deb"));
        let at = |path: &Path| path.to_string_lossy().into_owned();
        fs::create_dir_all(tree.join("DEBIAN")).unwrap();
        let control = "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: a\n";
        fs::write(tree.join("DEBIAN/control"), control).unwrap();
        fs::write(tree.join("file"), "kept").unwrap();
        ask("dpkg-deb", &["-Zgzip", "--build", &at(&tree), &at(&deb)]).unwrap();
        let packed = |how: &str| fs::read(&deb).unwrap().windows(how.len()).any(|part| part == how.as_bytes());
        assert!(packed("data.tar.gz"));
        tighten(std::slice::from_ref(&deb), folder.path()).unwrap();
        assert!(packed("data.tar.xz") && !packed("data.tar.gz"));
        let out = folder.path().join("out");
        ask("dpkg-deb", &["--raw-extract", &at(&deb), &at(&out)]).unwrap();
        assert_eq!(fs::read_to_string(out.join("file")).unwrap(), "kept");
        assert_eq!(fs::read_to_string(out.join("DEBIAN/control")).unwrap(), control);
    }

    #[test]
    fn a_bundler_that_made_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(gather(folder.path(), &folder.path().join("to")).is_err());
    }

    #[test]
    fn sizes_are_in_megabytes_with_two_decimals() {
        for (bytes, text) in [(9_874_999, "9.87 MB"), (10_000_000, "10.00 MB"), (5_000, "0.01 MB")] {
            assert_eq!(megabytes(bytes), text);
        }
    }
}
