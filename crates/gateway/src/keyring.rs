//! The channel's keys by their serial, for modes in which it replaces them without asking.

use crate::keys::VerifyingKey;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use tokio::sync::{Mutex, MutexGuard};

/// An unknown serial makes us ask for new keys; a forger may not make us ask without end.
const ASK_AGAIN_AFTER_S: i64 = 60;

/// Keys by serial. A serial is compared verbatim and never interpreted. Old and new keys stay side by side.
#[derive(Default)]
pub(crate) struct Keyring {
    keys: RwLock<HashMap<String, VerifyingKey>>,
    asked_at_s: Mutex<Option<i64>>,
}

/// The right to ask the channel for its keys once; others wait for it.
pub(crate) struct Asking<'a> {
    _others_wait: MutexGuard<'a, Option<i64>>,
}

impl Keyring {
    pub(crate) fn get(&self, serial: &str) -> Option<VerifyingKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(serial).cloned()
    }

    /// Every key, for messages that do not name theirs.
    pub(crate) fn all(&self) -> Vec<VerifyingKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn insert(&self, serial: String, key: VerifyingKey) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(serial, key);
    }

    /// Waits for whoever is asking already, then grants the right to ask, at most once a minute.
    pub(crate) async fn ask(&self, now_s: i64) -> Option<Asking<'_>> {
        let mut asked_at_s = self.asked_at_s.lock().await;
        if asked_at_s.is_some_and(|then| now_s.abs_diff(then) < ASK_AGAIN_AFTER_S.unsigned_abs()) {
            return None;
        }
        *asked_at_s = Some(now_s);
        Some(Asking { _others_wait: asked_at_s })
    }
}
