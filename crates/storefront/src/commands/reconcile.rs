//! `storefront reconcile`.

use super::{read_config, say};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use storefront::clock::{Clock, SystemClock};
use storefront::reconcile::{Day, Difference, Report};
use storefront::serve;
use tokio::sync::watch;

pub(crate) async fn reconcile(dates: &[String], config: &Path) -> Result<()> {
    let today = Day::of(SystemClock.now_s()).context("this computer's clock is far off")?;
    let days = dates.iter().map(|date| over(date, &today)).collect::<Result<BTreeSet<Day>>>()?;
    let config = read_config(config)?;
    let shop = serve::open(&config, config.listen).await?;
    // Ended by its own limits, or from outside: what it leaves undone is in the list of jobs.
    let (_running, stop) = watch::channel(false);
    let (mut differences, mut unread) = (0, 0);
    for day in &days {
        for pay_type in shop.pay_types() {
            match shop.reconcile(pay_type, day, &stop).await {
                Ok(report) => {
                    differences += report.differences.len();
                    say(&shown(&report)?)?;
                }
                Err(error) => {
                    unread += 1;
                    tracing::error!("{error}");
                }
            }
        }
    }
    match (differences, unread) {
        (0, 0) => Ok(()),
        (0, unread) => bail!("{unread} bills were not read; run the same command again later"),
        (differences, 0) => bail!("{differences} differences remain: a person must look"),
        (differences, unread) => bail!("{differences} differences remain, and {unread} bills were not read"),
    }
}

/// A day that is over: only then is there a bill.
fn over(date: &str, today: &Day) -> Result<Day> {
    let day = Day::parse(date).context("--date")?;
    if day > *today {
        bail!("--date: {day} is in the future; today is {today} (GMT+8)");
    }
    if day == *today {
        bail!("--date: there is no bill of today ({today}, GMT+8) yet; it is made by 10:00 of the next day");
    }
    Ok(day)
}

/// The report, each difference also in words.
fn shown(report: &Report) -> Result<Value> {
    let in_words = |differences: &[Difference]| -> Result<Vec<Value>> {
        let worded = differences.iter().map(|difference| {
            let mut value = serde_json::to_value(difference)?;
            value["message"] = json!(difference.to_string());
            Ok(value)
        });
        worded.collect()
    };
    let mut value = serde_json::to_value(report)?;
    value["found"] = in_words(&report.found)?.into();
    value["differences"] = in_words(&report.differences)?.into();
    Ok(value)
}
