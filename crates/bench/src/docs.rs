//! `docs/BENCHMARKS.md` and its plots, from the results.

use crate::figure::Results;
use crate::machine::Machine;
use crate::plot;
use crate::run::Run;
use anyhow::Result;
use std::fmt::Write;
use std::fs;

const TEMPLATE: &str = include_str!("docs.md");

/// Writes the page and its pictures.
pub(crate) fn write(results: &Results, machine: &Machine) -> Result<()> {
    let docs = Run::root().join("docs");
    fs::create_dir_all(docs.join("images"))?;
    let mut plots = String::new();
    for plot in &results.plots {
        let file = format!("images/bench-{}.svg", plot.name);
        fs::write(docs.join(&file), plot::svg(plot)?)?;
        writeln!(plots, "![{}]({file})\n", plot.title)?;
    }
    let page = TEMPLATE
        .replace("{machine}", &machine_text(machine))
        .replace("{table}", &table(results))
        .replace("{how}", &how(results))
        .replace("{plots}", plots.trim_end());
    Ok(fs::write(docs.join("BENCHMARKS.md"), page)?)
}

fn machine_text(machine: &Machine) -> String {
    let Machine { day, commit, processor, cores, memory_gib, system, disk, rust, build, quick } = machine;
    let quick = if *quick { "**A quick try: these figures say nothing.** " } else { "" };
    format!(
        "{quick}Measured {day} at {commit}: {processor}, {cores} cores, {memory_gib} GiB, {system}, {disk}; {rust}, profile \
         `{build}`."
    )
}

fn table(results: &Results) -> String {
    let mut text =
        "| what | measured | floor | ratio | goal | met |\n| --- | --- | --- | --- | --- | --- |\n".to_owned();
    for figure in &results.figures {
        text.push_str(&format!("| {} |\n", figure.row().join(" | ")));
    }
    text.trim_end().to_owned()
}

fn how(results: &Results) -> String {
    let mut text = String::new();
    for figure in &results.figures {
        let floor = figure.floor.as_ref().map(|floor| format!(" Floor: {}.", floor.what)).unwrap_or_default();
        text.push_str(&format!("- **{}** (`{}`). {}{floor}\n", figure.what, figure.name, figure.how));
    }
    text.trim_end().to_owned()
}
