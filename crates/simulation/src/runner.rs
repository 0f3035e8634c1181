//! Many worlds on several threads, each with a runtime of its own.

use crate::failure::Failure;
use crate::house::Template;
use crate::place::Place;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use tokio::runtime::{Builder, Runtime};
use tokio::task::unconstrained;

/// What is done with one number.
type Job<T> = dyn Fn(Arc<Template>, u64) -> Pin<Box<dyn Future<Output = T>>> + Send + Sync;

/// A runtime of one thread, for worlds with their databases at that place.
///
/// # Errors
/// [`Failure::File`] when the system gives none.
pub fn runtime(place: &Place) -> Result<Runtime, Failure> {
    let mut builder = Builder::new_current_thread();
    builder.enable_time();
    // Only a server is spoken with through a socket: without the system's poll, a thread that waits is woken for less.
    if matches!(place, Place::Server(_)) {
        builder.enable_io();
    }
    builder.build().map_err(|source| Failure::File { what: "starting a runtime", source })
}

/// As many threads as keep this machine busy.
#[must_use]
pub fn threads() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// Keeps this thread, and those it will start, on one of the processors this process may use: a world and its database's
/// threads take turns, so that handing over to the other is all that two processors would add. The system may decline,
/// which only costs time.
#[cfg(target_os = "linux")]
fn stay_on_one(worker: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|processor| allowed.is_set(*processor)).collect();
    if let Some(processor) = allowed.get(worker % allowed.len().max(1)) {
        let mut set = CpuSet::new();
        set.set(*processor);
        let _declined = sched_setaffinity(None, &set);
    }
}

#[cfg(not(target_os = "linux"))]
fn stay_on_one(_worker: usize) {}

/// Does the job for the numbers from `first` on until there are `count` of them or `each`, which hears every result in
/// the order they come, returns false.
///
/// # Errors
/// [`Failure`] when a thread or the template database cannot be made.
pub fn run<T: Send + 'static>(
    place: &Place,
    first: u64,
    count: u64,
    threads: usize,
    job: Arc<Job<T>>,
    mut each: impl FnMut(u64, T) -> bool,
) -> Result<(), Failure> {
    let template = Arc::new(runtime(place)?.block_on(Template::make(place))?);
    let (next, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (sender, results) = mpsc::channel();
    let mut workers = Vec::new();
    for worker in 0..threads.max(1) {
        let (template, next, stop) = (Arc::clone(&template), Arc::clone(&next), Arc::clone(&stop));
        let (sender, job) = (sender.clone(), Arc::clone(&job));
        let runtime = runtime(place)?;
        workers.push(thread::spawn(move || {
            stay_on_one(worker);
            while !stop.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    break;
                }
                let number = first.saturating_add(number);
                // No budget of the runtime may decide who goes on: that is the seed's business.
                let result = runtime.block_on(unconstrained(job(Arc::clone(&template), number)));
                if sender.send((number, result)).is_err() {
                    break;
                }
            }
        }));
    }
    drop(sender);
    for (number, result) in results {
        if !stop.load(Ordering::Relaxed) && !each(number, result) {
            stop.store(true, Ordering::Relaxed);
        }
    }
    for worker in workers {
        if worker.join().is_err() {
            return Err(Failure::TooSlow("a thread ended by a panic"));
        }
    }
    Ok(())
}
