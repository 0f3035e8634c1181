//! Purchases that are not over, on disk: written before the params are sent, removed when the viewer has seen the
//! result and no money can move any more. After a crash at any point the app finds them here and sends the same request
//! again.

use crate::files;
use crate::views::Bought;
use api::Params;
use order::state::OrderState;
use order::{Fen, OrderId, RequestId};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// One purchase, as far as it must survive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The shop it was asked of, by key and address: it is taken up again in that shop's rooms only.
    pub shop: String,
    /// The link of the room it was begun in, to follow it by although that room is not opened; the practice room has none.
    #[serde(default)]
    pub link: Option<String>,
    /// What was sent, or is about to be: the newest request.
    pub params: Params,
    /// The requests before it, oldest first, each for the same order and another way to pay. Where the shop does not
    /// take the newest, the one before it stands.
    #[serde(default)]
    pub earlier: Vec<Params>,
    /// The goods, for the page.
    pub bought: Bought,
    /// The amount the viewer saw.
    pub amount: Fen,
    /// The order, once the storefront named it.
    pub order_id: Option<OrderId>,
    /// When it began, Unix seconds of this computer's clock: only to sort by.
    pub begun_at: i64,
    /// What the viewer had been told when they put the result away. A payment may still come to light: then they are
    /// told again.
    #[serde(default)]
    pub seen: Option<Seen>,
}

impl Entry {
    /// The purchase's own id: that of its first request, whatever was asked since.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.earlier.first().unwrap_or(&self.params).request_id
    }
}

/// As much of an order as a result tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Where the order stood.
    pub state: OrderState,
    /// How many refunds it had.
    pub refunds: usize,
}

/// A new request id, never used before.
///
/// # Errors
/// When the system gives no random numbers.
pub fn mint() -> io::Result<RequestId> {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).map_err(io::Error::other)?;
    RequestId::new(order::id::base32(u128::from_le_bytes(bits))).map_err(io::Error::other)
}

/// The folder they lie in.
#[derive(Clone, Debug)]
pub struct Pending {
    folder: PathBuf,
}

impl Pending {
    /// Purchases kept in `folder`.
    #[must_use]
    pub fn new(folder: PathBuf) -> Pending {
        Pending { folder }
    }

    fn file(&self, request_id: &RequestId) -> PathBuf {
        self.folder.join(format!("{request_id}.json"))
    }

    /// Writes an entry; when this returns, it is on disk.
    ///
    /// # Errors
    /// The disk's: then nothing may be sent.
    pub fn keep(&self, entry: &Entry) -> io::Result<()> {
        files::write(&self.file(entry.id()), entry)
    }

    /// Forgets an entry.
    ///
    /// # Errors
    /// The disk's.
    pub fn forget(&self, request_id: &RequestId) -> io::Result<()> {
        files::remove(&self.file(request_id))
    }

    /// The entries of a shop, newest first. A file that cannot be read is left where it is and reported.
    #[must_use]
    pub fn of_shop(&self, shop: &str) -> Vec<Entry> {
        self.all().into_iter().filter(|entry| entry.shop == shop).collect()
    }

    /// The entries of all shops, newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Entry> {
        let names = std::fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|file| file.path());
        let mut entries: Vec<Entry> = names
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .filter_map(|path| read(&path))
            .collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.begun_at));
        entries
    }
}

fn read(path: &Path) -> Option<Entry> {
    match files::read(path) {
        Ok(entry) => entry,
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "a pending purchase cannot be read; it is left as it is");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use order::{GoodsId, GoodsKind, PayType};

    fn entry(request: u128, shop: &str, begun_at: i64) -> Entry {
        let params = Params::new(
            RequestId::new(order::id::base32(request)).unwrap(),
            GoodsId::new("teapot").unwrap(),
            1,
            PayType::Alipay,
            1,
        );
        let bought = Bought {
            goods_id: "teapot".into(),
            lot: 2,
            title: "Teapot".into(),
            kind: GoodsKind::Merchandise,
            fins: None,
            picture: None,
        };
        let amount = Fen::new(22_800).unwrap();
        let (earlier, order_id) = (vec![], None);
        Entry { shop: shop.into(), link: None, params, earlier, bought, amount, order_id, begun_at, seen: None }
    }

    #[test]
    fn what_was_kept_is_found_after_a_restart_newest_first_and_only_by_its_own_shop() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pending");
        let (old, new, other) = (entry(1, "a", 10), entry(2, "a", 20), entry(3, "b", 30));
        for entry in [&old, &new, &other] {
            Pending::new(path.clone()).keep(entry).unwrap();
        }
        let pending = Pending::new(path);
        assert_eq!(pending.of_shop("a"), [new.clone(), old.clone()]);
        pending.forget(&new.params.request_id).unwrap();
        pending.forget(&new.params.request_id).unwrap();
        assert_eq!(pending.of_shop("a"), [old]);
    }

    #[test]
    fn another_way_to_pay_keeps_both_requests_in_the_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let pending = Pending::new(folder.path().to_owned());
        let mut entry = entry(1, "a", 10);
        pending.keep(&entry).unwrap();
        let second = Params { request_id: mint().unwrap(), pay_type: PayType::Wechat, ..entry.params.clone() };
        entry.earlier.push(std::mem::replace(&mut entry.params, second));
        pending.keep(&entry).unwrap();
        assert_eq!(pending.of_shop("a"), [entry.clone()]);
        pending.forget(entry.id()).unwrap();
        assert_eq!(pending.of_shop("a"), []);
    }

    #[test]
    fn an_entry_written_before_there_were_other_ways_to_pay_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let pending = Pending::new(folder.path().to_owned());
        let entry = entry(1, "a", 10);
        let mut value = serde_json::to_value(&entry).unwrap();
        let fields = value.as_object_mut().unwrap();
        assert!(fields.remove("earlier").is_some() && fields.remove("seen").is_some());
        files::write(&folder.path().join("old.json"), &value).unwrap();
        assert_eq!(pending.of_shop("a"), [entry]);
    }

    #[test]
    fn a_damaged_file_hides_no_other_and_stays_for_a_person_to_look_at() {
        let folder = tempfile::tempdir().unwrap();
        let pending = Pending::new(folder.path().to_owned());
        pending.keep(&entry(1, "a", 10)).unwrap();
        let damaged = folder.path().join("damaged.json");
        std::fs::write(&damaged, "{\"half\":").unwrap();
        assert_eq!(pending.of_shop("a").len(), 1);
        assert!(damaged.exists());
    }
}
