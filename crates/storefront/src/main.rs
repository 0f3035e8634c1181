//! The `storefront` program.

use anyhow::{Context, Result, bail};
use aws_lc_rs::digest::{SHA256, digest};
use clap::{Parser, Subcommand};
use order::{GoodsId, RoomId};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use storefront::config::Config;
use storefront::random::{Random, SystemRandom};
use storefront::store::{NewRoom, Store};
use storefront::{import, serve};

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
        Command::Serve { config } => serve(&config).await,
        Command::Streamer(Streamer::Add { name, room, config }) => add_streamer(name, &room, &config).await,
        Command::Goods(Goods::Import { file, room, config }) => import_goods(&file, &room, &config).await,
    }
}

fn read_config(path: &Path) -> Result<Config> {
    Ok(Config::read(path, |name| std::env::var(name).ok())?)
}

/// One JSON line on standard output: what another program reads.
fn say(value: &serde_json::Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}").and_then(|()| out.flush()).context("cannot write to standard output")
}

async fn serve(config: &Path) -> Result<()> {
    let running = serve::start(read_config(config)?).await?;
    let listen = format!("http://{}", running.address);
    say(&json!({"listen": listen, "public_key": running.key.to_base64(), "key_id": running.key.key_id()}))?;
    wait_for_stop().await?;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

#[cfg(unix)]
async fn wait_for_stop() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

#[cfg(not(unix))]
async fn wait_for_stop() -> Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}

async fn add_streamer(name: String, room: &str, config: &Path) -> Result<()> {
    let room_id = RoomId::new(room)?;
    let store = Store::open(&read_config(config)?.database).await?;
    let random = SystemRandom;
    let streamer_id = order::id::base32(random.bits()?);
    let token = format!("{:032x}{:032x}", random.bits()?, random.bits()?);
    store
        .make_room(NewRoom {
            room_id: room_id.clone(),
            title: room_id.to_string(),
            host: name.clone(),
            shop: name.clone(),
            state: api::RoomState::Soon,
            cover: None,
            notice: None,
        })
        .await?;
    let hash = hex::encode(digest(&SHA256, token.as_bytes()));
    store.add_streamer(streamer_id.clone(), name, room_id.clone(), hash).await?;
    say(&json!({"streamer_id": streamer_id, "token": token, "room": room_id}))
}

async fn import_goods(file: &Path, room: &str, config: &Path) -> Result<()> {
    let room_id = RoomId::new(room)?;
    let csv = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let random = SystemRandom;
    let new_id = || random.bits().ok().and_then(|bits| GoodsId::new(order::id::base32(bits)).ok());
    let goods = import::goods(&csv, new_id, |_| None).with_context(|| format!("{}", file.display()))?;
    let store = Store::open(&read_config(config)?.database).await?;
    if store.room(&room_id, Vec::new()).await?.is_none() {
        bail!("there is no room {room_id}; make it with: storefront streamer add NAME --room {room_id} --config FILE");
    }
    let listed: Vec<_> = goods.iter().map(|item| json!({"goods_id": item.goods_id, "title": item.title})).collect();
    store.add_goods(room_id, goods).await?;
    say(&json!({"goods": listed}))
}
