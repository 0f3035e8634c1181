//! A shop, its channels, the wires between them, and what is asked of the shop when the storm is over.

use super::buyers::{Buyer, Phone};
use super::chance::Dice;
use super::judge::Judge;
use super::processes::{self, Server, arguments};
use super::proxy::{Proxy, Weather};
use api::{CallError, Ext, RoomLink};
use futures_util::StreamExt;
use order::PayType;
use order::state::{AttemptState, OrderState};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Seconds to pay: short, so that many orders run out while the storm lasts.
const DEADLINE_S: u32 = 6;
/// How long anything may take when nothing is wrong.
const WAIT: Duration = Duration::from_secs(60);
/// The first item is the one that everybody wants.
const GOODS: &str = "title,kind,price_fen,stock,limit_per_viewer,fins\n\
    Last cups,merchandise,8800,6,,\nClay teapot,merchandise,22800,400,,\nTea tray,merchandise,45601,400,40,\n\
    60 shark fins,fins,600,4000,,60\n6 shark fins,fins,61,4000,,6\nOne fen,merchandise,1,4000,,\n";

pub struct World {
    pub storefront: Server,
    pub sandbox: Server,
    pub judge: Judge,
    folder: PathBuf,
    /// Storefront to sandbox: calls of the channels.
    channels: Proxy,
    /// Sandbox to storefront: notices.
    notices: Proxy,
    /// Buyers to storefront.
    door: Proxy,
    link: RoomLink,
    phone: Phone,
    streamer_token: String,
}

/// Buyers at work.
pub struct Crowd {
    pub at_work: JoinSet<Buyer>,
    pub over: watch::Sender<bool>,
}

impl Crowd {
    /// Tells them that it is over, and waits for each.
    pub async fn all_finish(&mut self) -> Vec<Buyer> {
        self.over.send_replace(true);
        let mut buyers = Vec::new();
        while let Some(done) = self.at_work.join_next().await {
            buyers.push(done.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic())));
        }
        buyers
    }
}

/// A file that only this user can read.
pub fn write_private(path: &Path, text: &str) {
    use std::io::Write;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// The channels' credentials, with the proxy in place of the sandbox.
pub fn behind_proxy(credentials: &str, sandbox: &str, proxy: &str) -> String {
    let mut credentials: Value = serde_json::from_str(credentials).unwrap();
    for at in ["/alipay/gateway", "/wechat/base_url"] {
        let address = credentials.pointer_mut(at).unwrap();
        *address = json!(address.as_str().unwrap().replace(sandbox, proxy));
        assert!(address.as_str().unwrap().starts_with(proxy), "{address}");
    }
    credentials.to_string()
}

impl World {
    /// Sets up a shop of one room as its manual says, by its own commands, and starts everything.
    pub async fn new(folder: &Path, dice: &mut Dice) -> World {
        let (shop_at, sandbox_at) = (processes::free_address(dice), processes::free_address(dice));
        let channels = Proxy::before(sandbox_at, dice.for_part()).await;
        let notices = Proxy::before(shop_at, dice.for_part()).await;
        let door = Proxy::before(shop_at, dice.for_part()).await;
        let data = folder.join("sandbox");
        let data_text = data.display().to_string();
        let pauses = "200ms,300ms,500ms,1s,1s,2s,2s,4s,4s,8s,8s";
        let listen = sandbox_at.to_string();
        let options = arguments(["--listen", &listen, "--data", &data_text, "--notice-schedule", pauses]);
        let mut sandbox = Server::new(processes::sandbox(), options, folder.join("sandbox.log"));
        let base = sandbox.start().await["listen"].as_str().unwrap().to_owned();
        let credentials = fs::read_to_string(data.join("credentials.json")).unwrap();
        write_private(&folder.join("credentials.json"), &behind_proxy(&credentials, &base, &channels.base()));
        let config = folder.join("shop.toml");
        let settings = format!(
            "listen = '{shop_at}'\npublic_url = '{}'\ndatabase = '{}'\nsigning_key = '{}'\n\
             order_deadline_s = {DEADLINE_S}\ncredentials = '{}'\n[limits]\nviewer_per_minute = 0\n",
            notices.base(),
            testbed::database(&folder.join("shop.db")),
            folder.join("shop.key").display(),
            folder.join("credentials.json").display()
        );
        fs::write(&config, settings).unwrap();
        let (config, goods) = (config.display().to_string(), folder.join("goods.csv"));
        fs::write(&goods, GOODS).unwrap();
        let program = processes::storefront();
        let add = arguments(["streamer", "add", "Ahe", "--room", "tea", "--config", &config]);
        let streamer = processes::said(&program, &add).await;
        let goods = goods.display().to_string();
        processes::said(&program, &arguments(["goods", "import", &goods, "--room", "tea", "--config", &config])).await;
        let options = arguments(["serve", "--config", &config]);
        let mut storefront = Server::new(program, options, folder.join("storefront.log"));
        let ready = storefront.start().await;
        let key = ready["public_key"].as_str().unwrap();
        let shop = reqwest::Url::parse_with_params("liveshop://room/tea", [("shop", &*door.base()), ("key", key)]);
        let link = RoomLink::parse(shop.unwrap().as_str()).unwrap();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let rows = GOODS.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
        let judge = Judge {
            http: http.clone(),
            sandbox: base.clone(),
            shop: format!("http://{shop_at}"),
            stocked: rows.map(|row| (row[0].to_owned(), row[3].parse().unwrap())).collect(),
        };
        World {
            storefront,
            sandbox,
            judge,
            folder: folder.to_owned(),
            channels,
            notices,
            door,
            link,
            phone: Phone { http, sandbox: base },
            streamer_token: streamer["token"].as_str().unwrap().to_owned(),
        }
    }

    /// Lets buyers in; each buys until told that it is over.
    pub async fn let_in(&self, number: u64, dice: &mut Dice) -> Crowd {
        let over = watch::Sender::new(false);
        let mut at_work = JoinSet::new();
        for number in 1..=number {
            let (link, phone, dice) = (self.link.clone(), self.phone.clone(), dice.for_part());
            let buyer = Buyer::new(format!("buyer {number}"), link, phone, dice).await;
            at_work.spawn(buyer.buy_in(over.subscribe()));
        }
        Crowd { at_work, over }
    }

    fn wires(&self) -> [(&'static str, &Proxy); 3] {
        [("channels", &self.channels), ("notices", &self.notices), ("door", &self.door)]
    }

    fn set_all(&self, weather: Weather) {
        for (_, proxy) in self.wires() {
            proxy.set(weather);
        }
    }

    pub fn storm_begins(&self) {
        self.set_all(Weather::Storm);
    }

    pub fn storm_ends(&self) {
        self.set_all(Weather::Calm);
    }

    /// What the exchanges of the storm met on each wire.
    pub fn met(&self) -> BTreeMap<&'static str, BTreeMap<&'static str, u64>> {
        self.wires().map(|(name, proxy)| (name, proxy.met())).into()
    }

    /// SIGTERM while one order waits for its channel: that one is still answered, no other is taken, and after the next
    /// start it goes on. It is paid while the shop is away.
    pub async fn stops_gracefully(&mut self, buyer: &mut Buyer) {
        let World { storefront, judge, channels, .. } = self;
        let before = judge.orders_of(buyer).await;
        let (first, second) = (buyer.goods[1].clone(), buyer.goods[2].clone());
        let (params, asked) = buyer.wish(&first, 1, PayType::Wechat, None);
        let (late_params, late_asked) = buyer.wish(&second, 1, PayType::Alipay, None);
        channels.set(Weather::Still);
        let stopping = async {
            is_being_sent(judge, buyer).await;
            channels.holds_an_answer().await;
            storefront.ask_to_stop().await;
            takes_no_connection(&judge.shop).await;
            let refused = buyer.client.pay_order(&late_params, &late_asked).await;
            assert!(matches!(refused, Err(CallError::NoAnswer(_))), "while stopping: {refused:?}");
            assert!(storefront.lives(), "it stopped although an order waited for its channel");
            channels.set(Weather::Calm);
        };
        let both = async { tokio::join!(buyer.client.pay_order(&params, &asked), stopping) };
        let (answer, ()) = tokio::time::timeout(WAIT, both).await.expect("the shop does not stop as it should");
        let ext = answer.expect("the order that was being made when the shop stopped was not answered");
        let status = storefront.ended().await;
        assert_eq!(status.code(), Some(0), "SIGTERM: {status}; see {}", storefront.log.display());
        buyer.pay(&ext).await;
        storefront.start().await;
        let now = judge.orders_of(buyer).await;
        let new: Vec<_> = now.keys().filter(|order_id| !before.contains_key(order_id)).collect();
        assert_eq!(new, [&ext.order_id], "while stopping another order was made");
        until_delivered(buyer, &ext).await;
    }

    /// With faults off a payment reaches the client that listens. How fast is said, not judged.
    pub async fn tells_the_result(&self, buyer: &mut Buyer) {
        let goods = buyer.goods[3].clone();
        for pay_type in PayType::ALL {
            let (params, asked) = buyer.wish(&goods, 1, pay_type, None);
            let ext = buyer.order(params, asked).await.expect("with faults off an order is made");
            let told = {
                let listening = until_delivered(buyer, &ext);
                let paid = self.phone.act("pay", &ext.code, "somebody");
                let ((), after) = tokio::join!(listening, async {
                    assert!(paid.await);
                    now()
                });
                after.elapsed()
            };
            println!("{pay_type}: the result was told {} ms after the payment", told.as_millis());
        }
    }

    /// Neither program ever logged a key, a token or the secret that notices are sealed with.
    pub fn logs_hold_no_secret(&self, buyers: &[Buyer]) {
        let logs = [&self.storefront, &self.sandbox].map(|server| fs::read_to_string(&server.log).unwrap());
        assert!(logs.iter().all(|log| log.len() > 1_000), "the logs are empty: there is nothing to search");
        let credentials = fs::read_to_string(self.folder.join("credentials.json")).unwrap();
        let credentials: Value = serde_json::from_str(&credentials).unwrap();
        let mut secrets = vec![
            ("the APIv3 key".to_owned(), credentials["wechat"]["apiv3_key"].as_str().unwrap().to_owned()),
            ("the streamer's token".to_owned(), self.streamer_token.clone()),
            ("the signing key".to_owned(), fs::read_to_string(self.folder.join("shop.key")).unwrap().trim().to_owned()),
        ];
        secrets.extend(buyers.iter().map(|buyer| (format!("the token of {}", buyer.name), buyer.token.clone())));
        let mut keys = 0;
        for file in fs::read_dir(self.folder.join("sandbox/keys")).unwrap() {
            let path = file.unwrap().path();
            if path.to_string_lossy().contains("private_key") {
                let text = fs::read_to_string(&path).unwrap();
                let lines = text.lines().filter(|line| line.len() > 16 && !line.starts_with("-----"));
                secrets.extend(lines.map(|line| (path.display().to_string(), line.to_owned())));
                keys += 1;
            }
        }
        assert!(keys >= 6, "the sandbox's private keys are not where they were");
        let found: Vec<&str> = secrets
            .iter()
            .filter(|(_, secret)| logs.iter().any(|log| log.contains(secret.as_str())))
            .map(|(what, _)| what.as_str())
            .collect();
        assert!(found.is_empty(), "in the logs stand: {found:?}");
    }

    /// The shop's own audit, beside the running shop and alone.
    pub async fn check_finds_nothing(&mut self) {
        let program = processes::storefront();
        let config = self.folder.join("shop.toml").display().to_string();
        let help = processes::run(&program, &arguments(["check", "--help"])).await;
        assert!(help.status.success(), "the storefront has no command `check`");
        self.check(&program, &config).await;
        self.storefront.ask_to_stop().await;
        assert_eq!(self.storefront.ended().await.code(), Some(0));
        self.check(&program, &config).await;
    }

    async fn check(&self, program: &Path, config: &str) {
        let output = processes::run(program, &arguments(["check", "--config", config])).await;
        let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "storefront check:\n{said}{errors}");
        println!("storefront check: {}", said.trim());
    }
}

#[expect(clippy::disallowed_methods, reason = "a time that is told to people and decides nothing")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// Waits until an order of the buyer is on its way to its channel.
async fn is_being_sent(judge: &Judge, buyer: &Buyer) {
    loop {
        let orders = judge.orders_of(buyer).await;
        let mut attempts = orders.values().filter(|view| !view.state.is_terminal()).flat_map(|view| &view.attempts);
        if attempts.any(|attempt| attempt.state == AttemptState::Sent) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until nobody answers at the address any more.
async fn takes_no_connection(base: &str) {
    let address = base.trim_start_matches("http://");
    while TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Listens to an order, as the app does, until it is delivered.
async fn until_delivered(buyer: &Buyer, ext: &Ext) {
    let listening = async {
        let mut views = Box::pin(buyer.client.order_events(&ext.order_id).await.unwrap());
        while let Some(view) = views.next().await {
            match view.unwrap() {
                view if view.state == OrderState::Delivered => return,
                view => assert!(!view.state.is_terminal(), "paid and not delivered: {view:?}"),
            }
        }
        panic!("the stream ended before the order did");
    };
    tokio::time::timeout(WAIT, listening).await.expect("the result does not reach the client");
}
