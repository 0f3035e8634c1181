//! The practice room among the others: it starts when it is first entered and stays until the app ends or it is reset.

use super::{Entrances, lock};
use crate::practice::{self, Practice, PracticeError, Rehearsals};
use crate::session::Session;
use crate::views::{CommandError, Entrance, LocalCode};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The practice room, once it was entered, and its rehearsals.
pub(super) struct Practising {
    folder: PathBuf,
    room: Mutex<Option<Arc<Practice>>>,
    rehearsals: Rehearsals,
}

impl Practising {
    /// With its files below `data`.
    pub(super) fn new(data: &Path) -> Practising {
        Practising {
            folder: data.join("practice"),
            room: Mutex::default(),
            rehearsals: Rehearsals::new(data.join("rehearsal")),
        }
    }

    /// The streamer is in another room: no phone reaches into this one any more. Its shop goes on.
    pub(super) async fn left(&self) {
        let practice = lock(&self.room).clone();
        if let Some(practice) = practice {
            practice.put_phone_away().await;
        }
    }

    /// The app ends.
    pub(super) fn close(&self) {
        self.rehearsals.close();
    }
}

impl Entrances {
    /// Starts the practice room where it is the one that the page will ask for, so that its servers come up while the
    /// window does.
    pub async fn prepare(&self) {
        let _one = self.entering.lock().await;
        if lock(&self.started_with).is_some() || self.first_room().is_some() {
            return;
        }
        if let Err(error) = self.started_practice().await {
            tracing::warn!(%error, "the practice room did not start beforehand; the page asks for it again");
        }
    }

    pub(super) async fn enter_practice(&self) -> Result<Entrance, CommandError> {
        let practice = self.started_practice().await.map_err(failed)?;
        let (link, given) = (practice.link().map_err(failed)?, practice.practising().map_err(failed)?);
        let session = Session::open(link, &self.shops, Some(given)).await?;
        self.rooms.entered_practice();
        Ok(self.stand_in(session))
    }

    async fn started_practice(&self) -> Result<Arc<Practice>, PracticeError> {
        let started = lock(&self.practice.room).clone();
        if let Some(started) = started {
            return Ok(started);
        }
        let started = Arc::new(Practice::start(self.practice.folder.clone()).await?);
        *lock(&self.practice.room) = Some(Arc::clone(&started));
        Ok(started)
    }

    /// Puts the practice room back as it was at first and enters it: sample goods, no orders, and what was bought there is
    /// forgotten.
    ///
    /// # Errors
    /// [`CommandError`]; the room is as it was or as it was at first, and can be entered.
    pub async fn reset_practice(&self) -> Result<Entrance, CommandError> {
        let _one = self.entering.lock().await;
        // Nobody stands in it while it goes.
        self.current.send_if_modified(|session| session.take_if(|session| session.practice).is_some());
        let practice = lock(&self.practice.room).take();
        if let Some(practice) = practice {
            practice.close().await;
        }
        self.shops.forget_practice().map_err(super::storage)?;
        practice::forget(&self.practice.folder).map_err(failed)?;
        self.enter_practice().await
    }

    /// The practice room, when it is the open one.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`].
    pub(crate) fn practice(&self) -> Result<Arc<Practice>, CommandError> {
        let elsewhere = || CommandError::local(LocalCode::NotReady, "the practice room is not open");
        if !self.session()?.practice {
            return Err(elsewhere());
        }
        lock(&self.practice.room).clone().ok_or_else(elsewhere)
    }

    /// The rehearsals of the practice room.
    pub(crate) fn rehearsals(&self) -> &Rehearsals {
        &self.practice.rehearsals
    }

    /// Where the pretend phone shows the code of a purchase; only the practice room has one.
    #[must_use]
    pub fn phone_url(&self, session: &Session, request_id: &str) -> Option<String> {
        let practice = lock(&self.practice.room).clone().filter(|_| session.practice)?;
        practice.phone_url(&session.purchases.code_of(request_id)?)
    }
}

fn failed(error: PracticeError) -> CommandError {
    tracing::error!(%error, "the practice room failed");
    CommandError::local(LocalCode::PracticeFailed, error)
}
