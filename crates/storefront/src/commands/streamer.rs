//! `storefront streamer`.

use super::{read_config, say};
use anyhow::{Result, bail};
use api::RoomState;
use aws_lc_rs::digest::{SHA256, digest};
use order::RoomId;
use serde_json::json;
use std::path::Path;
use storefront::clock::{Clock, SystemClock};
use storefront::random::{Random, SystemRandom};
use storefront::store::{NewRoom, Show, Store};

pub(crate) async fn add(name: String, room: &str, config: &Path) -> Result<()> {
    let room_id = RoomId::new(room)?;
    let store = Store::open(&read_config(config)?.database).await?;
    let random = SystemRandom;
    let streamer_id = order::id::base32(random.bits()?);
    let token = format!("{:032x}{:032x}", random.bits()?, random.bits()?);
    store
        .make_room(NewRoom::new(room_id.clone(), room_id.to_string(), name.clone(), name.clone(), RoomState::Soon))
        .await?;
    let hash = hex::encode(digest(&SHA256, token.as_bytes()));
    store.add_streamer(streamer_id.clone(), name, room_id.clone(), hash).await?;
    say(&json!({"streamer_id": streamer_id, "token": token, "room": room_id}))
}

/// Takes a streamer's token back. A running server refuses it from then on.
pub(crate) async fn remove(id_or_name: &str, config: &Path) -> Result<()> {
    let store = Store::open(&read_config(config)?.database).await?;
    let streamer = match store.streamers_called(id_or_name).await?.as_slice() {
        [] => bail!("there is no streamer {id_or_name}"),
        [streamer] => streamer.clone(),
        several => {
            let ids: Vec<_> = several.iter().map(|one| format!("{} (room {})", one.streamer_id, one.room_id)).collect();
            bail!("several streamers are called {id_or_name}; say the id of one: {}", ids.join(", "));
        }
    };
    store.remove_streamer(streamer.streamer_id.clone()).await?;
    say(&json!({"streamer_id": streamer.streamer_id, "name": streamer.name, "room": streamer.room_id}))
}

/// Sets what a room shows. Viewers see it when they look again; a running server tells nobody.
pub(crate) async fn show(room: &str, show: Show, config: &Path) -> Result<()> {
    let room_id = RoomId::new(room)?;
    if let Some(stream) = &show.stream
        && !api::link::may_be_streamed(stream)
    {
        bail!("--stream is an address that starts with https:// (or http:// on this machine)");
    }
    let store = Store::open(&read_config(config)?.database).await?;
    if !store.set_show(room_id.clone(), show.clone(), SystemClock.now_s()).await? {
        bail!("there is no room {room_id}; `storefront streamer add` makes it");
    }
    say(&json!({"room": room_id, "state": show.state, "stream": show.stream, "starts_at": show.starts_at}))
}
