//! The studio: what the streamer of a room sees and does, under the streamer's token.
//!
//! What is edited carries the revision it was read at. An edit of an older one is refused with `stale`: somebody else
//! was there meanwhile, and nothing of theirs is lost.

mod desk;
mod figures;
mod import;
mod orders;

pub use desk::*;
pub use figures::*;
pub use import::*;
pub use orders::*;

/// Longest title of an item or a room, characters.
pub const TITLE_MAX_CHARS: usize = 60;
/// Longest one line about an item, characters.
pub const NOTE_MAX_CHARS: usize = 60;
/// Longest description of an item, characters.
pub const DESCRIPTION_MAX_CHARS: usize = 2_000;
/// Highest price, fen: what one payment of either channel may be.
pub const PRICE_MAX_FEN: i64 = 9_999_999;
/// Most pieces of one item that wait for buyers.
pub const STOCK_MAX: u32 = 99_999;
/// Largest picture taken, bytes.
pub const PICTURE_MAX_BYTES: usize = 5 << 20;
/// Smallest side of a picture, pixels.
pub const PICTURE_MIN_SIDE: u32 = 400;
/// Largest CSV file taken, bytes.
pub const CSV_MAX_BYTES: usize = 1 << 20;
/// Longest deal, seconds: thirty days.
pub const DEAL_MAX_S: u32 = 30 * 86_400;
