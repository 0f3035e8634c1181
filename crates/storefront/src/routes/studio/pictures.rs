//! Pictures that streamers send.

use super::{OnDuty, large_body};
use crate::pictures::{self, Encoded, Prepared};
use crate::routes::{AppState, RefusedAnswer};
use crate::shop::ShopError;
use crate::store::By;
use api::studio::PICTURE_MAX_BYTES;
use api::{Crop, ErrorCode, PictureKept};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use tokio::sync::Semaphore;

/// Pictures that are worked on at a time: each may take much memory for a moment.
static WORKBENCH: Semaphore = Semaphore::const_new(1);

/// The square of the picture, if only that is wanted: all three, or none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Square {
    x: Option<u32>,
    y: Option<u32>,
    side: Option<u32>,
}

impl Square {
    fn crop(self) -> Option<Option<Crop>> {
        match (self.x, self.y, self.side) {
            (None, None, None) => Some(None),
            (Some(x), Some(y), Some(side)) => Some(Some(Crop { x, y, side })),
            (Some(_) | None, Some(_) | None, Some(_) | None) => None,
        }
    }
}

/// Keeps a picture, or a square of it, written anew: without what a camera writes beside it, at most 1,200 pixels long,
/// and once more small. The picture must have at least 400 x 400 pixels.
#[utoipa::path(post, path = "/v1/studio/pictures", params(("x" = Option<u32>, Query), ("y" = Option<u32>, Query),
    ("side" = Option<u32>, Query)), request_body(content = Vec<u8>, content_type = "image/*"),
    security(("streamer" = [])), responses((status = 200, body = PictureKept), (status = 400, body = RefusedAnswer),
    (status = 401, body = RefusedAnswer), (status = 429, body = RefusedAnswer)))]
pub(crate) async fn keep(
    OnDuty(streamer): OnDuty,
    State(state): State<AppState>,
    query: Result<Query<Square>, QueryRejection>,
    request: Request,
) -> Result<Json<PictureKept>, ShopError> {
    let crop = query.ok().and_then(|Query(square)| square.crop()).ok_or_else(|| {
        ShopError::refuse(ErrorCode::InvalidParams, "x, y and side are whole numbers, and go together")
    })?;
    let unusable = |why: String| ShopError::refuse(ErrorCode::PictureUnusable, why);
    let file = large_body(request, &state, PICTURE_MAX_BYTES).await?;
    let file = file.ok_or_else(|| unusable("the picture is too large: 5 MB at most".into()))?;
    let broken = || ShopError::refuse(ErrorCode::Internal, "the picture could not be worked on; try again");
    let place = WORKBENCH.acquire().await.map_err(|_| broken())?;
    let work = tokio::task::spawn_blocking(move || {
        // Held until the work is done, also when nobody waits for it any more.
        let _place = place;
        pictures::prepare(&file, crop)
    });
    let Prepared { large, small } = work.await.map_err(|_| broken())?.map_err(|error| unusable(error.to_string()))?;
    let picture = pictures::id_of(&large.body);
    let by = By { streamer, now: state.shop.clock.now_s() };
    let as_kept = |Encoded { content_type, body }: Encoded| (content_type.to_owned(), BASE64.encode(body));
    state.shop.store.keep_sent_picture(by, picture.clone(), as_kept(large), as_kept(small)).await?;
    Ok(Json(PictureKept { picture }))
}
