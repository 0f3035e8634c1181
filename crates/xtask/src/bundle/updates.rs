//! What a brand's update feed needs: a signature for each installer that can be put in an older version's place, and the
//! feed's file, which tells of them.

use super::brand::{Brand, Updates};
use super::tauri;
use crate::step::{run, say};
use anyhow::{Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Names the private key's file, here and to Tauri's signer.
const KEY: &str = "TAURI_SIGNING_PRIVATE_KEY_PATH";
/// The feed's file.
const FEED: &str = "latest.json";

/// The packager's private key.
pub(super) fn key() -> Option<PathBuf> {
    std::env::var_os(KEY).map(PathBuf::from)
}

/// Signs the installers with `key` and writes the feed's file into their folder, where the brand has a feed.
///
/// # Errors
/// The signer's or the disk's, and a key that is not the brand's.
pub(crate) fn tell_of(brand: &Brand, key: Option<PathBuf>, installers: &[PathBuf], folder: &Path) -> Result<()> {
    let Some(updates) = brand.updates() else { return Ok(()) };
    let updating: Vec<_> = installers.iter().filter_map(|file| Some((file, target(file)?))).collect();
    if updating.is_empty() {
        say("\nNone of these installers updates itself: nothing is told to the update feed.");
        return Ok(());
    }
    let Some(key) = key else {
        say(&format!(
            "\nNothing is signed for the update feed: {KEY} names no private key. docs/PACKAGING.md says how it is made."
        ));
        return Ok(());
    };
    let mut platforms = Map::new();
    for (file, target) in updating {
        let signature = sign(file, &key, updates)?;
        if let Some(url) = address(&updates.feed, file) {
            platforms.insert(target, json!({ "signature": signature, "url": url }));
        }
    }
    if platforms.is_empty() {
        say("  The signatures lie beside the installers; what the feed says is for its server to put together.");
        return Ok(());
    }
    let feed = json!({ "version": env!("CARGO_PKG_VERSION"), "platforms": platforms });
    fs::write(folder.join(FEED), format!("{feed:#}\n"))?;
    say(&format!("  {}: put it and the installers where the feed is, {}", folder.join(FEED).display(), updates.feed));
    Ok(())
}

/// What the app looks for in the feed when it was installed from this file.
fn target(installer: &Path) -> Option<String> {
    let name = installer.file_name()?.to_string_lossy();
    let (system, kind) = match name.rsplit_once('.')?.1 {
        "AppImage" => ("linux", "appimage"),
        "exe" => ("windows", "nsis"),
        "msi" => ("windows", "msi"),
        _ => return None,
    };
    Some(format!("{system}-{}-{kind}", std::env::consts::ARCH))
}

/// The file's signature, for this version.
fn sign(file: &Path, key: &Path, updates: &Updates) -> Result<String> {
    let mut sign = tauri(&["signer", "sign", "--app-version", env!("CARGO_PKG_VERSION")]);
    // An empty password is one; without any, the signer would ask.
    if std::env::var_os("TAURI_SIGNING_PRIVATE_KEY_PASSWORD").is_none() {
        sign.args(["--password", ""]);
    }
    sign.env(KEY, key).arg(file);
    run("signing an installer", &mut sign, "the lines above say why")?;
    let mut written = file.as_os_str().to_owned();
    written.push(".sig");
    let signature = fs::read_to_string(&written)?.trim().to_owned();
    ensure!(
        key_id(&signature).is_some_and(|signer| Some(signer) == key_id(&updates.key)),
        "{} is signed with another key than the brand's [updates] key, so that no app would take it: name the private key \
         that belongs to it",
        file.display()
    );
    Ok(signature)
}

/// The number by which minisign tells keys apart, of a key or a signature: eight bytes behind two of the algorithm
/// (<https://jedisct1.github.io/minisign/#signature-format>).
fn key_id(file: &str) -> Option<[u8; 8]> {
    let text = String::from_utf8(BASE64.decode(file).ok()?).ok()?;
    let line = BASE64.decode(text.lines().nth(1)?).ok()?;
    line.get(2..10)?.try_into().ok()
}

/// Where an installer lies that lies beside the feed. A feed whose folders depend on who asks is no file.
fn address(feed: &str, file: &Path) -> Option<String> {
    let (folder, _) = feed.rsplit_once('/').filter(|(folder, _)| !folder.contains("{{"))?;
    let name: String = form_urlencoded::byte_serialize(file.file_name()?.as_encoded_bytes()).collect();
    Some(format!("{folder}/{}", name.replace('+', "%20")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_updates_itself_is_told_of() {
        let told = |name: &str| target(Path::new(name));
        let of = |system: &str, kind: &str| Some(format!("{system}-{}-{kind}", std::env::consts::ARCH));
        assert_eq!(told("Kiln_0.2.0_amd64.AppImage"), of("linux", "appimage"));
        assert_eq!(told("Kiln_0.2.0_x64-setup.exe"), of("windows", "nsis"));
        assert_eq!([told("kiln_0.2.0_amd64.deb"), told("SHA256SUMS"), told("Kiln_0.2.0.dmg")], [None, None, None]);
    }

    #[test]
    fn installers_lie_beside_the_feed() {
        let address = |feed| address(feed, Path::new("/made/Mountain Kiln_0.2.0.AppImage"));
        let beside = address("https://kiln.example/app/latest.json");
        assert_eq!(beside.as_deref(), Some("https://kiln.example/app/Mountain%20Kiln_0.2.0.AppImage"));
        assert_eq!(address("https://kiln.example/{{target}}/{{current_version}}"), None);
    }
}
