//! Which room the app is in, how it gets into another, and whether a room's shop is trusted.

use crate::keys::{Keys, Standing};
use crate::rooms::Rooms;
use crate::session::Session;
use crate::shops::Shops;
use crate::views::{CommandError, Entrance, KnownRoom, LocalCode};
use api::RoomLink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

#[cfg(feature = "practice")]
mod practising;

/// The room the app is in, and the way into others.
pub struct Entrances {
    keys: Keys,
    /// The room the app opens by itself.
    home: Option<RoomLink>,
    rooms: Rooms,
    shops: Shops,
    /// The link the app was started with.
    started_with: Mutex<Option<String>>,
    /// The page has asked to be let in: from now on it hears of links itself.
    is_page_there: AtomicBool,
    /// The link whose shop the viewer was asked about last.
    asked: Mutex<Option<RoomLink>>,
    current: watch::Sender<Option<Arc<Session>>>,
    /// Only one entrance at a time: the page may ask twice.
    entering: tokio::sync::Mutex<()>,
    #[cfg(feature = "practice")]
    practice: practising::Practising,
}

impl Entrances {
    /// `link` is the room link the app was started with.
    #[must_use]
    pub fn new(shops: Shops, link: Option<String>) -> Entrances {
        Entrances {
            keys: Keys::new(shops.data().join("shops.json")),
            home: None,
            rooms: Rooms::new(shops.data().join("rooms.json")),
            #[cfg(feature = "practice")]
            practice: practising::Practising::new(shops.data()),
            shops,
            started_with: Mutex::new(link),
            is_page_there: AtomicBool::new(false),
            asked: Mutex::default(),
            current: watch::Sender::default(),
            entering: tokio::sync::Mutex::default(),
        }
    }

    /// With a home: a room whose shop's key came with the app and needs no asking.
    #[must_use]
    pub fn at_home(mut self, home: Option<RoomLink>) -> Entrances {
        self.keys.trust_by_itself(home.clone());
        self.home = home;
        self
    }

    /// The open room.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`] before one is open.
    pub fn session(&self) -> Result<Arc<Session>, CommandError> {
        let none = || CommandError::local(LocalCode::NotReady, "no room is open yet");
        self.current.borrow().clone().ok_or_else(none)
    }

    /// The open room now and whenever it is left for another.
    #[must_use]
    pub fn current(&self) -> watch::Receiver<Option<Arc<Session>>> {
        self.current.subscribe()
    }

    /// The shops with purchases at work.
    #[must_use]
    pub fn shops(&self) -> &Shops {
        &self.shops
    }

    /// The folder of the viewer's files.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.shops.data()
    }

    /// The system passed on a link. `true` when the page is there to be told; else the link is the one that is opened
    /// first.
    #[must_use]
    pub fn is_for_the_page(&self, link: &str) -> bool {
        let there = self.is_page_there.load(Ordering::SeqCst);
        if !there {
            *lock(&self.started_with) = Some(link.to_owned());
        }
        there
    }

    /// Opens the room of the link the app was started with, else the room entered last, else the app's own, else the
    /// practice room.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn enter(&self) -> Result<Entrance, CommandError> {
        self.is_page_there.store(true, Ordering::SeqCst);
        let _one = self.entering.lock().await;
        if let Ok(session) = self.session() {
            return Ok(open(&session));
        }
        let started_with = lock(&self.started_with).clone();
        if let Some(link) = started_with {
            return self.visit(&link).await;
        }
        match self.first_room() {
            Some(link) => self.open(link).await,
            None => self.enter_practice().await,
        }
    }

    /// Leaves the open room for the room of a link. Where its shop is not trusted the open room stays open.
    ///
    /// # Errors
    /// [`CommandError`]: the open room stays open.
    pub async fn open_room(&self, link: &str) -> Result<Entrance, CommandError> {
        let _one = self.entering.lock().await;
        self.visit(link).await
    }

    /// Leaves the open room for the practice room.
    ///
    /// # Errors
    /// [`CommandError`]: the open room stays open.
    pub async fn open_practice(&self) -> Result<Entrance, CommandError> {
        let _one = self.entering.lock().await;
        self.enter_practice().await
    }

    /// The viewer trusts the shop they were asked about last: its key is pinned and the room opened. A shop that is
    /// known under another key is not trusted this way.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn trust(&self) -> Result<Entrance, CommandError> {
        let _one = self.entering.lock().await;
        let Some(link) = lock(&self.asked).clone() else {
            return Err(CommandError::local(LocalCode::NotReady, "there is no link to trust"));
        };
        if !self.keys.pin(&link).map_err(storage)? {
            return Err(CommandError::local(LocalCode::NotReady, "this shop is known under another key"));
        }
        self.open(link).await
    }

    /// The rooms entered before, the latest first.
    #[must_use]
    pub fn rooms(&self) -> Vec<KnownRoom> {
        self.rooms.list()
    }

    /// Takes a room off that list. Its shop's key stays pinned.
    ///
    /// # Errors
    /// [`LocalCode::Storage`].
    pub fn forget_room(&self, link: &str) -> Result<(), CommandError> {
        self.rooms.forget(link).map_err(storage)
    }

    /// The app ends: nothing that is only for now stays on the disk.
    pub fn close(&self) {
        #[cfg(feature = "practice")]
        self.practice.close();
    }

    /// Takes up what was bought in other rooms than the open one and was not over when the app last ended. `false` while
    /// a shop of these could not be reached.
    pub async fn take_up_elsewhere(&self) -> bool {
        let mut all = true;
        for link in self.shops.left().iter().filter_map(|link| RoomLink::parse(link).ok()) {
            // Nobody is asked for a shop whose key is not trusted any more.
            if !matches!(self.keys.standing(&link), Ok(Standing::Pinned)) {
                continue;
            }
            // The shop keeps the purchases at work; nobody stands in this room.
            if let Err(error) = Session::open(link, &self.shops, None).await {
                tracing::warn!(error = error.message, "purchases of a room that is not open cannot be followed yet");
                all = false;
            }
        }
        all
    }

    /// The room that is entered without a link, unless that is the practice room: the one entered last, while its shop's
    /// key is still the pinned one, else the app's own.
    fn first_room(&self) -> Option<RoomLink> {
        let pinned = |link: &RoomLink| matches!(self.keys.standing(link), Ok(Standing::Pinned));
        self.rooms.last().filter(pinned).or_else(|| self.home.clone())
    }

    /// Opens the room of a link, or says what stands in the way.
    async fn visit(&self, link: &str) -> Result<Entrance, CommandError> {
        let link = RoomLink::parse(link).map_err(|error| CommandError::local(LocalCode::BadLink, error))?;
        let (room_id, shop_url) = (link.room_id.to_string(), link.shop.to_string());
        let shop_key = link.key.fingerprint();
        match self.keys.standing(&link).map_err(storage)? {
            Standing::Pinned => self.open(link).await,
            Standing::Unknown => {
                *lock(&self.asked) = Some(link);
                Ok(Entrance::AskTrust { room_id, shop_url, shop_key })
            }
            Standing::Changed { known_key } => {
                *lock(&self.asked) = None;
                Ok(Entrance::KeyChanged { room_id, shop_url, known_key, shop_key })
            }
        }
    }

    async fn open(&self, link: RoomLink) -> Result<Entrance, CommandError> {
        let session = Session::open(link, &self.shops, None).await?;
        self.rooms.entered(session.client.link(), &session.room);
        let entrance = self.stand_in(session);
        #[cfg(feature = "practice")]
        self.practice.left().await;
        Ok(entrance)
    }

    /// The app is in this room now.
    fn stand_in(&self, session: Session) -> Entrance {
        let session = Arc::new(session);
        let entrance = open(&session);
        self.current.send_replace(Some(session));
        self.shops.let_go();
        entrance
    }

    #[cfg(not(feature = "practice"))]
    async fn enter_practice(&self) -> Result<Entrance, CommandError> {
        Err(CommandError::local(LocalCode::BadLink, "start the app with a room's link"))
    }

    /// Where the pretend phone shows the code of a purchase; only the practice room has one.
    #[cfg(not(feature = "practice"))]
    #[must_use]
    pub fn phone_url(&self, _session: &Session, _request_id: &str) -> Option<String> {
        None
    }
}

fn open(session: &Session) -> Entrance {
    let link = session.client.link();
    Entrance::Open {
        room: session.room.clone(),
        practice: session.practice,
        shop_key: link.key.fingerprint(),
        link: (!session.practice).then(|| link.to_string()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn storage(error: std::io::Error) -> CommandError {
    CommandError::local(LocalCode::Storage, error)
}
