//! The tray, while a payment is open or the window waits in it.

mod drawn;
#[cfg(target_os = "linux")]
mod possible;

use crate::preferences::Chosen;
use crate::telling;
use crate::views::{Language, PurchaseView, Stage};
use crate::words::{self, News};
use api::clock::monotonic;
use drawn::Drawn;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tauri::{AppHandle, Manager};
use tokio::sync::watch;

/// How often the time left is told anew.
const TICK: Duration = Duration::from_secs(5);

/// A payment that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    amount_fen: i64,
    /// When its code ends; none while the channel is asked.
    ends: Option<Instant>,
}

/// What the tray is there for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Needed {
    open: BTreeMap<String, Open>,
    /// The window was closed into it.
    window_is_hidden: bool,
}

impl Needed {
    fn is_needed(&self) -> bool {
        self.window_is_hidden || !self.open.is_empty()
    }

    /// The payment whose code ends first, before those that are being checked.
    fn first(&self) -> Option<(&str, Open)> {
        let first = self.open.iter().min_by_key(|(_, open)| (open.ends.is_none(), open.ends));
        first.map(|(request_id, open)| (request_id.as_str(), *open))
    }

    fn line(&self, language: Language, now: Instant) -> String {
        match self.first() {
            Some((_, Open { amount_fen, ends: Some(ends) })) => {
                let left = ends.saturating_duration_since(now).as_secs();
                words::to_pay(language, amount_fen, i64::try_from(left).unwrap_or_default())
            }
            Some((_, Open { amount_fen, ends: None })) => words::checking(language, amount_fen),
            None => words::nothing_to_pay(language),
        }
    }
}

/// The tray, whether it is shown or not.
#[derive(Default)]
pub(crate) struct Tray {
    needed: watch::Sender<Needed>,
    is_shown: AtomicBool,
    /// The viewer knows that the app waits in it.
    is_known: AtomicBool,
}

impl Tray {
    /// A purchase stands so.
    pub(crate) fn note(&self, view: &PurchaseView) {
        let amount_fen = view.amount_fen;
        let open = match view.stage {
            Stage::AwaitingPayment { expires_in_s, .. } => {
                let left = Duration::from_secs(u64::try_from(expires_in_s).unwrap_or_default());
                Some(Open { amount_fen, ends: monotonic().checked_add(left) })
            }
            Stage::Checking { .. } => Some(Open { amount_fen, ends: None }),
            Stage::Ordering
            | Stage::InLine { .. }
            | Stage::NoAnswer
            | Stage::Refused { .. }
            | Stage::Unusable { .. }
            | Stage::Delivered { .. }
            | Stage::Closed { .. }
            | Stage::Refunding { .. }
            | Stage::Refunded { .. } => None,
        };
        match open {
            Some(open) => self.change(|needed| _ = needed.open.insert(view.request_id.clone(), open)),
            None => self.forget(&view.request_id),
        }
    }

    /// A purchase is not at work any more.
    pub(crate) fn forget(&self, request_id: &str) {
        self.change(|needed| _ = needed.open.remove(request_id));
    }

    /// The window was closed into the tray, or is back.
    pub(crate) fn window_is_hidden(&self, hidden: bool) {
        self.change(|needed| needed.window_is_hidden = hidden);
    }

    fn change(&self, change: impl FnOnce(&mut Needed)) {
        self.needed.send_if_modified(|needed| {
            let before = needed.clone();
            change(needed);
            *needed != before
        });
    }

    /// Whether a window that is closed now is to wait in it.
    fn holds_the_window(&self) -> bool {
        self.is_shown.load(Ordering::SeqCst) && !self.needed.borrow().open.is_empty()
    }

    /// The purchase its line speaks of.
    fn first(&self) -> Option<String> {
        self.needed.borrow().first().map(|(request_id, _)| request_id.to_owned())
    }
}

/// The window is being closed. While a payment is open it goes into the tray, where there is one: `true`.
pub(crate) fn takes_window(window: &tauri::Window) -> bool {
    let app = window.app_handle();
    let tray = app.state::<Tray>();
    if !tray.holds_the_window() {
        return false;
    }
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "the window could not be hidden");
        return false;
    }
    tray.window_is_hidden(true);
    if !tray.is_known.swap(true, Ordering::SeqCst) {
        // The system may still count the window as seen.
        telling::say(app, &News::InTheTray, None);
    }
    true
}

/// Shows the tray while it is needed, where the system has one.
pub(crate) async fn keep(app: AppHandle) {
    let tray = app.state::<Tray>();
    let mut needs = tray.needed.subscribe();
    let mut drawn: Option<Drawn> = None;
    let mut was_needed = false;
    loop {
        let needed = needs.borrow_and_update().clone();
        let is_needed = needed.is_needed();
        if is_needed && !was_needed && drawn.is_none() && is_possible().await {
            drawn = Drawn::new(&app).inspect_err(|error| tracing::warn!(%error, "there is no tray")).ok();
        }
        was_needed = is_needed;
        if let Some(drawn) = &drawn {
            let language = app.state::<Chosen>().now().language;
            drawn.say(language, &needed.line(language, monotonic()), is_needed);
            tray.is_shown.store(is_needed, Ordering::SeqCst);
        }
        let tick = async { if is_needed { tokio::time::sleep(TICK).await } else { std::future::pending().await } };
        tokio::select! {
            changed = needs.changed() => if changed.is_err() { return },
            () = tick => {}
        }
    }
}

async fn is_possible() -> bool {
    #[cfg(target_os = "linux")]
    return possible::is_possible().await;
    #[cfg(not(target_os = "linux"))]
    return true;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(open: &[(&str, i64, Option<Instant>)]) -> Needed {
        let open =
            open.iter().map(|(id, amount_fen, ends)| ((*id).into(), Open { amount_fen: *amount_fen, ends: *ends }));
        Needed { open: open.collect(), window_is_hidden: false }
    }

    #[test]
    fn the_line_speaks_of_the_code_that_ends_first() {
        let now = monotonic();
        let later = |seconds| now.checked_add(Duration::from_secs(seconds));
        let two = needed(&[("a", 600, later(290)), ("b", 22_800, later(272)), ("c", 900, None)]);
        assert_eq!(two.line(Language::En, now), "To pay ¥228.00 · 4:32 left");
        assert_eq!(two.first().unwrap().0, "b");
        assert_eq!(needed(&[("c", 900, None)]).line(Language::En, now), "Checking ¥9.00");
        assert_eq!(needed(&[]).line(Language::En, now), "Nothing left to pay");
    }

    #[test]
    fn the_tray_is_there_while_a_payment_is_open_or_the_window_is_in_it() {
        let tray = Tray::default();
        assert!(!tray.needed.borrow().is_needed());
        tray.change(|now| *now = needed(&[("a", 600, None)]));
        assert!(tray.needed.borrow().is_needed());
        tray.window_is_hidden(true);
        tray.forget("a");
        assert!(tray.needed.borrow().is_needed());
        tray.window_is_hidden(false);
        assert!(!tray.needed.borrow().is_needed());
    }

    #[test]
    fn a_window_is_only_held_by_a_tray_that_is_shown_and_while_a_payment_is_open() {
        let tray = Tray::default();
        tray.change(|now| *now = needed(&[("a", 600, None)]));
        assert!(!tray.holds_the_window());
        tray.is_shown.store(true, Ordering::SeqCst);
        assert!(tray.holds_the_window());
        tray.forget("a");
        assert!(!tray.holds_the_window());
    }
}
