//! Does nothing; but without a build script there is no folder for what Tauri generates.

fn main() {}
