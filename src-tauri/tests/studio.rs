//! The streamer's side of a room, without a window: whose token is taken and kept, and the files that are written.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod shop;

use api::ErrorCode;
use desktop::entrance::Entrances;
use desktop::shops::Shops;
use desktop::studio::{self, Table};
use desktop::views::{CommandCode, CommandError, Entrance, Hosting};
use shop::Shop;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A start of the app over its files, in the room of a trusted shop.
async fn start(data: &Path, shop: &Shop) -> Entrances {
    let (begun, _nobody) = mpsc::unbounded_channel();
    let entrances = Entrances::new(Shops::new(data.to_owned(), begun), None);
    if let Entrance::AskTrust { .. } = entrances.open_room(&shop.link()).await.unwrap() {
        entrances.trust().await.unwrap();
    }
    entrances
}

async fn hosting(entrances: &Entrances) -> Option<String> {
    let Hosting { streamer, rehearsal } = entrances.session().unwrap().hosting().await;
    assert!(!rehearsal, "this is not the practice room");
    streamer
}

fn is_refused<T: std::fmt::Debug>(answer: Result<T, CommandError>) -> bool {
    answer.unwrap_err().code == CommandCode::Shop(ErrorCode::Unauthorised)
}

/// The files of streamers' tokens.
fn kept(data: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(data.join("streamers")).into_iter().flatten();
    files.map(|file| file.unwrap().path()).collect()
}

#[tokio::test]
async fn a_token_that_the_shop_takes_is_kept_for_its_room_until_it_is_forgotten() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let token = shop.streamer("Ahe", "tea").await;
    let entrances = start(data.path(), &shop).await;
    assert_eq!(hosting(&entrances).await, None);
    assert!(is_refused(entrances.session().unwrap().host.client()));
    // As it is pasted, with what a line brings along.
    let taken = entrances.session().unwrap().host.take(&format!(" {token}\n")).await.unwrap();
    assert_eq!((taken.as_str(), hosting(&entrances).await.as_deref()), ("Ahe", Some("Ahe")));
    let desk = entrances.session().unwrap().host.client().unwrap().studio().await.unwrap();
    assert_eq!((desk.room.room_id.as_str(), desk.goods.len()), ("tea", 3));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&kept(data.path())[0]).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "others can read the token");
    }

    let again = start(data.path(), &shop).await;
    assert_eq!(hosting(&again).await.as_deref(), Some("Ahe"));
    again.session().unwrap().host.forget().unwrap();
    assert_eq!(hosting(&again).await, None);
    assert!(kept(data.path()).is_empty());
    assert_eq!(hosting(&start(data.path(), &shop).await).await, None);
    shop.stop().await;
}

#[tokio::test]
async fn what_is_no_token_of_the_open_room_is_refused_and_changes_nothing() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let (own, other) = (shop.streamer("Ahe", "tea").await, shop.streamer("Bo", "cups").await);
    let entrances = start(data.path(), &shop).await;
    let session = entrances.session().unwrap();
    for none in ["", "no token", "令牌", "wrong", &other] {
        assert!(is_refused(session.host.take(none).await), "{none}");
    }
    assert!(kept(data.path()).is_empty());
    session.host.take(&own).await.unwrap();
    assert!(is_refused(session.host.take(&other).await));
    assert_eq!(hosting(&entrances).await.as_deref(), Some("Ahe"), "what was known before stays");
    shop.stop().await;
}

#[tokio::test]
async fn a_token_that_was_taken_back_opens_nothing_and_a_shop_that_is_silent_is_no_reason_to_forget_it() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let token = shop.streamer("Ahe", "tea").await;
    let entrances = start(data.path(), &shop).await;
    entrances.session().unwrap().host.take(&token).await.unwrap();
    shop.remove_streamer("Ahe").await;
    assert_eq!(hosting(&entrances).await, None);
    assert!(is_refused(entrances.session().unwrap().host.client()));

    let token = shop.streamer("Ahe", "tea").await;
    entrances.session().unwrap().host.take(&token).await.unwrap();
    shop.stop().await;
    assert_eq!(hosting(&entrances).await.as_deref(), Some("Ahe"));
}

#[tokio::test]
async fn goods_and_orders_are_written_under_the_name_of_the_room_and_the_day_and_over_no_file() {
    let (shop, data) = (Shop::open(300, None).await, tempfile::tempdir().unwrap());
    let token = shop.streamer("Ahe", "tea").await;
    let entrances = start(data.path(), &shop).await;
    let session = entrances.session().unwrap();
    let downloads = data.path().join("Downloads");
    assert!(is_refused(studio::export(&session, Table::Goods, &downloads).await), "this window is no streamer's yet");
    session.host.take(&token).await.unwrap();
    let streamer = Arc::clone(&session.host.client().unwrap());
    for (table, name) in [(Table::Goods, "liveshop-goods-tea-"), (Table::Orders, "liveshop-orders-tea-")] {
        let path = studio::export(&session, table, &downloads).await.unwrap();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(file.starts_with(name) && file.ends_with(".csv"), "{file}");
        assert_eq!(studio::export(&session, table, &downloads).await.unwrap(), path, "nothing changed");
    }
    let goods = std::fs::read_to_string(downloads.join(first_named(&downloads, "liveshop-goods"))).unwrap();
    assert!(goods.contains("Clay teapot"), "{goods}");
    // What is written can be read again, and changes nothing.
    let report = streamer.import_goods(goods, true).await.unwrap();
    assert!(report.rows.iter().all(|row| row.outcome == api::studio::ImportOutcome::Same), "{report:?}");
    let first = streamer.studio().await.unwrap().goods[0].clone();
    streamer.remove_item(&first.item.goods_id, first.revision).await.unwrap();
    let second = studio::export(&session, Table::Goods, &downloads).await.unwrap();
    assert!(second.display().to_string().ends_with("-2.csv"), "{}", second.display());
    shop.stop().await;
}

fn first_named(folder: &Path, name: &str) -> String {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    files.into_iter().find(|file| file.starts_with(name)).unwrap()
}
