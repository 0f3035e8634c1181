//! The brand that is compiled in: reads its file, as `cargo xtask bundle` writes it, and makes the constant of
//! `src/brand.rs` out of it.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Name,
    package: String,
    /// The page's.
    #[serde(rename = "icon")]
    _icon: Option<String>,
    home: Option<String>,
    channels: Channels,
    updates: Option<Updates>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Channels {
    alipay: bool,
    wechat: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Updates {
    feed: String,
    key: String,
}

/// The constant, as Rust.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn constant(file: &str) -> Result<String, serde_json::Error> {
    let File { name, package, home, channels, updates, .. } = serde_json::from_str(file)?;
    let offered: Vec<&str> = [("PayType::Alipay", channels.alipay), ("PayType::Wechat", channels.wechat)]
        .into_iter()
        .filter_map(|(channel, is_on)| is_on.then_some(channel))
        .collect();
    let updates = updates.map_or_else(
        || "None".to_owned(),
        |updates| format!("Some(Updates {{ feed: {:?}, key: {:?} }})", updates.feed, updates.key),
    );
    Ok(format!(
        "/// The brand of this build.\npub const OURS: Brand = Brand {{\n    zh: {:?},\n    en: {:?},\n    \
         package: {package:?},\n    home: {home:?},\n    channels: &[{}],\n    updates: {updates},\n}};\n",
        name.zh,
        name.en,
        offered.join(", "),
    ))
}
