//! A line between a viewer and a shop that can be cut: what passes is forwarded as it is, and while it is cut nothing
//! passes, as when the viewer's network is gone.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// When the system has no more connections to give, this long until it is asked again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// A line that is open. Dropping it closes it.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    cut: watch::Sender<bool>,
    struck: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Line {
    /// Listens at `listen` (port 0 picks a free one) and forwards to `to`.
    ///
    /// # Errors
    /// The address is taken or not ours.
    pub async fn open(listen: SocketAddr, to: SocketAddr) -> io::Result<Line> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let cut = watch::Sender::new(false);
        let struck = Arc::new(AtomicU64::new(0));
        let accepting = tokio::spawn(accept(listener, to, cut.subscribe(), Arc::clone(&struck)));
        Ok(Line { address, cut, struck, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts it: what is connected is hung up on, and so is whoever calls.
    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Mends it.
    pub fn mend(&self) {
        self.cut.send_replace(false);
    }

    /// Whether it is cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        *self.cut.borrow()
    }

    /// How many connections were hung up on.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.struck.load(Ordering::Relaxed)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Connections end with the sender of `cut`, which goes too.
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, to: SocketAddr, cut: watch::Receiver<bool>, struck: Arc<AtomicU64>) {
    loop {
        match listener.accept().await {
            Ok((near, _)) => {
                tokio::spawn(forward(near, to, cut.clone(), Arc::clone(&struck)));
            }
            Err(error) => {
                tracing::warn!(%error, "a line takes no connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Forwards until one side ends, the line is cut, or it is no longer there.
async fn forward(mut near: TcpStream, to: SocketAddr, mut cut: watch::Receiver<bool>, struck: Arc<AtomicU64>) {
    let passed = async {
        let mut far = TcpStream::connect(to).await?;
        // A line of an event stream must not wait for the next one.
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        copy_bidirectional(&mut near, &mut far).await
    };
    tokio::select! {
        biased;
        hung_up = cut.wait_for(|cut| *cut) => {
            if hung_up.is_ok() {
                struck.fetch_add(1, Ordering::Relaxed);
            }
        }
        passed = passed => {
            if let Err(error) = passed {
                tracing::debug!(%error, "a connection of a line broke");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Sends back whatever comes.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        address
    }

    async fn say(stream: &mut TcpStream, word: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(word).await?;
        let mut heard = vec![0; word.len()];
        stream.read_exact(&mut heard).await?;
        Ok(heard)
    }

    #[tokio::test]
    async fn a_line_forwards_until_it_is_cut_and_again_once_it_is_mended() {
        let line = Line::open("127.0.0.1:0".parse().unwrap(), echo().await).await.unwrap();
        let mut open = TcpStream::connect(line.address()).await.unwrap();
        assert_eq!(say(&mut open, b"before").await.unwrap(), b"before");
        line.cut();
        assert!(say(&mut open, b"while").await.is_err(), "a connection outlived the cut");
        let mut late = TcpStream::connect(line.address()).await.unwrap();
        assert!(say(&mut late, b"while").await.is_err(), "a cut line forwards");
        assert_eq!((line.is_cut(), line.struck()), (true, 2));
        line.mend();
        let mut again = TcpStream::connect(line.address()).await.unwrap();
        assert_eq!(say(&mut again, b"after").await.unwrap(), b"after");
        drop(line);
        assert!(say(&mut again, b"gone").await.is_err(), "a connection outlived its line");
    }
}
