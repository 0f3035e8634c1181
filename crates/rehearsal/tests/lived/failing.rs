//! Cases that fail, each for a reason of its own: a rehearsal that cannot fail says nothing.

use crate::falsifier::{before, nothing_instead};
use crate::world::{World, of_cases};
use order::state::OrderState;
use rehearsal::view::{Case, CaseFault, CaseReport, CaseState, Outcome};
use rehearsal::{Stage, rehearse};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;

/// Lives one case and returns what is said of it, which must be that it failed.
async fn failed(stage: &Stage, case: Case) -> CaseReport {
    let (views, _seen) = watch::channel(of_cases(&[case]));
    let (_keep, stop) = watch::channel(false);
    rehearse(stage, &views, stop).await;
    let view = views.borrow().clone();
    let report = view.cases.into_iter().next().unwrap();
    assert_eq!(report.state, CaseState::Failed, "{report:?}, {:?}", view.message);
    report
}

fn no_change(_: &str, _: &mut Value) {}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn money_that_is_not_in_the_channels_books_fails_a_case() {
    fn halve(what: &str, said: &mut Value) {
        if what == "GET /books" {
            for trade in said["trades"].as_array_mut().unwrap() {
                trade["paid_fen"] = json!(trade["paid_fen"].as_i64().unwrap() / 2);
            }
        }
    }
    let world = World::new(600).await;
    let mut stage = world.stage();
    stage.channels = before(&stage.channels, nothing_instead, halve).await;
    let report = failed(&stage, Case::Paid).await;
    assert_eq!(report.faults, [CaseFault::Outcome]);
    let half = Outcome { money_in_fen: report.wanted.money_in_fen / 2, ..report.wanted };
    assert_eq!(report.found, half);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_phone_that_does_not_pay_leaves_the_viewer_with_another_end() {
    fn only_say_paid(what: &str, _: usize) -> Option<(u16, Value)> {
        (what == "POST /phone/pay").then(|| (200, json!({"state": "paid"})))
    }
    let world = World::new(5).await;
    let mut stage = world.stage();
    stage.channels = before(&stage.channels, only_say_paid, no_change).await;
    let report = failed(&stage, Case::NoticeLost).await;
    assert_eq!(report.faults, [CaseFault::Outcome, CaseFault::EndState { wanted: OrderState::Delivered }]);
    assert_eq!(report.found, Outcome::default());
    assert_eq!(report.steps.last().unwrap().state, Some(OrderState::Closed));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_that_does_not_end_fails_its_case() {
    let world = World::new(600).await;
    let stage = Stage { case_limit: Duration::from_secs(2), ..world.stage() };
    let report = failed(&stage, Case::Expired).await;
    assert_eq!(report.faults, [CaseFault::NoEnd, CaseFault::EndState { wanted: OrderState::Closed }]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_piece_that_vanishes_fails_a_case() {
    fn lose_one(what: &str, said: &mut Value) {
        if what == "GET /v1/studio" {
            let item = &mut said["goods"].as_array_mut().unwrap().last_mut().unwrap()["item"];
            item["stock_left"] = json!(item["stock_left"].as_u64().unwrap() - 1);
        }
    }
    let world = World::new(600).await;
    let mut stage = world.stage();
    stage.shop = world.link(&before(&world.base(), nothing_instead, lose_one).await);
    let report = failed(&stage, Case::Paid).await;
    assert_eq!(report.faults, [CaseFault::Stock]);
    assert_eq!(report.found, report.wanted);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_phone_that_breaks_is_the_rehearsal_s_own_fault_and_is_said_so() {
    fn break_phone(what: &str, _: usize) -> Option<(u16, Value)> {
        (what == "POST /phone/pay").then(|| (500, json!({"code": "broken"})))
    }
    let world = World::new(600).await;
    let mut stage = world.stage();
    stage.channels = before(&stage.channels, break_phone, no_change).await;
    let report = failed(&stage, Case::Paid).await;
    let CaseFault::Broken { message } = &report.faults[0] else { panic!("{:?}", report.faults) };
    assert!(message.contains("broken"), "{message}");
    world.stop().await;
}
