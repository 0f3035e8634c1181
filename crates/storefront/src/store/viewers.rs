//! Viewers, known by the hash of their token.

use super::batch::Needs;
use super::bulk::{Questions, Script, Value};
use super::{Store, StoreError, id};
use api::Viewer;
use order::ViewerId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, BTreeSet};

impl Store {
    /// Adds a viewer by the hash of their token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_viewer(&self, viewer_id: ViewerId, token_hash: String, now: i64) -> Result<(), StoreError> {
        self.decide(Needs::default(), move |batch| {
            batch.new_viewers.push(NewViewer {
                viewer_id: viewer_id.clone(),
                token_hash: token_hash.clone(),
                created_at: now,
            });
            Ok(())
        })
        .await
    }

    /// The viewer whose token has that hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn viewer_by_token(&self, token_hash: &str) -> Result<Option<Viewer>, StoreError> {
        self.viewers.look(token_hash.to_owned()).await
    }
}

/// A viewer to be added.
#[derive(Clone, Debug)]
pub(super) struct NewViewer {
    viewer_id: ViewerId,
    token_hash: String,
    created_at: i64,
}

/// Adds viewers.
pub(super) fn add(script: &mut Script, viewers: Vec<NewViewer>) {
    let row = |NewViewer { viewer_id, token_hash, created_at }| -> [Value; 4] {
        [String::from(viewer_id).into(), token_hash.into(), 0_i64.into(), created_at.into()]
    };
    let rows = viewers.into_iter().map(row).collect();
    script.add("INSERT INTO viewers (viewer_id, token_hash, fins_balance, created_at)", rows, "");
}

/// Reads viewers by the hashes of their tokens.
pub(super) async fn load_all(
    tx: &mut AnyConnection,
    token_hashes: &BTreeSet<String>,
) -> Result<BTreeMap<String, Viewer>, StoreError> {
    let keys = token_hashes.iter().map(|hash| [hash.as_str().into()]).collect();
    let mut questions = Questions::default();
    questions.add("SELECT token_hash, viewer_id, fins_balance FROM viewers WHERE token_hash IN (", keys, ")");
    let rows = questions.ask(tx).await?.next();
    let read = |row: &AnyRow| {
        let viewer = Viewer { viewer_id: id(row.try_get(1)?, "viewer id", "viewers")?, fins_balance: row.try_get(2)? };
        Ok((row.try_get(0)?, viewer))
    };
    rows.iter().map(read).collect()
}
