//! `simulate`: lives orders in simulated worlds, or every crash point of a few of them.

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use simulation::clock::Watch;
use simulation::crash_points::{self, Broken, Pairs};
use simulation::failure::Failure;
use simulation::house::Template;
use simulation::place::Place;
use simulation::random::{self, LIVES_PER_SEED, Report, Stopped, Wish};
use simulation::runner;
use simulation::tally::Tally;
use std::io::{Write, stdout};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

/// Lives orders in simulated worlds: the storefront's own code, and the channels' books as the judge.
#[derive(Parser)]
struct Arguments {
    /// Orders to live.
    #[arg(long, default_value_t = 20_000)]
    lives: u64,
    /// Lives one seed and prints its steps.
    #[arg(long)]
    seed: Option<u64>,
    /// The first of the seeds.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Worlds at a time; without it, as many as keep this machine busy.
    #[arg(long)]
    threads: Option<usize>,
    /// Keeps the worlds' databases at this PostgreSQL server, in databases `simulated-...` beside the one that is named.
    #[arg(long, global = true, value_name = "postgres://USER@HOST/NAME")]
    database: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Crashes, and loses requests and answers, at every commit and every call of a few lives, and at every pair of them.
    CrashPoints {
        /// Every nth pair only.
        #[arg(long, default_value_t = 1)]
        every: usize,
        /// Leaves out so many stories, to take up a run that was stopped.
        #[arg(long, default_value_t = 0)]
        skip: usize,
    },
}

fn say(text: &str) {
    // Nobody reading is no failure.
    let _unread = writeln!(stdout(), "{text}");
}

fn main() -> ExitCode {
    match simulate(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("stopped: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn simulate(arguments: &Arguments) -> Result<()> {
    let threads = arguments.threads.unwrap_or_else(runner::threads);
    let place = arguments.database.as_deref().map_or_else(Place::files, Place::server)?;
    match (&arguments.command, arguments.seed) {
        (Some(Command::CrashPoints { every, skip }), _) => every_point(&place, threads, *every, *skip),
        (None, Some(seed)) => replay(&place, seed),
        (None, None) => many(&place, arguments.from, arguments.lives, threads),
    }
}

fn replay(place: &Place, seed: u64) -> Result<()> {
    let lived = runner::runtime(place)?.block_on(async {
        let template = Arc::new(Template::make(place).await?);
        Ok::<_, Failure>(random::live(&template, Wish { seed, log: true, dump: false }).await)
    })?;
    match lived {
        Ok(report) => {
            report.log.iter().for_each(|line| say(line));
            say(&format!("{}\nseed {seed}: {} lives, no violation", report.tally, report.lives));
            Ok(())
        }
        Err(stopped) => {
            stopped.log.iter().for_each(|line| say(line));
            bail!("seed {seed}: {}", stopped.failure)
        }
    }
}

fn many(place: &Place, from: u64, lives: u64, threads: usize) -> Result<()> {
    let watch = Watch::start();
    let per_seed = u64::try_from(LIVES_PER_SEED)?;
    let seeds = lives.div_ceil(per_seed);
    let (mut total, mut lived, mut done) = (Tally::default(), 0, 0);
    let mut found: Option<(u64, Stopped)> = None;
    let job = move |template: Arc<Template>, seed| -> Pin<Box<dyn Future<Output = Result<Report, Stopped>>>> {
        Box::pin(async move { random::live(&template, Wish { seed, log: false, dump: false }).await })
    };
    runner::run(place, from, seeds, threads, Arc::new(job), |seed, result| match result {
        Ok(report) => {
            lived += report.lives;
            done += 1;
            total.take(&report.tally);
            if done % seeds.div_ceil(20) == 0 {
                say(&format!("{lived} lives, {done} of {seeds} seeds, {:.0} s", watch.since().as_secs_f64()));
            }
            true
        }
        Err(stopped) => {
            found = Some((seed, stopped));
            false
        }
    })?;
    let seconds = watch.since().as_secs_f64();
    say(&format!("{total}\n{lived} lives in {done} seeds from {from}, {seconds:.1} s"));
    match found {
        Some((seed, stopped)) => {
            bail!(
                "seed {seed}: {}\nreplay it with: cargo xtask simulate --seed {seed}, and the same --database",
                stopped.failure
            )
        }
        None => Ok(()),
    }
}

fn every_point(place: &Place, threads: usize, every: usize, skip: usize) -> Result<()> {
    let watch = Watch::start();
    let stories = runner::runtime(place)?.block_on(async {
        let template = Arc::new(Template::make(place).await?);
        Ok::<_, Failure>(crash_points::stories(&template).await)
    })?;
    let stories = stories.map_err(stopped)?;
    let (mut singles, mut pairs) = (0, 0);
    for (story, pay_type, points) in stories.into_iter().skip(skip) {
        let job = move |template: Arc<Template>, first: u64| -> Pin<Box<dyn Future<Output = Result<Pairs, Broken>>>> {
            Box::pin(async move {
                let first = usize::try_from(first).unwrap_or(usize::MAX);
                crash_points::live_pairs(&template, story, pay_type, first, every).await
            })
        };
        let mut sum = Pairs::default();
        let mut found = None;
        runner::run(place, 0, u64::try_from(points)?, threads, Arc::new(job), |_, result| match result {
            Ok(result) => {
                sum.take(result);
                true
            }
            Err(broken) => {
                found = Some(broken);
                false
            }
        })?;
        if let Some(broken) = found {
            return Err(stopped(broken));
        }
        let (name, ends) = (story.name(), &sum.ends);
        say(&format!("{name}, {pay_type}: {points} single faults, {} pairs; orders ended {ends:?}", sum.pairs));
        singles += sum.singles;
        pairs += sum.pairs;
    }
    let seconds = watch.since().as_secs_f64();
    say(&format!("{singles} single faults and {pairs} pairs lived to rest and judged, no violation, {seconds:.1} s"));
    Ok(())
}

fn stopped(broken: Broken) -> anyhow::Error {
    let Broken { run, failure } = broken;
    anyhow::anyhow!("{}, {}, faults at the points {:?}: {failure}", run.story.name(), run.pay_type, run.at)
}
