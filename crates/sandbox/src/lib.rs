//! Pretend Alipay, pretend WeChat Pay and a pretend phone on one HTTP origin.
//!
//! Written from the channels' published protocol, independently of the shop's gateway: if both sides shared a
//! signing function, a wrong one would agree with itself. No real money moves here, but everything else is as
//! the channels do it: signatures, error codes, codes that expire, notices that are repeated until taken.
//!
//! ```no_run
//! # async fn practice() -> Result<(), sandbox::StartError> {
//! let running = sandbox::start(sandbox::Options::new("practice-data")).await?;
//! println!("{} {}", running.base_url, running.credentials.display());
//! running.stop().await;
//! # Ok(())
//! # }
//! ```

mod alipay;
mod bill;
mod books;
mod calls;
mod certificates;
mod clock;
mod console;
mod courier;
mod faults;
mod files;
mod form;
mod happenings;
mod keys;
mod phone;
mod random;
mod report;
mod rsa;
mod server;
mod start_page;
mod trade;
mod wechat;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{Notify, watch};

pub use books::BooksError;
pub use clock::Clock;
pub use faults::{Fault, FaultsError, Model as FaultModel, Setting as FaultSetting};
pub use files::FileError;
pub use keys::IdentityError;
pub use phone::door::PhoneDoor;
pub use rsa::KeyError;
pub use server::{Running, start};
pub use trade::Channel;

/// What the sandbox is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The folder of keys and books; made if missing, entered by its owner only.
    pub data: PathBuf,
    /// The pauses between the first delivery of a notice and its repetitions. Without it each channel follows
    /// its published schedule.
    pub notice_schedule: Option<Vec<Duration>>,
    /// The factor by which lifetimes, deadlines and schedules are shortened; 0 counts as 1.
    pub clock_speed: u32,
    /// The merchant's name as the phone shows it; without it a name in the language of the page.
    pub payee: Option<String>,
}

impl Options {
    /// Loopback, a free port, published schedules, real speed.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.into(),
            notice_schedule: None,
            clock_speed: 1,
            payee: None,
        }
    }
}

/// The sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {listen}: {source}; choose another --listen address")]
    Listen {
        /// The address that was asked for.
        listen: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data folder cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Keys or account numbers cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The books cannot be used.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// `faults.json` cannot be used.
    #[error(transparent)]
    Faults(#[from] FaultsError),
    /// The client that delivers notices could not be made.
    #[error("notices cannot be delivered: {0}")]
    Client(#[from] reqwest::Error),
    /// Making the keys was interrupted.
    #[error("making the keys was interrupted")]
    Interrupted,
}

/// Everything the routes share.
pub(crate) struct Sandbox {
    pub(crate) books: books::Books,
    pub(crate) keys: keys::Keys,
    pub(crate) clock: Clock,
    pub(crate) faults: faults::Faults,
    pub(crate) payee: Option<String>,
    pub(crate) base_url: String,
    pub(crate) data: PathBuf,
    pub(crate) calls: calls::Calls,
    pub(crate) happenings: happenings::Happenings,
    pub(crate) notice_schedule: Option<Vec<Duration>>,
    /// Woken when there may be a notice to deliver.
    pub(crate) courier: Notify,
    /// Becomes true when the sandbox stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Sandbox {
    /// The time as the channel sees it, in milliseconds.
    pub(crate) fn channel_now_ms(&self, channel: Channel) -> i64 {
        self.clock.now_ms().saturating_add(self.faults.skew_ms(channel))
    }
}
