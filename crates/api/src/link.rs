//! The link of a room: `liveshop://room/ROOM?shop=URL&key=BASE64`.

use crate::ShopKey;
use order::RoomId;
use reqwest::Url;

/// Where a room is and which key its shop signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomLink {
    /// The room.
    pub room_id: RoomId,
    /// The storefront's address.
    pub shop: Url,
    /// The key its answers are signed with.
    pub key: ShopKey,
}

/// What is wrong with a link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not `liveshop://room/...`.
    #[error("a room link looks like liveshop://room/ROOM?shop=ADDRESS&key=KEY")]
    NotARoomLink,
    /// No usable room id.
    #[error("the link names no room")]
    Room,
    /// No usable address.
    #[error("the link has no shop address that starts with https://")]
    Shop,
    /// No usable key.
    #[error("the link has no shop key")]
    Key,
}

impl RoomLink {
    /// Reads a link, as pasted or as given by the system.
    ///
    /// # Errors
    /// [`LinkError`], the first thing that is wrong.
    pub fn parse(text: &str) -> Result<RoomLink, LinkError> {
        let url = Url::parse(text.trim()).map_err(|_| LinkError::NotARoomLink)?;
        if url.scheme() != "liveshop" || url.host_str() != Some("room") {
            return Err(LinkError::NotARoomLink);
        }
        let room = url.path().trim_matches('/');
        let room_id = RoomId::new(room).map_err(|_| LinkError::Room)?;
        let part =
            |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
        let shop = part("shop").and_then(|shop| Url::parse(&shop).ok()).filter(may_be_called).ok_or(LinkError::Shop)?;
        // A plus sign in a link that was not percent-encoded arrives as a space.
        let key = part("key").ok_or(LinkError::Key)?.replace(' ', "+");
        let key = ShopKey::from_base64(&key).map_err(|_| LinkError::Key)?;
        Ok(RoomLink { room_id, shop, key })
    }

    /// Whether the shop runs on this very machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.shop)
    }
}

impl std::fmt::Display for RoomLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut url = Url::parse("liveshop://room/").map_err(|_| std::fmt::Error)?;
        url.set_path(self.room_id.as_str());
        url.query_pairs_mut().append_pair("shop", self.shop.as_str()).append_pair("key", &self.key.to_base64());
        write!(f, "{url}")
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
}

/// Whether a show may come from that address.
#[must_use]
pub fn may_be_streamed(stream: &str) -> bool {
    Url::parse(stream).is_ok_and(|url| may_be_called(&url))
}

/// Plain http reads and changes what passes: it is refused for anything but this machine.
fn may_be_called(url: &Url) -> bool {
    url.has_host()
        && url.username().is_empty()
        && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShopSigner;

    fn link(shop: &str) -> String {
        let (signer, _) = ShopSigner::generate().unwrap();
        format!("liveshop://room/tea?shop={shop}&key={}", signer.key().to_base64())
    }

    #[test]
    fn a_link_survives_being_written_and_read() {
        let read = RoomLink::parse(&link("https://shop.example")).unwrap();
        assert_eq!(RoomLink::parse(&read.to_string()), Ok(read.clone()));
        assert_eq!(read.room_id.as_str(), "tea");
    }

    #[test]
    fn only_https_is_called_except_on_this_machine() {
        assert!(RoomLink::parse(&link("http://127.0.0.1:8080")).unwrap().is_loopback());
        for shop in ["http://shop.example", "ftp://shop.example", "https://user@shop.example", "file:///etc", "", "x"] {
            assert_eq!(RoomLink::parse(&link(shop)), Err(LinkError::Shop), "{shop}");
        }
    }

    #[test]
    fn a_show_comes_over_https_or_from_this_machine() {
        for stream in ["https://live.example/a.m3u8?k=1", "http://127.0.0.1:8080/a.m3u8", "http://[::1]/a.m3u8"] {
            assert!(may_be_streamed(stream), "{stream}");
        }
        for stream in ["http://live.example/a.m3u8", "https://user@live.example/", "file:///a.m3u8", "a.m3u8", ""] {
            assert!(!may_be_streamed(stream), "{stream}");
        }
    }

    #[test]
    fn each_missing_part_is_named() {
        for (text, error) in [
            ("https://shop.example", LinkError::NotARoomLink),
            ("liveshop://pay/1", LinkError::NotARoomLink),
            ("nonsense", LinkError::NotARoomLink),
            ("liveshop://room/?shop=https://s.example&key=A", LinkError::Room),
            ("liveshop://room/..%2F?shop=https://s.example&key=A", LinkError::Room),
            ("liveshop://room/tea?key=A", LinkError::Shop),
            ("liveshop://room/tea?shop=https://s.example", LinkError::Key),
            ("liveshop://room/tea?shop=https://s.example&key=short", LinkError::Key),
        ] {
            assert_eq!(RoomLink::parse(text), Err(error), "{text}");
        }
    }
}
