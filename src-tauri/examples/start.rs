//! Opens the app and a bare window in turn, on a virtual display, and says how long each took to show its goods (the bare
//! one has a line for them) and how much memory its processes share out among themselves. `cargo xtask bench app` reads
//! the one JSON line it prints.

#![allow(
    clippy::print_stdout,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it reports to a program that shows it to a person, and stops at the first surprise"
)]

#[cfg(target_os = "linux")]
#[path = "../tests/support/mod.rs"]
mod support;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The virtual display is Linux's");
}

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() {
    let path =
        |name: &str| std::path::PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set")));
    let rounds: usize = std::env::var("LIVESHOP_ROUNDS").unwrap().parse().unwrap();
    let programs = [path("LIVESHOP_APP"), path("LIVESHOP_BARE")];
    let shots = path("LIVESHOP_SHOTS");
    let display = support::Display::start();
    let homes = programs.each_ref().map(|_| support::Home::new(&shots));
    let mut measured = [Vec::new(), Vec::new()];
    // The first start makes the practice room's keys and the system's caches; it does not count.
    for round in 0..=rounds {
        for ((program, home), starts) in programs.iter().zip(&homes).zip(&mut measured) {
            let start = linux::open(program, &display, home).await;
            if round > 0 {
                starts.push(start);
            }
        }
    }
    let [app, bare] = measured;
    println!("{}", serde_json::json!({"app": app, "bare": bare}));
}

#[cfg(target_os = "linux")]
mod linux {
    use super::support::{Display, Home, WAIT, Window};
    use serde::Serialize;
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    /// One start.
    #[derive(Serialize)]
    pub(super) struct Start {
        /// From the start of its process to the frame that shows the goods, seconds.
        shown_s: f64,
        /// Memory of all its processes once it is at rest (PSS), bytes.
        pss: f64,
    }

    /// Clock ticks of a second in `/proc/PID/stat`: the same on every Linux.
    const TICKS_PER_S: f64 = 100.0;

    /// When the goods were first on the page, in milliseconds since 1970: the app marks it, and a bare page has no more to
    /// show than its first paint.
    const SHOWN: &str = "const mark = performance.getEntriesByName('goods')[0]
        ?? performance.getEntriesByName('first-contentful-paint')[0];
        return mark === undefined ? null : performance.timeOrigin + mark.startTime;";

    pub(super) async fn open(program: &Path, display: &Display, home: &Home) -> Start {
        let window = Window::open(program, display, home, None).await;
        window.find("[data-goods]").await;
        let shown_ms = until(async || window.ask(SHOWN).await.as_f64()).await;
        let pid = running(program);
        let shown_s = shown_ms / 1e3 - started_s(pid);
        let mut last = 0.0_f64;
        let pss = until(async || {
            let now: f64 = family(pid).into_iter().filter_map(pss).sum();
            let is_at_rest = (now - last).abs() < now / 100.0;
            last = now;
            is_at_rest.then_some(now)
        });
        let pss = pss.await;
        window.close().await;
        Start { shown_s, pss }
    }

    /// Looks again and again until there is something.
    async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let looking = async {
            loop {
                match look().await {
                    Some(found) => return found,
                    None => tokio::time::sleep(Duration::from_millis(300)).await,
                }
            }
        };
        tokio::time::timeout(WAIT, looking).await.unwrap_or_else(|_| panic!("the window does not come to rest"))
    }

    /// The process that runs it.
    fn running(program: &Path) -> u32 {
        let program = program.canonicalize().unwrap();
        let runs = |pid: &u32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program);
        processes().into_iter().find(runs).unwrap_or_else(|| panic!("{} does not run", program.display()))
    }

    fn processes() -> Vec<u32> {
        let entries = fs::read_dir("/proc").unwrap().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }

    /// What `/proc/PID/stat` says after the program's name, which may hold anything.
    fn stat(pid: u32) -> Option<Vec<String>> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = text.rsplit_once(')')?;
        Some(rest.split_whitespace().map(str::to_owned).collect())
    }

    /// When a process was started, in seconds since 1970.
    fn started_s(pid: u32) -> f64 {
        let uptime = fs::read_to_string("/proc/uptime").unwrap();
        let uptime_s: f64 = uptime.split_whitespace().next().unwrap().parse().unwrap();
        #[expect(clippy::disallowed_methods, reason = "it measures")]
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let ticks: f64 = stat(pid).unwrap()[19].parse().unwrap();
        now_s - uptime_s + ticks / TICKS_PER_S
    }

    /// A process and all it started.
    fn family(pid: u32) -> Vec<u32> {
        let mut family = vec![pid];
        let parents: Vec<(u32, u32)> =
            processes().into_iter().filter_map(|pid| Some((pid, stat(pid)?[1].parse().ok()?))).collect();
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
            at += 1;
        }
        family
    }

    /// Its own share of memory, bytes; `None` once it has ended.
    fn pss(pid: u32) -> Option<f64> {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kib * 1024.0)
    }
}
