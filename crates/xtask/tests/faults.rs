//! The known faults still fit the code they are put into: a patch that no longer applies shows nothing.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::process::Command;

#[test]
fn every_known_fault_can_be_put_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let patches = std::fs::read_dir(root.join("crates/xtask/faults")).unwrap().map(|file| file.unwrap().path());
    let (mut tried, mut stale) = (0, Vec::new());
    for patch in patches.filter(|path| path.extension().is_some_and(|kind| kind == "patch")) {
        tried += 1;
        let applies = Command::new("git")
            .args(["apply", "--check", "--recount", "-C1"])
            .arg(&patch)
            .current_dir(&root)
            .output()
            .unwrap();
        if !applies.status.success() {
            stale.push(format!("{}: {}", patch.display(), String::from_utf8_lossy(&applies.stderr)));
        }
    }
    assert!(tried > 0 && stale.is_empty(), "of {tried} faults, these no longer fit the code: {stale:#?}");
}
