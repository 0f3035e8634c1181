//! Starting and stopping a storefront.

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::keys::{self, KeyFileError};
use crate::limits::Limits;
use crate::push::Push;
use crate::random::SystemRandom;
use crate::shop::Shop;
use crate::store::{Store, StoreError};
use crate::{routes, watcher};
use api::ShopKey;
use gateway::{Alipay, Channel, Http, NowS, SetupError, Wechat};
use order::PayType;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How long open requests may take to finish when the storefront stops. An order may wait 11 s for its channel.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// Why a storefront did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The signing key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// A channel.
    #[error(transparent)]
    Channel(#[from] SetupError),
    /// The address.
    #[error("listen: {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What went wrong.
        source: std::io::Error,
    },
}

/// A storefront that serves.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The key its answers are signed with.
    pub key: ShopKey,
    /// The shop, for a program that holds it in its own process.
    pub shop: Arc<Shop>,
    stop: watch::Sender<bool>,
    watcher: JoinHandle<()>,
    server: JoinHandle<()>,
}

/// Starts a storefront: database, key, channels, watcher and routes.
///
/// # Errors
/// [`StartError`]; nothing keeps running.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { address, source })?;
    let signer = keys::signing_key(&config.signing_key)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let channels = channels(&config, &clock)?;
    let store = Store::open(&config.database).await?;
    store.drop_leases().await?;
    let key = signer.key().clone();
    let shop = Arc::new(Shop {
        store,
        channels,
        clock,
        random: Arc::new(SystemRandom),
        signer,
        push: Push::default(),
        limits: Limits::new(config.limits),
        order_deadline_s: i64::from(config.order_deadline_s),
        public_url: config.public_url.unwrap_or_else(|| format!("http://{address}")).trim_end_matches('/').to_owned(),
        due: Notify::new(),
    });
    let (stop, stopping) = watch::channel(false);
    let watcher = tokio::spawn(watcher::watch(Arc::clone(&shop), stopping.clone()));
    let routes = routes::router(Arc::clone(&shop), stopping.clone());
    let server = tokio::spawn(async move {
        let mut stopping = stopping;
        let serving = axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                // An error means that the storefront itself is gone, which is a stop too.
                let _stopped = stopping.wait_for(|stop| *stop).await;
            });
        if let Err(error) = serving.await {
            tracing::error!(%error, "the server stopped");
        }
    });
    Ok(Running { address, key, shop, stop, watcher, server })
}

impl Running {
    /// Stops: takes no new requests, finishes the open ones and the steps under way, and returns. What was not
    /// finished is in the database and goes on at the next start.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for (task, what) in [(self.server, "open requests"), (self.watcher, "steps under way")] {
            let abort = task.abort_handle();
            if tokio::time::timeout(STOP_LIMIT, task).await.is_err() {
                tracing::warn!(what, "not finished in time; the next start goes on with them");
                abort.abort();
            }
        }
    }
}

fn channels(config: &Config, clock: &Arc<dyn Clock>) -> Result<BTreeMap<PayType, Arc<dyn Channel>>, SetupError> {
    let http = Http::new(gateway::Limits::default())?;
    let now = |clock: &Arc<dyn Clock>| -> NowS {
        let clock = Arc::clone(clock);
        Arc::new(move || clock.now_s())
    };
    let mut channels: BTreeMap<PayType, Arc<dyn Channel>> = BTreeMap::new();
    if let Some(alipay) = &config.alipay {
        channels.insert(PayType::Alipay, Arc::new(Alipay::new(alipay.clone(), http.clone(), now(clock))?));
    }
    if let Some(wechat) = &config.wechat {
        channels.insert(PayType::Wechat, Arc::new(Wechat::new(wechat.clone(), http, now(clock))?));
    }
    Ok(channels)
}
