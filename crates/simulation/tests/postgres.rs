//! Simulated worlds over PostgreSQL, judged by the channels' books as those over SQLite are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use simulation::house::Template;
use simulation::place::Place;
use simulation::random::{LIVES_PER_SEED, Report, Stopped, Wish, live};
use simulation::runner;
use simulation::tally::Tally;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

/// The seeds lived by this test: those with many faults among the first.
const FIRST: u64 = 10;
const SEEDS: u64 = 4;

#[test]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
fn orders_with_faults_end_as_the_channels_books_say() {
    let server = Place::server(&testbed::postgres(Path::new("simulation"))).unwrap();
    let job = |template: Arc<Template>, seed| -> Pin<Box<dyn Future<Output = Result<Report, Stopped>>>> {
        Box::pin(async move { live(&template, Wish { seed, log: false, dump: false }).await })
    };
    let (mut lives, mut total, mut broken) = (0, Tally::default(), None);
    runner::run(&server, FIRST, SEEDS, runner::threads(), Arc::new(job), |seed, result| match result {
        Ok(report) => {
            lives += report.lives;
            total.take(&report.tally);
            true
        }
        Err(stopped) => {
            broken = Some((seed, stopped.failure));
            false
        }
    })
    .unwrap();
    if let Some((seed, failure)) = broken {
        panic!("seed {seed}: {failure}");
    }
    println!("{total}\n{lives} lives in {SEEDS} seeds");
    assert!(lives >= SEEDS * u64::try_from(LIVES_PER_SEED).unwrap(), "{lives} lives");
    // A world in which nothing goes wrong proves nothing. What is rare is left to the many lives over SQLite.
    for happened in [
        "fault: answer lost",
        "fault: balance not enough for a refund",
        "fault: call to a channel that is down",
        "fault: channel busy",
        "fault: commit failed",
        "fault: crash after a commit",
        "fault: crash before a commit",
        "fault: crash between steps",
        "fault: forged notice",
        "fault: notice lost",
        "fault: notice with a stolen key",
        "fault: refund takes its time",
        "fault: request late",
        "fault: request lost",
        "end: closed unpaid",
        "end: delivered",
        "end: delivered, and something went back",
        "row 11: paid while it was being ended",
        "streamer: money given back",
    ] {
        assert!(total.of(happened) > 0, "never happened: {happened}");
    }
}
