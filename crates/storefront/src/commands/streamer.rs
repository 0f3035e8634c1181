//! `storefront streamer`.

use super::{read_config, say};
use anyhow::Result;
use aws_lc_rs::digest::{SHA256, digest};
use order::RoomId;
use serde_json::json;
use std::path::Path;
use storefront::random::{Random, SystemRandom};
use storefront::store::{NewRoom, Store};

pub(crate) async fn add(name: String, room: &str, config: &Path) -> Result<()> {
    let room_id = RoomId::new(room)?;
    let store = Store::open(&read_config(config)?.database).await?;
    let random = SystemRandom;
    let streamer_id = order::id::base32(random.bits()?);
    let token = format!("{:032x}{:032x}", random.bits()?, random.bits()?);
    store
        .make_room(NewRoom {
            room_id: room_id.clone(),
            title: room_id.to_string(),
            host: name.clone(),
            shop: name.clone(),
            state: api::RoomState::Soon,
            cover: None,
            notice: None,
        })
        .await?;
    let hash = hex::encode(digest(&SHA256, token.as_bytes()));
    store.add_streamer(streamer_id.clone(), name, room_id.clone(), hash).await?;
    say(&json!({"streamer_id": streamer_id, "token": token, "room": room_id}))
}
