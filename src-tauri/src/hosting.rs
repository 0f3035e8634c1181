//! Whether this window runs the room it is in, and the client it speaks through as the room's streamer.

use crate::files;
use crate::views::{CommandCode, CommandError, LocalCode};
use api::{CallError, Client, ErrorCode, RoomLink, Secret, Studio};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// The streamer of a room, as kept on disk.
#[derive(Clone, Serialize, Deserialize)]
struct StreamerFile {
    /// Their name, for when the shop cannot be asked.
    streamer: String,
    token: Secret,
}

/// The streamer this window speaks as.
struct Streamer {
    name: String,
    client: Arc<Client>,
}

/// The streamer of one open room, if this window is theirs.
pub struct Host {
    link: RoomLink,
    /// Where the token is kept; the practice room keeps its own.
    file: Option<PathBuf>,
    streamer: watch::Sender<Option<Arc<Streamer>>>,
}

impl Host {
    /// Of a room whose token, once one is known, lies in `file`.
    pub(crate) fn of_room(link: RoomLink, file: PathBuf) -> Host {
        let kept = files::read::<StreamerFile>(&file).unwrap_or_else(|error| {
            tracing::error!(%error, "the streamer's token cannot be read; it must be given again");
            None
        });
        Host::speaking(link, Some(file), kept)
    }

    /// Of the practice room, whose shop is reached at `link` and whose streamer has this token.
    pub(crate) fn of_practice(link: RoomLink, streamer: String, token: Secret) -> Host {
        Host::speaking(link, None, Some(StreamerFile { streamer, token }))
    }

    fn speaking(link: RoomLink, file: Option<PathBuf>, kept: Option<StreamerFile>) -> Host {
        let streamer = kept.and_then(|kept| match speak(&link, kept.token) {
            Ok(client) => Some(Arc::new(Streamer { name: kept.streamer, client })),
            Err(error) => {
                tracing::error!(%error, "the streamer cannot speak");
                None
            }
        });
        Host { link, file, streamer: watch::Sender::new(streamer) }
    }

    /// The client that speaks as the streamer.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorised`] when no token is known here.
    pub fn client(&self) -> Result<Arc<Client>, CommandError> {
        let streamer = self.streamer.borrow().clone();
        streamer
            .map(|streamer| Arc::clone(&streamer.client))
            .ok_or_else(|| refused("no streamer's token is known here"))
    }

    /// The client that speaks as the streamer, now and whenever it becomes another or none.
    pub(crate) async fn each_client<Hearing: Future<Output = ()>>(&self, hear: impl Fn(Arc<Client>) -> Hearing) {
        let mut streamer = self.streamer.subscribe();
        loop {
            let client = streamer.borrow_and_update().as_ref().map(|streamer| Arc::clone(&streamer.client));
            let heard = async {
                match client {
                    Some(client) => hear(client).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = heard => return,
                changed = streamer.changed() => if changed.is_err() { return },
            }
        }
    }

    /// The streamer whose token is known here, unless the shop takes it no longer. Where the shop cannot be asked it is
    /// the one of last time.
    pub async fn streamer(&self) -> Option<String> {
        let streamer = self.streamer.borrow().clone()?;
        match streamer.client.studio().await {
            Ok(desk) if self.is_of_this_room(&desk) => Some(desk.streamer),
            Ok(_) => self.no_longer(&streamer),
            Err(CallError::Refused(refusal)) if refusal.code == ErrorCode::Unauthorised => self.no_longer(&streamer),
            Err(error) => {
                tracing::warn!(%error, "the shop does not say who its streamer is");
                Some(streamer.name.clone())
            }
        }
    }

    /// The shop does not take the token. It stays on disk: a shop may have been put back to an older state.
    fn no_longer(&self, streamer: &Arc<Streamer>) -> Option<String> {
        // Another token may have been given meanwhile.
        self.streamer.send_if_modified(|now| {
            let same = now.as_ref().is_some_and(|now| Arc::ptr_eq(now, streamer));
            if same {
                *now = None;
            }
            same
        });
        None
    }

    /// Takes a token, has the shop say whose it is, and keeps it.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthorised`] when it is none of this room's; other [`CommandError`]s. What was known before stays.
    pub async fn take(&self, token: &str) -> Result<String, CommandError> {
        let Some(file) = &self.file else { return Err(own_streamer()) };
        let token = token.trim();
        // What cannot be sent in a header is no token of any shop.
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused("this is no token"));
        }
        let token = Secret::new(token.to_owned());
        let client = speak(&self.link, token.clone())?;
        let desk = client.studio().await?;
        if !self.is_of_this_room(&desk) {
            return Err(refused("this token is another room's"));
        }
        let name = desk.streamer;
        files::write(file, &StreamerFile { streamer: name.clone(), token }).map_err(storage)?;
        self.streamer.send_replace(Some(Arc::new(Streamer { name: name.clone(), client })));
        Ok(name)
    }

    /// Forgets the token.
    ///
    /// # Errors
    /// [`LocalCode::Storage`]: it is still known.
    pub fn forget(&self) -> Result<(), CommandError> {
        let Some(file) = &self.file else { return Err(own_streamer()) };
        files::remove(file).map_err(storage)?;
        self.streamer.send_replace(None);
        Ok(())
    }

    /// A shop may have several rooms, and a token opens the one of its streamer.
    fn is_of_this_room(&self, desk: &Studio) -> bool {
        desk.room.room_id == self.link.room_id
    }
}

fn speak(link: &RoomLink, token: Secret) -> Result<Arc<Client>, CallError> {
    let client = Client::new(link.clone())?;
    client.speak_as(token);
    Ok(Arc::new(client))
}

fn refused(message: &str) -> CommandError {
    CommandError { code: CommandCode::Shop(ErrorCode::Unauthorised), message: message.into() }
}

fn own_streamer() -> CommandError {
    CommandError::local(LocalCode::NotReady, "the practice room has a streamer of its own")
}

fn storage(error: std::io::Error) -> CommandError {
    CommandError::local(LocalCode::Storage, error)
}
