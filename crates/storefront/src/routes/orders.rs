//! Orders: `assist_payOrderByThird` and what a viewer sees and asks of their orders.

use super::rooms::KEEP_ALIVE;
use super::{Address, AppState, JsonBody, RefusedAnswer, SignedIn};
use crate::push::{Change, Listener};
use crate::shop::{Shop, ShopError};
use crate::store::{Before, Record};
use api::{ErrorCode, OrderView, Params, ThirdPartyOrder, Viewer};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use order::state::AttemptState;
use order::{OrderId, ViewerId};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::sync::Arc;

/// The answer of `assist_payOrderByThird` when an order was made.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it describes what the route writes")]
pub(super) struct PayOrderAnswer {
    /// Always 0 here.
    error: u8,
    /// For people.
    msg: String,
    /// The order at the payment service.
    data: ThirdPartyOrder,
}

/// Makes an order at the channel the viewer chose and answers with what its payment service needs. The same request
/// id gives the same order, as often as it is sent.
#[utoipa::path(post, path = "/v1/assist_payOrderByThird", request_body = Params, security(("viewer" = [])), responses(
    (status = 200, body = PayOrderAnswer), (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer), (status = 409, body = RefusedAnswer), (status = 429, body = RefusedAnswer),
    (status = 503, body = RefusedAnswer)))]
pub(super) async fn assist_pay_order_by_third(
    SignedIn(viewer): SignedIn,
    Address(address): Address,
    State(AppState { shop, stop, .. }): State<AppState>,
    JsonBody(params): JsonBody<Params>,
) -> Result<Json<Value>, ShopError> {
    if *stop.borrow() {
        return Err(ShopError::refuse(ErrorCode::ShopPaused, "the shop is closing for a moment; asking again is safe"));
    }
    let data = shop.pay_order(&viewer.viewer_id, &address, params).await?;
    Ok(Json(json!({"error": api::answer::NO_ERROR, "msg": "ok", "data": data})))
}

/// What the list of orders may be asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    before: Option<String>,
}

impl ListQuery {
    /// An order id may be all digits, and is longer than any time.
    fn before(self) -> Option<Before> {
        let Some(text) = self.before else { return Some(Before::End) };
        let time = text.parse().map(Before::Time);
        OrderId::new(text).map(Before::Order).ok().or(time.ok())
    }
}

/// The viewer's orders, newest first, 50 at most.
#[utoipa::path(get, path = "/v1/orders", params(("before" = Option<String>, Query,
    description = "Unix seconds, or the last order of the page before")),
    security(("viewer" = [])), responses((status = 200, body = Vec<OrderView>), (status = 401, body = RefusedAnswer)))]
pub(super) async fn list(
    SignedIn(viewer): SignedIn,
    State(shop): State<Arc<Shop>>,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Vec<Map<String, Value>>>, ShopError> {
    let refuse = || ShopError::refuse(ErrorCode::InvalidParams, "before is Unix seconds or an order id");
    let before = query.map_err(|_| refuse())?.0.before().ok_or_else(refuse)?;
    let records = shop.store.orders_of(&viewer.viewer_id, &before).await?;
    Ok(Json(records.iter().map(|record| shop.view(record)).collect()))
}

pub(super) fn order_id(text: &str) -> Result<OrderId, ShopError> {
    OrderId::new(text).map_err(|_| ShopError::refuse(ErrorCode::NotFound, "there is no such order of yours"))
}

/// One order of the viewer, signed.
#[utoipa::path(get, path = "/v1/orders/{order}", params(("order" = String, Path)), security(("viewer" = [])), responses(
    (status = 200, body = OrderView), (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer)))]
pub(super) async fn one(
    SignedIn(viewer): SignedIn,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
) -> Result<Json<Map<String, Value>>, ShopError> {
    let record = shop.order_of(&viewer.viewer_id, &order_id(&order)?).await?;
    Ok(Json(shop.view(&record)))
}

/// Asks for an order to end. The channel's answer decides how it ends.
#[utoipa::path(post, path = "/v1/orders/{order}/cancel", params(("order" = String, Path)), security(("viewer" = [])),
    responses((status = 200, body = OrderView), (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer)))]
pub(super) async fn cancel(
    SignedIn(viewer): SignedIn,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
) -> Result<Json<Map<String, Value>>, ShopError> {
    let record = shop.cancel(&viewer.viewer_id, &order_id(&order)?).await?;
    Ok(Json(shop.view(&record)))
}

/// Has the channel asked about an order at once.
#[utoipa::path(post, path = "/v1/orders/{order}/ask", params(("order" = String, Path)), security(("viewer" = [])),
    responses((status = 200, body = OrderView), (status = 401, body = RefusedAnswer), (status = 404, body = RefusedAnswer),
    (status = 429, body = RefusedAnswer)))]
pub(super) async fn ask(
    SignedIn(viewer): SignedIn,
    State(shop): State<Arc<Shop>>,
    Path(order): Path<String>,
) -> Result<Json<Map<String, Value>>, ShopError> {
    let record = shop.ask(&viewer.viewer_id, &order_id(&order)?).await?;
    Ok(Json(shop.view(&record)))
}

/// One order's signed view now and after each change, also of its place in line.
#[utoipa::path(get, path = "/v1/orders/{order}/events", params(("order" = String, Path)), security(("viewer" = [])),
    responses((status = 200, content_type = "text/event-stream", body = OrderView), (status = 401, body = RefusedAnswer),
    (status = 404, body = RefusedAnswer)))]
pub(super) async fn events(
    SignedIn(Viewer { viewer_id, .. }): SignedIn,
    State(AppState { shop, stop, .. }): State<AppState>,
    Path(order): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ShopError> {
    let order_id = order_id(&order)?;
    // Listening begins before looking, so that no change falls between.
    let changes = shop.push.listen(Change::Order(order_id.clone()));
    let now = shop.order_of(&viewer_id, &order_id).await?;
    let follow = Follow {
        shop,
        viewer_id,
        order_id,
        changes,
        stop,
        now: Some(Box::new(now)),
        told: 0,
        place: None,
        waits: None,
    };
    let views = stream::unfold(follow, |mut follow| async move {
        let view = Value::Object(follow.next().await?).to_string();
        Some((Ok(Event::default().data(view)), follow))
    });
    Ok(Sse::new(views).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One connection that follows one order.
struct Follow {
    shop: Arc<Shop>,
    viewer_id: ViewerId,
    order_id: OrderId,
    changes: Listener,
    stop: tokio::sync::watch::Receiver<bool>,
    /// What was seen when the stream began, until it is told.
    now: Option<Box<Record>>,
    /// The revision told last.
    told: i64,
    /// The place in line told last.
    place: Option<u32>,
    /// The order as it was told last, while its payment string is waited for: its place moves without a change of it.
    waits: Option<Box<Record>>,
}

impl Follow {
    /// The view to be told next; `None` ends the stream.
    async fn next(&mut self) -> Option<Map<String, Value>> {
        let record = match self.now.take() {
            Some(record) => record,
            None => self.news().await?,
        };
        self.told = record.revision;
        self.place = self.shop.lines.position(&self.order_id);
        let view = self.shop.view(&record);
        let unsent = |state| matches!(state, AttemptState::New | AttemptState::Sent);
        let waits = record.order.is_selling() && record.order.current().is_some_and(|attempt| unsent(attempt.state));
        self.waits = waits.then_some(record);
        Some(view)
    }

    /// The order when it is newer than what was told, or has moved up in its line.
    async fn news(&mut self) -> Option<Box<Record>> {
        loop {
            tokio::select! {
                () = self.changes.heard() => {}
                () = self.shop.lines.moved(&self.order_id, self.place), if self.waits.is_some() => {
                    return self.waits.take();
                }
                _ = self.stop.wait_for(|stopping| *stopping) => return None,
            }
            let record = self.shop.order_of(&self.viewer_id, &self.order_id).await.ok()?;
            if record.revision > self.told {
                return Some(Box::new(record));
            }
        }
    }
}
