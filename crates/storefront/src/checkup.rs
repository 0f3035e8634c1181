//! Whether a storefront would start with its settings: all that `serve` reads is looked at. Nothing is made or changed,
//! and no channel is asked.

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::keys;
use crate::store::{Kind, OpenError, Reader, StoreError, sqlite_path};
use gateway::{Alipay, Http, NowS, Wechat};
use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Longest wait for a database server.
const DATABASE_LIMIT: Duration = Duration::from_secs(10);

/// What was found. Each line begins with the name of its setting.
#[derive(Debug, Default)]
pub struct Checkup {
    /// What keeps the shop from starting or from hearing of payments, and what to do about it.
    pub problems: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

impl Checkup {
    /// Looks at everything that the settings name.
    pub async fn of(config: &Config) -> Checkup {
        let mut found = Checkup::default();
        found.address("listen", config.listen).await;
        if let Some(address) = config.metrics_listen {
            found.address("metrics_listen", address).await;
        }
        found.signing_key(&config.signing_key);
        match Kind::of(&config.database) {
            Some(Kind::Sqlite) => found.file(sqlite_path(&config.database), &config.database).await,
            Some(Kind::Postgres) | None => found.server(&config.database).await,
        }
        found.channels(config);
        found.notices(config);
        found
    }

    fn problem(&mut self, key: &str, what: impl AsRef<str>) {
        self.problems.push(format!("{key}: {}", what.as_ref()));
    }

    fn note(&mut self, key: &str, what: impl AsRef<str>) {
        self.notes.push(format!("{key}: {}", what.as_ref()));
    }

    /// Listens for a moment, and hears nobody.
    async fn address(&mut self, key: &str, address: SocketAddr) {
        let Err(error) = TcpListener::bind(address).await else { return };
        let is = |kind| error.kind() == kind;
        if is(ErrorKind::AddrInUse) {
            self.note(key, format!("{address} is in use; by this storefront, if it runs now. If not, choose another"));
        } else if is(ErrorKind::AddrNotAvailable) {
            self.problem(key, format!("{address} is no address of this computer; use 127.0.0.1 behind a proxy here"));
        } else if is(ErrorKind::PermissionDenied) {
            let why = "may not be used: ports below 1024 are the system's. Use a higher one, and a proxy in front";
            self.problem(key, format!("{address} {why}"));
        } else {
            self.problem(key, format!("{address}: {error}"));
        }
    }

    fn signing_key(&mut self, path: &Path) {
        match keys::kept_key(path) {
            Ok(Some(signer)) => {
                self.note("signing_key", format!("the shop's public key is {}", signer.key().to_base64()));
            }
            Ok(None) => {
                // What is missing of the folders is made with it.
                let above =
                    path.ancestors().skip(1).find(|folder| named(folder).exists()).map_or(Path::new("."), named);
                if self.folder("signing_key", above) {
                    self.note("signing_key", "there is none yet; the first start makes it");
                }
            }
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    /// A database in a file.
    async fn file(&mut self, path: &str, url: &str) {
        if path == ":memory:" {
            return self.note("database", "is kept in memory, and gone when the storefront ends");
        }
        let path = Path::new(path);
        if !self.folder("database", path.parent().map_or(Path::new("."), named)) {
            return;
        }
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        for file in [path, Path::new(&lock)] {
            if file.exists() && !may(file, rights::READ | rights::WRITE) {
                return self.problem("database", format!("this user may not write {}; {}", file.display(), OWN));
            }
        }
        match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.note("database", "there is none yet; the first start makes it");
            }
            Err(error) => self.problem("database", format!("{}: {error}", path.display())),
            Ok(file) if file.len() == 0 => self.note("database", "is empty; the first start makes its tables"),
            Ok(_) => match Reader::open(url).await {
                Err(OpenError::Foreign) => {
                    let why = "is no storefront's database; name another file, which the first start makes";
                    self.problem("database", format!("{} {why}", path.display()));
                }
                opened => self.opened(opened),
            },
        }
    }

    /// A database at a server.
    async fn server(&mut self, url: &str) {
        match tokio::time::timeout(DATABASE_LIMIT, Reader::open(url)).await {
            Err(_) => {
                self.problem("database", format!("the server does not answer within {} s", DATABASE_LIMIT.as_secs()));
            }
            Ok(Err(OpenError::Foreign)) => {
                self.note("database", "has no shop that this user can read; the first start makes its tables");
            }
            Ok(opened) => self.opened(opened),
        }
    }

    fn opened(&mut self, opened: Result<Reader, OpenError>) {
        match opened {
            Ok(_) => {}
            Err(OpenError::TooOld { found }) => {
                let why =
                    "the next start carries it over, after which older programs do not open it: back it up before";
                self.note("database", format!("has the older schema {found}; {why}"));
            }
            Err(OpenError::Store(error @ StoreError::Database(_))) => {
                let what = "Is the server running, and may this user open the database?";
                self.problems.push(format!("{error}. {what}"));
            }
            Err(error) => self.problem("database", error.to_string()),
        }
    }

    /// Whether a folder is there and takes new files.
    fn folder(&mut self, key: &str, folder: &Path) -> bool {
        if !folder.is_dir() {
            self.problem(key, format!("the folder {} is missing; make it, or correct the path", folder.display()));
            return false;
        }
        let may_write = may(folder, rights::WRITE | rights::ENTER);
        if !may_write {
            self.problem(key, format!("this user may not make files in {}; {OWN}", folder.display()));
        }
        may_write
    }

    fn channels(&mut self, config: &Config) {
        let http = match Http::new(gateway::Limits::default()) {
            Ok(http) => http,
            Err(error) => return self.problems.push(error.to_string()),
        };
        let now: NowS = Arc::new(|| SystemClock.now_s());
        let alipay = config.alipay.clone().map(|alipay| Alipay::new(alipay, http.clone(), Arc::clone(&now)).err());
        let wechat = config.wechat.clone().map(|wechat| Wechat::new(wechat, http, now).err());
        self.problems.extend([alipay, wechat].into_iter().flatten().flatten().map(|error| error.to_string()));
    }

    /// Whether the channels' notices can arrive.
    fn notices(&mut self, config: &Config) {
        let gateways = [
            config.alipay.as_ref().map(|alipay| &alipay.gateway),
            config.wechat.as_ref().map(|wechat| &wechat.base_url),
        ];
        // A sandbox on this computer is spoken with in the clear.
        let is_real = gateways.into_iter().flatten().any(|url| url.starts_with("https://"));
        match &config.public_url {
            None if is_real => {
                let why = "is not set, so no notice of the channels arrives, and payments are seen later, by asking";
                self.note("public_url", why);
            }
            Some(url) if is_real && !url.starts_with("https://") => {
                self.problem("public_url", "must begin with https://, or the channels send no notices there");
            }
            Some(_) if config.listen.ip().is_loopback() && config.trusted_proxies.is_empty() => {
                let why = "is empty, so the limit by address is off behind a proxy on this computer; name the proxy";
                self.note("trusted_proxies", why);
            }
            None | Some(_) => {}
        }
    }
}

/// What to do about a file or folder of somebody else's.
const OWN: &str = "give it to the user that serves, or run this as that user";

/// The folder of a path without one is where the program runs.
fn named(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

#[cfg(unix)]
mod rights {
    use rustix::fs::Access;

    pub(super) type Rights = Access;
    pub(super) const READ: Rights = Access::READ_OK;
    pub(super) const WRITE: Rights = Access::WRITE_OK;
    pub(super) const ENTER: Rights = Access::EXEC_OK;
}

#[cfg(unix)]
fn may(path: &Path, rights: rights::Rights) -> bool {
    rustix::fs::access(path, rights).is_ok()
}

/// Windows says so only when it is tried.
#[cfg(not(unix))]
mod rights {
    pub(super) type Rights = u8;
    pub(super) const READ: Rights = 0;
    pub(super) const WRITE: Rights = 0;
    pub(super) const ENTER: Rights = 0;
}

#[cfg(not(unix))]
fn may(_: &Path, _: rights::Rights) -> bool {
    true
}
