//! Whose app this is: the name it goes by, the shop that is its home, and the channels it offers. Compiled in, for a key
//! that is trusted without asking must be as hard to change as the program. `docs/PACKAGING.md` says how a brand is made.

use crate::views::Language;
use api::RoomLink;
use order::PayType;

/// A brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The app's name in Chinese.
    pub zh: &'static str,
    /// The app's name in English.
    pub en: &'static str,
    /// The name of its package, its program, its icon and its desktop file.
    pub package: &'static str,
    /// The link of the room it opens by itself. The key in it is trusted.
    pub home: Option<&'static str>,
    /// The channels it offers.
    pub channels: &'static [PayType],
    /// Where it looks for newer versions of itself.
    pub updates: Option<Updates>,
}

/// Where newer versions are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updates {
    /// The address of the feed.
    pub feed: &'static str,
    /// The public key that every update must be signed with, as the updater's key generator writes it.
    pub key: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/brand.rs"));

impl Brand {
    /// What the app is called.
    #[must_use]
    pub fn name(&self, language: Language) -> &'static str {
        match language {
            Language::Zh => self.zh,
            Language::En => self.en,
        }
    }

    /// The room the app opens by itself.
    #[must_use]
    pub fn home(&self) -> Option<RoomLink> {
        RoomLink::parse(self.home?)
            .inspect_err(|error| tracing::error!(%error, "the brand's shop cannot be opened"))
            .ok()
    }

    /// Those of a shop's channels that the app offers.
    #[must_use]
    pub fn offered(&self, channels: Vec<PayType>) -> Vec<PayType> {
        channels.into_iter().filter(|channel| self.channels.contains(channel)).collect()
    }
}

/// A name within a Chinese sentence: letters stand off from the characters around them, characters do not.
#[must_use]
pub fn within_chinese(name: &str) -> String {
    let off = |letter: Option<char>| if letter.is_some_and(|letter| letter.is_ascii()) { " " } else { "" };
    format!("{}{name}{}", off(name.chars().next()), off(name.chars().last()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILN: Brand = Brand {
        zh: "山屿窑",
        en: "Mountain Kiln",
        package: "mountain-kiln",
        home: None,
        channels: &[PayType::Wechat],
        updates: None,
    };

    #[test]
    fn this_build_is_liveshop_unless_a_brand_was_given() {
        if option_env!("LIVESHOP_BRAND").is_none() {
            let liveshop = Brand { zh: "Liveshop", en: "Liveshop", package: "liveshop", ..OURS };
            assert_eq!(OURS, liveshop);
            assert_eq!((OURS.home(), OURS.updates), (None, None));
            assert_eq!(OURS.offered(vec![PayType::Wechat, PayType::Alipay]), [PayType::Wechat, PayType::Alipay]);
        }
    }

    #[test]
    fn a_channel_that_is_off_is_not_offered() {
        assert_eq!(KILN.offered(vec![PayType::Alipay, PayType::Wechat]), [PayType::Wechat]);
        assert!(KILN.offered(vec![PayType::Alipay]).is_empty());
    }

    #[test]
    fn the_app_is_called_by_its_name_in_the_language_that_is_spoken() {
        assert_eq!((KILN.name(Language::Zh), KILN.name(Language::En)), ("山屿窑", "Mountain Kiln"));
    }

    #[test]
    fn letters_stand_off_from_chinese_characters() {
        assert_eq!(within_chinese("Liveshop"), " Liveshop ");
        assert_eq!(within_chinese("山屿窑"), "山屿窑");
        assert_eq!(within_chinese("山屿 Kiln"), "山屿 Kiln ");
    }
}
