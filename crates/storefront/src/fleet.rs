//! What the processes over one PostgreSQL database tell each other: that something changed. Whoever hears of it looks
//! into the database, so a lost word costs nothing but delay, and nothing of a purchase waits for one.

use crate::push::{Change, Push};
use crate::random::{NoRandomness, Random};
use crate::store::{Store, StoreError};
use order::{OrderId, RoomId};
use sqlx::postgres::PgListener;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Where the words go, in PostgreSQL's sense.
const CHANNEL: &str = "liveshop";
/// Bytes of one notice; PostgreSQL takes 8,000.
const NOTICE_MAX: usize = 7_500;
/// Changes said together.
const AT_A_TIME: usize = 4_096;
/// A process that has nothing to say says that it is there, this often.
const BEAT: Duration = Duration::from_secs(10);
/// Whoever has not heard even their own words for so long is deaf, whatever the connection looks like.
const DEAF: Duration = Duration::from_secs(35);
/// Between two tries to hear again.
const RETRY: Duration = Duration::from_secs(1);
/// The word for changes that were not said.
const EVERYTHING: &str = "*";

/// This process's part in the fleet.
#[derive(Debug)]
pub(crate) struct Fleet {
    speaking: JoinHandle<()>,
    hearing: JoinHandle<()>,
    leave: oneshot::Sender<()>,
}

impl Fleet {
    /// Joins the processes over a database: from now on, what one of them tells its listeners the others tell theirs.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub(crate) fn join(url: &str, store: Store, push: &Push, random: &dyn Random) -> Result<Fleet, NoRandomness> {
        let name = order::id::base32(random.bits()?);
        let (leave, left) = oneshot::channel();
        let (others, told) = mpsc::unbounded_channel();
        push.tell_others_by(others);
        let speaking = tokio::spawn(speak(store, name.clone(), told, left));
        let hearing = tokio::spawn(hear(url.to_owned(), name, push.clone()));
        Ok(Fleet { speaking, hearing, leave })
    }

    /// Says what is still to be said, and leaves.
    pub(crate) async fn leave(self) {
        self.hearing.abort();
        // Whoever does not speak any more has said what there was.
        let _ended = self.leave.send(());
        let _ended = self.speaking.await;
    }
}

/// Says what is told here, until it is to leave.
async fn speak(store: Store, name: String, mut told: mpsc::UnboundedReceiver<Change>, mut left: oneshot::Receiver<()>) {
    let mut changes = Vec::new();
    let mut is_behind = false;
    loop {
        let more = tokio::select! {
            biased;
            _ = told.recv_many(&mut changes, AT_A_TIME) => true,
            () = sleep(BEAT) => true,
            _ = &mut left => false,
        };
        let notices = notices(&name, changes.drain(..), is_behind);
        is_behind = false;
        for notice in notices {
            if let Err(error) = say(&store, &notice).await {
                tracing::warn!(%error, "the other processes were not told what changed");
                // Of what else is said meanwhile none makes up for this one.
                is_behind = true;
            }
        }
        if !more {
            return;
        }
    }
}

async fn say(store: &Store, notice: &str) -> Result<(), StoreError> {
    let mut connection = store.read().await?;
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(notice).execute(&mut *connection).await?;
    Ok(())
}

/// Tells here what the others say.
async fn hear(url: String, name: String, push: Push) {
    loop {
        if let Err(error) = hear_until_lost(&url, &name, &push).await {
            tracing::warn!(%error, "what other processes tell is not heard for the moment");
        }
        sleep(RETRY).await;
    }
}

async fn hear_until_lost(url: &str, name: &str, push: &Push) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    // What was said before is gone.
    push.tell_all();
    loop {
        match timeout(DEAF, listener.try_recv()).await {
            Ok(heard) => match heard? {
                Some(notice) => pass_on(notice.payload(), name, push),
                // It lost the connection, and has a new one.
                None => push.tell_all(),
            },
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        }
    }
}

/// Notices that say all the changes, each beginning with who says it. At least one, so that the speaker is heard. Rooms
/// are said before orders: whoever hears of an order sees the shelf after it.
fn notices(name: &str, changes: impl Iterator<Item = Change>, is_behind: bool) -> Vec<String> {
    let ranked = |change: Change| (matches!(change, Change::Order(_)), word(&change));
    let words: BTreeSet<(bool, String)> =
        is_behind.then(|| (false, EVERYTHING.to_owned())).into_iter().chain(changes.map(ranked)).collect();
    let mut notices = vec![name.to_owned()];
    for (_, word) in words {
        match notices.last_mut() {
            Some(last) if last.len().saturating_add(word.len()) < NOTICE_MAX => {
                last.push(' ');
                last.push_str(&word);
            }
            Some(_) | None => notices.push(format!("{name} {word}")),
        }
    }
    notices
}

fn word(change: &Change) -> String {
    match change {
        Change::Order(order_id) => format!("order:{order_id}"),
        Change::Orders(room_id) => format!("orders:{room_id}"),
        Change::Room(room_id) => format!("room:{room_id}"),
    }
}

fn change(word: &str) -> Option<Change> {
    match word.split_once(':')? {
        ("order", id) => Some(Change::Order(OrderId::new(id).ok()?)),
        ("orders", id) => Some(Change::Orders(RoomId::new(id).ok()?)),
        ("room", id) => Some(Change::Room(RoomId::new(id).ok()?)),
        _ => None,
    }
}

/// Tells here what a notice says, unless it comes from here.
fn pass_on(notice: &str, name: &str, push: &Push) {
    let mut words = notice.split(' ');
    if words.next() == Some(name) {
        return;
    }
    for word in words {
        match change(word) {
            Some(change) => push.tell_here(&change),
            // Everything, or a word of a newer program.
            None => push.tell_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(number: u128) -> Change {
        Change::Order(OrderId::new(order::id::base32(number)).unwrap())
    }

    fn room(name: &str) -> RoomId {
        RoomId::new(name).unwrap()
    }

    #[test]
    fn many_changes_are_few_notices_that_say_each_of_them_once() {
        let changes: Vec<Change> = (0..2_000).map(|number| order(number % 1_000)).collect();
        let notices = notices("me", changes.into_iter(), false);
        assert!(notices.len() < 8 && notices.iter().all(|notice| notice.len() <= NOTICE_MAX), "{}", notices.len());
        let said: Vec<Change> =
            notices.iter().flat_map(|notice| notice.split(' ').skip(1)).filter_map(change).collect();
        assert_eq!(said.len(), 1_000);
        assert!((0..1_000).all(|number| said.contains(&order(number))));
    }

    #[test]
    fn a_room_is_said_before_the_orders_that_changed_it() {
        let changes = [order(1), Change::Orders(room("tea")), Change::Room(room("tea"))];
        let notices = notices("me", changes.into_iter(), true);
        assert_eq!(notices, [format!("me * orders:tea room:tea {}", word(&order(1)))]);
    }

    #[test]
    fn whoever_says_nothing_is_still_heard() {
        assert_eq!(notices("me", std::iter::empty(), false), ["me"]);
        assert_eq!(notices("me", std::iter::empty(), true), ["me *"]);
    }

    #[tokio::test]
    async fn what_another_process_says_is_told_here_and_not_said_again() {
        let push = Push::default();
        let (others, mut said) = mpsc::unbounded_channel();
        push.tell_others_by(others);
        for change in [order(1), Change::Room(room("tea")), Change::Orders(room("tea"))] {
            let mut listener = push.listen(change.clone());
            pass_on(&format!("other {}", word(&change)), "me", &push);
            listener.heard().await;
            assert!(said.try_recv().is_err());
            push.tell(change.clone());
            assert_eq!(said.recv().await, Some(change));
        }
    }

    #[tokio::test]
    async fn a_word_that_is_not_known_is_about_everything() {
        let push = Push::default();
        let mut listener = push.listen(order(1));
        pass_on("other later:1", "me", &push);
        listener.heard().await;
    }

    #[test]
    fn a_process_does_not_hear_itself() {
        let push = Push::default();
        let listener = push.listen(order(1));
        let before = listener.version();
        pass_on(&format!("me {} *", word(&order(1))), "me", &push);
        assert_eq!(listener.version(), before);
        pass_on(&format!("other {}", word(&order(1))), "me", &push);
        assert_ne!(listener.version(), before);
    }
}
