//! The panel.

use crate::world::{WAIT, World};
use rehearsal::view::{Crowd, CrowdPlan, HappeningKind, Panel, Switch, Trouble};
use rehearsal::{Line, Seen, Switchboard, crowd};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

fn switch(panel: &Panel, trouble: Trouble) -> Switch {
    panel.switches.iter().find(|switch| switch.trouble == trouble).unwrap().clone()
}

fn on(panel: &Panel) -> Vec<Trouble> {
    panel.switches.iter().filter(|switch| switch.on).map(|switch| switch.trouble).collect()
}

async fn faults(world: &World, put: Option<Value>) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/faults", world.sandbox.base_url);
    let request = match put {
        Some(faults) => http.put(url).json(&faults),
        None => http.get(url),
    };
    request.send().await.unwrap().json().await.unwrap()
}

async fn opened(world: &World) -> (Arc<Line>, Switchboard) {
    let line = Line::open(([127, 0, 0, 1], 0).into(), world.shop.address).await.unwrap();
    let line = Arc::new(line);
    let board = Switchboard::open(&world.sandbox.base_url, Arc::clone(&line)).await.unwrap();
    (line, board)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_switch_goes_on_and_off_and_leaves_what_others_set_alone() {
    let world = World::new(600).await;
    let theirs = json!({"rate_limited": {"count": 3, "calls": ["bill"]}, "http_error_before": {"calls": ["bill"]}});
    faults(&world, Some(json!({"alipay": theirs}))).await;
    let (line, board) = opened(&world).await;
    assert_eq!(on(&board.panel().await.unwrap()), []);
    for trouble in Trouble::ALL {
        let panel = board.set(trouble, true).await.unwrap();
        assert_eq!(on(&panel), [trouble]);
        let ends = switch(&panel, trouble).off_in_s;
        let lasts = trouble.lasts().map(|lasts| lasts.as_secs());
        assert!(ends.map(u64::from) <= lasts && ends.is_some() == lasts.is_some(), "{trouble:?} {ends:?}");
        assert_eq!(line.is_cut(), trouble == Trouble::ViewerOffline);
        let panel = board.set(trouble, false).await.unwrap();
        assert_eq!((on(&panel), switch(&panel, trouble).off_in_s), (vec![], None));
    }
    let kept = faults(&world, None).await;
    assert_eq!(kept["alipay"]["rate_limited"]["count"], 3);
    for trouble in Trouble::ALL {
        board.set(trouble, true).await.unwrap();
    }
    assert_eq!(on(&board.panel().await.unwrap()), Trouble::ALL, "together they do not get in each other's way");
    assert_eq!(on(&board.clear().await.unwrap()), []);
    assert!(!line.is_cut());
    assert_eq!(faults(&world, None).await["alipay"]["rate_limited"]["count"], 3);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_left_on_from_last_time_stays_on_but_for_what_would_have_ended() {
    let world = World::new(600).await;
    let left = json!({"channel_down": {}, "balance_not_enough": {}});
    faults(&world, Some(json!({"alipay": left, "wechat": left}))).await;
    let (_line, board) = opened(&world).await;
    assert_eq!(on(&board.panel().await.unwrap()), [Trouble::RefundsRefused]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn happenings_are_told_with_the_trouble_that_struck_them() {
    let world = World::new(600).await;
    let (_line, board) = opened(&world).await;
    board.set(Trouble::NoticesLost, true).await.unwrap();
    let mut seen = Seen::default();
    tokio::time::timeout(WAIT, board.changed(&mut seen)).await.expect("the switch was not told");
    let (views, _keep) = watch::channel(Crowd::beginning());
    let (_stop, stop) = watch::channel(false);
    let plan = CrowdPlan { viewers: 2, pay: 100, leave: 0, late: 0, over_s: 1 };
    let ground = world.ground();
    let told = tokio::time::timeout(WAIT, board.changed(&mut seen));
    let (done, told) = tokio::join!(crowd(&ground, &plan, &views, stop), told);
    done.unwrap();
    told.expect("what happened was not told");
    assert_eq!(views.borrow().delivered, views.borrow().ordered, "a lost notice loses nothing");
    let panel = board.panel().await.unwrap();
    assert_eq!(switch(&panel, Trouble::NoticesLost).struck, u64::from(views.borrow().paid));
    let newest_first = |one: &rehearsal::view::Happening| std::cmp::Reverse(one.seq);
    assert!(panel.happenings.is_sorted_by_key(newest_first));
    let paid = panel.happenings.iter().find(|one| one.what == HappeningKind::Paid).unwrap();
    assert!(paid.amount_fen.is_some() && paid.trouble.is_none() && paid.at_ms > 0);
    let notices: Vec<_> = panel.happenings.iter().filter(|one| one.what == HappeningKind::Notice).collect();
    assert!(!notices.is_empty() && notices.iter().all(|one| one.trouble == Some(Trouble::NoticesLost)));
    for what in [HappeningKind::CodeAsked, HappeningKind::Scanned, HappeningKind::Query] {
        assert!(panel.happenings.iter().any(|one| one.what == what), "{what:?}");
    }
    world.stop().await;
}
