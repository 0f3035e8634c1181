//! `storefront export`.

use super::{read_config, say};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::fs::File;
use std::path::Path;
use storefront::export;
use storefront::reconcile::Day;
use storefront::store::Reader;

pub(crate) async fn export(from: &str, to: &str, out: Option<&Path>, config: &Path) -> Result<()> {
    let (from, to) = (Day::parse(from).context("--from")?, Day::parse(to).context("--to")?);
    if to < from {
        bail!("--to {} lies before --from {}", to.as_str(), from.as_str());
    }
    let mut reader = Reader::open(&read_config(config)?.database).await?;
    match out {
        Some(path) => {
            // Never over another file: it may be the only copy of what was booked.
            let file = File::create_new(path).with_context(|| format!("cannot make {}", path.display()))?;
            let rows = export::write(&mut reader, &from, &to, &file).await?;
            file.sync_all().with_context(|| format!("cannot write {}", path.display()))?;
            say(&json!({"file": path, "rows": rows}))
        }
        None => {
            export::write(&mut reader, &from, &to, std::io::stdout()).await?;
            Ok(())
        }
    }
}
