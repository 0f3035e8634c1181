//! The keys of the shops the viewer trusts, on disk: each shop's address has one.

use crate::files;
use api::{RoomLink, ShopKey};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// How a link's key stands to what is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the pinned one.
    Pinned,
    /// The shop at this address is unknown.
    Unknown,
    /// The shop at this address used to have another key.
    Changed {
        /// Fingerprint of the pinned one.
        known_key: String,
    },
}

/// The pinned keys.
pub(crate) struct Keys {
    file: PathBuf,
    /// A shop's link whose key came with the app. It goes before what lies in the file: a newer app brings the shop's
    /// newer key.
    home: Option<RoomLink>,
}

impl Keys {
    /// Kept in `file`.
    pub(crate) fn new(file: PathBuf) -> Keys {
        Keys { file, home: None }
    }

    /// The key of this link's shop came with the app.
    pub(crate) fn trust_by_itself(&mut self, home: Option<RoomLink>) {
        self.home = home;
    }

    /// How the key of `link` stands.
    ///
    /// # Errors
    /// The disk's: then nothing is trusted.
    pub(crate) fn standing(&self, link: &RoomLink) -> io::Result<Standing> {
        let shop = shop_of(link);
        let home = self.home.as_ref().filter(|home| shop_of(home) == shop).map(|home| home.key.to_base64());
        let known = match home {
            Some(key) => Some(key),
            None => self.known()?.remove(&shop),
        };
        Ok(match known {
            Some(known) if known == link.key.to_base64() => Standing::Pinned,
            Some(known) => Standing::Changed {
                known_key: ShopKey::from_base64(&known).map(|key| key.fingerprint()).unwrap_or_default(),
            },
            None => Standing::Unknown,
        })
    }

    /// Pins the key of a link whose shop is unknown. A shop that is known under another key stays as it is: `false`.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn pin(&self, link: &RoomLink) -> io::Result<bool> {
        let mut known = self.known()?;
        let key = known.entry(shop_of(link)).or_insert_with(|| link.key.to_base64());
        if *key != link.key.to_base64() {
            return Ok(false);
        }
        files::write(&self.file, &known).map(|()| true)
    }

    /// The pinned keys, by the shop's address.
    fn known(&self) -> io::Result<BTreeMap<String, String>> {
        files::read(&self.file).map(Option::unwrap_or_default)
    }
}

/// What a key is pinned to, and a viewer's token kept for: the shop's address with its path, for a host may hold the
/// shops of several people.
pub(crate) fn shop_of(link: &RoomLink) -> String {
    format!("{}{}", link.shop.origin().ascii_serialization(), link.shop.path().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::ShopSigner;

    fn link() -> RoomLink {
        let key = ShopSigner::generate().unwrap().0.key().to_base64().replace('+', "-").replace('/', "_");
        RoomLink::parse(&format!("liveshop://room/tea?shop=https://shop.example&key={key}")).unwrap()
    }

    #[test]
    fn a_key_is_pinned_once_and_another_of_the_same_shop_is_told_and_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::new(folder.path().join("shops.json"));
        let (first, second) = (link(), link());
        assert_eq!(keys.standing(&first).unwrap(), Standing::Unknown);
        assert!(keys.pin(&first).unwrap());
        assert_eq!(keys.standing(&first).unwrap(), Standing::Pinned);
        assert_eq!(keys.standing(&second).unwrap(), Standing::Changed { known_key: first.key.fingerprint() });
        assert!(!keys.pin(&second).unwrap());
        assert_eq!(keys.standing(&first).unwrap(), Standing::Pinned);
    }

    #[test]
    fn the_key_that_came_with_the_app_needs_no_asking_and_goes_before_an_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let (home, older) = (link(), link());
        let mut keys = Keys::new(folder.path().join("shops.json"));
        assert!(keys.pin(&older).unwrap());
        keys.trust_by_itself(Some(home.clone()));
        assert_eq!(keys.standing(&home).unwrap(), Standing::Pinned);
        assert_eq!(keys.standing(&older).unwrap(), Standing::Changed { known_key: home.key.fingerprint() });
        let mut elsewhere = link();
        elsewhere.shop.set_path("/elsewhere");
        assert_eq!(keys.standing(&elsewhere).unwrap(), Standing::Unknown);
    }

    #[test]
    fn a_shop_under_a_path_is_another_than_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::new(folder.path().join("shops.json"));
        let at = |path: &str| {
            let mut link = link();
            link.shop.set_path(path);
            link
        };
        let (ann, ben) = (at("/ann"), at("/ben"));
        assert!(keys.pin(&ann).unwrap());
        assert_eq!(keys.standing(&RoomLink { shop: ben.shop, ..ann.clone() }).unwrap(), Standing::Unknown);
        let mut same = ann.clone();
        same.shop.set_path("/ann/");
        assert_eq!(keys.standing(&same).unwrap(), Standing::Pinned);
        assert_eq!(shop_of(&link()), "https://shop.example", "as it was written before shops had paths");
    }

    #[test]
    fn keys_that_cannot_be_read_trust_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shops.json");
        std::fs::write(&file, "{\"half\":").unwrap();
        let keys = Keys::new(file);
        assert!(keys.standing(&link()).is_err());
        assert!(keys.pin(&link()).is_err());
    }
}
