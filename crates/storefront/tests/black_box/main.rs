//! The proof from outside: the real programs on real files, killed again and again, with wires between them that delay
//! and cut, while people buy and pay. Then the channels' books judge the shop.
//!
//! A longer storm: `LIVESHOP_STORM_KILLS=200 LIVESHOP_STORM_BUYERS=20 cargo test -p storefront --test black_box`.
//! `LIVESHOP_STORM_SEED=7` makes the same decisions again; when they meet the programs is up to the machine.

// SIGKILL and SIGTERM are what a server's operator has on Unix.
#![cfg(unix)]
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test: it stops at the first surprise, and says what the storm was like"
)]

mod buyers;
mod chance;
mod fleet;
mod judge;
mod processes;
mod proxy;
mod world;

use chance::Dice;
use std::path::Path;
use std::time::Duration;
use storefront::random::{Random, SystemRandom};
use world::World;

/// What is asked of the storm.
struct Storm {
    seed: u64,
    /// How often the storefront is killed; the sandbox is every fifth time.
    kills: u64,
    buyers: u64,
}

impl Storm {
    fn asked() -> Storm {
        let asked = |name: &str| {
            std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
        };
        let fresh = || u64::try_from(SystemRandom.bits().unwrap() >> 96).unwrap();
        Storm {
            seed: asked("LIVESHOP_STORM_SEED").unwrap_or_else(fresh),
            kills: asked("LIVESHOP_STORM_KILLS").unwrap_or(14),
            buyers: asked("LIVESHOP_STORM_BUYERS").unwrap_or(16),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_and_cut_off_again_and_again_the_shop_keeps_its_promise() {
    let folder = tempfile::tempdir().unwrap();
    let storm = Storm::asked();
    println!("LIVESHOP_STORM_SEED={} ({} kills, {} buyers)", storm.seed, storm.kills, storm.buyers);
    let path = folder.path().to_owned();
    // A task of its own, so that the programs are ended and the folder is kept when it fails.
    if let Err(failed) = tokio::spawn(async move { live(&path, &storm).await }).await {
        let kept = folder.keep();
        println!("everything is kept in {0}; the logs are {0}/storefront.log and {0}/sandbox.log", kept.display());
        std::panic::resume_unwind(failed.into_panic());
    }
}

async fn live(folder: &Path, storm: &Storm) {
    let mut dice = Dice::new(storm.seed);
    let mut world = World::new(folder, &mut dice).await;
    let mut buyers = weather(&mut world, storm, &mut dice).await;
    let orders = world.judge.at_rest(&buyers).await;
    world.judge.judge(&mut buyers, &orders).await;
    judge::same_answers(&buyers, &mut dice).await;
    world.stops_gracefully(&mut buyers[0]).await;
    world.tells_the_result(&mut buyers[1]).await;
    let orders = world.judge.at_rest(&buyers).await;
    world.judge.judge(&mut buyers, &orders).await;
    world.logs_hold_no_secret(&buyers);
    world.check_finds_nothing().await;
}

/// Buyers buy while the programs are killed, until it has happened often enough.
async fn weather(world: &mut World, storm: &Storm, dice: &mut Dice) -> Vec<buyers::Buyer> {
    let mut over = world.let_in(storm.buyers, dice).await;
    world.storm_begins();
    for kill in 1..=storm.kills {
        tokio::time::sleep(dice.pause(300..2_500)).await;
        if kill % 5 == 0 {
            world.sandbox.kill().await;
            tokio::time::sleep(dice.pause(0..400)).await;
        }
        world.storefront.kill().await;
        if kill % 5 == 0 && dice.below(2) == 0 {
            world.sandbox.start().await;
        }
        tokio::time::sleep(dice.pause(0..400)).await;
        world.storefront.start().await;
        if !world.sandbox.lives() {
            world.sandbox.start().await;
        }
    }
    world.storm_ends();
    let buyers = tokio::time::timeout(Duration::from_secs(120), over.all_finish()).await;
    let buyers = buyers.expect("a buyer waits for an answer without end");
    println!("exchanges: {:?}", world.met());
    buyers
}
