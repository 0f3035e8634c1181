//! The practice room's streamer, made at its first start: whoever practises runs the room.

use super::{PracticeError, words};
use crate::files;
use api::Secret;
use aws_lc_rs::digest::{SHA256, digest};
use order::RoomId;
use std::path::Path;
use storefront::random::{NoRandomness, Random, SystemRandom};
use storefront::store::{Store, Streamer};

/// The streamer of `room_id` and their token, which lies in `file`. A token that the shop does not know any more is
/// replaced.
pub(super) async fn of_room(store: &Store, room_id: &RoomId, file: &Path) -> Result<(Streamer, Secret), PracticeError> {
    let disk = |source| PracticeError::Disk { path: file.to_owned(), source };
    if let Some(token) = files::read::<Secret>(file).map_err(disk)?
        && let Some(streamer) = store.streamer_by_token(&hash(&token)).await?
    {
        return Ok((streamer, token));
    }
    let token = mint()?;
    let streamer_id = order::id::base32(SystemRandom.bits()?);
    let name = words("阿禾", "Ahe");
    store.add_streamer(streamer_id.clone(), name.clone(), room_id.clone(), hash(&token)).await?;
    files::write(file, &token).map_err(disk)?;
    Ok((Streamer { streamer_id, name, room_id: room_id.clone() }, token))
}

fn mint() -> Result<Secret, NoRandomness> {
    Ok(Secret::new(format!("{:032x}{:032x}", SystemRandom.bits()?, SystemRandom.bits()?)))
}

fn hash(token: &Secret) -> String {
    hex::encode(digest(&SHA256, token.expose().as_bytes()))
}
