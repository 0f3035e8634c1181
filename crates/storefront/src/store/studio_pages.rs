//! Pages of a room's orders, newest first: of one list, or of what words find in it.

use super::lists::name;
use super::orders::Record;
use super::{Store, StoreError, id, load};
use api::OrderFilter;
use order::{OrderId, RoomId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;

/// Orders on a page.
pub const STUDIO_PAGE: usize = 50;
/// Fewest characters of a number that are looked for: viewers are shown the last four of theirs.
const TAIL: usize = 4;

/// After which order a page begins. Orders that were made meanwhile, or left the list, move nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When that order was made, Unix seconds.
    at: i64,
    /// Its id.
    order_id: String,
}

impl Cursor {
    /// Before the newest order.
    #[must_use]
    pub fn start() -> Cursor {
        // No order id sorts before the empty one.
        Cursor { at: i64::MAX, order_id: String::new() }
    }

    /// Reads what [`fmt::Display`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Cursor> {
        let (at, order_id) = text.split_once('.')?;
        Some(Cursor { at: at.parse().ok()?, order_id: OrderId::new(order_id).ok()?.into() })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.order_id)
    }
}

/// The part of a list that comes after a cursor. In SQL: $1 is the room, $2 the list, $3 and $4 the cursor.
macro_rules! after {
    ($list:literal) => {
        concat!(
            $list,
            ".room_id = $1 AND ",
            $list,
            ".list = $2 AND ",
            $list,
            ".created_at <= $3 AND (",
            $list,
            ".created_at < $3 OR ",
            $list,
            ".order_id < $4)"
        )
    };
}

/// A page of a list; $5 is its length.
const OF_LIST: &str = concat!(
    "SELECT l.created_at, l.order_id FROM order_lists l WHERE ",
    after!("l"),
    " ORDER BY l.created_at DESC, l.order_id DESC LIMIT $5"
);

/// The same of the orders of one title, $6.
const OF_TITLE: &str = concat!(
    "SELECT l.created_at, l.order_id FROM order_lists l WHERE l.title = $6 AND ",
    after!("l"),
    " ORDER BY l.created_at DESC, l.order_id DESC LIMIT $5"
);

/// Every title of a list, and when its newest order after the cursor was made: from title to title through the index,
/// past however many orders each has.
const TITLES: &str = concat!(
    "WITH RECURSIVE titles (title) AS (
        SELECT MIN(title) FROM order_lists WHERE room_id = $1 AND list = $2
        UNION ALL SELECT (SELECT MIN(n.title) FROM order_lists n WHERE n.room_id = $1 AND n.list = $2 AND n.title > t.title)
        FROM titles t WHERE t.title IS NOT NULL)
     SELECT t.title, (SELECT l.created_at FROM order_lists l WHERE l.title = t.title AND ",
    after!("l"),
    " ORDER BY l.created_at DESC, l.order_id DESC LIMIT 1) FROM titles t WHERE t.title IS NOT NULL"
);

/// The orders of a list that a number, $6, belongs to: its last characters, $7, or one of the channel's or a carrier's.
/// The joins are crossed because SQLite then keeps to their order, which goes from the few orders to the list.
const OF_NUMBER: &str = concat!(
    "SELECT l.created_at, l.order_id FROM (
        SELECT order_id FROM orders WHERE room_id = $1 AND SUBSTR(order_id, LENGTH(order_id) - 3) = $7
            AND SUBSTR(order_id, LENGTH(order_id) - LENGTH($6) + 1) = $6
        UNION SELECT order_id FROM attempts WHERE pay_id = $6
        UNION SELECT order_id FROM attempts WHERE channel_no = $6
        UNION SELECT order_id FROM refunds WHERE refund_id = $6
        UNION SELECT order_id FROM shipments WHERE number = $6) AS f CROSS JOIN orders o CROSS JOIN order_lists l
     WHERE o.order_id = f.order_id AND l.created_at = o.created_at AND l.order_id = o.order_id AND ",
    after!("l"),
    " ORDER BY l.created_at DESC, l.order_id DESC LIMIT $5"
);

/// Every query above by name, for who wants to know how it is answered.
pub const STUDIO_QUERIES: [(&str, &str); 4] =
    [("of a list", OF_LIST), ("of a title", OF_TITLE), ("titles", TITLES), ("of a number", OF_NUMBER)];

/// What a page is asked of.
struct Asked<'a> {
    room_id: &'a RoomId,
    list: &'static str,
    after: &'a Cursor,
}

impl Store {
    /// The orders of a room's list in which all words are found, after the cursor; and the cursor after them, when there
    /// are more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn studio_page(
        &self,
        room_id: &RoomId,
        list: OrderFilter,
        words: &str,
        after: &Cursor,
    ) -> Result<(Vec<Record>, Option<Cursor>), StoreError> {
        let mut connection = self.read().await?;
        let asked = Asked { room_id, list: name(list), after };
        let mut found = if words.trim().is_empty() {
            asked.rows(&mut connection, OF_LIST, &[]).await?
        } else {
            asked.search(&mut connection, words).await?
        };
        let more = found.len() > STUDIO_PAGE;
        found.truncate(STUDIO_PAGE);
        let next = found.last().cloned().filter(|_| more);
        let mut records = Vec::with_capacity(found.len());
        for Cursor { order_id, .. } in found {
            records.extend(load(&mut connection, &id(order_id, "order id", "order_lists")?).await?);
        }
        Ok((records, next))
    }
}

impl Asked<'_> {
    /// The orders of a page and one more, which tells whether there are others.
    async fn rows(
        &self,
        tx: &mut AnyConnection,
        query: &'static str,
        more: &[&str],
    ) -> Result<Vec<Cursor>, StoreError> {
        let length = i64::try_from(STUDIO_PAGE).unwrap_or(i64::MAX).saturating_add(1);
        let mut query = sqlx::query(query)
            .bind(self.room_id.as_str())
            .bind(self.list)
            .bind(self.after.at)
            .bind(self.after.order_id.as_str())
            .bind(length);
        for text in more {
            query = query.bind(*text);
        }
        let rows = query.fetch_all(tx).await?;
        rows.iter().map(|row: &AnyRow| Ok(Cursor { at: row.try_get(0)?, order_id: row.try_get(1)? })).collect()
    }

    async fn search(&self, tx: &mut AnyConnection, words: &str) -> Result<Vec<Cursor>, StoreError> {
        let mut found = BTreeSet::new();
        for title in self.newest_titles(tx, words).await? {
            found.extend(self.rows(tx, OF_TITLE, &[&title]).await?.into_iter().map(Reverse));
        }
        let number = words.trim();
        // Numbers of ours are capitals; those of carriers and channels are looked for as they were written.
        for number in BTreeSet::from([number.to_owned(), number.to_ascii_uppercase()]) {
            let tail = number.len().checked_sub(TAIL).and_then(|start| number.get(start..));
            if let Some(tail) = tail {
                found.extend(self.rows(tx, OF_NUMBER, &[&number, tail]).await?.into_iter().map(Reverse));
            }
        }
        Ok(found.into_iter().take(STUDIO_PAGE.saturating_add(1)).map(|Reverse(place)| place).collect())
    }

    /// The titles with all the words in them that have the newest orders. No more of them than orders on a page matter,
    /// and those as new as the last of these.
    async fn newest_titles(&self, tx: &mut AnyConnection, words: &str) -> Result<Vec<String>, StoreError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let rows = sqlx::query(TITLES)
            .bind(self.room_id.as_str())
            .bind(self.list)
            .bind(self.after.at)
            .bind(self.after.order_id.as_str())
            .fetch_all(tx)
            .await?;
        let mut titles: Vec<(i64, String)> = Vec::new();
        for row in &rows {
            let (title, newest): (String, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
            let lower = title.to_lowercase();
            if let Some(newest) = newest
                && words.iter().all(|word| lower.contains(word))
            {
                titles.push((newest, title));
            }
        }
        titles.sort_by_key(|(newest, _)| Reverse(*newest));
        let last = titles.get(STUDIO_PAGE).map(|(newest, _)| *newest);
        let kept = titles.into_iter().take_while(|(newest, _)| last.is_none_or(|last| *newest >= last));
        Ok(kept.map(|(_, title)| title).collect())
    }
}
