//! Every commit and every call of an order's life as the place where something goes wrong.

use simulation::crash_points::{Broken, Pairs, live_pairs, stories};
use simulation::house::Template;
use simulation::place::Place;
use simulation::runner;
use std::pin::Pin;
use std::sync::Arc;

/// Of the pairs, one in so many is lived here; `simulate crash-points` lives all of them.
const EVERY: usize = 100;

#[test]
fn every_single_fault_and_a_sample_of_pairs_end_as_the_channels_books_say() {
    let place = Place::files().unwrap();
    let stories = runner::runtime(&place).unwrap().block_on(async {
        let template = Arc::new(Template::make(&place).await.unwrap());
        stories(&template).await.unwrap()
    });
    let mut total = Pairs::default();
    for (story, pay_type, points) in stories {
        assert!(points > 20, "{}, {pay_type} has {points} points", story.name());
        let job = move |template: Arc<Template>, first: u64| -> Pin<Box<dyn Future<Output = Result<Pairs, Broken>>>> {
            let first = usize::try_from(first).unwrap();
            Box::pin(async move { live_pairs(&template, story, pay_type, first, EVERY).await })
        };
        let mut sum = Pairs::default();
        let mut broken = None;
        runner::run(&place, 0, u64::try_from(points).unwrap(), runner::threads(), Arc::new(job), |_, result| {
            match result {
                Ok(result) => {
                    sum.take(result);
                    true
                }
                Err(found) => {
                    broken = Some(found);
                    false
                }
            }
        })
        .unwrap();
        if let Some(Broken { run, failure }) = broken {
            panic!("{}, {pay_type}, faults at the points {:?}: {failure}", story.name(), run.at);
        }
        println!("{}, {pay_type}: {} single faults, {} pairs; {:?}", story.name(), sum.singles, sum.pairs, sum.ends);
        assert_eq!(sum.singles, u64::try_from(points).unwrap());
        total.take(sum);
    }
    println!("{} single faults and {} pairs lived to rest and judged", total.singles, total.pairs);
    for end in ["end: delivered", "end: closed unpaid", "end: refunded", "end: delivered, and something went back"] {
        assert!(total.ends.contains_key(end), "no order ended {end}");
    }
}
