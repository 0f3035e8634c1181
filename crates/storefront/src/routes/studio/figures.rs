//! The show in numbers, under the streamer's token.

use super::OnDuty;
use crate::routes::RefusedAnswer;
use crate::shop::{Shop, ShopError};
use api::{ErrorCode, ShowFigures};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use std::sync::Arc;

/// What the figures may be asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FiguresQuery {
    since: Option<i64>,
}

/// The show in numbers: orders made since a time, or since the show went live.
#[utoipa::path(get, path = "/v1/studio/figures", params(("since" = Option<i64>, Query, description = "Unix seconds")),
    security(("streamer" = [])), responses((status = 200, body = ShowFigures), (status = 400, body = RefusedAnswer),
    (status = 401, body = RefusedAnswer)))]
pub(crate) async fn figures(
    OnDuty(streamer): OnDuty,
    State(shop): State<Arc<Shop>>,
    query: Result<Query<FiguresQuery>, QueryRejection>,
) -> Result<Json<ShowFigures>, ShopError> {
    let now = shop.clock.now_s();
    let since = query.ok().map(|Query(FiguresQuery { since })| since);
    let since = since.filter(|since| since.is_none_or(|since| (0..=now).contains(&since)));
    let since = since
        .ok_or_else(|| ShopError::refuse(ErrorCode::InvalidParams, "since is Unix seconds, and no later than now"))?;
    Ok(Json(shop.store.show_figures(&streamer.room_id, since, now).await?))
}
