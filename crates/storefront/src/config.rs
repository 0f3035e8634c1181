//! The storefront's settings: a TOML file, each key also an environment variable `LIVESHOP_...`.

use crate::keys::{self, Exposure};
use crate::limits::LimitsConfig;
use crate::store;
use gateway::{AlipayConfig, WechatConfig};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// What the storefront needs to run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The address the channels send notices to, without a path; default: where it listens.
    #[serde(default)]
    pub public_url: Option<String>,
    /// Where `/metrics` is told to whoever asks; see [`Config::metrics_here`].
    #[serde(default)]
    pub metrics_listen: Option<SocketAddr>,
    /// `sqlite:PATH` or `postgres://...`.
    #[serde(default = "default_database")]
    pub database: String,
    /// File of the signing key, made at the first start.
    #[serde(default = "default_signing_key")]
    pub signing_key: PathBuf,
    /// Seconds from an order to its deadline.
    #[serde(default = "default_deadline")]
    pub order_deadline_s: u32,
    /// Reverse proxies whose `X-Forwarded-For` is believed. Empty: nobody's is, and the peer is the client.
    #[serde(default)]
    pub trusted_proxies: Vec<IpAddr>,
    /// What a connection and a request may take.
    #[serde(default)]
    pub server: ServerConfig,
    /// How often may be ordered.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// Alipay, if it is set up.
    #[serde(default)]
    pub alipay: Option<AlipayConfig>,
    /// WeChat Pay, if it is set up.
    #[serde(default)]
    pub wechat: Option<WechatConfig>,
    /// A sandbox's `credentials.json`: both channels from one file.
    #[serde(default)]
    pub credentials: Option<PathBuf>,
}

/// What one connection and one request may take. An event stream, once begun, is bound by none of the times.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Seconds for a request's head to come; a connection that is silent this long between two requests is closed.
    pub head_timeout_s: u32,
    /// Seconds for a request's body to come.
    pub body_timeout_s: u32,
    /// Seconds for an answer to begin.
    pub request_timeout_s: u32,
    /// Connections at a time; more wait to be accepted.
    pub connections_max: u32,
    /// Requests answered at a time; more are told to come again. Notices and questions after health do not count.
    pub requests_max: u32,
}

impl Default for ServerConfig {
    fn default() -> ServerConfig {
        ServerConfig {
            head_timeout_s: 30,
            body_timeout_s: 10,
            request_timeout_s: 30,
            connections_max: 16_384,
            requests_max: 4_096,
        }
    }
}

impl ServerConfig {
    pub(crate) fn head_timeout(&self) -> Duration {
        Duration::from_secs(self.head_timeout_s.into())
    }

    pub(crate) fn body_timeout(&self) -> Duration {
        Duration::from_secs(self.body_timeout_s.into())
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_s.into())
    }
}

/// Longer than an order waits for its channel.
const REQUEST_TIMEOUT_MIN_S: u32 = 15;

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8787))
}

fn default_database() -> String {
    "sqlite:storefront.db".into()
}

fn default_signing_key() -> PathBuf {
    "storefront.key".into()
}

const fn default_deadline() -> u32 {
    300
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// It is not TOML, or a key is unknown or of the wrong type.
    #[error("{}: {why}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// What and where.
        why: String,
    },
    /// The file holds a secret and others can read it.
    #[error("{} holds the APIv3 key of WeChat Pay or the password of a database and can be read by others; run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// A value cannot be used.
    #[error("{key}: {why}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it must be.
        why: String,
    },
}

/// The channels of a sandbox's `credentials.json`.
#[derive(Deserialize)]
struct Credentials {
    alipay: AlipayConfig,
    wechat: WechatConfig,
}

impl Config {
    /// Reads the file, lets the environment overrule it, and checks what can be checked before anything is opened.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key.
    pub fn read(path: &Path, env: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let (text, exposure) = read_text(path)?;
        let wrong = |why: String| ConfigError::Toml { path: path.to_owned(), why };
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if exposure == Exposure::Exposed && holds_secret(&table) {
            return Err(ConfigError::Exposed { path: path.to_owned() });
        }
        for key in ["listen", "metrics_listen", "public_url", "database", "signing_key", "credentials"] {
            if let Some(value) = env(&format!("LIVESHOP_{}", key.to_uppercase())) {
                table.insert(key.into(), toml::Value::String(value));
            }
        }
        if let Some(value) = env("LIVESHOP_TRUSTED_PROXIES") {
            let proxies = value.split(',').map(str::trim).filter(|proxy| !proxy.is_empty());
            let proxies = proxies.map(|proxy| toml::Value::String(proxy.to_owned())).collect();
            table.insert("trusted_proxies".into(), toml::Value::Array(proxies));
        }
        if let (Some(value), Some(toml::Value::Table(wechat))) =
            (env("LIVESHOP_WECHAT_APIV3_KEY"), table.get_mut("wechat"))
        {
            wechat.insert("apiv3_key".into(), toml::Value::String(value));
        }
        if let Some(value) = env("LIVESHOP_ORDER_DEADLINE_S") {
            let seconds = value.parse().map_err(|_| ConfigError::Value {
                key: "LIVESHOP_ORDER_DEADLINE_S",
                why: "must be a whole number of seconds".into(),
            })?;
            table.insert("order_deadline_s".into(), toml::Value::Integer(seconds));
        }
        let mut config: Config = table.try_into().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        config.take_credentials()?;
        config.check()?;
        Ok(config)
    }

    /// Takes the channels that are not set up otherwise from the sandbox's file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn take_credentials(&mut self) -> Result<(), ConfigError> {
        let Some(path) = &self.credentials else { return Ok(()) };
        let (text, exposure) = read_text(path)?;
        if exposure == Exposure::Exposed {
            return Err(ConfigError::Exposed { path: path.clone() });
        }
        let credentials: Credentials = serde_json::from_str(&text)
            .map_err(|error| ConfigError::Toml { path: path.clone(), why: error.to_string() })?;
        self.alipay.get_or_insert(credentials.alipay);
        self.wechat.get_or_insert(credentials.wechat);
        Ok(())
    }

    /// Whether `listen` tells callers on this computer `/metrics`. Where something outside leads to the shop, it would
    /// seem to be on this computer too: then only `metrics_listen` tells.
    #[must_use]
    pub fn metrics_here(&self) -> bool {
        self.metrics_listen.is_none() && self.public_url.is_none()
    }

    fn check(&self) -> Result<(), ConfigError> {
        let value = |key, why: &str| Err(ConfigError::Value { key, why: why.into() });
        if self.alipay.is_none() && self.wechat.is_none() {
            return value("alipay, wechat", "set up at least one channel, or name a sandbox's credentials file");
        }
        if let Err(why) = store::may_be_opened(&self.database) {
            return value("database", &why);
        }
        if !(5..=7_200).contains(&self.order_deadline_s) {
            return value("order_deadline_s", "must be 5 to 7200: a payment code lives two hours at most");
        }
        let ServerConfig { head_timeout_s, body_timeout_s, request_timeout_s, connections_max, requests_max } =
            self.server;
        if [head_timeout_s, body_timeout_s, connections_max, requests_max].contains(&0) {
            let why = "head_timeout_s, body_timeout_s, connections_max and requests_max must be at least 1";
            return value("server", why);
        }
        if request_timeout_s < REQUEST_TIMEOUT_MIN_S {
            return value("server.request_timeout_s", "must be at least 15: an order waits 11 s for its channel");
        }
        Ok(())
    }
}

fn read_text(path: &Path) -> Result<(Zeroizing<String>, Exposure), ConfigError> {
    keys::read_text(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })
}

/// Whether the settings hold the APIv3 key, or the password of a database.
fn holds_secret(table: &toml::Table) -> bool {
    let database = table.get("database").and_then(toml::Value::as_str).unwrap_or_default();
    let user = database.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()?.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':'))
        || database.contains("password=")
        || table.get("wechat").and_then(|wechat| wechat.get("apiv3_key")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(not(unix))]
    fn set_mode(_: &Path, _: u32) {}

    fn read(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
        read_of_mode(text, env, 0o600)
    }

    fn read_of_mode(text: &str, env: &[(&str, &str)], mode: u32) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.toml");
        std::fs::write(&path, text).unwrap();
        set_mode(&path, mode);
        let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(&path, env).map_err(|error| error.to_string())
    }

    const WECHAT: &str = "[wechat]\nbase_url = 'https://api.mch.weixin.qq.com'\nmchid = '1900000000'\nappid = 'wx1'\n\
        merchant_serial = 'S'\nmerchant_private_key = 'k.pem'\napiv3_key = '0123456789abcdef0123456789abcdef'\n\
        public_key_id = 'PUB_KEY_ID_1'\npublic_key = 'p.pem'\n";

    #[test]
    fn the_environment_overrules_the_file() {
        let text = format!("listen = '127.0.0.1:1'\norder_deadline_s = 60\n{WECHAT}");
        let config = read(&text, &[("LIVESHOP_LISTEN", "127.0.0.1:2"), ("LIVESHOP_ORDER_DEADLINE_S", "90")]).unwrap();
        assert_eq!((config.listen.port(), config.order_deadline_s), (2, 90));
        assert!(config.metrics_here());
        let config = read(&text, &[("LIVESHOP_METRICS_LISTEN", "127.0.0.1:3")]).unwrap();
        assert_eq!((config.metrics_listen, config.metrics_here()), (Some(([127, 0, 0, 1], 3).into()), false));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (text, name) in [
            (String::new(), "set up at least one channel"),
            (format!("order_deadline_s = 3\n{WECHAT}"), "order_deadline_s"),
            (format!("databse = 'sqlite:x'\n{WECHAT}"), "databse"),
            (format!("database = 'mysql://x'\n{WECHAT}"), "database"),
            (format!("listen = 'nowhere'\n{WECHAT}"), "listen"),
            (format!("metrics_listen = 9464\n{WECHAT}"), "metrics_listen"),
            ("credentials = '/nowhere/credentials.json'".into(), "/nowhere/credentials.json"),
            (format!("trusted_proxies = ['proxy.example']\n{WECHAT}"), "trusted_proxies"),
            (format!("{WECHAT}[server]\nrequest_timeout_s = 11\n"), "server.request_timeout_s"),
            (format!("{WECHAT}[server]\nconnections_max = 0\n"), "connections_max"),
            (format!("{WECHAT}[server]\nrequests_max = 0\n"), "requests_max"),
            (format!("{WECHAT}[server]\nhead_timeout = 1\n"), "head_timeout"),
        ] {
            let error = read(&text, &[]).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_database_elsewhere_is_proven_or_said_not_to_be() {
        let with = |url: &str| read(&format!("database = '{url}'\n{WECHAT}"), &[]);
        for url in [
            "postgres://shop@127.0.0.1/shop",
            "postgres://shop@[::1]:5433/shop",
            "postgresql://shop@localhost/shop",
            "postgres:///shop?host=/run/postgresql",
            "postgres://shop:word@db.example/shop?sslmode=verify-full",
            "postgres://shop@10.0.0.2/shop?sslmode=disable",
        ] {
            assert_eq!(with(url).unwrap().database, url);
        }
        for url in ["postgres://shop@db.example/shop", "postgres://shop@10.0.0.2/shop?sslmode=require"] {
            let error = with(url).unwrap_err();
            assert!(error.contains("database: ") && error.contains("verify-full"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_the_password_of_a_database_is_the_shop_s_alone() {
        let keyless = WECHAT.replace("apiv3_key = '0123456789abcdef0123456789abcdef'\n", "");
        let env = [("LIVESHOP_WECHAT_APIV3_KEY", "0123456789abcdef0123456789abcdef")];
        for url in ["postgres://shop:word@localhost/shop", "postgres://localhost/shop?user=shop&password=word"] {
            let text = format!("database = '{url}'\n{keyless}");
            let error = read_of_mode(&text, &env, 0o644).unwrap_err();
            assert!(error.contains("password of a database") && !error.contains("word@"), "{error}");
            read_of_mode(&text, &env, 0o600).unwrap();
        }
        read_of_mode(&format!("database = 'postgres://shop@localhost/shop'\n{keyless}"), &env, 0o644).unwrap();
    }

    #[test]
    fn trusted_proxies_are_addresses_from_the_file_or_the_environment() {
        let text = format!("trusted_proxies = ['127.0.0.1', '::1']\n{WECHAT}");
        let [v4, v6]: [IpAddr; 2] = [[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()];
        assert_eq!(read(&text, &[]).unwrap().trusted_proxies, [v4, v6]);
        let env = [("LIVESHOP_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2")];
        assert_eq!(read(&text, &env).unwrap().trusted_proxies, [IpAddr::from([10, 0, 0, 1]), [10, 0, 0, 2].into()]);
        assert!(read(WECHAT, &[]).unwrap().trusted_proxies.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_the_apiv3_key_that_others_can_read_is_refused() {
        for mode in [0o644, 0o640, 0o604] {
            let error = read_of_mode(WECHAT, &[], mode).unwrap_err();
            assert!(error.contains("chmod 600") && error.contains("shop.toml"), "{mode:o}: {error}");
            assert!(!error.contains("0123456789abcdef"), "{error}");
        }
        // Without the key in it there is nothing to hide, and the key may come from the environment.
        let without = WECHAT.replace("apiv3_key = '0123456789abcdef0123456789abcdef'\n", "");
        let env = [("LIVESHOP_WECHAT_APIV3_KEY", "0123456789abcdef0123456789abcdef")];
        assert!(read_of_mode(&without, &env, 0o644).unwrap().wechat.is_some());
    }

    #[cfg(unix)]
    #[test]
    fn credentials_that_others_can_read_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.json");
        std::fs::write(&path, "{}").unwrap();
        set_mode(&path, 0o644);
        let error = read(&format!("credentials = '{}'\n", path.display()), &[]).unwrap_err();
        assert!(error.contains("chmod 600") && error.contains("credentials.json"), "{error}");
    }
}
