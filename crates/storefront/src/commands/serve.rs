//! `storefront serve`.

use super::{read_config, say};
use anyhow::Result;
use serde_json::json;
use std::path::Path;
use storefront::serve;

pub(crate) async fn serve(config: &Path) -> Result<()> {
    let config = read_config(config)?;
    allow_connections(config.server.connections_max);
    let running = serve::start(config).await?;
    let listen = format!("http://{}", running.address);
    let mut ready = json!({"listen": listen, "public_key": running.key.to_base64(), "key_id": running.key.key_id()});
    if let Some(address) = running.metrics_address {
        ready["metrics"] = format!("http://{address}/metrics").into();
    }
    say(&ready)?;
    wait_for_stop().await?;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Files beside the connections: the database, the channels, logs.
#[cfg(unix)]
const OTHER_FILES: u64 = 256;

/// Each connection is an open file: takes as many as the system gives this process, and says when they are too few.
#[cfg(unix)]
fn allow_connections(connections_max: u32) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let limit = if raised.is_ok() { maximum } else { current };
    if let Some(limit) = limit.filter(|limit| *limit < OTHER_FILES.saturating_add(connections_max.into())) {
        tracing::warn!(limit, connections_max, "the limit of open files is too low for so many connections");
    }
}

#[cfg(not(unix))]
fn allow_connections(_: u32) {}

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
