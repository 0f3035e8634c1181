//! Pictures for the page: `picture://localhost/ID`, or `ID/small`, fetched from the shop. The page itself has no way to
//! the network.

use crate::entrance::Entrances;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Manager, Runtime, UriSchemeContext, UriSchemeResponder};

/// Answers one request of the page.
pub(crate) fn answer<R: Runtime>(
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let app = context.app_handle().clone();
    let picture = request.uri().path().trim_start_matches('/').to_owned();
    tauri::async_runtime::spawn(async move {
        let found = match app.state::<Entrances>().session() {
            Ok(session) => match picture.strip_suffix("/small") {
                Some(picture) => session.client.small_picture(picture).await.ok(),
                None => session.client.picture(&picture).await.ok(),
            },
            Err(_) => None,
        };
        let response = match found {
            // Only pictures are passed on, whatever the shop sends.
            Some((kind, body)) if kind.starts_with("image/") => Response::builder()
                .header(header::CONTENT_TYPE, kind)
                .header(header::CACHE_CONTROL, "max-age=31536000, immutable")
                .body(body),
            Some(_) | None => Response::builder().status(StatusCode::NOT_FOUND).body(Vec::new()),
        };
        match response {
            Ok(response) => responder.respond(response),
            Err(error) => tracing::error!(%error, "a picture could not be answered"),
        }
    });
}
