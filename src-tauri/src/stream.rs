//! The show for the page: `stream://localhost/https/HOST/PATH`, fetched by the program. The page itself has no way to the
//! network, and through this one only to where the room's show is.

mod fetch;
mod playlist;
mod reach;

use crate::entrance::Entrances;
use fetch::Fetched;
use reach::Reach;
use std::sync::{Mutex, OnceLock, PoisonError};
use tauri::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tauri::{Manager, Runtime, UriSchemeContext, UriSchemeResponder, Url};

/// The page's own origins: other frames of the window may not read the show.
const PAGE: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "http://localhost:5173"];

/// Most redirects followed.
const REDIRECTS_MAX: usize = 4;

/// Where one room's show may be fetched from, and by what.
pub(crate) struct Stream {
    local: bool,
    reach: Mutex<Reach>,
    http: OnceLock<Option<reqwest::Client>>,
}

impl Stream {
    /// Of a room whose shop is on this machine, or not: only such a shop may name addresses of this machine.
    pub(crate) fn new(local: bool) -> Stream {
        Stream { local, reach: Mutex::new(Reach::new(local)), http: OnceLock::new() }
    }

    /// The room names its playlist, the same as before or another.
    pub(crate) fn is_at(&self, playlist: Option<&str>) {
        self.reach().is_at(playlist.and_then(|playlist| Url::parse(playlist).ok()));
    }

    fn reach(&self) -> std::sync::MutexGuard<'_, Reach> {
        self.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches a part of the show; whatever goes wrong is a status that players understand.
    async fn get(&self, url: Url, range: Option<HeaderValue>) -> Result<Fetched, StatusCode> {
        if !self.reach().may_fetch(&url) {
            return Err(StatusCode::FORBIDDEN);
        }
        let http = self.http.get_or_init(|| fetch::client(self.local).ok()).clone().ok_or(StatusCode::BAD_GATEWAY)?;
        let mut fetched = fetch::get(&http, url, range.as_ref()).await?;
        // Where a redirect leads is looked at as what a playlist names is.
        let mut redirects = 0;
        while let Some(next) = fetched.leads_to() {
            redirects += 1;
            if redirects > REDIRECTS_MAX || !self.reach().names(&next) {
                return Err(StatusCode::FORBIDDEN);
            }
            fetched = fetch::get(&http, next, range.as_ref()).await?;
        }
        if fetched.is_playlist() {
            let text = std::str::from_utf8(&fetched.body).map_err(|_| StatusCode::BAD_GATEWAY)?;
            let mut reach = self.reach();
            let rewritten = playlist::rewritten(text, &fetched.url, |url| reach.names(url).then(|| path_of(url)));
            fetched.body = rewritten.ok_or(StatusCode::BAD_GATEWAY)?.into_bytes();
        }
        Ok(fetched)
    }
}

/// What the page asks for by the path and query of its request.
fn address_of(uri: &Uri) -> Option<Url> {
    let (scheme, rest) = uri.path_and_query()?.as_str().strip_prefix('/')?.split_once('/')?;
    Url::parse(&format!("{scheme}://{rest}")).ok()
}

/// The path the page asks by for `url`.
fn path_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("/{}/{host}{port}{}{query}", url.scheme(), url.path())
}

/// Answers one request of the page.
pub(crate) fn answer<R: Runtime>(
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let app = context.app_handle().clone();
    tauri::async_runtime::spawn(async move {
        let origin = origin(request.headers());
        let answered = match *request.method() {
            Method::GET => get(&app.state::<Entrances>(), &request).await,
            // The page may ask beforehand whether it may send a range.
            Method::OPTIONS => Ok(Response::builder()
                .status(StatusCode::NO_CONTENT)
                .header(header::ACCESS_CONTROL_ALLOW_METHODS, "GET")
                .header(header::ACCESS_CONTROL_ALLOW_HEADERS, "range")
                .body(Vec::new())),
            _ => Err(StatusCode::METHOD_NOT_ALLOWED),
        };
        let response = answered.unwrap_or_else(|status| Response::builder().status(status).body(Vec::new()));
        match response {
            Ok(mut response) => {
                response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                responder.respond(response);
            }
            Err(error) => tracing::error!(%error, "a part of the show could not be answered"),
        }
    });
}

async fn get(
    entrances: &Entrances,
    request: &Request<Vec<u8>>,
) -> Result<tauri::http::Result<Response<Vec<u8>>>, StatusCode> {
    let session = entrances.session().map_err(|_| StatusCode::NOT_FOUND)?;
    let url = address_of(request.uri()).ok_or(StatusCode::BAD_REQUEST)?;
    let fetched = session.stream.get(url, request.headers().get(header::RANGE).cloned()).await?;
    Ok(fetched.into_response())
}

/// The page's origin, whichever this platform gives it.
fn origin(headers: &HeaderMap) -> HeaderValue {
    let asked = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let known = PAGE.into_iter().find(|page| Some(*page) == asked);
    let own = if cfg!(windows) { PAGE[1] } else { PAGE[0] };
    HeaderValue::from_static(known.unwrap_or(own))
}

#[cfg(test)]
mod tests;
