//! The commands that `docs/RUNNING.md` tells an operator.

use std::path::Path;

/// The lines of the `sh` blocks under a heading, up to the next heading.
pub(crate) fn commands(heading: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/RUNNING.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let is_heading = |line: &str| line.starts_with('#') && line.trim_start_matches('#').starts_with(' ');
    let (mut lines, mut is_here, mut block) = (Vec::new(), false, None);
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            block = if block.is_none() { Some(language) } else { None };
        } else if block.is_none() && is_heading(line) {
            is_here = line.trim_start_matches('#').trim() == heading;
        } else if block == Some("sh") && is_here {
            lines.push(line.to_owned());
        }
    }
    assert!(!lines.is_empty(), "docs/RUNNING.md has no commands under {heading:?}");
    lines
}
