//! The pretend shop that a rehearsal is lived in.

use crate::channels::{Channels, ChannelsError};
use crate::guest::GuestError;
use crate::random::NoRandomness;
use api::{CallError, Client, Goods, GoodsDraft, NewItem, RoomLink, Secret, Studio, StudioGoods};
use order::GoodsId;
use std::io;
use std::time::Duration;

/// A pretend shop, set up for one rehearsal: its room sells copies of the streamer's goods, and its channels are
/// pretend ones that nobody else uses.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The room.
    pub shop: RoomLink,
    /// The token of the room's streamer.
    pub streamer: Secret,
    /// The origin of the pretend channels.
    pub channels: String,
    /// Longest that one case may take. The shop's time to pay must be well below it.
    pub case_limit: Duration,
}

/// What failed that is not what is rehearsed.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The shop.
    #[error("the pretend shop: {0}")]
    Shop(#[from] CallError),
    /// A simulated viewer.
    #[error("a simulated viewer: {0}")]
    Guest(#[from] GuestError),
    /// The channels.
    #[error(transparent)]
    Channels(#[from] ChannelsError),
    /// No id could be made.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// The viewer's line.
    #[error("the viewer's line: {0}")]
    Line(#[from] io::Error),
    /// There is nothing to buy.
    #[error("the room has no goods on sale")]
    NoGoods,
    /// The phone could not pay where it must be able to.
    #[error("the phone was refused: {0}")]
    Phone(String),
    /// A trouble that was made makes none.
    #[error("{0}")]
    NoTrouble(&'static str),
}

/// A stage that is ready: the streamer and the channels can be spoken to.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) stage: Stage,
    pub(crate) streamer: Client,
    pub(crate) channels: Channels,
    /// What the room sells.
    goods: Vec<StudioGoods>,
}

impl Set {
    /// Opens a stage: nothing goes wrong on it until a case wants it to.
    pub(crate) async fn open(stage: &Stage) -> Result<Set, StageError> {
        let channels = Channels::at(&stage.channels)?;
        channels.calm().await?;
        let streamer = Client::new(stage.shop.clone())?;
        streamer.prove().await?;
        streamer.speak_as(stage.streamer.clone());
        let mut goods = streamer.studio().await?.goods;
        goods.retain(|goods| goods.item.on_sale);
        if goods.is_empty() {
            Err(StageError::NoGoods)
        } else {
            Ok(Set { stage: stage.clone(), streamer, channels, goods })
        }
    }

    /// The item that the case of that number buys.
    pub(crate) fn item(&self, number: usize) -> Option<&Goods> {
        self.goods.get(number.checked_rem(self.goods.len())?).map(|goods| &goods.item)
    }

    /// Puts an item of a case's own on the shelf, a copy of one of the room's, so that no other case touches its stock.
    pub(crate) async fn copy(&self, of: &Goods, stock: u32) -> Result<Goods, StageError> {
        let draft = GoodsDraft {
            title: of.title.clone(),
            note: of.note.clone(),
            description: of.description.clone(),
            kind: of.kind,
            fins: of.fins,
            price_fen: of.price_fen,
            limit_per_viewer: of.limit_per_viewer,
            on_sale: true,
            picture: of.picture.clone(),
        };
        let desk = self.streamer.add_item(&NewItem { draft, stock }).await?;
        desk.goods.into_iter().next_back().map(|goods| goods.item).ok_or(StageError::NoGoods)
    }

    /// The stock of an item, as the shop's books have it.
    pub(crate) async fn stock_of(&self, goods_id: &GoodsId) -> Result<StudioGoods, StageError> {
        let Studio { goods, .. } = self.streamer.studio().await?;
        goods.into_iter().find(|goods| goods.item.goods_id == *goods_id).ok_or(StageError::NoGoods)
    }
}
