//! Goods from a CSV file: all rows or none. [`rows`] reads a file for the command line and for the studio alike; here
//! the command line's goods are made of it.

pub(crate) mod rows;

use crate::store::{NewDeal, NewGoods};
use order::GoodsId;
use rows::{Bounds, Item};

/// What the command line takes. A file of the command line is its author's own: it may hold more than a studio shows.
const BOUNDS: Bounds = Bounds {
    price_max_fen: order::Fen::MAX.get(),
    stock_max: 10_000_000,
    note_max_chars: None,
    description_max_chars: None,
};

/// A row that cannot be taken. Nothing was imported.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadRow {
    /// The line of the file, counted from 1, the header being the first.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
}

/// Reads the goods; their deals begin at `now`, Unix seconds. `new_id` mints their ids; `picture` turns a file name into
/// the id of a kept picture. Every row becomes a new item, one with an id too.
///
/// # Errors
/// The first [`BadRow`].
pub fn goods(
    csv: &str,
    now: i64,
    mut new_id: impl FnMut() -> Option<GoodsId>,
    picture: impl Fn(&str) -> Option<String>,
) -> Result<Vec<NewGoods>, BadRow> {
    let rows = rows::read(csv, &BOUNDS, picture).map_err(|problems| first(1, problems))?;
    rows.into_iter()
        .map(|row| {
            let item = row.item.map_err(|problems| first(row.line, problems))?;
            let no_id = || BadRow { line: row.line, why: "the system gives no randomness for an id".into() };
            Ok(new_goods(item, new_id().ok_or_else(no_id)?, now))
        })
        .collect()
}

fn first(line: u64, problems: Vec<rows::Problem>) -> BadRow {
    BadRow { line, why: problems.into_iter().next().map(|problem| problem.words).unwrap_or_default() }
}

/// The item a row makes. What its columns do not say is as it is for most.
pub(crate) fn new_goods(item: Item, goods_id: GoodsId, now: i64) -> NewGoods {
    let deal = item.deal.map(|deal| deal.from(now));
    NewGoods {
        goods_id,
        title: item.title,
        note: item.note.flatten(),
        description: item.description.flatten(),
        kind: item.kind,
        fins: item.fins,
        price: item.price,
        stock: item.stock,
        limit_per_viewer: item.limit_per_viewer,
        on_sale: item.on_sale.unwrap_or(true),
        pinned: item.pinned.unwrap_or(false),
        picture: item.picture.flatten(),
        deal,
    }
}

impl rows::Deal {
    /// The deal when it begins then.
    pub(crate) fn from(self, now: i64) -> NewDeal {
        let ends_at = now.saturating_add(i64::from(self.minutes).saturating_mul(60));
        NewDeal { price: self.price, starts_at: now, ends_at, pieces: self.pieces }
    }
}
#[cfg(test)]
mod tests {
    use super::*;
    use order::Fen;

    const HEADER: &str = "title,kind,price_fen,stock,limit_per_viewer\n";

    const DEALS: &str = "title,kind,price_fen,stock,limit_per_viewer,deal_price_fen,deal_pieces,deal_minutes\n";

    fn read(rows: &str) -> Result<Vec<NewGoods>, BadRow> {
        read_under(HEADER, rows)
    }

    fn read_under(header: &str, rows: &str) -> Result<Vec<NewGoods>, BadRow> {
        let mut count = 0_u32;
        let new_id = || {
            count += 1;
            GoodsId::new(format!("g{count}")).ok()
        };
        goods(&format!("{header}{rows}"), 1_700_000_000, new_id, |_| None)
    }

    #[test]
    fn a_row_becomes_an_item() {
        let goods = read("Teapot,merchandise,22800,18,2\n\"Cup, green\",merchandise,8800,5,\n").unwrap();
        assert_eq!((goods[0].price.get(), goods[0].limit_per_viewer), (22_800, Some(2)));
        assert_eq!((goods[1].title.as_str(), goods[1].limit_per_viewer), ("Cup, green", None));
    }

    #[test]
    fn a_bad_row_is_named_by_its_line_and_nothing_is_imported() {
        for (row, words) in [
            ("Cup,merchandise,-1,5,", "price_fen"),
            ("Cup,merchandise,0,5,", "price_fen"),
            ("Cup,merchandise,1.5,5,", "invalid digit"),
            ("Cup,drink,1,5,", "kind"),
            (",merchandise,1,5,", "title"),
            ("Cup,merchandise,1,-5,", "invalid digit"),
            ("Cup,merchandise,1,99999999,", "stock"),
            ("Cup,merchandise,1,5,0", "limit_per_viewer"),
            ("Fins,fins,1,5,", "fins"),
            ("Cup,merchandise,1", "found record with 3 fields"),
        ] {
            let error = read(&format!("Teapot,merchandise,22800,18,2\n{row}\n")).unwrap_err();
            assert_eq!(error.line, 3, "{error}");
            assert!(error.why.contains(words), "{error}");
        }
    }

    #[test]
    fn a_row_s_deal_begins_at_the_import_and_a_row_may_have_none() {
        let goods =
            read_under(DEALS, "Teapot,merchandise,22800,18,2,15800,6,90\nCup,merchandise,8800,5,,,,\n").unwrap();
        let price = Fen::new(15_800).unwrap();
        let deal = NewDeal { price, starts_at: 1_700_000_000, ends_at: 1_700_005_400, pieces: 6 };
        assert_eq!((&goods[0].deal, &goods[1].deal), (&Some(deal), &None));
    }

    #[test]
    fn a_bad_deal_is_named_by_its_line_and_nothing_is_imported() {
        for (deal, words) in [
            ("15800,6,", "all three, or none"),
            ("15800,,90", "all three, or none"),
            (",6,90", "all three, or none"),
            ("0,6,90", "deal_price_fen must be"),
            ("-1,6,90", "deal_price_fen must be"),
            ("22800,6,90", "below price_fen"),
            ("1.5,6,90", "invalid digit"),
            ("15800,0,90", "deal_pieces must be"),
            ("15800,19,90", "at most the stock"),
            ("15800,6,0", "deal_minutes must be"),
            ("15800,6,43201", "deal_minutes must be"),
            ("15800,6,-1", "invalid digit"),
        ] {
            let rows = format!("Cup,merchandise,8800,5,,,,\nTeapot,merchandise,22800,18,2,{deal}\n");
            let error = read_under(DEALS, &rows).unwrap_err();
            assert_eq!(error.line, 3, "{error}");
            assert!(error.why.contains(words), "{deal}: {error}");
        }
    }
}
