//! Hearing of one order: its signed views, by the stream or by asking, until nobody wants them.

use api::{CallError, Client, OrderView};
use futures_util::StreamExt;
use order::OrderId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Between two tries to hear the shop again.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);
/// How long a stream that has brought nothing yet may be silent before the order is asked for.
const ASK_WHEN_SILENT: Duration = Duration::from_secs(5);

/// Between two looks at an order whose result was seen: a payment that comes to light now is refunded or delivered by
/// the shop anyway, and only the telling waits.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// What is heard of an order.
pub(crate) enum Word {
    /// The shop states it.
    View(Box<OrderView>),
    /// The shop cannot be heard.
    Lost,
}

/// Hears an order's views and passes them on until nobody wants them. Where the stream brings nothing (a proxy may hold
/// it back), the order is asked for instead.
pub(crate) async fn listen(client: Arc<Client>, order_id: OrderId, heard: mpsc::Sender<Word>) {
    let hear = async {
        loop {
            if let Err(error) = hear_once(&client, &order_id, &heard).await {
                tracing::warn!(%error, "the order cannot be heard");
                if heard.send(Word::Lost).await.is_err() {
                    return;
                }
            }
            tokio::time::sleep(LISTEN_AGAIN).await;
            ask_for(&client, &order_id, &heard).await;
        }
    };
    tokio::select! {
        () = hear => {}
        () = heard.closed() => {}
    }
}

/// Looks at an order now and then and passes its views on until nobody wants them. No connection stays open for it.
pub(crate) async fn look(client: Arc<Client>, order_id: OrderId, heard: mpsc::Sender<Word>) {
    let looking = async {
        loop {
            ask_for(&client, &order_id, &heard).await;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::select! {
        () = looking => {}
        () = heard.closed() => {}
    }
}

/// One connection's views.
async fn hear_once(client: &Client, order_id: &OrderId, heard: &mpsc::Sender<Word>) -> Result<(), CallError> {
    let mut views = std::pin::pin!(client.order_events(order_id).await?);
    let mut silent = true;
    loop {
        match tokio::time::timeout(ASK_WHEN_SILENT, views.next()).await {
            Ok(Some(view)) => {
                silent = false;
                if heard.send(Word::View(Box::new(view?))).await.is_err() {
                    return Ok(());
                }
            }
            Ok(None) => return Err(CallError::NoAnswer("the stream ended".into())),
            Err(_) if silent => ask_for(client, order_id, heard).await,
            Err(_) => {}
        }
    }
}

async fn ask_for(client: &Client, order_id: &OrderId, heard: &mpsc::Sender<Word>) {
    if let Ok(view) = client.order(order_id).await {
        // Nobody listening is seen by the caller.
        let _heard = heard.send(Word::View(Box::new(view))).await;
    }
}
