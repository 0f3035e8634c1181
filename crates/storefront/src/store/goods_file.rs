//! A CSV file of goods against the shelf as it is: what each row would do, and doing it, all rows or none.

use super::edits::{By, EditError};
use super::goods::{self, GoodsRow, NewGoods};
use super::items::drafted;
use super::{Store, StoreError, deals, items, pictures, shelf};
use crate::import::new_goods;
use crate::import::rows::{Deal, Item, Problem, Row};
use api::studio::{ImportCode, ImportOutcome, ImportProblem, ImportRow, STOCK_MAX};
use api::{GoodsDraft, GoodsEdit};
use order::GoodsId;
use sqlx::{AnyConnection, Connection};
use std::collections::{BTreeMap, BTreeSet};

/// What a row does when it is taken.
enum Step {
    Add(Box<Item>),
    Edit { goods_id: GoodsId, edit: Box<GoodsEdit>, deal: Option<Deal>, pinned: Option<bool> },
    Nothing,
}

impl Store {
    /// What would come of a file's rows now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn try_goods_file(&self, by: &By, rows: Vec<Row>) -> Result<Vec<ImportRow>, StoreError> {
        let mut connection = self.read().await?;
        let mut tx = connection.begin().await?;
        let (report, _) = plan(&mut tx, by, rows).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// Takes a file's rows, all or none, and says what came of each and whether they were taken. `new_ids` has an id for
    /// each row that may need one.
    ///
    /// # Errors
    /// [`EditError`]; nothing was changed.
    pub(crate) async fn take_goods_file(
        &self,
        by: By,
        rows: Vec<Row>,
        new_ids: Vec<GoodsId>,
    ) -> Result<(Vec<ImportRow>, bool), EditError> {
        self.write(move |tx| {
            Box::pin(async move {
                let (report, steps) = plan(tx, &by, rows).await?;
                let right = report.iter().all(|row| row.problems.is_empty());
                if right {
                    take(tx, &by, steps, new_ids).await?;
                }
                Ok((report, right))
            })
        })
        .await
    }
}

async fn take(tx: &mut AnyConnection, by: &By, steps: Vec<Step>, new_ids: Vec<GoodsId>) -> Result<(), EditError> {
    let mut added: Vec<NewGoods> = Vec::new();
    let mut new_ids = new_ids.into_iter();
    for step in steps {
        match step {
            Step::Add(item) => added.extend(new_ids.next().map(|goods_id| new_goods(*item, goods_id, by.now))),
            Step::Edit { goods_id, edit, deal, pinned } => {
                // The row's deal takes the place of the one it has, whatever that costs.
                if deal.is_some() {
                    deals::end(tx, &goods_id, by.now).await?;
                }
                items::edit(tx, by, &goods_id, *edit).await?;
                if let Some(deal) = deal {
                    items::make_deal(tx, by, &goods_id, None, deal.from(by.now)).await?;
                }
                if let Some(pinned) = pinned {
                    shelf::pin(tx, by, pinned.then_some(&goods_id)).await?;
                }
            }
            Step::Nothing => {}
        }
    }
    items::add(tx, by, added).await
}

/// What each row would do to the shelf as it is.
async fn plan(tx: &mut AnyConnection, by: &By, rows: Vec<Row>) -> Result<(Vec<ImportRow>, Vec<Step>), StoreError> {
    let shelf = goods::shelf(tx, by.room()).await?;
    let shelf: BTreeMap<String, GoodsRow> =
        shelf.into_iter().map(|row| (row.goods.goods_id.to_string(), row)).collect();
    let (mut ids, mut pins) = (BTreeSet::new(), 0_u32);
    let (mut report, mut steps) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows {
        let Row { line, title, goods_id, item } = row;
        let (outcome, problems) = match item {
            Err(problems) => (ImportOutcome::Wrong, problems),
            Ok(mut item) => {
                let mut problems = Vec::new();
                // What is off sale is not explained.
                item.pinned = item.pinned.map(|pinned| pinned && item.on_sale != Some(false));
                pins = pins.saturating_add(u32::from(item.pinned == Some(true)));
                if item.pinned == Some(true) && pins > 1 {
                    let words = "one item at most is explained";
                    problems.push(Problem::new("pinned", "true", ImportCode::Twice, words));
                }
                let known = goods_id.as_ref().and_then(|goods_id| shelf.get(goods_id));
                if let Some(goods_id) = &goods_id {
                    problems.extend(known.is_none().then(|| id_problem(goods_id, ImportCode::Unknown)));
                    problems.extend((!ids.insert(goods_id.clone())).then(|| id_problem(goods_id, ImportCode::Twice)));
                }
                problems.extend(no_picture(tx, &item, known).await?);
                problems.extend(against(&item, known, by.now));
                let (outcome, step) = step(item, known);
                steps.push(step);
                (if problems.is_empty() { outcome } else { ImportOutcome::Wrong }, problems)
            }
        };
        report.push(reported(line, title, outcome, problems));
    }
    Ok((report, steps))
}

/// A row as it is told.
pub(crate) fn reported(line: u64, title: String, outcome: ImportOutcome, problems: Vec<Problem>) -> ImportRow {
    let told = |Problem { column, value, code, .. }| ImportProblem { column: column.to_owned(), value, code };
    let problems = problems.into_iter().map(told).collect();
    ImportRow { line: u32::try_from(line).unwrap_or(u32::MAX), title, outcome, problems }
}

fn id_problem(goods_id: &str, code: ImportCode) -> Problem {
    Problem::new("goods_id", goods_id, code, "it must be the id of an item of the room, in one row only")
}

async fn no_picture(
    tx: &mut AnyConnection,
    item: &Item,
    known: Option<&GoodsRow>,
) -> Result<Option<Problem>, StoreError> {
    let Some(Some(picture)) = &item.picture else { return Ok(None) };
    let has_it = known.is_some_and(|row| row.goods.picture.as_ref() == Some(picture));
    if has_it || pictures::is_kept(tx, picture).await? {
        return Ok(None);
    }
    Ok(Some(Problem::new("picture", picture, ImportCode::Unknown, "there is no such picture")))
}

/// What an item as it is does not allow.
fn against(item: &Item, known: Option<&GoodsRow>, now: i64) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (held, waiting) = known.map_or((0, 0), |row| (row.goods.held, waiting(row)));
    let stock = || item.stock.to_string();
    if item.stock < held || item.stock > waiting.max(STOCK_MAX) {
        let words = "stock must be no less than what open orders hold, and no more than may wait";
        problems.push(Problem::new("stock", &stock(), ImportCode::OutOfRange, words));
    }
    match (&item.deal, known.and_then(|row| row.deal.as_ref())) {
        (Some(deal), _) if deal.pieces > item.stock.saturating_sub(held) => {
            let words = "the pieces of a deal must be among those that can be ordered";
            problems.push(Problem::new("deal_pieces", &deal.pieces.to_string(), ImportCode::DealPieces, words));
        }
        (None, Some(running)) if now < running.ends_at && item.price.get() <= running.price_fen => {
            let words = "its deal would no longer be cheaper";
            problems.push(Problem::new("price_fen", &item.price.get().to_string(), ImportCode::DealPrice, words));
        }
        (Some(_) | None, _) => {}
    }
    problems
}

/// Pieces that wait for buyers.
fn waiting(row: &GoodsRow) -> u32 {
    row.goods.stock_left.saturating_add(row.goods.held)
}

fn step(item: Item, known: Option<&GoodsRow>) -> (ImportOutcome, Step) {
    let Some(row) = known else { return (ImportOutcome::Added, Step::Add(Box::new(item))) };
    let before = drafted(&row.goods);
    let draft = GoodsDraft {
        title: item.title,
        note: item.note.unwrap_or_else(|| before.note.clone()),
        description: item.description.unwrap_or_else(|| before.description.clone()),
        kind: item.kind,
        fins: item.fins,
        price_fen: item.price.get(),
        limit_per_viewer: item.limit_per_viewer,
        on_sale: item.on_sale.unwrap_or(before.on_sale),
        picture: item.picture.unwrap_or_else(|| before.picture.clone()),
    };
    let add_stock = i64::from(item.stock).saturating_sub(waiting(row).into());
    let add_stock = i32::try_from(add_stock).unwrap_or(i32::MAX);
    let pinned = item.pinned.filter(|pinned| *pinned != row.goods.pinned && (draft.on_sale || !pinned));
    if draft == before && add_stock == 0 && item.deal.is_none() && pinned.is_none() {
        return (ImportOutcome::Same, Step::Nothing);
    }
    let edit = Box::new(GoodsEdit { revision: row.revision, draft, add_stock });
    let goods_id = row.goods.goods_id.clone();
    (ImportOutcome::Changed, Step::Edit { goods_id, edit, deal: item.deal, pinned })
}
