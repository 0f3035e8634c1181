//! The courier: delivers notices on the channels' schedules and does what falls due by itself (trades that run
//! out, refunds that arrive).

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::books::notices::{self, Notice, NoticeState};
use crate::books::{BooksError, refunds, trades};
use crate::faults::{self, Fault};
use crate::happenings::{Happening, Kind};
use crate::trade::Channel;
use crate::{Sandbox, alipay, wechat};

/// "4m, 10m, 10m, 1h, 2h, 6h, 15h" (Alipay open platform, asynchronous notice).
const ALIPAY_PAUSES_S: [u64; 7] = [240, 600, 600, 3600, 7200, 21_600, 54_000];
/// "15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h" (WeChat Pay, payment notice).
const WECHAT_PAUSES_S: [u64; 15] =
    [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

/// WeChat Pay waits five seconds; Alipay publishes no figure, so the same is taken.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// An answer longer than this is read no further.
const ANSWER_BYTES: usize = 64 * 1024;

/// Deliveries under way at a time.
const AT_ONCE: usize = 128;

/// The courier looks again after this even when nothing woke it.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What to deliver: a POST to the merchant.
pub(crate) struct Delivery {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a merchant answered.
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// The client that delivers: no redirects, no proxies, bounded waits.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .timeout(ANSWER_LIMIT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
}

/// Delivers until the sandbox stops.
pub(crate) async fn run(sandbox: Arc<Sandbox>, client: reqwest::Client) {
    let mut stopping = sandbox.stopping.clone();
    let mut under_way = JoinSet::new();
    let mut in_hand = HashSet::new();
    loop {
        let woken = sandbox.courier.notified();
        let next_ms = match round(&sandbox, &client, &mut under_way, &mut in_hand).await {
            Ok(next_ms) => next_ms,
            Err(error) => {
                tracing::error!(%error, "the courier could not read the books");
                None
            }
        };
        let rest = sandbox.clock.now_ms().saturating_add(i64::try_from(LONGEST_REST.as_millis()).unwrap_or(i64::MAX));
        tokio::select! {
            () = woken => {}
            () = sandbox.clock.until(next_ms.unwrap_or(rest).min(rest)) => {}
            Some(done) = under_way.join_next() => forget(&mut in_hand, done),
            _ = stopping.wait_for(|stop| *stop) => break,
        }
        while let Some(done) = under_way.try_join_next() {
            forget(&mut in_hand, done);
        }
    }
    under_way.shutdown().await;
}

fn forget(in_hand: &mut HashSet<i64>, done: Result<i64, tokio::task::JoinError>) {
    match done {
        Ok(id) => {
            in_hand.remove(&id);
        }
        Err(error) => tracing::error!(%error, "a delivery failed"),
    }
}

/// Does what is due and says when the next thing will be.
async fn round(
    sandbox: &Arc<Sandbox>,
    client: &reqwest::Client,
    under_way: &mut JoinSet<i64>,
    in_hand: &mut HashSet<i64>,
) -> Result<Option<i64>, BooksError> {
    let now = sandbox.clock.now_ms();
    let mut books = sandbox.books.begin().await?;
    for trade in trades::overdue(&mut books, now).await? {
        alipay::close_unpaid(sandbox, &mut books, trade).await?;
    }
    for refund in refunds::due(&mut books, now).await? {
        wechat::refund::arrive(sandbox, &mut books, refund).await?;
    }
    let due = notices::due(&mut books, now).await?;
    let times = [
        notices::next_due_ms(&mut books, now).await?,
        trades::next_expiry_ms(&mut books).await?,
        refunds::next_due_ms(&mut books).await?,
    ];
    books.commit().await?;
    for notice in due {
        if in_hand.len() >= AT_ONCE {
            break;
        }
        // It stays due; whoever changes the faults wakes the courier.
        if sandbox.faults.is_on(notice.channel, Fault::ChannelDown) {
            continue;
        }
        if in_hand.insert(notice.id) {
            under_way.spawn(deliver(sandbox.clone(), client.clone(), notice));
        }
    }
    Ok(times.into_iter().flatten().min())
}

/// Delivers one notice once and writes down what came of it; returns its row number.
async fn deliver(sandbox: Arc<Sandbox>, client: reqwest::Client, mut notice: Notice) -> i64 {
    let prepare = async {
        match notice.channel {
            Channel::Alipay => alipay::notice::prepare(&sandbox, &notice.payload),
            Channel::Wechat => wechat::notice::prepare(&sandbox, &notice.payload),
        }
    };
    let (prepared, fired) = faults::noting(prepare).await;
    let heard = send(&client, &notice.url, prepared).await;
    let taken = heard.as_ref().is_ok_and(|heard| match notice.channel {
        Channel::Alipay => heard.status == 200 && heard.body == b"success",
        Channel::Wechat => matches!(heard.status, 200 | 204),
    });
    notice.last_answer = Some(match &heard {
        Ok(heard) => format!("HTTP {}", heard.status),
        Err(error) => error.clone(),
    });
    tracing::info!(
        channel = notice.channel.name(),
        out_trade_no = notice.out_trade_no,
        attempt = notice.attempts + 1,
        answer = notice.last_answer,
        taken,
        "notice"
    );
    reschedule(&sandbox, &mut notice, taken);
    let over = matches!(notice.state, NoticeState::Received | NoticeState::GivenUp);
    let marked = sandbox.happenings.mark_of_notice(notice.id, over);
    happened(&sandbox, &notice, marked.or(fired.first().copied()));
    // A notice that is not written down stays due and is delivered again: at least once, never lost.
    if let Err(error) = written(&sandbox, &mut notice).await {
        tracing::error!(%error, "a delivery could not be written down");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    notice.id
}

async fn send(client: &reqwest::Client, url: &str, delivery: Delivery) -> Result<Heard, String> {
    let mut request = client.post(url).body(delivery.body);
    for (name, value) in delivery.headers {
        request = request.header(name, value);
    }
    let mut response = request.send().await.map_err(|error| reason(&error))?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| reason(&error))? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_BYTES {
            break;
        }
    }
    Ok(Heard { status, body })
}

fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the connection broke".to_owned()
    }
}

/// Decides whether and when the notice is delivered again.
fn reschedule(sandbox: &Sandbox, notice: &mut Notice, taken: bool) {
    if taken && notice.extra > 0 {
        notice.extra -= 1;
        notice.state = NoticeState::Waiting;
        notice.due_ms = sandbox.clock.now_ms();
        return;
    }
    notice.attempts += 1;
    let done = usize::try_from(notice.attempts - 1).unwrap_or(usize::MAX);
    let pause = match (&sandbox.notice_schedule, notice.channel) {
        (Some(own), _) => own.get(done).copied(),
        (None, Channel::Alipay) => ALIPAY_PAUSES_S.get(done).copied().map(Duration::from_secs),
        (None, Channel::Wechat) => WECHAT_PAUSES_S.get(done).copied().map(Duration::from_secs),
    };
    match (taken, pause) {
        (true, _) => notice.state = NoticeState::Received,
        (false, Some(pause)) => {
            notice.state = NoticeState::Waiting;
            notice.due_ms = sandbox.clock.after_ms(pause);
        }
        (false, None) => notice.state = NoticeState::GivenUp,
    }
}

async fn written(sandbox: &Sandbox, notice: &mut Notice) -> Result<(), BooksError> {
    let mut books = sandbox.books.begin().await?;
    notices::save(&mut books, notice).await?;
    notices::release_held(&mut books, notice.channel, notice.id, sandbox.clock.now_ms()).await?;
    books.commit().await?;
    Ok(())
}

/// Puts a notice into the books, in the transaction of what it tells of. Does nothing without an address.
pub(crate) async fn post(
    sandbox: &Sandbox,
    books: &mut sqlx::SqliteConnection,
    channel: Channel,
    out_trade_no: &str,
    url: Option<&str>,
    payload: serde_json::Value,
) -> Result<(), BooksError> {
    let Some(url) = url else { return Ok(()) };
    let fire = |fault| sandbox.faults.fire(channel, fault, "notice");
    let mut notice = Notice {
        id: 0,
        channel,
        out_trade_no: out_trade_no.to_owned(),
        url: url.to_owned(),
        payload,
        state: NoticeState::Waiting,
        attempts: 0,
        extra: 0,
        due_ms: sandbox.clock.now_ms(),
        last_answer: None,
    };
    let later = |wait_ms: Option<u64>, default: u64| i64::try_from(wait_ms.unwrap_or(default)).unwrap_or(i64::MAX);
    let mut marked = None;
    if fire(Fault::NoticeDropped).is_some() {
        notice.state = NoticeState::Dropped;
        marked = Some(Fault::NoticeDropped);
    } else if let Some(setting) = fire(Fault::NoticeReordered) {
        notice.state = NoticeState::Held;
        notice.due_ms = notice.due_ms.saturating_add(later(setting.wait_ms, 10_000));
        marked = Some(Fault::NoticeReordered);
    } else if let Some(setting) = fire(Fault::NoticeLate) {
        notice.due_ms = notice.due_ms.saturating_add(later(setting.wait_ms, 8000));
        marked = Some(Fault::NoticeLate);
    }
    if let Some(setting) = fire(Fault::NoticeDoubled) {
        notice.extra = setting.copies.unwrap_or(2).saturating_sub(1);
        marked = marked.or(Some(Fault::NoticeDoubled));
    }
    notices::save(books, &mut notice).await?;
    match marked {
        Some(Fault::NoticeDropped) => happened(sandbox, &notice, marked),
        Some(fault) => sandbox.happenings.mark_notice(notice.id, fault),
        None => {}
    }
    Ok(())
}

/// Tells whoever watches of a notice that was sent, or lost.
fn happened(sandbox: &Sandbox, notice: &Notice, fault: Option<Fault>) {
    let happening = Happening {
        what: Kind::Notice,
        channel: notice.channel,
        out_trade_no: Some(notice.out_trade_no.clone()),
        amount_fen: None,
        fault,
    };
    sandbox.happenings.add(sandbox.clock.now_ms(), happening);
}
