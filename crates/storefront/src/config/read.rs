//! Reading the settings: the file, the environment over it, and what can be checked before anything is opened.

use super::{Config, ConfigError, DatabaseUrl, ServerConfig};
use crate::keys::{self, Exposure};
use crate::store;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use gateway::{AlipayConfig, WechatConfig};
use serde::Deserialize;
use std::path::Path;
use zeroize::Zeroizing;

/// The keys that an environment variable may overrule by its text.
const TEXTS: [&str; 6] = ["listen", "metrics_listen", "public_url", "database", "signing_key", "credentials"];
/// A list, in the environment separated by commas.
const TRUSTED_PROXIES: &str = "trusted_proxies";
/// A number.
const ORDER_DEADLINE_S: &str = "order_deadline_s";
/// The key `apiv3_key` of `[wechat]`.
const WECHAT_APIV3_KEY: &str = "wechat_apiv3_key";

/// The environment variable of a key.
fn variable(key: &str) -> String {
    format!("LIVESHOP_{}", key.to_uppercase())
}

/// The variables of an environment that overrule a settings file.
pub fn overruling(env: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let keys = TEXTS.into_iter().chain([TRUSTED_PROXIES, ORDER_DEADLINE_S, WECHAT_APIV3_KEY]);
    keys.map(variable).filter(|name| env(name).is_some()).collect()
}

/// Longer than an order waits for its channel.
const REQUEST_TIMEOUT_MIN_S: u32 = 15;

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
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| wrong(by_line(&text, &error)))?;
        if exposure == Exposure::Exposed && holds_secret(&table) {
            return Err(ConfigError::Exposed { path: path.to_owned() });
        }
        for key in TEXTS {
            if let Some(value) = env(&variable(key)) {
                table.insert(key.into(), toml::Value::String(value));
            }
        }
        if let Some(value) = env(&variable(TRUSTED_PROXIES)) {
            let proxies = value.split(',').map(str::trim).filter(|proxy| !proxy.is_empty());
            let proxies = proxies.map(|proxy| toml::Value::String(proxy.to_owned())).collect();
            table.insert(TRUSTED_PROXIES.into(), toml::Value::Array(proxies));
        }
        if let (Some(value), Some(toml::Value::Table(wechat))) =
            (env(&variable(WECHAT_APIV3_KEY)), table.get_mut("wechat"))
        {
            wechat.insert("apiv3_key".into(), toml::Value::String(value));
        }
        if let Some(value) = env(&variable(ORDER_DEADLINE_S)) {
            let seconds = value.parse().map_err(|_| ConfigError::Value {
                key: "LIVESHOP_ORDER_DEADLINE_S",
                why: "must be a whole number of seconds".into(),
            })?;
            table.insert(ORDER_DEADLINE_S.into(), toml::Value::Integer(seconds));
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

    fn check(&self) -> Result<(), ConfigError> {
        let value = |key, why: &str| Err(ConfigError::Value { key, why: why.into() });
        if self.alipay.is_none() && self.wechat.is_none() {
            return value("alipay, wechat", "set up at least one channel, or name a sandbox's credentials file");
        }
        if let Err(why) = store::may_be_opened(&self.database) {
            return value("database", &why);
        }
        if self.metrics_listen == Some(self.listen) && self.listen.port() != 0 {
            return value("metrics_listen", "must be another address than `listen`");
        }
        if self.public_url.as_ref().is_some_and(|url| !is_origin(url)) {
            return value("public_url", "must be https://HOST (or http://HOST:PORT of a test), without a path or more");
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
    keys::read_text(path).map_err(|why| ConfigError::File { path: path.to_owned(), why })
}

/// What is wrong with a text and in which line, without the line itself: a key may stand in it.
fn by_line(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!("line {}: {}", before.split('\n').count(), error.message()),
        None => error.message().to_owned(),
    }
}

/// Whether the settings hold the APIv3 key, or the password of a database.
fn holds_secret(table: &toml::Table) -> bool {
    let database = table.get("database").and_then(toml::Value::as_str).unwrap_or_default();
    DatabaseUrl::from(database).has_password()
        || table.get("wechat").and_then(|wechat| wechat.get("apiv3_key")).is_some()
}

/// Whether a text is an address as the channels can be given one: `http(s)://HOST`, without user, path or query.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let has_place = uri.authority().is_some_and(|place| !place.as_str().contains('@'));
    let has_path = !matches!(uri.path_and_query().map(PathAndQuery::as_str), None | Some("" | "/"));
    matches!(uri.scheme_str(), Some("http" | "https")) && has_place && !has_path && !text.contains('#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

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
            (format!("listen = '[::1]:1'\nmetrics_listen = '[::1]:1'\n{WECHAT}"), "metrics_listen"),
            (format!("public_url = 'shop.example'\n{WECHAT}"), "public_url"),
            (format!("public_url = 'https://shop.example/pay'\n{WECHAT}"), "public_url"),
            (format!("public_url = 'https://me:word@shop.example'\n{WECHAT}"), "public_url"),
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
    fn a_line_that_cannot_be_read_is_named_and_not_repeated() {
        let text = WECHAT.replace("apiv3_key = '0123456789abcdef0123456789abcdef'", "apiv3_key = '0123456789abcdef");
        let error = read(&text, &[]).unwrap_err();
        assert!(error.contains("line 7: ") && !error.contains("0123456789abcdef"), "{error}");
    }

    #[test]
    fn what_is_shown_of_the_settings_has_no_secret() {
        let database = "postgres://shop:pass-word@localhost/shop";
        let config = read(&format!("database = '{database}'\n{WECHAT}"), &[]).unwrap();
        for shown in [format!("{config:?}"), config.in_force().join("\n")] {
            assert!(shown.contains("postgres://shop:***@localhost/shop"), "{shown}");
            assert!(!shown.contains("pass-word") && !shown.contains("0123456789abcdef"), "{shown}");
        }
    }

    #[test]
    fn the_settings_in_force_are_settings_that_mean_the_same() {
        let text = format!(
            "public_url = 'https://shop.example'\nmetrics_listen = '127.0.0.1:9'\ntrusted_proxies = ['::1']\n\
             order_deadline_s = 90\n{WECHAT}backup_url = 'https://api2.mch.weixin.qq.com'\n[server]\n\
             requests_max = 7\n[limits]\ngoods_per_minute = 8\n[alipay]\n\
             gateway = 'https://openapi.alipay.com/gateway.do'\napp_id = '1'\nseller_id = '2'\n\
             app_private_key = 'a.pem'\nalipay_public_key = 'b.pem'\n"
        );
        let config = read(&text, &[]).unwrap();
        let again = read(&config.in_force().join("\n"), &[]).unwrap();
        assert_eq!(format!("{config:?}"), format!("{again:?}"));
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
            assert_eq!(&*with(url).unwrap().database, url);
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
