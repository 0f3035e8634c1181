//! `storefront check`.

use super::read_config;
use anyhow::{Result, bail};
use std::io::Write;
use std::path::Path;
use storefront::check::{self, Checked};
use storefront::store::Difference;

/// Between two words on how far it is, so many are done.
const STRIDE: i64 = 10_000;

pub(crate) async fn check(config: &Path, offline: bool) -> Result<()> {
    let config = read_config(config)?;
    let checked = check::check(&config, offline, &mut tell, &mut progress).await?;
    for (pay_type, (times, why)) in &checked.not_checked {
        say(&format!("not checked: {times} at {pay_type}: {why}"));
    }
    say(&summary(&checked, offline));
    match checked.differences {
        0 => Ok(()),
        1 => bail!("there is 1 difference"),
        many => bail!("there are {many} differences"),
    }
}

/// One difference, at once.
pub(crate) fn tell(difference: &Difference) {
    say(&difference.to_string());
}

/// A line on standard output. Nobody may be listening any more; what was found still counts.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A line on standard error, now and then.
pub(crate) fn progress(what: &'static str, done: i64, total: i64) {
    if done % STRIDE == 0 {
        let _gone = writeln!(std::io::stderr(), "{done} of {total} {what}");
    }
}

fn summary(checked: &Checked, offline: bool) -> String {
    let Checked { differences, orders, lines, asked, .. } = checked;
    let channels = if offline {
        "the channels were not asked".into()
    } else {
        format!("{asked} questions answered by the channels")
    };
    format!("checked {orders} orders and {lines} journal lines, {channels}: {differences} differences")
}
