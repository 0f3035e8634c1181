//! A shop of one room over a sandbox, with its streamer.

use api::{Client, RoomLink, RoomState, Secret};
use order::{GoodsId, RoomId};
use rehearsal::view::{Case, Rehearsal};
use rehearsal::{Ground, Stage};
use std::time::Duration;
use storefront::config::Config;
use storefront::limits::LimitsConfig;
use storefront::store::NewRoom;
use storefront::{import, serve};

/// Longest a test waits for a case, or for anything else: a machine may be busy, but nothing here takes minutes.
pub const WAIT: Duration = Duration::from_secs(60);
const TOKEN: &str = "a-streamers-token";
const CSV: &str = "title,kind,price_fen,stock,limit_per_viewer,fins\n\
    青瓷茶壶,merchandise,22800,500,2,\n60 shark fins,fins,600,1000,,60\nLast cup,merchandise,8800,2,1,\n";

pub struct World {
    pub shop: serve::Running,
    pub sandbox: sandbox::Running,
    _folder: tempfile::TempDir,
}

impl World {
    /// A world whose orders can be paid for so many seconds.
    pub async fn new(deadline_s: u32) -> World {
        let quiet = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "off".into());
        // The first test of the process sets it up for all.
        let _already = tracing_subscriber::fmt().with_env_filter(quiet).with_test_writer().try_init();
        let folder = tempfile::tempdir().unwrap();
        let sandbox = sandbox::start(sandbox::Options::new(folder.path().join("channels"))).await.unwrap();
        let mut config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: None,
            metrics_listen: None,
            database: format!("sqlite:{}", folder.path().join("shop.db").display()).into(),
            signing_key: folder.path().join("shop.key"),
            order_deadline_s: deadline_s,
            trusted_proxies: Vec::new(),
            server: storefront::config::ServerConfig::default(),
            limits: LimitsConfig::OFF,
            alipay: None,
            wechat: None,
            credentials: Some(sandbox.credentials.clone()),
        };
        config.take_credentials().unwrap();
        let shop = serve::start(config).await.unwrap();
        let world = World { shop, sandbox, _folder: folder };
        world.fill().await;
        world
    }

    async fn fill(&self) {
        let store = &self.shop.shop.store;
        let room_id = RoomId::new("tea").unwrap();
        let room = NewRoom::new(room_id.clone(), "Tea".into(), "Host".into(), "Kiln".into(), RoomState::Live);
        store.make_room(room).await.unwrap();
        let mut count = 0;
        let new_id = || {
            count += 1;
            GoodsId::new(format!("g{count}")).ok()
        };
        let goods = import::goods(CSV, 0, new_id, |_| None).unwrap();
        store.add_goods(room_id.clone(), goods).await.unwrap();
        let hash = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, TOKEN.as_bytes()));
        store.add_streamer("streamer".into(), "Host".into(), room_id, hash).await.unwrap();
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.shop.address)
    }

    /// The room, as if its shop were at that address.
    pub fn link(&self, base: &str) -> RoomLink {
        let key = self.shop.key.to_base64().replace('+', "-").replace('/', "_");
        RoomLink::parse(&format!("liveshop://room/tea?shop={base}&key={key}")).unwrap()
    }

    pub fn stage(&self) -> Stage {
        Stage {
            shop: self.link(&self.base()),
            streamer: Secret::new(TOKEN.into()),
            channels: self.sandbox.base_url.clone(),
            case_limit: WAIT,
        }
    }

    pub fn ground(&self) -> Ground {
        Ground { shop: self.link(&self.base()), channels: self.sandbox.base_url.clone() }
    }

    /// The streamer.
    pub fn streamer(&self) -> Client {
        let client = Client::new(self.link(&self.base())).unwrap();
        client.speak_as(Secret::new(TOKEN.into()));
        client
    }

    /// Pieces that wait for buyers, that are held, and that are sold, of all goods together.
    pub async fn stock(&self) -> (u32, u32, u32) {
        let desk = self.streamer().studio().await.unwrap();
        desk.goods.iter().fold((0, 0, 0), |(left, held, sold), goods| {
            (left + goods.item.stock_left, held + goods.item.held, sold + goods.sold)
        })
    }

    pub async fn stop(self) {
        self.shop.stop().await;
        self.sandbox.stop().await;
    }
}

/// A rehearsal of these cases only.
pub fn of_cases(cases: &[Case]) -> Rehearsal {
    let mut rehearsal = Rehearsal::preparing("Tea".into(), 1_800_000_000);
    rehearsal.cases.retain(|report| cases.contains(&report.case));
    rehearsal
}
