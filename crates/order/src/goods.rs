//! What kind of thing is bought: it decides what delivery means.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoodsKind {
    /// Something that is sent: delivery is the record the streamer ships from.
    Merchandise,
    /// Shark fins, the room's virtual currency: delivery is the credit itself.
    Fins,
}

impl GoodsKind {
    /// Every kind.
    pub const ALL: [GoodsKind; 2] = [GoodsKind::Merchandise, GoodsKind::Fins];

    /// The name in CSV files, views and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            GoodsKind::Merchandise => "merchandise",
            GoodsKind::Fins => "fins",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<GoodsKind> {
        GoodsKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for GoodsKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
