//! The rows of a CSV file, each with everything that is wrong with it.

use crate::drafts::has_control;
use crate::spreadsheet::unguarded;
use api::studio::{DEAL_MAX_S, ImportCode, TITLE_MAX_CHARS};
use csv::StringRecord;
use order::{Fen, GoodsKind};

/// Columns that must be there.
const REQUIRED: [&str; 5] = ["title", "kind", "price_fen", "stock", "limit_per_viewer"];
/// Columns that may be there.
const OPTIONAL: [&str; 10] = [
    "goods_id",
    "fins",
    "note",
    "description",
    "picture",
    "pinned",
    "on_sale",
    "deal_price_fen",
    "deal_pieces",
    "deal_minutes",
];
/// Longest deal, minutes: thirty days.
const DEAL_MINUTES_MAX: u32 = DEAL_MAX_S / 60;

/// How much a file may say.
pub(crate) struct Bounds {
    pub(crate) price_max_fen: i64,
    pub(crate) stock_max: u32,
    pub(crate) note_max_chars: Option<usize>,
    pub(crate) description_max_chars: Option<usize>,
}

/// Something wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) column: &'static str,
    /// What stands there.
    pub(crate) value: String,
    pub(crate) code: ImportCode,
    /// In words.
    pub(crate) words: String,
}

/// One row.
pub(crate) struct Row {
    /// The line of the file, counted from 1, the header being the first.
    pub(crate) line: u64,
    /// Its title as it stands there.
    pub(crate) title: String,
    /// The id it has.
    pub(crate) goods_id: Option<String>,
    /// What it says, or all that is wrong with it.
    pub(crate) item: Result<Item, Vec<Problem>>,
}

/// What a row says about an item. Of columns that the file may leave out, `None` is one that it leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) title: String,
    pub(crate) note: Option<Option<String>>,
    pub(crate) description: Option<Option<String>>,
    pub(crate) kind: GoodsKind,
    pub(crate) fins: Option<u32>,
    pub(crate) price: Fen,
    pub(crate) stock: u32,
    pub(crate) limit_per_viewer: Option<u32>,
    pub(crate) on_sale: Option<bool>,
    pub(crate) pinned: Option<bool>,
    pub(crate) picture: Option<Option<String>>,
    pub(crate) deal: Option<Deal>,
}

/// A deal that begins when the row is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deal {
    pub(crate) price: Fen,
    pub(crate) pieces: u32,
    pub(crate) minutes: u32,
}

/// Reads a file. `picture` turns what its column says into the id of a kept picture.
///
/// # Errors
/// What is wrong with the header.
pub(crate) fn read(
    csv: &str,
    bounds: &Bounds,
    picture: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Row>, Vec<Problem>> {
    // Spreadsheets put a mark at the begin that is no part of the first name.
    let csv = csv.strip_prefix('\u{feff}').unwrap_or(csv);
    // Rows of other lengths are looked at here, each by itself.
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(csv.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let mut problems: Vec<Problem> = REQUIRED
        .iter()
        .filter(|name| !headers.iter().any(|header| header == **name))
        .map(|name| Problem::new(name, "", ImportCode::Columns, format!("the header has no column {name}")))
        .collect();
    problems.extend(named_twice(&headers));
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            // A spreadsheet's empty lines have commas.
            Ok(record) if record.iter().all(str::is_empty) => {}
            Ok(record) => rows.push(row(&headers, &record, bounds, &picture)),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let problem = Problem::new("", "", ImportCode::Columns, error.to_string());
                rows.push(Row { line, title: String::new(), goods_id: None, item: Err(vec![problem]) });
            }
        }
    }
    Ok(rows)
}

fn named_twice(headers: &StringRecord) -> Option<Problem> {
    let known = REQUIRED.iter().chain(&OPTIONAL);
    let twice = known.copied().find(|name| headers.iter().filter(|header| header == name).count() > 1)?;
    Some(Problem::new(twice, twice, ImportCode::Twice, format!("the header has the column {twice} twice")))
}

impl Problem {
    pub(crate) fn new(column: &'static str, value: &str, code: ImportCode, words: impl Into<String>) -> Problem {
        Problem { column, value: value.to_owned(), code, words: words.into() }
    }
}

/// The cells of one row, and what was wrong with those that were read.
struct Cells<'a> {
    headers: &'a StringRecord,
    record: &'a StringRecord,
    problems: Vec<Problem>,
}

impl<'a> Cells<'a> {
    /// What stands in a column; `None` when the file has no such column.
    fn get(&self, column: &str) -> Option<&'a str> {
        let at = self.headers.iter().position(|header| header == column)?;
        self.record.get(at)
    }

    fn wrong(&mut self, column: &'static str, code: ImportCode, words: impl Into<String>) {
        let value = self.get(column).unwrap_or_default();
        self.problems.push(Problem::new(column, value, code, words));
    }

    /// A whole number, where something stands.
    fn number<T: std::str::FromStr<Err = std::num::ParseIntError>>(&mut self, column: &'static str) -> Option<T> {
        let text = self.get(column).filter(|text| !text.is_empty())?;
        match text.parse() {
            Ok(number) => Some(number),
            Err(error) => {
                // One that is too large is a number all the same.
                let digits = text.trim_start_matches(['-', '+']);
                let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let code = if is_number { ImportCode::OutOfRange } else { ImportCode::NotReadable };
                self.wrong(column, code, format!("{column}: {error}"));
                None
            }
        }
    }

    /// A whole number that must be there.
    fn required<T: std::str::FromStr<Err = std::num::ParseIntError>>(&mut self, column: &'static str) -> Option<T> {
        if self.get(column).is_none_or(str::is_empty) {
            self.wrong(column, ImportCode::Missing, format!("{column}: nothing stands there"));
        }
        self.number(column)
    }

    fn flag(&mut self, column: &'static str) -> Option<bool> {
        let text = self.get(column).filter(|text| !text.is_empty())?;
        match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.wrong(column, ImportCode::NotReadable, format!("{column}: it must be `true` or `false`"));
                None
            }
        }
    }

    /// A text that may be empty.
    fn text(&mut self, column: &'static str, max_chars: Option<usize>) -> Option<Option<String>> {
        let text = unguarded(self.get(column)?);
        if let Some(max) = max_chars.filter(|max| text.chars().count() > *max) {
            self.wrong(column, ImportCode::TooLong, format!("{column} must have at most {max} characters"));
        }
        Some(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }
}

fn row(
    headers: &StringRecord,
    record: &StringRecord,
    bounds: &Bounds,
    picture: &impl Fn(&str) -> Option<String>,
) -> Row {
    let mut cells = Cells { headers, record, problems: Vec::new() };
    let line = record.position().map_or(0, csv::Position::line);
    let title = unguarded(cells.get("title").unwrap_or_default()).to_owned();
    let goods_id = cells.get("goods_id").filter(|id| !id.is_empty()).map(str::to_owned);
    if record.len() != headers.len() {
        let words = format!("found record with {} fields, but the header has {} fields", record.len(), headers.len());
        let problem = Problem::new("", "", ImportCode::Columns, words);
        return Row { line, title, goods_id, item: Err(vec![problem]) };
    }
    let read = item(&mut cells, &title, bounds, picture);
    // Where nothing is wrong, everything was read.
    let item = match read {
        Some(item) if cells.problems.is_empty() => Ok(item),
        Some(_) | None => Err(cells.problems),
    };
    Row { line, title, goods_id, item }
}

/// Reads all cells, so that everything that is wrong is told at once.
fn item(
    cells: &mut Cells<'_>,
    title: &str,
    bounds: &Bounds,
    picture: &impl Fn(&str) -> Option<String>,
) -> Option<Item> {
    let kind = kind(cells);
    check_title(cells, title);
    let price = price(cells, bounds);
    let stock = stock(cells, bounds);
    let limit_per_viewer = cells.number("limit_per_viewer");
    if limit_per_viewer == Some(0) {
        let words = "limit_per_viewer must be 1 or more, or empty for no limit";
        cells.wrong("limit_per_viewer", ImportCode::OutOfRange, words);
    }
    let fins = fins(cells, kind);
    let deal = deal(cells, price, stock);
    let note = cells.text("note", bounds.note_max_chars);
    let description = cells.text("description", bounds.description_max_chars);
    let picture = match cells.text("picture", None) {
        Some(Some(name)) => {
            let found = picture(&name);
            if found.is_none() {
                cells.wrong("picture", ImportCode::Unknown, format!("there is no picture {name:?}"));
            }
            Some(found)
        }
        empty => empty,
    };
    let (on_sale, pinned) = (cells.flag("on_sale"), cells.flag("pinned"));
    let (kind, price, stock, title) = (kind?, price?, stock?, title.to_owned());
    Some(Item { title, note, description, kind, fins, price, stock, limit_per_viewer, on_sale, pinned, picture, deal })
}

fn kind(cells: &mut Cells<'_>) -> Option<GoodsKind> {
    let name = cells.get("kind").unwrap_or_default();
    let kind = GoodsKind::named(name);
    if kind.is_none() {
        let code = if name.is_empty() { ImportCode::Missing } else { ImportCode::Unknown };
        cells.wrong("kind", code, format!("kind {name:?} must be merchandise or fins"));
    }
    kind
}

fn check_title(cells: &mut Cells<'_>, title: &str) {
    let code = match title.chars().count() {
        0 => ImportCode::Missing,
        count if count > TITLE_MAX_CHARS => ImportCode::TooLong,
        _ if has_control(title) => ImportCode::NotReadable,
        _ => return,
    };
    cells.wrong("title", code, format!("title must have 1 to {TITLE_MAX_CHARS} characters, all in one line"));
}

fn price(cells: &mut Cells<'_>, bounds: &Bounds) -> Option<Fen> {
    let fen = cells.required::<i64>("price_fen")?;
    let price = Fen::new(fen).ok().filter(|price| *price != Fen::ZERO && price.get() <= bounds.price_max_fen);
    if price.is_none() {
        let words = format!("price_fen must be a whole number of fen from 1 to {}", bounds.price_max_fen);
        cells.wrong("price_fen", ImportCode::OutOfRange, words);
    }
    price
}

fn stock(cells: &mut Cells<'_>, bounds: &Bounds) -> Option<u32> {
    let stock = cells.required::<u32>("stock")?;
    if stock > bounds.stock_max {
        cells.wrong("stock", ImportCode::OutOfRange, format!("stock must be 0 to {}", bounds.stock_max));
    }
    Some(stock)
}

fn fins(cells: &mut Cells<'_>, kind: Option<GoodsKind>) -> Option<u32> {
    let fins = cells.number::<u32>("fins");
    match kind {
        Some(GoodsKind::Fins) => {
            let words = "fins must say how many shark fins a piece gives";
            match fins {
                Some(0) => cells.wrong("fins", ImportCode::OutOfRange, words),
                // What cannot be read was told already.
                None if cells.get("fins").is_none_or(str::is_empty) => cells.wrong("fins", ImportCode::Missing, words),
                Some(_) | None => {}
            }
            fins
        }
        Some(GoodsKind::Merchandise) | None => None,
    }
}

/// The deal of a row that has one.
fn deal(cells: &mut Cells<'_>, own: Option<Fen>, stock: Option<u32>) -> Option<Deal> {
    let columns = ["deal_price_fen", "deal_pieces", "deal_minutes"];
    let empty = columns.map(|column| cells.get(column).is_none_or(str::is_empty));
    if empty == [true; 3] {
        return None;
    }
    let (price, pieces, minutes) =
        (cells.number::<i64>(columns[0]), cells.number::<u32>(columns[1]), cells.number::<u32>(columns[2]));
    for (column, _) in columns.into_iter().zip(empty).filter(|(_, empty)| *empty) {
        let words = "deal_price_fen, deal_pieces and deal_minutes go together: all three, or none";
        cells.wrong(column, ImportCode::DealIncomplete, words);
    }
    let (price, pieces, minutes) = (price?, pieces?, minutes?);
    let price = Fen::new(price).ok().filter(|price| *price != Fen::ZERO && own.is_none_or(|own| *price < own));
    if price.is_none() {
        let words = "deal_price_fen must be a whole number of fen from 1 and below price_fen";
        cells.wrong(columns[0], ImportCode::DealPrice, words);
    }
    if pieces == 0 || stock.is_some_and(|stock| pieces > stock) {
        cells.wrong(columns[1], ImportCode::DealPieces, "deal_pieces must be 1 or more and at most the stock");
    }
    if !(1..=DEAL_MINUTES_MAX).contains(&minutes) {
        let words = format!("deal_minutes must be 1 to {DEAL_MINUTES_MAX}");
        cells.wrong(columns[2], ImportCode::OutOfRange, words);
    }
    Some(Deal { price: price?, pieces, minutes })
}
