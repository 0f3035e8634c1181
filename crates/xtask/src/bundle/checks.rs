//! What each value of a brand must be.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use std::fs;
use std::path::Path;

/// What is wrong, and what would be right.
pub(super) type Flaw = String;

/// Said of a file whose form is wrong.
pub(super) const WHOLE: &str = "docs/PACKAGING.md shows a whole file";
/// The package of the app under its own name.
pub(super) const STANDARD: &str = "liveshop";
/// Packages of this project, which a brand must not replace.
const OURS: [&str; 3] = [STANDARD, "liveshop-storefront", "liveshop-sandbox"];
/// Longest name, characters.
const NAME_MAX: usize = 30;
/// Least width of a PNG, pixels: the largest icon that is made of it.
pub(super) const ICON_PX: u32 = 512;

fn ensure(is_right: bool, flaw: impl Into<Flaw>) -> Result<(), Flaw> {
    if is_right { Ok(()) } else { Err(flaw.into()) }
}

/// A name that is also the name of files and stands in the system's menus.
pub(super) fn name(name: &str) -> Result<(), Flaw> {
    ensure(name.trim() == name, "the name begins or ends with a space")?;
    let length = name.chars().count();
    ensure(
        (1..=NAME_MAX).contains(&length),
        format!("the name has {length} characters; right are 1 to {NAME_MAX} characters"),
    )?;
    let odd = name.chars().find(|letter| letter.is_control() || r#"<>:"/\|?*{}`$"#.contains(*letter));
    ensure(
        odd.is_none() && !name.ends_with('.'),
        "the name makes no file name; write it without < > : \" / \\ | ? * { } ` $ and no dot at its end",
    )
}

/// A name that package and program are named after.
pub(super) fn english_name(en: &str) -> Result<(), Flaw> {
    name(en)?;
    let is_english = en.is_ascii() && en.starts_with(|first: char| first.is_ascii_alphabetic());
    ensure(
        is_english && package(en).len() > 1,
        "the package is named after this name: it has English letters, and begins with one",
    )?;
    ensure(
        !OURS.contains(&package(en).as_str()),
        format!("{} is a package of this project; a brand needs a name of your own", package(en)),
    )
}

/// The name of the package: letters and digits in lower case, with hyphens between words.
pub(super) fn package(en: &str) -> String {
    let lower = en.to_ascii_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// What tells the app apart from others.
pub(super) fn identifier(identifier: &str) -> Result<(), Flaw> {
    let right = "right is a domain of yours turned round and a name, as in com.example.kiln";
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let parts: Vec<&str> = identifier.split('.').collect();
    ensure(parts.len() > 2 && parts.into_iter().all(is_part), format!("this is no identifier; {right}"))?;
    ensure(
        !identifier.ends_with(".app"),
        "macOS takes a folder that ends with .app for a program; an identifier does not end with .app",
    )?;
    ensure(
        !identifier.starts_with("app.liveshop."),
        format!("this is Liveshop's own identifier; take one of your own: {right}"),
    )
}

/// Who answers for the installer.
pub(super) fn publisher(publisher: &str) -> Result<(), Flaw> {
    let is_line = !publisher.trim().is_empty() && publisher.len() <= 200 && !publisher.contains(char::is_control);
    ensure(is_line, "right is one line with a name, and an address if you like: \"Example Ltd <shop@example.com>\"")
}

/// Where the shop is. The app refuses plain http to anything but its own computer.
pub(super) fn shop_url(url: &str) -> Result<(), Flaw> {
    let is_here = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|here| url.strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])));
    ensure(
        is_here || is_https(url, "?#"),
        "right is the shop's public address, https://shop.example.com, without user, ? and #",
    )
}

/// Where newer versions are told of.
pub(super) fn feed(url: &str) -> Result<(), Flaw> {
    ensure(
        is_https(url, "#"),
        "right is an address that begins with https://; it may hold {{target}}, {{arch}} and {{current_version}}",
    )
}

fn is_https(url: &str, without: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    let is_port = host.split_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok());
    is_name
        && is_port
        && !url.contains(|letter: char| letter.is_whitespace() || letter.is_control() || without.contains(letter))
}

/// The key that the shop signs with: it is trusted without asking.
pub(super) fn shop_key(key: &str) -> Result<(), Flaw> {
    let plain = key.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let is_key = URL_SAFE_NO_PAD.decode(plain).is_ok_and(|key| key.len() == 32);
    ensure(is_key, "right is the 32 bytes in base64 that `storefront serve` prints as public_key")
}

/// The room that opens first.
pub(super) fn room(room: &str) -> Result<(), Flaw> {
    let is_id = (1..=40).contains(&room.len())
        && room.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    ensure(is_id, "right is a room's id: 1 to 40 letters, digits, _ and -")
}

/// Which channels are offered.
pub(super) fn channels(alipay: bool, wechat: bool) -> Result<(), Flaw> {
    ensure(alipay || wechat, "both channels are off: nobody could pay; at least one is true")
}

/// The key that updates are signed with: minisign's public file, in base64.
pub(super) fn update_key(key: &str) -> Result<(), Flaw> {
    let file = BASE64.decode(key).ok().and_then(|file| String::from_utf8(file).ok());
    let line = file.as_deref().and_then(|file| file.lines().nth(1)).and_then(|line| BASE64.decode(line.trim()).ok());
    let is_key = line.is_some_and(|key| key.len() == 42 && key.starts_with(b"Ed"));
    ensure(is_key, "right is the text of the .pub file that `ui/node_modules/.bin/tauri signer generate` writes")
}

/// A square picture that every icon can be made of.
pub(super) fn icon(file: &Path) -> Result<(), Flaw> {
    let kind = file.extension().map(|kind| kind.to_ascii_lowercase()).unwrap_or_default();
    ensure(kind == "svg" || kind == "png", "right is a square picture, .svg or .png")?;
    let read = fs::read(file).map_err(|error| format!("the icon {} cannot be read: {error}", file.display()))?;
    let right = format!("right is a square one, a .png at least {ICON_PX} x {ICON_PX} pixels");
    if kind == "png" {
        let (width, height) = png_size(&read).ok_or_else(|| format!("the icon is no PNG; {right}"))?;
        return ensure(width == height && width >= ICON_PX, format!("the icon has {width} x {height} pixels; {right}"));
    }
    let (width, height) = svg_size(&read).ok_or_else(|| format!("the icon is no SVG with a viewBox; {right}"))?;
    ensure(width == height, format!("the icon measures {width} x {height}; {right}"))
}

/// Width and height stand at the beginning of every PNG.
fn png_size(file: &[u8]) -> Option<(u32, u32)> {
    let rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(4..)?.strip_prefix(b"IHDR")?;
    let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at.checked_add(4)?)?.try_into().ok()?));
    Some((number(0)?, number(4)?))
}

/// The measures of a drawing, in its own units: of its viewBox, else its width and height.
fn svg_size(file: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(file).ok()?;
    let (_, rest) = text.split_once("<svg")?;
    let (tag, _) = rest.split_once('>')?;
    let attribute = |name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}="))?;
        let quote = rest.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
        rest.get(1..)?.split(quote).next()
    };
    if let Some(view) = attribute("viewBox") {
        let mut numbers = view.split([' ', ',']).filter(|number| !number.is_empty()).skip(2);
        return Some((numbers.next()?.to_owned(), numbers.next()?.to_owned()));
    }
    Some((attribute("width")?.to_owned(), attribute("height")?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_named_after_the_english_name() {
        for (en, name) in [("Mountain Kiln", "mountain-kiln"), ("Ann & Ben's", "ann-ben-s"), ("K2", "k2")] {
            assert_eq!(package(en), name);
        }
    }

    #[test]
    fn a_png_is_square_and_large_enough() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("icon.png");
        let png = |width: u32, height: u32| {
            let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            png.extend(width.to_be_bytes());
            png.extend(height.to_be_bytes());
            fs::write(&file, png).unwrap();
            icon(&file)
        };
        assert_eq!(png(512, 512), Ok(()));
        assert!(png(512, 600).unwrap_err().contains("512 x 600"));
        assert!(png(256, 256).unwrap_err().contains("256 x 256"));
        fs::write(&file, "GIF89a").unwrap();
        assert!(icon(&file).unwrap_err().contains("no PNG"));
    }

    #[test]
    fn a_drawing_is_square() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("icon.svg");
        for (svg, is_right) in [
            (r#"<svg xmlns="x" viewBox="0 0 24 24">"#, true),
            (r#"<svg viewBox='0,0,24,20'>"#, false),
            (r#"<svg width="64" height="64">"#, true),
            (r#"<svg width="64" height="32">"#, false),
            (r#"<html>"#, false),
        ] {
            fs::write(&file, svg).unwrap();
            assert_eq!(icon(&file).is_ok(), is_right, "{svg}");
        }
    }

    #[test]
    fn a_shop_is_reached_by_https_or_on_this_computer() {
        for url in
            ["https://shop.example", "https://shop.example:8443/ann/", "http://127.0.0.1:8080", "http://localhost"]
        {
            assert_eq!(shop_url(url), Ok(()), "{url}");
        }
        for url in
            ["http://shop.example", "http://127.0.0.1.example", "https://", "https://a b", "https://a?b", "https://a:x"]
        {
            assert!(shop_url(url).is_err(), "{url}");
        }
    }
}
