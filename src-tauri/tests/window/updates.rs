//! An older version of the app, told of a newer one by a feed on this machine. `cargo xtask test` builds the two and
//! signs the newer one.

use super::{ONE, shots};
use crate::support::{Display, Home, WAIT, Window};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Where the settings tell of the app itself.
const ABOUT: [&str; 2] = ["[data-section=\"settings\"]", "[data-group=\"about\"]"];
const LOOK: &str = "button[data-act=\"look-for-update\"]";
const INSTALL: &str = "button[data-act=\"install-update\"]";

/// What `cargo xtask test` has made.
fn made(name: &str) -> PathBuf {
    Path::new(&std::env::var_os("LIVESHOP_UPDATE").expect("run: cargo xtask test")).join(name)
}

/// Where the page shows what is known of newer versions.
fn shown(state: &str) -> String {
    format!("[data-update=\"{state}\"]")
}

/// What a feed answers: its own file, and the update it names.
#[derive(Clone)]
struct Answers {
    feed: Vec<u8>,
    update: Vec<u8>,
    /// Whether the connection breaks in the middle of the update.
    breaks: bool,
}

impl Answers {
    /// As `cargo xtask bundle` has written them.
    fn right() -> Answers {
        Answers {
            feed: fs::read(made("feed/latest.json")).unwrap(),
            update: fs::read(made("feed/Liveshop.AppImage")).unwrap(),
            breaks: false,
        }
    }

    /// With the signature of `name`.
    fn signed_as(self, name: &str) -> Answers {
        let mut feed: Value = serde_json::from_slice(&self.feed).unwrap();
        let signature = fs::read_to_string(made(name)).unwrap();
        for platform in feed["platforms"].as_object_mut().unwrap().values_mut() {
            platform["signature"] = json!(signature.trim());
        }
        Answers { feed: feed.to_string().into_bytes(), ..self }
    }

    /// With another version told of.
    fn telling_of(self, version: &str) -> Answers {
        let mut feed: Value = serde_json::from_slice(&self.feed).unwrap();
        feed["version"] = json!(version);
        Answers { feed: feed.to_string().into_bytes(), ..self }
    }
}

/// The feed, served where the older version looks.
struct Feed {
    answers: Arc<Mutex<Option<Answers>>>,
    serving: tokio::task::JoinHandle<()>,
    certificate: PathBuf,
    _folder: tempfile::TempDir,
}

impl Feed {
    async fn open() -> Feed {
        let brand: Value = serde_json::from_slice(&fs::read(made("brand.json")).unwrap()).unwrap();
        let feed: reqwest::Url = brand["updates"]["feed"].as_str().unwrap().parse().unwrap();
        let host = feed.host_str().unwrap().to_owned();
        let listener = TcpListener::bind((host.as_str(), feed.port().unwrap())).await.unwrap();
        let cert = rcgen::generate_simple_self_signed([host]).unwrap();
        let key = PrivateKeyDer::try_from(cert.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.cert.der().clone()], key);
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("feed.pem");
        fs::write(&certificate, cert.cert.pem()).unwrap();
        let answers = Arc::new(Mutex::new(Some(Answers::right())));
        let shared = Arc::clone(&answers);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                tokio::spawn(answer(stream, shared.lock().unwrap().clone()));
            }
        });
        Feed { answers, serving, certificate, _folder: folder }
    }

    fn answer(&self, answers: Option<Answers>) {
        *self.answers.lock().unwrap() = answers;
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers one request; without answers, as a server does that is being mended.
async fn answer(mut stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>, answers: Option<Answers>) {
    let mut asked = Vec::new();
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(read @ 1..) => asked.extend_from_slice(&more[..read]),
            _ => return,
        }
    }
    let (status, mut body, breaks) = match answers {
        None => ("503 Service Unavailable", Vec::new(), false),
        Some(answers) if asked.starts_with(b"GET /latest.json ") => ("200 OK", answers.feed, false),
        Some(answers) => ("200 OK", answers.update, answers.breaks),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    if breaks {
        body.truncate(body.len() / 2);
    }
    // An app that is closed meanwhile hangs up.
    let _sent = stream.write_all(&[head.into_bytes(), body].concat()).await;
    let _closed = stream.shutdown().await;
}

/// A copy of the older version, where a viewer would have put it.
struct Installed {
    program: PathBuf,
    home: Home,
}

impl Installed {
    fn new(older: &str, feed: Option<&Feed>, pictures: &str) -> Installed {
        let mut home = Home::new(&shots(pictures));
        let folder = home.folder.path().join("apps");
        let program = folder.join("Liveshop.AppImage");
        fs::create_dir(&folder).unwrap();
        fs::copy(made(older), &program).unwrap();
        home.environment = vec![("APPIMAGE", program.clone()), ("APPDIR", folder)];
        home.environment.extend(feed.map(|feed| ("SSL_CERT_FILE", feed.certificate.clone())));
        Installed { program, home }
    }

    /// Its settings, opened.
    async fn settings(&self, display: &Display) -> Window {
        let window = Window::open(&self.program, display, &self.home, None).await;
        window.find("[data-goods]").await;
        for button in ABOUT {
            window.click(button).await;
        }
        window
    }
}

/// The version that the settings name.
async fn version(window: &Window) -> String {
    window.text("[data-version]").await
}

/// Waits for what is not there yet.
async fn until<T>(what: &str, mut is_there: impl FnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = is_there() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(WAIT, found).await.unwrap_or_else(|_| panic!("{what}"))
}

/// The process that runs from that file as it is now: the file that a running program was replaced by is another one.
fn running_from(program: &Path) -> Option<String> {
    let mut processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let process = processes.find(|process| fs::read_link(process.path().join("exe")).is_ok_and(|file| file == program));
    process.map(|process| process.file_name().into_string().unwrap())
}

#[tokio::test]
#[ignore = "needs an older version; run: cargo xtask test"]
async fn an_older_version_tells_of_a_newer_one_and_becomes_it_when_told_to() {
    let _one = ONE.lock().await;
    let display = Display::start();
    let feed = Feed::open().await;
    let installed = Installed::new("older", Some(&feed), "update");
    let mut window = installed.settings(&display).await;
    assert!(version(&window).await.ends_with(" 0.0.1"));
    // Nobody asked: the app has looked by itself.
    window.find(&shown("found")).await;
    window.shot("found").await;
    assert!(window.text(&shown("found")).await.contains(env!("CARGO_PKG_VERSION")));
    window.click(INSTALL).await;
    let newer = Answers::right().update;
    until("the program is the newer one", || {
        fs::read(&installed.program).is_ok_and(|program| program == newer).then_some(())
    })
    .await;
    let process = until("the newer version starts by itself", || running_from(&installed.program)).await;
    assert!(std::process::Command::new("kill").arg(process).status().unwrap().success());
    window.kill();
    let mut window = installed.settings(&display).await;
    assert!(version(&window).await.ends_with(concat!(" ", env!("CARGO_PKG_VERSION"))));
    window.shot("updated").await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs an older version; run: cargo xtask test"]
async fn what_is_broken_forged_or_older_is_refused_and_the_app_works_on() {
    let _one = ONE.lock().await;
    let display = Display::start();
    let feed = Feed::open().await;
    feed.answer(None);
    let installed = Installed::new("older", Some(&feed), "update-refused");
    let mut window = installed.settings(&display).await;
    // What fails when nobody asked is not told of.
    window.find(&shown("not_asked")).await;
    let right = Answers::right();
    let unusable = Answers { feed: b"<html>".to_vec(), ..right.clone() };
    // Each is another than what is shown already.
    for (answers, state) in [
        (Some(right.clone().telling_of("0.0.1")), "newest"),
        (None, "failed:no_answer"),
        (Some(right.clone().telling_of("0.0.0")), "newest"),
        (Some(unusable), "failed:unusable_feed"),
    ] {
        feed.answer(answers);
        window.click(LOOK).await;
        window.find(&shown(state)).await;
        window.shot(&state.replace(':', "-")).await;
    }
    let mut forged = right.clone();
    *forged.update.last_mut().unwrap() ^= 1;
    let half = Answers { update: right.update[..right.update.len() / 2].to_vec(), ..right.clone() };
    // Signed by the right key, but for another version: an old update passed off as a new one.
    let replayed = right.clone().telling_of("9.9.9");
    // Signed for no version, as any old update may be that was.
    let unnumbered = right.clone().signed_as("unnumbered.AppImage.sig");
    let broken = Answers { breaks: true, ..right.clone() };
    for (name, answers, state) in [
        ("forged", forged, "failed:forged"),
        ("half", half, "failed:forged"),
        ("replayed", replayed, "failed:forged"),
        ("unnumbered", unnumbered, "failed:forged"),
        ("broken", broken, "failed:no_answer"),
    ] {
        feed.answer(Some(answers));
        window.click(LOOK).await;
        window.click(INSTALL).await;
        window.find(&shown(state)).await;
        window.shot(name).await;
        assert!(fs::read(&installed.program).unwrap() == fs::read(made("older")).unwrap(), "{name} changes nothing");
    }
    // The same version still takes what is right.
    feed.answer(Some(right));
    window.click(LOOK).await;
    window.find(&shown("found")).await;
    window.close().await;
}

#[tokio::test]
#[ignore = "needs an older version; run: cargo xtask test"]
async fn what_a_package_manager_has_installed_says_how_it_is_updated() {
    let _one = ONE.lock().await;
    let display = Display::start();
    let installed = Installed::new("older-deb", None, "update-deb");
    let mut window = installed.settings(&display).await;
    window.find(&shown("deb")).await;
    window.shot("deb").await;
    assert!(window.text(&shown("deb")).await.contains("apt"));
    assert!(!window.sees(LOOK).await);
    window.close().await;
}
