//! A shop that takes notices: keeps what came and answers what the test wants.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::merchant::{Merchant, verifies};

/// A notice as it came.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Notice {
    /// The fields of an Alipay notice.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        self.body
            .split('&')
            .map(|pair| {
                let (name, value) = pair.split_once('=').expect("a pair");
                (decoded(name), decoded(value))
            })
            .collect()
    }

    /// Whether Alipay signed it: every field but `sign` and `sign_type`.
    pub(crate) fn alipay_verifies(&self, merchant: &Merchant) -> bool {
        let mut form = self.form();
        let sign = form.remove("sign").unwrap_or_default();
        form.remove("sign_type");
        let parts: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        verifies(&merchant.alipay_public, parts.join("&").as_bytes(), &sign)
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = std::str::from_utf8(&tail[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = &tail[2..];
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

type Answers = Arc<Mutex<VecDeque<(u16, &'static str)>>>;

pub(crate) struct Shop {
    pub(crate) base: String,
    came: UnboundedReceiver<Notice>,
    answers: Answers,
}

impl Shop {
    /// A shop that answers 200 `success` unless told otherwise.
    pub(crate) async fn open() -> Self {
        let (told, came) = unbounded_channel();
        let answers: Answers = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = Router::new().route("/{*path}", post(take)).with_state((told, answers.clone()));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { base, came, answers }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    /// What it says to the next notices.
    pub(crate) fn will_answer(&self, answers: &[(u16, &'static str)]) {
        self.answers.lock().expect("answers").extend(answers);
    }

    /// The next notice; fails the test when none comes.
    pub(crate) async fn next(&mut self) -> Notice {
        let next = tokio::time::timeout(Duration::from_secs(20), self.came.recv()).await;
        next.expect("a notice comes").expect("the shop is open")
    }

    /// What has come and was not looked at.
    pub(crate) fn came_already(&mut self) -> Option<Notice> {
        self.came.try_recv().ok()
    }
}

async fn take(
    State((told, answers)): State<(UnboundedSender<Notice>, Answers)>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let (status, text) = answers.lock().expect("answers").pop_front().unwrap_or((200, "success"));
    let headers =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect();
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    // The test may be over, and then nobody cares.
    let _ = told.send(Notice { headers, body });
    (StatusCode::from_u16(status).expect("a status"), text)
}
