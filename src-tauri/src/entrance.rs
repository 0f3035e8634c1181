//! Which room the app opens, and whether its shop's key is trusted.

use crate::files;
use crate::session::Session;
use crate::views::{CommandError, Entrance, LocalCode};
use api::{LinkError, RoomLink, ShopKey};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

#[cfg(feature = "practice")]
use crate::practice::Practice;

/// What the app was started with, and what became of it.
pub struct Entrances {
    data: PathBuf,
    link: Option<Result<RoomLink, LinkError>>,
    session: OnceCell<Arc<Session>>,
    /// Only one entrance at a time: the page may ask twice.
    entering: Mutex<()>,
    #[cfg(feature = "practice")]
    practice: OnceCell<Practice>,
}

impl Entrances {
    /// The app's data lies in `data`; `link` is the room link it was started with.
    #[must_use]
    pub fn new(data: PathBuf, link: Option<&str>) -> Entrances {
        Entrances {
            data,
            link: link.map(RoomLink::parse),
            session: OnceCell::new(),
            entering: Mutex::default(),
            #[cfg(feature = "practice")]
            practice: OnceCell::new(),
        }
    }

    /// The open room.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`] before one is open.
    pub fn session(&self) -> Result<Arc<Session>, CommandError> {
        let none = || CommandError::local(LocalCode::NotReady, "no room is open yet");
        self.session.get().cloned().ok_or_else(none)
    }

    /// Opens the room of the link, or the practice room when there is none.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn enter(&self) -> Result<Entrance, CommandError> {
        let _one = self.entering.lock().await;
        if let Some(session) = self.session.get() {
            return Ok(open(session));
        }
        match &self.link {
            None => self.enter_practice().await,
            Some(Err(error)) => Err(CommandError::local(LocalCode::BadLink, error)),
            Some(Ok(link)) => match self.known_keys()?.get(&shop_of(link)) {
                Some(known) if *known == link.key.to_base64() => self.open(link.clone(), false).await,
                Some(known) => Ok(Entrance::KeyChanged {
                    room_id: link.room_id.to_string(),
                    shop_url: link.shop.to_string(),
                    known_key: ShopKey::from_base64(known).map(|key| key.fingerprint()).unwrap_or_default(),
                    shop_key: link.key.fingerprint(),
                }),
                None => Ok(Entrance::AskTrust {
                    room_id: link.room_id.to_string(),
                    shop_url: link.shop.to_string(),
                    shop_key: link.key.fingerprint(),
                }),
            },
        }
    }

    /// The viewer trusts the shop of the link: its key is pinned and the room opened. A shop that is known under
    /// another key is not trusted this way.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn trust(&self) -> Result<Entrance, CommandError> {
        let _one = self.entering.lock().await;
        let Some(Ok(link)) = &self.link else {
            return Err(CommandError::local(LocalCode::NotReady, "there is no link to trust"));
        };
        let mut known = self.known_keys()?;
        let key = known.entry(shop_of(link)).or_insert_with(|| link.key.to_base64());
        if *key != link.key.to_base64() {
            return Err(CommandError::local(LocalCode::NotReady, "this shop is known under another key"));
        }
        files::write(&self.keys_file(), &known).map_err(storage)?;
        self.open(link.clone(), false).await
    }

    async fn open(&self, link: RoomLink, practice: bool) -> Result<Entrance, CommandError> {
        let session = Session::open(link, practice, &self.data).await?;
        Ok(open(self.session.get_or_init(async || Arc::new(session)).await))
    }

    fn keys_file(&self) -> PathBuf {
        self.data.join("shops.json")
    }

    /// The pinned keys, by the shop's address.
    fn known_keys(&self) -> Result<BTreeMap<String, String>, CommandError> {
        files::read(&self.keys_file()).map(Option::unwrap_or_default).map_err(storage)
    }

    #[cfg(feature = "practice")]
    async fn enter_practice(&self) -> Result<Entrance, CommandError> {
        let failed = |error| {
            tracing::error!(%error, "the practice room did not start");
            CommandError::local(LocalCode::PracticeFailed, error)
        };
        let start = || Practice::start(self.data.join("practice"));
        let practice = self.practice.get_or_try_init(start).await.map_err(failed)?;
        self.open(practice.link().map_err(failed)?, true).await
    }

    #[cfg(not(feature = "practice"))]
    async fn enter_practice(&self) -> Result<Entrance, CommandError> {
        Err(CommandError::local(LocalCode::BadLink, "start the app with a room's link"))
    }

    /// Where the pretend phone shows a payment string; only a practice room has one.
    #[must_use]
    pub fn phone_url(&self, code: &str) -> Option<String> {
        #[cfg(feature = "practice")]
        if let Some(practice) = self.practice.get() {
            return practice.phone_url(code);
        }
        #[cfg(not(feature = "practice"))]
        let _no_phone = code;
        None
    }
}

fn open(session: &Arc<Session>) -> Entrance {
    Entrance::Open {
        room: session.room.clone(),
        practice: session.practice,
        shop_key: session.client.link().key.fingerprint(),
    }
}

/// What a key is pinned to: the shop's address without anything after the host.
fn shop_of(link: &RoomLink) -> String {
    link.shop.origin().ascii_serialization()
}

fn storage(error: std::io::Error) -> CommandError {
    CommandError::local(LocalCode::Storage, error)
}
