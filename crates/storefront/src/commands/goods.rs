//! `storefront goods`.

use super::{read_config, say};
use anyhow::{Context, Result, bail};
use order::{GoodsId, RoomId};
use serde_json::json;
use std::path::Path;
use storefront::clock::{Clock, SystemClock};
use storefront::import;
use storefront::random::{Random, SystemRandom};
use storefront::store::Store;

pub(crate) async fn import_csv(file: &Path, room: &str, config: &Path) -> Result<()> {
    let room_id = RoomId::new(room)?;
    let csv = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let random = SystemRandom;
    let new_id = || random.bits().ok().and_then(|bits| GoodsId::new(order::id::base32(bits)).ok());
    let goods =
        import::goods(&csv, SystemClock.now_s(), new_id, |_| None).with_context(|| format!("{}", file.display()))?;
    let store = Store::open(&read_config(config)?.database).await?;
    if store.room(&room_id, Vec::new()).await?.is_none() {
        bail!("there is no room {room_id}; make it with: storefront streamer add NAME --room {room_id} --config FILE");
    }
    let listed: Vec<_> = goods.iter().map(|item| json!({"goods_id": item.goods_id, "title": item.title})).collect();
    store.add_goods(room_id, goods).await?;
    say(&json!({"goods": listed}))
}
