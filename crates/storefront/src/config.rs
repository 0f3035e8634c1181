//! The storefront's settings: a TOML file, each key also an environment variable `LIVESHOP_...`.

mod database;
mod in_force;
mod read;

pub use database::DatabaseUrl;
pub use read::overruling;

use crate::limits::LimitsConfig;
use gateway::{AlipayConfig, WechatConfig};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

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
    pub database: DatabaseUrl,
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

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8787))
}

fn default_database() -> DatabaseUrl {
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
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        why: std::io::Error,
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

impl Config {
    /// Whether `listen` tells callers on this computer `/metrics`. Where something outside leads to the shop, it would
    /// seem to be on this computer too: then only `metrics_listen` tells.
    #[must_use]
    pub fn metrics_here(&self) -> bool {
        self.metrics_listen.is_none() && self.public_url.is_none()
    }
}
