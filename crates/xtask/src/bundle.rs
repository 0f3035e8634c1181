//! `cargo xtask bundle`: the installers of this system, under Liveshop's name or a packager's.

mod brand;
mod checks;
mod config;
mod icons;
mod installers;
mod kind;
mod licences;
pub(crate) mod servers;
pub(crate) mod trial;
#[cfg(target_os = "linux")]
pub(crate) mod update_trial;
mod updates;
mod windows;

use crate::run::{AS_TESTED, target};
use crate::step::{command, root, run, say};
use crate::{system, ui};
use anyhow::{Result, bail};
use brand::Brand;
use config::Made;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "cargo xtask bundle [--brand FILE] [--quick] [--appimage | --windows] [--try]";
/// What a person does about a failed step.
const LOOK: &str = "the lines above say what and where";
/// Where the brand's file is named for the builds of program and page.
const BRAND: &str = "LIVESHOP_BRAND";

/// The system that installers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Linux,
    Windows,
    MacOs,
}

impl System {
    /// The one this runs on.
    fn this() -> System {
        match env::consts::OS {
            "windows" => System::Windows,
            "macos" => System::MacOs,
            _ => System::Linux,
        }
    }
}

/// How the program inside is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Build {
    /// As it is shipped: small, optimised over all crates.
    Shipped,
    /// As the tests build it: large and quickly made.
    Tested,
}

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    brand: Option<PathBuf>,
    quick: bool,
    appimage: bool,
    /// For Windows, on Linux.
    windows: bool,
    trial: bool,
}

impl Wanted {
    fn parse(arguments: &[&str]) -> Result<Wanted> {
        let mut wanted = Wanted::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "--brand" => {
                    let Some(file) = rest.next() else { bail!("--brand needs a file\n\n{USAGE}") };
                    wanted.brand = Some(file.into());
                }
                "--quick" => wanted.quick = true,
                "--appimage" if cfg!(target_os = "linux") => wanted.appimage = true,
                "--windows" if cfg!(target_os = "linux") => wanted.windows = true,
                "--try" if cfg!(target_os = "linux") => wanted.trial = true,
                "--windows" if cfg!(windows) => bail!("on Windows, installers for it are made without --windows"),
                "--appimage" | "--windows" | "--try" => bail!("{argument} is for Linux"),
                other => bail!("`{other}` is not known\n\n{USAGE}"),
            }
        }
        if wanted.windows && (wanted.appimage || wanted.quick) {
            bail!("--windows goes with --brand and --try only\n\n{USAGE}");
        }
        Ok(wanted)
    }
}

pub(crate) fn bundle(arguments: &[&str]) -> Result<()> {
    let wanted = Wanted::parse(arguments)?;
    let brand = wanted.brand.as_deref().map_or_else(|| Ok(Brand::standard(&root())), Brand::read)?;
    if wanted.windows {
        return windows::bundle(&brand, wanted.trial);
    }
    if wanted.trial {
        trial::is_possible(&brand.package)?;
        system::set_up(&[system::BUILD, system::HEADLESS, system::INSTALLING])?;
    } else {
        system::set_up(&[system::BUILD])?;
    }
    let build = if wanted.quick { Build::Tested } else { Build::Shipped };
    let installers = make(&brand, build)?;
    if wanted.trial {
        let deb = debian_package(&installers)?;
        trial::install_and_start(&brand.package, &brand.identifier, deb)?;
    }
    if wanted.appimage { appimage(&brand, build) } else { Ok(()) }
}

/// Makes the installers as they are shipped, under the app's own name: what the benchmarks weigh and start.
pub(crate) fn shipped() -> Result<()> {
    make(&Brand::standard(&root()), Build::Shipped).map(|_| ())
}

/// The installer that `cargo xtask test` tries: with the program that the other tests have built. Its metadata, files and
/// scripts are those of the shipped one; building that takes longer than most of the tests together, and
/// `cargo xtask bundle --try` tries it.
pub(crate) fn trial_of_tested_build() -> Result<()> {
    let brand = Brand::standard(&root());
    trial::is_possible(&brand.package)?;
    let installers = make(&brand, Build::Tested)?;
    trial::install_and_start(&brand.package, &brand.identifier, debian_package(&installers)?)
}

fn debian_package(installers: &[PathBuf]) -> Result<&Path> {
    let deb = installers.iter().find(|file| file.extension().is_some_and(|kind| kind == "deb"));
    deb.map_or_else(|| bail!("no .deb was made"), |deb| Ok(deb.as_path()))
}

/// The formats of this system that need nothing from the network.
fn formats(build: Build) -> &'static str {
    match (System::this(), build) {
        (System::Windows, _) => "nsis,msi",
        (System::MacOs, _) => "app,dmg",
        (System::Linux, Build::Shipped) => "deb,rpm",
        (System::Linux, Build::Tested) => "deb",
    }
}

/// Makes the installers of a brand and says where they are.
fn make(brand: &Brand, build: Build) -> Result<Vec<PathBuf>> {
    let made = prepare(brand, System::this())?;
    let bundles = output(build).join("bundle");
    if bundles.exists() {
        fs::remove_dir_all(&bundles)?;
    }
    match build {
        Build::Shipped => {
            let mut tauri = tauri(&["build", "--ci", "--bundles", formats(build), "--config"]);
            branded(tauri.arg(made.config()), brand, &made);
            run("building the app as it is shipped (some minutes) and its installers", &mut tauri, LOOK)?;
        }
        Build::Tested => {
            ui::build()?;
            let mut program = command("cargo", &["build", "--bin", "liveshop"]);
            branded(program.args(AS_TESTED), brand, &made);
            if !brand.is_standard() {
                program.env("TAURI_CONFIG", fs::read_to_string(made.config())?);
            }
            run("building the app as the tests do", &mut program, LOOK)?;
            let program = |name: &str| output(build).join(format!("{name}{}", env::consts::EXE_SUFFIX));
            if !brand.is_standard() {
                // Under its name, as the bundler looks for it; the one that the tests are about is built again from little.
                fs::rename(program("liveshop"), program(&brand.package))?;
            }
            let pack = ["bundle", "--debug", "--no-binary-patching", "--ci", "--bundles", formats(build), "--config"];
            let mut tauri = tauri(&pack);
            run("packing it", tauri.arg(made.config()), LOOK)?;
        }
    }
    let kept = kept(brand, build);
    let installers = installers::gather(&bundles, &kept)?;
    if build == Build::Shipped {
        installers::tighten(&installers, &kept)?;
    }
    installers::sum_up(&installers, &kept)?;
    updates::tell_of(brand, updates::key(), &installers, &kept)?;
    Ok(installers)
}

/// Where installers stay.
fn kept(brand: &Brand, build: Build) -> PathBuf {
    target()
        .join(match build {
            Build::Shipped => "installers",
            Build::Tested => "installers/quick",
        })
        .join(&brand.package)
}

/// Where the bundler works.
fn output(build: Build) -> PathBuf {
    target().join(match build {
        Build::Shipped => "release",
        Build::Tested => "debug",
    })
}

/// Makes what an installer has inside beside the program: the page, icons, menu entry and licences.
fn prepare(brand: &Brand, system: System) -> Result<Made> {
    let is_cross = system != System::this();
    let folder = target().join(if is_cross { "bundle-windows" } else { "bundle" }).join(&brand.package);
    let platform = if is_cross { windows::PLATFORM.to_owned() } else { licences::this_platform()? };
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let made = Made::new(folder);
    ui::install()?;
    icons::make(brand, &made)?;
    let picture = brand.icon.extension().map(|kind| format!("icons/icon.{}", kind.to_string_lossy().to_lowercase()));
    fs::write(made.embedded(), format!("{:#}\n", brand.embedded(picture.as_deref())))?;
    let mut page = ui::npm(&["run", "build", "--", "--emptyOutDir", "--outDir"]);
    branded(page.arg(made.page()), brand, &made);
    run("building the page", &mut page, LOOK)?;
    say("\n==> gathering the licences of all that is inside");
    fs::write(made.copyright(), licences::notices(&root(), &root().join("target/page/packages.json"), &platform)?)?;
    fs::write(made.desktop_file(), config::desktop_file(brand))?;
    let overlay = config::overlay(&config::base(&root())?, brand, &made, system)?;
    fs::write(made.config(), format!("{overlay:#}\n"))?;
    Ok(made)
}

/// Has a build be the brand's. The app under its own name is built as ever, so that all such builds share their work.
fn branded(build: &mut Command, brand: &Brand, made: &Made) {
    if brand.is_standard() {
        build.env_remove(BRAND);
    } else {
        build.env(BRAND, made.embedded());
    }
}

/// Tauri's own program, of the version that the page's packages name: what strips unused commands and makes installers.
fn tauri(arguments: &[&str]) -> Command {
    let program = root().join("ui/node_modules/.bin").join(if cfg!(windows) { "tauri.cmd" } else { "tauri" });
    command(&program.to_string_lossy(), arguments)
}

/// Makes an AppImage of what `make` has built.
fn appimage(brand: &Brand, build: Build) -> Result<()> {
    let folder = target().join("bundle").join(&brand.package);
    let made = Made::new(folder);
    let mut tauri = tauri(&["bundle", "--ci", "--bundles", "appimage"]);
    tauri.args((build == Build::Tested).then_some("--debug")).arg("--config").arg(made.config());
    let advice = "an AppImage is put together by linuxdeploy and its runtime, which the bundler fetches from the network \
                  the first time. Without the network none can be made: the .deb and .rpm above are whole; for the \
                  AppImage run this again where the network is reached";
    run("putting an AppImage together", &mut tauri, advice)?;
    let kept = kept(brand, build);
    let installers = installers::gather(&output(build).join("bundle"), &kept)?;
    installers::sum_up(&installers, &kept)?;
    updates::tell_of(brand, updates::key(), &installers, &kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_and_what_is_not_known_is_refused() {
        let wanted = Wanted::parse(&["--brand", "kiln.toml", "--quick"]).unwrap();
        assert_eq!(wanted, Wanted { brand: Some("kiln.toml".into()), quick: true, ..Wanted::default() });
        for (arguments, says) in [
            (&["--brand"][..], "needs a file"),
            (&["--brnad", "x"][..], "`--brnad` is not known"),
            (&["--windows", "--quick"][..], "--windows"),
        ] {
            assert!(Wanted::parse(arguments).unwrap_err().to_string().contains(says));
        }
    }
}
