//! The goods as a CSV file, out and in.

use super::{OnDuty, large_body, told};
use crate::import::rows::{self, Bounds, Problem, Row};
use crate::routes::{AppState, RefusedAnswer};
use crate::shop::{Shop, ShopError};
use crate::spreadsheet::guarded;
use crate::store::{By, reported};
use api::studio::{CSV_MAX_BYTES, DESCRIPTION_MAX_CHARS, ImportOutcome, NOTE_MAX_CHARS, PRICE_MAX_FEN, StudioGoods};
use api::{ErrorCode, ImportReport};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use order::GoodsId;
use serde::Deserialize;
use std::sync::Arc;

/// What a studio's file may say. How many pieces may wait, an item that has more already decides.
const BOUNDS: Bounds = Bounds {
    price_max_fen: PRICE_MAX_FEN,
    stock_max: 10_000_000,
    note_max_chars: Some(NOTE_MAX_CHARS),
    description_max_chars: Some(DESCRIPTION_MAX_CHARS),
};

/// The columns of the file that is given out. Deals and what is explained belong to a moment, not to the goods.
const COLUMNS: [&str; 11] = [
    "goods_id",
    "title",
    "kind",
    "price_fen",
    "stock",
    "limit_per_viewer",
    "fins",
    "note",
    "description",
    "picture",
    "on_sale",
];

/// The goods as a CSV file that can be taken back as it is.
#[utoipa::path(get, path = "/v1/studio/goods.csv", security(("streamer" = [])), responses(
    (status = 200, content_type = "text/csv"), (status = 401, body = RefusedAnswer)))]
pub(crate) async fn export(OnDuty(streamer): OnDuty, State(shop): State<Arc<Shop>>) -> Result<Response, ShopError> {
    let Json(desk) = super::desk(&shop, &streamer).await?;
    let file = written(&desk.goods).map_err(|error| {
        tracing::error!(%error, "the goods could not be written as CSV");
        ShopError::refuse(ErrorCode::Internal, "the file could not be written")
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"goods.csv\""),
    ];
    Ok((headers, file).into_response())
}

fn written(goods: &[StudioGoods]) -> Result<Vec<u8>, csv::Error> {
    // Without the mark some spreadsheets take the file for another encoding.
    let mut csv = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    csv.write_record(COLUMNS)?;
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| guarded(text.as_deref().unwrap_or_default()).into_owned();
    for StudioGoods { item, .. } in goods {
        csv.write_record([
            item.goods_id.to_string(),
            guarded(&item.title).into_owned(),
            item.kind.to_string(),
            item.price_fen.to_string(),
            item.stock_left.saturating_add(item.held).to_string(),
            number(item.limit_per_viewer),
            number(item.fins),
            text(&item.note),
            text(&item.description),
            text(&item.picture),
            item.on_sale.to_string(),
        ])?;
    }
    csv.into_inner().map_err(|error| error.into_error().into())
}

/// How a file is taken.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct How {
    #[serde(default)]
    dry_run: bool,
}

/// Takes goods from a CSV file, all rows or none; a dry run only says what would come of it.
#[utoipa::path(post, path = "/v1/studio/goods/import", params(("dry_run" = Option<bool>, Query)),
    request_body(content = String, content_type = "text/csv"), security(("streamer" = [])), responses(
    (status = 200, body = ImportReport), (status = 400, body = RefusedAnswer), (status = 401, body = RefusedAnswer),
    (status = 429, body = RefusedAnswer)))]
pub(crate) async fn import(
    OnDuty(streamer): OnDuty,
    State(state): State<AppState>,
    query: Result<Query<How>, QueryRejection>,
    request: Request,
) -> Result<Json<ImportReport>, ShopError> {
    let refuse = |why: &str| ShopError::refuse(ErrorCode::InvalidParams, why);
    let Query(How { dry_run }) = query.map_err(|_| refuse("dry_run is true or false"))?;
    let file = large_body(request, &state, CSV_MAX_BYTES).await?;
    let file = file.ok_or_else(|| refuse("the file is too large: 1 MB at most; take it in parts"))?;
    let text = as_text(&file).ok_or_else(|| refuse("the file is not UTF-8; save it as \"CSV UTF-8\" and try again"))?;
    let rows = match rows::read(text, &BOUNDS, |name| Some(name.to_owned())) {
        Ok(rows) => rows,
        Err(problems) => return Ok(Json(ImportReport { taken: false, rows: wrong_header(problems) })),
    };
    let AppState { shop, .. } = state;
    let by = By { streamer, now: shop.clock.now_s() };
    if dry_run {
        let rows = shop.store.try_goods_file(&by, rows).await?;
        return Ok(Json(ImportReport { taken: false, rows }));
    }
    let new_ids = new_ids(&shop, &rows)?;
    let (rows, taken) = shop.store.take_goods_file(by.clone(), rows, new_ids).await?;
    if taken {
        told(&shop, &by);
    }
    Ok(Json(ImportReport { taken, rows }))
}

fn as_text(file: &Bytes) -> Option<&str> {
    // A file in UTF-16 may be UTF-8 by accident, with a NUL in every other place.
    std::str::from_utf8(file).ok().filter(|text| !text.contains('\0'))
}

/// What is wrong with the header, as its line.
fn wrong_header(problems: Vec<Problem>) -> Vec<api::studio::ImportRow> {
    vec![reported(1, String::new(), ImportOutcome::Wrong, problems)]
}

/// An id for each row that has none.
fn new_ids(shop: &Shop, rows: &[Row]) -> Result<Vec<GoodsId>, ShopError> {
    rows.iter().filter(|row| row.goods_id.is_none()).map(|_| super::new_goods_id(shop)).collect()
}
