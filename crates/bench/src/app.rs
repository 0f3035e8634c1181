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
    let installer = installer(run)?;
    let memory = figure("app_memory", "app: memory of all its processes (PSS)", Unit::Bytes, |start| start.pss, 1.3);
    let size = Figure {
        name: "deb".into(),
        what: "the app's .deb, with the practice room inside".into(),
        value: installer,
        unit: Unit::Megabytes,
        floor: None,
        goal: Goal::AtMost(10.0 * MB),
        how: "As `cargo xtask bundle` makes it; a megabyte is a million bytes.".into(),
    };
    Ok(Results { figures: vec![start, memory, size], plots: Vec::new() })
}

/// Bytes.
const MB: f64 = 1e6;

/// How large the app's .deb is, bytes.
fn installer(run: &Run) -> Result<f64> {
    let folder = run.built("installers/liveshop/SHA256SUMS")?;
    let entries = fs::read_dir(folder.parent().context("a file lies in a folder")?)?.flatten();
    let mut debs = entries.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "deb"));
    let bytes = debs.next().context("there is no .deb: cargo xtask bundle makes it")?.metadata()?.len();
    Ok(u32::try_from(bytes)?.into())
}
