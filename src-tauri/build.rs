//! Makes a permission of each command, so that only what `capabilities/main.json` lists can be called.

const COMMANDS: &[&str] = &[
    "enter",
    "trust",
    "goods",
    "viewer",
    "buy",
    "take_up",
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
];

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let built = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest));
    built.expect("the app's configuration is valid");
}
