//! The client of one room's storefront: every answer is checked before it is handed on.

use crate::address::{Address, AddressDraft};
use crate::answer::{self, AnswerFault, Asked, Ext};
use crate::call::{CallError, accepted, address, body_of, read, read_within};
use crate::clock::{ShopClock, monotonic};
use crate::details::{OrderDetails, RefundWish};
use crate::receipt::{self, ReceiptError};
use crate::room::{Goods, Room, Viewer, ViewerToken};
use crate::view::{OrderView, TimeView};
use crate::{Params, RoomLink, Secret};
use aws_lc_rs::rand;
use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt};
use order::{AddressId, OrderId};
use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// Longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);
/// Longest wait for a whole answer. An order waits for the channel, which has 10 s.
const CALL_LIMIT: Duration = Duration::from_secs(15);
/// Longest silence on an event stream; the storefront says something every 15 s.
const SILENCE_LIMIT: Duration = Duration::from_secs(40);
/// Largest file taken, bytes: more than a million orders.
const FILE_MAX_BYTES: usize = 512 << 20;

/// Orders on one page of a viewer's list.
pub const ORDERS_PAGE: u32 = 50;

/// One room's storefront.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    link: RoomLink,
    clock: ShopClock,
    token: RwLock<Option<Secret>>,
}

impl Client {
    /// A client of the room that `link` names.
    ///
    /// # Errors
    /// [`CallError::NoAnswer`] when the system's TLS set-up cannot be used.
    pub fn new(link: RoomLink) -> Result<Client, CallError> {
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(SILENCE_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("liveshop/", env!("CARGO_PKG_VERSION")));
        if link.is_loopback() {
            // A proxy of the system cannot reach this machine's own shop.
            http = http.no_proxy();
        }
        Ok(Client { http: http.build()?, link, clock: ShopClock::default(), token: RwLock::default() })
    }

    /// The room this client is for.
    #[must_use]
    pub fn link(&self) -> &RoomLink {
        &self.link
    }

    /// From now on speaks as this viewer.
    pub fn speak_as(&self, token: Secret) {
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }

    /// Has the shop prove that it holds the pinned key, and learns its time.
    ///
    /// # Errors
    /// [`AnswerFault::BadSignature`] when it cannot; [`CallError::NoAnswer`].
    pub async fn prove(&self) -> Result<(), CallError> {
        let mut nonce = [0_u8; 16];
        rand::fill(&mut nonce).map_err(|_| CallError::NoAnswer("the system gives no randomness".into()))?;
        let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        let asked = monotonic();
        let object: Map<String, Value> = self.get(&["time"], &[("nonce", &nonce)]).await?;
        if !self.link.key.verifies(&object) {
            return Err(AnswerFault::BadSignature.into());
        }
        let time: TimeView = serde_json::from_value(Value::Object(object)).map_err(|_| AnswerFault::Malformed)?;
        if time.nonce != nonce {
            return Err(AnswerFault::Stale.into());
        }
        self.clock.set(time.timestamp, asked);
        Ok(())
    }

    /// Becomes a new guest viewer and speaks as it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn new_viewer(&self) -> Result<ViewerToken, CallError> {
        let guest: ViewerToken = self.call(Method::POST, &["viewers"]).await?;
        self.speak_as(guest.token.clone());
        Ok(guest)
    }

    /// The room.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn room(&self) -> Result<Room, CallError> {
        self.get(&["rooms", self.link.room_id.as_str()], &[]).await
    }

    /// The goods of the room, in the order of the shelf.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn goods(&self) -> Result<Vec<Goods>, CallError> {
        self.get(&["rooms", self.link.room_id.as_str(), "goods"], &[]).await
    }

    /// The viewer's own account.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn viewer(&self) -> Result<Viewer, CallError> {
        self.get(&["viewer"], &[]).await
    }

    /// A picture: its content type and bytes.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn picture(&self, picture: &str) -> Result<(String, Vec<u8>), CallError> {
        self.typed(&["pictures", picture]).await
    }

    /// The small form of a picture, for rows of a list.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn small_picture(&self, picture: &str) -> Result<(String, Vec<u8>), CallError> {
        self.typed(&["pictures", picture, "small"]).await
    }

    async fn typed(&self, path: &[&str]) -> Result<(String, Vec<u8>), CallError> {
        let response = self.send(self.request(Method::GET, path)).await?;
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or("application/octet-stream").to_owned();
        let body = body_of(response).await?;
        Ok((kind, body))
    }

    /// `assist_payOrderByThird`: has an order made, or sends the same request again.
    ///
    /// # Errors
    /// [`CallError::NoAnswer`] (sending the same params again is safe), the refusal, or the first check of the answer
    /// that failed.
    pub async fn pay_order(&self, params: &Params, asked: &Asked) -> Result<Ext, CallError> {
        if self.clock.now().is_none() {
            self.prove().await?;
        }
        let request = self.request(Method::POST, &["assist_payOrderByThird"]).json(params);
        let body = body_of(accepted(request.timeout(CALL_LIMIT).send().await?).await?).await?;
        // The shop's time was proven above or earlier, so it is known.
        let read = |shop_now: Option<i64>| {
            answer::read(&body, &self.link.key, shop_now.ok_or(AnswerFault::Stale)?, asked).map_err(CallError::from)
        };
        match read(self.clock.now()) {
            // A computer that slept has lost count of the shop's time: it is proven anew before the answer is doubted.
            Err(CallError::Unusable(AnswerFault::Stale)) => {
                self.prove().await?;
                read(self.clock.now())
            }
            checked => checked,
        }
    }

    /// One order of this viewer.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn order(&self, order_id: &OrderId) -> Result<OrderView, CallError> {
        let object = self.get(&["orders", order_id.as_str()], &[]).await?;
        self.view(&object, order_id)
    }

    /// The viewer's orders, newest first: those after `before` in the list, or its beginning. Also says whether there may
    /// be more.
    ///
    /// # Errors
    /// [`CallError`]; one order that is not signed by the shop spoils the page.
    pub async fn orders(&self, before: Option<&OrderId>) -> Result<(Vec<OrderView>, bool), CallError> {
        let query = before.map(|before| ("before", before.as_str()));
        let objects: Vec<Map<String, Value>> = self.get(&["orders"], query.as_slice()).await?;
        let more = objects.len() >= ORDERS_PAGE as usize;
        let views = objects.iter().map(|object| OrderView::verified(object, &self.link.key));
        let views = views.collect::<Option<Vec<_>>>().ok_or(AnswerFault::BadSignature)?;
        Ok((views, more))
    }

    /// What belongs to an order beside its money.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn details(&self, order_id: &OrderId) -> Result<OrderDetails, CallError> {
        self.get(&["orders", order_id.as_str(), "details"], &[]).await
    }

    /// Asks the streamer for a delivered order's money.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ask_refund(&self, order_id: &OrderId, reason: &str) -> Result<OrderDetails, CallError> {
        let request = self.request(Method::POST, &["orders", order_id.as_str(), "refund_request"]);
        read(self.send(request.json(&RefundWish { reason: reason.into() })).await?).await
    }

    /// The viewer's address book: the address offered first, then the newest.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn addresses(&self) -> Result<Vec<Address>, CallError> {
        self.get(&["addresses"], &[]).await
    }

    /// Adds an address, or changes the one of that id, and returns the whole book.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn save_address(
        &self,
        address_id: Option<&AddressId>,
        draft: &AddressDraft,
    ) -> Result<Vec<Address>, CallError> {
        let request = match address_id {
            None => self.request(Method::POST, &["addresses"]),
            Some(address_id) => self.request(Method::PUT, &["addresses", address_id.as_str()]),
        };
        read(self.send(request.json(draft)).await?).await
    }

    /// Takes an address out of the book and returns the book.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn remove_address(&self, address_id: &AddressId) -> Result<Vec<Address>, CallError> {
        self.call(Method::DELETE, &["addresses", address_id.as_str()]).await
    }

    /// The shop's time, Unix seconds, as far as it was proven.
    #[must_use]
    pub fn shop_now(&self) -> Option<i64> {
        self.clock.now()
    }

    /// The receipt of one order: the signed JSON text as it came, to be kept. It is signed with the pinned key, and what
    /// it says follows from its journal lines.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn receipt(&self, order_id: &OrderId) -> Result<String, CallError> {
        let body =
            body_of(self.send(self.request(Method::GET, &["orders", order_id.as_str(), "receipt"])).await?).await?;
        let text = String::from_utf8(body).map_err(|_| AnswerFault::Malformed)?;
        let verified = receipt::verify_text(&text, Some(&self.link.key)).map_err(|error| match error {
            ReceiptError::NoKey | ReceiptError::OtherKey { .. } | ReceiptError::BadSignature => {
                AnswerFault::BadSignature
            }
            ReceiptError::Malformed(_)
            | ReceiptError::LineChanged { .. }
            | ReceiptError::LineMoved { .. }
            | ReceiptError::Impossible(_)
            | ReceiptError::Contradicts { .. } => AnswerFault::Malformed,
        })?;
        if verified.receipt.order_id == *order_id { Ok(text) } else { Err(AnswerFault::OtherOrder.into()) }
    }

    /// Asks the storefront to end an order. The channel's answer decides how it ends.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn cancel(&self, order_id: &OrderId) -> Result<OrderView, CallError> {
        let object = self.call(Method::POST, &["orders", order_id.as_str(), "cancel"]).await?;
        self.view(&object, order_id)
    }

    /// Has the storefront ask the channel about an order at once.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ask(&self, order_id: &OrderId) -> Result<OrderView, CallError> {
        let object = self.call(Method::POST, &["orders", order_id.as_str(), "ask"]).await?;
        self.view(&object, order_id)
    }

    /// The order's view now and after each change, until the connection ends. A view that is not signed by the shop,
    /// or is another order's, ends the stream with an error.
    ///
    /// # Errors
    /// [`CallError`] when the stream cannot be opened.
    pub async fn order_events(
        &self,
        order_id: &OrderId,
    ) -> Result<impl Stream<Item = Result<OrderView, CallError>> + Send + use<>, CallError> {
        let events = self.events(&["orders", order_id.as_str(), "events"]).await?;
        let (key, order_id) = (self.link.key.clone(), order_id.clone());
        Ok(events.map(move |event| {
            let object: Map<String, Value> = serde_json::from_str(&event?).map_err(|_| AnswerFault::Malformed)?;
            let view = OrderView::verified(&object, &key).ok_or(AnswerFault::BadSignature)?;
            if view.order_id == order_id { Ok(view) } else { Err(AnswerFault::OtherOrder.into()) }
        }))
    }

    /// Says whenever goods or room changed, until the connection ends.
    ///
    /// # Errors
    /// [`CallError`] when the stream cannot be opened.
    pub async fn room_events(&self) -> Result<impl Stream<Item = Result<String, CallError>> + Send + use<>, CallError> {
        self.events(&["rooms", self.link.room_id.as_str(), "events"]).await
    }

    pub(crate) async fn events(
        &self,
        path: &[&str],
    ) -> Result<impl Stream<Item = Result<String, CallError>> + Send + use<>, CallError> {
        let request = self.request(Method::GET, path).header("accept", "text/event-stream");
        let response = accepted(request.send().await?).await?;
        let events = response.bytes_stream().eventsource();
        Ok(events.map(|event| match event {
            Ok(event) => Ok(event.data),
            Err(error) => Err(CallError::NoAnswer(error.to_string())),
        }))
    }

    fn view(&self, object: &Map<String, Value>, order_id: &OrderId) -> Result<OrderView, CallError> {
        let view = OrderView::verified(object, &self.link.key).ok_or(AnswerFault::BadSignature)?;
        if view.order_id == *order_id { Ok(view) } else { Err(AnswerFault::OtherOrder.into()) }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, CallError> {
        read(self.send(self.request(Method::GET, path).query(query)).await?).await
    }

    pub(crate) async fn call<T: DeserializeOwned>(&self, method: Method, path: &[&str]) -> Result<T, CallError> {
        read(self.send(self.request(method, path)).await?).await
    }

    pub(crate) async fn put_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        self.read_json(self.request(method, path).json(body)).await
    }

    pub(crate) async fn read_json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CallError> {
        read(self.send(request).await?).await
    }

    /// A file. However long it is, it takes as long as it keeps coming.
    pub(crate) async fn file(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<u8>, CallError> {
        let answer = accepted(self.request(Method::GET, path).query(query).send().await?).await?;
        read_within(answer, FILE_MAX_BYTES).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, CallError> {
        accepted(request.timeout(CALL_LIMIT).send().await?).await
    }

    pub(crate) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let request = self.http.request(method, address(&self.link.shop, path));
        match &*self.token.read().unwrap_or_else(PoisonError::into_inner) {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }
}
