//! A packager's brand: one file that says whose app is made. What is wrong with it is refused with its line, and with
//! what would be right. `docs/PACKAGING.md` shows a whole one.

use super::checks::{self, Flaw};
use anyhow::{Context, Error, Result, anyhow};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Whose app is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Brand {
    pub(crate) zh: String,
    pub(crate) en: String,
    /// The name of package, program, icon and desktop file: made from the English name.
    pub(crate) package: String,
    /// Tells apps apart to the system; the viewer's files lie in a folder of this name.
    pub(crate) identifier: String,
    pub(crate) publisher: String,
    /// A square SVG or PNG.
    pub(crate) icon: PathBuf,
    /// The link of the room that opens by itself.
    home: Option<String>,
    alipay: bool,
    wechat: bool,
    updates: Option<Updates>,
}

/// Where newer versions are told of, and the key they are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Updates {
    pub(super) feed: String,
    pub(super) key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    identifier: Spanned<String>,
    publisher: Spanned<String>,
    icon: Spanned<String>,
    name: NameTable,
    shop: Option<ShopTable>,
    channels: Option<Spanned<ChannelsTable>>,
    updates: Option<UpdatesTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameTable {
    zh: Spanned<String>,
    en: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShopTable {
    url: Spanned<String>,
    key: Spanned<String>,
    room: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelsTable {
    alipay: bool,
    wechat: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdatesTable {
    feed: Spanned<String>,
    key: Spanned<String>,
}

/// A file and its text, to name a line by.
struct Source<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn flaw(&self, at: Range<usize>, what: impl std::fmt::Display) -> Error {
        let before = self.text.get(..at.start).unwrap_or_default();
        let line = before.matches('\n').count().saturating_add(1);
        anyhow!("{}:{line}: {what}", self.file.display())
    }

    /// The value, once it has passed a check.
    fn checked(&self, value: Spanned<String>, check: impl FnOnce(&str) -> Result<(), Flaw>) -> Result<String> {
        let at = value.span();
        let value = value.into_inner();
        check(&value).map_err(|flaw| self.flaw(at, flaw))?;
        Ok(value)
    }
}

impl Brand {
    /// Liveshop itself.
    pub(crate) fn standard(root: &Path) -> Brand {
        Brand {
            zh: "Liveshop".into(),
            en: "Liveshop".into(),
            package: "liveshop".into(),
            identifier: "app.liveshop.desktop".into(),
            publisher: "Liveshop".into(),
            icon: root.join("icons/icon.svg"),
            home: None,
            alipay: true,
            wechat: true,
            updates: None,
        }
    }

    /// Reads a brand's file.
    ///
    /// # Errors
    /// The first flaw, with file and line.
    pub(crate) fn read(file: &Path) -> Result<Brand> {
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Brand::parse(file, &text)
    }

    fn parse(file: &Path, text: &str) -> Result<Brand> {
        let source = Source { file, text };
        let read: File = toml::from_str(text).map_err(|error| {
            source.flaw(error.span().unwrap_or_default(), format!("{}; {}", error.message().trim(), checks::WHOLE))
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let en = source.checked(read.name.en, checks::english_name)?;
        let home = read.shop.map(|shop| home(&source, shop)).transpose()?;
        let channels = read.channels.map(|channels| {
            let at = channels.span();
            let ChannelsTable { alipay, wechat } = channels.into_inner();
            checks::channels(alipay, wechat).map_err(|flaw| source.flaw(at, flaw)).map(|()| (alipay, wechat))
        });
        let (alipay, wechat) = channels.transpose()?.unwrap_or((true, true));
        let updates = read.updates.map(|updates| {
            let feed = source.checked(updates.feed, checks::feed)?;
            Ok::<_, Error>(Updates { feed, key: source.checked(updates.key, checks::update_key)? })
        });
        Ok(Brand {
            package: checks::package(&en),
            zh: source.checked(read.name.zh, checks::name)?,
            identifier: source.checked(read.identifier, checks::identifier)?,
            publisher: source.checked(read.publisher, checks::publisher)?,
            icon: folder.join(source.checked(read.icon, |icon| checks::icon(&folder.join(icon)))?),
            home,
            alipay,
            wechat,
            updates: updates.transpose()?,
            en,
        })
    }

    /// Whether this is the app under its own name: the brand that is compiled in when none is given.
    pub(crate) fn is_standard(&self) -> bool {
        self.package == checks::STANDARD
    }

    /// What is compiled into program and page. `icon` is the picture that the page shows beside the name.
    pub(crate) fn embedded(&self, icon: Option<&str>) -> Value {
        json!({
            "name": { "zh": self.zh, "en": self.en },
            "package": self.package,
            "icon": icon,
            "home": self.home,
            "channels": { "alipay": self.alipay, "wechat": self.wechat },
            "updates": self.updates.as_ref().map(|updates| json!({ "feed": updates.feed, "key": updates.key })),
        })
    }

    /// Where its newer versions are told of.
    pub(super) fn updates(&self) -> Option<&Updates> {
        self.updates.as_ref()
    }

    /// The same, with newer versions told of there.
    pub(super) fn with_updates(self, updates: Updates) -> Brand {
        Brand { updates: Some(updates), ..self }
    }
}

/// The link of a brand's room.
fn home(source: &Source, shop: ShopTable) -> Result<String> {
    let url = source.checked(shop.url, checks::shop_url)?;
    let key = source.checked(shop.key, checks::shop_key)?;
    let room = source.checked(shop.room, checks::room)?;
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("shop", &url).append_pair("key", &key).finish();
    Ok(format!("liveshop://room/{room}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::root;

    /// The whole file that the packagers' page shows.
    fn example() -> String {
        let page = fs::read_to_string(root().join("docs/PACKAGING.md")).unwrap();
        let (_, rest) = page.split_once("```toml\n").unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    }

    /// Reads a text as if it lay beside the icons.
    fn read(text: &str) -> Result<Brand> {
        Brand::parse(&root().join("icons/brand.toml"), text)
    }

    #[test]
    fn the_example_of_the_packagers_page_is_a_brand() {
        let brand = read(&example()).unwrap();
        assert_eq!((brand.zh.as_str(), brand.en.as_str()), ("山屿窑", "Mountain Kiln"));
        assert_eq!(
            (brand.package.as_str(), brand.identifier.as_str()),
            ("mountain-kiln", "example.mountain-kiln.desktop")
        );
        assert_eq!((brand.alipay, brand.wechat), (false, true));
        // Its program and page are built with this; the program's tests read the same file.
        let embedded = fs::read_to_string(root().join("src-tauri/tests/brand/mountain-kiln.json")).unwrap();
        assert_eq!(brand.embedded(Some("icon.svg")), serde_json::from_str::<Value>(&embedded).unwrap());
    }

    #[test]
    fn without_a_brand_the_app_is_liveshop_with_every_channel() {
        let standard = Brand::standard(&root());
        let file = |path: &str| serde_json::from_str::<Value>(&fs::read_to_string(root().join(path)).unwrap()).unwrap();
        assert_eq!(standard.embedded(None), file("src-tauri/brand.json"));
        assert_eq!(standard.identifier, file("src-tauri/tauri.conf.json")["identifier"].as_str().unwrap());
    }

    #[test]
    fn shop_channels_and_updates_may_be_left_out() {
        let (needed, _) = example().split_once("[shop]").map(|(needed, rest)| (needed.to_owned(), rest.len())).unwrap();
        let brand = read(&needed).unwrap();
        assert_eq!((brand.home, brand.alipay, brand.wechat, brand.updates), (None, true, true, None));
    }

    /// What is refused: a line of the example, what stands there instead, and what the refusal says.
    const FLAWS: &[(&str, &str, &str)] = &[
        (r#"en = "Mountain Kiln""#, r#"en = "Mountain Kiln"; zh = "x""#, "expected"),
        (r#"en = "Mountain Kiln""#, r#"en = "山屿窑""#, "English letters"),
        (r#"en = "Mountain Kiln""#, r#"en = "Liveshop""#, "a name of your own"),
        (r#"en = "Mountain Kiln""#, r#"en = "Kiln/Shop""#, "no file name"),
        (r#"zh = "山屿窑""#, r#"zh = " 山屿窑""#, "space"),
        (r#"zh = "山屿窑""#, r#"zh = """#, "1 to 30 characters"),
        (r#"zh = "山屿窑""#, r#"zh = "山屿窑{{icon}}""#, "no file name"),
        (r#"zh = "山屿窑""#, r#"cn = "山屿窑""#, "unknown field `cn`"),
        (r#"publisher = "Mountain Kiln"#, r#"publicist = "Mountain Kiln"#, "unknown field `publicist`"),
        (r#"publisher = "Mountain Kiln"#, r#"publisher = "Mountain\nKiln"#, "one line"),
        ("identifier = \"example.mountain-kiln.desktop\"", "identifier = 5", "expected a string"),
        ("identifier = \"example.mountain-kiln.desktop\"", "identifier = \"kiln\"", "com.example.kiln"),
        ("identifier = \"example.mountain-kiln.desktop\"", "identifier = \"com.example.k_n\"", "com.example.kiln"),
        ("identifier = \"example.mountain-kiln.desktop\"", "identifier = \"app.liveshop.desktop\"", "of your own"),
        (
            "identifier = \"example.mountain-kiln.desktop\"",
            "identifier = \"com.example.app\"",
            "does not end with .app",
        ),
        (r#"icon = "icon.svg""#, r#"icon = "absent.svg""#, "cannot be read"),
        (r#"icon = "icon.svg""#, r#"icon = "icon.ico""#, ".svg or .png"),
        (r#"icon = "icon.svg""#, r#"icon = "128x128.png""#, "128 x 128"),
        (r#"url = "https://shop"#, r#"url = "http://shop"#, "https://"),
        (r#"url = "https://shop"#, r#"url = "https://me@shop"#, "https://"),
        ("room = \"opening-night\"", "room = \"opening night\"", "1 to 40"),
        ("room = \"opening-night\"", "", "missing field `room`"),
        ("alipay = false", "alipay = \"no\"", "expected a boolean"),
        ("wechat = true", "wechat = false", "at least one"),
        ("wechat = true", "unionpay = true", "unknown field `unionpay`"),
        (r#"feed = "https://"#, r#"feed = "http://"#, "https://"),
        ("[updates]", "[update]", "unknown field `update`"),
    ];

    #[test]
    fn each_flaw_is_refused_with_its_file_and_line() {
        let example = example();
        for (right, wrong, says) in FLAWS {
            let text = example.replacen(right, wrong, 1);
            assert_ne!(text, example, "{right} is not in the example");
            let error = read(&text).expect_err(wrong).to_string();
            let line = example.split_once(right).unwrap().0.matches('\n').count() + 1;
            // A field that is missing has no line of its own: its table's is named.
            let table = example.split_once("[shop]").unwrap().0.matches('\n').count() + 1;
            // Of two channels that are off none has a line to blame but their table's.
            let channels = example.split_once("[channels]").unwrap().0.matches('\n').count() + 1;
            let at = match *says {
                "missing field `room`" => table,
                "at least one" => channels,
                _ => line,
            };
            assert!(error.contains(&format!("brand.toml:{at}: ")), "line {at}: {error}");
            assert!(error.contains(says), "{says}: {error}");
        }
    }

    #[test]
    fn keys_that_are_none_are_refused_and_said_where_to_get() {
        let example = example();
        for (table, says) in [("[shop]", "storefront"), ("[updates]", "tauri signer generate")] {
            let (before, rest) = example.split_once(table).unwrap();
            let (first, rest) = rest.split_once("key = \"").unwrap();
            let (_, rest) = rest.split_once('"').unwrap();
            let error = read(&format!("{before}{table}{first}key = \"AAAA\"{rest}")).unwrap_err().to_string();
            let line = format!("{before}{table}{first}").matches('\n').count() + 1;
            assert!(error.contains(&format!("brand.toml:{line}: ")) && error.contains(says), "{error}");
        }
    }
}
