//! A shop of one room over a sandbox, behind a door that can forge answers or stay shut.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared by tests, which stop at the first surprise"
)]

use api::{RoomState, ShopSigner};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use order::{Fen, GoodsId, RoomId};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use storefront::config::Config;
use storefront::store::{NewDeal, NewRoom};
use storefront::{import, serve};
use tokio::net::TcpListener;

const CSV: &str = "title,kind,price_fen,stock,limit_per_viewer,fins\n\
    Clay teapot,merchandise,22800,5,2,\n60 shark fins,fins,600,1000,,60\nLast cup,merchandise,8800,1,,\n";

/// How an answer of `assist_payOrderByThird` is changed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Its data is of another kind.
    Kind,
    /// Another payment string, under the old signature.
    Code,
    /// An hour old, signed by the shop's own key.
    Stale,
    /// For other goods, signed by the shop's own key.
    OtherGoods,
    /// A payment string that is no channel's, signed by the shop's own key.
    ForeignCode,
    /// Not an order's answer but a receipt: another amount, under the old signature.
    Receipt,
}

struct Door {
    behind: String,
    forgery: Option<Forgery>,
    signer: ShopSigner,
    cut: AtomicBool,
    /// The app's folder of pending purchases, while it is looked into.
    pending: Mutex<Option<PathBuf>>,
    /// For each order asked for while it was: whether its request lay on disk by then.
    on_disk: Mutex<Vec<bool>>,
    http: reqwest::Client,
}

pub struct Shop {
    running: serve::Running,
    sandbox: sandbox::Running,
    door: Arc<Door>,
    address: String,
    serving: tokio::task::JoinHandle<()>,
    folder: tempfile::TempDir,
}

impl Shop {
    pub async fn open(deadline_s: u32, forgery: Option<Forgery>) -> Shop {
        Shop::open_with(deadline_s, forgery, "").await
    }

    /// As [`Shop::open`], with more settings.
    pub async fn open_with(deadline_s: u32, forgery: Option<Forgery>, more: &str) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = sandbox::start(sandbox::Options::new(folder.path().join("sandbox"))).await.unwrap();
        let key = folder.path().join("shop.key");
        let text = format!(
            "listen = '127.0.0.1:0'\ndatabase = 'sqlite:{}'\nsigning_key = '{}'\norder_deadline_s = {deadline_s}\n\
             credentials = '{}'\n{more}",
            folder.path().join("shop.db").display(),
            key.display(),
            sandbox.credentials.display()
        );
        let config = folder.path().join("shop.toml");
        std::fs::write(&config, text).unwrap();
        let running = serve::start(Config::read(&config, |_| None).unwrap()).await.unwrap();
        stock(&running).await;
        let door = Arc::new(Door {
            behind: format!("http://{}", running.address),
            forgery,
            signer: storefront::keys::signing_key(&key).unwrap(),
            cut: AtomicBool::new(false),
            pending: Mutex::default(),
            on_disk: Mutex::default(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(pass).with_state(Arc::clone(&door));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Shop { running, sandbox, door, address, serving, folder }
    }

    pub fn link(&self) -> String {
        self.link_with(&self.running.key)
    }

    /// The room's link with another key than the shop's.
    pub fn link_with(&self, key: &api::ShopKey) -> String {
        let key = key.to_base64().replace('+', "-").replace('/', "_");
        format!("liveshop://room/tea?shop={}&key={key}", self.address)
    }

    /// From now on orders get no answer, or do again.
    pub fn cut_orders(&self, cut: bool) {
        self.door.cut.store(cut, Ordering::SeqCst);
    }

    /// From now on looks, whenever an order is asked for, whether its request lies in the app's folder.
    pub fn look_into(&self, pending: PathBuf) {
        *self.door.pending.lock().unwrap() = Some(pending);
    }

    /// What was found so, one for each order asked for.
    pub fn on_disk(&self) -> Vec<bool> {
        self.door.on_disk.lock().unwrap().clone()
    }

    /// Sets the pretend channels' faults.
    pub async fn faults(&self, faults: Value) {
        let url = format!("{}/faults", self.sandbox.base_url);
        let answer = self.door.http.put(url).json(&faults).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// The key the shop signs with.
    pub fn key(&self) -> &api::ShopKey {
        &self.running.key
    }

    /// How many orders the shop has.
    pub async fn orders(&self) -> i64 {
        use sqlx::Row;
        let mut connection = self.running.shop.store.read().await.unwrap();
        let row = sqlx::query("SELECT COUNT(*) FROM orders").fetch_one(&mut *connection).await.unwrap();
        row.try_get(0).unwrap()
    }

    /// Where what was delivered is sent, each part behind the other.
    pub async fn delivered_to(&self) -> Vec<String> {
        let kept = self.texts("SELECT address FROM deliveries WHERE address IS NOT NULL").await;
        let written = |address: &String| serde_json::from_str::<api::PostalAddress>(address).unwrap();
        let joined = kept.iter().map(written).map(|to| [to.name, to.phone, to.region, to.detail].join("|"));
        joined.collect()
    }

    /// What the shelf has, in its order.
    pub async fn titles(&self) -> Vec<String> {
        self.texts("SELECT title FROM goods WHERE removed = 0 ORDER BY position").await
    }

    /// What the pretend channels have in their books.
    pub async fn books(&self) -> Value {
        let url = format!("{}/books", self.sandbox.base_url);
        self.door.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Why viewers want their money back.
    pub async fn refund_wishes(&self) -> Vec<String> {
        self.texts("SELECT reason FROM refund_requests").await
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        use sqlx::Row;
        let mut connection = self.running.shop.store.read().await.unwrap();
        let rows = sqlx::query(sql).fetch_all(&mut *connection).await.unwrap();
        rows.iter().map(|row| row.try_get(0).unwrap()).collect()
    }

    /// Adds a streamer of a room, which is made if it is new, and gives their token.
    pub async fn streamer(&self, name: &str, room: &str) -> String {
        let (store, room_id) = (&self.running.shop.store, RoomId::new(room).unwrap());
        store.make_room(empty_room(room_id.clone())).await.unwrap();
        let token = format!("token-of-{name}-in-{room}");
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        store.add_streamer(name.into(), name.into(), room_id, hex::encode(digest)).await.unwrap();
        token
    }

    /// Takes a streamer's token back.
    pub async fn remove_streamer(&self, name: &str) {
        assert!(self.running.shop.store.remove_streamer(name.into()).await.unwrap());
    }

    /// Gives an item a deal that runs for an hour, and tells who is in the room.
    pub async fn deal(&self, goods: &str, price_fen: i64, pieces: u32) {
        let shop = &self.running.shop;
        let now = shop.clock.now_s();
        let deal = NewDeal { price: Fen::new(price_fen).unwrap(), starts_at: now, ends_at: now + 3_600, pieces };
        let room = shop.store.set_deal(GoodsId::new(goods).unwrap(), Some(deal)).await.unwrap();
        shop.push.tell(storefront::push::Change::Room(room));
    }

    /// The pretend phone does something with a payment string.
    pub async fn phone(&self, act: &str, code: &str) {
        let url = format!("{}/phone/{act}", self.sandbox.base_url);
        let answer = self.door.http.post(url).json(&json!({"code": code})).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    pub async fn stop(self) {
        self.serving.abort();
        self.running.stop().await;
        self.sandbox.stop().await;
    }
}

fn empty_room(room_id: RoomId) -> NewRoom {
    NewRoom::new(room_id, "Tea evening".into(), "Ahe".into(), "Shanyu Kiln".into(), RoomState::Live)
}

async fn stock(running: &serve::Running) {
    let room_id = RoomId::new("tea").unwrap();
    let room = empty_room(room_id.clone());
    running.shop.store.make_room(room).await.unwrap();
    let mut count = 0;
    let new_id = || {
        count += 1;
        GoodsId::new(format!("g{count}")).ok()
    };
    let goods = import::goods(CSV, 0, new_id, |_| None).unwrap();
    running.shop.store.add_goods(room_id, goods).await.unwrap();
}

/// Passes a request on, and its answer back, forged or not.
async fn pass(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let order = path == "/v1/assist_payOrderByThird";
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    if order {
        door.look(&body);
    }
    let mut headers = parts.headers;
    headers.remove("host");
    let request = door.http.request(parts.method, format!("{}{path}", door.behind)).headers(headers).body(body);
    let Ok(answer) = request.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let receipt = door.forgery == Some(Forgery::Receipt) && path.ends_with("/receipt");
    if !order && !receipt {
        headers.remove("transfer-encoding");
        return (status, headers, Body::from_stream(answer.bytes_stream())).into_response();
    }
    let body = answer.bytes().await.unwrap();
    if door.cut.load(Ordering::SeqCst) {
        // The shop acted, and its answer is lost: what comes is not from it.
        return (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response();
    }
    headers.remove("content-length");
    (status, headers, door.forged(body)).into_response()
}

impl Door {
    /// Whether the request of an order lies on the app's disk at this moment.
    fn look(&self, body: &[u8]) {
        let Some(folder) = self.pending.lock().unwrap().clone() else { return };
        let sent: Value = serde_json::from_slice(body).unwrap();
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let kept = files.filter_map(|file| serde_json::from_slice::<Value>(&std::fs::read(file.path()).ok()?).ok());
        let found = kept.into_iter().any(|entry| entry["params"] == sent);
        self.on_disk.lock().unwrap().push(found);
    }

    fn forged(&self, body: Bytes) -> Vec<u8> {
        let (Some(forgery), Ok(mut answer)) = (self.forgery, serde_json::from_slice::<Value>(&body)) else {
            return body.to_vec();
        };
        if forgery == Forgery::Receipt {
            if let Some(amount) = answer.pointer_mut("/receipt/amount_fen") {
                *amount = json!(1);
            }
            return answer.to_string().into_bytes();
        }
        let ext = &mut answer["data"]["ext"];
        match forgery {
            Forgery::Kind => answer["data"]["kind"] = json!("coupon"),
            Forgery::Code => ext["code"] = json!("https://qr.alipay.com/bax00000000000000000"),
            Forgery::Stale => ext["timestamp"] = json!(ext["timestamp"].as_i64().unwrap() - 3_600),
            Forgery::OtherGoods => ext["goods_id"] = json!("g2"),
            Forgery::ForeignCode => ext["code"] = json!("https://pay.example/steal"),
            Forgery::Receipt => unreachable!("handled above"),
        }
        if matches!(forgery, Forgery::Stale | Forgery::OtherGoods | Forgery::ForeignCode) {
            self.signer.sign(answer["data"]["ext"].as_object_mut().unwrap());
        }
        answer.to_string().into_bytes()
    }
}
