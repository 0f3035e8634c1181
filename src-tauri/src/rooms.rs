//! The rooms entered before, on disk: to go back to, never to trust by.

use crate::clock;
use crate::files;
use crate::views::KnownRoom;
use api::{Room, RoomLink};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

/// Most rooms remembered.
const ROOMS_MAX: usize = 20;

/// What lies in the file.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// The link of the room entered last; none when that was the practice room.
    last: Option<String>,
    /// The rooms, the latest first.
    rooms: Vec<KnownRoom>,
}

/// The rooms entered before.
pub(crate) struct Rooms {
    file: PathBuf,
}

impl Rooms {
    /// Kept in `file`.
    pub(crate) fn new(file: PathBuf) -> Rooms {
        Rooms { file }
    }

    /// The rooms, the latest first.
    pub(crate) fn list(&self) -> Vec<KnownRoom> {
        self.read().rooms
    }

    /// The room entered last, unless that was the practice room.
    pub(crate) fn last(&self) -> Option<RoomLink> {
        self.read().last.and_then(|link| RoomLink::parse(&link).ok())
    }

    /// A room was entered.
    pub(crate) fn entered(&self, link: &RoomLink, room: &Room) {
        let mut kept = self.read();
        let text = link.to_string();
        kept.rooms.retain(|known| known.link != text);
        let known = KnownRoom {
            link: text.clone(),
            title: room.title.clone(),
            host: room.host.clone(),
            shop_url: link.shop.to_string(),
            shop_key: link.key.fingerprint(),
            entered_at: clock::now_s(),
        };
        kept.rooms.insert(0, known);
        kept.rooms.truncate(ROOMS_MAX);
        kept.last = Some(text);
        self.write(&kept);
    }

    /// The practice room was entered: it is not on the list, but the next start goes there.
    #[cfg(any(feature = "practice", test))]
    pub(crate) fn entered_practice(&self) {
        let mut kept = self.read();
        if kept.last.take().is_some() {
            self.write(&kept);
        }
    }

    /// Takes a room off the list.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn forget(&self, link: &str) -> io::Result<()> {
        let link = RoomLink::parse(link).map_or_else(|_| link.to_owned(), |link| link.to_string());
        let mut kept = self.read();
        kept.rooms.retain(|known| known.link != link);
        kept.last = kept.last.filter(|last| *last != link);
        files::write(&self.file, &kept)
    }

    /// A list that cannot be read is begun anew: it only spares the viewer the pasting of a link.
    fn read(&self) -> Kept {
        files::read(&self.file).map(Option::unwrap_or_default).unwrap_or_else(|error| {
            tracing::error!(%error, "the rooms entered before cannot be read");
            Kept::default()
        })
    }

    fn write(&self, kept: &Kept) {
        if let Err(error) = files::write(&self.file, kept) {
            tracing::error!(%error, "the rooms entered before could not be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{RoomState, ShopSigner};

    fn link(room: &str) -> RoomLink {
        let key = ShopSigner::generate().unwrap().0.key().to_base64().replace('+', "-").replace('/', "_");
        RoomLink::parse(&format!("liveshop://room/{room}?shop=https://shop.example&key={key}")).unwrap()
    }

    fn room(title: &str) -> Room {
        Room {
            room_id: order::RoomId::new("tea").unwrap(),
            title: title.into(),
            host: "Ahe".into(),
            shop: "Shanyu Kiln".into(),
            state: RoomState::Live,
            cover: None,
            notice: None,
            stream: None,
            starts_at: None,
            pay_types: vec![],
        }
    }

    fn rooms(folder: &tempfile::TempDir) -> Rooms {
        Rooms::new(folder.path().join("rooms.json"))
    }

    fn titles(rooms: &Rooms) -> Vec<String> {
        rooms.list().into_iter().map(|known| known.title).collect()
    }

    #[test]
    fn the_latest_room_is_first_and_a_room_entered_again_is_there_once_with_its_newest_title() {
        let folder = tempfile::tempdir().unwrap();
        let (tea, cups) = (link("tea"), link("cups"));
        rooms(&folder).entered(&tea, &room("Tea"));
        rooms(&folder).entered(&cups, &room("Cups"));
        assert_eq!(titles(&rooms(&folder)), ["Cups", "Tea"]);
        rooms(&folder).entered(&tea, &room("Tea, second night"));
        assert_eq!(titles(&rooms(&folder)), ["Tea, second night", "Cups"]);
        assert_eq!(rooms(&folder).last(), Some(tea));
    }

    #[test]
    fn twenty_rooms_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..22 {
            rooms(&folder).entered(&link("tea"), &room(&number.to_string()));
        }
        let titles = titles(&rooms(&folder));
        assert_eq!((titles.len(), titles[0].as_str(), titles[19].as_str()), (20, "21", "2"));
    }

    #[test]
    fn a_forgotten_room_is_neither_listed_nor_entered_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (tea, cups) = (link("tea"), link("cups"));
        rooms(&folder).entered(&cups, &room("Cups"));
        rooms(&folder).entered(&tea, &room("Tea"));
        rooms(&folder).forget(&tea.to_string()).unwrap();
        assert_eq!((titles(&rooms(&folder)), rooms(&folder).last()), (vec!["Cups".to_owned()], None));
    }

    #[test]
    fn after_the_practice_room_no_room_is_the_last_and_all_stay_listed() {
        let folder = tempfile::tempdir().unwrap();
        rooms(&folder).entered(&link("tea"), &room("Tea"));
        rooms(&folder).entered_practice();
        assert_eq!((titles(&rooms(&folder)), rooms(&folder).last()), (vec!["Tea".to_owned()], None));
    }

    #[test]
    fn a_damaged_list_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rooms.json"), "[").unwrap();
        assert!(titles(&rooms(&folder)).is_empty());
        rooms(&folder).entered(&link("tea"), &room("Tea"));
        assert_eq!(titles(&rooms(&folder)), ["Tea"]);
    }
}
