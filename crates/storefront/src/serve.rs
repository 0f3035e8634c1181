//! Starting and stopping a storefront.

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::keys::{self, KeyFileError};
use crate::limits::Limits;
use crate::lock::{Lock, LockError};
use crate::push::Push;
use crate::random::SystemRandom;
use crate::shop::Shop;
use crate::store::{Store, StoreError};
use crate::{reconcile, routes, server, watcher};
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
    /// Another storefront serves this database.
    #[error(transparent)]
    Lock(#[from] LockError),
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
    bills: JoinHandle<()>,
    server: JoinHandle<()>,
    /// Given up last, when nothing of this storefront writes any more.
    _lock: Lock,
}

/// Starts a storefront: database, key, channels, watcher, bills and routes.
///
/// # Errors
/// [`StartError`]; nothing keeps running.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { address, source })?;
    let lock = Lock::take(&config.database)?;
    let shop = Arc::new(open(&config, address).await?);
    shop.store.drop_leases().await?;
    let key = shop.signer.key().clone();
    let (stop, stopping) = watch::channel(false);
    let watcher = tokio::spawn(watcher::watch(Arc::clone(&shop), stopping.clone()));
    let bills = tokio::spawn(reconcile::read_daily(Arc::clone(&shop), stopping.clone()));
    let routes = routes::router_within(Arc::clone(&shop), stopping.clone(), &config.server);
    let server = tokio::spawn(server::serve(listener, routes, config.server, stopping));
    Ok(Running { address, key, shop, stop, watcher, bills, server, _lock: lock })
}

/// Opens a shop that serves nobody: database, key and channels. `address` is where it can be reached if the settings do
/// not say. Another process may serve the same database meanwhile.
///
/// # Errors
/// [`StartError`].
pub async fn open(config: &Config, address: SocketAddr) -> Result<Shop, StartError> {
    let signer = keys::signing_key(&config.signing_key)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let channels = channels(config, &clock)?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    Ok(Shop {
        store: Store::open(&config.database).await?,
        channels,
        clock,
        random: Arc::new(SystemRandom),
        signer,
        push: Push::default(),
        limits: Limits::new(config.limits).behind(&config.trusted_proxies),
        order_deadline_s: i64::from(config.order_deadline_s),
        public_url: public_url.trim_end_matches('/').to_owned(),
        due: Notify::new(),
    })
}

impl Running {
    /// Stops: takes no new requests, finishes the open ones and the steps under way, and returns. What was not
    /// finished is in the database and goes on at the next start.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let tasks =
            [(self.server, "open requests"), (self.watcher, "steps under way"), (self.bills, "the reading of a bill")];
        for (task, what) in tasks {
            let abort = task.abort_handle();
            if tokio::time::timeout(STOP_LIMIT, task).await.is_err() {
                tracing::warn!(what, "not finished in time; the next start goes on with them");
                abort.abort();
            }
        }
    }
}

/// The channels of the settings.
pub(crate) fn channels(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<PayType, Arc<dyn Channel>>, SetupError> {
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
