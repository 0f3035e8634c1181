//! Goods from a CSV file: all rows or none, and a bad row is named by its line.

use crate::store::NewGoods;
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

/// Reads the goods. `new_id` mints their ids; `picture` turns a file name into the id of a kept picture.
///
/// # Errors
/// The first [`BadRow`].
pub fn goods(
    csv: &str,
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
        goods.push(item(line, &mut new_id, &picture).map_err(bad)?);
    }
    Ok(goods)
}

fn item(
    line: Line,
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
    })
}

/// What is wrong with a field, without the reader's own position, which counts differently.
fn reason(error: &csv::Error) -> String {
    if let csv::ErrorKind::Deserialize { err, .. } = error.kind() { err.to_string() } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "title,kind,price_fen,stock,limit_per_viewer\n";

    fn read(rows: &str) -> Result<Vec<NewGoods>, BadRow> {
        let mut count = 0_u32;
        let new_id = || {
            count += 1;
            GoodsId::new(format!("g{count}")).ok()
        };
        goods(&format!("{HEADER}{rows}"), new_id, |_| None)
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
}
