//! What the project may be made of, by the rules of `.cargo/deny.toml`: each crate under a licence that is allowed, none
//! that is banned, all from one registry. `cargo deny` asks more, and of every platform; but it needs to be installed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn rules() -> toml::Table {
    std::fs::read_to_string(root().join(".cargo/deny.toml")).unwrap().parse().unwrap()
}

/// A crate.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    /// Where it is from, when that is not the usual registry.
    from: Option<String>,
    licence: String,
}

impl Crate {
    /// From `name vX.Y.Z (from) (proc-macro)|licence (*)`, where only the first two and `|` are always there.
    fn read(line: &str) -> Crate {
        let (named, licence) = line.split_once('|').unwrap();
        let mut parts = named.split(" (").map(|part| part.trim_end_matches(')'));
        let (name, version) = parts.next().unwrap().split_once(" v").unwrap();
        let from = parts.find(|part| *part != "proc-macro").map(str::to_owned);
        let licence = licence.trim_end_matches("(*)").trim().to_owned();
        Crate { name: name.into(), version: version.into(), from, licence }
    }
}

/// Every crate that anything of ours is made of or tested with on this platform.
fn crates() -> BTreeSet<Crate> {
    let tree = ["tree", "--locked", "--workspace", "--all-features", "--prefix", "none", "--format", "{p}|{l}"];
    let output = Command::new(env!("CARGO")).args(tree).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<Crate> = lines.lines().filter(|line| !line.is_empty()).map(Crate::read).collect();
    assert!(crates.len() > 300, "only {} crates were looked at", crates.len());
    crates
}

/// Whether an expression of SPDX can be met with the licences allowed. `AND` binds closer than `OR`; `/` is how `OR` was
/// written once.
fn is_met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = either(&words, &mut at, allowed);
    assert_eq!(at, words.len(), "`{expression}` cannot be read");
    met
}

fn either(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut met = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(words, at, allowed);
    }
    met
}

fn both(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut met = single(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= single(words, at, allowed);
    }
    met
}

fn single(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut name = words[*at].to_owned();
    *at += 1;
    if name == "(" {
        let met = either(words, at, allowed);
        assert_eq!(words.get(*at), Some(&")"), "a bracket is not closed");
        *at += 1;
        return met;
    }
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words[*at + 1]);
        *at += 2;
    }
    allowed.contains(&name.as_str())
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let rules = rules();
    let allowed = rules["licenses"]["allow"].as_array().unwrap();
    let allowed: Vec<&str> = allowed.iter().map(|licence| licence.as_str().unwrap()).collect();
    let crates = crates();
    let is_fine = |one: &Crate| !one.licence.is_empty() && is_met(&one.licence, &allowed);
    let wrong: Vec<&Crate> = crates.iter().filter(|one| !is_fine(one)).collect();
    assert!(wrong.is_empty(), "replace them, or allow their licence with the reason: {wrong:#?}");
}

#[test]
fn none_is_banned_and_what_matters_most_is_there_once() {
    let rules = rules();
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for one in crates() {
        *versions.entry(one.name).or_default() += 1;
    }
    let is_broken = |rule: &&toml::Value| {
        let found = versions.get(rule["crate"].as_str().unwrap()).copied().unwrap_or(0);
        if rule.get("deny-multiple-versions").is_some() { found != 1 } else { found != 0 }
    };
    let broken: Vec<&toml::Value> = rules["bans"]["deny"].as_array().unwrap().iter().filter(is_broken).collect();
    assert!(broken.is_empty(), "`cargo tree --invert NAME` says who brings it: {broken:#?}");
}

#[test]
fn all_others_come_from_one_registry() {
    let crates = crates();
    let root = root().display().to_string();
    let is_elsewhere = |one: &&Crate| one.from.as_ref().is_some_and(|from| !from.starts_with(&root));
    let elsewhere: Vec<&Crate> = crates.iter().filter(is_elsewhere).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
    assert!(crates.iter().any(|one| one.from.is_some()), "our own lie here");
}

#[test]
fn a_line_of_the_tree_is_read() {
    let read = |line| {
        let Crate { name, version, from, licence } = Crate::read(line);
        (name, version, from, licence)
    };
    let told = |name: &str, version: &str, from: Option<&str>, licence: &str| {
        (name.to_owned(), version.to_owned(), from.map(str::to_owned), licence.to_owned())
    };
    assert_eq!(read("ab v1.0.2|MIT"), told("ab", "1.0.2", None, "MIT"));
    assert_eq!(
        read("ab v1.0.2 (proc-macro)|(MIT OR ISC) AND Zlib (*)"),
        told("ab", "1.0.2", None, "(MIT OR ISC) AND Zlib")
    );
    assert_eq!(read("ab v1.0.2 (/home/ab)|"), told("ab", "1.0.2", Some("/home/ab"), ""));
    let git = "https://example.com/ab?rev=1#1";
    assert_eq!(read(&format!("ab v1.0.2 ({git}) (proc-macro)|MIT")), told("ab", "1.0.2", Some(git), "MIT"));
}

#[test]
fn an_expression_is_met_by_one_of_each_group() {
    let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0 AND MIT OR Apache-2.0", true),
        ("GPL-3.0 AND (MIT OR Apache-2.0)", false),
        ("(MIT OR GPL-3.0) AND Apache-2.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0 WITH Classpath-exception-2.0", false),
    ] {
        assert_eq!(is_met(expression, &allowed), met, "{expression}");
    }
}
