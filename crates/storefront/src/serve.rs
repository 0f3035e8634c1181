//! Starting and stopping a storefront.

use crate::clock::{Clock, SystemClock};
use crate::closes::Closes;
use crate::config::Config;
use crate::fleet::Fleet;
use crate::keys::{self, KeyFileError};
use crate::limits::Limits;
use crate::lock::{Lock, LockError};
use crate::metrics::Metrics;
use crate::pressure::SoldOut;
use crate::push::Push;
use crate::random::{NoRandomness, SystemRandom};
use crate::shop::Shop;
use crate::store::{Kind, Store, StoreError};
use crate::throttle::Lines;
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
    /// The system gives no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// An address.
    #[error("{key}: {address}: {source}")]
    Listen {
        /// The setting that names it.
        key: &'static str,
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
    /// Where it tells `/metrics` alone, if the settings say so.
    pub metrics_address: Option<SocketAddr>,
    /// The key its answers are signed with.
    pub key: ShopKey,
    /// The shop, for a program that holds it in its own process.
    pub shop: Arc<Shop>,
    stop: watch::Sender<bool>,
    watcher: JoinHandle<()>,
    bills: JoinHandle<()>,
    server: JoinHandle<()>,
    monitor: Option<JoinHandle<()>>,
    /// The processes over the same database; beside SQLite there are none.
    fleet: Option<Fleet>,
    /// Given up last, when nothing of this storefront writes any more.
    _lock: Lock,
}

/// Starts a storefront: database, key, channels, watcher, bills and routes.
///
/// # Errors
/// [`StartError`]; nothing keeps running.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let (listener, address) = bind("listen", config.listen).await?;
    let metrics = match config.metrics_listen {
        Some(address) => Some(bind("metrics_listen", address).await?),
        None => None,
    };
    let lock = Lock::take(&config.database)?;
    let shop = Arc::new(open(&config, address).await?);
    let fleet = if Kind::of(&config.database) == Some(Kind::Postgres) {
        // Leases may be those of other processes; the ones of a process that died run out.
        Some(Fleet::join(&config.database, shop.store.clone(), &shop.push, shop.random.as_ref())?)
    } else {
        shop.store.drop_leases().await?;
        None
    };
    let key = shop.signer.key().clone();
    let (stop, stopping) = watch::channel(false);
    let watcher = tokio::spawn(watcher::watch(Arc::clone(&shop), stopping.clone()));
    let bills = tokio::spawn(reconcile::read_daily(Arc::clone(&shop), stopping.clone()));
    let mut routes = routes::router_within(Arc::clone(&shop), stopping.clone(), &config.server);
    if config.metrics_here() {
        routes = routes.merge(routes::metrics_from_here(Arc::clone(&shop)));
    }
    let metrics_address = metrics.as_ref().map(|(_, address)| *address);
    let monitor = metrics.map(|(listener, _)| {
        let routes = routes::metrics(Arc::clone(&shop));
        tokio::spawn(server::serve(listener, routes, config.server, stopping.clone()))
    });
    let server = tokio::spawn(server::serve(listener, routes, config.server, stopping));
    Ok(Running { address, metrics_address, key, shop, stop, watcher, bills, server, monitor, fleet, _lock: lock })
}

/// Listens at the address of a setting, and says which it became.
async fn bind(key: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { key, address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Opens a shop that serves nobody: database, key and channels. `address` is where it can be reached if the settings do
/// not say. Another process may serve the same database meanwhile.
///
/// # Errors
/// [`StartError`].
pub async fn open(config: &Config, address: SocketAddr) -> Result<Shop, StartError> {
    let signer = keys::signing_key(&config.signing_key)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Metrics::default();
    let channels = channels(config, &clock)?;
    let channels = channels.into_iter().map(|(pay_type, channel)| (pay_type, metrics.measured(channel))).collect();
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    Ok(Shop {
        store: Store::open(&config.database).await?,
        channels,
        clock,
        random: Arc::new(SystemRandom),
        signer,
        push: Push::default(),
        limits: Limits::new(config.limits).behind(&config.trusted_proxies),
        lines: Lines::new(&config.limits),
        sold_out: SoldOut::default(),
        closes: Closes::default(),
        order_deadline_s: i64::from(config.order_deadline_s),
        public_url: public_url.trim_end_matches('/').to_owned(),
        due: Notify::new(),
        metrics,
    })
}

impl Running {
    /// Stops: takes no new requests, finishes the open ones and the steps under way, and returns. What was not
    /// finished is in the database and goes on at the next start.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let tasks =
            [(self.server, "open requests"), (self.watcher, "steps under way"), (self.bills, "the reading of a bill")];
        let tasks = tasks.into_iter().chain(self.monitor.map(|monitor| (monitor, "what a monitor asked")));
        for (task, what) in tasks {
            let abort = task.abort_handle();
            if tokio::time::timeout(STOP_LIMIT, task).await.is_err() {
                tracing::warn!(what, "not finished in time; the next start goes on with them");
                abort.abort();
            }
        }
        if let Some(fleet) = self.fleet {
            fleet.leave().await;
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
