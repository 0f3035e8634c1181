//! A shop rehearsed. The [script](rehearse) lives through everything that goes wrong on a live evening, in a pretend
//! shop of its own that sells copies of the streamer's goods, and judges each case by the pretend channels' books; the
//! crowd fills the practice room with simulated viewers; the panel switches its troubles on and off.
//!
//! All of it speaks to a shop and to pretend channels over HTTP, as a viewer's window, a streamer's and a phone do: what
//! is rehearsed is what is sold.
#![deny(missing_docs)]

mod cases;
mod channels;
mod crowd;
mod guest;
mod judge;
mod line;
mod panel;
mod random;
mod report;
mod scene;
mod script;
mod stage;
pub mod view;

pub use channels::ChannelsError;
pub use crowd::{CrowdError, Ground, crowd};
pub use guest::GuestError;
pub use line::Line;
pub use panel::{Seen, Switchboard};
pub use random::NoRandomness;
pub use report::{ReportLanguage, report};
pub use script::rehearse;
pub use stage::{Stage, StageError};
