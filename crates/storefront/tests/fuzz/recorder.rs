//! A place between the channels and the shop: it writes down every notice as it came and passes it on.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use order::PayType;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::watch;

/// Longest a test waits for anything: a machine may be busy, but nothing here takes minutes.
const WAIT: Duration = Duration::from_secs(60);

/// A notice as it came.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) pay_type: PayType,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

struct Desk {
    http: reqwest::Client,
    /// Where notices are passed on to, while they are.
    shop: OnceLock<String>,
    passing: watch::Sender<bool>,
    notices: Mutex<Vec<Recorded>>,
    count: watch::Sender<usize>,
}

pub(crate) struct Recorder {
    /// What the shop gives the channels as its address.
    pub(crate) base: String,
    desk: Arc<Desk>,
}

impl Recorder {
    pub(crate) async fn open() -> Recorder {
        let desk = Arc::new(Desk {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            shop: OnceLock::new(),
            passing: watch::Sender::new(true),
            notices: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/notices/{channel}", post(take)).with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Recorder { base, desk }
    }

    /// Passes notices on to the shop at this address.
    pub(crate) fn pass_to(&self, shop: String) {
        self.desk.shop.set(shop).unwrap();
    }

    /// From now on the shop hears nothing; the channels are told that it does.
    pub(crate) fn hold(&self) {
        self.desk.passing.send_replace(false);
    }

    /// Waits for this many notices in all.
    pub(crate) async fn until(&self, count: usize) -> Vec<Recorded> {
        let mut counted = self.desk.count.subscribe();
        let wait = tokio::time::timeout(WAIT, counted.wait_for(|there| *there >= count));
        assert!(wait.await.is_ok(), "{count} notices did not come");
        self.desk.notices.lock().unwrap().clone()
    }
}

async fn take(State(desk): State<Arc<Desk>>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let pay_type = PayType::named(&name).unwrap();
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let passing = *desk.passing.borrow();
    let answer = if passing {
        let url = format!("{}/notices/{name}", desk.shop.get().unwrap());
        let mut request = desk.http.post(url).body(body.clone());
        for (name, value) in headers.iter().filter(|(name, _)| !["host", "content-length"].contains(&name.as_str())) {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        (StatusCode::from_u16(answer.status().as_u16()).unwrap(), answer.text().await.unwrap()).into_response()
    } else {
        "success".into_response()
    };
    if answer.status().is_success() {
        let mut notices = desk.notices.lock().unwrap();
        notices.push(Recorded { pay_type, headers, body: body.to_vec() });
        desk.count.send_replace(notices.len());
    }
    answer
}
