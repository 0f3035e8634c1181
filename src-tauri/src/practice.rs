//! The practice room: the same storefront and the sandbox on loopback inside the app, with sample goods. The money is
//! pretend, the way it goes is the real one.

mod crowds;
mod phone;
mod rehearsals;
mod servers;
mod show;
mod stage;
mod stock;
mod streamer;

use crate::files;
use crate::preferences::system_language;
use crate::session::Practising;
use crate::views::{LanPhone, Language};
use api::{RoomLink, Secret, ShopKey};
use crowds::Crowds;
use order::RoomId;
use phone::Phone;
use rehearsal::view::{Crowd, CrowdPlan, Rehearsal};
use rehearsal::{CrowdError, Ground, Line, Switchboard};
use servers::{Servers, Wanted};
use show::Show;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storefront::shop::Shop;
use storefront::store::Streamer;
use storefront::{import, serve};
use tauri::Url;
use tokio::sync::{Mutex, watch};

pub(crate) use rehearsals::Rehearsals;

/// The room's id.
const ROOM: &str = "practice";
/// Seconds to pay an order.
const DEADLINE_S: u32 = 300;

/// The shop, as the pretend payment apps name the payee.
const SHOP_ZH: &str = "山隅窑";
const SHOP_EN: &str = "Shanyu Kiln";

/// A practice room that runs.
pub(crate) struct Practice {
    room_id: RoomId,
    key: ShopKey,
    /// Where the shop is, and where the viewer's way to it begins, which can be cut.
    shop_at: SocketAddr,
    line: Arc<Line>,
    channels: String,
    shop: Arc<Shop>,
    streamer: Streamer,
    token: Secret,
    panel: Switchboard,
    crowds: Crowds,
    phone: Phone,
    /// Until the room is closed.
    servers: Mutex<Option<Servers>>,
    _show: Show,
}

/// Why the practice room did not start, or something in it did not begin.
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
    /// The phone cannot be opened to the network.
    #[error("the phone cannot be opened to this computer's network: {0}")]
    Phone(std::io::Error),
    /// There is no crowd.
    #[error(transparent)]
    Crowd(#[from] CrowdError),
    /// The viewer's way to the shop.
    #[error("the way to the practice shop could not be opened: {0}")]
    Line(std::io::Error),
    /// The panel of what goes wrong on purpose.
    #[error("the pretend channels do not say what is wrong with them: {0}")]
    Panel(#[from] rehearsal::ChannelsError),
    /// The system gives no random numbers.
    #[error(transparent)]
    Random(#[from] storefront::random::NoRandomness),
    /// An id that this program writes itself.
    #[error(transparent)]
    Id(#[from] order::IdError),
    /// An amount that the practice room sells for.
    #[error(transparent)]
    Money(#[from] order::MoneyError),
    /// The disk.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Its own address.
    #[error("the address of the practice shop is none")]
    Address,
    /// The room is gone from its own shop.
    #[error("the practice room is not in its shop")]
    NoRoom,
    /// Nothing is on sale, so nothing can be rehearsed.
    #[error("nothing is on sale and in stock")]
    NothingOnSale,
    /// The room was closed meanwhile.
    #[error("the practice room is closed")]
    Closed,
}

impl Practice {
    /// Starts it in `folder`, with the ports of last time if they are free: a payment that was open when the app was
    /// closed has its notices sent there.
    pub(crate) async fn start(folder: PathBuf) -> Result<Practice, PracticeError> {
        let disk = |source| PracticeError::Disk { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(disk)?;
        let ports_file = folder.join("ports.json");
        let ports: Vec<u16> = files::read(&ports_file).map_err(disk)?.unwrap_or_default();
        let port = |of: usize| ports.get(of).copied().unwrap_or_default();
        let servers = Servers::start(&folder, Wanted::practice(port(0), port(1))).await?;
        match Practice::open(&folder, &servers, port(2)).await {
            Ok(practice) => {
                let ports = [servers.shop.address, servers.sandbox.addr, practice.line.address()];
                files::write(&ports_file, &ports.map(|at| at.port())).map_err(disk)?;
                *practice.servers.lock().await = Some(servers);
                Ok(practice)
            }
            Err(error) => {
                servers.stop().await;
                Err(error)
            }
        }
    }

    async fn open(folder: &Path, servers: &Servers, line_port: u16) -> Result<Practice, PracticeError> {
        let (shop, shop_at) = (Arc::clone(&servers.shop.shop), servers.shop.address);
        let channels = servers.sandbox.base_url.clone();
        let line = Arc::new(open_line(line_port, shop_at).await.map_err(PracticeError::Line)?);
        let panel = Switchboard::open(&channels, Arc::clone(&line)).await?;
        let show = Show::start().await.map_err(PracticeError::Show)?;
        let (room_id, now) = (RoomId::new(ROOM)?, shop.clock.now_s());
        stock::put_out(&shop.store, &room_id, show.address(), now).await?;
        let (streamer, token) = streamer::of_room(&shop.store, &room_id, &folder.join("streamer.json")).await?;
        stock::make_deal(&shop.store, &streamer, now).await?;
        Ok(Practice {
            room_id,
            key: servers.shop.key.clone(),
            shop_at,
            line,
            channels,
            shop,
            streamer,
            token,
            panel,
            crowds: Crowds::default(),
            phone: Phone::default(),
            servers: Mutex::default(),
            _show: show,
        })
    }

    /// The room's link, as the viewer's window has it.
    pub(crate) fn link(&self) -> Result<RoomLink, PracticeError> {
        self.link_at(self.line.address())
    }

    /// What it gives whoever opens it.
    pub(crate) fn practising(&self) -> Result<Practising, PracticeError> {
        Ok(Practising {
            address: stock::sample_address(),
            studio: self.link_at(self.shop_at)?,
            streamer: self.streamer.name.clone(),
            token: self.token.clone(),
        })
    }

    /// Where the pretend phone shows a payment string.
    pub(crate) fn phone_url(&self, code: &str) -> Option<String> {
        let mut url = Url::parse(&self.channels).ok()?.join("/phone").ok()?;
        url.query_pairs_mut().append_pair("code", code);
        Some(url.into())
    }

    /// Its switches, and what happened.
    pub(crate) fn panel(&self) -> &Switchboard {
        &self.panel
    }

    /// Begins a rehearsal of its goods, unless one runs.
    ///
    /// # Errors
    /// [`PracticeError::NothingOnSale`], and what the database says.
    pub(crate) async fn rehearse(&self, rehearsals: &Rehearsals) -> Result<watch::Receiver<Rehearsal>, PracticeError> {
        let now = self.shop.clock.now_s();
        rehearsals.begin(stage::Copies::of(&self.shop.store, &self.room_id, now), now).await
    }

    /// Sends a crowd, unless one is at it. It does not come by the viewer's way, which can be cut.
    ///
    /// # Errors
    /// The plan is none.
    pub(crate) async fn send_crowd(&self, plan: CrowdPlan) -> Result<watch::Receiver<Crowd>, PracticeError> {
        let ground = Ground { shop: self.link_at(self.shop_at)?, channels: self.channels.clone() };
        Ok(self.crowds.send(ground, plan).await?)
    }

    /// Asks the crowd to stop.
    pub(crate) async fn stop_crowd(&self) {
        self.crowds.stop().await;
    }

    /// Opens the pretend phone to this computer's network, or closes it.
    ///
    /// # Errors
    /// What the network says.
    pub(crate) async fn lan_phone(&self, on: bool) -> Result<LanPhone, PracticeError> {
        if !on {
            return Ok(self.phone.switch_off().await);
        }
        let servers = self.servers.lock().await;
        let servers = servers.as_ref().ok_or(PracticeError::Closed)?;
        self.phone.switch_on(&servers.sandbox).await.map_err(PracticeError::Phone)
    }

    /// Closes the pretend phone to the network, whether it was open or not.
    pub(crate) async fn put_phone_away(&self) {
        self.phone.switch_off().await;
    }

    /// Closes it and stops its servers. Nothing of it is lost.
    pub(crate) async fn close(&self) {
        self.crowds.end().await;
        self.phone.switch_off().await;
        if let Some(servers) = self.servers.lock().await.take() {
            servers.stop().await;
        }
    }

    fn link_at(&self, address: SocketAddr) -> Result<RoomLink, PracticeError> {
        Ok(RoomLink { room_id: self.room_id.clone(), shop: origin(address)?, key: self.key.clone() })
    }
}

/// Forgets everything in `folder` but the ports, as if the practice room had never been started.
///
/// # Errors
/// [`PracticeError::Disk`].
pub(crate) fn forget(folder: &Path) -> Result<(), PracticeError> {
    let disk = |source| PracticeError::Disk { path: folder.to_owned(), source };
    let ports_file = folder.join("ports.json");
    let ports: Option<Vec<u16>> = files::read(&ports_file).map_err(disk)?;
    // Out of the way first: what is half removed when the computer fails is never opened again.
    let gone = folder.with_extension("gone");
    remove_all(&gone).map_err(disk)?;
    match std::fs::rename(folder, &gone) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(disk(error)),
        Ok(()) | Err(_) => {}
    }
    if let Some(ports) = ports {
        files::write(&ports_file, &ports).map_err(disk)?;
    }
    remove_all(&gone).map_err(disk)
}

fn remove_all(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// The viewer's way to the shop, at the port of last time if it is free.
async fn open_line(port: u16, shop: SocketAddr) -> std::io::Result<Line> {
    match Line::open(loopback(port), shop).await {
        Err(error) if port != 0 => {
            tracing::warn!(%error, port, "the way to the practice shop takes another port");
            Line::open(loopback(0), shop).await
        }
        opened => opened,
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn origin(address: SocketAddr) -> Result<Url, PracticeError> {
    Url::parse(&format!("http://{address}")).map_err(|_| PracticeError::Address)
}

/// The words of the system's language, of the two the sample room speaks.
fn words(zh: &str, en: &str) -> String {
    match system_language() {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    }
}

#[cfg(test)]
mod tests;
