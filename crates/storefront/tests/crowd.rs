//! A crowd that looks at a room and listens to it: the same page for all, one look into the database, and never a page
//! that is older than what was heard.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use api::{Goods, Room, RoomState};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use order::{Fen, GoodsId, GoodsKind, RoomId};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use storefront::clock::Clock;
use storefront::config::Config;
use storefront::push::Change;
use storefront::shop::Shop;
use storefront::store::{NewDeal, NewGoods, NewRoom, StoreError};
use storefront::{routes, serve};
use tokio::sync::watch;
use tower::ServiceExt;

/// A clock that a test moves.
struct StillClock(AtomicI64);

#[async_trait::async_trait]
impl Clock for StillClock {
    fn now_s(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn uptime_s(&self) -> i64 {
        self.now_s()
    }

    async fn sleep_until(&self, _: i64) {
        std::future::pending::<()>().await;
    }
}

/// Two rooms of a shop that does nothing by itself.
struct House {
    shop: Arc<Shop>,
    clock: Arc<StillClock>,
    routes: Router,
    _stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

fn room(name: &str) -> Change {
    Change::Room(RoomId::new(name).unwrap())
}

impl House {
    async fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "database = '{}'\nsigning_key = '{}'\n",
            testbed::database(&folder.path().join("shop.db")),
            folder.path().join("shop.key").display()
        );
        let config: Config = toml::from_str(&config).unwrap();
        let mut shop = serve::open(&config, SocketAddr::from((Ipv4Addr::LOCALHOST, 9))).await.unwrap();
        let clock = Arc::new(StillClock(AtomicI64::new(1_000)));
        shop.clock = Arc::clone(&clock) as _;
        let shop = Arc::new(shop);
        for room_id in ["tea", "cellar"].map(|name| RoomId::new(name).unwrap()) {
            let (title, host, kiln) = ("Tea".into(), "Host".into(), "Kiln".into());
            let cup = NewGoods {
                goods_id: GoodsId::new(format!("{room_id}-cup")).unwrap(),
                title: "Cup".into(),
                note: None,
                description: None,
                kind: GoodsKind::Merchandise,
                fins: None,
                price: Fen::new(8_800).unwrap(),
                stock: 5,
                limit_per_viewer: None,
                on_sale: true,
                pinned: false,
                picture: None,
                deal: None,
            };
            let room = NewRoom::new(room_id, title, host, kiln, RoomState::Live);
            shop.store.open_room(room, vec![cup]).await.unwrap();
        }
        let (stop, stopping) = watch::channel(false);
        let routes = routes::router(Arc::clone(&shop), stopping);
        House { shop, clock, routes, _stop: stop, _folder: folder }
    }

    async fn get(&self, path: &str) -> Response {
        self.get_unless(path, None).await
    }

    /// Asks for what the caller may have already.
    async fn get_unless(&self, path: &str, known: Option<&str>) -> Response {
        let mut request = Request::get(path);
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known);
        }
        self.routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn goods(&self) -> Vec<Goods> {
        serde_json::from_slice(&body(self.get("/v1/rooms/tea/goods").await).await).unwrap()
    }

    /// Writes as another program does: nobody is told.
    async fn note(&self, number: u32) {
        let write = self.shop.store.write(move |tx| {
            Box::pin(async move {
                let note = "UPDATE goods SET note = $1 WHERE room_id = 'tea'";
                sqlx::query(note).bind(number.to_string()).execute(tx).await?;
                Ok::<_, StoreError>(())
            })
        });
        write.await.unwrap();
    }

    /// The number that was written last, as a page shows it.
    async fn noted(&self) -> u32 {
        self.goods().await[0].note.as_deref().map_or(0, |note| note.parse().unwrap())
    }
}

async fn body(response: Response) -> Bytes {
    assert_eq!(response.status(), StatusCode::OK);
    to_bytes(response.into_body(), usize::MAX).await.unwrap()
}

fn tag(response: &Response) -> String {
    response.headers()[header::ETAG].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_did_not_change_is_answered_without_a_look_into_the_database() {
    let house = House::new().await;
    for path in ["/v1/rooms/tea/goods", "/v1/rooms/tea"] {
        house.shop.push.tell(room("tea"));
        // A look into the database waits for another thread, so it is never done at once.
        assert!(house.get(path).now_or_never().is_none(), "{path}");
        let first = house.get(path).await;
        let tag = tag(&first);
        let first = body(first).await;
        house.shop.push.tell(room("cellar"));
        let again = house.get(path).now_or_never().expect("it looked into the database");
        assert_eq!(body(again).await, first, "{path}");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let same = house.get_unless(path, Some(&known)).now_or_never().expect("it looked into the database");
            assert_eq!(same.status(), StatusCode::NOT_MODIFIED, "{path}: {known}");
            assert_eq!(same.headers()[header::ETAG], tag.as_str());
            assert!(to_bytes(same.into_body(), 0).await.unwrap().is_empty());
        }
        let other = house.get_unless(path, Some("\"other\"")).await;
        assert_eq!(body(other).await, first, "{path}");
    }
}

#[tokio::test]
async fn a_deal_ends_by_itself_and_what_another_program_wrote_is_seen_a_second_later() {
    let house = House::new().await;
    let deal = NewDeal { price: Fen::new(5_000).unwrap(), starts_at: 1_000, ends_at: 1_001, pieces: 2 };
    house.shop.store.set_deal(GoodsId::new("tea-cup").unwrap(), Some(deal)).await.unwrap();
    assert!(house.goods().await[0].deal.is_some());
    house.note(1).await;
    house.clock.0.store(1_001, Ordering::SeqCst);
    let cup = house.goods().await.remove(0);
    assert_eq!((cup.deal, cup.note.as_deref()), (None, Some("1")));
    // Also when the clock is set back: a page of a time to come is no page of now.
    house.note(2).await;
    house.clock.0.store(500, Ordering::SeqCst);
    assert_eq!(house.noted().await, 2);
}

#[tokio::test]
async fn many_that_ask_at_once_make_one_look_into_the_database() {
    let house = House::new().await;
    // All of them have asked before anything is read.
    let mut asking = Box::pin(join_all((0..1_000).map(|_| house.get("/v1/rooms/tea/goods"))));
    assert!(asking.as_mut().now_or_never().is_none());
    let bodies = join_all(asking.await.into_iter().map(body)).await;
    // Each page is in memory of its own, and all of them are still held.
    let pages: BTreeSet<*const u8> = bodies.iter().map(|body| body.as_ptr()).collect();
    assert_eq!(pages.len(), 1);
    assert_eq!(bodies.len(), 1_000);
}

#[tokio::test]
async fn whoever_asks_after_a_word_does_not_take_what_was_read_before_it() {
    let house = House::new().await;
    let mut first = Box::pin(house.noted());
    // It has begun to read, and does not go on before it is asked again.
    assert!(first.as_mut().now_or_never().is_none());
    house.note(1).await;
    house.shop.push.tell(room("tea"));
    let (_, second) = tokio::join!(first, house.noted());
    assert_eq!(second, 1);
    house.note(2).await;
    house.shop.push.tell_all();
    assert_eq!(house.noted().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_page_is_older_than_a_change_that_was_told_before_it_was_asked_for() {
    const CHANGES: u32 = 200;
    let house = Arc::new(House::new().await);
    let told = Arc::new(watch::Sender::new(0_u32));
    let viewers: Vec<_> = (0..6)
        .map(|_| {
            let (house, told) = (Arc::clone(&house), Arc::clone(&told));
            tokio::spawn(async move {
                let mut looks = 0_u32;
                loop {
                    let known = *told.borrow();
                    let seen = house.noted().await;
                    assert!(seen >= known, "saw {seen}, and {known} had been told");
                    looks += 1;
                    if seen == CHANGES {
                        return looks;
                    }
                    // A page that is kept is given at once: without this a viewer would leave nobody a turn.
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for number in 1..=CHANGES {
        house.note(number).await;
        house.shop.push.tell(room("tea"));
        told.send_replace(number);
    }
    for viewer in viewers {
        assert!(viewer.await.unwrap() > 1);
    }
}

#[tokio::test]
async fn a_room_s_stream_speaks_of_that_room_alone_and_ends_with_the_shop() {
    let house = House::new().await;
    let mut streams = Vec::new();
    for name in ["tea", "cellar"] {
        let response = house.get(&format!("/v1/rooms/{name}/events")).await;
        assert_eq!(response.status(), StatusCode::OK);
        streams.push(response.into_body().into_data_stream());
    }
    house.shop.push.tell(room("tea"));
    house.shop.push.tell(Change::Orders(RoomId::new("cellar").unwrap()));
    let word = streams[0].next().now_or_never().expect("not at once").unwrap().unwrap();
    assert_eq!(word, "data: changed\n\n");
    for stream in &mut streams {
        assert!(stream.next().now_or_never().is_none());
    }
    house._stop.send_replace(true);
    for stream in &mut streams {
        assert!(stream.next().now_or_never().expect("goes on").is_none());
    }
}

#[tokio::test]
async fn a_room_that_does_not_exist_is_not_found_until_it_is_made() {
    let house = House::new().await;
    let paths = ["/v1/rooms/attic", "/v1/rooms/attic/goods", "/v1/rooms/attic/events", "/v1/rooms/%2e/goods"];
    for path in paths {
        assert_eq!(house.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let attic =
        NewRoom::new(RoomId::new("attic").unwrap(), "Attic".into(), "Host".into(), "Kiln".into(), RoomState::Soon);
    house.shop.store.make_room(attic).await.unwrap();
    let room: Room = serde_json::from_slice(&body(house.get("/v1/rooms/attic").await).await).unwrap();
    assert_eq!(room.title, "Attic");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_program_takes_as_many_open_files_as_the_system_gives_it() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox_in(folder.path()).await;
    support::config(folder.path(), &sandbox.credentials, 300);
    let mut program = tokio::process::Command::new("sh");
    program.args(["-c", "ulimit -S -n 100 && ulimit -H -n 700 && exec \"$0\" serve --config \"$1\""]);
    program.arg(env!("CARGO_BIN_EXE_storefront")).arg(folder.path().join("shop.toml"));
    program.env_remove("RUST_LOG").stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut program = program.kill_on_drop(true).spawn().unwrap();
    let mut ready = BufReader::new(program.stdout.take().unwrap()).lines();
    assert!(ready.next_line().await.unwrap().is_some(), "it did not start");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.id().unwrap())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().skip(3).take(2).collect::<Vec<_>>(), ["700", "700"], "{files}");
    // Too few for the connections it may take: it says so.
    let mut said = BufReader::new(program.stderr.take().unwrap()).lines();
    let warned = async {
        while let Some(line) = said.next_line().await.unwrap() {
            if line.contains("limit of open files") {
                return true;
            }
        }
        false
    };
    assert!(tokio::time::timeout(std::time::Duration::from_secs(60), warned).await.unwrap_or(false));
    program.kill().await.unwrap();
    sandbox.stop().await;
}
