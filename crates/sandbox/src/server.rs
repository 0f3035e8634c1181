//! Starting and stopping.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::{
    Clock, Options, PhoneDoor, Sandbox, StartError, alipay, books, calls, console, courier, faults, files, happenings,
    keys, phone, report, start_page, wechat,
};

/// No request of either protocol comes near this.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// How long open connections may take to finish when the sandbox stops.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// A running sandbox. Dropping it without [`Running::stop`] leaves it running until the runtime ends.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The origin of everything it serves, without a trailing slash.
    pub base_url: String,
    /// The file that tells a merchant all it needs.
    pub credentials: PathBuf,
    sandbox: Arc<Sandbox>,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
    courier: JoinHandle<()>,
}

impl Running {
    /// The clock, to move it in tests and rehearsals.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.sandbox.clock
    }

    /// Opens a door for phones at another address: the pretend phone's pages and what a wallet can do with a code, to
    /// whoever reaches that address. It closes with the sandbox at the latest.
    ///
    /// # Errors
    /// The address is taken or not ours.
    pub async fn open_phone_door(&self, listen: SocketAddr) -> std::io::Result<PhoneDoor> {
        PhoneDoor::open(Arc::clone(&self.sandbox), listen).await
    }

    /// Stops taking requests and delivering notices, lets what is running finish for a few seconds, and closes
    /// the books. Notices under way are delivered again at the next start.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let abort = self.server.abort_handle();
        if tokio::time::timeout(STOP_PATIENCE, self.server).await.is_err() {
            abort.abort();
        }
        if let Err(error) = self.courier.await {
            tracing::error!(%error, "the delivery of notices had failed");
        }
        self.sandbox.books.close().await;
    }

    /// Returns when the server has ended, which it does only after a failure.
    pub async fn ended(&mut self) {
        match (&mut self.server).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the server failed"),
            Err(error) => tracing::error!(%error, "the server failed"),
        }
    }
}

/// Starts the sandbox; it answers from the moment this returns.
///
/// # Errors
/// When the address, the data folder, the keys, the books or the faults in it cannot be used.
pub async fn start(options: Options) -> Result<Running, StartError> {
    files::make_folder(&options.data)?;
    let data = std::fs::canonicalize(&options.data)
        .map_err(|source| crate::FileError { path: options.data.clone(), source })?;
    let clock = Clock::new(options.clock_speed);
    let keys = {
        let (data, clock) = (data.clone(), clock.clone());
        let made = tokio::task::spawn_blocking(move || keys::Keys::open(&data, &clock)).await;
        made.map_err(|_| StartError::Interrupted)??
    };
    let (faults, speed) = faults::Faults::open(&data)?;
    if let Some(speed) = speed {
        clock.set_speed(speed);
    }
    let books = books::Books::open(&data.join("books.sqlite")).await?;
    let refused = |source| StartError::Listen { listen: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
    let addr = listener.local_addr().map_err(refused)?;
    let base_url = format!("http://{}", reachable(addr));
    let credentials = keys.write_credentials(&data, &base_url)?;
    let (stop, stopping) = watch::channel(false);
    let sandbox = Arc::new(Sandbox {
        books,
        keys,
        clock,
        faults,
        payee: options.payee,
        base_url: base_url.clone(),
        data,
        calls: calls::Calls::default(),
        happenings: happenings::Happenings::default(),
        notice_schedule: options.notice_schedule,
        courier: Notify::new(),
        stopping: stopping.clone(),
    });
    let courier = tokio::spawn(courier::run(sandbox.clone(), courier::client()?));
    let mut until = stopping;
    let serve = axum::serve(listener, routes(sandbox.clone())).with_graceful_shutdown(async move {
        // An error means the sender is gone, which is a stop as well.
        let _ = until.wait_for(|stop| *stop).await;
    });
    let server = tokio::spawn(async move { serve.await });
    Ok(Running { addr, base_url, credentials, sandbox, stop, server, courier })
}

/// An address a client on this machine can use: listening everywhere is no place to call.
fn reachable(mut addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => addr.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    addr
}

fn routes(sandbox: Arc<Sandbox>) -> Router {
    let channels = Router::new()
        .route("/gateway.do", get(alipay::gateway).post(alipay::gateway))
        .route("/v3/alipay/{*path}", any(alipay::v3::call))
        .route("/v3/{*path}", any(wechat::call))
        .route("/bill/alipay", get(alipay::bill_file))
        .route_layer(from_fn_with_state(sandbox.clone(), calls::record));
    Router::new()
        .merge(channels)
        .merge(phone::door::routes())
        .route("/", get(start_page::show))
        .route("/calls", get(calls::list))
        .route("/happenings", get(happenings::list))
        .route("/merchant/refund", post(console::refund))
        .route("/merchant/settle", post(console::settle))
        .route("/books", get(report::books))
        .route("/faults", get(faults::routes::get).put(faults::routes::put))
        .route("/healthz", get(|| async { "ok" }))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(sandbox)
}
