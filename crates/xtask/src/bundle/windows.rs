//! `cargo xtask bundle --windows`: the app and its installer for Windows, made on Debian.

mod compiler;
mod trial;

use super::brand::Brand;
use super::config::Made;
use super::{LOOK, System, branded, installers, kind, prepare, updates};
use crate::run::target;
use crate::step::{ask, command, root, run};
use crate::system;
use anyhow::{Context, Result, ensure};
use compiler::Compiler;
use std::fs;
use std::path::Path;

/// What it is built for, as the compiler calls it.
pub(super) const PLATFORM: &str = "x86_64-pc-windows-gnu";
/// How the bundler calls its NSIS installers to the app.
const KIND: &[u8; 3] = b"NSS";

/// Makes the installer of a brand, says where it is, and tries it where that is asked for.
///
/// # Errors
/// The first thing that is not as it must be.
pub(super) fn bundle(brand: &Brand, is_tried: bool) -> Result<()> {
    let trial: &[&[&str]] = if is_tried { &[system::WINE] } else { &[] };
    system::set_up(&[&[system::BUILD, system::WINDOWS], trial].concat())?;
    let compiler = Compiler::find()?;
    let made = prepare(brand, System::Windows)?;
    build(&compiler, brand, &made)?;
    let built = target().join(PLATFORM).join("release");
    let bundles = built.join("bundle");
    if bundles.exists() {
        fs::remove_dir_all(&bundles)?;
    }
    let folder = bundles.join("nsis");
    fs::create_dir_all(&folder)?;
    let program = made.folder().join(format!("{}.exe", brand.package));
    let mut bytes = fs::read(built.join("liveshop.exe")).context("the program was not built")?;
    kind::write(KIND, &mut bytes)?;
    needs_only_windows(&built.join("liveshop.exe"))?;
    fs::write(&program, bytes)?;
    let version = env!("CARGO_PKG_VERSION");
    let installer = folder.join(format!("{}_{version}_x64-setup.exe", brand.en));
    let definitions = made.folder().join("brand.nsh");
    fs::write(&definitions, define(brand, &made, &program, &built.join("WebView2Loader.dll"), &installer))?;
    let mut pack = command("makensis", &["-V2", "-INPUTCHARSET", "UTF8"]);
    // By its whole path: makensis looks for each script from the folder of the one before.
    run("packing it", pack.arg(definitions).arg(root().join("src-tauri/windows/installer.nsi")), LOOK)?;
    let kept = target().join("installers/windows").join(&brand.package);
    let installers = installers::gather(&bundles, &kept)?;
    installers::sum_up(&installers, &kept)?;
    updates::tell_of(brand, updates::key(), &installers, &kept)?;
    let installer = installers.first().context("an installer was gathered")?;
    if is_tried { trial::install_and_remove(brand, installer) } else { Ok(()) }
}

/// Builds the program as it is shipped.
fn build(compiler: &Compiler, brand: &Brand, made: &Made) -> Result<()> {
    let mut build = compiler.cargo(&["build", "--release", "--package", "desktop", "--bin", "liveshop"]);
    build.args(["--features", "tauri/custom-protocol", "--target", PLATFORM]);
    // As Tauri's own program has it: what no page can call is left out.
    build.env("REMOVE_UNUSED_COMMANDS", root().join("src-tauri"));
    build.env("TAURI_CONFIG", fs::read_to_string(made.config())?);
    branded(&mut build, brand, made);
    run("building the app for Windows (some minutes)", &mut build, LOOK)
}

/// Whether all that the program is linked with is part of Windows, but for what the installer puts beside it. The C compiler
/// has libraries of its own, which no Windows has.
fn needs_only_windows(program: &Path) -> Result<()> {
    let said = ask("x86_64-w64-mingw32-objdump", &["-p", &program.to_string_lossy()]).unwrap_or_default();
    let needed: Vec<&str> = said.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: ")).collect();
    ensure!(!needed.is_empty(), "what the program is linked with cannot be read");
    let foreign: Vec<&&str> = needed.iter().filter(|name| name.starts_with("lib")).collect();
    ensure!(foreign.is_empty(), "the program needs {foreign:?}, which no Windows has");
    Ok(())
}

/// What `src-tauri/windows/installer.nsi` is told of a brand.
fn define(brand: &Brand, made: &Made, program: &Path, loader: &Path, installer: &Path) -> String {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let values = [
        ("NAME", brand.en.clone()),
        ("NAME_ZH", brand.zh.clone()),
        ("PROGRAM", brand.package.clone()),
        ("IDENTIFIER", brand.identifier.clone()),
        ("PUBLISHER", brand.publisher.clone()),
        ("VERSION", env!("CARGO_PKG_VERSION").to_owned()),
        ("ICON", path(&made.icons().join("icon.ico"))),
        ("BUILT", path(program)),
        ("LOADER", path(loader)),
        ("LICENCES", path(&made.copyright())),
        ("OUTPUT", path(installer)),
    ];
    let line = |(name, value): (&str, String)| format!("!define {name} \"{}\"\n", quoted(&value));
    values.into_iter().map(line).collect()
}

/// A text as NSIS has it between quotes.
fn quoted(text: &str) -> String {
    text.replace('$', "$$").replace('"', "$\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_s_texts_are_texts_to_the_installer_whatever_is_in_them() {
        let mut odd = Brand::standard(&root());
        odd.publisher = r#"A "$INSTDIR" Ltd"#.into();
        let at = Path::new("/made");
        let definitions = define(&odd, &Made::new(at.into()), at, at, at);
        let line = r#"!define PUBLISHER "A $\"$$INSTDIR$\" Ltd""#;
        assert!(definitions.lines().any(|said| said == line), "{definitions}");
    }
}
