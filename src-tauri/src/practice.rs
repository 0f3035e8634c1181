//! The practice room: the same storefront and the sandbox on loopback inside the app, with sample goods. The money is
//! pretend, the way it goes is the real one.

use api::{RoomLink, RoomState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use order::{GoodsId, RoomId};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use storefront::config::{Config, ServerConfig};
use storefront::limits::LimitsConfig;
use storefront::random::{Random, SystemRandom};
use storefront::store::{NewRoom, Store};
use storefront::{import, serve};

/// The room's id.
const ROOM: &str = "practice";
/// Seconds to pay an order.
const DEADLINE_S: u32 = 300;

/// The shop, as the pretend payment apps name the payee.
const SHOP_ZH: &str = "山隅窑";
const SHOP_EN: &str = "Shanyu Kiln";

/// The sample goods' pictures, by the names the CSV files use.
const PICTURES: &[(&str, &[u8])] = &[
    ("goods-1.png", include_bytes!("../practice/goods-1.png")),
    ("goods-2.png", include_bytes!("../practice/goods-2.png")),
    ("goods-3.png", include_bytes!("../practice/goods-3.png")),
    ("goods-4.png", include_bytes!("../practice/goods-4.png")),
    ("goods-5.png", include_bytes!("../practice/goods-5.png")),
    ("goods-6.png", include_bytes!("../practice/goods-6.png")),
    ("goods-7.png", include_bytes!("../practice/goods-7.png")),
    ("goods-8.png", include_bytes!("../practice/goods-8.png")),
    ("goods-9.png", include_bytes!("../practice/goods-9.png")),
    ("goods-fins.png", include_bytes!("../practice/goods-fins.png")),
    ("goods-fins-300.png", include_bytes!("../practice/goods-fins-300.png")),
    ("cover.jpg", include_bytes!("../practice/cover.jpg")),
];

/// A practice room that runs.
pub(crate) struct Practice {
    shop: serve::Running,
    sandbox: sandbox::Running,
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
        stock(&shop.shop.store).await?;
        Ok(Practice { shop, sandbox })
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

/// Puts the sample goods on the shelf of a new room.
async fn stock(store: &Store) -> Result<(), PracticeError> {
    let Ok(room_id) = RoomId::new(ROOM) else { return Ok(()) };
    if store.room(&room_id, Vec::new()).await?.is_some() {
        return Ok(());
    }
    for (name, body) in PICTURES {
        let kind = if name.ends_with(".png") { "image/png" } else { "image/jpeg" };
        store.keep_picture(picture_id(body), kind.into(), BASE64.encode(body)).await?;
    }
    let csv = words(include_str!("../practice/goods.zh.csv"), include_str!("../practice/goods.en.csv"));
    let random = SystemRandom;
    let new_id = || random.bits().ok().and_then(|bits| GoodsId::new(order::id::base32(bits)).ok());
    let goods = import::goods(&csv, new_id, |name| picture_named(name).map(picture_id))?;
    let room = NewRoom {
        room_id,
        title: words("开窑夜 · 新到茶器", "Kiln-opening night: new teaware"),
        host: words("阿禾", "Ahe"),
        shop: words(SHOP_ZH, SHOP_EN),
        state: RoomState::Live,
        cover: picture_named("cover.jpg").map(picture_id),
        notice: Some(words(
            "这是练习直播间，商品和付款都是模拟的。",
            "This is the practice room: goods and payments are pretend.",
        )),
    };
    Ok(store.open_room(room, goods).await?)
}

fn picture_named(name: &str) -> Option<&'static [u8]> {
    PICTURES.iter().find(|(known, _)| *known == name).map(|(_, body)| *body)
}

/// A picture's id is the hash of its bytes.
fn picture_id(body: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
    hex::encode(&digest.as_ref()[..16])
}

/// The words of the system's language, of the two the sample room speaks.
fn words(zh: &str, en: &str) -> String {
    if speaks_chinese() { zh.to_owned() } else { en.to_owned() }
}

/// The sample goods are named in the system's language, as far as they can be.
fn speaks_chinese() -> bool {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_some_and(|locale| locale.to_ascii_lowercase().starts_with("zh"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_goods_of_both_languages_can_be_put_on_a_shelf_with_their_pictures() {
        for csv in [include_str!("../practice/goods.zh.csv"), include_str!("../practice/goods.en.csv")] {
            let mut count = 0;
            let new_id = || {
                count += 1;
                GoodsId::new(format!("g{count}")).ok()
            };
            let goods = import::goods(csv, new_id, |name| picture_named(name).map(picture_id)).unwrap();
            assert!(goods.iter().all(|item| item.picture.is_some()));
            assert_eq!(goods.iter().filter(|item| item.pinned).count(), 1);
        }
    }
}
