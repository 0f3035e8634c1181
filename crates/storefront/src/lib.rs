//! The shop server: it makes every order, is the only one to speak with the channels, and delivers what was paid.
//!
//! One order's way: [`checkout`] writes it and answers, [`watcher`] finds it due, [`steps`] does the steps that `order::plan` asks
//! for, and [`store`] takes each result in one transaction.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod after_sale;
pub mod check;
pub mod checkout;
pub mod checkup;
pub mod clock;
pub mod closes;
pub mod config;
mod drafts;
pub mod export;
mod fleet;
pub mod import;
pub mod keys;
pub mod limits;
mod lock;
pub mod metrics;
pub mod notices;
pub mod orders_sheet;
pub mod pictures;
mod placing;
pub mod pressure;
pub mod push;
pub mod random;
pub mod receipt;
pub mod reconcile;
pub mod routes;
pub mod serve;
mod server;
pub mod shop;
mod spreadsheet;
pub mod steps;
pub mod store;
pub mod throttle;
mod timeline;
pub mod watcher;
