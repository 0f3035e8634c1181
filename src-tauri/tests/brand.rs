//! The brand as it is compiled in.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../build/brand.rs"]
mod embedding;

/// What `cargo xtask bundle` writes for the example in `docs/PACKAGING.md`; a test there holds it to this file.
const EXAMPLE: &str = include_str!("brand/mountain-kiln.json");
/// The brand of every build that is given none.
const STANDARD: &str = include_str!("../brand.json");

#[test]
fn a_brand_s_name_shop_channels_and_feed_are_compiled_in() {
    let (standard, kiln) = (embedding::constant(STANDARD).unwrap(), embedding::constant(EXAMPLE).unwrap());
    for (theirs, ours) in [
        (r#"zh: "山屿窑""#, r#"zh: "Liveshop""#),
        (r#"en: "Mountain Kiln""#, r#"en: "Liveshop""#),
        (r#"package: "mountain-kiln""#, r#"package: "liveshop""#),
        (
            r#"home: Some("liveshop://room/opening-night?shop=https%3A%2F%2Fshop.mountain-kiln.example%2F&key="#,
            "home: None",
        ),
        ("channels: &[PayType::Wechat]", "channels: &[PayType::Alipay, PayType::Wechat]"),
        (r#"updates: Some(Updates { feed: "https://updates.mountain-kiln.example/"#, "updates: None"),
    ] {
        assert!(kiln.contains(theirs) && !kiln.contains(ours), "{theirs} in\n{kiln}");
        assert!(standard.contains(ours) && !standard.contains(theirs), "{ours} in\n{standard}");
    }
}

#[test]
fn the_shop_of_a_brand_is_a_room_link() {
    let brand: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
    let link = api::RoomLink::parse(brand["home"].as_str().unwrap()).unwrap();
    assert_eq!((link.room_id.as_str(), link.shop.as_str()), ("opening-night", "https://shop.mountain-kiln.example/"));
}

#[test]
fn a_file_with_something_unknown_or_missing_is_not_compiled_in() {
    for (from, to) in
        [("\"package\"", "\"packet\""), ("\"home\": null,", "\"home\": null, \"x\": 1,"), ("true", "\"on\"")]
    {
        let broken = STANDARD.replacen(from, to, 1);
        assert_ne!(broken, STANDARD);
        assert!(embedding::constant(&broken).is_err(), "{broken}");
    }
}
