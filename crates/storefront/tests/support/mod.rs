//! A shop of one room over a sandbox, and a viewer in it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared by tests, which stop at the first surprise"
)]

use api::{AddressDraft, Asked, CallError, Client, Goods, OrderView, Params, PostalAddress, Refusal, RoomLink};
use futures_util::StreamExt;
use order::state::OrderState;
use order::{Fen, OrderId, PayType, RequestId, RoomId};
use sqlx::{AnyConnection, Connection, Executor};
use std::path::{Path, PathBuf};
use std::time::Duration;
use storefront::clock::{Clock, SystemClock};
use storefront::config::Config;
use storefront::store::{Difference, NewRoom, Reader};
use storefront::{import, serve};

/// Longest a test waits for anything: a machine may be busy, but nothing here takes minutes.
const WAIT: Duration = Duration::from_secs(60);

pub const CSV: &str = "title,kind,price_fen,stock,limit_per_viewer,fins\n\
    Clay teapot,merchandise,22800,5,2,\n60 shark fins,fins,600,1000,,60\nLast cup,merchandise,8800,1,,\n";

pub struct World {
    pub shop: serve::Running,
    pub sandbox: sandbox::Running,
    pub folder: tempfile::TempDir,
    pub phone: reqwest::Client,
}

pub async fn sandbox_in(folder: &Path) -> sandbox::Running {
    let mut options = sandbox::Options::new(folder.join("sandbox"));
    options.notice_schedule = Some(vec![Duration::from_millis(200); 5]);
    sandbox::start(options).await.unwrap()
}

pub fn config(folder: &Path, credentials: &Path, deadline_s: u32) -> Config {
    config_with(folder, credentials, deadline_s, "")
}

/// Settings and `more` of them.
fn config_with(folder: &Path, credentials: &Path, deadline_s: u32, more: &str) -> Config {
    let path = folder.join("shop.toml");
    let text = format!(
        "listen = '127.0.0.1:0'\ndatabase = '{}'\nsigning_key = '{}'\norder_deadline_s = {deadline_s}\n\
         credentials = '{}'\n{more}",
        testbed::database(&folder.join("shop.db")),
        folder.join("shop.key").display(),
        credentials.display()
    );
    std::fs::write(&path, text).unwrap();
    Config::read(&path, |_| None).unwrap()
}

impl World {
    pub async fn new(deadline_s: u32) -> World {
        World::with(deadline_s, "").await
    }

    /// As [`World::new`], with more settings.
    pub async fn with(deadline_s: u32, more: &str) -> World {
        let quiet = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
        // The first test of the process sets it up for all.
        let _already = tracing_subscriber::fmt().with_env_filter(quiet).with_test_writer().try_init();
        let folder = tempfile::tempdir().unwrap();
        let sandbox = sandbox_in(folder.path()).await;
        let shop = serve::start(config_with(folder.path(), &sandbox.credentials, deadline_s, more)).await.unwrap();
        let room_id = RoomId::new("tea").unwrap();
        let room = NewRoom::new(room_id.clone(), "Tea".into(), "Host".into(), "Kiln".into(), api::RoomState::Live);
        shop.shop.store.make_room(room).await.unwrap();
        let mut count = 0;
        let new_id = || {
            count += 1;
            order::GoodsId::new(format!("g{count}")).ok()
        };
        let goods = import::goods(CSV, 0, new_id, |_| None).unwrap();
        shop.shop.store.add_goods(room_id, goods).await.unwrap();
        World { shop, sandbox, folder, phone: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.shop.address)
    }

    pub async fn viewer(&self) -> Client {
        viewer_of(&self.base(), &self.shop.key.to_base64()).await
    }

    /// What [`testbed`] knows the database by.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    /// The pretend phone does something with a payment string.
    pub async fn phone(&self, act: &str, code: &str) -> serde_json::Value {
        let url = format!("{}/phone/{act}", self.sandbox.base_url);
        let answer = self.phone.post(url).json(&serde_json::json!({"code": code})).send().await.unwrap();
        answer.json().await.unwrap()
    }

    pub async fn stop(self) {
        self.shop.stop().await;
        self.sandbox.stop().await;
    }
}

/// A new viewer in the room of the shop at that address.
pub async fn viewer_of(shop: &str, key: &str) -> Client {
    let link = reqwest::Url::parse_with_params("liveshop://room/tea", [("shop", shop), ("key", key)]).unwrap();
    let client = Client::new(RoomLink::parse(link.as_str()).unwrap()).unwrap();
    client.prove().await.unwrap();
    client.new_viewer().await.unwrap();
    client
}

pub fn wish(goods: &Goods, quantity: u32, pay_type: PayType, request: u128) -> (Params, Asked) {
    let params = Params::new(
        RequestId::new(order::id::base32(request)).unwrap(),
        goods.goods_id.clone(),
        quantity,
        pay_type,
        goods.price_version,
    );
    let asked = Asked {
        goods_id: goods.goods_id.clone(),
        quantity,
        pay_type,
        amount: Fen::new(goods.price_fen).unwrap().times(quantity).unwrap(),
        order_id: None,
    };
    (params, asked)
}

/// The item as it is while its deal runs.
pub fn at_its_deal(goods: &Goods) -> Goods {
    let deal = goods.deal.as_ref().unwrap();
    Goods { price_fen: deal.price_fen, price_version: deal.price_version, ..goods.clone() }
}

/// An address that no other test text resembles.
pub fn draft(name: &str, is_default: bool) -> AddressDraft {
    let address = PostalAddress {
        name: name.into(),
        phone: "+86 571 8765 4321".into(),
        region: "浙江省 杭州市 西湖区".into(),
        detail: "龙井路 1 号 2 单元 301 室".into(),
    };
    AddressDraft { address, is_default }
}

/// Why the shop refused; fails when it did not.
pub fn refused<T: std::fmt::Debug>(answer: Result<T, CallError>) -> Refusal {
    match answer {
        Err(CallError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// What an audit of the database finds.
pub async fn audit(database: &Path) -> Vec<String> {
    let mut reader = Reader::open(&testbed::database(database)).await.unwrap();
    let mut found = Vec::new();
    let mut take = |difference: Difference| found.push(difference.to_string());
    reader.audit(SystemClock.now_s(), &mut take, &mut |_, _, _| {}).await.unwrap();
    found
}

/// A connection to a database that is to be broken: nothing holds it together any more.
pub async fn open_to_break(path: &Path) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&testbed::database(path)).await.unwrap();
    let sql = if testbed::is_postgres() {
        "DO $$ DECLARE c record; BEGIN
            FOR c IN SELECT conrelid, conname FROM pg_constraint WHERE contype IN ('c', 'f') AND conrelid > 0 LOOP
                EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname);
            END LOOP;
        END $$"
    } else {
        "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF"
    };
    connection.execute(sql).await.unwrap();
    connection
}

/// Has a database hold what another one holds now.
pub async fn copy_database(from: &Path, to: &Path) {
    if testbed::is_postgres() {
        return testbed::copy_postgres(from, to);
    }
    // What is not there needs no removing.
    let _gone = std::fs::remove_file(to);
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&testbed::database(from)).await.unwrap();
    let sql = format!("VACUUM INTO '{}'", to.display());
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}

/// Runs the `storefront` program with the settings of a folder. Says whether it succeeded, and what it said.
pub async fn program(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_storefront"));
    program.args(arguments).arg("--config").arg(folder.join("shop.toml")).env("RUST_LOG", "error,sqlx=off");
    let output = program.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

/// Follows an order until it is in one of the states.
pub async fn until(client: &Client, order_id: &OrderId, states: &[OrderState]) -> OrderView {
    until_view(client, order_id, |view| states.contains(&view.state)).await
}

/// Follows an order until what is said of it is as wanted.
pub async fn until_view(client: &Client, order_id: &OrderId, wanted: impl Fn(&OrderView) -> bool) -> OrderView {
    let mut last = None;
    let follow = async {
        let mut views = Box::pin(client.order_events(order_id).await.unwrap());
        while let Some(view) = views.next().await {
            let view = view.unwrap();
            if wanted(&view) {
                return Some(view);
            }
            last = Some(view);
        }
        None
    };
    let view = tokio::time::timeout(WAIT, follow).await;
    view.ok().flatten().unwrap_or_else(|| panic!("not so in {WAIT:?} or before the stream ended: {last:?}"))
}
