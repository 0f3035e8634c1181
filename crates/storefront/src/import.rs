//! Goods from a CSV file: all rows or none, and a bad row is named by its line.

use crate::store::{NewDeal, NewGoods};
use order::{Fen, GoodsId, GoodsKind};
use serde::Deserialize;

/// A row of the file. `title,kind,price_fen,stock,limit_per_viewer` must be there; the rest may.
#[derive(Debug, Deserialize)]
struct Line {
    title: String,
    kind: String,
    price_fen: i64,
    stock: u32,
    limit_per_viewer: Option<u32>,
    #[serde(default)]
    fins: Option<u32>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    picture: Option<String>,
    #[serde(default)]
    pinned: Option<bool>,
    #[serde(default)]
    on_sale: Option<bool>,
    #[serde(default)]
    deal_price_fen: Option<i64>,
    #[serde(default)]
    deal_pieces: Option<u32>,
    #[serde(default)]
    deal_minutes: Option<u32>,
}

/// A row that cannot be taken. Nothing was imported.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadRow {
    /// The line of the file, counted from 1, the header being the first.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
}

/// Longest title, characters.
const TITLE_MAX_CHARS: usize = 60;
/// Most pieces of one item.
const STOCK_MAX: u32 = 10_000_000;
/// Longest deal, minutes: thirty days.
const DEAL_MINUTES_MAX: u32 = 43_200;

/// Reads the goods; their deals begin at `now`, Unix seconds. `new_id` mints their ids; `picture` turns a file name into
/// the id of a kept picture.
///
/// # Errors
/// The first [`BadRow`].
pub fn goods(
    csv: &str,
    now: i64,
    mut new_id: impl FnMut() -> Option<GoodsId>,
    picture: impl Fn(&str) -> Option<String>,
) -> Result<Vec<NewGoods>, BadRow> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv.as_bytes());
    let headers = reader.headers().cloned().map_err(|error| BadRow { line: 1, why: error.to_string() })?;
    let mut goods = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| BadRow {
            line: error.position().map_or(0, csv::Position::line),
            why: error.to_string(),
        })?;
        let at = record.position().map_or(0, csv::Position::line);
        let bad = |why: String| BadRow { line: at, why };
        let line: Line = record.deserialize(Some(&headers)).map_err(|error| bad(reason(&error)))?;
        goods.push(item(line, now, &mut new_id, &picture).map_err(bad)?);
    }
    Ok(goods)
}

fn item(
    line: Line,
    now: i64,
    new_id: &mut impl FnMut() -> Option<GoodsId>,
    picture: &impl Fn(&str) -> Option<String>,
) -> Result<NewGoods, String> {
    let kind =
        GoodsKind::named(&line.kind).ok_or_else(|| format!("kind {:?} must be merchandise or fins", line.kind))?;
    if line.title.is_empty() || line.title.chars().count() > TITLE_MAX_CHARS {
        return Err(format!("title must have 1 to {TITLE_MAX_CHARS} characters"));
    }
    let price = Fen::new(line.price_fen).ok().filter(|price| *price != Fen::ZERO);
    let price = price.ok_or("price_fen must be a whole number of fen from 1")?;
    if line.stock > STOCK_MAX {
        return Err(format!("stock must be 0 to {STOCK_MAX}"));
    }
    if line.limit_per_viewer == Some(0) {
        return Err("limit_per_viewer must be 1 or more, or empty for no limit".into());
    }
    let fins = match (kind, line.fins) {
        (GoodsKind::Fins, None | Some(0)) => return Err("fins must say how many shark fins a piece gives".into()),
        (GoodsKind::Fins, fins @ Some(_)) => fins,
        (GoodsKind::Merchandise, _) => None,
    };
    let deal = deal(&line, price, now)?;
    let picture = match line.picture.filter(|name| !name.is_empty()) {
        Some(name) => Some(picture(&name).ok_or_else(|| format!("there is no picture {name:?}"))?),
        None => None,
    };
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(NewGoods {
        goods_id: new_id().ok_or("the system gives no randomness for an id")?,
        title: line.title,
        note: text(line.note),
        description: text(line.description),
        kind,
        fins,
        price,
        stock: line.stock,
        limit_per_viewer: line.limit_per_viewer,
        on_sale: line.on_sale.unwrap_or(true),
        pinned: line.pinned.unwrap_or(false),
        picture,
        deal,
    })
}

/// The deal of a row that has one.
fn deal(line: &Line, own: Fen, now: i64) -> Result<Option<NewDeal>, String> {
    let (price, pieces, minutes) = match (line.deal_price_fen, line.deal_pieces, line.deal_minutes) {
        (None, None, None) => return Ok(None),
        (Some(price), Some(pieces), Some(minutes)) => (price, pieces, minutes),
        _ => return Err("deal_price_fen, deal_pieces and deal_minutes go together: all three, or none".into()),
    };
    let price = Fen::new(price).ok().filter(|price| *price != Fen::ZERO && *price < own);
    let price = price.ok_or("deal_price_fen must be a whole number of fen from 1 and below price_fen")?;
    if pieces == 0 || pieces > line.stock {
        return Err("deal_pieces must be 1 or more and at most the stock".into());
    }
    if !(1..=DEAL_MINUTES_MAX).contains(&minutes) {
        return Err(format!("deal_minutes must be 1 to {DEAL_MINUTES_MAX}"));
    }
    let ends_at = now.saturating_add(i64::from(minutes).saturating_mul(60));
    Ok(Some(NewDeal { price, starts_at: now, ends_at, pieces }))
}

/// What is wrong with a field, without the reader's own position, which counts differently.
fn reason(error: &csv::Error) -> String {
    if let csv::ErrorKind::Deserialize { err, .. } = error.kind() { err.to_string() } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
