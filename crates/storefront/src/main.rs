//! The `storefront` program.

mod commands;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The shop server of live rooms.
#[derive(Parser)]
#[command(name = "storefront", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until it is asked to stop. Prints one JSON line when it is ready.
    Serve {
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
    /// Streamers.
    #[command(subcommand)]
    Streamer(Streamer),
    /// Goods.
    #[command(subcommand)]
    Goods(Goods),
}

#[derive(Subcommand)]
enum Streamer {
    /// Adds a streamer, and the room if it is new. Prints the token, once.
    Add {
        /// What viewers see.
        name: String,
        /// The room's id, part of its link.
        #[arg(long)]
        room: String,
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Subcommand)]
enum Goods {
    /// Puts the goods of a CSV file on a room's shelf: all rows or none.
    Import {
        /// The file; its header is `title,kind,price_fen,stock,limit_per_viewer` and optional columns.
        file: PathBuf,
        /// The room.
        #[arg(long)]
        room: String,
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn")),
        )
        .init();
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve { config } => commands::serve::serve(&config).await,
        Command::Streamer(Streamer::Add { name, room, config }) => commands::streamer::add(name, &room, &config).await,
        Command::Goods(Goods::Import { file, room, config }) => {
            commands::goods::import_csv(&file, &room, &config).await
        }
    }
}
