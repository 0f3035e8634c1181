//! HLS playlists, changed so that everything they name goes through the program.

use tauri::Url;

/// How a playlist names something inside a tag.
const ATTRIBUTE: &str = "URI=\"";

/// Largest playlist, bytes; and what it may grow to. One of a whole day of two-second parts is under 1 MiB.
const MAX_BYTES: usize = 2 << 20;
const REWRITTEN_MAX_BYTES: usize = 16 << 20;

/// The playlist with every address replaced by what `through` makes of it; `base` is where the playlist itself was. What
/// `through` refuses stays as it is, and the page's policy stops it. Nothing for one that is larger than any show needs.
pub(super) fn rewritten(playlist: &str, base: &Url, mut through: impl FnMut(&Url) -> Option<String>) -> Option<String> {
    if playlist.len() > MAX_BYTES {
        return None;
    }
    let mut address = |text: &str| replaced(text, base, &mut through).unwrap_or_else(|| text.to_owned());
    let mut lines = String::with_capacity(playlist.len() * 2);
    for line in playlist.lines() {
        if lines.len() > REWRITTEN_MAX_BYTES {
            return None;
        }
        match line.trim() {
            tag if tag.starts_with('#') => lines.push_str(&tag_rewritten(tag, &mut address)),
            "" => {}
            text => lines.push_str(&address(text)),
        }
        lines.push('\n');
    }
    Some(lines)
}

fn tag_rewritten(tag: &str, address: &mut impl FnMut(&str) -> String) -> String {
    let Some((before, rest)) = tag.split_once(ATTRIBUTE) else { return tag.to_owned() };
    let Some((text, after)) = rest.split_once('"') else { return tag.to_owned() };
    format!("{before}{ATTRIBUTE}{}\"{after}", address(text))
}

fn replaced(text: &str, base: &Url, through: &mut impl FnMut(&Url) -> Option<String>) -> Option<String> {
    // What the player fills in is not an address yet.
    if text.contains("{$") {
        return None;
    }
    let url = base.join(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    through(&url)
}
