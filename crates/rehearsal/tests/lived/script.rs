//! The script on a shop that does what it must.

use crate::world::{WAIT, World, of_cases};
use order::state::OrderState;
use rehearsal::rehearse;
use rehearsal::view::{Case, CaseState, Deed, RehearsalState, Who};
use tokio::sync::watch;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_whole_script_passes_on_a_shop_that_does_what_it_must() {
    let world = World::new(12).await;
    let (views, mut seen) = watch::channel(of_cases(&Case::ALL));
    let (_keep, stop) = watch::channel(false);
    let mut running = Vec::new();
    let watching = async {
        while seen.changed().await.is_ok() {
            let view = seen.borrow_and_update().clone();
            running.extend(view.cases.iter().filter(|case| case.state == CaseState::Running).map(|case| case.case));
            if view.state == RehearsalState::Done {
                return view;
            }
        }
        panic!("the views ended before the rehearsal");
    };
    let stage = world.stage();
    let ((), view) = tokio::join!(rehearse(&stage, &views, stop), watching);
    assert!(view.passed(), "{:#?}", view.cases.iter().filter(|case| !case.faults.is_empty()).collect::<Vec<_>>());
    running.dedup();
    assert_eq!(running, Case::ALL, "each case was seen while it was lived, one after the other");
    for case in &view.cases {
        assert_eq!(case.found, case.wanted, "{:?}", case.case);
        let last = case.steps.last().unwrap();
        assert_eq!((last.who, last.deed), (Who::Shop, Deed::Told), "{:?}", case.case);
        assert!(case.steps.is_sorted_by_key(|step| step.after_ms) && !case.title.is_empty());
    }
    let told = |case: Case| {
        let report = view.cases.iter().find(|report| report.case == case).unwrap();
        report.steps.iter().filter_map(|step| step.state).collect::<Vec<_>>()
    };
    assert_eq!(told(Case::SoldOut), [OrderState::Closed, OrderState::Refunded]);
    assert_eq!(told(Case::PaidLate), [OrderState::Closed, OrderState::Delivered]);
    // Nothing was told while nothing was known.
    assert_eq!(told(Case::QueriesUnanswered), [OrderState::AwaitingPayment, OrderState::Delivered]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rehearsal_that_is_stopped_leaves_nothing_running() {
    let world = World::new(600).await;
    let (views, mut seen) = watch::channel(of_cases(&[Case::Expired, Case::Paid]));
    let (stop, stopped) = watch::channel(false);
    let stopping = async {
        seen.wait_for(|view| view.cases[0].steps.len() == 2).await.unwrap();
        stop.send_replace(true);
    };
    let stage = world.stage();
    let both = async { tokio::join!(rehearse(&stage, &views, stopped), stopping) };
    tokio::time::timeout(WAIT, both).await.unwrap();
    let view = views.borrow().clone();
    assert_eq!(view.state, RehearsalState::Stopped);
    assert!(view.cases.iter().all(|case| case.state == CaseState::Stopped));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stage_that_cannot_be_used_is_named() {
    let world = World::new(600).await;
    let run = async |stage| {
        let (views, _seen) = watch::channel(of_cases(&Case::ALL));
        rehearse(&stage, &views, watch::channel(false).1).await;
        views.borrow().clone()
    };
    let mut stage = world.stage();
    stage.streamer = api::Secret::new("nobody's".into());
    let (view, stage) = (run(stage).await, world.stage());
    assert_eq!(view.state, RehearsalState::Failed);
    assert!(view.message.unwrap().contains("the pretend shop"));
    for goods in world.streamer().studio().await.unwrap().goods {
        world.streamer().remove_item(&goods.item.goods_id, goods.revision).await.unwrap();
    }
    let view = run(stage).await;
    assert_eq!(view.message.as_deref(), Some("the room has no goods on sale"));
    assert!(view.cases.iter().all(|case| case.state == CaseState::Stopped));
    world.stop().await;
}
