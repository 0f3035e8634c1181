//! The app as it is shipped against a bare window of the same toolkit: how soon goods are to be seen, and how much memory
//! it takes.

use crate::figure::{Figure, Floor, Goal, Results, Unit};
use crate::measure::median;
use crate::run::Run;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fs;
use tokio::process::Command;

/// What the driver of the windows says: `src-tauri/examples/start.rs`.
#[derive(Deserialize)]
struct Said {
    app: Vec<Start>,
    bare: Vec<Start>,
}

#[derive(Deserialize)]
struct Start {
    shown_s: f64,
    pss: f64,
}

pub(crate) async fn measure(run: &Run) -> Result<Results> {
    let rounds = if run.quick { 2 } else { 9 };
    let driver = run.built("debug/examples/start")?;
    let (app, bare) = (run.built("release/liveshop")?, run.built("release/bare")?);
    let mut command = Command::new(driver);
    command.env("LIVESHOP_APP", app).env("LIVESHOP_BARE", bare).env("LIVESHOP_ROUNDS", rounds.to_string());
    command.env("LIVESHOP_SHOTS", run.results()?.join("app")).stderr(std::process::Stdio::inherit());
    let output = command.kill_on_drop(true).output().await?;
    ensure!(output.status.success(), "the windows could not be driven; the lines above say why");
    let said: Said = serde_json::from_slice(&output.stdout).context("the driver said something else")?;
    let how = format!(
        "{rounds} starts of each in turn on a virtual display, after one that does not count. The app is the shipped \
         build and opens its practice room, whose servers it starts within; the bare window shows one line."
    );
    let figure = |name: &str, what: &str, unit, of: fn(&Start) -> f64, most| {
        let (ours, floors): (Vec<f64>, Vec<f64>) =
            (said.app.iter().map(of).collect(), said.bare.iter().map(of).collect());
        let ratios: Vec<f64> = ours.iter().zip(&floors).map(|(ours, floor)| ours / floor).collect();
        Figure {
            name: name.into(),
            what: what.into(),
            value: median(&ours),
            unit,
            floor: Some(Floor { what: "a bare window".into(), value: median(&floors), ratio: median(&ratios) }),
            goal: Goal::RatioAtMost(most),
            how: how.clone(),
        }
    };
    let start = figure("app_start", "app: start to goods visible", Unit::Seconds, |start| start.shown_s, 1.25);
    let memory = figure("app_memory", "app: memory of all its processes (PSS)", Unit::Bytes, |start| start.pss, 1.3);
    let mut figures = vec![start, memory];
    figures.extend(installers(run)?);
    Ok(Results { figures, plots: Vec::new() })
}

/// Bytes.
const MB: f64 = 1e6;

/// Where `cargo xtask bundle` leaves installers with a list of them: for this system, and for Windows where that was made.
const LISTS: [&str; 2] = ["installers/liveshop/SHA256SUMS", "installers/windows/liveshop/SHA256SUMS"];

/// How large the app's installers are.
fn installers(run: &Run) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for list in LISTS.iter().filter_map(|list| run.built(list).ok()) {
        for line in fs::read_to_string(&list)?.lines() {
            let (_, name) = line.split_once("  ").with_context(|| format!("{} is no list", list.display()))?;
            let (_, kind) = name.rsplit_once('.').context("an installer is of a kind")?;
            figures.push(Figure {
                name: kind.into(),
                what: format!("the app's .{kind}, with the practice room inside"),
                value: u32::try_from(list.with_file_name(name).metadata()?.len())?.into(),
                unit: Unit::Megabytes,
                floor: None,
                goal: if kind == "deb" { Goal::AtMost(10.0 * MB) } else { Goal::None },
                how: "As `cargo xtask bundle` makes it; a megabyte is a million bytes.".into(),
            });
        }
    }
    ensure!(figures.iter().any(|figure| figure.name == "deb"), "there is no .deb: cargo xtask bundle makes it");
    Ok(figures)
}
