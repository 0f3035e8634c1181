//! `storefront verify-receipt`.

use super::read_config;
use anyhow::{Context, Result};
use api::ShopKey;
use api::receipt::verify_text;
use std::io::Write;
use std::path::Path;
use storefront::{keys, receipt, store};

pub(crate) async fn verify(file: &Path, key: Option<&str>, config: Option<&Path>) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let config = config.map(read_config).transpose()?;
    let pinned = match (key, &config) {
        (Some(key), _) => Some(ShopKey::from_base64(key).context("--key: the key in a room's link is wanted")?),
        // The shop's own key, if it has one already: asking makes none.
        (None, Some(config)) => keys::kept_key(&config.signing_key)?.map(|signer| signer.key().clone()),
        (None, None) => None,
    };
    let verified = verify_text(&text, pinned.as_ref())?;
    let mut words = receipt::in_words(&verified);
    if let Some(config) = &config {
        let mut reader = store::Reader::open(&config.database).await?;
        let newer = receipt::compare_journal(&mut reader, &verified.receipt).await?;
        words.push(format!("this shop's journal has every line unchanged, and {newer} newer ones of this order"));
    }
    let mut out = std::io::stdout().lock();
    words.iter().try_for_each(|line| writeln!(out, "{line}")).context("cannot write to standard output")
}
