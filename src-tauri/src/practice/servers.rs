//! The practice room's two servers: a storefront, and the pretend channels it is paid through.

use super::{DEADLINE_S, PracticeError, SHOP_EN, SHOP_ZH, loopback, words};
use std::path::Path;
use storefront::config::{Config, ServerConfig};
use storefront::limits::LimitsConfig;
use storefront::serve;

/// Both, at work.
pub(super) struct Servers {
    pub(super) shop: serve::Running,
    pub(super) sandbox: sandbox::Running,
}

/// How they are to be.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// The storefront's port; it takes another when this is 0 or not free.
    pub(super) shop_port: u16,
    /// The channels' port; the same.
    pub(super) sandbox_port: u16,
    /// Seconds to pay an order.
    pub(super) deadline_s: u32,
}

impl Wanted {
    /// As the practice room is.
    pub(super) fn practice(shop_port: u16, sandbox_port: u16) -> Wanted {
        Wanted { shop_port, sandbox_port, deadline_s: DEADLINE_S }
    }
}

impl Servers {
    /// Starts them with their files in `folder`.
    pub(super) async fn start(folder: &Path, wanted: Wanted) -> Result<Servers, PracticeError> {
        let sandbox = start_sandbox(folder, wanted.sandbox_port).await?;
        match start_shop(folder, wanted, &sandbox.credentials).await {
            Ok(shop) => Ok(Servers { shop, sandbox }),
            Err(error) => {
                // Else its port and its books stay taken, and nobody could try again.
                sandbox.stop().await;
                Err(error)
            }
        }
    }

    /// Stops them: the shop first, which may still ask the channels.
    pub(super) async fn stop(self) {
        self.shop.stop().await;
        self.sandbox.stop().await;
    }
}

async fn start_sandbox(folder: &Path, port: u16) -> Result<sandbox::Running, sandbox::StartError> {
    let options = |port| {
        let mut options = sandbox::Options::new(folder.join("channels"));
        options.listen = loopback(port);
        options.payee = Some(words(SHOP_ZH, SHOP_EN));
        options
    };
    match sandbox::start(options(port)).await {
        Err(error) if port != 0 => {
            tracing::warn!(%error, port, "the pretend channels take another port");
            sandbox::start(options(0)).await
        }
        started => started,
    }
}

async fn start_shop(folder: &Path, wanted: Wanted, credentials: &Path) -> Result<serve::Running, PracticeError> {
    let config = |port| {
        let mut config = Config {
            listen: loopback(port),
            public_url: None,
            metrics_listen: None,
            database: format!("sqlite:{}", folder.join("shop.db").display()).into(),
            signing_key: folder.join("shop.key"),
            order_deadline_s: wanted.deadline_s,
            trusted_proxies: Vec::new(),
            server: ServerConfig::default(),
            limits: LimitsConfig::OFF,
            alipay: None,
            wechat: None,
            credentials: Some(credentials.to_owned()),
        };
        config.take_credentials().map(|()| config)
    };
    match serve::start(config(wanted.shop_port)?).await {
        Err(error @ serve::StartError::Listen { .. }) if wanted.shop_port != 0 => {
            tracing::warn!(%error, wanted.shop_port, "the practice shop takes another port");
            Ok(serve::start(config(0)?).await?)
        }
        started => Ok(started?),
    }
}
