//! The practice room's show: a clip of this program's own, sent over and over as a live stream on loopback.

mod live;
mod stamps;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use live::Clip;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

include!(concat!(env!("OUT_DIR"), "/show_files.rs"));

const PLAYLIST: &str = "live.m3u8";
const LIST: &str = "show.json";

/// A show that is on.
pub(super) struct Show {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// The clip, and since when it is sent.
struct Sent {
    clip: Clip,
    since: Instant,
}

impl Show {
    /// Begins it, on whatever port is free.
    ///
    /// # Errors
    /// The system's, or the clip cannot be sent.
    pub(super) async fn start() -> io::Result<Show> {
        let list = file(LIST).ok_or_else(|| io::Error::other("the clip has no list"))?;
        let clip = Clip::read(list)?;
        let listener = TcpListener::bind(super::loopback(0)).await?;
        let address = listener.local_addr()?;
        let sent = Arc::new(Sent { clip, since: api::clock::monotonic() });
        let routes = Router::new().route("/show/{name}", get(answer)).with_state(sent);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the practice room's show ended");
            }
        });
        Ok(Show { address, serving })
    }

    /// Whether a room's stream is the one of some start.
    pub(super) fn is_at(stream: &str) -> bool {
        let port = stream.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/show/live.m3u8"));
        port.is_some_and(|port| port.parse::<u16>().is_ok())
    }

    /// Where its playlist is.
    pub(super) fn address(&self) -> String {
        format!("http://{}/show/{PLAYLIST}", self.address)
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(sent): State<Arc<Sent>>, Path(name): Path<String>) -> Response {
    if name == PLAYLIST {
        let elapsed = api::clock::monotonic().saturating_duration_since(sent.since);
        let kind = (header::CONTENT_TYPE, "application/vnd.apple.mpegurl");
        return ([kind, (header::CACHE_CONTROL, "no-store")], sent.clip.playlist(elapsed)).into_response();
    }
    let body = if name == sent.clip.init() { file(&name).map(<[u8]>::to_vec) } else { part(&sent.clip, &name) };
    match body {
        Some(body) => ([(header::CONTENT_TYPE, "video/mp4")], body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The segment the playlist calls that.
fn part(clip: &Clip, name: &str) -> Option<Vec<u8>> {
    let part = clip.part(name.strip_suffix(".m4s")?.parse().ok()?)?;
    stamps::later(file(part.file)?, part.later_s, clip.tracks())
}

fn file(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, body)| *body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_the_clip_names_is_inside() {
        let clip = Clip::read(file(LIST).unwrap()).unwrap();
        for name in clip.files() {
            assert!(file(name).is_some_and(|body| !body.is_empty()), "{name}");
        }
        // And has the form that lets it be sent again, later.
        for number in 0..100 {
            assert!(part(&clip, &format!("{number}.m4s")).is_some(), "{number}");
        }
    }

    #[tokio::test]
    async fn the_show_is_sent_as_a_playlist_and_its_parts() {
        let show = Show::start().await.unwrap();
        assert!(Show::is_at(&show.address()) && !Show::is_at("https://live.example/show/live.m3u8"));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http.get(show.address()).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/vnd.apple.mpegurl");
        let playlist = answer.text().await.unwrap();
        let part = playlist.lines().find(|line| !line.starts_with('#')).unwrap();
        let base = tauri::Url::parse(&show.address()).unwrap();
        let answer = http.get(base.join(part).unwrap()).send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["content-type"]),
            (StatusCode::OK, &"video/mp4".parse().unwrap())
        );
        for none in ["other.m4s", LIST, "..%2Fgoods-1.png"] {
            let answer = http.get(base.join(none).unwrap()).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{none}");
        }
    }
}
