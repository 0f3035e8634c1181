//! A viewer of the installed shop, and their pretend phone.

use api::{Asked, CallError, Client, Ext, OrderView, Params, RoomLink};
use futures_util::StreamExt;
use order::state::OrderState;
use order::{Fen, GoodsKind, OrderId, PayType, RequestId};
use std::cell::Cell;
use std::time::Duration;

/// Where the packages have shop and sandbox listen.
const SHOP: &str = "http://127.0.0.1:8787";
const SANDBOX: &str = "http://127.0.0.1:9900";
/// Longest wait for anything.
const WAIT: Duration = Duration::from_secs(60);

pub(crate) struct Buyer {
    client: Client,
    phone: reqwest::Client,
    orders: Cell<u128>,
}

impl Buyer {
    /// A new viewer of the room, who holds the shop to this key.
    pub(crate) async fn arrive(key: &str) -> Buyer {
        let link = reqwest::Url::parse_with_params("liveshop://room/tea", [("shop", SHOP), ("key", key)]).unwrap();
        let client = Client::new(RoomLink::parse(link.as_str()).unwrap()).unwrap();
        client.prove().await.unwrap();
        client.new_viewer().await.unwrap();
        Buyer { client, phone: reqwest::Client::builder().no_proxy().build().unwrap(), orders: Cell::new(0) }
    }

    /// Orders shark fins, which are sent nowhere.
    pub(crate) async fn order(&self, pay_type: PayType) -> Ext {
        let goods = self.client.goods().await.unwrap();
        let item = goods.iter().find(|item| item.kind == GoodsKind::Fins).unwrap();
        self.orders.set(self.orders.get() + 1);
        let request_id = RequestId::new(order::id::base32(self.orders.get())).unwrap();
        let params = Params::new(request_id, item.goods_id.clone(), 1, pay_type, item.price_version);
        let amount = Fen::new(item.price_fen).unwrap();
        let asked = Asked { goods_id: item.goods_id.clone(), quantity: 1, pay_type, amount, order_id: None };
        self.client.pay_order(&params, &asked).await.unwrap()
    }

    pub(crate) async fn pay(&self, ext: &Ext) {
        let url = format!("{SANDBOX}/phone/pay");
        let answer = self.phone.post(url).json(&serde_json::json!({"code": ext.code})).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answer["state"], "paid", "{answer}");
    }

    /// What the shop says of an order now.
    pub(crate) async fn look(&self, order_id: &OrderId) -> Result<OrderView, CallError> {
        self.client.order(order_id).await
    }

    /// Follows an order until it is so.
    pub(crate) async fn until(&self, order_id: &OrderId, state: OrderState) {
        let follow = async {
            let mut views = Box::pin(self.client.order_events(order_id).await.unwrap());
            while let Some(view) = views.next().await {
                if view.unwrap().state == state {
                    return;
                }
            }
            panic!("the shop ended the stream of {order_id}");
        };
        let so = tokio::time::timeout(WAIT, follow).await;
        assert!(so.is_ok(), "{order_id} is not {state:?} after {WAIT:?}");
    }
}
