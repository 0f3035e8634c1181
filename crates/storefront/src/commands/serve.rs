//! `storefront serve`.

#[cfg(unix)]
mod supervisor;

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
    // Before anybody is told that it serves: from then on it may be asked to stop.
    let stop = Stop::listen()?;
    say(&ready)?;
    #[cfg(unix)]
    supervisor::tell(supervisor::READY);
    stop.asked().await?;
    #[cfg(unix)]
    supervisor::tell(supervisor::STOPPING);
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

/// Hears when it is asked to stop.
#[cfg(unix)]
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn listen() -> Result<Stop> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Stop { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked(mut self) -> Result<()> {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        Ok(())
    }
}

#[cfg(not(unix))]
struct Stop;

#[cfg(not(unix))]
impl Stop {
    fn listen() -> Result<Stop> {
        Ok(Stop)
    }

    async fn asked(self) -> Result<()> {
        Ok(tokio::signal::ctrl_c().await?)
    }
}
