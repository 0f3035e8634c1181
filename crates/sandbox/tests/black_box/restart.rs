//! Nothing is lost when the sandbox stops.

use std::io::{BufRead as _, Read as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::{Practice, lend_keys};

#[tokio::test]
async fn trades_codes_refunds_keys_and_waiting_notices_survive_a_restart() {
    let practice = Practice::open().await;
    let url = practice.shop.url("wechat");
    let (paid, code) = practice.merchant.alipay_order(1000, "").await;
    practice.merchant.phone("pay", &code).await;
    let biz = json!({"out_trade_no": paid, "refund_amount": "3.00", "out_request_no": "r1"});
    practice.merchant.alipay("alipay.trade.refund", biz.clone()).await;
    let (open, open_code) = practice.merchant.wechat_order(100, &url).await;
    practice.faults(json!({"wechat": {"notice_late": {"wait_ms": 600_000, "count": 1}}})).await;
    let (_, late_code) = practice.merchant.wechat_order(200, &url).await;
    practice.merchant.phone("pay", &late_code).await;
    let before = practice.books().await;

    let mut practice = practice.reopen().await;
    assert_eq!(practice.books().await, before);
    assert_eq!(practice.fired("wechat", "notice_late").await, 1);
    let replay = practice.merchant.alipay("alipay.trade.refund", biz).await;
    assert_eq!(replay["fund_change"], "N");
    assert_eq!(practice.merchant.phone("pay", &open_code).await.1["state"], "paid");
    assert_eq!(practice.merchant.wechat_query(&open).await.json()["trade_state"], "SUCCESS");
    let first = practice.shop.next().await;
    let envelope: Value = serde_json::from_str(&first.body).expect("JSON");
    assert!(practice.merchant.open_sealed(&envelope["resource"]).contains(&open));
    practice.sandbox.clock().advance(std::time::Duration::from_secs(601));
    let late = practice.shop.next().await;
    let envelope: Value = serde_json::from_str(&late.body).expect("JSON");
    assert!(practice.merchant.open_sealed(&envelope["resource"]).contains("\"total\":200"));
}

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(data: &std::path::Path) -> (Program, Value) {
    let child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
        .args(["--listen", "127.0.0.1:0", "--notice-schedule", "10ms,1s", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut program = Program(child);
    let mut line = String::new();
    let out = program.0.stdout.take().expect("its output");
    std::io::BufReader::new(out).read_line(&mut line).expect("one line");
    (program, serde_json::from_str(&line).expect("JSON"))
}

#[test]
fn listening_to_the_network_is_warned_of() {
    let data = tempfile::tempdir().expect("a folder");
    lend_keys(data.path());
    for (address, warned) in [("0.0.0.0:0", true), ("127.0.0.1:0", false)] {
        let child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
            .args(["--listen", address, "--data"])
            .arg(data.path())
            .env("RUST_LOG", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut program = Program(child);
        let mut line = String::new();
        let out = program.0.stdout.take().expect("its output");
        std::io::BufReader::new(out).read_line(&mut line).expect("one line");
        assert!(line.contains("http://127.0.0.1:"), "{line}");
        let mut err = program.0.stderr.take().expect("its other output");
        drop(program);
        let mut said = String::new();
        err.read_to_string(&mut said).expect("a text");
        assert_eq!(said.contains("everybody in your network"), warned, "{said}");
    }
}

#[tokio::test]
async fn the_program_can_be_killed_and_started_again() {
    let data = tempfile::tempdir().expect("a folder");
    lend_keys(data.path());
    let (program, ready) = run(data.path());
    let base = ready["listen"].as_str().expect("an address").to_owned();
    let credentials = std::fs::read_to_string(ready["credentials"].as_str().expect("a path")).expect("credentials");
    let credentials: Value = serde_json::from_str(&credentials).expect("JSON");
    assert_eq!(credentials["wechat"]["base_url"], base.as_str());
    assert_eq!(credentials["wechat"]["apiv3_key"].as_str().map(str::len), Some(32));
    for (part, key) in [("alipay", "app_private_key"), ("wechat", "merchant_private_key")] {
        let path = credentials[part][key].as_str().expect("a path");
        let pem = std::fs::read_to_string(path).expect("a key");
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
        let pkcs1 = std::fs::read_to_string(path.replace(".pem", ".pkcs1.pem")).expect("its other form");
        assert!(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(path).expect("a file").permissions().mode() & 0o777, 0o600);
        }
    }
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let faults = json!({"clock_speed": 7});
    assert!(client.put(format!("{base}/faults")).json(&faults).send().await.expect("an answer").status().is_success());
    drop(program);

    let (_program, again) = run(data.path());
    let base = again["listen"].as_str().expect("an address");
    let kept: Value = client.get(format!("{base}/faults")).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(kept["clock_speed"], 7);
    let credentials: Value =
        serde_json::from_str(&std::fs::read_to_string(again["credentials"].as_str().expect("a path")).expect("a file"))
            .expect("JSON");
    assert_eq!(credentials["alipay"]["gateway"], format!("{base}/gateway.do"));
}
