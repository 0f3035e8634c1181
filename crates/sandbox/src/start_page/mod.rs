//! `GET /`: the start page. One page that loads nothing: what is where, which file holds what, what goes wrong on
//! purpose, and the latest calls with the check of each signature. It never shows a private key or the APIv3 key.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::{Sandbox, form};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What of `credentials.json` may be shown: public numbers, and the paths of files. `apiv3_key` is not among them.
const SHOWN: [(&str, &[&str]); 2] = [
    ("alipay", &["gateway", "app_id", "seller_id", "app_private_key", "alipay_public_key"]),
    (
        "wechat",
        &[
            "base_url",
            "mchid",
            "appid",
            "merchant_serial",
            "merchant_private_key",
            "public_key_id",
            "public_key",
            "platform_certificate",
            "platform_serial",
        ],
    ),
];

/// Only the page's own style and script are allowed, named by their hashes.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
        format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            hash(SCRIPT),
            hash(STYLE)
        )
    })
}

pub(crate) async fn show(
    State(sandbox): State<Arc<Sandbox>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let page = PAGE
        .replace("{{lang}}", language(query.as_deref().unwrap_or_default(), accepted.unwrap_or_default()))
        .replace("{{style}}", STYLE)
        .replace("{{script}}", SCRIPT)
        .replace("{{base}}", &escaped(&sandbox.base_url))
        .replace("{{file}}", &escaped(&sandbox.data.join("credentials.json").display().to_string()))
        .replace("{{credentials}}", &credentials(&sandbox));
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept-language"),
    ];
    (headers, page).into_response()
}

/// `?lang=` decides; without it the first of the browser's languages that the page has; else English.
fn language(query: &str, accepted: &str) -> &'static str {
    let asked = form::pairs(query.as_bytes()).find(|(name, _)| name == b"lang").map(|(_, value)| value);
    let asked = asked.map(|value| String::from_utf8_lossy(&value).into_owned());
    let wanted = asked.as_deref().unwrap_or(accepted).to_ascii_lowercase();
    wanted
        .split(',')
        .find_map(|one| match one.trim_start().get(..2) {
            Some("zh") => Some("zh-CN"),
            Some("en") => Some("en"),
            Some(_) | None => None,
        })
        .unwrap_or("en")
}

fn credentials(sandbox: &Sandbox) -> String {
    let all = sandbox.keys.credentials(&sandbox.data, &sandbox.base_url);
    let mut rows = String::new();
    for (channel, names) in SHOWN {
        for name in names {
            let value = all[channel].get(*name).and_then(Value::as_str).unwrap_or_default();
            rows.push_str(&format!(
                "<tr><th scope=\"row\">{channel}.{name}</th><td><code>{}</code></td></tr>\n",
                escaped(value)
            ));
        }
    }
    rows
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_asked_for_or_the_browsers() {
        assert_eq!(language("lang=zh", "en"), "zh-CN");
        assert_eq!(language("lang=en-GB", "zh"), "en");
        assert_eq!(language("", "fr-FR, zh-TW;q=0.9, en;q=0.8"), "zh-CN");
        assert_eq!(language("", "fr"), "en");
        assert_eq!(language("", "日本"), "en");
    }

    #[test]
    fn a_name_from_outside_cannot_become_markup() {
        assert_eq!(escaped("<a b=\"c\">'&"), "&lt;a b=&quot;c&quot;&gt;&#39;&amp;");
    }
}
