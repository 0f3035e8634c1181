//! Who is slow, many, or not who they say they are: bounds on connections and requests, key files, one storefront for a
//! database, trusted proxies and repeated notices.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use order::PayType;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use storefront::config::ServerConfig;
use storefront::limits::LimitsConfig;
use storefront::serve::{self, Running};
use storefront::store::{Answer, Heard, Store};
use support::{World, wish};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest a test waits for anything.
const WAIT: Duration = Duration::from_secs(60);

/// A shop of its own settings, over a sandbox.
struct Shop {
    running: Running,
    sandbox: sandbox::Running,
    _folder: tempfile::TempDir,
}

impl Shop {
    async fn open(change: impl FnOnce(&mut storefront::config::Config)) -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = support::sandbox_in(folder.path()).await;
        let mut config = support::config(folder.path(), &sandbox.credentials, 300);
        change(&mut config);
        Shop { running: serve::start(config).await.unwrap(), sandbox, _folder: folder }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    async fn stop(self) {
        self.running.stop().await;
        self.sandbox.stop().await;
    }
}

fn http() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// A connection that has sent this and no more.
async fn sent(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// What comes until the other side closes; fails when it does not.
async fn rest(mut stream: TcpStream) -> String {
    let mut came = Vec::new();
    match tokio::time::timeout(WAIT, stream.read_to_end(&mut came)).await {
        Ok(Ok(_)) => {}
        // Closed with something of ours unread.
        Ok(Err(error)) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        Err(_) => panic!("the connection was never closed"),
    }
    String::from_utf8(came).unwrap()
}

/// Reads until this text has come.
async fn comes(stream: &mut TcpStream, text: &str) {
    let mut came = String::new();
    let read = async {
        while !came.contains(text) {
            let mut piece = [0; 512];
            let length = stream.read(&mut piece).await.unwrap();
            assert!(length > 0, "closed after {came:?}");
            came.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        }
    };
    assert!(tokio::time::timeout(WAIT, read).await.is_ok(), "{text:?} did not come");
}

#[tokio::test]
async fn a_connection_that_does_not_finish_its_request_is_closed_and_a_stream_goes_on() {
    let limits = ServerConfig { head_timeout_s: 1, body_timeout_s: 1, request_timeout_s: 2, ..ServerConfig::default() };
    let world = World::new(300).await;
    let (folder, sandbox) = (world.folder, world.sandbox);
    world.shop.stop().await;
    let mut config = support::config(folder.path(), &sandbox.credentials, 300);
    config.server = limits;
    let shop = serve::start(config).await.unwrap();
    let mut stream = sent(shop.address, "GET /v1/rooms/tea/events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    comes(&mut stream, "text/event-stream").await;
    // These begin after the stream did: when the bounds have closed them, the stream is older than every bound.
    for head in ["", "GET /healthz HTTP/1.1\r\nhost: x\r\n", "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let came = rest(sent(shop.address, head).await).await;
        // The last is a whole request, followed by silence.
        assert_eq!(came.contains("200 OK"), head.ends_with("\r\n\r\n"), "{head:?}: {came}");
    }
    let guest: Value =
        http().post(format!("http://{}/v1/viewers", shop.address)).send().await.unwrap().json().await.unwrap();
    let token = guest["token"].as_str().unwrap();
    for (path, answer) in [
        ("/v1/assist_payOrderByThird", "invalid_params"),
        ("/notices/wechat", "\"FAIL\""),
        ("/notices/alipay", "\r\n\r\nfail"),
    ] {
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 99\r\n\r\n{{");
        let came = rest(sent(shop.address, &head).await).await;
        assert!(came.starts_with("HTTP/1.1 400 ") && came.contains(answer), "{path}: {came}");
    }
    let room = order::RoomId::new("tea").unwrap();
    shop.shop.push.tell(storefront::push::Change::Room(room));
    comes(&mut stream, "data: changed").await;
    shop.stop().await;
    sandbox.stop().await;
}

#[tokio::test]
async fn a_head_too_long_is_refused() {
    let shop = Shop::open(|_| {}).await;
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\ncookie: {}\r\n\r\n", "x".repeat(100_000));
    let mut stream = TcpStream::connect(shop.running.address).await.unwrap();
    // The other side may close before all of it is sent.
    let _sent = stream.write_all(head.as_bytes()).await;
    let came = rest(stream).await;
    assert!(came.is_empty() || came.starts_with("HTTP/1.1 431 "), "{came}");
    assert!(http().get(shop.url("/healthz")).send().await.unwrap().status().is_success());
    shop.stop().await;
}

#[tokio::test]
async fn beyond_the_most_connections_the_next_waits_until_one_ends() {
    let most = ServerConfig { connections_max: 1, ..ServerConfig::default() };
    let shop = Shop::open(|config| config.server = most).await;
    let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut first = sent(shop.running.address, ask).await;
    comes(&mut first, "200 OK").await;
    let mut second = sent(shop.running.address, ask).await;
    // The shop answers the first many times over, and the second not once.
    for _ in 0..100 {
        first.write_all(ask.as_bytes()).await.unwrap();
        comes(&mut first, "200 OK").await;
    }
    assert_eq!(second.try_read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    comes(&mut second, "200 OK").await;
    drop(second);
    shop.stop().await;
}

#[tokio::test]
async fn a_stop_finishes_open_requests_takes_no_new_order_and_ends_streams() {
    let world = World::new(300).await;
    let (address, store) = (world.shop.address, world.shop.shop.store.clone());
    let guest: Value = http().post(format!("{}/v1/viewers", world.base())).send().await.unwrap().json().await.unwrap();
    let token = guest["token"].as_str().unwrap();
    let mut stream = sent(address, "GET /v1/rooms/tea/events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    comes(&mut stream, "text/event-stream").await;
    let body = json!({"request_id": "0000000000000000000000000A", "goods_id": "g1", "quantity": 1,
        "pay_type": "alipay", "price_version": 1})
    .to_string();
    // Two requests under way: each has been told to send its body, and has not.
    let mut under_way = Vec::new();
    for path in ["/v1/assist_payOrderByThird", "/notices/alipay"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nexpect: 100-continue\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let mut open = sent(address, &head).await;
        comes(&mut open, "100 Continue").await;
        under_way.push(open);
    }
    let (shop, sandbox) = (world.shop, world.sandbox);
    let stopping = tokio::spawn(shop.stop());
    // The stop has begun when nobody can connect any more.
    while TcpStream::connect(address).await.is_ok() {}
    let mut answers = Vec::new();
    for mut open in under_way {
        open.write_all(body.as_bytes()).await.unwrap();
        answers.push(rest(open).await);
    }
    assert!(answers[0].contains(" 503 ") && answers[0].contains("shop_paused"), "{}", answers[0]);
    assert!(answers[1].contains(" 400 ") && answers[1].ends_with("fail"), "{}", answers[1]);
    rest(stream).await;
    stopping.await.unwrap();
    let mut connection = store.read().await.unwrap();
    let orders: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM orders").fetch_one(&mut *connection).await.unwrap();
    assert_eq!(orders, 0);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_second_storefront_on_the_same_file_is_refused_and_one_shot_commands_are_not() {
    let world = World::new(300).await;
    let config = || support::config(world.folder.path(), &world.sandbox.credentials, 300);
    if testbed::is_postgres() {
        // A server is there for several.
        serve::start(config()).await.unwrap().stop().await;
        return world.stop().await;
    }
    let Err(error) = serve::start(config()).await else { panic!("two storefronts serve one database") };
    let sentence = error.to_string();
    assert!(sentence.contains("another storefront serves this database"), "{sentence}");
    let program = |arguments: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_storefront"));
        command.args(arguments).arg("--config").arg(world.folder.path().join("shop.toml"));
        // What it says at its end is looked at, whatever this run wants to read.
        command.env_remove("RUST_LOG").kill_on_drop(true);
        command
    };
    let second = tokio::time::timeout(WAIT, program(&["serve"]).output()).await.unwrap().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&second.stdout), String::from_utf8_lossy(&second.stderr));
    assert!(!second.status.success() && said.contains("another storefront serves this database"), "{said}");
    let added = program(&["streamer", "add", "Ahe", "--room", "tea"]).output().await.unwrap();
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let again = config();
    world.shop.stop().await;
    serve::start(again).await.unwrap().stop().await;
    world.sandbox.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn key_files_that_others_can_read_stop_the_start() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox_in(folder.path()).await;
    let keys = folder.path().join("sandbox").join("keys");
    let config = || support::config(folder.path(), &sandbox.credentials, 300);
    for name in ["alipay_app_private_key.pem", "wechat_merchant_private_key.pem"] {
        let path = keys.join(name);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "the sandbox wrote {name} for all to read");
        for mode in [0o640, 0o604] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let Err(error) = serve::start(config()).await else { panic!("{name} of mode {mode:o} was taken") };
            let sentence = error.to_string();
            assert!(sentence.contains(&format!("chmod 600 {}", path.display())), "{sentence}");
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    serve::start(config()).await.unwrap().stop().await;
    sandbox.stop().await;
}

#[tokio::test]
async fn the_limit_by_address_counts_the_clients_of_a_trusted_proxy_one_by_one() {
    let one = LimitsConfig { address_per_minute: 1, ..LimitsConfig::default() };
    let guest = async |shop: &Shop, forwarded: Option<&str>| {
        let mut request = http().post(shop.url("/v1/viewers"));
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        request.send().await.unwrap().status()
    };
    let behind = Shop::open(|config| {
        config.limits = one;
        config.trusted_proxies = vec![[127, 0, 0, 1].into()];
    })
    .await;
    // The window of a minute may turn over once meanwhile: two of three are refused then.
    let mut refused = 0;
    for invented in ["", "203.0.113.1, ", "203.0.113.2, 203.0.113.3, "] {
        let status = guest(&behind, Some(&format!("{invented}198.51.100.1"))).await;
        refused += u32::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!((1..=2).contains(&refused), "{refused}");
    assert_eq!(guest(&behind, Some("198.51.100.2")).await, StatusCode::CREATED);
    let own = [guest(&behind, None).await, guest(&behind, None).await, guest(&behind, None).await];
    assert!(own.contains(&StatusCode::TOO_MANY_REQUESTS), "this machine is an address like any other: {own:?}");
    behind.stop().await;
    let alone = Shop::open(|config| config.limits = one).await;
    for _ in 0..3 {
        assert_eq!(guest(&alone, Some("198.51.100.1")).await, StatusCode::CREATED);
    }
    alone.stop().await;
}

#[tokio::test]
async fn a_repeated_notice_asks_again_only_when_the_last_query_is_over_and_not_of_just_now() {
    let world = World::new(300).await;
    let client = world.viewer().await;
    let goods = client.goods().await.unwrap();
    let (params, asked) = wish(&goods[0], 1, PayType::Alipay, 1);
    let ext = client.pay_order(&params, &asked).await.unwrap();
    let World { shop, sandbox, folder, .. } = world;
    shop.stop().await;
    sandbox.stop().await;
    // Nobody is at work: what is asked stays asked until this test settles it.
    let store = Store::open(&testbed::database(&folder.path().join("shop.db"))).await.unwrap();
    let hear = async |notice_id: &str, now: i64| {
        let heard = Heard {
            pay_type: PayType::Alipay,
            notice_id: notice_id.into(),
            pay_id: ext.pay_id.clone(),
            refund_id: None,
            body: "as it came".into(),
        };
        store.keep_notice(&ext.order_id, heard, now).await.unwrap()
    };
    let asks = async || {
        let record = store.order(&ext.order_id).await.unwrap().unwrap();
        (record.trades[&ext.pay_id].asks, record.order.attempts[0].ask_now)
    };
    let now = 2_000_000_000;
    let (before, _) = asks().await;
    let answer = |asks, asked_at| Answer { pay_id: ext.pay_id.clone(), asks, asked_at };
    store.answered_query(&ext.order_id, answer(before, now - 100)).await.unwrap();
    assert!(hear("n1", now).await);
    assert_eq!(asks().await, (before + 1, true));
    for later in 0..1_000 {
        assert!(!hear("n1", now + later).await);
    }
    // A query begins now; while it is under way another notice comes, which that query cannot settle.
    let (begun, _) = asks().await;
    assert!(hear("n2", now).await);
    store.answered_query(&ext.order_id, answer(begun, now)).await.unwrap();
    assert_eq!(asks().await, (begun + 1, true));
    store.answered_query(&ext.order_id, answer(begun + 1, now)).await.unwrap();
    assert_eq!(asks().await, (begun + 1, false));
    for (notice_id, at, expected) in
        [("n1", now + 9, false), ("n2", now, false), ("n1", now - 1, true), ("n1", now - 1, false)]
    {
        assert_eq!(hear(notice_id, at).await, expected, "{notice_id} {}", at - now);
    }
    store.answered_query(&ext.order_id, answer(asks().await.0, now)).await.unwrap();
    assert!(hear("n2", now + 10).await);
    assert!(hear("n3", now + 10).await);
}
