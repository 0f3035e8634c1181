//! What is in the practice room: sample goods with their pictures, a show, a deal that runs at each start, and an
//! address of the viewer, so that a first purchase needs no typing.

use super::show::Show as Sample;
use super::{PracticeError, SHOP_EN, SHOP_ZH, words};
use api::{AddressDraft, PostalAddress, RoomState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use order::{Fen, GoodsId, RoomId};
use storefront::import;
use storefront::random::{Random, SystemRandom};
use storefront::store::{NewDeal, NewGoods, NewRoom, Show, Store, Streamer};

/// The lot that has a deal, its price while it runs, how long and for how many pieces.
const DEAL_LOT: u32 = 5;
const DEAL_FEN: i64 = 10_990;
const DEAL_S: i64 = 15 * 60;
const DEAL_PIECES: u32 = 60;

/// The sample goods' pictures, by the names the CSV files use.
const PICTURES: &[(&str, &[u8])] = &[
    ("goods-1.png", include_bytes!("../../practice/goods-1.png")),
    ("goods-2.png", include_bytes!("../../practice/goods-2.png")),
    ("goods-3.png", include_bytes!("../../practice/goods-3.png")),
    ("goods-4.png", include_bytes!("../../practice/goods-4.png")),
    ("goods-5.png", include_bytes!("../../practice/goods-5.png")),
    ("goods-6.png", include_bytes!("../../practice/goods-6.png")),
    ("goods-7.png", include_bytes!("../../practice/goods-7.png")),
    ("goods-8.png", include_bytes!("../../practice/goods-8.png")),
    ("goods-9.png", include_bytes!("../../practice/goods-9.png")),
    ("goods-fins.png", include_bytes!("../../practice/goods-fins.png")),
    ("goods-fins-300.png", include_bytes!("../../practice/goods-fins-300.png")),
    ("cover.jpg", include_bytes!("../../practice/cover.jpg")),
];

/// Puts the goods on the shelf of a new room and the show into it. A room that is there already stays as the streamer left
/// it; only the sample show, which is at another address at each start, is found again.
pub(super) async fn put_out(store: &Store, room_id: &RoomId, stream: String, now: i64) -> Result<(), PracticeError> {
    let room = match store.room(room_id, Vec::new()).await? {
        Some(room) => room,
        None => {
            open(store, room_id, stream.clone(), now).await?;
            store.room(room_id, Vec::new()).await?.ok_or(PracticeError::NoRoom)?
        }
    };
    if room.stream.as_deref().is_some_and(Sample::is_at) {
        let show = Show { state: room.state, stream: Some(stream), starts_at: room.starts_at };
        store.set_show(room_id.clone(), show, now).await?;
    }
    Ok(())
}

/// Has a deal begin at each start, as long as the goods are the sample ones and nobody has edited them.
pub(super) async fn make_deal(store: &Store, streamer: &Streamer, now: i64) -> Result<(), PracticeError> {
    let Some(desk) = store.desk(streamer, Vec::new(), now).await? else { return Ok(()) };
    let untouched = desk.goods.len() == sample_goods(now)?.len() && desk.goods.iter().all(|goods| goods.revision == 0);
    let goods = desk.goods.into_iter().map(|goods| goods.item).find(|item| item.lot == DEAL_LOT);
    let Some(goods) = goods.filter(|_| untouched) else { return Ok(()) };
    let (ends_at, pieces) = (now.saturating_add(DEAL_S), DEAL_PIECES.min(goods.stock_left));
    let deal = NewDeal { price: Fen::new(DEAL_FEN)?, starts_at: now, ends_at, pieces };
    // It may be sold out, or in a room of an earlier version be sold for less already.
    if let Err(error) = store.set_deal(goods.goods_id, Some(deal)).await {
        tracing::warn!(%error, "the practice room has no deal");
    }
    Ok(())
}

fn sample_goods(now: i64) -> Result<Vec<NewGoods>, PracticeError> {
    let csv = words(include_str!("../../practice/goods.zh.csv"), include_str!("../../practice/goods.en.csv"));
    let new_id = || SystemRandom.bits().ok().and_then(|bits| GoodsId::new(order::id::base32(bits)).ok());
    Ok(import::goods(&csv, now, new_id, |name| picture_named(name).map(picture_id))?)
}

/// Makes the room.
async fn open(store: &Store, room_id: &RoomId, stream: String, now: i64) -> Result<(), PracticeError> {
    for (name, body) in PICTURES {
        let kind = if name.ends_with(".png") { "image/png" } else { "image/jpeg" };
        store.keep_picture(picture_id(body), kind.into(), BASE64.encode(body)).await?;
    }
    let room = NewRoom {
        room_id: room_id.clone(),
        title: words("开窑夜 · 新到茶器", "Kiln-opening night: new teaware"),
        host: words("阿禾", "Ahe"),
        shop: words(SHOP_ZH, SHOP_EN),
        state: RoomState::Live,
        cover: picture_named("cover.jpg").map(picture_id),
        notice: Some(words(
            "这是练习直播间，商品和付款都是模拟的。",
            "This is the practice room: goods and payments are pretend.",
        )),
        stream: Some(stream),
        starts_at: None,
    };
    Ok(store.open_room(room, sample_goods(now)?).await?)
}

fn picture_named(name: &str) -> Option<&'static [u8]> {
    PICTURES.iter().find(|(known, _)| *known == name).map(|(_, body)| *body)
}

/// A picture's id is the hash of its bytes.
fn picture_id(body: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
    hex::encode(&digest.as_ref()[..16])
}

/// An address nobody lives at.
pub(crate) fn sample_address() -> AddressDraft {
    let address = PostalAddress {
        name: words("林小满", "Xiaoman Lin"),
        phone: "13800000000".into(),
        region: words("浙江省 杭州市 西湖区", "Xihu District, Hangzhou, Zhejiang"),
        detail: words("练习路 1 号 2 单元 301 室", "Flat 301, 1 Practice Road"),
    };
    AddressDraft { address, is_default: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_goods_of_both_languages_can_be_put_on_a_shelf_with_their_pictures() {
        for csv in [include_str!("../../practice/goods.zh.csv"), include_str!("../../practice/goods.en.csv")] {
            let mut count = 0;
            let new_id = || {
                count += 1;
                GoodsId::new(format!("g{count}")).ok()
            };
            let goods = import::goods(csv, 0, new_id, |name| picture_named(name).map(picture_id)).unwrap();
            assert!(goods.iter().all(|item| item.picture.is_some()));
            assert_eq!(goods.iter().filter(|item| item.pinned).count(), 1);
        }
    }
}
