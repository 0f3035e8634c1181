//! The settings as they are in force, for people.

use super::{Config, ServerConfig};
use crate::limits::LimitsConfig;
use gateway::{AlipayConfig, WechatConfig};
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What stands in place of a key.
const HIDDEN: &str = "***";

/// Lines of a settings file.
struct Lines(Vec<String>);

impl Lines {
    fn section(&mut self, name: &str) {
        self.0.push(format!("[{name}]"));
    }

    fn value(&mut self, key: &str, value: impl Display) {
        self.0.push(format!("{key} = {value}"));
    }

    fn text(&mut self, key: &str, text: impl Into<String>) {
        self.value(key, toml::Value::String(text.into()));
    }

    fn path(&mut self, key: &str, path: &Path) {
        self.text(key, path.display().to_string());
    }

    fn path_if_set(&mut self, key: &str, path: Option<&PathBuf>) {
        if let Some(path) = path {
            self.path(key, path);
        }
    }
}

impl Config {
    /// Every setting as it is in force, in the form of a settings file; keys and passwords are only said to be there.
    #[must_use]
    pub fn in_force(&self) -> Vec<String> {
        let mut lines = Lines(Vec::new());
        lines.text("listen", self.listen.to_string());
        if let Some(listen) = self.metrics_listen {
            lines.text("metrics_listen", listen.to_string());
        }
        if let Some(url) = &self.public_url {
            lines.text("public_url", url);
        }
        lines.text("database", self.database.to_string());
        lines.path("signing_key", &self.signing_key);
        lines.value("order_deadline_s", self.order_deadline_s);
        let proxies = self.trusted_proxies.iter().map(|proxy| toml::Value::String(proxy.to_string()));
        lines.value("trusted_proxies", toml::Value::Array(proxies.collect()));
        lines.path_if_set("credentials", self.credentials.as_ref());
        self.server.tell(&mut lines);
        tell_limits(&self.limits, &mut lines);
        if let Some(alipay) = &self.alipay {
            tell_alipay(alipay, &mut lines);
        }
        if let Some(wechat) = &self.wechat {
            tell_wechat(wechat, &mut lines);
        }
        lines.0
    }
}

impl ServerConfig {
    fn tell(&self, lines: &mut Lines) {
        let ServerConfig { head_timeout_s, body_timeout_s, request_timeout_s, connections_max, requests_max } = self;
        lines.section("server");
        lines.value("head_timeout_s", head_timeout_s);
        lines.value("body_timeout_s", body_timeout_s);
        lines.value("request_timeout_s", request_timeout_s);
        lines.value("connections_max", connections_max);
        lines.value("requests_max", requests_max);
    }
}

fn tell_limits(limits: &LimitsConfig, lines: &mut Lines) {
    let LimitsConfig {
        viewer_per_minute,
        address_per_minute,
        goods_per_minute,
        streamer_per_minute,
        alipay_per_second,
        wechat_per_second,
    } = limits;
    lines.section("limits");
    lines.value("viewer_per_minute", viewer_per_minute);
    lines.value("address_per_minute", address_per_minute);
    lines.value("goods_per_minute", goods_per_minute);
    lines.value("streamer_per_minute", streamer_per_minute);
    lines.value("alipay_per_second", alipay_per_second);
    lines.value("wechat_per_second", wechat_per_second);
}

fn tell_alipay(alipay: &AlipayConfig, lines: &mut Lines) {
    lines.section("alipay");
    lines.text("gateway", &alipay.gateway);
    lines.text("app_id", &alipay.app_id);
    lines.text("seller_id", &alipay.seller_id);
    lines.path("app_private_key", &alipay.app_private_key);
    lines.path_if_set("alipay_public_key", alipay.alipay_public_key.as_ref());
    lines.path_if_set("app_certificate", alipay.app_certificate.as_ref());
    lines.path_if_set("alipay_certificate", alipay.alipay_certificate.as_ref());
    lines.path_if_set("alipay_root_certificate", alipay.alipay_root_certificate.as_ref());
}

fn tell_wechat(wechat: &WechatConfig, lines: &mut Lines) {
    lines.section("wechat");
    lines.text("base_url", &wechat.base_url);
    if let Some(url) = &wechat.backup_url {
        lines.text("backup_url", url);
    }
    lines.text("mchid", &wechat.mchid);
    lines.text("appid", &wechat.appid);
    lines.text("merchant_serial", &wechat.merchant_serial);
    lines.path("merchant_private_key", &wechat.merchant_private_key);
    lines.text("apiv3_key", HIDDEN);
    if let Some(id) = &wechat.public_key_id {
        lines.text("public_key_id", id);
    }
    lines.path_if_set("public_key", wechat.public_key.as_ref());
    lines.path_if_set("platform_certificate", wechat.platform_certificate.as_ref());
    if let Some(serial) = &wechat.platform_serial {
        lines.text("platform_serial", serial);
    }
}
