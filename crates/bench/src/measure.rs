//! Clocks and counters: what a figure is read from.

use anyhow::{Context, Result};
use std::fs;
use std::time::{Duration, Instant};

/// Clock ticks of a second in `/proc/PID/stat`: the same on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// This moment. The only place of the benchmarks that reads a clock.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    Instant::now()
}

/// Unix seconds.
pub(crate) fn unix_s() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Processor time of this thread so far, seconds.
pub(crate) fn thread_cpu_s() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").context("the system does not count processor time")?;
    let ns: f64 = text.split_whitespace().next().context("schedstat is empty")?.parse()?;
    Ok(ns / 1e9)
}

/// Processor time of a process and all its threads so far, seconds: to 10 ms.
pub(crate) fn process_cpu_s(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The program's name may hold anything; what is counted begins after its closing bracket.
    let (_, rest) = text.rsplit_once(')').context("stat has no name")?;
    let ticks: Vec<f64> = rest.split_whitespace().skip(11).take(2).filter_map(|tick| tick.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / TICKS_PER_S)
}

/// Memory that is this process's own share (PSS), bytes.
pub(crate) fn process_pss(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("smaps_rollup has no Pss")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024.0)
}

/// The middle one. Of an even number, the lower of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value that this share of all does not exceed.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a rank")]
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1).min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// Seconds of each, for [`quantile`].
pub(crate) fn seconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(Duration::as_secs_f64).collect()
}
