//! The storefront's settings: a TOML file, each key also an environment variable `LIVESHOP_...`.

use crate::limits::LimitsConfig;
use gateway::{AlipayConfig, WechatConfig};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

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
    /// `sqlite:PATH`.
    #[serde(default = "default_database")]
    pub database: String,
    /// File of the signing key, made at the first start.
    #[serde(default = "default_signing_key")]
    pub signing_key: PathBuf,
    /// Seconds from an order to its deadline.
    #[serde(default = "default_deadline")]
    pub order_deadline_s: u32,
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
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
        let wrong = |why: String| ConfigError::Toml { path: path.to_owned(), why };
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        for key in ["listen", "public_url", "database", "signing_key", "credentials"] {
            if let Some(value) = env(&format!("LIVESHOP_{}", key.to_uppercase())) {
                table.insert(key.into(), toml::Value::String(value));
            }
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
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.clone(), source })?;
        let credentials: Credentials = serde_json::from_str(&text)
            .map_err(|error| ConfigError::Toml { path: path.clone(), why: error.to_string() })?;
        self.alipay.get_or_insert(credentials.alipay);
        self.wechat.get_or_insert(credentials.wechat);
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        let value = |key, why: &str| Err(ConfigError::Value { key, why: why.into() });
        if self.alipay.is_none() && self.wechat.is_none() {
            return value("alipay, wechat", "set up at least one channel, or name a sandbox's credentials file");
        }
        if !self.database.starts_with("sqlite:") {
            return value("database", "must be sqlite:PATH");
        }
        if !(5..=7_200).contains(&self.order_deadline_s) {
            return value("order_deadline_s", "must be 5 to 7200: a payment code lives two hours at most");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.toml");
        std::fs::write(&path, text).unwrap();
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
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (text, name) in [
            (String::new(), "set up at least one channel"),
            (format!("order_deadline_s = 3\n{WECHAT}"), "order_deadline_s"),
            (format!("databse = 'sqlite:x'\n{WECHAT}"), "databse"),
            (format!("database = 'mysql://x'\n{WECHAT}"), "database"),
            (format!("listen = 'nowhere'\n{WECHAT}"), "listen"),
            ("credentials = '/nowhere/credentials.json'".into(), "/nowhere/credentials.json"),
        ] {
            let error = read(&text, &[]).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }
}
