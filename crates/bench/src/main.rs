//! The shop measured against its floors: `cargo xtask bench`. One module measures one group of figures.

mod age;
mod app;
mod books;
mod code;
mod crypto;
mod docs;
mod figure;
mod floors;
mod gateway_alone;
mod hundred;
mod load;
mod machine;
mod measure;
mod orders;
mod plot;
mod postgres;
mod programs;
mod prompt;
mod reservations;
mod run;
mod sse;
mod viewers;
mod worker;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use figure::{Figure, Results};
use futures_util::future::BoxFuture;
use machine::Machine;
use run::Run;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Measures the shop against its floors.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    work: Option<WorkerCommand>,
    /// What to measure; everything when nothing is named.
    names: Vec<String>,
    /// Smaller counts, for trying: the figures say nothing.
    #[arg(long)]
    quick: bool,
    /// Makes docs/BENCHMARKS.md and its plots from the results.
    #[arg(long)]
    write_docs: bool,
}

#[derive(Debug, Subcommand)]
enum WorkerCommand {
    /// A shop without its network; the benchmarks start it themselves.
    #[command(hide = true)]
    Worker {
        work: worker::Work,
        #[arg(long)]
        config: PathBuf,
    },
}

/// What is kept of all runs: the newest results of each group.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    machine: Machine,
    groups: BTreeMap<String, Results>,
}

impl Kept {
    /// All results, in the order of the table.
    fn all(&self) -> Results {
        let mut all = Results::default();
        for results in GROUPS.iter().filter_map(|(group, _)| self.groups.get(*group)) {
            all.figures.extend(results.figures.clone());
            all.plots.extend(results.plots.clone());
        }
        all
    }
}

/// A group of figures and what measures it.
type Group = (&'static str, for<'a> fn(&'a Run) -> BoxFuture<'a, Result<Results>>);

/// In the order of the table.
const GROUPS: [Group; 11] = [
    ("gateway", |run| Box::pin(gateway_alone::measure(run))),
    ("orders", |run| Box::pin(orders::measure(run))),
    ("sqlite", |run| Box::pin(reservations::sqlite(run))),
    ("postgres", |run| Box::pin(reservations::postgres(run))),
    ("hundred", |run| Box::pin(hundred::measure(run))),
    ("load", |run| Box::pin(load::measure(run))),
    ("prompt", |run| Box::pin(prompt::measure(run))),
    ("listeners", |run| Box::pin(sse::measure(run))),
    ("age", |run| Box::pin(age::measure(run))),
    ("code", |run| Box::pin(async { code::measure(run) })),
    ("app", |run| Box::pin(app::measure(run))),
];

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(WorkerCommand::Worker { work, config }) = &arguments.work {
        return worker::work(config, *work).await;
    }
    // Whoever stops it stops the programs it started: they end with what is dropped here.
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = measure(&arguments) => done,
        _ = terminated.recv() => bail!("stopped"),
        _ = tokio::signal::ctrl_c() => bail!("stopped"),
    }
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let run = Run::new(arguments.quick)?;
    let known = |name: &String| GROUPS.iter().any(|(group, _)| group == name);
    if let Some(unknown) = arguments.names.iter().find(|name| !known(name)) {
        let names = GROUPS.map(|(name, _)| name).join(", ");
        bail!("there is no benchmark {unknown}; there are {names}");
    }
    let file = run.results()?.join("results.json");
    let mut kept: Kept = match fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged; remove it", file.display()))?,
        Err(_) => Kept::default(),
    };
    let machine = Machine::look(&run);
    // Figures of small and of full counts are never mixed.
    if kept.machine.quick != run.quick {
        kept = Kept::default();
    }
    let mut failed = Vec::new();
    for (name, measure) in GROUPS {
        if !arguments.names.is_empty() && !arguments.names.iter().any(|wanted| wanted == name) {
            continue;
        }
        say(&format!("\n==> {name}"))?;
        match measure(&run).await {
            Ok(results) => {
                show(&results.figures)?;
                kept.groups.insert(name.to_owned(), results);
                kept.machine = machine.clone();
                fs::write(&file, serde_json::to_string_pretty(&kept)?)?;
            }
            Err(error) => {
                say(&format!("failed: {error:#}"))?;
                failed.push(name);
            }
        }
    }
    say(&format!("\n==> all figures, kept in {}", file.display()))?;
    let all = kept.all();
    show(&all.figures)?;
    if arguments.write_docs {
        docs::write(&all, &kept.machine)?;
        say("docs/BENCHMARKS.md and its plots are written")?;
    }
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

/// Prints a line at once.
fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Prints figures as a table.
fn show(figures: &[Figure]) -> Result<()> {
    let head = ["what", "measured", "floor", "ratio", "goal", "met"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(figures.iter().map(Figure::row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        say(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
