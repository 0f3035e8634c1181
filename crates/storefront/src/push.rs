//! Tells open connections that something changed. It carries no state: whoever hears it looks into the store, so a
//! missed word costs nothing but delay. Whoever listens for one thing is woken for that thing alone, however many
//! others there are.

use order::{OrderId, RoomId};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Sleep;

/// After a word, this long until the next one to the same calm listener; what happens meanwhile is one word.
const PAUSE: Duration = Duration::from_millis(250);

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// An order, for its viewer.
    Order(OrderId),
    /// An order of a room, for the room's streamers.
    Orders(RoomId),
    /// A room or its goods.
    Room(RoomId),
}

/// The listeners of one process.
#[derive(Clone, Debug, Default)]
pub struct Push {
    topics: Arc<Mutex<HashMap<Change, Topic>>>,
    /// Takes the words to other processes, where there are some.
    others: Arc<OnceLock<mpsc::UnboundedSender<Change>>>,
}

/// One thing that somebody listens for.
#[derive(Debug)]
struct Topic {
    /// Rises with each word.
    told: watch::Sender<u64>,
    listeners: usize,
}

impl Push {
    /// Says what changed to whoever listens for it. When it returns, no page that was made before is shown any more, in
    /// this process; others hear of it soon.
    pub fn tell(&self, change: Change) {
        self.tell_here(&change);
        if let Some(others) = self.others.get() {
            // Nobody speaks for a process that is about to end.
            let _gone = others.send(change);
        }
    }

    /// As [`Push::tell`], to the listeners of this process alone: of what was heard from others.
    pub(crate) fn tell_here(&self, change: &Change) {
        // Waking thousands takes a while, in which others may come and go.
        let told = self.topics().get(change).map(|topic| topic.told.clone());
        if let Some(told) = told {
            told.send_modify(|words| *words = words.wrapping_add(1));
        }
    }

    /// Has the words told to other processes as well, from now on and for good.
    pub(crate) fn tell_others_by(&self, others: mpsc::UnboundedSender<Change>) {
        // A process is in one fleet; a second sender would say everything twice.
        let _second = self.others.set(others);
    }

    /// Has everybody look again: words may have been missed.
    pub fn tell_all(&self) {
        let all: Vec<_> = self.topics().values().map(|topic| topic.told.clone()).collect();
        for told in all {
            told.send_modify(|words| *words = words.wrapping_add(1));
        }
    }

    /// Hears of this from now on.
    #[must_use]
    pub fn listen(&self, change: Change) -> Listener {
        let mut topics = self.topics();
        let topic = topics.entry(change.clone()).or_insert_with(|| Topic { told: watch::Sender::new(0), listeners: 0 });
        topic.listeners = topic.listeners.saturating_add(1);
        let told = topic.told.subscribe();
        drop(topics);
        Listener { push: self.clone(), change, told, pause: None }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<Change, Topic>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears of one thing, until it is dropped.
#[derive(Debug)]
pub struct Listener {
    push: Push,
    change: Change,
    told: watch::Receiver<u64>,
    /// Until it is over nothing is heard calmly. In a box, because at most times there is none.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Listener {
    /// Returns when something was told since it began to listen or last heard something. May be dropped and called
    /// again: no word is lost by it.
    pub async fn heard(&mut self) {
        if self.told.changed().await.is_err() {
            // Not as long as it listens itself.
            std::future::pending::<()>().await;
        }
    }

    /// As [`Listener::heard`], at most four times a second: the first word at once, then all of a quarter of a second
    /// as one. For what everybody looks at anew with each word.
    pub async fn heard_calmly(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.as_mut().await;
        }
        self.pause = None;
        self.heard().await;
        self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
    }

    /// A number that is another one after each word, heard or not.
    pub(crate) fn version(&self) -> u64 {
        *self.told.borrow()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut topics = self.push.topics();
        if let Some(topic) = topics.get_mut(&self.change) {
            topic.listeners = topic.listeners.saturating_sub(1);
            if topic.listeners == 0 {
                topics.remove(&self.change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn room(name: &str) -> Change {
        Change::Room(RoomId::new(name).unwrap())
    }

    #[tokio::test]
    async fn each_listener_hears_of_its_own_thing_alone() {
        let push = Push::default();
        let changes = [
            room("tea"),
            room("cellar"),
            Change::Orders(RoomId::new("tea").unwrap()),
            Change::Order(OrderId::from_bits(1)),
            Change::Order(OrderId::from_bits(2)),
        ];
        for told in &changes {
            let mut listeners: Vec<_> = changes.iter().map(|change| push.listen(change.clone())).collect();
            push.tell(told.clone());
            for listener in &mut listeners {
                assert_eq!(listener.heard().now_or_never().is_some(), listener.change == *told, "{told:?}");
            }
        }
    }

    #[tokio::test]
    async fn whoever_may_have_missed_words_is_told_to_look_again() {
        let push = Push::default();
        let mut listeners = [push.listen(room("tea")), push.listen(room("tea")), push.listen(room("cellar"))];
        push.tell_all();
        for listener in &mut listeners {
            assert!(listener.heard().now_or_never().is_some());
            assert!(listener.heard().now_or_never().is_none());
        }
    }

    #[tokio::test]
    async fn many_words_at_once_are_one_word_later_and_the_last_is_never_lost() {
        let push = Push::default();
        let mut listener = push.listen(room("tea"));
        push.tell(room("tea"));
        assert!(listener.heard_calmly().now_or_never().is_some(), "the first word is heard at once");
        // No timer runs before the test waits for something.
        for _ in 0..100 {
            push.tell(room("tea"));
            assert!(listener.heard_calmly().now_or_never().is_none());
        }
        let last = listener.version();
        listener.heard_calmly().await;
        assert_eq!(*listener.told.borrow_and_update(), last);
        assert!(listener.heard().now_or_never().is_none(), "a hundred words were more than one");
    }

    #[tokio::test]
    async fn a_word_told_while_a_calm_listener_is_put_away_is_heard_when_it_listens_again() {
        let push = Push::default();
        let mut listener = push.listen(room("tea"));
        assert!(listener.heard_calmly().now_or_never().is_none());
        push.tell(room("tea"));
        assert!(listener.heard_calmly().now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_nobody_listens_for_any_more_is_forgotten() {
        let push = Push::default();
        let listeners = [push.listen(room("tea")), push.listen(room("tea")), push.listen(room("cellar"))];
        let [one, two, _cellar] = listeners;
        drop(one);
        assert_eq!(push.topics().len(), 2);
        drop(two);
        push.tell(room("tea"));
        assert_eq!(push.topics().keys().collect::<Vec<_>>(), [&room("cellar")]);
    }
}
