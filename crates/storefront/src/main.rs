//! The `storefront` program.

mod commands;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use storefront::clock::{Clock, SystemClock};
use storefront::store::Show;
use tracing_subscriber::EnvFilter;

/// The shop server of live rooms.
#[derive(Parser)]
#[command(name = "storefront", version)]
struct Cli {
    /// How the log is written, on standard error. What is in it, `RUST_LOG` says.
    #[arg(long, global = true, value_enum, env = "LIVESHOP_LOG", default_value_t = Log::Text)]
    log: Log,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until it is asked to stop. Prints one JSON line when it is ready.
    Serve {
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
    /// Compares the channels' bills of past days with the books, has what differs repaired, and prints one JSON line for
    /// each day and channel. Works beside a running server or alone. Fails while differences remain.
    Reconcile {
        /// A day that is over, as 2026-01-31 (GMT+8). May be given several times.
        #[arg(long = "date", required = true)]
        dates: Vec<String>,
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
    /// Audits ledger, stock, orders and journal, and the channels' own books where they can be reached. Prints what
    /// differs, one line each, and fails if anything does. Only reads; works beside a running server or alone.
    Check {
        /// Asks the channels nothing.
        #[arg(long)]
        offline: bool,
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
    /// Whether the shop takes orders. What was ordered before always goes on to its end.
    #[command(subcommand)]
    Selling(Selling),
    /// Says what a receipt proves, without the shop; fails when it does not hold.
    VerifyReceipt {
        /// The receipt as the app kept it.
        file: PathBuf,
        /// The shop's public key, from the room's link.
        #[arg(long)]
        key: Option<String>,
        /// The shop's settings: then its journal must have the receipt's lines unchanged, too.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Writes the orders and ledger lines of some days as CSV.
    Export {
        /// The first day, as 2026-01-31 (GMT+8).
        #[arg(long)]
        from: String,
        /// The last day.
        #[arg(long)]
        to: String,
        /// A new file; standard output without it.
        #[arg(long)]
        out: Option<PathBuf>,
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
    /// Streamers.
    #[command(subcommand)]
    Streamer(Streamer),
    /// Sets what a room shows: whether it is on, and where its picture comes from.
    Show {
        /// The room's id.
        room: String,
        /// `soon`, `live` or `over`; in a room that is over nothing is ordered.
        #[arg(long, value_parser = room_state)]
        state: api::RoomState,
        /// Address of the show's HLS playlist, https; without it viewers see the cover.
        #[arg(long)]
        stream: Option<String>,
        /// When the show is to begin, minutes from now.
        #[arg(long)]
        starts_in_min: Option<u32>,
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
    /// Goods.
    #[command(subcommand)]
    Goods(Goods),
}

fn room_state(name: &str) -> Result<api::RoomState, String> {
    api::RoomState::named(name).ok_or_else(|| "it is soon, live or over".to_owned())
}

#[derive(Subcommand)]
enum Selling {
    /// Takes no orders from now on.
    Off {
        /// Why, for whoever looks later.
        #[arg(long)]
        reason: String,
        /// Has all open orders end, too: their channels are asked first.
        #[arg(long)]
        end_open_orders: bool,
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
    /// Takes orders again. When the shop stopped by itself, its books must check clean.
    On {
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
    /// Prints one JSON line.
    Status {
        /// The settings.
        #[arg(long)]
        config: PathBuf,
    },
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
    /// Takes a streamer's token back, at once. The room and its goods stay.
    Remove {
        /// The name, or the id that `add` printed.
        streamer: String,
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
        Command::Serve { config } => commands::serve::serve(&config).await,
        Command::Reconcile { dates, config } => commands::reconcile::reconcile(&dates, &config).await,
        Command::Check { offline, config } => commands::check::check(&config, offline).await,
        Command::Selling(Selling::Off { reason, end_open_orders, config }) => {
            commands::selling::off(reason, end_open_orders, &config).await
        }
        Command::Selling(Selling::On { config }) => commands::selling::on(&config).await,
        Command::Selling(Selling::Status { config }) => commands::selling::status(&config).await,
        Command::VerifyReceipt { file, key, config } => {
            commands::receipt::verify(&file, key.as_deref(), config.as_deref()).await
        }
        Command::Export { from, to, out, config } => {
            commands::export::export(&from, &to, out.as_deref(), &config).await
        }
        Command::Streamer(Streamer::Add { name, room, config }) => commands::streamer::add(name, &room, &config).await,
        Command::Streamer(Streamer::Remove { streamer, config }) => {
            commands::streamer::remove(&streamer, &config).await
        }
        Command::Show { room, state, stream, starts_in_min, config } => {
            let now = SystemClock.now_s();
            let starts_at = starts_in_min.map(|minutes| now.saturating_add(i64::from(minutes).saturating_mul(60)));
            commands::streamer::show(&room, Show { state, stream, starts_at }, &config).await
        }
        Command::Goods(Goods::Import { file, room, config }) => {
            commands::goods::import_csv(&file, &room, &config).await
        }
    }
}
