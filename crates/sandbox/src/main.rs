//! The sandbox as a program: `sandbox --listen 127.0.0.1:0 --data DIR`.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use serde_json::json;

/// Pretend Alipay, pretend WeChat Pay and a pretend phone. No real money moves.
///
/// Prints one JSON line when ready: where it listens, and the file with the merchant's credentials.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The folder of keys and books; made if missing.
    #[arg(long)]
    data: PathBuf,
    /// Pauses between the deliveries of a notice, as "1s,1s,2s" (units ms, s, m, h). Default: the channels' own.
    #[arg(long, value_parser = read_schedule)]
    notice_schedule: Option<Schedule>,
    /// How many times faster lifetimes, deadlines and schedules run.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clock_speed: u32,
    /// The shop's name as the phone shows it.
    #[arg(long)]
    payee: Option<String>,
}

#[derive(Debug, Clone)]
struct Schedule(Vec<Duration>);

fn read_schedule(text: &str) -> Result<Schedule, String> {
    text.split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| read_pause(part.trim()))
        .collect::<Result<_, _>>()
        .map(Schedule)
}

fn read_pause(text: &str) -> Result<Duration, String> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let ms = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("\"{text}\" is no pause: write a number and ms, s, m or h")),
    };
    let number: u64 =
        number.parse().map_err(|_| format!("\"{text}\" is no pause: write a number and ms, s, m or h"))?;
    Ok(Duration::from_millis(number.saturating_mul(ms)))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    let options = sandbox::Options {
        listen: arguments.listen,
        data: arguments.data,
        notice_schedule: arguments.notice_schedule.map(|schedule| schedule.0),
        clock_speed: arguments.clock_speed,
        payee: arguments.payee,
    };
    let mut running = sandbox::start(options).await?;
    let line = json!({"listen": running.base_url, "credentials": running.credentials});
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("nobody reads the standard output")?;
    tokio::select! {
        () = asked_to_stop() => running.stop().await,
        () = running.ended() => anyhow::bail!("the server ended; see the log"),
    }
    Ok(())
}

/// Returns at Ctrl-C or, on Unix, at SIGTERM.
async fn asked_to_stop() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl-C cannot be heard");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    () = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be heard");
                interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
