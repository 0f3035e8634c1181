use super::*;
use crate::entrance::Entrances;
use crate::session::Session;
use crate::shops::Shops;
use crate::views::{BuyRequest, Entrance, Hosting, Stage};
use api::RoomState;
use api::studio::{RoomDraft, Studio};
use order::PayType;
use rehearsal::view::{CaseState, RehearsalState, Trouble};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Longest a test waits for anything.
const WAIT: Duration = Duration::from_secs(60);

/// A start of the app over its files, in the practice room.
async fn start(data: &Path) -> Entrances {
    let (begun, _nobody) = mpsc::unbounded_channel();
    let entrances = Entrances::new(Shops::new(data.to_owned(), begun), None);
    assert!(matches!(entrances.enter().await.unwrap(), Entrance::Open { practice: true, .. }));
    entrances
}

/// The app ends.
async fn end(entrances: Entrances) {
    let practice = entrances.practice().unwrap();
    drop(entrances);
    practice.close().await;
}

async fn desk(entrances: &Entrances) -> Studio {
    entrances.session().unwrap().host.client().unwrap().studio().await.unwrap()
}

fn draft(desk: &Studio) -> RoomDraft {
    RoomDraft {
        revision: desk.room_revision,
        title: desk.room.title.clone(),
        notice: desk.room.notice.clone(),
        state: desk.room.state,
        stream: desk.room.stream.clone(),
        starts_at: desk.room.starts_at,
        cover: desk.room.cover.clone(),
    }
}

/// Buys something that is sent nowhere, and waits for its code.
async fn buy(session: &Session) -> String {
    let goods = session.client.goods().await.unwrap();
    let item = goods.iter().find(|item| item.kind == order::GoodsKind::Fins && item.stock_left > 0).unwrap();
    let request = BuyRequest {
        goods_id: item.goods_id.to_string(),
        quantity: 1,
        pay_type: PayType::Alipay,
        price_version: item.price_version,
        amount_fen: item.price_fen,
        note: None,
        address_id: None,
    };
    let id = session.buy(request).await.unwrap();
    let mut views = session.purchases.follow(&id).unwrap();
    let shown = views.wait_for(|view| matches!(view.stage, Stage::AwaitingPayment { .. }));
    timeout(WAIT, shown).await.unwrap().unwrap();
    id
}

#[tokio::test]
async fn whoever_practises_runs_the_room_and_its_link_and_token_stay() {
    let data = tempfile::tempdir().unwrap();
    let entrances = start(data.path()).await;
    let Hosting { streamer, rehearsal } = entrances.session().unwrap().hosting().await;
    assert!(streamer.is_some_and(|name| !name.is_empty()) && rehearsal);
    assert_eq!(desk(&entrances).await.goods.iter().filter(|goods| goods.last_deal.is_some()).count(), 1);
    let link = entrances.session().unwrap().client.link().clone();
    let token = std::fs::read(data.path().join("practice/streamer.json")).unwrap();
    // Nobody gives it another token, or takes this one away.
    assert!(entrances.session().unwrap().host.take("token").await.is_err());
    assert!(entrances.session().unwrap().host.forget().is_err());
    end(entrances).await;
    let entrances = start(data.path()).await;
    assert_eq!(*entrances.session().unwrap().client.link(), link);
    assert_eq!(std::fs::read(data.path().join("practice/streamer.json")).unwrap(), token);
    desk(&entrances).await;
    end(entrances).await;
}

#[tokio::test]
async fn what_the_streamer_did_to_the_practice_room_is_there_at_the_next_start() {
    let data = tempfile::tempdir().unwrap();
    let entrances = start(data.path()).await;
    let first = desk(&entrances).await;
    let sample = first.room.stream.clone().unwrap();
    let client = entrances.session().unwrap().host.client().unwrap();
    let mut wanted = draft(&first);
    (wanted.title, wanted.state) = ("My own evening".into(), RoomState::Over);
    let edited = client.edit_room(&wanted).await.unwrap();
    let dealt = edited.goods.iter().find(|goods| goods.item.deal.is_some()).unwrap().item.goods_id.clone();
    client.end_deal(&dealt).await.unwrap();
    end(entrances).await;

    // The sample show is at another address now, and is found there.
    let entrances = start(data.path()).await;
    let again = desk(&entrances).await;
    assert_eq!((again.room.title.as_str(), again.room.state), ("My own evening", RoomState::Over));
    assert_ne!(again.room.stream.as_ref(), Some(&sample));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(http.get(again.room.stream.clone().unwrap()).send().await.unwrap().status().is_success());
    assert!(again.goods.iter().all(|goods| goods.item.deal.is_none()), "the goods were edited");
    let client = entrances.session().unwrap().host.client().unwrap();
    let own = Some("https://live.example/own.m3u8".to_owned());
    client.edit_room(&RoomDraft { stream: own.clone(), ..draft(&again) }).await.unwrap();
    end(entrances).await;

    let entrances = start(data.path()).await;
    assert_eq!(desk(&entrances).await.room.stream, own);
    end(entrances).await;
}

#[tokio::test]
async fn a_reset_room_is_as_it_was_at_first_and_knows_nothing_of_what_was_bought() {
    let data = tempfile::tempdir().unwrap();
    let entrances = start(data.path()).await;
    let first = desk(&entrances).await;
    let session = entrances.session().unwrap();
    let client = session.host.client().unwrap();
    buy(&session).await;
    client.edit_room(&RoomDraft { title: "My own evening".into(), ..draft(&first) }).await.unwrap();
    let Entrance::Open { room, practice: true, .. } = entrances.reset_practice().await.unwrap() else {
        panic!("the room is not open")
    };
    assert_eq!(room.title, first.room.title);
    assert!(entrances.session().unwrap().purchases.views().is_empty());
    assert!(std::fs::read_dir(data.path().join("pending")).unwrap().next().is_none());
    let anew = desk(&entrances).await;
    assert_eq!(anew.goods.len(), first.goods.len());
    assert!(anew.goods.iter().all(|goods| goods.open_orders == 0 && goods.revision == 0));
    // The new room sells, to a viewer who has an address.
    assert_eq!(entrances.session().unwrap().client.addresses().await.unwrap().len(), 1);
    buy(&entrances.session().unwrap()).await;
    end(entrances).await;
    // Nothing of the old one comes back.
    let entrances = start(data.path()).await;
    assert_eq!(entrances.session().unwrap().purchases.views().len(), 1);
    end(entrances).await;
}

#[tokio::test]
async fn a_viewer_who_is_cut_off_reaches_nothing_while_the_streamer_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let entrances = start(data.path()).await;
    let (session, practice) = (entrances.session().unwrap(), entrances.practice().unwrap());
    practice.panel().set(Trouble::ViewerOffline, true).await.unwrap();
    assert!(matches!(session.client.room().await, Err(api::CallError::NoAnswer(_))));
    desk(&entrances).await;
    practice.panel().clear().await.unwrap();
    session.client.room().await.unwrap();
    end(entrances).await;
}

#[tokio::test]
async fn a_crowd_buys_in_the_practice_room_and_one_is_sent_at_a_time() {
    let data = tempfile::tempdir().unwrap();
    let entrances = start(data.path()).await;
    let practice = entrances.practice().unwrap();
    let plan = |viewers| CrowdPlan { viewers, pay: 100, leave: 0, late: 0, over_s: 1 };
    assert!(matches!(practice.send_crowd(plan(0)).await, Err(PracticeError::Crowd(CrowdError::Plan(_)))));
    let mut views = practice.send_crowd(plan(6)).await.unwrap();
    let other = practice.send_crowd(plan(300)).await.unwrap();
    assert!(views.same_channel(&other), "a second crowd was sent");
    let over = timeout(WAIT, views.wait_for(|crowd| !crowd.running)).await.unwrap().unwrap().clone();
    assert_eq!((over.came, over.agrees), (6, Some(true)), "{over:?}");
    assert!(over.paid > 0 && over.delivered == over.paid, "{over:?}");
    end(entrances).await;
}

#[tokio::test]
async fn a_rehearsal_sells_copies_on_a_stage_of_its_own_of_which_nothing_stays() {
    let data = tempfile::tempdir().unwrap();
    let entrances = start(data.path()).await;
    let (practice, rehearsals) = (entrances.practice().unwrap(), entrances.rehearsals());
    assert!(rehearsals.last().await.is_none());
    let before = desk(&entrances).await;
    let mut views = practice.rehearse(rehearsals).await.unwrap();
    assert!(views.same_channel(&practice.rehearse(rehearsals).await.unwrap()), "a second one was begun");
    let first_case = |rehearsal: &Rehearsal| rehearsal.cases[0].state == CaseState::Passed;
    timeout(WAIT, views.wait_for(first_case)).await.unwrap().unwrap();
    rehearsals.stop().await;
    let stopped = |rehearsal: &Rehearsal| rehearsal.state == RehearsalState::Stopped;
    timeout(WAIT, views.wait_for(stopped)).await.unwrap().unwrap();
    assert_eq!(rehearsals.last().await.unwrap().room, before.room.title);
    let titles: Vec<_> = before.goods.iter().map(|goods| goods.item.title.clone()).collect();
    assert!(titles.contains(&views.borrow().cases[0].title), "it sells something else");
    // The next one waits until the stage of this one is gone.
    let mut views = practice.rehearse(rehearsals).await.unwrap();
    rehearsals.stop().await;
    timeout(WAIT, views.wait_for(stopped)).await.unwrap().unwrap();
    // The views end with the stage.
    while timeout(WAIT, views.changed()).await.unwrap().is_ok() {}
    assert!(!data.path().join("rehearsal").exists());
    let after = desk(&entrances).await;
    assert_eq!(after.goods, before.goods, "the rehearsal touched the room's goods");
    end(entrances).await;
}
