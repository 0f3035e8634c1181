//! `cargo xtask faults`: puts each known fault into a copy of the tree and shows that its scenario notices.
//!
//! A fault is a file of `crates/xtask/faults`: a header that names it and its scenario, and a diff that puts it in.
//! A scenario that passes with its fault in place proves nothing, so every one must pass without and fail with it.

mod copy;
mod patch;
mod scenario;

use crate::run::target;
use crate::step::{root, say};
use anyhow::{Context, Result, bail};
use copy::bring;
use patch::Patch;
use scenario::{Scenario, Verdict, Workshop};
use std::collections::BTreeMap;
use std::fs;

/// Characters shown of what a scenario said.
const WORDS_MAX: usize = 160;

/// What became of one fault.
enum Outcome {
    /// By these words of the scenario.
    Caught(String),
    NotCaught,
    Endless,
    DoesNotApply,
    DoesNotCompile,
}

impl Outcome {
    fn words(&self) -> String {
        match self {
            Outcome::Caught(by) => format!("caught: {by}"),
            Outcome::NotCaught => "NOT CAUGHT".into(),
            Outcome::Endless => "NOT CAUGHT: the scenario does not end".into(),
            Outcome::DoesNotApply => "does not apply".into(),
            Outcome::DoesNotCompile => "does not compile".into(),
        }
    }
}

/// Puts in every fault, or those whose name holds `wanted`.
pub(crate) fn faults(wanted: Option<&str>) -> Result<()> {
    let patches = patches(wanted)?;
    let place = root().join(target()).join("faults");
    let workshop = Workshop { tree: place.join("tree"), build: place.join("build") };
    say(&format!("{} faults; bringing the tree to {}", patches.len(), workshop.tree.display()));
    bring(&root(), &workshop.tree)?;
    pass_without(&workshop, &patches)?;
    let width = patches.iter().map(|patch| patch.name.len()).max().unwrap_or(0);
    let mut outcomes = Vec::new();
    for (number, patch) in (1..).zip(&patches) {
        let outcome = put_in(&workshop, patch)?;
        say(&format!("[{number:>3}/{}] {:width$}  {}", patches.len(), patch.name, outcome.words()));
        outcomes.push(outcome);
    }
    let missed = outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Caught(_))).count();
    say(&format!("faults: {} caught, {missed} not", outcomes.len() - missed));
    if missed == 0 { Ok(()) } else { bail!("{missed} faults were not shown to be caught; the lines above name them") }
}

/// What the first failed assertion said, or the lint's message.
fn first_words(said: &str) -> String {
    let assertion = said.lines().skip_while(|line| !line.contains("panicked at")).skip(1);
    let assertion = assertion.take_while(|line| !line.starts_with("note:") && !line.is_empty()).take(3);
    let lint = said.lines().find(|line| line.starts_with("error"));
    let mut words = assertion.map(str::trim).collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        words = lint.unwrap_or("it failed").to_owned();
    }
    words.chars().take(WORDS_MAX).collect()
}

/// The faults by name.
fn patches(wanted: Option<&str>) -> Result<Vec<Patch>> {
    let folder = root().join("crates/xtask/faults");
    let mut patches = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "patch") {
            patches.push(Patch::read(&path)?);
        }
    }
    patches.retain(|patch| wanted.is_none_or(|wanted| patch.name.contains(wanted)));
    if patches.is_empty() {
        bail!("no fault has {:?} in its name; {} lists them", wanted.unwrap_or_default(), folder.display());
    }
    patches.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(patches)
}

/// Every scenario must pass while nothing is wrong: otherwise its failing would show nothing.
fn pass_without(workshop: &Workshop, patches: &[Patch]) -> Result<()> {
    let mut scenarios: BTreeMap<&Scenario, Vec<&str>> = BTreeMap::new();
    for patch in patches {
        let names = scenarios.entry(&patch.scenario).or_default();
        if !names.contains(&patch.test.as_str()) {
            names.push(&patch.test);
        }
    }
    for (scenario, names) in scenarios {
        say(&format!("without a fault: {scenario}, {} to pass", names.len()));
        match workshop.live(scenario, &names)? {
            Verdict::Passed => {}
            Verdict::Failed(said) => bail!("{scenario} fails although nothing was put in:\n{said}"),
            Verdict::DoesNotCompile(said) => bail!("{scenario} does not compile although nothing was put in:\n{said}"),
            Verdict::Endless => bail!("{scenario} does not end although nothing was put in"),
        }
    }
    Ok(())
}

/// Puts one fault in, lives its scenario and takes it out again.
fn put_in(workshop: &Workshop, patch: &Patch) -> Result<Outcome> {
    let before = patch.touched(&workshop.tree)?;
    let outcome = if patch.apply(&workshop.tree)? {
        match workshop.live(&patch.scenario, &[&patch.test])? {
            Verdict::Passed => Outcome::NotCaught,
            Verdict::Failed(said) => Outcome::Caught(first_words(&said)),
            Verdict::Endless => Outcome::Endless,
            Verdict::DoesNotCompile(said) => {
                say(&said);
                Outcome::DoesNotCompile
            }
        }
    } else {
        Outcome::DoesNotApply
    };
    for (path, text) in before {
        fs::write(&path, text).with_context(|| format!("{} cannot be put back", path.display()))?;
    }
    Ok(outcome)
}
