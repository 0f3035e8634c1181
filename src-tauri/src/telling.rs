//! Follows every purchase at work, of whichever room: keeps what is open for the tray, and tells the viewer what is new
//! while they do not look.

use crate::entrance::Entrances;
use crate::front;
use crate::news;
use crate::notify;
use crate::preferences::Chosen;
use crate::tray::Tray;
use crate::views::{PurchaseView, Stage};
use crate::words::News;
use api::clock::monotonic;
use std::time::{Duration, Instant};
use tauri::{AppHandle, Manager};
use tokio::sync::{mpsc, watch};

/// When the viewer is told that the code is about to end, before its end.
const LAST_MINUTE: Duration = Duration::from_mins(1);
/// Between two tries to reach a shop whose room is not open.
const TAKE_UP_AGAIN: Duration = Duration::from_secs(30);

/// Follows each purchase that begins or is taken up.
pub(crate) async fn of_purchases(app: AppHandle, mut begun: mpsc::UnboundedReceiver<watch::Receiver<PurchaseView>>) {
    while let Some(views) = begun.recv().await {
        tauri::async_runtime::spawn(follow(app.clone(), views));
    }
}

/// Has what was bought in rooms that are not open followed, too, as soon as their shops can be reached.
pub(crate) async fn take_up_elsewhere(app: AppHandle) {
    let entrances = app.state::<Entrances>();
    // The room on screen comes first.
    if entrances.current().wait_for(Option::is_some).await.is_err() {
        return;
    }
    while !entrances.take_up_elsewhere().await {
        tokio::time::sleep(TAKE_UP_AGAIN).await;
    }
}

async fn follow(app: AppHandle, mut views: watch::Receiver<PurchaseView>) {
    let mut told = views.borrow_and_update().clone();
    let mut warned = false;
    loop {
        app.state::<Tray>().note(&told);
        let warning = if warned { None } else { last_minute(&told, monotonic()) };
        tokio::select! {
            changed = views.changed() => {
                if changed.is_err() {
                    break;
                }
                let now = views.borrow_and_update().clone();
                if let Some(news) = news::between(&told, &now) {
                    tell(&app, &news, Some(&now.request_id));
                }
                told = now;
            }
            () = at(warning) => {
                warned = true;
                tell(&app, &News::LastMinute, Some(&told.request_id));
            }
        }
    }
    app.state::<Tray>().forget(&told.request_id);
}

/// When the last minute of a code that can be paid begins.
fn last_minute(view: &PurchaseView, now: Instant) -> Option<Instant> {
    match view.stage {
        Stage::AwaitingPayment { expires_in_s, .. } if expires_in_s > 0 => {
            let left = Duration::from_secs(u64::try_from(expires_in_s).unwrap_or_default());
            now.checked_add(left.saturating_sub(LAST_MINUTE))
        }
        _ => None,
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

/// Notifies the viewer, if they want to be and the window does not tell them: they do not look at it, or it shows another
/// room than the purchase's.
fn tell(app: &AppHandle, news: &News, request_id: Option<&str>) {
    let session = app.state::<Entrances>().session();
    let here = |id| session.as_ref().is_ok_and(|session| session.purchases.has(id));
    if !front::is_seen(app) || !request_id.is_some_and(here) {
        say(app, news, request_id);
    }
}

/// Notifies the viewer, if they want to be.
pub(crate) fn say(app: &AppHandle, news: &News, request_id: Option<&str>) {
    let preferences = app.state::<Chosen>().now();
    if preferences.notifications {
        notify::notify(app, preferences.language, news, request_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::Qr;
    use crate::views::Bought;
    use order::{GoodsKind, PayType};

    fn awaiting(expires_in_s: i64) -> PurchaseView {
        let qr = Qr { svg: String::new(), modules: 0, payment_string: String::new() };
        PurchaseView {
            request_id: "r".into(),
            order_id: None,
            bought: Bought {
                goods_id: "teapot".into(),
                lot: 2,
                title: "Teapot".into(),
                kind: GoodsKind::Merchandise,
                fins: None,
                picture: None,
            },
            quantity: 1,
            amount_fen: 22_800,
            pay_type: PayType::Alipay,
            switched_from: None,
            not_switched_to: None,
            seen: false,
            stage: Stage::AwaitingPayment { qr, expires_in_s, scanned: false, online: true },
        }
    }

    #[test]
    fn the_last_minute_of_a_code_begins_a_minute_before_its_end() {
        let now = monotonic();
        assert_eq!(last_minute(&awaiting(300), now), now.checked_add(Duration::from_secs(240)));
        assert_eq!(last_minute(&awaiting(20), now), Some(now));
        assert_eq!(last_minute(&awaiting(0), now), None);
        assert_eq!(last_minute(&PurchaseView { stage: Stage::Ordering, ..awaiting(300) }, now), None);
    }
}
