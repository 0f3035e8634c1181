//! `storefront serve`.

use super::{read_config, say};
use anyhow::Result;
use serde_json::json;
use std::path::Path;
use storefront::serve;

pub(crate) async fn serve(config: &Path) -> Result<()> {
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
