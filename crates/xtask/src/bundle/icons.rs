//! The icons of all systems, made from the brand's one picture.

use super::brand::Brand;
use super::config::{ICON_SIZES, Made};
use super::tauri;
use crate::step::run;
use anyhow::{Context, Result};
use std::fs;

/// What a person does when it fails.
const LOOK: &str = "the lines above say what is wrong with the picture";

/// Makes them.
///
/// # Errors
/// The picture cannot be drawn.
pub(super) fn make(brand: &Brand, made: &Made) -> Result<()> {
    let folder = made.icons();
    fs::create_dir_all(&folder)?;
    let to = ["--output".as_ref(), folder.as_os_str()];
    let mut all = tauri(&["icon"]);
    run("drawing the icons", all.arg(&brand.icon).args(to), LOOK)?;
    let sizes = ICON_SIZES.map(|size| size.to_string()).join(",");
    let mut pngs = tauri(&["icon", "--png", &sizes]);
    run("drawing them in the sizes of Linux desktops", pngs.arg(&brand.icon).args(to), LOOK)?;
    let kind = brand.icon.extension().context("a picture has a kind")?.to_ascii_lowercase();
    fs::copy(&brand.icon, folder.join("icon").with_extension(kind))?;
    Ok(())
}
