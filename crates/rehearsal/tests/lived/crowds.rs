//! Crowds.

use crate::falsifier::{before, nothing_instead};
use crate::world::{WAIT, World};
use rehearsal::view::{Crowd, CrowdPlan};
use rehearsal::{Ground, crowd};
use serde_json::{Value, json};
use tokio::sync::watch;

/// Sends a crowd and returns how it ended.
async fn sent(ground: &Ground, plan: &CrowdPlan) -> Crowd {
    let (views, _seen) = watch::channel(Crowd::beginning());
    let (_keep, stop) = watch::channel(false);
    crowd(ground, plan, &views, stop).await.unwrap();
    views.borrow().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_of_forty_comes_to_rest_and_its_money_and_goods_agree() {
    let world = World::new(12).await;
    let (left, ..) = world.stock().await;
    let plan = CrowdPlan { viewers: 40, pay: 70, leave: 20, late: 10, over_s: 4 };
    let end = sent(&world.ground(), &plan).await;
    assert_eq!((end.running, end.came, end.failed, end.agrees), (false, 40, 0, Some(true)), "{end:?}");
    assert_eq!(end.ordered + end.turned_away, 40, "{end:?}");
    assert_eq!(end.delivered + end.refunded + end.closed, end.ordered, "all came to rest: {end:?}");
    assert!(end.delivered > 0 && end.closed > 0, "{end:?}");
    assert!(end.delivered + end.refunded >= end.paid && end.paid_fen > 0, "{end:?}");
    assert_eq!(world.stock().await, (left - end.delivered, 0, end.delivered));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_that_is_stopped_gives_back_what_it_left_unpaid() {
    let world = World::new(600).await;
    let before = world.stock().await;
    let (views, mut seen) = watch::channel(Crowd::beginning());
    let (stop, stopped) = watch::channel(false);
    let stopping = async {
        seen.wait_for(|crowd| crowd.ordered + crowd.turned_away >= 10).await.unwrap();
        stop.send_replace(true);
    };
    // Ten come in the first seconds; the other 490 do not come any more.
    let plan = CrowdPlan { viewers: 500, pay: 0, leave: 100, late: 0, over_s: 100 };
    let ground = world.ground();
    let both = async { tokio::join!(crowd(&ground, &plan, &views, stopped), stopping) };
    let (done, ()) = tokio::time::timeout(WAIT, both).await.unwrap();
    done.unwrap();
    let end = views.borrow().clone();
    assert!(!end.running && end.came < 500, "{end:?}");
    assert_eq!((end.closed, end.agrees), (end.ordered, Some(true)), "{end:?}");
    assert_eq!(world.stock().await, before);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_says_when_the_books_do_not_agree_and_waits_when_it_is_told_to() {
    fn take_one_fen(what: &str, said: &mut Value) {
        if what == "GET /books" {
            for trade in said["trades"].as_array_mut().unwrap() {
                trade["paid_fen"] = json!(trade["paid_fen"].as_i64().unwrap() - 1);
            }
        }
    }
    fn first_too_often(what: &str, before: usize) -> Option<(u16, Value)> {
        let refusal = json!({"error": "too_many_requests", "msg": "", "data": {"retry_after_s": 1}});
        (what == "POST /v1/viewers" && before < 4).then_some((429, refusal))
    }
    fn no_change(_: &str, _: &mut Value) {}
    let world = World::new(600).await;
    let ground = Ground {
        shop: world.link(&before(&world.base(), first_too_often, no_change).await),
        channels: before(&world.sandbox.base_url, nothing_instead, take_one_fen).await,
    };
    let end = sent(&ground, &CrowdPlan { viewers: 3, pay: 100, leave: 0, late: 0, over_s: 1 }).await;
    assert_eq!((end.agrees, end.failed), (Some(false), 0), "{end:?}");
    assert!(end.slowed_down >= 1, "{end:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn there_is_no_crowd_without_a_plan_or_without_channels() {
    let world = World::new(600).await;
    let (views, _seen) = watch::channel(Crowd::beginning());
    let refused = async |ground: &Ground, plan: &CrowdPlan| {
        let (_keep, stop) = watch::channel(false);
        crowd(ground, plan, &views, stop).await.unwrap_err().to_string()
    };
    let plan = CrowdPlan { viewers: 1, pay: 100, leave: 0, late: 0, over_s: 1 };
    assert!(refused(&world.ground(), &CrowdPlan { pay: 99, ..plan }).await.contains("100"));
    let nowhere = Ground { channels: "http://127.0.0.1:9".into(), ..world.ground() };
    assert!(refused(&nowhere, &plan).await.contains("did not answer"));
    assert!(!views.borrow().running);
    world.stop().await;
}
