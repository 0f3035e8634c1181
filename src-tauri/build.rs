//! Makes a permission of each command, so that only what `capabilities/main.json` lists can be called, lists the files of
//! the practice room's clip, and compiles the brand in.

#[path = "build/brand.rs"]
mod brand;

use std::fs;
use std::path::{Path, PathBuf};

/// Names the file of the brand; without it the app is Liveshop.
const BRAND: &str = "LIVESHOP_BRAND";

/// Where the clip lies.
const SHOW: &str = "practice/show";

const COMMANDS: &[&str] = &[
    "enter",
    "open_room",
    "open_practice",
    "trust",
    "rooms",
    "forget_room",
    "shelf",
    "viewer",
    "buy",
    "take_up",
    "resume_order",
    "orders",
    "order",
    "ask_refund",
    "addresses",
    "save_address",
    "remove_address",
    "pending",
    "watch",
    "retry",
    "ask_now",
    "switch",
    "cancel",
    "dismiss",
    "receipt",
    "save_receipt",
    "phone_url",
    "hosting",
    "host_room",
    "stop_hosting",
    "studio",
    "add_item",
    "edit_item",
    "remove_item",
    "order_goods",
    "pin",
    "make_deal",
    "end_deal",
    "edit_room",
    "add_picture",
    "import_goods",
    "export_goods",
    "studio_orders",
    "studio_order",
    "refund_order",
    "decline_refund",
    "ship",
    "show_figures",
    "export_orders",
    "panel",
    "set_trouble",
    "clear_troubles",
    "rehearse",
    "stop_rehearsal",
    "last_rehearsal",
    "save_report",
    "crowd",
    "stop_crowd",
    "lan_phone",
    "reset_practice",
    "preferences",
    "about",
    "updates",
    "look_for_update",
    "install_update",
];

fn main() {
    list_show_files();
    compile_brand_in();
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let built = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest));
    built.expect("the app's configuration is valid");
}

/// Makes the brand's file a constant.
fn compile_brand_in() {
    println!("cargo::rerun-if-env-changed={BRAND}");
    let standard = Path::new(env!("CARGO_MANIFEST_DIR")).join("brand.json");
    let file = std::env::var_os(BRAND).map_or(standard, PathBuf::from);
    println!("cargo::rerun-if-changed={}", file.display());
    let text = fs::read_to_string(&file).expect("the brand's file can be read");
    let constant = brand::constant(&text).expect("the brand's file is as `cargo xtask bundle` writes it");
    fs::write(out().join("brand.rs"), constant).expect("the brand is written");
}

fn out() -> PathBuf {
    std::env::var_os("OUT_DIR").map(PathBuf::from).expect("cargo names it")
}

/// Lists the files of the practice room's clip, whatever their number, for `practice/show.rs` to include.
fn list_show_files() {
    println!("cargo::rerun-if-changed={SHOW}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(SHOW);
    let files = fs::read_dir(&folder).expect("the clip's folder is there").map(|file| file.expect("is read").path());
    let sent =
        |path: &PathBuf| path.extension().is_some_and(|kind| ["json", "mp4", "m4s"].iter().any(|known| kind == *known));
    let mut files: Vec<PathBuf> = files.filter(sent).collect();
    files.sort();
    let entry = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        format!("({name:?}, include_bytes!({:?})),\n", path.display().to_string())
    };
    let entries: String = files.iter().map(entry).collect();
    let list = format!("const FILES: &[(&str, &[u8])] = &[\n{entries}];\n");
    fs::write(out().join("show_files.rs"), list).expect("the list is written");
}
