//! A fleet: three storefronts over one PostgreSQL database, of which some die or stand still while people buy.

use super::buyers::{Buyer, Phone};
use super::chance::Dice;
use super::judge::{self, Judge};
use super::processes::{self, Server, arguments};
use super::proxy::{Proxy, Weather};
use super::world::{Crowd, behind_proxy, write_private};
use api::{Client, Ext, OrderView, RoomLink, Secret};
use futures_util::StreamExt;
use order::state::{AttemptState, OrderState};
use order::{OrderId, PayType};
use std::fs;
use std::path::Path;
use std::time::Duration;
use storefront::random::{Random, SystemRandom};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long anything may take. What a process that died was at is taken over after a minute.
const WAIT: Duration = Duration::from_secs(150);
const GOODS: &str = "title,kind,price_fen,stock,limit_per_viewer,fins\n\
    Last cups,merchandise,8800,6,,\nClay teapot,merchandise,22800,400,,\n60 shark fins,fins,600,4000,,60\n";

/// One storefront of the fleet, and the room's link through it.
struct Member {
    server: Server,
    link: RoomLink,
}

struct Fleet {
    folder: tempfile::TempDir,
    members: Vec<Member>,
    _sandbox: Server,
    /// From every storefront to the sandbox.
    channels: Proxy,
    judge: Judge,
    phone: Phone,
    dice: Dice,
}

fn write_settings(folder: &Path, name: &str, listen: &str, notices: &str, deadline_s: u32) -> String {
    let config = folder.join(name);
    let settings = format!(
        "listen = '{listen}'\npublic_url = '{notices}'\ndatabase = '{}'\nsigning_key = '{}'\n\
         order_deadline_s = {deadline_s}\ncredentials = '{}'\n[limits]\nviewer_per_minute = 0\n",
        testbed::postgres(&folder.join("shop.db")),
        folder.join("shop.key").display(),
        folder.join("credentials.json").display()
    );
    fs::write(&config, settings).unwrap();
    config.display().to_string()
}

impl Fleet {
    /// Three storefronts that start in the same moment over an empty database.
    async fn new(deadline_s: u32) -> Fleet {
        let folder = tempfile::tempdir().unwrap();
        let mut dice = Dice::new(u64::try_from(SystemRandom.bits().unwrap() >> 64).unwrap());
        let data = folder.path().join("sandbox").display().to_string();
        let options =
            ["--listen", "127.0.0.1:0", "--data", &data, "--notice-schedule", "200ms,500ms,1s,1s,2s,2s,4s,4s"];
        let mut sandbox = Server::new(processes::sandbox(), arguments(options), folder.path().join("sandbox.log"));
        let sandbox_base = sandbox.start().await["listen"].as_str().unwrap().to_owned();
        let channels =
            Proxy::before(sandbox_base.trim_start_matches("http://").parse().unwrap(), dice.for_part()).await;
        let credentials = fs::read_to_string(folder.path().join("sandbox/credentials.json")).unwrap();
        let credentials = behind_proxy(&credentials, &sandbox_base, &channels.base());
        write_private(&folder.path().join("credentials.json"), &credentials);
        // Whoever runs a fleet gives every process the same key.
        let key = storefront::keys::signing_key(&folder.path().join("shop.key")).unwrap().key().to_base64();
        let mut starting = JoinSet::new();
        let addresses = [(); 3].map(|()| processes::free_address(&mut dice));
        // One address for all, as a proxy in front of them has.
        let notices = Proxy::before(addresses[2], dice.for_part()).await.base();
        for (number, address) in addresses.iter().enumerate() {
            let listen = address.to_string();
            let config = write_settings(folder.path(), &format!("shop{number}.toml"), &listen, &notices, deadline_s);
            let log = folder.path().join(format!("storefront{number}.log"));
            let mut server = Server::new(processes::storefront(), arguments(["serve", "--config", &config]), log);
            let base = format!("http://{listen}");
            let link = reqwest::Url::parse_with_params("liveshop://room/tea", [("shop", &base), ("key", &key)]);
            let link = RoomLink::parse(link.unwrap().as_str()).unwrap();
            starting.spawn(async move {
                server.start().await;
                Member { server, link }
            });
        }
        let members = starting.join_all().await;
        let config = write_settings(folder.path(), "shop.toml", "127.0.0.1:0", &notices, deadline_s);
        let goods = folder.path().join("goods.csv").display().to_string();
        fs::write(&goods, GOODS).unwrap();
        let program = processes::storefront();
        processes::said(&program, &arguments(["streamer", "add", "Ahe", "--room", "tea", "--config", &config])).await;
        processes::said(&program, &arguments(["goods", "import", &goods, "--room", "tea", "--config", &config])).await;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let rows = GOODS.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
        let judge = Judge {
            http: http.clone(),
            sandbox: sandbox_base.clone(),
            shop: members[2].link.shop.to_string().trim_end_matches('/').to_owned(),
            stocked: rows.map(|row| (row[0].to_owned(), row[3].parse().unwrap())).collect(),
        };
        let phone = Phone { http, sandbox: sandbox_base };
        Fleet { folder, members, _sandbox: sandbox, channels, judge, phone, dice }
    }

    /// A buyer who speaks to one of the storefronts.
    async fn buyer(&mut self, at: usize) -> Buyer {
        let dice = self.dice.for_part();
        Buyer::new(format!("buyer at {at}"), self.members[at].link.clone(), self.phone.clone(), dice).await
    }

    /// The same person at another storefront.
    async fn client_of(&self, buyer: &Buyer, at: usize) -> Client {
        let client = Client::new(self.members[at].link.clone()).unwrap();
        client.speak_as(Secret::new(buyer.token.clone()));
        client.prove().await.unwrap();
        client
    }

    /// What `storefront check` says, beside the fleet and after it.
    async fn checks_clean(&mut self) {
        self.check().await;
        for member in &mut self.members {
            member.server.ask_to_stop().await;
            assert_eq!(member.server.ended().await.code(), Some(0));
        }
        self.check().await;
    }

    async fn check(&self) {
        let config = self.folder.path().join("shop.toml").display().to_string();
        let output = processes::run(&processes::storefront(), &arguments(["check", "--config", &config])).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "storefront check:\n{said}");
    }

    /// The order that a buyer has made, once it is on its way to its channel.
    async fn being_sent(&self, buyer: &Buyer) -> OrderView {
        let sent = async {
            loop {
                let orders = self.judge.orders_of(buyer).await;
                let is_sent = |view: &&OrderView| view.attempts.iter().any(|one| one.state == AttemptState::Sent);
                if let Some(view) = orders.values().find(is_sent) {
                    return view.clone();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(WAIT, sent).await.expect("no order is sent to its channel")
    }
}

/// Listens to an order until it is delivered.
async fn until_delivered(client: &Client, order_id: &OrderId) {
    let listening = async {
        let mut views = Box::pin(client.order_events(order_id).await.unwrap());
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

/// An order whose storefront is lost while its channel is asked for a code: another one gets the code, takes the payment
/// and tells a third one's listener.
async fn goes_on_elsewhere(fleet: &mut Fleet, lose: impl AsyncFnOnce(&mut Server)) {
    let mut buyer = fleet.buyer(0).await;
    let (teapot, pay_type) = (buyer.goods[1].clone(), PayType::Wechat);
    let (params, asked) = buyer.wish(&teapot, 1, pay_type, None);
    fleet.channels.set(Weather::Still);
    let view = {
        // Never answered: it is given up with the storefront.
        let asking = buyer.client.pay_order(&params, &asked);
        let sent = async {
            let view = fleet.being_sent(&buyer).await;
            fleet.channels.holds_an_answer().await;
            view
        };
        tokio::select! {
            view = sent => view,
            answer = asking => panic!("answered without its channel: {answer:?}"),
        }
    };
    lose(&mut fleet.members[0].server).await;
    fleet.channels.set(Weather::Calm);
    let (other, third) = (fleet.client_of(&buyer, 1).await, fleet.client_of(&buyer, 2).await);
    let pay = async {
        let given = super::buyers::insist(&mut Dice::new(1), || other.pay_order(&params, &asked)).await;
        let ext: Ext = given.expect("another storefront gives the code");
        assert_eq!((&ext.order_id, &ext.pay_id), (&view.order_id, &view.attempts[0].pay_id));
        assert!(fleet.phone.act("pay", &ext.code, "somebody").await);
        ext
    };
    let (ext, ()) = tokio::join!(pay, until_delivered(&third, &view.order_id));
    buyer.paid.insert(ext.pay_id);
    let orders = fleet.judge.at_rest(std::slice::from_ref(&buyer)).await;
    let mut buyers = [buyer];
    buyers[0].client = third;
    fleet.judge.judge(&mut buyers, &orders).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn what_a_storefront_was_at_when_it_was_killed_is_taken_over() {
    let mut fleet = Fleet::new(300).await;
    goes_on_elsewhere(&mut fleet, async |server| server.kill().await).await;
    fleet.members[0].server.start().await;
    fleet.checks_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn what_a_storefront_was_at_when_it_stood_still_is_taken_over_and_it_may_go_on() {
    let mut fleet = Fleet::new(300).await;
    goes_on_elsewhere(&mut fleet, async |server| server.signal("-STOP").await).await;
    fleet.members[0].server.signal("-CONT").await;
    // It believes that it still has the order, and finds that it has not.
    let mut buyer = fleet.buyer(0).await;
    let (params, asked) = {
        let goods = buyer.goods[1].clone();
        buyer.wish(&goods, 1, PayType::Alipay, None)
    };
    let ext = buyer.order(params, asked).await.expect("a storefront that goes on sells");
    let third = fleet.client_of(&buyer, 2).await;
    let ((), ()) = tokio::join!(buyer.pay(&ext), until_delivered(&third, &ext.order_id));
    fleet.checks_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn what_changes_at_one_storefront_is_told_at_the_others() {
    let mut fleet = Fleet::new(300).await;
    let mut buyer = fleet.buyer(0).await;
    let third = fleet.client_of(&buyer, 2).await;
    assert_eq!(third.goods().await.unwrap()[0].stock_left, 6);
    let mut room = Box::pin(third.room_events().await.unwrap());
    let cups = buyer.goods[0].clone();
    let (params, asked) = buyer.wish(&cups, 2, PayType::Alipay, None);
    let ext = buyer.order(params, asked).await.expect("there are enough cups");
    let told = async {
        while third.goods().await.unwrap()[0].stock_left != 4 {
            room.next().await.unwrap().unwrap();
        }
    };
    tokio::time::timeout(WAIT, told).await.expect("the other storefront's listeners never hear of it");
    let ((), ()) = tokio::join!(buyer.pay(&ext), until_delivered(&third, &ext.order_id));
    fleet.checks_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "over PostgreSQL; `cargo xtask test` runs it"]
async fn killed_one_after_the_other_a_fleet_keeps_its_promise() {
    let mut fleet = Fleet::new(6).await;
    let over = watch::Sender::new(false);
    let mut at_work = JoinSet::new();
    for number in 0..9 {
        let buyer = fleet.buyer(number % 3).await;
        at_work.spawn(buyer.buy_in(over.subscribe()));
    }
    let mut crowd = Crowd { at_work, over };
    for kill in 0..6 {
        tokio::time::sleep(fleet.dice.pause(300..2_500)).await;
        let server = &mut fleet.members[kill % 3].server;
        server.kill().await;
        tokio::time::sleep(fleet.dice.pause(0..1_000)).await;
        server.start().await;
    }
    let mut buyers = tokio::time::timeout(WAIT, crowd.all_finish()).await.expect("a buyer waits without end");
    let orders = fleet.judge.at_rest(&buyers).await;
    fleet.judge.judge(&mut buyers, &orders).await;
    judge::same_answers(&buyers, &mut fleet.dice).await;
    fleet.checks_clean().await;
}
