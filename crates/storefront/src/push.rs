//! Tells open connections that something changed. It carries no state: whoever hears it looks into the store, so a
//! missed word costs nothing but delay.

use order::{OrderId, RoomId};
use tokio::sync::broadcast;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An order.
    Order(OrderId),
    /// A room or its goods.
    Room(RoomId),
}

/// The listeners of one process.
#[derive(Clone, Debug)]
pub struct Push(broadcast::Sender<Change>);

impl Default for Push {
    fn default() -> Push {
        Push(broadcast::Sender::new(1024))
    }
}

impl Push {
    /// Says what changed to whoever listens.
    pub fn tell(&self, change: Change) {
        // Nobody listening is no failure.
        let _listeners = self.0.send(change);
    }

    /// Hears everything told from now on. A listener that lags is told so, and looks at everything it cares for.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }
}
