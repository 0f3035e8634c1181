//! An open room: its client, the viewer the app speaks as, and the purchases at work.

use crate::files;
use crate::pending::{Entry, Pending};
use crate::purchase::{Act, Purchase, first_view};
use crate::views::{Bought, BuyRequest, CommandError, LocalCode, PurchaseView, Stage};
use api::{CallError, Client, ErrorCode, Goods, Params, Room, RoomLink, Secret};
use order::{Fen, GoodsId, RequestId, ViewerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};

/// Acts a purchase may be behind with.
const ACTS: usize = 16;

/// The viewer at one shop, as kept on disk.
#[derive(Serialize, Deserialize)]
struct ViewerFile {
    viewer_id: ViewerId,
    token: Secret,
}

/// One purchase at work, as commands reach it. Dropping it ends the purchase's task.
struct AtWork {
    begun_at: i64,
    views: watch::Receiver<PurchaseView>,
    acts: mpsc::Sender<Act>,
}

/// An open room.
pub struct Session {
    /// Its shop.
    pub client: Arc<Client>,
    /// The room.
    pub room: Room,
    /// Whether no real money moves.
    pub practice: bool,
    shop: String,
    pending: Pending,
    at_work: Mutex<BTreeMap<String, AtWork>>,
}

impl Session {
    /// Opens the room of a trusted link: has the shop prove its key, becomes its viewer, and takes up every purchase
    /// that was not over.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn open(link: RoomLink, practice: bool, data: &Path) -> Result<Session, CommandError> {
        let shop = place(&link, practice);
        let client = Arc::new(Client::new(link)?);
        client.prove().await?;
        be_viewer(&client, &data.join("viewers").join(format!("{shop}.json"))).await?;
        let room = client.room().await?;
        let pending = Pending::new(data.join("pending"));
        let session = Session { client, room, practice, shop, pending, at_work: Mutex::default() };
        for entry in session.pending.of_shop(&session.shop) {
            session.start(entry);
        }
        Ok(session)
    }

    /// Begins a purchase. The request is on disk before anything is sent.
    ///
    /// # Errors
    /// [`CommandError`]: nothing was sent.
    pub async fn buy(&self, request: BuyRequest) -> Result<String, CommandError> {
        let wrong = |why: String| CommandError {
            code: crate::views::CommandCode::Shop(ErrorCode::InvalidParams),
            message: why,
        };
        let goods_id = GoodsId::new(request.goods_id).map_err(|error| wrong(error.to_string()))?;
        let goods = self.client.goods().await?;
        let goods = goods.into_iter().find(|goods| goods.goods_id == goods_id);
        let goods = goods.ok_or_else(|| CommandError {
            code: crate::views::CommandCode::Shop(ErrorCode::NotOnSale),
            message: "this item is no longer on the shelf".into(),
        })?;
        let mut bits = [0_u8; 16];
        getrandom::fill(&mut bits).map_err(|error| CommandError::local(LocalCode::Storage, error))?;
        let request_id = RequestId::new(order::id::base32(u128::from_le_bytes(bits)))
            .map_err(|error| CommandError::local(LocalCode::Storage, error))?;
        let params = Params {
            request_id: request_id.clone(),
            goods_id,
            quantity: request.quantity,
            pay_type: request.pay_type,
            price_version: request.price_version,
            order_id: None,
            note: request.note.filter(|note| !note.trim().is_empty()),
        };
        params.check().map_err(wrong)?;
        let entry = Entry {
            shop: self.shop.clone(),
            params,
            bought: bought(goods),
            amount: Fen::new(request.amount_fen).map_err(|error| wrong(error.to_string()))?,
            order_id: None,
            begun_at: crate::clock::now_s(),
        };
        self.pending.keep(&entry).map_err(|error| CommandError::local(LocalCode::Storage, error))?;
        self.start(entry);
        Ok(request_id.to_string())
    }

    fn start(&self, entry: Entry) {
        let (views, watched) = watch::channel(first_view(&entry));
        let (acts, acted) = mpsc::channel(ACTS);
        let (request_id, begun_at) = (entry.params.request_id.to_string(), entry.begun_at);
        let purchase =
            Purchase::new(Arc::clone(&self.client), self.pending.clone(), entry, self.practice, views, acted);
        tokio::spawn(purchase.run());
        self.work().insert(request_id, AtWork { begun_at, views: watched, acts });
    }

    fn work(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, AtWork>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The purchases at work as they stand, newest first.
    #[must_use]
    pub fn purchases(&self) -> Vec<PurchaseView> {
        let work = self.work();
        let mut views: Vec<_> = work.values().map(|work| (work.begun_at, work.views.borrow().clone())).collect();
        views.sort_by_key(|(begun_at, _)| std::cmp::Reverse(*begun_at));
        views.into_iter().map(|(_, view)| view).collect()
    }

    /// A purchase's views from now on.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`] when there is no such purchase.
    pub fn follow(&self, request_id: &str) -> Result<watch::Receiver<PurchaseView>, CommandError> {
        self.work().get(request_id).map(|work| work.views.clone()).ok_or_else(no_such_purchase)
    }

    /// Has a purchase do something.
    ///
    /// # Errors
    /// [`LocalCode::NotReady`] when there is no such purchase.
    pub async fn act(&self, request_id: &str, act: Act) -> Result<(), CommandError> {
        let acts = self.work().get(request_id).map(|work| work.acts.clone()).ok_or_else(no_such_purchase)?;
        acts.send(act).await.map_err(|_| no_such_purchase())
    }

    /// Forgets a purchase whose result was seen.
    ///
    /// # Errors
    /// [`LocalCode::Storage`].
    pub fn dismiss(&self, request_id: &str) -> Result<(), CommandError> {
        let request_id = RequestId::new(request_id).map_err(|error| CommandError::local(LocalCode::NotReady, error))?;
        self.pending.forget(&request_id).map_err(|error| CommandError::local(LocalCode::Storage, error))?;
        self.work().remove(request_id.as_str());
        Ok(())
    }

    /// The payment string a purchase shows now.
    #[must_use]
    pub fn code_of(&self, request_id: &str) -> Option<String> {
        let work = self.work();
        let view = work.get(request_id)?.views.borrow();
        match &view.stage {
            Stage::AwaitingPayment { qr, .. } => Some(qr.payment_string.clone()),
            Stage::Ordering
            | Stage::NoAnswer
            | Stage::Refused { .. }
            | Stage::Unusable { .. }
            | Stage::Checking { .. }
            | Stage::Delivered { .. }
            | Stage::Closed { .. }
            | Stage::Refunding { .. }
            | Stage::Refunded { .. } => None,
        }
    }
}

/// What a viewer's token and purchases are kept under: key and address. A key alone is not enough: a stranger may name
/// a shop's true key in a link and pass its answers on, and would be handed the token. The practice room is this
/// program's own, on whatever port is free.
fn place(link: &RoomLink, practice: bool) -> String {
    let key_id = link.key.key_id();
    if practice {
        return key_id;
    }
    let address = link.shop.origin().ascii_serialization();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, address.as_bytes());
    format!("{key_id}-{}", hex::encode(&digest.as_ref()[..8]))
}

fn no_such_purchase() -> CommandError {
    CommandError::local(LocalCode::NotReady, "there is no such purchase")
}

fn bought(goods: Goods) -> Bought {
    Bought {
        goods_id: goods.goods_id.to_string(),
        lot: goods.lot,
        title: goods.title,
        kind: goods.kind,
        fins: goods.fins,
        picture: goods.picture,
    }
}

/// Speaks as the viewer the shop knows from last time, or as a new guest.
async fn be_viewer(client: &Client, file: &Path) -> Result<(), CommandError> {
    let storage = |error| CommandError::local(LocalCode::Storage, error);
    if let Some(known) = files::read::<ViewerFile>(file).map_err(storage)? {
        client.speak_as(known.token);
        match client.viewer().await {
            Ok(_) => return Ok(()),
            // The shop has forgotten this viewer: a new database. Start anew.
            Err(CallError::Refused(refusal)) if refusal.code == ErrorCode::Unauthorised => {}
            Err(error) => return Err(error.into()),
        }
    }
    let guest = client.new_viewer().await?;
    files::write(file, &ViewerFile { viewer_id: guest.viewer_id, token: guest.token }).map_err(storage)
}
