//! The `storefront` program.

mod cli;
mod commands;

use anyhow::Result;
use clap::Parser;
use cli::{Cli, Command, Goods, Log, Selling, Streamer};
use std::process::ExitCode;
use storefront::clock::{Clock, SystemClock};
use storefront::store::Show;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    write_log(cli.log);
    match run(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write_log(log: Log) {
    let what = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let log_to = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(what);
    match log {
        Log::Text => log_to.init(),
        // The spans are the way to what happened: an order, then a call to its channel.
        Log::Json => log_to.json().flatten_event(true).with_current_span(false).init(),
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve { settings } => commands::serve::serve(&settings.config).await,
        Command::CheckConfig { settings } => commands::check_config::check_config(&settings.config).await,
        Command::Reconcile { dates, settings } => commands::reconcile::reconcile(&dates, &settings.config).await,
        Command::Check { offline, settings } => commands::check::check(&settings.config, offline).await,
        Command::Selling(Selling::Off { reason, end_open_orders, settings }) => {
            commands::selling::off(reason, end_open_orders, &settings.config).await
        }
        Command::Selling(Selling::On { settings }) => commands::selling::on(&settings.config).await,
        Command::Selling(Selling::Status { settings }) => commands::selling::status(&settings.config).await,
        Command::VerifyReceipt { file, key, config } => {
            commands::receipt::verify(&file, key.as_deref(), config.as_deref()).await
        }
        Command::Export { from, to, out, settings } => {
            commands::export::export(&from, &to, out.as_deref(), &settings.config).await
        }
        Command::Streamer(Streamer::Add { name, room, settings }) => {
            commands::streamer::add(name, &room, &settings.config).await
        }
        Command::Streamer(Streamer::Remove { streamer, settings }) => {
            commands::streamer::remove(&streamer, &settings.config).await
        }
        Command::Show { room, state, stream, starts_in_min, settings } => {
            let now = SystemClock.now_s();
            let starts_at = starts_in_min.map(|minutes| now.saturating_add(i64::from(minutes).saturating_mul(60)));
            commands::streamer::show(&room, Show { state, stream, starts_at }, &settings.config).await
        }
        Command::Goods(Goods::Import { file, room, settings }) => {
            commands::goods::import_csv(&file, &room, &settings.config).await
        }
        Command::Manual { share } => commands::manual::write(&share),
    }
}
