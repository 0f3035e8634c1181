//! Newer versions of the app: asked for where the brand says they are told of, and put in this one's place when the
//! viewer says so. Only what was signed with the brand's key, for the version that was told of, is ever put there.

use crate::brand::{OURS, Updates as Feed};
use serde::Serialize;
use serde_json::json;
use std::error::Error as _;
use std::time::Duration;
use tauri::utils::config::BundleType;
use tauri::utils::platform::bundle_type;
use tauri::{AppHandle, Context, Env, Manager};
use tauri_plugin_updater::{Error, Update, UpdaterExt};
use tokio::sync::{Mutex, watch};
use ts_rs::TS;

/// How often the app looks by itself.
const EACH: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest the feed may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// Longest an update may stand still on its way here.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// How this copy of the app gets newer versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UpdateWay {
    /// By itself.
    Itself,
    /// As a Debian package, over the one it was installed from.
    Deb,
    /// As an RPM package, over the one it was installed from.
    Rpm,
    /// From where this one came.
    ByHand,
}

/// Why there is no update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UpdateFailure {
    /// The feed, or what it names, did not answer.
    NoAnswer,
    /// The feed's answer tells of no update for this system.
    UnusableFeed,
    /// It is not signed by whoever made this app, or for another version.
    Forged,
    /// It cannot be put in this one's place.
    Storage,
}

/// What is known of newer versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum UpdateState {
    /// Nothing yet.
    NotAsked,
    /// The feed is being asked.
    Looking,
    /// There is none.
    Newest,
    /// There is one.
    Found {
        /// Its number.
        version: String,
        /// What whoever made it says of it.
        notes: Option<String>,
    },
    /// It is on its way here.
    Loading {
        /// Its number.
        version: String,
        /// How much of it is here, where its size is known.
        percent: Option<u8>,
    },
    /// It is in place, and the app starts anew.
    Restarting {
        /// Its number.
        version: String,
    },
    /// There is none, or it was not put in place; this one works on.
    Failed {
        /// Why.
        failure: UpdateFailure,
        /// The one that was not put in place; without it, looking failed.
        version: Option<String>,
    },
}

/// Newer versions, as the page shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct UpdateView {
    /// How they come.
    pub way: UpdateWay,
    /// What is known of them.
    pub state: UpdateState,
}

/// Who wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// The viewer, who is told whatever comes of it.
    Viewer,
    /// The app by itself: what fails then is nobody's concern, it will look again.
    App,
}

/// What is known of newer versions, and the one that was found.
pub(crate) struct Updates {
    view: watch::Sender<UpdateView>,
    /// Held while the feed is asked and while an update comes: one thing at a time.
    found: Mutex<Option<Update>>,
}

impl Updates {
    pub(crate) fn new(way: UpdateWay) -> Updates {
        let view = UpdateView { way, state: UpdateState::NotAsked };
        Updates { view: watch::Sender::new(view), found: Mutex::default() }
    }

    pub(crate) fn views(&self) -> watch::Receiver<UpdateView> {
        self.view.subscribe()
    }

    fn tell(&self, state: UpdateState) {
        self.view.send_modify(|view| view.state = state);
    }

    /// Asks the feed.
    pub(crate) async fn look(&self, app: &AppHandle, asking: Asking) {
        if self.view.borrow().way != UpdateWay::Itself {
            return;
        }
        if asking == Asking::Viewer {
            self.tell(UpdateState::Looking);
        }
        let mut found = self.found.lock().await;
        match newer(app).await {
            Ok(newer) => {
                *found = newer;
                self.tell(found.as_ref().map_or(UpdateState::Newest, |update| UpdateState::Found {
                    version: update.version.clone(),
                    notes: update.body.clone(),
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "newer versions cannot be looked for");
                if asking == Asking::Viewer {
                    *found = None;
                    self.tell(UpdateState::Failed { failure: failure(&error), version: None });
                }
            }
        }
    }

    /// Puts the update that was found in this one's place and starts it.
    pub(crate) async fn install(&self, app: &AppHandle) {
        let mut found = self.found.lock().await;
        let Some(update) = found.take() else { return };
        let version = update.version.clone();
        match self.put_in_place(update).await {
            Ok(()) => {
                tracing::info!(version, "updated; starting anew");
                self.tell(UpdateState::Restarting { version });
                app.restart();
            }
            Err(error) => {
                tracing::warn!(version, %error, "the update was not put in place");
                self.tell(UpdateState::Failed { failure: failure(&error), version: Some(version) });
            }
        }
    }

    async fn put_in_place(&self, update: Update) -> Result<(), Error> {
        let loading = |percent| UpdateState::Loading { version: update.version.clone(), percent };
        self.tell(loading(None));
        let mut here = 0_usize;
        let each = |more: usize, size: Option<u64>| {
            here = here.saturating_add(more);
            let state = loading(percent(here, size));
            self.view.send_if_modified(|view| {
                view.state != state && {
                    view.state = state;
                    true
                }
            });
        };
        let bytes = update.download(each, || ()).await?;
        tauri::async_runtime::spawn_blocking(move || update.install(bytes)).await?
    }
}

fn percent(here: usize, size: Option<u64>) -> Option<u8> {
    let here = u64::try_from(here).ok()?;
    let percent = here.saturating_mul(100).checked_div(size?)?;
    u8::try_from(percent.min(100)).ok()
}

/// Looks at the start, and once a day.
pub(crate) async fn keep(app: AppHandle) {
    let updates = app.state::<Updates>();
    let mut days = tokio::time::interval(EACH);
    loop {
        days.tick().await;
        updates.look(&app, Asking::App).await;
    }
}

/// The update that the feed tells of, if it is newer than this version.
async fn newer(app: &AppHandle) -> Result<Option<Update>, Error> {
    let updater = app
        .updater_builder()
        .timeout(ANSWER_MAX)
        .configure_client(|client| client.connect_timeout(ANSWER_MAX).read_timeout(SILENCE_MAX))
        .build()?;
    updater.check().await
}

fn failure(error: &Error) -> UpdateFailure {
    match error {
        // An answer that is no JSON is an answer; one that was cut off counts as none.
        Error::Reqwest(error) if error.source().is_some_and(|cause| cause.is::<serde_json::Error>()) => {
            UpdateFailure::UnusableFeed
        }
        Error::Reqwest(_) | Error::Network(_) | Error::ReleaseNotFound => UpdateFailure::NoAnswer,
        Error::Minisign(_)
        | Error::Base64(_)
        | Error::SignatureUtf8(_)
        | Error::SignedVersionMismatch { .. }
        | Error::MissingSignedVersion
        | Error::InvalidUpdaterFormat
        | Error::BinaryNotFoundInArchive => UpdateFailure::Forged,
        Error::Serialization(_)
        | Error::Semver(_)
        | Error::UrlParse(_)
        | Error::TargetNotFound(_)
        | Error::TargetsNotFound(_) => UpdateFailure::UnusableFeed,
        _ => UpdateFailure::Storage,
    }
}

/// How this copy gets newer versions: a package that the system's package manager keeps is not written over behind its
/// back, and a program that was not installed at all has no place to be replaced in.
pub(crate) fn way(env: &Env) -> UpdateWay {
    let has_feed = OURS.updates.is_some();
    match bundle_type() {
        Some(BundleType::Deb) => UpdateWay::Deb,
        Some(BundleType::Rpm) => UpdateWay::Rpm,
        Some(BundleType::AppImage) if has_feed && is_in_its_place(env) => UpdateWay::Itself,
        Some(BundleType::Nsis | BundleType::Msi) if has_feed => UpdateWay::Itself,
        _ => UpdateWay::ByHand,
    }
}

/// Whether the file that would be replaced is this app's. The variable that names an AppImage's file is handed on to all
/// that is started from one, so a program outside of the image's folder has it from another.
#[cfg(target_os = "linux")]
fn is_in_its_place(env: &Env) -> bool {
    let program = std::env::current_exe().ok();
    env.appimage.is_some()
        && program.zip(env.appdir.as_ref()).is_some_and(|(program, folder)| program.starts_with(folder))
}

#[cfg(not(target_os = "linux"))]
fn is_in_its_place(_: &Env) -> bool {
    false
}

/// Tells the updater's plugin where the brand's newer versions are; whether there is anything to tell.
pub(crate) fn configure(context: &mut Context) -> bool {
    let Some(Feed { feed, key }) = OURS.updates else { return false };
    // The feed is not signed, its updates are: without a version in what is signed, an old one could be passed off as new.
    let told = json!({
        "endpoints": [feed],
        "pubkey": key,
        "requireSignedVersion": true,
        "windows": { "installMode": "passive" },
    });
    context.config_mut().plugins.0.insert("updater".into(), told);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_where_the_size_is_known() {
        for (here, size, told) in [
            (0, Some(8), Some(0)),
            (3, Some(8), Some(37)),
            (8, Some(8), Some(100)),
            // More than was said, and nothing said.
            (9, Some(8), Some(100)),
            (9, Some(0), None),
            (9, None, None),
        ] {
            assert_eq!(percent(here, size), told, "{here} of {size:?}");
        }
    }

    #[test]
    fn what_was_not_signed_for_this_version_counts_as_forged() {
        let mismatch = Error::SignedVersionMismatch { signed: "0.1.0".into(), announced: "0.2.0".into() };
        for error in [mismatch, Error::MissingSignedVersion, Error::InvalidUpdaterFormat] {
            assert_eq!(failure(&error), UpdateFailure::Forged, "{error}");
        }
        let told_of_others = Error::TargetsNotFound(vec!["linux-x86_64".into()]);
        assert_eq!(failure(&told_of_others), UpdateFailure::UnusableFeed);
        assert_eq!(failure(&Error::Network("503".into())), UpdateFailure::NoAnswer);
        assert_eq!(failure(&Error::Io(std::io::ErrorKind::StorageFull.into())), UpdateFailure::Storage);
    }
}
