//! The calls of a streamer. The client speaks as the streamer: [`Client::speak_as`] with the streamer's token.

use crate::call::CallError;
use crate::client::Client;
use crate::studio::{
    Crop, DealDraft, Decline, GoodsEdit, GoodsOrder, ImportReport, NewItem, OrderFilter, PictureKept, Pin, RefundDraft,
    RoomDraft, ShipmentDraft, ShowFigures, Studio, StudioOrders, StudioPaper,
};
use futures_util::Stream;
use order::{GoodsId, OrderId};
use reqwest::Method;

impl Client {
    /// The room and its goods.
    ///
    /// # Errors
    /// [`CallError`]; `unauthorised` when the token is none of this room's.
    pub async fn studio(&self) -> Result<Studio, CallError> {
        self.get(&["studio"], &[]).await
    }

    /// Puts a new item at the end of the shelf.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn add_item(&self, item: &NewItem) -> Result<Studio, CallError> {
        self.put_json(Method::POST, &["studio", "goods"], item).await
    }

    /// Changes an item.
    ///
    /// # Errors
    /// [`CallError`]; `stale` when somebody else changed it meanwhile, `sold_out` when fewer pieces are left than are to go.
    pub async fn edit_item(&self, goods_id: &GoodsId, edit: &GoodsEdit) -> Result<Studio, CallError> {
        self.put_json(Method::PUT, &["studio", "goods", goods_id.as_str()], edit).await
    }

    /// Takes an item off the shelf for good. Its orders stay.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn remove_item(&self, goods_id: &GoodsId, revision: i64) -> Result<Studio, CallError> {
        let revision = revision.to_string();
        let request = self.request(Method::DELETE, &["studio", "goods", goods_id.as_str()]);
        self.read_json(request.query(&[("revision", revision)])).await
    }

    /// Puts the shelf into an order.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn order_goods(&self, order: &GoodsOrder) -> Result<Studio, CallError> {
        self.put_json(Method::PUT, &["studio", "shelf"], order).await
    }

    /// Explains an item, or none.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn pin(&self, pin: &Pin) -> Result<Studio, CallError> {
        self.put_json(Method::PUT, &["studio", "pin"], pin).await
    }

    /// Gives an item a deal in place of the one it had.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn make_deal(&self, goods_id: &GoodsId, deal: &DealDraft) -> Result<Studio, CallError> {
        self.put_json(Method::PUT, &["studio", "goods", goods_id.as_str(), "deal"], deal).await
    }

    /// Ends an item's deal.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn end_deal(&self, goods_id: &GoodsId) -> Result<Studio, CallError> {
        self.call(Method::DELETE, &["studio", "goods", goods_id.as_str(), "deal"]).await
    }

    /// Changes the room.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn edit_room(&self, draft: &RoomDraft) -> Result<Studio, CallError> {
        self.put_json(Method::PUT, &["studio", "room"], draft).await
    }

    /// Keeps a picture, or a square of it.
    ///
    /// # Errors
    /// [`CallError`]; `picture_unusable`.
    pub async fn add_picture(&self, picture: Vec<u8>, crop: Option<Crop>) -> Result<PictureKept, CallError> {
        let mut request = self.request(Method::POST, &["studio", "pictures"]).body(picture);
        if let Some(Crop { x, y, side }) = crop {
            request = request.query(&[("x", x), ("y", y), ("side", side)]);
        }
        self.read_json(request).await
    }

    /// Takes goods from a CSV file, all rows or none; a dry run only says what would come of it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn import_goods(&self, csv: String, dry_run: bool) -> Result<ImportReport, CallError> {
        let request = self.request(Method::POST, &["studio", "goods", "import"]).query(&[("dry_run", dry_run)]);
        self.read_json(request.header("content-type", "text/csv").body(csv)).await
    }

    /// The goods as a CSV file that [`Client::import_goods`] takes.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn export_goods(&self) -> Result<Vec<u8>, CallError> {
        self.file(&["studio", "goods.csv"], &[]).await
    }

    /// The room's orders, newest first: the first page, or the one `next` names. `words` are looked for in numbers and
    /// titles.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn studio_orders(
        &self,
        filter: OrderFilter,
        words: &str,
        next: Option<&str>,
    ) -> Result<StudioOrders, CallError> {
        let filter = serde_json::to_value(filter).ok();
        let filter = filter.as_ref().and_then(serde_json::Value::as_str).unwrap_or("all");
        let mut query = vec![("filter", filter), ("words", words)];
        query.extend(next.map(|next| ("next", next)));
        self.get(&["studio", "orders"], &query).await
    }

    /// One order with its evidence.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn studio_order(&self, order_id: &OrderId) -> Result<StudioPaper, CallError> {
        self.get(&["studio", "orders", order_id.as_str()], &[]).await
    }

    /// Gives money of a delivered order back.
    ///
    /// # Errors
    /// [`CallError`]; `refund_exceeds`.
    pub async fn refund_order(&self, order_id: &OrderId, draft: &RefundDraft) -> Result<StudioPaper, CallError> {
        self.put_json(Method::POST, &["studio", "orders", order_id.as_str(), "refunds"], draft).await
    }

    /// Says no to a viewer's wish for a refund.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn decline_refund(&self, order_id: &OrderId, decline: &Decline) -> Result<StudioPaper, CallError> {
        self.put_json(Method::POST, &["studio", "orders", order_id.as_str(), "decline"], decline).await
    }

    /// Says how an order was sent.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ship(&self, order_id: &OrderId, draft: &ShipmentDraft) -> Result<StudioPaper, CallError> {
        self.put_json(Method::PUT, &["studio", "orders", order_id.as_str(), "shipment"], draft).await
    }

    /// The show in numbers; `since` is when it went live unless it says otherwise.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn show_figures(&self, since: Option<i64>) -> Result<ShowFigures, CallError> {
        let since = since.map(|since| since.to_string());
        let query = since.as_deref().map(|since| ("since", since));
        self.get(&["studio", "figures"], query.as_slice()).await
    }

    /// The room's orders as a CSV file, without addresses.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn export_orders(&self) -> Result<Vec<u8>, CallError> {
        self.file(&["studio", "orders.csv"], &[]).await
    }

    /// The orders that are to be sent as a CSV file, with where to.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn export_to_ship(&self) -> Result<Vec<u8>, CallError> {
        self.file(&["studio", "orders.csv"], &[("to_ship", "1")]).await
    }

    /// Says `goods` or `orders` whenever these changed, until the connection ends. The room counts as goods.
    ///
    /// # Errors
    /// [`CallError`] when the stream cannot be opened.
    pub async fn studio_events(
        &self,
    ) -> Result<impl Stream<Item = Result<String, CallError>> + Send + use<>, CallError> {
        self.events(&["studio", "events"]).await
    }
}
