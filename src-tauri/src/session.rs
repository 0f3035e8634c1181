//! An open room: its client, the viewer the app speaks as, and the purchases of its shop.

use crate::brand::OURS;
use crate::files;
use crate::hosting::Host;
use crate::keys::shop_of;
use crate::pending;
use crate::purchases::{Purchases, bought};
use crate::receipts;
use crate::shops::Shops;
use crate::stream::Stream;
use crate::views::{BuyRequest, CommandCode, CommandError, Hosting, LocalCode, ReceiptView, Shelf};
use api::{AddressDraft, CallError, Client, ErrorCode, Params, Room, RoomLink, Secret};
use order::{AddressId, Fen, GoodsId, OrderId, ViewerId};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The viewer at one shop, as kept on disk.
#[derive(Serialize, Deserialize)]
struct ViewerFile {
    viewer_id: ViewerId,
    token: Secret,
}

/// What the practice room gives whoever opens it.
pub struct Practising {
    /// The address a new viewer has from the start.
    pub address: AddressDraft,
    /// Its shop as the streamer reaches it: the viewer's way there can be cut on purpose.
    pub studio: RoomLink,
    /// The name of its streamer.
    pub streamer: String,
    /// The streamer's token.
    pub token: Secret,
}

/// An open room.
pub struct Session {
    /// Its shop.
    pub client: Arc<Client>,
    /// The room, as it was when it was entered.
    pub room: Room,
    /// Whether no real money moves.
    pub practice: bool,
    /// What was bought of its shop and is not over.
    pub purchases: Arc<Purchases>,
    /// Its streamer, if this window is theirs.
    pub host: Host,
    /// The show.
    pub(crate) stream: Stream,
    /// The receipt shown last, as the shop signed it: what is saved is what was seen.
    shown_receipt: Mutex<Option<(OrderId, String)>>,
}

impl Session {
    /// Opens the room of a trusted link, or the practice room: has the shop prove its key, becomes its viewer, and takes
    /// up every purchase that was not over.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn open(link: RoomLink, shops: &Shops, practising: Option<Practising>) -> Result<Session, CommandError> {
        let practice = practising.is_some();
        let shop = place(&link, practice);
        let client = Arc::new(Client::new(link)?);
        client.prove().await?;
        let is_new = be_viewer(&client, &shops.data().join("viewers").join(format!("{shop}.json"))).await?;
        let host = match practising {
            Some(Practising { address, studio, streamer, token }) => {
                if is_new {
                    client.save_address(None, &address).await?;
                }
                Host::of_practice(studio, streamer, token)
            }
            None => {
                let file = format!("{shop}-{}.json", client.link().room_id);
                Host::of_room(client.link().clone(), shops.data().join("streamers").join(file))
            }
        };
        let room = offered(client.room().await?);
        let stream = Stream::new(client.link().is_loopback());
        stream.is_at(room.stream.as_deref());
        let purchases = shops.open(&client, practice, shop);
        Ok(Session { client, room, practice, purchases, host, stream, shown_receipt: Mutex::default() })
    }

    /// Whether this window runs the room.
    pub async fn hosting(&self) -> Hosting {
        Hosting { streamer: self.host.streamer().await, rehearsal: self.practice }
    }

    /// The room and what is for sale in it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn shelf(&self) -> Result<Shelf, CommandError> {
        let room = offered(self.client.room().await?);
        self.stream.is_at(room.stream.as_deref());
        let goods = self.client.goods().await?;
        let unproven = || CommandError::local(LocalCode::UnusableAnswer, "the shop's time is not proven");
        Ok(Shelf { room, goods, now_s: self.client.shop_now().ok_or_else(unproven)? })
    }

    /// Begins a purchase. The request is on disk before anything is sent.
    ///
    /// # Errors
    /// [`CommandError`]: nothing was sent.
    pub async fn buy(&self, request: BuyRequest) -> Result<String, CommandError> {
        let goods_id = GoodsId::new(request.goods_id).map_err(invalid)?;
        let address_id = request.address_id.map(AddressId::new).transpose().map_err(invalid)?;
        let goods = self.client.goods().await?;
        let goods = goods.into_iter().find(|goods| goods.goods_id == goods_id);
        let goods = goods.ok_or_else(|| CommandError {
            code: CommandCode::Shop(ErrorCode::NotOnSale),
            message: "this item is no longer on the shelf".into(),
        })?;
        let params = Params {
            request_id: pending::mint().map_err(storage)?,
            goods_id,
            quantity: request.quantity,
            pay_type: request.pay_type,
            price_version: request.price_version,
            order_id: None,
            address_id,
            note: request.note.filter(|note| !note.trim().is_empty()),
        };
        params.check().map_err(invalid)?;
        let amount = Fen::new(request.amount_fen).map_err(invalid)?;
        self.purchases.begin(params, bought(goods), amount)
    }

    /// Fetches an order's receipt and checks it.
    ///
    /// # Errors
    /// [`CommandError`]; a receipt that does not hold is [`LocalCode::UnusableAnswer`].
    pub async fn receipt(&self, order_id: &str) -> Result<ReceiptView, CommandError> {
        let order_id = OrderId::new(order_id).map_err(|error| CommandError::local(LocalCode::NotReady, error))?;
        let text = self.client.receipt(&order_id).await?;
        let view = receipts::view(&text, &self.client.link().key)
            .map_err(|error| CommandError::local(LocalCode::UnusableAnswer, error))?;
        *self.shown_receipt.lock().unwrap_or_else(PoisonError::into_inner) = Some((order_id, text));
        Ok(view)
    }

    /// Writes the receipt that was shown into `folder` and says where it lies.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`] when another or none was shown, [`LocalCode::Storage`].
    pub fn save_receipt(&self, order_id: &str, folder: &Path) -> Result<PathBuf, CommandError> {
        let shown = self.shown_receipt.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((order_id, text)) = shown.filter(|(shown, _)| shown.as_str() == order_id) else {
            return Err(CommandError::local(LocalCode::NotReady, "this receipt was not shown"));
        };
        receipts::save(folder, &order_id, &text).map_err(storage)
    }
}

/// A room as this app shows it: a channel that the app does not offer is not there.
fn offered(room: Room) -> Room {
    Room { pay_types: OURS.offered(room.pay_types), ..room }
}

/// What a viewer's token and purchases are kept under: key and address. A key alone is not enough: a stranger may name
/// a shop's true key in a link and pass its answers on, and would be handed the token. The practice room is this
/// program's own, on whatever port is free.
fn place(link: &RoomLink, practice: bool) -> String {
    let key_id = link.key.key_id();
    if practice {
        return key_id;
    }
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, shop_of(link).as_bytes());
    format!("{key_id}-{}", hex::encode(&digest.as_ref()[..8]))
}

fn storage(error: impl std::fmt::Display) -> CommandError {
    CommandError::local(LocalCode::Storage, error)
}

fn invalid(why: impl std::fmt::Display) -> CommandError {
    CommandError { code: CommandCode::Shop(ErrorCode::InvalidParams), message: why.to_string() }
}

/// Speaks as the viewer the shop knows from last time, or as a new guest: `true`.
async fn be_viewer(client: &Client, file: &Path) -> Result<bool, CommandError> {
    if let Some(known) = files::read::<ViewerFile>(file).map_err(storage)? {
        client.speak_as(known.token);
        match client.viewer().await {
            Ok(_) => return Ok(false),
            // The shop has forgotten this viewer: a new database. Start anew.
            Err(CallError::Refused(refusal)) if refusal.code == ErrorCode::Unauthorised => {}
            Err(error) => return Err(error.into()),
        }
    }
    let guest = client.new_viewer().await?;
    files::write(file, &ViewerFile { viewer_id: guest.viewer_id, token: guest.token }).map_err(storage)?;
    Ok(true)
}
