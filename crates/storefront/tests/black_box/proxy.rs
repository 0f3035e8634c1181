//! A TCP proxy between two programs that speak HTTP: in a storm it delays and cuts, exchange by exchange.

use super::chance::Dice;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Longer than any program here waits for an answer.
const BEYOND_PATIENCE: Duration = Duration::from_secs(16);
/// Most of a message that is passed at a time, bytes.
const PIECE: usize = 16 << 10;

/// What the proxy does with the exchanges that begin now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Each meets a fate of its own.
    Storm,
    /// All pass.
    Calm,
    /// Requests pass, answers wait until the weather changes.
    Still,
}

/// What becomes of one exchange: a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Pass,
    DelayRequest(Duration),
    DelayAnswer(Duration),
    CutBeforeRequest,
    CutWithinRequest,
    CutBeforeAnswer,
    CutWithinAnswer,
    HoldAnswer,
}

impl Fate {
    fn thrown(dice: &mut Dice) -> Fate {
        match dice.below(100) {
            0..60 => Fate::Pass,
            60..68 => Fate::DelayRequest(dice.pause(100..2_500)),
            68..76 => Fate::DelayAnswer(dice.pause(100..2_500)),
            76 => Fate::DelayRequest(BEYOND_PATIENCE),
            77 => Fate::DelayAnswer(BEYOND_PATIENCE),
            78..84 => Fate::CutBeforeRequest,
            84..87 => Fate::CutWithinRequest,
            87..95 => Fate::CutBeforeAnswer,
            _ => Fate::CutWithinAnswer,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Fate::Pass => "passed",
            Fate::DelayRequest(_) => "request delayed",
            Fate::DelayAnswer(_) => "answer delayed",
            Fate::CutBeforeRequest => "cut before the request",
            Fate::CutWithinRequest => "cut within the request",
            Fate::CutBeforeAnswer => "cut before the answer",
            Fate::CutWithinAnswer => "cut within the answer",
            Fate::HoldAnswer => "answer held",
        }
    }
}

struct Sky {
    weather: watch::Sender<Weather>,
    dice: Mutex<Dice>,
    met: Mutex<BTreeMap<&'static str, u64>>,
    /// Answers that wait for the weather to change.
    held: watch::Sender<usize>,
}

/// A proxy on an address of its own, in front of one program.
pub struct Proxy {
    pub address: SocketAddr,
    sky: Arc<Sky>,
}

impl Proxy {
    /// Listens, in calm weather, until the test ends.
    pub async fn before(upstream: SocketAddr, dice: Dice) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sky = Arc::new(Sky {
            weather: watch::Sender::new(Weather::Calm),
            dice: Mutex::new(dice),
            met: Mutex::default(),
            held: watch::Sender::new(0),
        });
        let shared = Arc::clone(&sky);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let sky = Arc::clone(&shared);
                // A connection that breaks is what a proxy like this is for.
                tokio::spawn(async move {
                    let _broken = carry(client, upstream, &sky).await;
                });
            }
        });
        Proxy { address, sky }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn set(&self, weather: Weather) {
        self.sky.weather.send_replace(weather);
    }

    /// Returns once an answer waits at the proxy.
    pub async fn holds_an_answer(&self) {
        self.sky.held.subscribe().wait_for(|held| *held > 0).await.unwrap();
    }

    /// How many exchanges met which fate in storms.
    pub fn met(&self) -> BTreeMap<&'static str, u64> {
        self.sky.met.lock().unwrap().clone()
    }
}

impl Sky {
    fn fate(&self) -> Fate {
        let weather = *self.weather.borrow();
        match weather {
            Weather::Calm => Fate::Pass,
            Weather::Still => Fate::HoldAnswer,
            Weather::Storm => {
                let fate = Fate::thrown(&mut self.dice.lock().unwrap());
                *self.met.lock().unwrap().entry(fate.name()).or_default() += 1;
                fate
            }
        }
    }

    async fn hold(&self) {
        let mut weather = self.weather.subscribe();
        self.held.send_modify(|held| *held += 1);
        weather.wait_for(|weather| *weather != Weather::Still).await.unwrap();
        self.held.send_modify(|held| *held -= 1);
    }
}

/// Carries one connection. An exchange begins with the first bytes the client sends after an answer, so each request of
/// a connection that is kept alive meets a fate of its own.
async fn carry(mut client: TcpStream, upstream: SocketAddr, sky: &Sky) -> io::Result<()> {
    // While the program behind is down, its clients find their connections cut.
    let mut server = TcpStream::connect(upstream).await?;
    let (mut request, mut answer) = (vec![0; PIECE], vec![0; PIECE]);
    let mut exchange: Option<Fate> = None;
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let bytes = &request[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                if exchange.is_none() {
                    match *exchange.insert(sky.fate()) {
                        Fate::CutBeforeRequest => return Ok(()),
                        Fate::CutWithinRequest => return server.write_all(&bytes[..bytes.len() / 2]).await,
                        // It arrives even if its sender has given up and gone meanwhile.
                        Fate::DelayRequest(delay) => tokio::time::sleep(delay).await,
                        Fate::Pass | Fate::DelayAnswer(_) | Fate::CutBeforeAnswer | Fate::CutWithinAnswer
                        | Fate::HoldAnswer => {}
                    }
                }
                server.write_all(bytes).await?;
            }
            read = server.read(&mut answer) => {
                let bytes = &answer[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                if let Some(fate) = exchange.take() {
                    match fate {
                        Fate::CutBeforeAnswer => return Ok(()),
                        Fate::CutWithinAnswer => return client.write_all(&bytes[..bytes.len() / 2]).await,
                        Fate::DelayAnswer(delay) => tokio::time::sleep(delay).await,
                        Fate::HoldAnswer => sky.hold().await,
                        Fate::Pass | Fate::DelayRequest(_) | Fate::CutBeforeRequest | Fate::CutWithinRequest => {}
                    }
                }
                client.write_all(bytes).await?;
            }
        }
    }
}
