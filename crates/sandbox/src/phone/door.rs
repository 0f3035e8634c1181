//! A door for phones: the pretend phone's pages and acts on an address of their own. Nothing else of the sandbox is
//! behind it: no channel, no fault, no book, no merchant.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{decline, newest, page, pay, scan, wallet};
use crate::Sandbox;
use crate::server::BODY_LIMIT;

/// How long an answer under way may take when the door is closed.
const CLOSE_PATIENCE: Duration = Duration::from_secs(3);

/// An open door. Dropping it closes it.
#[derive(Debug)]
pub struct PhoneDoor {
    /// Where it is.
    pub addr: SocketAddr,
    open: watch::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
}

impl PhoneDoor {
    pub(crate) async fn open(sandbox: Arc<Sandbox>, listen: SocketAddr) -> io::Result<PhoneDoor> {
        let listener = TcpListener::bind(listen).await?;
        let addr = listener.local_addr()?;
        let (open, mut closed) = watch::channel(());
        let mut stopping = sandbox.stopping.clone();
        let routes = routes().layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(sandbox);
        let serve = axum::serve(listener, routes).with_graceful_shutdown(async move {
            // An error means the sender is gone, which is an end as well.
            tokio::select! {
                _ = closed.changed() => {}
                _ = stopping.wait_for(|stop| *stop) => {}
            }
        });
        Ok(PhoneDoor { addr, open, serving: tokio::spawn(async move { serve.await }) })
    }

    /// Closes it. When this returns nothing is answered here any more.
    pub async fn close(self) {
        drop(self.open);
        let abort = self.serving.abort_handle();
        if tokio::time::timeout(CLOSE_PATIENCE, self.serving).await.is_err() {
            abort.abort();
        }
    }
}

/// All that a phone needs.
pub(crate) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/phone", get(page::show))
        .route("/phone/phone.css", get(page::style))
        .route("/phone/phone.js", get(page::script))
        .route("/phone/newest", get(newest))
        .route("/phone/wallet", get(wallet::show))
        .route("/phone/scan", post(scan))
        .route("/phone/pay", post(pay))
        .route("/phone/decline", post(decline))
}
