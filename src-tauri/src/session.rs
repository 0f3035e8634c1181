//! An open room: its client, the viewer the app speaks as, and the purchases at work.

use crate::files;
use crate::pending::{self, Entry, Pending};
use crate::purchase::{Act, Purchase, first_view};
use crate::receipts;
use crate::views::{Bought, BuyRequest, CommandError, LocalCode, PurchaseView, ReceiptView, Stage};
use api::{CallError, Client, ErrorCode, Goods, Params, Room, RoomLink, Secret};
use order::{Fen, GoodsId, OrderId, RequestId, ViewerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
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
    /// The receipt shown last, as the shop signed it: what is saved is what was seen.
    shown_receipt: Mutex<Option<(OrderId, String)>>,
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
        let session = Session {
            client,
            room,
            practice,
            shop,
            pending,
            at_work: Mutex::default(),
            shown_receipt: Mutex::default(),
        };
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
        let params = Params {
            request_id: pending::mint().map_err(storage)?,
            goods_id,
            quantity: request.quantity,
            pay_type: request.pay_type,
            price_version: request.price_version,
            order_id: None,
            note: request.note.filter(|note| !note.trim().is_empty()),
        };
        params.check().map_err(wrong)?;
        let amount = Fen::new(request.amount_fen).map_err(|error| wrong(error.to_string()))?;
        self.begin(params, bought(goods), amount)
    }

    /// Writes a purchase down, then sends it.
    fn begin(&self, params: Params, bought: Bought, amount: Fen) -> Result<String, CommandError> {
        let entry = Entry {
            shop: self.shop.clone(),
            order_id: params.order_id.clone(),
            params,
            earlier: Vec::new(),
            bought,
            amount,
            begun_at: crate::clock::now_s(),
            seen: None,
        };
        self.pending.keep(&entry).map_err(storage)?;
        let id = entry.id().to_string();
        self.start(entry);
        Ok(id)
    }

    /// Leaves a purchase that was refused because another order for these goods is open, and takes up that order: it may
    /// have been made on another computer, or this one lost it. The shop says what it is for; its signature is checked.
    ///
    /// # Errors
    /// [`CommandError`]: nothing was changed.
    pub async fn take_up(&self, request_id: &str) -> Result<String, CommandError> {
        let refused = self.follow(request_id)?.borrow().clone();
        let none = || CommandError::local(LocalCode::NotReady, "no open order is in this purchase's way");
        let Stage::Refused { refusal } = refused.stage else { return Err(none()) };
        if refusal.code != ErrorCode::RequestConflict {
            return Err(none());
        }
        let order_id = refusal.data.order_id.and_then(|order_id| OrderId::new(order_id).ok()).ok_or_else(none)?;
        let order = self.client.order(&order_id).await?;
        let params = Params {
            request_id: pending::mint().map_err(storage)?,
            goods_id: order.goods_id,
            quantity: order.quantity,
            pay_type: order.attempts.last().map_or(refused.pay_type, |attempt| attempt.pay_type),
            // The order has its price; none is asked for.
            price_version: 0,
            order_id: Some(order_id),
            note: None,
        };
        let amount =
            Fen::new(order.amount_fen).map_err(|error| CommandError::local(LocalCode::UnusableAnswer, error))?;
        let id = self.begin(params, Bought { title: order.title, ..refused.bought }, amount)?;
        self.dismiss(request_id).await?;
        Ok(id)
    }

    fn start(&self, entry: Entry) {
        let (views, watched) = watch::channel(first_view(&entry));
        let (acts, acted) = mpsc::channel(ACTS);
        let (request_id, begun_at) = (entry.id().to_string(), entry.begun_at);
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

    /// Puts away a purchase whose result was seen. Where a payment may still come to light it is watched on, else it is
    /// forgotten.
    ///
    /// # Errors
    /// [`LocalCode::Storage`].
    pub async fn dismiss(&self, request_id: &str) -> Result<(), CommandError> {
        let request_id = RequestId::new(request_id).map_err(|error| CommandError::local(LocalCode::NotReady, error))?;
        let watched_on = self.work().get(request_id.as_str()).is_some_and(|work| money_may_come(&work.views.borrow()));
        if watched_on {
            return self.act(request_id.as_str(), Act::PutAway).await;
        }
        self.pending.forget(&request_id).map_err(storage)?;
        self.work().remove(request_id.as_str());
        Ok(())
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

/// A closed order's code may have been paid at the last moment; a delivered order's earlier code may be paid too.
fn money_may_come(view: &PurchaseView) -> bool {
    match view.stage {
        Stage::Closed { .. } => true,
        Stage::Delivered { .. } => view.switched_from.is_some(),
        Stage::Ordering
        | Stage::NoAnswer
        | Stage::Refused { .. }
        | Stage::Unusable { .. }
        | Stage::AwaitingPayment { .. }
        | Stage::Checking { .. }
        | Stage::Refunding { .. }
        | Stage::Refunded { .. } => false,
    }
}

fn storage(error: impl std::fmt::Display) -> CommandError {
    CommandError::local(LocalCode::Storage, error)
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
