//! The storefront's own code in simulated worlds: its store, its steps and its answers, over clocks, randomness, disks
//! and channels that a seed decides. One task runs at a time and every choice is the seed's, so a seed lives the same
//! life each time; the channels' own books judge it at the end.

pub mod books;
pub mod channel;
pub mod clock;
pub mod crash_points;
pub mod failure;
pub mod faults;
pub mod house;
pub mod judge;
pub mod notice;
pub mod place;
pub mod purchase;
pub mod random;
pub mod runner;
pub mod seeded;
pub mod stage;
pub mod tally;
pub mod task;
pub mod world;
