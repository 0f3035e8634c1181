//! One fault: what it is, the scenario that notices it, and the diff that puts it in.

use super::scenario::Scenario;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of `crates/xtask/faults`.
pub(super) struct Patch {
    /// The file's name without its ending.
    pub(super) name: String,
    pub(super) scenario: Scenario,
    /// The test's full name; for a lint, the words its message must hold.
    pub(super) test: String,
    path: PathBuf,
    diff: String,
}

impl Patch {
    /// Reads the header (`Fault:`, `Test:` or `Check:`, `Fails:`) and what follows it.
    pub(super) fn read(path: &Path) -> Result<Patch> {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let shown = path.display();
        let (header, diff) = text.split_once("\n--- ").with_context(|| format!("{shown} holds no diff"))?;
        let field = |name: &str| {
            let value = header.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            value.filter(|value| !value.is_empty())
        };
        for name in ["Fault:", "Fails:"] {
            field(name).with_context(|| format!("{shown} has no line {name}"))?;
        }
        let words = |value: &str| value.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let test = field("Test:").map(words);
        let check = field("Check:").map(words);
        let (scenario, test) = match (test.as_deref(), check.as_deref()) {
            (Some([package, target, test]), None) => (Scenario::test(package, target), test.clone()),
            (None, Some([kind, package, lint])) if kind == "clippy" => (Scenario::clippy(package), lint.clone()),
            _ => bail!("{shown} needs either `Test: PACKAGE TARGET NAME` or `Check: clippy PACKAGE LINT`"),
        };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Patch { name, scenario, test, path: path.to_owned(), diff: format!("--- {diff}") })
    }

    /// The files the diff changes, with what is in them now.
    pub(super) fn touched(&self, tree: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let names = self.diff.lines().filter_map(|line| line.strip_prefix("+++ b/"));
        let read = |name: &str| {
            let path = tree.join(name.trim());
            let bytes = fs::read(&path).with_context(|| format!("{}: {} is not there", self.name, path.display()))?;
            Ok((path, bytes))
        };
        let touched: Vec<_> = names.map(read).collect::<Result<_>>()?;
        if touched.is_empty() {
            bail!("{} changes no file", self.path.display());
        }
        Ok(touched)
    }

    /// Puts the fault in. `false` when the sources have moved away from it; then nothing was changed.
    pub(super) fn apply(&self, tree: &Path) -> Result<bool> {
        let mut git = Command::new("git");
        git.args(["apply", "--recount", "-C1"]).arg(&self.path).current_dir(tree);
        // The copy lies within the project, whose history is not meant.
        git.env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
        let status = git.status().context("git cannot be started; it applies the faults")?;
        Ok(status.success())
    }
}
