//! The practice room: the same storefront and the sandbox on loopback inside the app, with sample goods. The money is
//! pretend, the way it goes is the real one.

mod show;
mod stock;

use crate::preferences::system_language;
use crate::views::Language;
use api::RoomLink;
use show::Show;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use storefront::config::{Config, ServerConfig};
use storefront::limits::LimitsConfig;
use storefront::{import, serve};

pub(crate) use stock::sample_address;

/// The room's id.
const ROOM: &str = "practice";
/// Seconds to pay an order.
const DEADLINE_S: u32 = 300;

/// The shop, as the pretend payment apps name the payee.
const SHOP_ZH: &str = "山隅窑";
const SHOP_EN: &str = "Shanyu Kiln";

/// A practice room that runs.
pub(crate) struct Practice {
    shop: serve::Running,
    sandbox: sandbox::Running,
    _show: Show,
}

/// Why the practice room did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PracticeError {
    /// The pretend channels.
    #[error("the pretend channels did not start: {0}")]
    Sandbox(#[from] sandbox::StartError),
    /// The storefront.
    #[error("the practice shop did not start: {0}")]
    Shop(#[from] serve::StartError),
    /// Its settings.
    #[error(transparent)]
    Config(#[from] storefront::config::ConfigError),
    /// Its database.
    #[error(transparent)]
    Store(#[from] storefront::store::StoreError),
    /// The sample goods.
    #[error("the sample goods cannot be used: {0}")]
    Goods(#[from] import::BadRow),
    /// The sample show.
    #[error("the sample show did not start: {0}")]
    Show(std::io::Error),
    /// The disk.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Its own link.
    #[error(transparent)]
    Link(#[from] api::LinkError),
}

impl Practice {
    /// Starts it in `folder`, with the ports of last time if they are free: a payment that was open when the app was
    /// closed has its notices sent there.
    pub(crate) async fn start(folder: PathBuf) -> Result<Practice, PracticeError> {
        let disk = |source| PracticeError::Disk { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(disk)?;
        let ports_file = folder.join("ports.json");
        let (shop_port, sandbox_port): (u16, u16) = crate::files::read(&ports_file).map_err(disk)?.unwrap_or_default();
        let sandbox = start_sandbox(&folder, sandbox_port).await?;
        let shop = start_shop(&folder, shop_port, &sandbox.credentials).await?;
        crate::files::write(&ports_file, &(shop.address.port(), sandbox.addr.port())).map_err(disk)?;
        let show = Show::start().await.map_err(PracticeError::Show)?;
        stock::put_out(&shop.shop.store, show.address(), shop.shop.clock.now_s()).await?;
        Ok(Practice { shop, sandbox, _show: show })
    }

    /// The room's link.
    pub(crate) fn link(&self) -> Result<RoomLink, PracticeError> {
        let key = self.shop.key.to_base64().replace('+', "-").replace('/', "_");
        Ok(RoomLink::parse(&format!("liveshop://room/{ROOM}?shop=http://{}&key={key}", self.shop.address))?)
    }

    /// Where the pretend phone shows a payment string.
    pub(crate) fn phone_url(&self, code: &str) -> Option<String> {
        let mut url = tauri::Url::parse(&self.sandbox.base_url).ok()?.join("/phone").ok()?;
        url.query_pairs_mut().append_pair("code", code);
        Some(url.into())
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
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

async fn start_shop(folder: &Path, port: u16, credentials: &Path) -> Result<serve::Running, PracticeError> {
    let config = |port| {
        let mut config = Config {
            listen: loopback(port),
            public_url: None,
            database: format!("sqlite:{}", folder.join("shop.db").display()),
            signing_key: folder.join("shop.key"),
            order_deadline_s: DEADLINE_S,
            trusted_proxies: Vec::new(),
            server: ServerConfig::default(),
            limits: LimitsConfig { viewer_per_minute: 0, address_per_minute: 0, goods_per_minute: 0 },
            alipay: None,
            wechat: None,
            credentials: Some(credentials.to_owned()),
        };
        config.take_credentials().map(|()| config)
    };
    match serve::start(config(port)?).await {
        Err(error @ serve::StartError::Listen { .. }) if port != 0 => {
            tracing::warn!(%error, "the practice shop takes another port");
            Ok(serve::start(config(0)?).await?)
        }
        started => Ok(started?),
    }
}

/// The words of the system's language, of the two the sample room speaks.
fn words(zh: &str, en: &str) -> String {
    match system_language() {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    }
}
