//! Who may depend on whom. The arrows of the house are the dependency lists of its crates; this test reads them.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const OURS: [&str; 12] = [
    "order",
    "gateway",
    "api",
    "storefront",
    "sandbox",
    "rehearsal",
    "simulation",
    "bench",
    "testbed",
    "xtask",
    "desktop",
    "bare",
];

/// The dependencies of a manifest's `[dependencies]`; an optional one is marked with `?`.
fn dependencies(manifest: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let list =
        text.lines().skip_while(|line| *line != "[dependencies]").skip(1).take_while(|line| !line.starts_with('['));
    list.filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (name, rest) = line.split_once(['.', ' ', '='])?;
            Some(if rest.contains("optional = true") { format!("{name}?") } else { name.to_owned() })
        })
        .collect()
}

fn house() -> BTreeMap<&'static str, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned();
    let folder = |name: &str| match name {
        "desktop" => root.join("src-tauri"),
        "bare" => root.join("src-tauri/bare"),
        _ => root.join("crates").join(name),
    };
    OURS.into_iter().map(|name| (name, dependencies(&folder(name).join("Cargo.toml")))).collect()
}

#[test]
fn the_arrows_of_the_house_point_where_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("order", &[][..]),
        ("gateway", &["order"][..]),
        ("api", &["order"][..]),
        ("storefront", &["api", "gateway", "order"][..]),
        ("sandbox", &[][..]),
        ("rehearsal", &["api", "order"][..]),
        ("simulation", &["api", "gateway", "order", "storefront"][..]),
        ("testbed", &[][..]),
        ("bench", &["api", "gateway", "order", "storefront"][..]),
        ("xtask", &[][..]),
        ("desktop", &["api", "order", "rehearsal?", "sandbox?", "storefront?"][..]),
        ("bare", &[][..]),
    ]);
    for (name, found) in house() {
        let ours = |dependency: &&String| OURS.contains(&dependency.trim_end_matches('?'));
        let found: Vec<&str> = found.iter().filter(ours).map(String::as_str).collect();
        assert_eq!(found, allowed[name], "arrows out of {name}");
    }
}

#[test]
fn order_stays_pure_by_its_dependency_list() {
    let found = house().remove("order").unwrap();
    let allowed = ["serde", "thiserror"].map(str::to_owned);
    assert!(found.iter().all(|dependency| allowed.contains(dependency)), "{found:?}");
}

#[test]
fn only_the_page_s_door_to_the_window_knows_tauri() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("ui/src");
    let mut knowing = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read_to_string(&path).is_ok_and(|text| text.contains("@tauri-apps/")) {
                knowing.push(path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    assert_eq!(knowing, ["host/tauri.ts"]);
}
