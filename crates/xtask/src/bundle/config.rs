//! What the bundler is told beside `tauri.conf.json`: whose app it is, and where the files lie that were made for it.

use super::System;
use super::brand::Brand;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Widths of the icons that Linux desktops look for, pixels.
pub(super) const ICON_SIZES: [u32; 9] = [16, 24, 32, 48, 64, 96, 128, 256, 512];

/// Where the files made for one brand lie.
pub(super) struct Made {
    folder: PathBuf,
}

impl Made {
    pub(super) fn new(folder: PathBuf) -> Made {
        Made { folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn icons(&self) -> PathBuf {
        self.folder.join("icons")
    }

    pub(super) fn page(&self) -> PathBuf {
        self.folder.join("page")
    }

    pub(super) fn embedded(&self) -> PathBuf {
        self.folder.join("brand.json")
    }

    pub(super) fn desktop_file(&self) -> PathBuf {
        self.folder.join("app.desktop")
    }

    pub(super) fn copyright(&self) -> PathBuf {
        self.folder.join("copyright")
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.join("tauri.json")
    }
}

/// The configuration that goes over `base`, the one of the sources.
pub(super) fn overlay(base: &Value, brand: &Brand, made: &Made, system: System) -> Result<Value> {
    let mut windows = base.pointer("/app/windows").cloned().context("tauri.conf.json has no windows")?;
    windows.as_array_mut().into_iter().flatten().for_each(|window| window["title"] = brand.en.clone().into());
    let linux = system == System::Linux;
    let mut bundle = json!({
        "publisher": brand.publisher,
        "icon": icons(made),
        "linux": {
            "deb": { "desktopTemplate": made.desktop_file(), "files": files(brand, made) },
            "rpm": { "desktopTemplate": made.desktop_file(), "files": files(brand, made) },
        },
    });
    if !linux {
        bundle["resources"] = json!({ made.copyright().to_string_lossy(): "licences.txt" });
    }
    Ok(json!({
        // On Linux it names the package, its file and the desktop file; elsewhere people read it.
        "productName": if linux { &brand.package } else { &brand.en },
        "mainBinaryName": brand.package,
        "identifier": brand.identifier,
        "app": { "windows": windows },
        // The page is built before, for its licences.
        "build": { "beforeBuildCommand": null, "frontendDist": made.page() },
        "bundle": bundle,
    }))
}

/// The icons of all systems: the first PNG is the window's.
fn icons(made: &Made) -> Vec<PathBuf> {
    let sizes = ICON_SIZES.iter().map(|size| format!("{size}x{size}.png"));
    let first = "128x128.png".to_owned();
    let names = std::iter::once(first.clone()).chain(sizes.filter(|name| *name != first));
    names.chain(["icon.icns".to_owned(), "icon.ico".to_owned()]).map(|name| made.icons().join(name)).collect()
}

/// What lies in a Linux package beside program, icons and desktop file: from where, by where to.
fn files(brand: &Brand, made: &Made) -> Value {
    let mut files = json!({ format!("/usr/share/doc/{}/copyright", brand.package): made.copyright() });
    if brand.icon.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("svg")) {
        files[format!("/usr/share/icons/hicolor/scalable/apps/{}.svg", brand.package)] =
            json!(made.icons().join("icon.svg"));
    }
    files
}

/// The entry in the desktop's menu, which also takes `liveshop://` links.
pub(super) fn desktop_file(brand: &Brand) -> String {
    let Brand { zh, en, package, .. } = brand;
    format!(
        "[Desktop Entry]
Type=Application
Version=1.0
Name={en}
Name[zh_CN]={zh}
GenericName=Live-stream shop
GenericName[zh_CN]=直播购物
Comment=A live-stream shop that tells the truth about your money
Comment[zh_CN]=如实告诉你钱在哪里的直播购物
Keywords=live;stream;shop;Alipay;WeChat Pay;
Keywords[zh_CN]=直播;购物;支付宝;微信支付;
Exec={package} %u
Icon={package}
Categories=Network;
MimeType=x-scheme-handler/liveshop;
StartupNotify=true
StartupWMClass={package}
Terminal=false
"
    )
}

/// `tauri.conf.json`, as it is in the sources.
pub(super) fn base(root: &Path) -> Result<Value> {
    let file = root.join("src-tauri/tauri.conf.json");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::root;

    fn kiln() -> Brand {
        let page = fs::read_to_string(root().join("docs/PACKAGING.md")).unwrap();
        let example = page.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0.to_owned();
        let folder = tempfile::tempdir().unwrap();
        fs::copy(root().join("icons/icon.svg"), folder.path().join("icon.svg")).unwrap();
        fs::write(folder.path().join("brand.toml"), example).unwrap();
        Brand::read(&folder.path().join("brand.toml")).unwrap()
    }

    fn told(brand: &Brand) -> Value {
        let mut whole = base(&root()).unwrap();
        let over = overlay(&whole, brand, &Made::new("/made".into()), System::Linux).unwrap();
        merge(&mut whole, &over);
        whole
    }

    /// As the bundler lays one configuration over another (RFC 7396).
    fn merge(under: &mut Value, over: &Value) {
        let (Some(under), Some(over)) = (under.as_object_mut(), over.as_object()) else {
            under.clone_from(over);
            return;
        };
        for (key, value) in over {
            if value.is_null() {
                under.shift_remove(key);
            } else {
                merge(under.entry(key).or_insert(Value::Null), value);
            }
        }
    }

    #[test]
    fn a_branded_installer_has_its_own_name_everywhere() {
        let (kiln, liveshop) = (told(&kiln()), told(&Brand::standard(&root())));
        for (at, theirs, ours) in [
            ("/identifier", "example.mountain-kiln.desktop", "app.liveshop.desktop"),
            ("/mainBinaryName", "mountain-kiln", "liveshop"),
            ("/app/windows/0/title", "Mountain Kiln", "Liveshop"),
            ("/bundle/publisher", "Mountain Kiln <packages@mountain-kiln.example>", "Liveshop"),
        ] {
            assert_eq!((kiln.pointer(at).unwrap(), liveshop.pointer(at).unwrap()), (&theirs.into(), &ours.into()));
        }
        let doc = |package| format!("/bundle/linux/deb/files/~1usr~1share~1doc~1{package}~1copyright");
        assert!(kiln.pointer(&doc("mountain-kiln")).is_some() && kiln.pointer(&doc("liveshop")).is_none());
        assert!(!kiln["bundle"].to_string().to_lowercase().contains("liveshop"), "{}", kiln["bundle"]);
    }

    #[test]
    fn what_every_brand_shares_stays_as_it_is_in_the_sources() {
        let (kiln, sources) = (told(&kiln()), base(&root()).unwrap());
        for at in ["/app/security", "/plugins/deep-link", "/bundle/linux/deb/recommends", "/build/removeUnusedCommands"]
        {
            assert_eq!(kiln.pointer(at).unwrap(), sources.pointer(at).unwrap());
        }
        assert_eq!(kiln.pointer("/app/windows/0/width"), sources.pointer("/app/windows/0/width"));
        assert_eq!(kiln.pointer("/build/beforeBuildCommand"), None);
    }

    #[test]
    fn the_menu_entry_says_the_name_in_both_languages_and_takes_links() {
        let entry = desktop_file(&kiln());
        for line in ["Name=Mountain Kiln", "Name[zh_CN]=山屿窑", "Exec=mountain-kiln %u", "Icon=mountain-kiln"] {
            assert!(entry.lines().any(|said| said == line), "{line} in\n{entry}");
        }
        assert!(entry.lines().any(|line| line == "MimeType=x-scheme-handler/liveshop;"));
    }
}
