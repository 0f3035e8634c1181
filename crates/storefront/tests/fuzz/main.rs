//! Bad input in numbers: whatever comes in at the doors that anybody can reach, the answer is in the contract's form,
//! nothing breaks, and nothing in the database changes but that a genuine notice asks again.
//!
//! `LIVESHOP_FUZZ_INPUTS` says how many, `LIVESHOP_FUZZ_SEED` which changes are made to the genuine messages. These are
//! new in each run, for each run has keys of its own; an input that fails is printed whole. `cargo xtask fuzz` makes a
//! million.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod dice;
mod inputs;
mod judge;
mod lived;
mod recorder;
mod replays;
#[path = "../support/mod.rs"]
mod support;

use axum::Router;
use axum::body::to_bytes;
use dice::Dice;
use inputs::Door;
use lived::Lived;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storefront::routes;
use tokio::sync::watch;
use tower::ServiceExt;

/// Inputs of an ordinary test run.
const INPUTS: u64 = 6_000;
/// Inputs between two looks at the database.
const BATCH: u64 = 1_000;
/// Inputs under way at a time.
const LANES: u64 = 8;

type Counts = BTreeMap<(Door, u16), u64>;

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, not {value:?}")))
}

/// One input: made, sent, judged.
async fn one(routes: &Router, lived: &Lived, seed: u64, number: u64) -> Result<(Door, u16), String> {
    let input = inputs::make(&mut Dice::new(seed, number), lived);
    let answer = routes.clone().oneshot(input.request()).await.unwrap_or_else(|never| match never {});
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 1 << 20).await.map_err(|error| error.to_string())?;
    judge::judge(lived, &input, status, &body).map_err(|why| {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(2_000).collect::<String>();
        let headers = input.headers.iter().map(|(name, value)| format!("{name}: {}\n", shown(value)));
        let headers = headers.collect::<String>();
        let [sent, came] = [&input.body[..], &body].map(shown);
        format!("{why}\n\n{} {}\n{headers}\n{sent}\n\nanswered {status}\n{came}", input.method, input.door.path())
    })?;
    Ok((input.door, status))
}

/// The inputs of these numbers, several at a time.
async fn batch(routes: &Router, lived: &Arc<Lived>, seed: u64, numbers: std::ops::Range<u64>) -> Counts {
    let next = Arc::new(AtomicU64::new(numbers.start));
    let lanes = (0..LANES).map(|_| {
        let (routes, lived, next, end) = (routes.clone(), Arc::clone(lived), Arc::clone(&next), numbers.end);
        tokio::spawn(async move {
            let mut counts = Counts::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return counts;
                }
                let fed = AssertUnwindSafe(one(&routes, &lived, seed, number));
                match futures_util::FutureExt::catch_unwind(fed).await {
                    Ok(Ok(counted)) => *counts.entry(counted).or_insert(0) += 1,
                    Ok(Err(why)) => panic!("LIVESHOP_FUZZ_SEED={seed}, input {number}: {why}"),
                    Err(_) => panic!("LIVESHOP_FUZZ_SEED={seed}, input {number}: it panicked"),
                }
            }
        })
    });
    let mut counts = Counts::new();
    for lane in lanes.collect::<Vec<_>>() {
        for (counted, number) in lane.await.unwrap() {
            *counts.entry(counted).or_insert(0) += number;
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn no_input_breaks_the_shop_or_moves_anything() {
    let inputs = setting("LIVESHOP_FUZZ_INPUTS").unwrap_or(INPUTS);
    let seed = setting("LIVESHOP_FUZZ_SEED").unwrap_or_else(|| getrandom::u64().unwrap());
    println!("LIVESHOP_FUZZ_SEED={seed} LIVESHOP_FUZZ_INPUTS={inputs}");
    let lived = Arc::new(Lived::live().await);
    let shop = lived.shop(BTreeMap::new()).await;
    let (_going, stop) = watch::channel(false);
    let routes = routes::router(Arc::clone(&shop), stop);
    let before = judge::dump(&shop.store).await;
    for table in ["orders", "attempts", "requests", "refunds", "ledger", "deliveries", "goods", "shares", "viewers"] {
        assert!(!before[table].is_empty(), "{table} is empty: what would not change in it?");
    }
    let states: std::collections::BTreeSet<&str> =
        before["orders"].iter().flat_map(|row| row.split('|')).filter(|field| field.starts_with('\'')).collect();
    for state in order::state::OrderState::ALL {
        assert!(states.contains(format!("'{}'", state.as_str()).as_str()), "no order is {state:?}");
    }
    let (asks, kept, jobs) = judge::heard(&shop.store).await;
    let mut counts = Counts::new();
    #[expect(clippy::disallowed_methods, reason = "how fast it went is printed, and decides nothing")]
    let began = std::time::Instant::now();
    for start in (0..inputs).step_by(usize::try_from(BATCH).unwrap()) {
        let end = inputs.min(start + BATCH);
        for (counted, number) in batch(&routes, &lived, seed, start..end).await {
            *counts.entry(counted).or_insert(0) += number;
        }
        let after = judge::dump(&shop.store).await;
        assert!(
            before == after,
            "LIVESHOP_FUZZ_SEED={seed}: inputs {start} to {end} changed {:?}",
            changed(&before, &after)
        );
        if end.is_multiple_of(100_000) {
            println!("{end} inputs");
        }
    }
    let took_s = began.elapsed().as_secs().max(1);
    let genuine = i64::try_from(lived.notices.len()).unwrap();
    let (asks, kept, jobs) = {
        let (asks_now, kept_now, jobs_now) = judge::heard(&shop.store).await;
        (asks_now - asks, kept_now - kept, jobs_now - jobs)
    };
    assert!((0..=genuine).contains(&asks) && (0..=genuine).contains(&kept) && (0..=genuine).contains(&jobs));
    for ((door, status), number) in &counts {
        println!("{:>8} answered {status} at {}", number, door.path());
    }
    // Not everything is refused at the door: the genuine ones among them were taken.
    for door in [Door::Alipay, Door::Wechat, Door::Assist] {
        assert!(inputs < 1_000 || counts.contains_key(&(door, 200)), "nothing was taken at {}", door.path());
    }
    println!("{inputs} inputs in {took_s} s, {} a second; the database is as it was; {asks} asks", inputs / took_s);
    drop(shop);
    Arc::into_inner(lived).unwrap().stop().await;
}

type Dump = BTreeMap<String, Vec<String>>;

/// The rows that are not in both.
fn changed<'a>(before: &'a Dump, after: &'a Dump) -> Vec<(&'a String, &'a String)> {
    let missing = |one: &'a Dump, other: &'a Dump| {
        one.iter()
            .flat_map(move |(table, rows)| {
                rows.iter().filter(move |row| !other[table].contains(row)).map(move |row| (table, row))
            })
            .collect::<Vec<_>>()
    };
    [missing(before, after), missing(after, before)].concat()
}
