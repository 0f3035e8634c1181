//! The shops with purchases at work: that of the open room, and those of rooms that were left before everything there
//! was over.

use crate::pending::Pending;
use crate::purchases::{Begun, Purchases};
use api::{Client, RoomLink};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The shops at work.
pub struct Shops {
    data: PathBuf,
    begun: Begun,
    at_work: Mutex<Vec<Arc<Purchases>>>,
}

impl Shops {
    /// The viewer's files lie in `data`; purchases that begin are made known to `begun`.
    #[must_use]
    pub fn new(data: PathBuf, begun: Begun) -> Shops {
        Shops { data, begun, at_work: Mutex::default() }
    }

    /// The folder of the viewer's files.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The purchases of a shop: those at work, or those on disk are taken up. A shop that was left and has none any more
    /// is let go.
    pub(crate) fn open(&self, client: &Arc<Client>, practice: bool, shop: String) -> Arc<Purchases> {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        at_work.retain(|purchases| is_needed(purchases) || purchases.shop() == shop);
        if let Some(known) = at_work.iter().find(|purchases| purchases.shop() == shop) {
            return Arc::clone(known);
        }
        let pending = Pending::new(self.data.join("pending"));
        let opened = Purchases::take_up_all(Arc::clone(client), practice, shop, pending, self.begun.clone());
        let opened = Arc::new(opened);
        at_work.push(Arc::clone(&opened));
        opened
    }

    /// Lets go of the shops whose rooms were left and that have no purchases at work.
    pub(crate) fn let_go(&self) {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner).retain(is_needed);
    }

    /// Forgets the practice shop: what was bought there, and who the viewer was.
    ///
    /// # Errors
    /// The disk's.
    #[cfg(feature = "practice")]
    pub(crate) fn forget_practice(&self) -> std::io::Result<()> {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        for purchases in at_work.iter().filter(|purchases| purchases.is_practice()) {
            purchases.forget_all()?;
            crate::files::remove(&self.data.join("viewers").join(format!("{}.json", purchases.shop())))?;
        }
        at_work.retain(|purchases| !purchases.is_practice());
        Ok(())
    }

    /// The links of rooms whose shops have purchases on disk that nobody is at work on: one of each shop.
    pub(crate) fn left(&self) -> Vec<String> {
        let at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = Pending::new(self.data.join("pending")).all().into_iter();
        let left = entries.filter(|entry| !at_work.iter().any(|purchases| purchases.shop() == entry.shop));
        let links: BTreeMap<String, String> = left.filter_map(|entry| Some((entry.shop, entry.link?))).collect();
        links.into_values().collect()
    }

    /// The room whose shop has this purchase at work, unless it is the practice room, which has no link.
    #[must_use]
    pub fn room_of(&self, request_id: &str) -> Option<RoomLink> {
        let at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let found = at_work.iter().find(|purchases| purchases.has(request_id))?;
        (!found.is_practice()).then(|| found.client().link().clone())
    }
}

/// Purchases are at work, or a room of the shop is open, where some may begin.
fn is_needed(purchases: &Arc<Purchases>) -> bool {
    !purchases.is_empty() || Arc::strong_count(purchases) > 1
}
