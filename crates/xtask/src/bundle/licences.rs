//! The licences of everything inside an installer: the crates of the program and the packages of the page. What has no
//! licence is not shipped.

use crate::step::{ask, command};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Files that hold a licence or what it wants passed on, by the beginning of their names in upper case.
const TEXTS: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// Something of others that is inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    version: String,
    /// An SPDX expression, or the name of the file that says it.
    licence: String,
    authors: Vec<String>,
    texts: Vec<String>,
}

/// The whole text: what is inside on that platform, under which licence each is, and every text once.
///
/// # Errors
/// Something inside has no licence, or none whose text is at hand.
pub(super) fn notices(root: &Path, page_packages: &Path, platform: &str) -> Result<String> {
    let mut parts = crates("desktop", platform)?;
    parts.extend(packages(root, page_packages)?);
    parts.push(liveshop(root)?);
    write(parts)
}

/// As [`notices`], for a program of this project that has no page.
///
/// # Errors
/// As [`notices`].
pub(super) fn notices_of(root: &Path, program: &str) -> Result<String> {
    let mut parts = crates(program, &this_platform()?)?;
    parts.push(liveshop(root)?);
    write(parts)
}

/// This project's own work.
fn liveshop(root: &Path) -> Result<Part> {
    Ok(Part {
        name: "Liveshop".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        licence: env!("CARGO_PKG_LICENSE").into(),
        authors: Vec::new(),
        texts: texts(&root.join("docs/licences"))?,
    })
}

/// What `cargo metadata` prints, as far as it is needed.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Crate {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    license_file: Option<String>,
    authors: Vec<String>,
    manifest_path: PathBuf,
    /// None for a crate of this project.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// The platform that this machine builds for, as the compiler calls it.
pub(super) fn this_platform() -> Result<String> {
    let compiler = ask("rustc", &["-vV"]).context("rustc is missing; install Rust from https://www.rust-lang.org")?;
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// The crates that a program is made of there, without what only builds or tests it.
fn crates(program: &str, platform: &str) -> Result<Vec<Part>> {
    let mut metadata =
        command("cargo", &["metadata", "--format-version", "1", "--locked", "--filter-platform", platform]);
    let output = metadata.output().context("cargo cannot be started")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let Metadata { packages, resolve } =
        serde_json::from_slice(&output.stdout).context("what cargo metadata prints")?;
    let known: BTreeMap<&str, &Crate> = packages.iter().map(|one| (one.id.as_str(), one)).collect();
    let nodes: BTreeMap<&str, &Node> = resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let named = packages.iter().find(|one| one.name == program && one.source.is_none());
    let program = named.with_context(|| format!("there is no crate `{program}`"))?;
    let (mut inside, mut next) = (BTreeSet::new(), vec![program.id.as_str()]);
    while let Some(id) = next.pop() {
        if !inside.insert(id) {
            continue;
        }
        let linked = |dependency: &&Dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.is_none());
        let dependencies = nodes.get(id).into_iter().flat_map(|node| &node.deps);
        next.extend(dependencies.filter(linked).map(|dependency| dependency.pkg.as_str()));
    }
    let others = inside.into_iter().filter_map(|id| known.get(id)).filter(|one| one.source.is_some());
    others.map(|one| part_of_crate(one)).collect()
}

fn part_of_crate(one: &Crate) -> Result<Part> {
    let Some(licence) = one.license.clone().or_else(|| one.license_file.clone()) else {
        bail!("the crate {} {} has no licence: it cannot be shipped; replace it", one.name, one.version);
    };
    let folder = one.manifest_path.parent().context("a manifest lies in a folder")?;
    let mut texts = texts(folder)?;
    if let Some(file) = &one.license_file {
        texts.push(read(&folder.join(file))?);
    }
    let (name, version, authors) = (one.name.clone(), one.version.clone(), one.authors.clone());
    Ok(Part { name, version, licence, authors, texts })
}

/// What npm says of a package, as far as it is needed.
#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

/// The packages of which something is in the page; `list` is what its build has written.
fn packages(root: &Path, list: &Path) -> Result<Vec<Part>> {
    let text = fs::read_to_string(list).with_context(|| format!("{}: build the page first", list.display()))?;
    let folders: Vec<String> = serde_json::from_str(&text).with_context(|| list.display().to_string())?;
    if folders.is_empty() {
        bail!("{} lists no package; the page has some inside", list.display());
    }
    let part = |folder: &String| {
        let folder = root.join("ui").join(folder);
        let package: Package = serde_json::from_str(&read(&folder.join("package.json"))?)
            .with_context(|| format!("{}/package.json", folder.display()))?;
        let Package { name, version, license } = package;
        let Some(licence) = license else {
            bail!("the npm package {name} {version} has no licence: it cannot be shipped; replace it");
        };
        Ok(Part { name, version, licence, authors: Vec::new(), texts: texts(&folder)? })
    };
    folders.iter().map(part).collect()
}

/// The licence texts of a package's folder, by the files' names.
fn texts(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let is_text = |file: &&PathBuf| {
        let name = file.file_name().map(|name| name.to_string_lossy().to_uppercase()).unwrap_or_default();
        file.is_file() && !name.ends_with(".RS") && TEXTS.iter().any(|begins| name.starts_with(begins))
    };
    files.iter().filter(is_text).map(|file| read(file)).collect()
}

/// A text with its line ends as they are everywhere else, so that equal texts are equal.
fn read(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned())
}

/// Words that a licence's own text has, and the licence.
const KNOWN: [(&str, &[&str]); 10] = [
    ("Apache-2.0", &["Apache License", "Version 2.0", "TERMS AND CONDITIONS"]),
    ("MIT", &["to any person obtaining a copy of this software", "in all copies or substantial portions"]),
    ("BSD-3-Clause", &["Redistribution and use in source and binary forms", "endorse or promote"]),
    ("ISC", &["Permission to use, copy, modify, and", "distribute this software for any", "appear in all copies"]),
    ("MPL-2.0", &["Mozilla Public License Version 2.0"]),
    ("BSL-1.0", &["Boost Software License - Version 1.0"]),
    ("Zlib", &["This software is provided 'as-is'", "Altered source versions"]),
    ("Unicode-3.0", &["UNICODE LICENSE V3"]),
    ("CC0-1.0", &["CC0 1.0 Universal"]),
    ("OFL-1.1", &["SIL Open Font License Version 1.1"]),
];

/// The licence that a text is of, when it is a known one and of no other beside it.
fn licence_of(text: &str) -> Option<&'static str> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let is = |words: &[&str]| words.iter().all(|word| text.contains(&word.to_lowercase()));
    let mut found = KNOWN.iter().filter(|(_, words)| is(words)).map(|(licence, _)| *licence);
    found.next().filter(|_| found.next().is_none())
}

/// Those of the known licences that a part without a text can be passed on under: one of each group that `AND` joins.
fn chosen<'a>(expression: &str, known: &BTreeMap<&'a str, usize>) -> Option<Vec<&'a str>> {
    let plain = expression.replace(['(', ')'], " ");
    let group = |group: &str| {
        let mut names = group.split([' ', '/']).filter(|name| !name.is_empty() && *name != "OR");
        names.find_map(|name| known.get_key_value(name)).map(|(name, _)| *name)
    };
    plain.split(" AND ").map(group).collect()
}

fn write(mut parts: Vec<Part>) -> Result<String> {
    parts.sort();
    parts.dedup();
    // Every text once, in the order of what it belongs to, with the number it is named by.
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ordered: Vec<&str> = Vec::new();
    for text in parts.iter().flat_map(|part| &part.texts) {
        numbers.entry(text).or_insert_with(|| {
            ordered.push(text);
            ordered.len()
        });
    }
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for text in &ordered {
        if let (Some(licence), Some(number)) = (licence_of(text), numbers.get(text)) {
            known.entry(licence).or_insert(*number);
        }
    }
    let mut out = String::from(HEAD);
    for part in &parts {
        let Part { name, version, licence, authors, texts } = part;
        let mut named: Vec<usize> = texts.iter().filter_map(|text| numbers.get(text.as_str()).copied()).collect();
        let note = if named.is_empty() {
            let Some(chosen) = chosen(licence, &known) else {
                bail!("{name} {version} is under {licence}, and no text of that is at hand; add its licence file");
            };
            named.extend(chosen.iter().filter_map(|licence| known.get(licence)));
            let by = if authors.is_empty() { String::new() } else { format!(", by {}", authors.join(", ")) };
            format!(" (its package has no text of its own{by})")
        } else {
            String::new()
        };
        named.sort_unstable();
        named.dedup();
        let named: Vec<String> = named.iter().map(|number| format!("[{number}]")).collect();
        writeln!(out, "{name} {version}: {licence}; {}{note}", named.join(" "))?;
    }
    for (at, text) in ordered.iter().enumerate() {
        write!(out, "\n{}\n[{}]\n\n{text}\n", "-".repeat(78), at.saturating_add(1))?;
    }
    Ok(out)
}

const HEAD: &str = "\
This program is made from Liveshop, by the Liveshop contributors, and has the
following inside. After each stand its licence and the numbers of the texts
below that belong to it.

";

#[cfg(test)]
mod tests {
    use super::*;

    const MIT: &str = "Copyright Ann\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of \
                       this\nsoftware ...\nin all copies or substantial portions ...";

    fn part(name: &str, licence: &str, texts: &[&str]) -> Part {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        Part { name: name.into(), version: "1.0.0".into(), licence: licence.into(), authors: vec!["Ben".into()], texts }
    }

    #[test]
    fn each_text_is_there_once_and_named_by_all_that_it_belongs_to() {
        let text = write(vec![part("b", "MIT", &[MIT]), part("a", "MIT", &[MIT, "NOTICE"])]).unwrap();
        assert!(text.contains("a 1.0.0: MIT; [1] [2]\nb 1.0.0: MIT; [1]\n"), "{text}");
        assert_eq!(text.matches("Permission is hereby granted").count(), 1);
        assert_eq!(text, write(vec![part("a", "MIT", &[MIT, "NOTICE"]), part("b", "MIT", &[MIT])]).unwrap());
    }

    #[test]
    fn a_part_without_a_text_is_given_one_of_its_licence() {
        let text = write(vec![part("a", "MIT", &[MIT]), part("b", "Apache-2.0 OR MIT", &[])]).unwrap();
        assert!(
            text.contains("b 1.0.0: Apache-2.0 OR MIT; [1] (its package has no text of its own, by Ben)"),
            "{text}"
        );
    }

    #[test]
    fn texts_are_told_apart_by_what_only_they_say() {
        let font = "SIL OPEN FONT LICENSE Version 1.1\nPermission is hereby granted, free of charge, to any person \
                    obtaining a copy of the Font Software\n... contains the above copyright notice";
        assert_eq!((licence_of(MIT), licence_of(font)), (Some("MIT"), Some("OFL-1.1")));
        assert_eq!(licence_of(&format!("{MIT}\n{font}")), None, "a file of two is neither's");
        assert_eq!(licence_of("all rights reserved"), None);
    }

    #[test]
    fn a_part_whose_licence_has_no_text_at_hand_is_refused() {
        for licence in ["Apache-2.0", "MIT AND Unicode-3.0", "(MIT OR Apache-2.0) AND Zlib"] {
            let error = write(vec![part("a", "MIT", &[MIT]), part("b", licence, &[])]).unwrap_err().to_string();
            assert!(error.contains("b 1.0.0") && error.contains(licence), "{error}");
        }
    }

    #[test]
    fn a_crate_without_a_licence_is_refused() {
        let one = Crate {
            id: "a".into(),
            name: "a".into(),
            version: "1.0.0".into(),
            license: None,
            license_file: None,
            authors: vec![],
            manifest_path: "/nowhere/Cargo.toml".into(),
            source: Some("registry".into()),
        };
        assert!(part_of_crate(&one).unwrap_err().to_string().contains("the crate a 1.0.0 has no licence"));
    }

    #[test]
    fn a_package_without_a_licence_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("ui/node_modules/a");
        fs::create_dir_all(&folder).unwrap();
        let list = root.path().join("packages.json");
        fs::write(&list, r#"["node_modules/a"]"#).unwrap();
        fs::write(folder.join("package.json"), r#"{"name":"a","version":"1.0.0"}"#).unwrap();
        assert!(packages(root.path(), &list).unwrap_err().to_string().contains("a 1.0.0 has no licence"));
        fs::write(folder.join("package.json"), r#"{"name":"a","version":"1.0.0","license":"MIT"}"#).unwrap();
        fs::write(folder.join("LICENSE"), format!("{MIT}\r\n")).unwrap();
        let found = packages(root.path(), &list).unwrap();
        assert_eq!((found[0].licence.as_str(), found[0].texts[0].as_str()), ("MIT", MIT));
    }

    #[test]
    fn what_is_inside_the_program_has_licences_and_what_only_tests_it_is_not_named() {
        let crates = crates("desktop", &this_platform().unwrap()).unwrap();
        let has = |name: &str| crates.iter().any(|part| part.name == name);
        assert!(has("tauri") && has("aws-lc-rs") && has("sqlx-core"));
        assert!(!has("fantoccini") && !has("proptest") && !has("desktop"), "only built or tested with");
        write(crates).unwrap();
    }
}
