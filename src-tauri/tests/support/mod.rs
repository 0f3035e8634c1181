//! The real window under test: a virtual display, WebKit's own WebDriver, and the app started by it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared by tests and the demonstration; a test stops at the first surprise"
)]

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longest a test waits for anything. A loaded machine is slow; nothing here takes minutes.
pub const WAIT: Duration = Duration::from_secs(90);

/// A process group that ends with the test, and all it started with it.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ended = Command::new("kill").args(["-9", "--", &group]).status();
        let _reaped = self.0.wait();
    }
}

/// A virtual display with a session bus of its own.
pub struct Display {
    name: String,
    bus: String,
    _server: Group,
    _bus: Group,
}

/// Starts a program that prints one line when it is ready.
fn start(program: &str, arguments: &[&str]) -> (Group, String) {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("{program} does not start ({error}); run: cargo xtask test"));
    let out = child.stdout.take().unwrap();
    let group = Group(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).unwrap();
    (group, line.trim().to_owned())
}

impl Display {
    pub fn start() -> Display {
        let screen = ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"];
        let (server, number) = start("Xvfb", &screen);
        let (bus_daemon, bus) = start("dbus-daemon", &["--session", "--nofork", "--print-address=1"]);
        Display { name: format!(":{number}"), bus, _server: server, _bus: bus_daemon }
    }

    /// Has a program live on this display and bus, with its files in `home`.
    pub fn settle(&self, program: &mut Command, home: &Home) {
        let folder = home.folder.path();
        program
            .env("DISPLAY", &self.name)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1")
            .env("NO_AT_BRIDGE", "1")
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder.join("data"))
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_CACHE_HOME", folder.join("cache"))
            .env_remove("WAYLAND_DISPLAY")
            .envs(home.environment.iter().map(|(name, value)| (name, value)));
    }
}

/// One run of the app in its window.
pub struct Window {
    pub client: Client,
    pub shots: PathBuf,
    number: u32,
    _driver: Group,
}

/// Where a test keeps its app's files, and its pictures.
pub struct Home {
    pub folder: tempfile::TempDir,
    pub shots: PathBuf,
    /// What the app finds in its environment beside that.
    pub environment: Vec<(&'static str, PathBuf)>,
}

impl Home {
    pub fn new(shots: &Path) -> Home {
        fs::create_dir_all(shots).unwrap();
        Home { folder: tempfile::tempdir().unwrap(), shots: shots.to_owned(), environment: Vec::new() }
    }

    /// One that stays when the app has ended, in `folder`.
    pub fn that_stays(folder: &Path, shots: &Path) -> Home {
        let folder = tempfile::Builder::new().disable_cleanup(true).tempdir_in(folder).unwrap();
        Home { folder, ..Home::new(shots) }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Window {
    /// Starts the app, with a room's link or for the practice room.
    pub async fn open(app: &Path, display: &Display, home: &Home, link: Option<&str>) -> Window {
        let port = free_port();
        let log = File::create(home.folder.path().join("driver.log")).unwrap();
        let mut driver = Command::new("WebKitWebDriver");
        display.settle(&mut driver, home);
        let driver = driver
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("WebKitWebDriver does not start ({error}); run: cargo xtask test"));
        let driver = Group(driver);
        let arguments: Vec<&str> = link.into_iter().collect();
        let capabilities = json!({"webkitgtk:browserOptions": {"binary": app, "args": arguments}});
        let Value::Object(capabilities) = capabilities else { panic!("not an object") };
        let client = connect(port, capabilities).await;
        Window { client, shots: home.shots.clone(), number: 0, _driver: driver }
    }

    /// The element, once it is there.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(WAIT).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                let _shot = self.save("failed").await;
                let script = "return document.body.innerText";
                let text = self.client.execute(script, vec![]).await.unwrap_or_default();
                panic!("{css} did not appear: {error}\nthe window shows:\n{text}");
            }
        }
    }

    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        if let Err(error) = element.click().await {
            let _shot = self.save("failed").await;
            panic!("{css} cannot be clicked: {error}");
        }
    }

    /// Whether the element is there now.
    pub async fn sees(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    /// Presses keys where the focus is, as a keyboard does.
    pub async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// What a script returns.
    pub async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// Waits until a screen of the purchase is shown.
    pub async fn screen(&self, key: &str) {
        self.find(&format!("[data-screen=\"{key}\"]")).await;
    }

    /// Waits for frames to be drawn, so that a picture shows what the page is.
    async fn settle(&self) {
        let frames = "const done = arguments[arguments.length - 1]; \
            requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))";
        self.client.execute_async(frames, vec![]).await.unwrap();
        // What slides or fades in is waited for, so that pictures show it whole.
        let still = "const done = arguments[arguments.length - 1]; \
            Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity) \
                .map((a) => a.finished)).then(() => requestAnimationFrame(() => done(1)))";
        self.client.execute_async(still, vec![]).await.unwrap();
    }

    pub async fn save(&self, name: &str) -> PathBuf {
        self.settle().await;
        let png = self.client.screenshot().await.unwrap();
        let path = self.shots.join(format!("{name}.png"));
        fs::write(&path, png).unwrap();
        path
    }

    /// Keeps a numbered picture of the window.
    pub async fn shot(&mut self, name: &str) -> PathBuf {
        self.number += 1;
        let name = format!("{:02}-{name}", self.number);
        self.save(&name).await
    }

    /// What the code in a picture of the window reads as: what a phone's camera would read.
    pub fn read_code(picture: &Path) -> String {
        let image = image::open(picture).unwrap().to_luma8();
        let (width, height) = (image.width() as usize, image.height() as usize);
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            image.get_pixel(u32::try_from(x).unwrap(), u32::try_from(y).unwrap()).0[0]
        });
        let grids = prepared.detect_grids();
        let texts: Vec<String> = grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect();
        assert_eq!(texts.len(), 1, "the picture {} holds {} codes", picture.display(), texts.len());
        texts.into_iter().next().unwrap()
    }

    /// Kills the app where it stands, as a crash would.
    pub fn kill(self) {}

    /// Ends the app as a person would.
    pub async fn close(self) {
        let _closed = self.client.close().await;
    }
}

/// A session with the driver, once it listens.
async fn connect(port: u16, capabilities: serde_json::Map<String, Value>) -> Client {
    let listening = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(WAIT, listening).await.unwrap_or_else(|_| panic!("the driver does not listen"));
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    let address = format!("http://127.0.0.1:{port}");
    let session = tokio::time::timeout(WAIT, builder.connect(&address)).await;
    match session {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => panic!("no session: {error}"),
        Err(_) => panic!("the app does not open"),
    }
}
