//! A shop that takes notices over HTTP and answers them in the channels' own words.

use super::WAIT;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use gateway::{Channel, Notice, NoticeError, RawNotice};
use order::PayType;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A notice as it came.
pub(crate) struct Came {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Came {
    /// What the gateway makes of it.
    pub(crate) fn read(&self, channel: &dyn Channel, now_s: i64) -> Result<Notice, NoticeError> {
        channel.read_notice(&RawNotice { headers: &self.headers, body: &self.body }, now_s)
    }

    /// The same with one byte of its body replaced.
    pub(crate) fn altered(&self, from: &str, to: &str) -> Came {
        let body = String::from_utf8(self.body.clone()).unwrap();
        assert!(body.contains(from), "{body}");
        Came { headers: self.headers.clone(), body: body.replacen(from, to, 1).into_bytes() }
    }
}

pub(crate) struct Shop {
    base: String,
    came: tokio::sync::Mutex<UnboundedReceiver<Came>>,
    refusals: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Counter {
    alipay: Arc<dyn Channel>,
    wechat: Arc<dyn Channel>,
    told: UnboundedSender<Came>,
    refusals: Arc<AtomicUsize>,
}

impl Shop {
    pub(super) async fn open(alipay: Arc<dyn Channel>, wechat: Arc<dyn Channel>) -> Shop {
        let (told, came) = unbounded_channel();
        let refusals = Arc::new(AtomicUsize::new(0));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let counter = Counter { alipay, wechat, told, refusals: refusals.clone() };
        let routes = Router::new().route("/{channel}", post(take)).with_state(counter);
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Shop { base, came: tokio::sync::Mutex::new(came), refusals }
    }

    pub(crate) fn url(&self, pay_type: PayType) -> String {
        format!("{}/{}", self.base, super::name(pay_type))
    }

    /// Refuses the next notice.
    pub(crate) fn refuse_next(&self) {
        self.refusals.fetch_add(1, Ordering::SeqCst);
    }

    /// The next notice; fails the test when none comes.
    pub(crate) async fn next(&self) -> Came {
        let mut came = self.came.lock().await;
        tokio::time::timeout(WAIT, came.recv()).await.expect("a notice comes").unwrap()
    }

    /// Whether something came that nobody looked at.
    pub(crate) async fn has_more(&self) -> bool {
        !self.came.lock().await.is_empty()
    }
}

async fn take(State(counter): State<Counter>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let refused = counter.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    let channel = if name == "alipay" { &counter.alipay } else { &counter.wechat };
    let answer = channel.notice_answer(!refused);
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    // The test may be over, and then nobody cares.
    let _ = counter.told.send(Came { headers, body: body.to_vec() });
    let status = StatusCode::from_u16(answer.status).unwrap();
    (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}
