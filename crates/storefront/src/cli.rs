//! What the program is asked.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Where the packages keep the settings.
const SETTINGS: &str = "/etc/liveshop/storefront.toml";
const HELP: &str = "All of it step by step: docs/RUNNING.md of the project; /usr/share/doc/liveshop-storefront/RUNNING.md of the package.";

/// The shop server of live rooms.
#[derive(Parser)]
#[command(name = "storefront", version, after_help = HELP)]
pub(crate) struct Cli {
    /// How the log is written, on standard error. What is in it, `RUST_LOG` says.
    #[arg(long, global = true, value_enum, env = "LIVESHOP_LOG", default_value_t = Log::Text)]
    pub(crate) log: Log,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Log {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

// A doc comment here would become the text of every command that takes it.
#[derive(Args)]
pub(crate) struct Settings {
    /// The settings.
    #[arg(long, value_name = "FILE", env = "LIVESHOP_CONFIG", default_value = SETTINGS)]
    pub(crate) config: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves until it is asked to stop. Prints one JSON line when it is ready.
    Serve {
        #[command(flatten)]
        settings: Settings,
    },
    /// Prints the settings in force, or what is wrong with them.
    ///
    /// Looks at everything that `serve` reads: settings, keys, certificates, addresses, rights, and whether the database
    /// answers. Where it could not serve, it names the setting, says what to do, and fails. Changes nothing and asks no
    /// channel.
    CheckConfig {
        #[command(flatten)]
        settings: Settings,
    },
    /// Compares the channels' bills of past days with the books, has what differs repaired, and prints one JSON line for
    /// each day and channel. Works beside a running server or alone. Fails while differences remain.
    Reconcile {
        /// A day that is over, as 2026-01-31 (GMT+8). May be given several times.
        #[arg(long = "date", required = true)]
        dates: Vec<String>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Audits ledger, stock, orders and journal, and the channels' own books where they can be reached. Prints what
    /// differs, one line each, and fails if anything does. Only reads; works beside a running server or alone.
    Check {
        /// Asks the channels nothing.
        #[arg(long)]
        offline: bool,
        #[command(flatten)]
        settings: Settings,
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
        #[command(flatten)]
        settings: Settings,
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
        #[command(flatten)]
        settings: Settings,
    },
    /// Goods.
    #[command(subcommand)]
    Goods(Goods),
    /// Writes man pages and shell completions below a folder such as /usr/share, for whoever makes a package.
    #[command(hide = true)]
    Manual {
        /// The folder.
        share: PathBuf,
    },
}

fn room_state(name: &str) -> Result<api::RoomState, String> {
    api::RoomState::named(name).ok_or_else(|| "it is soon, live or over".to_owned())
}

#[derive(Subcommand)]
pub(crate) enum Selling {
    /// Takes no orders from now on.
    Off {
        /// Why, for whoever looks later.
        #[arg(long)]
        reason: String,
        /// Has all open orders end, too: their channels are asked first.
        #[arg(long)]
        end_open_orders: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Takes orders again. When the shop stopped by itself, its books must check clean.
    On {
        #[command(flatten)]
        settings: Settings,
    },
    /// Prints one JSON line.
    Status {
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand)]
pub(crate) enum Streamer {
    /// Adds a streamer, and the room if it is new. Prints the token, once.
    Add {
        /// What viewers see.
        name: String,
        /// The room's id, part of its link.
        #[arg(long)]
        room: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Takes a streamer's token back, at once. The room and its goods stay.
    Remove {
        /// The name, or the id that `add` printed.
        streamer: String,
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Subcommand)]
pub(crate) enum Goods {
    /// Puts the goods of a CSV file on a room's shelf: all rows or none.
    Import {
        /// The file; its header is `title,kind,price_fen,stock,limit_per_viewer` and optional columns.
        file: PathBuf,
        /// The room.
        #[arg(long)]
        room: String,
        #[command(flatten)]
        settings: Settings,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_can_be_asked_for() {
        // Names and ids that two arguments share are found only when their command is asked for.
        Cli::command().debug_assert();
    }
}
